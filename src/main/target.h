// Which cloud the options of a command name.
#pragma once

#include "main/api_client.h"
#include "main/commands.h"

namespace cumulet {

/// What the options leave empty comes from the environment.
inline Target target_of(const TargetOptions& options) {
    auto target = target_from_environment();
    if (!options.endpoint.empty()) target.endpoint = options.endpoint;
    if (!options.region.empty()) target.region = options.region;
    return target;
}

}  // namespace cumulet
