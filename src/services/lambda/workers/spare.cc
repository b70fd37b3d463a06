#include "services/lambda/workers/spare.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace cumulet::lambda {
namespace {

constexpr int script_descriptor = 6;
constexpr const char* shell = "/usr/bin/dash";  // others add variables of their own
// A pipe takes so much without waiting for its reader.
constexpr size_t most_script_bytes = 60'000;

/// What reads it does not block.
Ties::Pair make_pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Ties::Pair make_channel() {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// True if a shell takes the variable's name and any value of it.
bool is_plain_name(std::string_view name) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    constexpr std::string_view digits = "0123456789";
    if (name.empty() || letters.find(name[0]) == letters.npos || name == "OPTIND") return false;
    return std::ranges::all_of(
        name, [&](char letter) { return letters.find(letter) != letters.npos || digits.find(letter) != digits.npos; });
}

void append_quoted(std::string& script, std::string_view word) {
    script += '\'';
    for (const char letter : word) {
        if (letter == '\'') {
            script += R"('\'')";
        } else {
            script += letter;
        }
    }
    script += '\'';
}

}  // namespace

std::optional<Ties> Ties::make(bool supervised) {
    Ties ties{.output = make_pipe(), .channel = make_channel(), .control = {}, .extension_output = {}};
    if (supervised) {
        ties.control = make_channel();
        ties.extension_output = make_pipe();
    }
    const bool whole =
        ties.output.ours && ties.channel.ours && (!supervised || (ties.control.ours && ties.extension_output.ours));
    return whole ? std::optional(std::move(ties)) : std::nullopt;
}

std::vector<std::pair<int, int>> Ties::for_process() const {
    std::vector<std::pair<int, int>> descriptors{{output.theirs.get(), 1}, {output.theirs.get(), 2}};
    for (const auto& [pair, theirs] : {std::pair(&channel, 3), {&control, 4}, {&extension_output, 5}}) {
        if (pair->theirs) descriptors.emplace_back(pair->theirs.get(), theirs);
    }
    return descriptors;
}

void Ties::close_theirs() {
    for (auto* pair : {&output, &channel, &control, &extension_output}) pair->theirs.reset();
}

std::string script_of(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                      const std::vector<int>& closed) {
    std::string script;
    for (const auto& variable : environment) {
        const auto equals = variable.find('=');
        script += "export " + variable.substr(0, equals) + "=";
        append_quoted(script, std::string_view(variable).substr(equals + 1));
        script += '\n';
    }
    script += "exec";
    for (const auto& argument : arguments) {
        script += ' ';
        append_quoted(script, argument);
    }
    for (const int descriptor : closed) script += fmt::format(" {}<&-", descriptor);
    script += '\n';
    return script;
}

std::unique_ptr<Spare> Spare::start(const Sandbox& sandbox) {
    auto spare = std::make_unique<Spare>();
    if (!sandbox.isolated() || ::access(shell, X_OK) != 0) return nullptr;
    auto group = sandbox.group();
    auto ties = Ties::make(true);
    auto script = make_pipe();
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!group || !ties || !script.ours || !nothing) return nullptr;
    // The script flows from us to the process: the other way than output does. And its reader is to wait.
    ::fcntl(script.ours.get(), F_SETFL, 0);
    Launch launch{.arguments = {shell, fmt::format("/dev/fd/{}", script_descriptor)},
                  .descriptors = ties->for_process(),
                  .group_entries = group->entries()};
    launch.descriptors.emplace_back(nothing.get(), 0);
    launch.descriptors.emplace_back(script.ours.get(), script_descriptor);
    auto process = spawn(launch);
    if (!process) return nullptr;
    ties->close_theirs();
    spare->seat_ = {.process = std::move(*process), .group = std::move(group), .ties = std::move(*ties)};
    spare->script_ = std::move(script.theirs);
    return spare;
}

Spare::~Spare() {
    if (seat_.process.id <= 0) return;
    kill_group(seat_.process.id);
    ::waitpid(seat_.process.id, nullptr, 0);
}

std::optional<Seat> Spare::become(const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment, const Limits& limits, Wanted wanted) {
    std::vector<int> closed{script_descriptor};
    if (!wanted.channel) closed.push_back(3);
    if (!wanted.supervised) closed.insert(closed.end(), {4, 5});
    const auto script = script_of(arguments, environment, closed);
    const bool plain = std::ranges::all_of(
        environment, [](std::string_view variable) { return is_plain_name(variable.substr(0, variable.find('='))); });
    if (!plain || script.size() > most_script_bytes || !seat_.group->limit(limits)) return std::nullopt;
    const auto written = ::write(script_.get(), script.data(), script.size());
    if (written != static_cast<ssize_t>(script.size())) return std::nullopt;
    script_.reset();
    auto seat = std::move(seat_);
    seat_.process.id = -1;
    if (!wanted.channel) seat.ties.channel.ours.reset();
    if (!wanted.supervised) {
        seat.ties.control.ours.reset();
        seat.ties.extension_output.ours.reset();
    }
    return seat;
}

}  // namespace cumulet::lambda
