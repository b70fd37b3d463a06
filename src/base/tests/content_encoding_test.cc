#include "base/content_encoding.h"

#include <gtest/gtest.h>

namespace cumulet {
namespace {

TEST(PreferredEncoding, IsWhatTheCallerLikesBest) {
    struct Row {
        const char* accepted;
        const char* chosen;
    };
    for (const auto& [accepted, chosen] : {
             Row{"", ""},
             Row{"identity", ""},
             Row{"br, zstd, x-gzip", ""},
             Row{"gzip", "gzip"},
             Row{"deflate", "deflate"},
             Row{"GZIP, identity", "gzip"},
             Row{"gzip, deflate", "gzip"},
             Row{"br, deflate, gzip", "deflate"},
             Row{" gzip ;q=0.4 , deflate; q=0.5", "deflate"},
             Row{"a, gzip ,, b", "gzip"},
             Row{"gzip;q=0", ""},
             Row{"gzip;q=0.0001, identity", "gzip"},
             Row{"*", "gzip"},
             Row{"*, deflate", "deflate"},
             Row{"*, deflate;q=0.5", "gzip"},
             Row{"*, gzip;q=0.5", "deflate"},
             Row{"*;q=0", ""},
             Row{"identity, *;q=0.1", "gzip"},
         }) {
        EXPECT_EQ(preferred_encoding(accepted), chosen) << accepted;
    }
}

// Expectations: what DynamoDB was seen to do.
TEST(PreferredEncoding, ForgivesWhatIsNoWeight) {
    struct Row {
        const char* accepted;
        const char* chosen;
    };
    for (const auto& [accepted, chosen] : {
             Row{"\"gzip\"", ""},
             Row{"gzip br", ""},
             Row{"gzip:q=1", ""},
             Row{"deflate;q=0.9, gzip;q=7", "gzip"},
             Row{"gzip;q=7, deflate;q=9", "gzip"},
             Row{"deflate;q=0.5, gzip;q=0.", "deflate"},
             Row{"deflate;q=0.5, gzip;q=0.y", "gzip"},
             Row{"deflate;q=0.5, gzip;q=1;q=0.1", "gzip"},
             Row{"deflate;q=-1, gzip;q=0.1", "gzip"},
             Row{"gzip;q= 0;q=1", ""},
             Row{"gzip;q =0;q=1", "gzip"},
             Row{"gzip;xq=0;q=1", ""},
             Row{"gzip;q=0, gzip, gzip;q=0", "gzip"},
         }) {
        EXPECT_EQ(preferred_encoding(accepted), chosen) << accepted;
    }
}

}  // namespace
}  // namespace cumulet
