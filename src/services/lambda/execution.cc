// Running a function: a warm worker, or a new one with the role's credentials.
#include <unistd.h>

#include <charconv>

#include "contracts/proxy_event.h"
#include "contracts/sts.h"
#include "runtime/log.h"
#include "runtime/stopwatch.h"
#include "services/lambda/bootstraps.h"
#include "services/lambda/fault.h"
#include "services/lambda/hot_reload.h"
#include "services/lambda/recursion.h"
#include "services/lambda/sandbox/etc.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {
namespace {

constexpr int most_tries = 3;
constexpr auto renewed_before = std::chrono::minutes(20);  // longer than any event takes

aws::lambda::TooManyRequestsException throttled(std::string reason) {
    auto error = user_fault<aws::lambda::TooManyRequestsException>("Rate Exceeded.");
    error.Reason = std::move(reason);
    return error;
}

/// Where a call came from in X-Ray's terms; a new trace where the caller names none.
std::string trace_of(Call& call, const Function& function) {
    const auto active =
        function.configuration.TracingConfig && function.configuration.TracingConfig->Mode.value_or("") == "Active";
    auto trace = call.trace;
    if (trace.find("Root=") == trace.npos) {
        trace = contracts::new_trace(call);
    }
    if (trace.find("Parent=") == trace.npos) trace += ";Parent=" + call.random().hex(16);
    if (trace.find("Sampled=") == trace.npos) trace += active ? ";Sampled=1" : ";Sampled=0";
    return trace;
}

RuntimeFacts facts_of(const aws::lambda::FunctionConfiguration& configuration) {
    const auto runtime = configuration.Runtime.value_or("");
    const auto digit = runtime.find_first_of("0123456789");
    RuntimeFacts facts{.version = digit == runtime.npos
                                      ? runtime
                                      : fmt::format("{}:{}.v1", runtime.substr(0, digit), runtime.substr(digit))};
    if (facts.version.ends_with(".x.v1")) facts.version.erase(facts.version.size() - 5, 2);
    if (configuration.RuntimeVersionConfig) {
        facts.arn = configuration.RuntimeVersionConfig->RuntimeVersionArn.value_or("");
    }
    return facts;
}

/// The port of "http://127.0.0.1:4566"; 0 if it names none.
uint16_t port_of(std::string_view endpoint) {
    uint16_t port = 0;
    const auto digits = endpoint.substr(std::min(endpoint.rfind(':') + 1, endpoint.size()));
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return port;
}

/// The names of the programs that the layers bring for /opt/extensions, or an image for its own /opt. Blocks.
std::vector<std::string> extension_programs(const std::filesystem::path& layers) {
    std::vector<std::string> names;
    std::error_code error;
    // A link of an image would be followed to this machine's files.
    if (std::filesystem::is_symlink(layers, error) || std::filesystem::is_symlink(layers / "extensions", error))
        return names;
    for (const auto& entry : std::filesystem::directory_iterator(layers / "extensions", error)) {
        if (!entry.is_regular_file(error)) continue;
        if (::access(entry.path().c_str(), X_OK) == 0) names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
}

}  // namespace

std::optional<Running::Place> Running::enter(const std::string& function, int32_t most) {
    std::lock_guard lock(mutex_);
    auto& count = counts_[function];
    if (count >= most) {
        if (count == 0) counts_.erase(function);
        return std::nullopt;
    }
    ++count;
    return Place(*this, function);
}

void Running::leave(const std::string& function) {
    std::lock_guard lock(mutex_);
    const auto found = counts_.find(function);
    if (--found->second == 0) counts_.erase(found);
}

Task<std::shared_ptr<const Function>> Service::current_of(FunctionName name, std::shared_ptr<const Function> function) {
    if (function->version() == latest) co_return function;
    name.qualifier.clear();
    co_return co_await find_version(std::move(name));
}

void Service::measure(const FunctionName& name, std::initializer_list<contracts::MetricSample> samples) {
    if (!options_.metrics) return;
    const contracts::MetricScope::Dimension dimension{.name = "FunctionName", .value = name.name};
    options_.metrics->add({.account = name.account,
                           .region = name.region,
                           .metric_namespace = "AWS/Lambda",
                           .dimensions = std::span(&dimension, 1)},
                          samples, clock_.now());
}

Task<Outcome> Service::run(Call& call, FunctionName name, std::shared_ptr<const Function> function,
                           Invocation invocation) {
    const auto concurrent = static_cast<double>(running_now_.fetch_add(1) + 1);
    const Stopwatch stopwatch;
    std::optional<Outcome> outcome;
    std::exception_ptr failure;
    bool throttled = false;
    try {
        outcome = co_await run_counted(call, name, std::move(function), std::move(invocation));
    } catch (const aws::lambda::TooManyRequestsException&) {
        throttled = true;
        failure = std::current_exception();
    } catch (...) {
        failure = std::current_exception();
    }
    running_now_.fetch_sub(1);
    if (throttled) {
        measure(name, {{.name = "Throttles"}});
    } else {
        const auto milliseconds = std::chrono::duration<double, std::milli>(stopwatch.elapsed()).count();
        measure(name, {{.name = "Invocations"},
                       {.name = "Errors", .value = outcome && !outcome->failed ? 0.0 : 1.0},
                       {.name = "Duration", .value = milliseconds, .unit = "Milliseconds"},
                       {.name = "ConcurrentExecutions", .value = concurrent}});
    }
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*outcome);
}

