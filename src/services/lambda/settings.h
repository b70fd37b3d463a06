// What the operator of a cloud chooses about its functions.
#pragma once

#include "services/lambda/sandbox/network.h"

namespace cumulet::lambda {

struct Settings {
    bool hot_reload = true;  ///< callers may name folders of this machine as code
    Network network = Network::host;
};

}  // namespace cumulet::lambda
