// What functions are told about an HTTP request.
#include "contracts/proxy_event.h"

#include <gtest/gtest.h>

namespace cumulet::contracts {
namespace {

TEST(RequestTime, IsWrittenAsInAnAccessLog) {
    EXPECT_EQ(format_request_time(Time(std::chrono::seconds(1'795'395'300))), "23/Nov/2026:00:55:00 +0000");
}

TEST(Cookies, AreReadOneByOne) {
    json::array cookies;
    add_cookies(cookies, "a=1; b=2;;  c=3 ");
    add_cookies(cookies, "d=\xff");
    EXPECT_EQ(json::value(cookies), (json::value{"a=1", "b=2", "c=3", "d%3D%FF"}));
}

}  // namespace
}  // namespace cumulet::contracts
