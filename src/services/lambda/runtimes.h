// What runs a function of each runtime, and the environment it finds. Pure, but for the look which programs are there.
#pragma once

#include <expected>
#include <span>

#include "services/lambda/function.h"
#include "services/lambda/sandbox/sandbox.h"

namespace cumulet::lambda {

/// How functions of a runtime are run.
struct Runtime {
    std::vector<std::string> program;  ///< as paths below /var/task, /var/runtime and /usr
    bool by_address = false;           ///< it finds the Runtime API by its address
    std::string compiler;              ///< compiles its bootstrap first; "" for none
};

/// Throws InvalidParameterValueException for a runtime that is unknown, no longer supported, or not there on this
/// machine, or that runs no handlers of this form.
void check_runtime(const std::string& runtime, std::string_view handler);

/// What of a function its runtime depends on.
struct RuntimeUse {
    uint32_t memory_mb = 128;
    std::string_view handler;
    std::span<const std::string_view> program_folders;  ///< where interpreters are; none: those of this machine
};

/// True for runtimes that SnapStart is offered for.
bool has_snap_start(std::string_view runtime);

/// How `runtime` ("nodejs20.x") runs on this machine. The error is a sentence that names the missing program.
std::expected<Runtime, std::string> find_runtime(std::string_view runtime, const RuntimeUse& use = {});

/// Credentials of a function's role.
struct RoleSession {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;
    Time expires = Time::max();
};

/// What AWS sets around a function, and the function's own variables: "NAME=value".
std::vector<std::string> environment_of(const Function& function, const FunctionName& name, const RoleSession& session,
                                        const std::string& endpoint, const std::string& log_stream,
                                        const Sandbox& sandbox, const Room& room);

/// "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"
std::string log_stream_name(Time now, std::string_view version, std::string_view hex);

}  // namespace cumulet::lambda
