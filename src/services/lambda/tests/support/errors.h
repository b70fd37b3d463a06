// The message of the error that something ends with.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace cumulet::lambda {

/// Runs `body`, which must throw `Error` as the caller's fault.
template <typename Error, typename Body>
std::string message_of(Body body) {
    try {
        body();
    } catch (const Error& error) {
        EXPECT_EQ(error.Type, "User");
        return error.message;
    }
    return "nothing was thrown";
}

}  // namespace cumulet::lambda
