#include "services/lambda/runtimes.h"

#include <unistd.h>

#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "services/lambda/fault.h"

namespace cumulet::lambda {
namespace {

constexpr std::array<std::string_view, 29> supported_runtimes{
    "nodejs26.x", "nodejs24.x",   "nodejs22.x", "nodejs20.x",      "nodejs18.x",  "python3.15",
    "python3.14", "python3.13",   "python3.12", "python3.11",      "python3.10",  "python3.9",
    "java25",     "java21",       "java17",     "java17.al2023",   "java11",      "java11.al2023",
    "java8.al2",  "java8.al2023", "dotnet10",   "dotnet8",         "dotnet6",     "ruby4.0",
    "ruby3.4",    "ruby3.3",      "ruby3.2",    "provided.al2023", "provided.al2"};
struct Retired {
    std::string_view runtime;
    std::string_view successor;  ///< that AWS recommends instead
};
constexpr std::array<Retired, 22> retired_runtimes{
    {{"nodejs", "nodejs18.x"},     {"nodejs4.3", "nodejs18.x"},  {"nodejs4.3-edge", "nodejs18.x"},
     {"nodejs6.10", "nodejs18.x"}, {"nodejs8.10", "nodejs18.x"}, {"nodejs10.x", "nodejs18.x"},
     {"nodejs12.x", "nodejs18.x"}, {"nodejs14.x", "nodejs20.x"}, {"nodejs16.x", "nodejs20.x"},
     {"python2.7", "python3.12"},  {"python3.6", "python3.12"},  {"python3.7", "python3.12"},
     {"python3.8", "python3.12"},  {"dotnetcore1.0", "dotnet6"}, {"dotnetcore2.0", "dotnet6"},
     {"dotnetcore2.1", "dotnet6"}, {"dotnetcore3.1", "dotnet6"}, {"ruby2.5", "ruby3.2"},
     {"ruby2.7", "ruby3.2"},       {"java8", "java21"},          {"provided", "provided.al2023"},
     {"go1.x", "provided.al2023"}}};

using Folders = std::span<const std::string_view>;
constexpr std::array<std::string_view, 2> machine_folders{"/usr/local/bin", "/usr/bin"};  // which the sandbox shows

std::string find_program(std::initializer_list<std::string> names, Folders folders = machine_folders) {
    for (const auto& name : names) {
        for (const auto folder : folders) {
            const auto program = fmt::format("{}/{}", folder, name);
            if (!name.empty() && ::access(program.c_str(), X_OK) == 0) return program;
        }
    }
    return "";
}

std::unexpected<std::string> missing(std::string_view runtime, std::string_view program) {
    return std::unexpected(
        fmt::format("The runtime {} needs the program '{}' in /usr/bin or /usr/local/bin.", runtime, program));
}

/// The folder of Debian's JDK of the version that `runtime` ("java21", "java8.al2") names, with its last '/'; "" if
/// there is none.
std::string java_folder(std::string_view runtime) {
    const auto version = runtime.substr(4, runtime.find('.') - 4);
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/jvm", error)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(fmt::format("java-{}-", version)) &&
            ::access((entry.path() / "bin/java").c_str(), X_OK) == 0)
            return (entry.path() / "bin/").string();
    }
    return "";
}

std::expected<Runtime, std::string> find_java(std::string_view runtime, uint32_t memory_mb) {
    const auto folder = java_folder(runtime);
    const auto java = folder.empty() ? find_program({"java"}) : folder + "java";
    const auto javac = folder.empty() ? find_program({"javac"}) : folder + "javac";
    if (java.empty()) return missing(runtime, "java");
    if (::access(javac.c_str(), X_OK) != 0) return missing(runtime, "javac");
    // As much heap as AWS gives; one that starts fast. The JVM itself cannot see the sandbox's limit.
    return Runtime{
        .program = {java, fmt::format("-Xmx{}m", memory_mb * 85 / 100), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                    "-Xshare:auto", "-XX:-UsePerfData", "-cp", "/var/runtime/java", "cumulet.Bootstrap"},
        .by_address = true,
        .compiler = javac};
}

