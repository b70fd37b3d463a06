#include "base/gzip.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace cumulet {
namespace {

// printf hello | gzip -n | base64
const std::string hello = *from_base64("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA==");

TEST(Gunzip, ReadsOneMemberOrSeveral) {
    EXPECT_EQ(gunzip(hello, 100), "hello");
    EXPECT_EQ(gunzip(hello + hello, 100), "hellohello");
}

TEST(Gunzip, RefusesWhatIsCutOffOrNoGzip) {
    for (size_t size = 0; size < hello.size(); ++size)
        EXPECT_EQ(gunzip(hello.substr(0, size), 100), std::nullopt) << size;
    EXPECT_EQ(gunzip("{}", 100), std::nullopt);
    EXPECT_EQ(gunzip(hello + "junk", 100), std::nullopt);
}

TEST(Gunzip, StopsAtItsBound) {
    EXPECT_EQ(gunzip(hello, 5), "hello");
    EXPECT_EQ(gunzip(hello, 4), std::nullopt);
}

TEST(Gzip, IsReadBackAndSmaller) {
    const std::string text(100'000, 'x');
    EXPECT_LT(gzip(text).size(), 1'000u);
    EXPECT_EQ(gunzip(gzip(text), text.size()), text);
    EXPECT_EQ(gunzip(gzip(""), 0), "");
}

TEST(Deflated, HasTheFrameOfZlib) {
    EXPECT_EQ(to_hex(deflated("hello")), "789ccb48cdc9c90700062c0215");  // zlib.compress(b"hello").hex()
}

TEST(Undeflate, ReadsWhatWasDeflated) {
    const std::string text(100'000, 'a');
    EXPECT_EQ(undeflate(deflated(text), text.size()), text);
    EXPECT_EQ(undeflate(deflated(text), text.size() - 1), std::nullopt);
    EXPECT_EQ(undeflate(gzip(text), text.size()), std::nullopt);
}

}  // namespace
}  // namespace cumulet
