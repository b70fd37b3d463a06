#include <gtest/gtest.h>

#include "services/dynamodb/transfer/compression.h"
#include "services/dynamodb/transfer/ion.h"
#include "services/dynamodb/transfer/items.h"

namespace cumulet::dynamodb {
namespace {

const std::string every_type =
    R"({"b":{"B":"AAEC"},"bs":{"BS":["AQ==","Ag=="]},"f":{"BOOL":false},"l":{"L":[{"S":"x"},{"N":"1"}]},)"
    R"("m":{"M":{"inner name":{"S":"y"}}},"n":{"N":"-12.5"},"ns":{"NS":["1","20"]},"null":{"NULL":true},)"
    R"("s":{"S":"a \"quote\" and é\n"},"ss":{"SS":["p","q"]}})";

AttributeMap item(std::string_view text) { return AttributeMap::from_json(text); }

std::vector<ImportedItem> read(ItemReader::Options options, std::string_view text, size_t piece = 7) {
    ItemReader reader(std::move(options));
    std::vector<ImportedItem> items;
    const auto take = [&](bool complete) {
        while (auto next = reader.next(complete)) items.push_back(std::move(*next));
    };
    for (size_t at = 0; at < text.size(); at += piece) {
        reader.add(text.substr(at, piece));
        take(false);
    }
    take(true);
    return items;
}

TEST(Ion, IsWrittenAsDynamoDBWritesIt) {
    std::string text;
    append_exported(text, "ION", item(every_type));
    EXPECT_EQ(
        text,
        "$ion_1_0 {Item:{b:{{AAEC}},bs:$dynamodb_BS::[{{AQ==}},{{Ag==}}],f:false,l:[\"x\",1.],m:{'inner name':\"y\"},"
        "n:-12.5,ns:$dynamodb_NS::[1.,20.],'null':null,s:\"a \\\"quote\\\" and é\\n\",ss:$dynamodb_SS::[\"p\",\"q\"]}}"
        "\n");
    const auto items = read({.format = "ION"}, text);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].error, "");
    EXPECT_EQ(items[0].item.json(), every_type);
}

TEST(Ion, IsReadInAllItsNotations) {
    const auto items = read({.format = "ION"}, R"($ion_1_0
// a comment
{ Item : { 'a b' : '''long ''' '''string''', /* another */ n: 1d3, m: 12_000, e: -1.5e2, s: symbol::"\u00e9\x41",
           blob: {{ AAE
             C }} } }
{Item:{a:null.string, t:true}}
)");
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].error, "");
    EXPECT_EQ(items[0].item.json(),
              R"({"a b":{"S":"long string"},"blob":{"B":"AAEC"},"e":{"N":"-150"},"m":{"N":"12000"},"n":{"N":"1000"},)"
              R"("s":{"S":"éA"}})");
    EXPECT_EQ(items[1].item.json(), R"({"a":{"NULL":true},"t":{"BOOL":true}})");
}

TEST(Ion, RefusesWhatDynamoDBDoesNotKnow) {
    for (const std::string_view text :
         {"{a:2020-01-01T}", "{a:{{\"clob\"}}}", "{a:$dynamodb_XX::[1]}", "{a:(s expression)}", "{a:\"open}", "{a:1",
          "{a:$dynamodb_SS::[]}", "{a:1,a:2}", "{a:word}"}) {
        auto rest = text;
        EXPECT_THROW((void)read_ion(rest), BadIon) << text;
    }
    const std::string deep(40, '[');
    std::string_view rest(deep);
    EXPECT_THROW((void)read_ion(rest), BadIon);
}

TEST(DynamoDBJson, IsALinePerItem) {
    std::string text;
    append_exported(text, "DYNAMODB_JSON", item(every_type));
    EXPECT_EQ(text, "{\"Item\":" + every_type + "}\n");
    const auto items =
        read({.format = "DYNAMODB_JSON"}, text + "\n{\"Item\":{\"pk\":{\"S\":\"a\"}}}\r\n" + R"({"Other":1})" + "\n" +
                                              R"({"Item":{"pk":{"X":1}}})" + "\n" + "{\"Item\":{");
    ASSERT_EQ(items.size(), 5u);
    EXPECT_EQ(items[0].item.json(), every_type);
    EXPECT_EQ(items[1].item.json(), R"({"pk":{"S":"a"}})");
    EXPECT_FALSE(items[2].error.empty() || items[2].hopeless);
    EXPECT_FALSE(items[3].error.empty() || items[3].hopeless);
    EXPECT_TRUE(items[4].hopeless);
}

