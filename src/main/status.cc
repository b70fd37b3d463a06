// `cumulet status`: is a cloud there, and what is it?

#include "main/commands.h"
#include "main/console.h"
#include "main/stacks.h"
#include "main/target.h"

namespace cumulet {
namespace {

std::string describe_clock(const json::object& status) {
    const auto* factor = status.if_contains("clock_factor");
    const auto value = factor && factor->is_number() ? factor->to_number<double>() : 1.0;
    const auto pace = value == 0   ? std::string(" (stands still)")
                      : value == 1 ? ""
                                   : fmt::format(" (runs {} times as fast)", value);
    return std::string(string_or(status, "now")) + pace;
}

std::string names_of(const json::object& status) {
    std::vector<std::string_view> names;
    if (const auto* services = status.if_contains("services"); services && services->is_object()) {
        for (const auto& service : services->get_object()) names.emplace_back(service.key());
    }
    std::ranges::sort(names);
    return fmt::format("{}", fmt::join(names, ", "));
}

Task<int> run(TargetOptions options) {
    ApiClient client(target_of(options));
    http::Request request;
    request.method = "GET";
    request.set_target("/_cumulet/status");
    const auto response = co_await client.send("sts", std::move(request));
    const auto body = parse_json(response.body);
    if (response.status != 200 || !body || !body->is_object()) {
        throw std::runtime_error(fmt::format("What answers at {} is not Cumulet", client.target().endpoint));
    }
    const auto& status = body->get_object();
    const auto* flag = status.if_contains("ready");
    const bool ready = flag && flag->is_bool() && flag->get_bool();
    fmt::print("Cumulet {} at {} is {}\n", string_or(status, "version"), client.target().endpoint,
               ready ? toned("ready", Tone::good) : toned("not ready", Tone::bad));
    fmt::print("  started     {}\n  clock       {}\n", string_or(status, "started"), describe_clock(status));
    fmt::print("  signatures  {}\n  IAM         {}\n", string_or(status, "signatures"),
               string_or(status, "authorisation"));
    fmt::print("  services    {}\n", names_of(status));
    Stacks stacks(client);
    fmt::print("  stacks      {} in {}\n", co_await stacks.count(), client.target().region);
    co_return ready ? 0 : 1;
}

}  // namespace

int print_status(TargetOptions options) { return run_command(run(std::move(options))); }

}  // namespace cumulet
