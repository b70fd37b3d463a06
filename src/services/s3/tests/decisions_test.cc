// Tables of what S3 decides, on pure code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "services/s3/conditions.h"
#include "services/s3/listing.h"
#include "services/s3/request.h"

namespace cumulet::s3 {
namespace {

/// The code of the error that `act` throws, "" if none.
template <typename Act>
std::string code_of(Act act) {
    try {
        act();
        return "";
    } catch (const aws::Error& error) {
        return error.code;
    }
}

TEST(BucketNames, FollowTheRules) {
    for (const auto* name : {"abc", "a.b-c", "my-bucket-1", "192.168.5"})
        EXPECT_NO_THROW(check_bucket_name(name)) << name;
    for (const auto* name :
         {"ab", "Abc", "a_b", "-abc", "abc-", "a..b", "192.168.5.4", "xn--abc", "abc-s3alias", "a b"}) {
        EXPECT_EQ(code_of([&] { check_bucket_name(name); }), "InvalidBucketName") << name;
    }
    EXPECT_NO_THROW(check_bucket_name(std::string(63, 'a')));
    EXPECT_EQ(code_of([] { check_bucket_name(std::string(64, 'a')); }), "InvalidBucketName");
}

TEST(Keys, AreAtMost1024BytesOfUtf8) {
    EXPECT_NO_THROW(check_key(std::string(1024, 'k')));
    EXPECT_EQ(code_of([] { check_key(std::string(1025, 'k')); }), "KeyTooLongError");
    EXPECT_EQ(code_of([] { check_key("\xff"); }), "InvalidURI");
}

TEST(BucketRegion, FollowsTheLocationConstraint) {
    struct Row {
        const char* region;
        std::optional<std::string> constraint;
        const char* result;
    };
    for (const auto& [region, constraint, result] :
         std::initializer_list<Row>{{"us-east-1", std::nullopt, "us-east-1"},
                                    {"us-east-1", "eu-west-1", "eu-west-1"},
                                    {"us-east-1", "us-east-1", "InvalidLocationConstraint"},
                                    {"eu-west-1", "EU", "eu-west-1"},
                                    {"eu-west-1", std::nullopt, "IllegalLocationConstraintException"},
                                    {"eu-west-1", "us-west-2", "IllegalLocationConstraintException"},
                                    {"eu-west-1", "us-east-1", "IllegalLocationConstraintException"}}) {
        std::string got;
        const auto code = code_of([&] { got = bucket_region(region, constraint); });
        EXPECT_EQ(code.empty() ? got : code, result) << region << " " << constraint.value_or("none");
    }
}

TEST(Ranges, AreReadAsS3ReadsThem) {
    struct Row {
        const char* field;
        const char* result;  // of ten bytes
    };
    for (const auto& [field, result] : std::initializer_list<Row>{{"bytes=0-3", "bytes 0-3/10"},
                                                                  {"bytes=4-", "bytes 4-9/10"},
                                                                  {"bytes=-3", "bytes 7-9/10"},
                                                                  {"bytes=-30", "bytes 0-9/10"},
                                                                  {"bytes=8-99", "bytes 8-9/10"},
                                                                  {"bytes=9-9", "bytes 9-9/10"},
                                                                  {"bytes=10-", "InvalidRange"},
                                                                  {"bytes=-0", "InvalidRange"},
                                                                  {"bytes=3-1", "whole"},
                                                                  {"bytes=0-1,4-5", "whole"},
                                                                  {"bytes=a-b", "whole"},
                                                                  {"bytes=-", "whole"},
                                                                  {"lines=0-3", "whole"}}) {
        std::string got;
        const auto code = code_of([&] {
            const auto slice = parse_range(field, 10);
            got = slice ? content_range(*slice, 10) : "whole";
        });
        EXPECT_EQ(code.empty() ? got : code, result) << field;
    }
    EXPECT_EQ(code_of([] { parse_range("bytes=0-", 0); }), "InvalidRange");
}

TEST(Conditions, OfReadingFollowTheirPrecedence) {
    Object object;
    object.etag = "abc";
    object.modified = Time(1000s);
    const Time before(900s), after(1100s);
    struct Row {
        Conditions conditions;
        const char* code;
    };
    for (const auto& [conditions, code] :
         std::initializer_list<Row>{{{.match = "\"abc\""}, ""},
                                    {{.match = "\"x\", \"abc\""}, ""},
                                    {{.match = "*"}, ""},
                                    {{.match = "\"x\""}, "PreconditionFailed"},
                                    {{.none_match = "\"abc\""}, "NotModified"},
                                    {{.none_match = "W/\"abc\""}, "NotModified"},
                                    {{.none_match = "\"x\""}, ""},
                                    {{.modified_since = before}, ""},
                                    {{.modified_since = Time(1000s)}, "NotModified"},
                                    {{.unmodified_since = before}, "PreconditionFailed"},
                                    {{.unmodified_since = Time(1000s)}, ""},
                                    {{.match = "\"abc\"", .unmodified_since = before}, ""},
                                    {{.none_match = "\"abc\"", .modified_since = before}, "NotModified"},
                                    {{.none_match = "\"x\"", .modified_since = after}, ""}}) {
        EXPECT_EQ(code_of([&] { check_conditions(conditions, object); }), code)
            << conditions.match.value_or("-") << " " << conditions.none_match.value_or("-");
    }
}

TEST(Listing, GroupsKeysByTheDelimiterBehindThePrefix) {
    const std::vector<std::string> keys{"a/1", "a/2", "b", "c/x/1", "c/x/2", "c/y", "d"};
    struct Row {
        const char *prefix, *delimiter, *after;
        size_t limit;
        std::vector<std::string> items;
        std::vector<std::string> groups;
        bool full;
    };
    for (const auto& row :
         std::initializer_list<Row>{{"", "", "", 10, {"a/1", "a/2", "b", "c/x/1", "c/x/2", "c/y", "d"}, {}, false},
                                    {"", "/", "", 10, {"b", "d"}, {"a/", "c/"}, false},
                                    {"c/", "/", "", 10, {"c/y"}, {"c/x/"}, false},
                                    {"c", "/", "", 10, {}, {"c/"}, false},
                                    {"", "x", "", 10, {"a/1", "a/2", "b", "c/y", "d"}, {"c/x"}, false},
                                    {"", "/", "", 2, {"b"}, {"a/"}, true},
                                    {"", "/", "b", 2, {"d"}, {"c/"}, false},
                                    {"", "/", "a/", 1, {"b"}, {}, true},
                                    {"", "/", "a/1", 10, {"b", "d"}, {"c/"}, false},
                                    {"", "", "a/1", 1, {"a/2"}, {}, true},
                                    {"", "", "", 0, {}, {}, true}}) {
        Listing listing(row.prefix, row.delimiter, row.after, row.limit);
        std::vector<std::string> items;
        for (const auto& key : keys) {
            if (!key.starts_with(row.prefix) || key < listing.from()) continue;
            const auto verdict = listing.take(key);
            if (verdict == Listing::Verdict::full) break;
            if (verdict == Listing::Verdict::listed) items.push_back(key);
        }
        EXPECT_EQ(items, row.items) << row.prefix << row.delimiter << row.after << row.limit;
        EXPECT_EQ(listing.groups(), row.groups) << row.prefix << row.delimiter << row.after << row.limit;
        EXPECT_EQ(listing.full(), row.full) << row.prefix << row.delimiter << row.after << row.limit;
    }
}

TEST(UrlEncoding, KeepsSlashesAndWritesSpacesAsPlus) {
    EXPECT_EQ(url_encoded("a b/c+d&\xc3\xa9"), "a+b/c%2Bd%26%C3%A9");
    EXPECT_EQ(url_encoded(" a "), "+a+");
}

TEST(Checksums, OfAWholeFollowFromThoseOfItsPieces) {
    const std::string first(7'001, 'a'), second(123'457, 'b');
    for (const auto* algorithm : {"CRC32", "CRC32C", "CRC64NVME"}) {
        const auto sum = [&](const std::string& bytes) {
            Summer summer(algorithm);
            summer.add(bytes);
            return summer.finish();
        };
        EXPECT_EQ(join(algorithm, sum(first), sum(second), second.size()), sum(first + second)) << algorithm;
        EXPECT_EQ(join(algorithm, sum(""), sum(first), first.size()), sum(first)) << algorithm;
        EXPECT_EQ(join(algorithm, sum(first), sum(""), 0), sum(first)) << algorithm;
    }
}

TEST(Checksums, HaveATypeThatTheirAlgorithmAllows) {
    EXPECT_EQ(checksum_type("CRC64NVME", std::nullopt), "FULL_OBJECT");
    EXPECT_EQ(checksum_type("CRC32", std::nullopt), "COMPOSITE");
    EXPECT_EQ(checksum_type("CRC32", "FULL_OBJECT"), "FULL_OBJECT");
    EXPECT_EQ(code_of([] { checksum_type("SHA256", "FULL_OBJECT"); }), "InvalidRequest");
    EXPECT_EQ(code_of([] { checksum_type("CRC64NVME", "COMPOSITE"); }), "InvalidRequest");
}

TEST(Tags, AreChecked) {
    EXPECT_EQ(parse_tags("a=1&b=x%20y"), (std::map<std::string, std::string>{{"a", "1"}, {"b", "x y"}}));
    EXPECT_EQ(code_of([] { parse_tags("a=1&a=2"); }), "InvalidTag");
    EXPECT_EQ(code_of([] { parse_tags("aws:a=1"); }), "InvalidTag");
    EXPECT_EQ(code_of([] { parse_tags("a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1"); }), "BadRequest");
    EXPECT_EQ(code_of([] { checked_tags({{std::string(129, 'k'), ""}}, 50); }), "InvalidTag");
}

TEST(CopySources, NameABucketAndAKey) {
    const auto source = parse_copy_source("/bucket/a%20folder/key%2B1");
    EXPECT_EQ(source.bucket, "bucket");
    EXPECT_EQ(source.key, "a folder/key+1");
    EXPECT_EQ(parse_copy_source("bucket/key?versionId=null").key, "key");
    for (const auto* text : {"bucket", "bucket/", "/", ""}) {
        EXPECT_EQ(code_of([&] { parse_copy_source(text); }), "InvalidArgument") << text;
    }
}

TEST(Policies, ArePublicIfTheyAllowEveryoneWithoutACondition) {
    const auto with = [](std::string_view statement) {
        return is_public(parse_policy(fmt::format(R"({{"Statement":[{}]}})", statement)));
    };
    EXPECT_TRUE(with(R"({"Effect":"Allow","Principal":"*"})"));
    EXPECT_TRUE(with(R"({"Effect":"Allow","Principal":{"AWS":["arn:x","*"]}})"));
    EXPECT_FALSE(with(R"({"Effect":"Deny","Principal":"*"})"));
    EXPECT_FALSE(with(R"({"Effect":"Allow","Principal":{"AWS":"arn:x"}})"));
    EXPECT_FALSE(with(R"({"Effect":"Allow","Principal":"*","Condition":{"Bool":{"a":"b"}}})"));
    EXPECT_EQ(code_of([] { parse_policy("nonsense"); }), "MalformedPolicy");
    EXPECT_EQ(code_of([] { parse_policy("{\"a\":"); }), "MalformedPolicy");
}

TEST(ContentEncoding, ForgetsHowTheBytesCame) {
    EXPECT_EQ(kept_encoding("aws-chunked"), std::nullopt);
    EXPECT_EQ(kept_encoding("gzip, aws-chunked"), "gzip");
    EXPECT_EQ(kept_encoding("aws-chunked,gzip,br"), "gzip,br");
    EXPECT_EQ(kept_encoding(std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace cumulet::s3
