// Whether the program of an image can be started: found out before the sandbox is made, which could only say that it
// ended.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "services/lambda/sandbox/sandbox.h"

namespace cumulet::lambda {

/// Why a worker's process does not begin.
struct StartFault {
    std::string reason;
    std::string_view type = "Runtime.InvalidEntrypoint";
};

/// Nothing if `program` may begin in the room of an image. `environment` has the PATH that it is looked for on. Links
/// of the image lead nowhere out of it. Blocks.
std::optional<StartFault> entry_fault(const Room& room, const std::vector<std::string>& program,
                                      std::span<const std::string> environment);

}  // namespace cumulet::lambda
