#include "main/packaging.h"

#include <gtest/gtest.h>
#include <zip.h>

#include <fstream>

#include "main/zip.h"

namespace cumulet {
namespace {

namespace fs = std::filesystem;

class PackagingTest : public testing::Test {
  protected:
    PackagingTest() {
        auto pattern = (fs::temp_directory_path() / "cumulet-packaging-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    ~PackagingTest() override { fs::remove_all(folder_); }

    void write(const fs::path& file, std::string_view text) {
        fs::create_directories((folder_ / file).parent_path());
        std::ofstream(folder_ / file) << text;
    }
    /// "resource.property=path" of each artifact that the resources of `text` name.
    std::vector<std::string> artifacts(std::string_view text) {
        document_ = parse_json(text)->as_object();
        std::vector<std::string> found;
        for (const auto& artifact : find_artifacts(document_, folder_)) {
            found.push_back(fmt::format("{}.{}={}", artifact.resource, artifact.property,
                                        artifact.path.lexically_relative(folder_).generic_string()));
        }
        return found;
    }

    fs::path folder_;
    json::object document_;
};

using Strings = std::vector<std::string>;

TEST_F(PackagingTest, FindsPathsOfLocalCode) {
    write("src/a.js", "a");
    EXPECT_EQ(artifacts(R"({"Resources": {
        "A": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "src"}},
        "B": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "src/a.js"}},
        "C": {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "./src"}}}})"),
              (Strings{"A.CodeUri=src", "B.Code=src/a.js", "C.ContentUri=src"}));
}

TEST_F(PackagingTest, LeavesAloneWhatIsNoLocalPath) {
    EXPECT_EQ(artifacts(R"({"Resources": {
        "A": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "s3://bucket/key"}},
        "B": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"ZipFile": "exports.handler = 1"}}},
        "C": {"Type": "AWS::Serverless::Function", "Properties": {"InlineCode": "x"}},
        "D": {"Type": "AWS::Serverless::Function", "Properties": {"PackageType": "Image", "ImageUri": "x"}},
        "E": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://bucket.s3.amazonaws.com/t"}},
        "F": {"Type": "AWS::SQS::Queue"}}})"),
              Strings{});
}

TEST_F(PackagingTest, GivesFunctionsWithoutCodeTheTemplatesFolder) {
    EXPECT_EQ(artifacts(R"({"Resources": {"A": {"Type": "AWS::Serverless::Function"}}})"), Strings{"A.CodeUri=."});
}

TEST_F(PackagingTest, PackagesTheCodeOfGlobalsOnce) {
    write("src/a.js", "a");
    EXPECT_EQ(artifacts(R"({"Globals": {"Function": {"CodeUri": "src"}},
                            "Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {}}}})"),
              Strings{"Globals.CodeUri=src"});
}

TEST_F(PackagingTest, NamesThePathThatIsNotThere) {
    try {
        artifacts(R"({"Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "lost"}}}})");
        FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  fmt::format("A: CodeUri names {}, which does not exist", (folder_ / "lost").string()));
    }
}

TEST_F(PackagingTest, WritesReferencesAsEachPropertyWantsThem) {
    const auto text = [](Reference form) { return json::serialize(reference_to(form, "b", "k.zip", "http://h:1")); };
    EXPECT_EQ(text(Reference::uri), R"("s3://b/k.zip")");
    EXPECT_EQ(text(Reference::s3_bucket_and_key), R"({"S3Bucket":"b","S3Key":"k.zip"})");
    EXPECT_EQ(text(Reference::bucket_and_key), R"({"Bucket":"b","Key":"k.zip"})");
    EXPECT_EQ(text(Reference::url), R"("http://h:1/b/k.zip")");
}

TEST_F(PackagingTest, ArchivesDependOnContentAlone) {
    write("one/b/run", "#!/bin/sh");
    write("one/a", "text");
    fs::permissions(folder_ / "one/b/run", fs::perms::owner_all);
    write("two/a", "text");
    write("two/b/run", "#!/bin/sh");
    write("two/__pycache__/a.pyc", "left out");
    write("two/.git/config", "left out");
    fs::permissions(folder_ / "two/b/run", fs::perms::owner_all);
    fs::last_write_time(folder_ / "two/a", fs::file_time_type::clock::now() - std::chrono::hours(1000));
    EXPECT_EQ(zip_of(folder_ / "one"), zip_of(folder_ / "two"));

    write("two/a", "other");
    EXPECT_NE(zip_of(folder_ / "one"), zip_of(folder_ / "two"));
}

TEST_F(PackagingTest, ArchivesKeepNamesContentAndPermissions) {
    write("code/lib/tool", "run me");
    fs::permissions(folder_ / "code/lib/tool", fs::perms::owner_all);
    const auto bytes = zip_of(folder_ / "code");

    auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, nullptr);
    auto* archive = zip_open_from_source(source, ZIP_RDONLY, nullptr);
    ASSERT_NE(archive, nullptr);
    EXPECT_EQ(zip_get_num_entries(archive, 0), 1);
    EXPECT_STREQ(zip_get_name(archive, 0, 0), "lib/tool");
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    zip_file_get_external_attributes(archive, 0, 0, &system, &attributes);
    EXPECT_EQ(attributes >> 16, 0100755u);
    std::string content(6, '\0');
    auto* file = zip_fopen_index(archive, 0, 0);
    EXPECT_EQ(zip_fread(file, content.data(), content.size()), 6);
    EXPECT_EQ(content, "run me");
    zip_fclose(file);
    zip_discard(archive);
}

TEST_F(PackagingTest, RefusesFoldersWithoutFiles) {
    fs::create_directories(folder_ / "empty");
    EXPECT_THROW(zip_of(folder_ / "empty"), std::runtime_error);
}

}  // namespace
}  // namespace cumulet
