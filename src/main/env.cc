// `cumulet env`: what SDKs and command lines need to find the cloud.

#include "main/commands.h"
#include "main/target.h"

namespace cumulet {
namespace {

/// `value` as one word of a POSIX shell.
std::string shell_word(std::string_view value) {
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:";
    if (!value.empty() && value.find_first_not_of(plain) == value.npos) return std::string(value);
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            out += c;
        }
    }
    return out + "'";
}

}  // namespace

int print_environment(EnvOptions options) {
    const auto target = target_of(options.target);
    // Never the caller's own keys: they may be real, and this is printed.
    const auto key = options.account.empty() ? "test" : options.account;
    for (const auto& [name, value] : {std::pair<std::string_view, std::string>{"AWS_ENDPOINT_URL", target.endpoint},
                                      {"AWS_ACCESS_KEY_ID", key},
                                      {"AWS_SECRET_ACCESS_KEY", "test"},
                                      {"AWS_REGION", target.region},
                                      {"AWS_DEFAULT_REGION", target.region}}) {
        fmt::print("export {}={}\n", name, shell_word(value));
    }
    fmt::print(
        "# eval \"$(cumulet env)\" sets these in your shell. Older clients take --endpoint-url {}.\n"
        "# S3: clients address buckets by path (forcePathStyle, addressing_style = path) when the endpoint is an IP "
        "address;\n"
        "# http://s3.localhost.localstack.cloud:<port> also takes buckets as host names.\n",
        shell_word(target.endpoint));
    return 0;
}

}  // namespace cumulet
