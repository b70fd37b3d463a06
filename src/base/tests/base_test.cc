#include <gtest/gtest.h>

#include "base/arn.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/http.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace cumulet {
namespace {

constexpr Time at(int64_t micros) { return Time{Duration{micros}}; }

TEST(Time, PrintsEachForm) {
    const Time whole = at(1'795'395'300'000'000);
    EXPECT_EQ(format_iso8601(whole), "2026-11-23T00:55:00Z");
    EXPECT_EQ(format_iso8601(whole + 123ms), "2026-11-23T00:55:00.123Z");
    EXPECT_EQ(format_iso8601_millis(whole), "2026-11-23T00:55:00.000Z");
    EXPECT_EQ(format_http_date(whole), "Mon, 23 Nov 2026 00:55:00 GMT");
    EXPECT_EQ(format_basic(whole), "20261123T005500Z");
    EXPECT_EQ(format_iso8601(at(-1'000'000)), "1969-12-31T23:59:59Z");
}

TEST(Time, ReadsIso8601AndRefusesWhatIsNot) {
    struct Row {
        std::string_view text;
        std::optional<int64_t> micros;
    };
    for (const Row& row : {Row{"1970-01-01T00:00:01Z", 1'000'000}, Row{"1970-01-01T00:00:01.5Z", 1'500'000},
                           Row{"1970-01-01T01:00:00+01:00", 0}, Row{"1969-12-31T23:00:00-0100", 0},
                           Row{"1970-01-01T00:00:00.1234567Z", 123'456}, Row{"1970-13-01T00:00:00Z", std::nullopt},
                           Row{"1970-02-30T00:00:00Z", std::nullopt}, Row{"1970-01-01", std::nullopt},
                           Row{"1970-01-01T00:00:00", std::nullopt}, Row{"1970-01-01T00:00:00Zx", std::nullopt},
                           Row{"", std::nullopt}, Row{"1970-01-01T25:00:00Z", std::nullopt}}) {
        const auto time = parse_iso8601(row.text);
        EXPECT_EQ(time.has_value(), row.micros.has_value()) << row.text;
        if (time && row.micros) EXPECT_EQ(*time, at(*row.micros)) << row.text;
    }
}

TEST(Time, ReadsTheOtherForms) {
    EXPECT_EQ(parse_http_date("Mon, 23 Nov 2026 00:55:00 GMT"), at(1'795'395'300'000'000));
    EXPECT_EQ(parse_http_date("Mon, 23 Nov 2026 00:55:00.123 GMT"), at(1'795'395'300'123'000));
    EXPECT_EQ(parse_http_date("Mon, 23 Now 2026 00:55:00 GMT"), std::nullopt);
    EXPECT_EQ(parse_basic("20261123T005500Z"), at(1'795'395'300'000'000));
    EXPECT_EQ(parse_basic("20261123T005500"), std::nullopt);
    EXPECT_EQ(epoch_seconds(at(1'500'000)), 1.5);
    EXPECT_EQ(from_epoch_seconds(1.5), at(1'500'000));
    EXPECT_EQ(epoch_millis(at(-1)), -1);
}

TEST(Time, ReadsDurations) {
    struct Row {
        std::string_view text;
        std::optional<Duration> value;
    };
    for (const Row& row : {Row{"PT1H30M", 90min}, Row{"P1D", 24h}, Row{"P1DT1S", 24h + 1s}, Row{"PT0.5S", 500ms},
                           Row{"P2W", 336h}, Row{"P", std::nullopt}, Row{"PT", std::nullopt}, Row{"P1DT", std::nullopt},
                           Row{"PT1D", std::nullopt}, Row{"P1H", std::nullopt}, Row{"PT1M1H", std::nullopt},
                           Row{"1H", std::nullopt}, Row{"PT999999999999999H", std::nullopt}}) {
        EXPECT_EQ(parse_duration(row.text), row.value) << row.text;
    }
}

TEST(Arn, SplitsIntoSixPartsAndPrintsThemAgain) {
    const auto arn = Arn::parse("arn:aws:lambda:eu-west-1:123456789012:function:orders:live");
    ASSERT_TRUE(arn);
    EXPECT_EQ(arn->service, "lambda");
    EXPECT_EQ(arn->region, "eu-west-1");
    EXPECT_EQ(arn->account, "123456789012");
    EXPECT_EQ(arn->resource, "function:orders:live");
    EXPECT_EQ(arn->text(), "arn:aws:lambda:eu-west-1:123456789012:function:orders:live");
    EXPECT_EQ(Arn::parse("arn:aws:s3:::bucket/key")->resource, "bucket/key");
    EXPECT_FALSE(Arn::parse("arn:aws:s3"));
    EXPECT_FALSE(Arn::parse("bucket"));
}

TEST(Bytes, Base64AndHexGoThereAndBack) {
    for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
             {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
    }
    for (const auto* text : {"Zg", "Zg=", "Zg==\n", "Z===", "====", "Zm 8=", "Zm-8"})
        EXPECT_FALSE(from_base64(text)) << text;
    EXPECT_EQ(to_hex(std::string("\x00\xff\x10", 3)), "00ff10");
    EXPECT_EQ(from_hex("00fF10"), std::string("\x00\xff\x10", 3));
    EXPECT_FALSE(from_hex("0"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(Bytes, PercentEncodingFollowsRfc3986) {
    EXPECT_EQ(percent_encode("a b/c~é"), "a%20b%2Fc~%C3%A9");
    EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
    EXPECT_EQ(percent_decode("a%20b%2fc+d"), "a b/c+d");
    EXPECT_EQ(percent_decode("a+b%", true), "a b%");
    EXPECT_EQ(percent_decode("%zz%4"), "%zz%4");
    EXPECT_EQ(percent_decode("%41"), "A");
}

TEST(Bytes, KnowsUtf8) {
    for (const auto* good : {"", "plain ASCII of some length", "é", "漢字", "😀", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(valid_utf8(good));
    for (const auto* bad : {"\x80", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE6\xBC", "12345678\xFF"}) {
        EXPECT_FALSE(valid_utf8(bad));
    }
    EXPECT_EQ(utf8_length("é漢😀"), 3u);
    EXPECT_EQ(utf16_length("é漢😀"), 4u);
}

TEST(Bytes, ComparesAsAsked) {
    EXPECT_TRUE(equal_ignoring_case("Content-Type", "content-type"));
    EXPECT_FALSE(equal_ignoring_case("a", "ab"));
    EXPECT_EQ(to_lower("AbC-1"), "abc-1");
    EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secre"));
}

TEST(Hash, DigestsMatchTheirSpecifications) {
    EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, cases 1 and 6 (a key longer than the block)
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    Hasher hasher(Hasher::Algorithm::sha256);
    hasher.add("a");
    hasher.add("bc");
    EXPECT_EQ(hasher.finish(), sha256("abc"));
}

TEST(Hash, ChecksumsMatchTheirCheckValuesWholeAndInPieces) {
    constexpr std::string_view text = "123456789";
    EXPECT_EQ(crc32(text), 0xCBF43926u);
    EXPECT_EQ(crc32c(text), 0xE3069283u);
    EXPECT_EQ(crc64nvme(text), 0xAE8B14860A799888u);
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += char(i * 7);
    uint32_t ieee = 0, castagnoli = 0;
    uint64_t nvme = 0;
    for (const char c : bytes) {
        ieee = crc32({&c, 1}, ieee);
        castagnoli = crc32c({&c, 1}, castagnoli);
        nvme = crc64nvme({&c, 1}, nvme);
    }
    EXPECT_EQ(crc32(bytes), ieee);
    EXPECT_EQ(crc32c(bytes), castagnoli);
    EXPECT_EQ(crc64nvme(bytes), nvme);
    for (const size_t cut : {0, 1, 7, 8, 500, 999}) {
        const std::string_view whole = bytes;
        EXPECT_EQ(crc32(whole.substr(cut), crc32(whole.substr(0, cut))), crc32(whole));
        EXPECT_EQ(crc32c(whole.substr(cut), crc32c(whole.substr(0, cut))), crc32c(whole));
        EXPECT_EQ(crc64nvme(whole.substr(cut), crc64nvme(whole.substr(0, cut))), crc64nvme(whole));
    }
    EXPECT_EQ(big_endian(uint32_t{0x01020304}), "\x01\x02\x03\x04");
}

TEST(Hash, TableHashSpreadsShortKeysOverAllBits) {
    std::set<uint64_t> seen, low, high;
    for (int i = 0; i < 10'000; ++i) {
        const auto hash = hash64("key" + std::to_string(i));
        seen.insert(hash);
        low.insert(hash & 0xFFFF);
        high.insert(hash >> 48);
    }
    EXPECT_EQ(seen.size(), 10'000u);
    EXPECT_GT(low.size(), 9'000u);  // 10,000 balls in 65,536 bins fill about 9,300
    EXPECT_GT(high.size(), 9'000u);
    EXPECT_NE(hash64("a", 1), hash64("a", 2));
    EXPECT_NE(hash64(std::string(17, 'a')), hash64(std::string(18, 'a')));
}

TEST(Http, HeadersIgnoreCaseAndKeepTheirOrder) {
    http::Headers headers{{"Host", "a"}, {"X-Tag", "1"}, {"x-tag", "2"}};
    EXPECT_EQ(headers.get("HOST"), "a");
    EXPECT_EQ(headers.get("missing"), "");
    EXPECT_EQ(headers.all("X-TAG"), (std::vector<std::string_view>{"1", "2"}));
    headers.set("X-tag", "3");
    EXPECT_EQ(headers.all("x-tag"), (std::vector<std::string_view>{"3"}));
    headers.erase("host");
    EXPECT_FALSE(headers.has("host"));
    EXPECT_EQ(headers.size(), 1u);
}

TEST(Http, SplitsTargetsAndQueries) {
    http::Request request;
    request.set_target("/a%20b?x=1&y&z=a+b%26&=&");
    EXPECT_EQ(request.path, "/a%20b");
    const auto parameters = http::parse_query(request.query);
    ASSERT_EQ(parameters.size(), 4u);
    EXPECT_EQ(parameters[1].name, "y");
    EXPECT_EQ(parameters[1].value, "");
    EXPECT_EQ(parameters[2].value, "a b&");
    EXPECT_EQ(http::reason(404), "Not Found");
    EXPECT_EQ(http::reason(599), "");
}

TEST(Text, IsTrimmedOfBlanksAndRaised) {
    EXPECT_EQ(trimmed(" \ta b\t "), "a b");
    EXPECT_EQ(trimmed("\na "), "\na");
    EXPECT_EQ(trimmed("\na ", " \n"), "a");
    EXPECT_EQ(trimmed(" \t"), "");
    EXPECT_EQ(trimmed(""), "");
    EXPECT_EQ(to_upper("aZ-1\xc3\xa9"), "AZ-1\xc3\xa9");
}

TEST(Json, BoundsDepthAndReadsMembers) {
    EXPECT_TRUE(parse_json(R"({"a":[1,2]})"));
    EXPECT_FALSE(parse_json("{"));
    EXPECT_FALSE(parse_json("[[[]]]", 2));
    const auto value = *parse_json(R"({"a":"x","b":1})");
    EXPECT_EQ(string_or(value.as_object(), "a"), "x");
    EXPECT_EQ(string_or(value.as_object(), "b", "none"), "none");
    EXPECT_NE(find(value, "b"), nullptr);
    EXPECT_EQ(find(value, "c"), nullptr);
    std::string out;
    append_json_string(out, std::string("a\"\\\n\x01é\x7f", 8));
    EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001é\x7f\"");
}

}  // namespace
}  // namespace cumulet
