// What the operator of a cloud chooses about its functions.
#pragma once

#include <string>

#include "services/lambda/sandbox/network.h"

namespace cumulet::lambda {

struct Settings {
    bool hot_reload = true;  ///< callers may name folders of this machine as code
    Network network = Network::host;
    std::string container_engine;  ///< the path of docker or podman; "" takes one that is on the PATH
};

}  // namespace cumulet::lambda
