// What is thrown where the world broke for a while: the caller gets 503 and may try again.
#pragma once

#include <stdexcept>

namespace cumulet {

struct Unavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace cumulet
