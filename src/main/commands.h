// The commands of `cumulet`. Each returns the process's exit code: 0 success, 1 failure, 2 wrong usage.
#pragma once

#include "main/options.h"

namespace cumulet {

/// Runs until SIGTERM or SIGINT; a second signal ends it at once.
int serve(ServeOptions options);

/// Which cloud a command talks to. What is empty comes from the environment: AWS_ENDPOINT_URL, AWS_REGION, ….
struct TargetOptions {
    std::string endpoint;
    std::string region;
};

struct DeployOptions {
    TargetOptions target;
    std::filesystem::path template_file;
    std::string stack_name;               ///< "": after the template's folder
    std::string s3_bucket;                ///< "": one of Cumulet's own
    std::vector<std::string> parameters;  ///< "Key=Value"
    std::vector<std::string> capabilities{"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"};
    bool watch = false;  ///< deploy again whenever a file changes, until a signal ends the process
};
/// Packages, creates or updates a stack, and follows it to its end. A stack that needs no change is a success.
int deploy(DeployOptions options);

struct DeleteOptions {
    TargetOptions target;
    std::string stack_name;
};
/// Deletes a stack and follows it to its end. A stack that is not there is a success.
int delete_stack(DeleteOptions options);

struct EnvOptions {
    TargetOptions target;
    std::string account;  ///< twelve digits; "": the default account
};
/// Prints what SDKs and command lines need to find the cloud, for a shell's eval.
int print_environment(EnvOptions options);

/// Prints what a running cloud is. Failure if none answers, or it is not ready.
int print_status(TargetOptions options);

struct LogsOptions {
    TargetOptions target;
    std::string name;  ///< of a function or log group, or its beginning; "": all
    std::string since = "10m";
    std::string filter;  ///< CloudWatch Logs' filter pattern
    bool tail = false;
};
/// Prints log events; with `tail` until a signal ends it.
int print_logs(LogsOptions options);

}  // namespace cumulet
