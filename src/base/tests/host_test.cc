#include "base/host.h"

#include <gtest/gtest.h>

namespace cumulet {
namespace {

TEST(Host, IsSplitFromItsPort) {
    using Parts = std::pair<std::string_view, std::string_view>;
    EXPECT_EQ(split_port("a.example:4566"), Parts("a.example", ":4566"));
    EXPECT_EQ(split_port("a.example"), Parts("a.example", ""));
    EXPECT_EQ(split_port("[::1]:80"), Parts("[::1]", ":80"));
    EXPECT_EQ(split_port("[::1]"), Parts("[::1]", ""));
}

}  // namespace
}  // namespace cumulet
