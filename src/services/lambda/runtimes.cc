#include "services/lambda/runtimes.h"

#include <unistd.h>

namespace cumulet::lambda {
namespace {

std::string find_program(std::initializer_list<std::string> names) {
    for (const auto& name : names) {
        for (const std::string folder : {"/usr/local/bin/", "/usr/bin/"}) {
            if (!name.empty() && ::access((folder + name).c_str(), X_OK) == 0) return folder + name;
        }
    }
    return "";
}

}  // namespace

std::expected<Runtime, std::string> find_runtime(std::string_view runtime) {
    if (runtime.starts_with("provided")) return Runtime{.program = {"/var/task/bootstrap"}, .by_address = true};
    if (runtime.starts_with("nodejs")) {
        const auto node = find_program({"node", "nodejs"});
        if (node.empty()) {
            return std::unexpected(
                fmt::format("The runtime {} needs the program 'node' in /usr/bin or /usr/local/bin.", runtime));
        }
        return Runtime{.program = {node, "/var/runtime/bootstrap.cjs"}};
    }
    if (runtime.starts_with("python")) {
        // The version that the runtime names, or else the machine's own.
        const auto python = find_program({std::string(runtime), "python3"});
        if (python.empty()) {
            return std::unexpected(
                fmt::format("The runtime {} needs the program 'python3' in /usr/bin or /usr/local/bin.", runtime));
        }
        return Runtime{.program = {python, "-S", "-s", "/var/runtime/bootstrap.py"}};
    }
    return std::unexpected(fmt::format("The runtime {} is not built.", runtime));
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
    initial("PATH", "/usr/local/bin:/usr/bin:/bin:" + layers + "/bin");
    initial("LD_LIBRARY_PATH", fmt::format("{0}:{0}/lib:{1}/lib", root, layers));
    initial("LANG", "C.UTF-8");
    initial("TZ", ":UTC");
    initial("AWS_ENDPOINT_URL", endpoint);
    if (const auto at = endpoint.find("://"); at != endpoint.npos) {
        const auto host = endpoint.substr(at + 3);
        initial("LOCALSTACK_HOSTNAME", host.substr(0, host.find(':')));
        if (const auto colon = host.find(':'); colon != host.npos) initial("EDGE_PORT", host.substr(colon + 1));
    }
    if (function.has_runtime("nodejs")) {
        initial("NODE_PATH", fmt::format("{0}/nodejs/node_modules:/usr/share/nodejs", layers));
    }
    if (function.has_runtime("python")) initial("PYTHONPATH", root);
    variables["_HANDLER"] = configuration.Handler.value_or("");
    variables["LAMBDA_TASK_ROOT"] = root;
    variables["LAMBDA_RUNTIME_DIR"] = sandbox.seen(room, "/var/runtime");
    variables["AWS_REGION"] = variables["AWS_DEFAULT_REGION"] = name.region;
    variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + configuration.Runtime.value_or("");
    variables["AWS_LAMBDA_FUNCTION_NAME"] = name.name;
    variables["AWS_LAMBDA_FUNCTION_VERSION"] = function.version();
    variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(configuration.MemorySize.value_or(128));
    variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
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