Task<Outcome> Service::run_counted(Call& call, FunctionName name, std::shared_ptr<const Function> function,
                                   Invocation invocation) {
    invocation.version = function->version();
    auto lineage = count_run(trace_of(call, *function), name.unqualified_arn());
    invocation.trace = std::move(lineage.trace);
    std::optional<Running::Place> reserved;
    const auto current = co_await current_of(name, function);
    if (lineage.runs > most_loops && current->recursive_loop == "Terminate") {
        throw user_fault<aws::lambda::RecursiveInvocationException>(
            "Lambda has detected this function being invoked in a recursive loop with other Amazon Web Services "
            "resources and stopped it.");
    }
    if (const auto most = current->reserved_concurrency) {
        auto place = running_.enter(fmt::format("{}/{}/{}", name.account, name.region, name.name), *most);
        if (!place) throw throttled("ReservedFunctionConcurrentInvocationLimitExceeded");
        reserved.emplace(std::move(*place));
    }
    const auto key = co_await current_key(name, function);
    bool re_init = false;
    for (int tries = 1;; ++tries) {
        auto place = co_await pool_.acquire(key);
        if (!place.worker && !place.may_start) throw throttled("ConcurrentInvocationLimitExceeded");
        if (place.may_start)
            place.worker = co_await start_worker(call, name, function, {.key = key, .in_invoke = re_init});
        auto outcome = co_await place.worker->run(invocation);
        pool_.give_back(std::move(place.worker), call.now());
        if (!outcome.lost || tries == most_tries) co_return outcome;
        re_init = outcome.re_init;
    }
}

Task<std::string> Service::current_key(FunctionName name, std::shared_ptr<const Function> function) {
    const auto key = pool_key(name, *function);
    if (function->hot_folder.empty()) co_return key;
    const auto mark = co_await threads_.run([function] { return folder_mark(function->hot_folder); });
    pool_.keep_only(key, key + "/" + mark);
    co_return key + "/" + mark;
}

Task<std::shared_ptr<Worker>> Service::start_worker(Call& call, FunctionName name,
                                                    std::shared_ptr<const Function> function, WorkerStart start) {
    std::shared_ptr<Worker> worker;
    std::exception_ptr failure;
    expect_worker();
    try {
        auto planned = co_await plan(call, name, function, start);
        worker = std::make_shared<Worker>(loop_, *co_await sandbox(), clock_, std::move(planned));
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        pool_.give_up();
        std::rethrow_exception(failure);
    }
    pool_.start(worker);
    co_return worker;
}

Task<const Sandbox*> Service::sandbox() {
    const auto permit = co_await sandbox_search_.acquire();
    if (!sandbox_) {
        sandbox_ = co_await threads_.run([this] {
            write_etc(options_.folder / "bootstrap/etc");
            return Sandbox::find(options_.settings.network);
        });
        found_sandbox_ = sandbox_.get();
    }
    co_return sandbox_.get();
}

void Service::expect_worker() {
    if (const auto* sandbox = found_sandbox_.load()) launcher_.spares().prepare(*sandbox);
}

std::vector<std::string> Service::warnings() const {
    const auto* sandbox = found_sandbox_.load();
    return sandbox ? sandbox->warnings() : std::vector<std::string>();
}

Task<void> Service::look_for_sandbox() {
    for (const auto& warning : (co_await sandbox())->warnings()) log::warning(warning);
}