TEST(Csv, HasStringsExceptForKeys) {
    const ItemReader::Options options{
        .format = "CSV", .delimiter = ';', .key_types = {{"id", AttributeType::N}, {"raw", AttributeType::B}}};
    const auto items = read(options,
                            "id;name;note;raw\r\n"
                            "1;\"semi;colon\";\"a \"\"quoted\"\" word\nin two lines\";AAEC\n"
                            "2;;x\n"
                            "three;;x\n"
                            "4;a;b;AA==;e\n");
    ASSERT_EQ(items.size(), 4u);
    EXPECT_EQ(items[0].item.json(),
              R"({"id":{"N":"1"},"name":{"S":"semi;colon"},"note":{"S":"a \"quoted\" word\nin two lines"},)"
              R"("raw":{"B":"AAEC"}})");
    EXPECT_EQ(items[1].item.json(), R"({"id":{"N":"2"},"name":{"S":""},"note":{"S":"x"}})");
    EXPECT_FALSE(items[2].error.empty());
    EXPECT_FALSE(items[3].error.empty());
    const auto headed = read({.format = "CSV", .header = {"a", "b"}}, "1,2\n");
    ASSERT_EQ(headed.size(), 1u);
    EXPECT_EQ(headed[0].item.json(), R"({"a":{"S":"1"},"b":{"S":"2"}})");
}

TEST(Changes, HaveKeysAndImages) {
    const ExportedChange change{.written = Time(1'680'109'764s),
                                .key = item(R"({"pk":{"S":"a"}})"),
                                .before = item(R"({"pk":{"S":"a"},"n":{"N":"1"}})")};
    std::string text;
    append_exported(text, "DYNAMODB_JSON", change);
    EXPECT_EQ(text, R"({"Metadata":{"WriteTimestampMicros":{"N":"1680109764000000"}},"Keys":{"pk":{"S":"a"}},)"
                    R"("OldImage":{"n":{"N":"1"},"pk":{"S":"a"}}})"
                    "\n");
    text.clear();
    append_exported(text, "ION", change);
    EXPECT_EQ(text,
              "$ion_1_0 {Record:{Metadata:{WriteTimestampMicros:1680109764000000.},Keys:{pk:\"a\"},"
              "OldImage:{n:1.,pk:\"a\"}}}\n");
}

TEST(Compression, ComesBackWhateverThePieces) {
    std::string text;
    for (int number = 0; number < 40'000; ++number) text += fmt::format("line {}\n", number);
    Gzip gzip;
    gzip.add(std::string_view(text).substr(0, 1000));
    gzip.add(std::string_view(text).substr(1000));
    const auto packed = gzip.finish();
    EXPECT_LT(packed.size(), text.size() / 2);
    for (const size_t piece : {size_t{1}, size_t{100}, packed.size()}) {
        const auto opened = decompressor("GZIP");
        std::string back;
        for (size_t at = 0; at < packed.size(); at += piece) {
            back += opened->add(std::string_view(packed).substr(at, piece));
        }
        opened->finish();
        EXPECT_EQ(back, text);
    }
    const auto twice = decompressor("GZIP");
    EXPECT_EQ(twice->add(packed + packed), text + text);
    const auto cut = decompressor("GZIP");
    cut->add(std::string_view(packed).substr(0, packed.size() / 2));
    EXPECT_THROW(cut->finish(), BadArchive);
    EXPECT_THROW(decompressor("GZIP")->add("no archive at all"), BadArchive);
    EXPECT_THROW(decompressor("ZSTD")->add("no archive at all"), BadArchive);
    // A ZSTD frame of "hello" in one raw block.
    const auto zstd = decompressor("ZSTD");
    EXPECT_EQ(zstd->add(std::string_view("\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00hello", 14)), "hello");
    zstd->finish();
}

}  // namespace
}  // namespace cumulet::dynamodb