/// Functions of .NET that are programs: their handler is the assembly's name, and they bring AWS's runtime client.
// Unverified: with a dotnet of Microsoft's.
std::expected<Runtime, std::string> find_dotnet(std::string_view runtime, const RuntimeUse& use) {
    const auto dotnet = find_program({"dotnet"}, use.program_folders.empty() ? machine_folders : use.program_folders);
    if (dotnet.empty()) return missing(runtime, "dotnet");
    const bool is_name = std::ranges::all_of(use.handler, [](unsigned char letter) {
        return std::isalnum(letter) != 0 || letter == '.' || letter == '_' || letter == '-';
    });
    if (!is_name) {
        return std::unexpected(
            fmt::format("The handler {} names a method. Functions of {} run here as programs: executable assemblies "
                        "with Amazon.Lambda.RuntimeSupport, whose handler is the assembly's name.",
                        use.handler, runtime));
    }
    return Runtime{.program = {dotnet, fmt::format("/var/task/{}.dll", use.handler)}, .by_address = true};
}

}  // namespace

void check_runtime(const std::string& runtime, std::string_view handler) {
    const auto retired = std::ranges::find(retired_runtimes, runtime, &Retired::runtime);
    if (retired != retired_runtimes.end()) {
        throw invalid(fmt::format(
            "The runtime parameter of {} is no longer supported for creating or updating AWS Lambda functions. We "
            "recommend you use the new runtime ({}) while creating or updating functions.",
            runtime, retired->successor));
    }
    if (std::ranges::find(supported_runtimes, runtime) == supported_runtimes.end()) {
        throw invalid(
            fmt::format("Value {} at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
                        "set: [{}] or be a valid ARN",
                        runtime, fmt::join(supported_runtimes, ", ")));
    }
    if (const auto found = find_runtime(runtime, {.handler = handler}); !found) throw invalid(found.error());
}

// https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html: Java 11, Python 3.12, .NET 8 and what came later.
bool has_snap_start(std::string_view runtime) {
    const auto version = [&](std::string_view family) {
        int number = 0;
        if (runtime.starts_with(family)) {
            std::from_chars(runtime.data() + family.size(), runtime.data() + runtime.size(), number);
        }
        return number;
    };
    return version("java") >= 11 || version("python3.") >= 12 || version("dotnet") >= 8;
}

std::expected<Runtime, std::string> find_runtime(std::string_view runtime, const RuntimeUse& use) {
    if (runtime.starts_with("provided")) return Runtime{.program = {"/var/task/bootstrap"}, .by_address = true};
    if (runtime.starts_with("nodejs")) {
        const auto node = find_program({"node", "nodejs"});
        if (node.empty()) return missing(runtime, "node");
        return Runtime{.program = {node, "/var/runtime/bootstrap.cjs"}};
    }
    // Otherwise the version that the runtime names, or else the machine's own.
    if (runtime.starts_with("python")) {
        const auto python = find_program({std::string(runtime), "python3"});
        if (python.empty()) return missing(runtime, "python3");
        return Runtime{.program = {python, "-S", "-s", "/var/runtime/bootstrap.py"}};
    }
    if (runtime.starts_with("ruby")) {
        const auto ruby = find_program({std::string(runtime), "ruby"});
        if (ruby.empty()) return missing(runtime, "ruby");
        return Runtime{.program = {ruby, "--disable-did_you_mean", "/var/runtime/bootstrap.rb"}};
    }
    if (runtime.starts_with("java")) return find_java(runtime, use.memory_mb);
    if (runtime.starts_with("dotnet")) return find_dotnet(runtime, use);
    return std::unexpected(fmt::format("The runtime {} is not known.", runtime));
}