Task<WorkerPlan> Service::plan(Call& call, FunctionName name, std::shared_ptr<const Function> function,
                               WorkerStart start) {
    const auto& configuration = function->configuration;
    WorkerPlan plan{.key = std::move(start.key),
                    .function = fmt::format("{}/{}/{}", name.account, name.region, name.name)};
    plan.memory_mb = static_cast<uint32_t>(configuration.MemorySize.value_or(128));
    if (function->image) {
        co_await plan_image(name, function, plan);
    } else {
        co_await plan_package(call, function, plan);
    }
    const auto session = co_await assume_role(name, configuration.Role.value_or(""));
    const Sandbox* sandbox = co_await this->sandbox();
    if (configuration.EphemeralStorage) plan.room.scratch_bytes = uint64_t(configuration.EphemeralStorage->Size) << 20;
    plan.cloud_port = port_of(endpoint_);
    plan.version = function->version();
    plan.handler = configuration.Handler.value_or("");
    plan.identity = call.random().hex(32);
    const auto layers = function->image ? plan.room.image / "opt" : plan.room.layers;
    if (!layers.empty()) plan.extensions = co_await threads_.run([&] { return extension_programs(layers); });
    plan.post_telemetry = [this](std::string uri, std::string body) { courier_.post(std::move(uri), std::move(body)); };
    plan.runtime = facts_of(configuration);
    plan.runtime.initialization = start.initialization;
    plan.runtime.in_invoke = start.in_invoke;
    if (configuration.LoggingConfig) {
        plan.log_format = {.json = configuration.LoggingConfig->LogFormat.value_or("Text") == "JSON",
                           .system_level = configuration.LoggingConfig->SystemLogLevel.value_or("INFO")};
    }
    plan.timeout = std::chrono::seconds(configuration.Timeout.value_or(3));
    if (start.in_invoke) plan.init_timeout = plan.timeout;
    if (session.expires != Time::max()) plan.expires = session.expires - renewed_before;
    const auto stream = log_stream_name(call.now(), function->version(), call.random().hex(32));
    auto group =
        configuration.LoggingConfig ? configuration.LoggingConfig->LogGroup.value_or("") : "/aws/lambda/" + name.name;
    plan.output = book_.open(name.account, name.region, std::move(group), stream);
    plan.environment = environment_of(*function, name, session, endpoint_, stream, *sandbox, plan.room);
    plan.environment.push_back("AWS_LAMBDA_INITIALIZATION_TYPE=" + plan.runtime.initialization);
    co_return plan;
}

Task<void> Service::plan_package(Call& call, std::shared_ptr<const Function> function, WorkerPlan& plan) {
    const auto& configuration = function->configuration;
    const auto runtime = find_runtime(
        configuration.Runtime.value_or(""),
        {.memory_mb = plan.memory_mb, .handler = configuration.Handler ? *configuration.Handler : std::string_view()});
    if (!runtime) throw user_fault<aws::lambda::InvalidRuntimeException>(runtime.error());
    if (!runtime->compiler.empty()) {
        const auto permit = co_await compilation_.acquire();
        co_await threads_.run([&] { compile_java(options_.folder / "bootstrap", runtime->compiler); });
    }
    const Sandbox* sandbox = co_await this->sandbox();
    plan.room = {.code = function->hot_folder.empty()
                             ? co_await code_.unpacked(function->code_blob, configuration.CodeSha256.value_or(""))
                             : std::filesystem::path(function->hot_folder),
                 .bootstrap = options_.folder / "bootstrap",
                 .layers = co_await layers_of(call, function)};
    for (const auto& part : runtime->program) plan.program.push_back(sandbox->seen(plan.room, part));
    plan.by_address = runtime->by_address;
}

Task<void> Service::plan_image(FunctionName name, std::shared_ptr<const Function> function, WorkerPlan& plan) {
    if (!(co_await sandbox())->isolated()) {
        throw user_fault<aws::lambda::CodeArtifactUserFailedException>(
            "Functions packaged as container images need namespaces of their own, which are not permitted here.");
    }
    const auto folder = co_await image_of(name, function);
    const auto& given = function->configuration.ImageConfigResponse;
    auto program = program_of(*function->image, given ? given->ImageConfig : std::nullopt);
    plan.room = {.image = folder->path, .working_directory = std::move(program.working_directory)};
    plan.image = folder;
    plan.program = std::move(program.arguments);
    plan.by_address = true;
}

Task<RoleSession> Service::assume_role(FunctionName name, std::string role) {
    auto call = service_call(Reactor::current(), "lambda.amazonaws.com", name.account, name.region);
    try {
        aws::sts::Client sts(door_);
        auto answer = co_await sts.assume_role(call, {.RoleArn = role, .RoleSessionName = name.name});
        if (answer.Credentials) {
            co_return RoleSession{.access_key_id = std::move(answer.Credentials->AccessKeyId),
                                  .secret_access_key = std::move(answer.Credentials->SecretAccessKey),
                                  .session_token = std::move(answer.Credentials->SessionToken),
                                  .expires = answer.Credentials->Expiration};
        }
    } catch (const aws::Error& error) {
        log::debug("a function's role cannot be assumed", {{"role", role}, {"why", error.message}});
    }
    // Roles that were never made are accepted: the function then acts as its account.
    co_return RoleSession{.access_key_id = name.account, .secret_access_key = "test"};
}

}  // namespace cumulet::lambda