std::vector<std::string> environment_of(const Function& function, const FunctionName& name, const RoleSession& session,
                                        const std::string& endpoint, const std::string& log_stream,
                                        const Sandbox& sandbox, const Room& room) {
    const auto& configuration = function.configuration;
    const auto root = sandbox.seen(room, "/var/task");
    const auto layers = sandbox.seen(room, "/opt");
    std::map<std::string, std::string> variables;
    if (configuration.Environment && configuration.Environment->Variables)
        variables = *configuration.Environment->Variables;
    const auto initial = [&](std::string variable, std::string value) {
        variables.try_emplace(variable, std::move(value));
    };
    const auto runtime_folder = sandbox.seen(room, "/var/runtime");
    if (function.image) {
        for (const auto& variable : function.image->environment) {
            const auto equals = std::min(variable.find('='), variable.size());
            initial(variable.substr(0, equals), variable.substr(std::min(equals + 1, variable.size())));
        }
        initial("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    } else {
        initial("PATH", "/var/lang/bin:/usr/local/bin:/usr/bin:/bin:" + layers + "/bin");
        initial("LD_LIBRARY_PATH", fmt::format("/var/lang/lib:/lib64:/usr/lib64:{0}:{0}/lib:{1}:{1}/lib:{2}/lib",
                                               runtime_folder, root, layers));
        initial("LANG", "C.UTF-8");
    }
    initial("TZ", ":UTC");
    // Its user has no home.
    if (function.has_runtime("dotnet")) initial("DOTNET_CLI_HOME", "/tmp");
    initial("AWS_ENDPOINT_URL", endpoint);
    if (const auto at = endpoint.find("://"); at != endpoint.npos) {
        const auto host = endpoint.substr(at + 3);
        initial("LOCALSTACK_HOSTNAME", host.substr(0, host.find(':')));
        if (const auto colon = host.find(':'); colon != host.npos) initial("EDGE_PORT", host.substr(colon + 1));
    }
    if (function.has_runtime("nodejs")) {
        const auto name = configuration.Runtime->substr(6, configuration.Runtime->find('.') - 6);
        initial("NODE_PATH",
                fmt::format("{0}/nodejs/node{1}/node_modules:{0}/nodejs/node_modules:{2}/node_modules:{2}:{3}:"
                            "/usr/share/nodejs",
                            layers, name, runtime_folder, root));
    }
    if (function.has_runtime("python")) initial("PYTHONPATH", runtime_folder);
    if (!sandbox.isolated()) variables["CUMULET_LAYERS"] = layers;  // for our own bootstraps: /opt is the host's
    if (function.has_runtime("ruby")) {
        const auto version = configuration.Runtime->substr(4);
        initial("GEM_PATH", fmt::format("{0}/vendor/bundle/ruby/{2}.0:{1}/ruby/gems/{2}.0", root, layers, version));
        initial("RUBYLIB", fmt::format("{}:{}/lib:{}/ruby/lib", root, runtime_folder, layers));
    }
    if (function.image) {
        // What else AWS's images need, their own entry points set.
        initial("LAMBDA_TASK_ROOT", root);
        initial("LAMBDA_RUNTIME_DIR", runtime_folder);
    } else {
        variables["_HANDLER"] = configuration.Handler.value_or("");
        variables["LAMBDA_TASK_ROOT"] = root;
        variables["LAMBDA_RUNTIME_DIR"] = runtime_folder;
        variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + configuration.Runtime.value_or("");
    }
    variables["AWS_REGION"] = variables["AWS_DEFAULT_REGION"] = name.region;
    variables["AWS_LAMBDA_FUNCTION_NAME"] = name.name;
    variables["AWS_LAMBDA_FUNCTION_VERSION"] = function.version();
    variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(configuration.MemorySize.value_or(128));
    if (configuration.LoggingConfig) {
        variables["AWS_LAMBDA_LOG_GROUP_NAME"] = configuration.LoggingConfig->LogGroup.value_or("");
        variables["AWS_LAMBDA_LOG_FORMAT"] = configuration.LoggingConfig->LogFormat.value_or("Text");
        if (configuration.LoggingConfig->ApplicationLogLevel) {
            variables["AWS_LAMBDA_LOG_LEVEL"] = *configuration.LoggingConfig->ApplicationLogLevel;
        }
    }
    variables["AWS_LAMBDA_LOG_STREAM_NAME"] = log_stream;
    variables["AWS_ACCESS_KEY_ID"] = session.access_key_id;
    variables["AWS_SECRET_ACCESS_KEY"] = session.secret_access_key;
    if (!session.session_token.empty()) variables["AWS_SESSION_TOKEN"] = session.session_token;

    std::vector<std::string> environment;
    for (const auto& [variable, value] : variables) environment.push_back(variable + "=" + value);
    return environment;
}

std::string log_stream_name(Time now, std::string_view version, std::string_view hex) {
    const auto date = format_iso8601(now);
    return fmt::format("{}/{}/{}/[{}]{}", date.substr(0, 4), date.substr(5, 2), date.substr(8, 2), version, hex);
}

}  // namespace cumulet::lambda
