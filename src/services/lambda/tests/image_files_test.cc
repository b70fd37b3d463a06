// What makes an image's file system of what an engine says and writes: names, descriptions, archives, folders,
// programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "services/lambda/images/folders.h"
#include "services/lambda/tests/support/images.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string digest = "sha256:" + std::string(64, 'a');

TEST(ImageReferences, AreTakenApart) {
    struct Row {
        std::string uri, repository, tag, digest;
    };
    const std::vector<Row> rows{
        {"name", "name", "", ""},
        {"name:tag", "name", "tag", ""},
        {"localhost:5000/team/name", "localhost:5000/team/name", "", ""},
        {"localhost:5000/name:1.0_x-y", "localhost:5000/name", "1.0_x-y", ""},
        {"000000000000.dkr.ecr.us-east-1.amazonaws.com/a/b:c", "000000000000.dkr.ecr.us-east-1.amazonaws.com/a/b", "c",
         ""},
        {"name@" + digest, "name", "", digest},
        {"host/name:tag@" + digest, "host/name", "tag", digest},
    };
    for (const auto& row : rows) {
        const auto reference = parse_image_reference(row.uri);
        ASSERT_TRUE(reference) << row.uri;
        EXPECT_EQ(reference->repository, row.repository);
        EXPECT_EQ(reference->tag, row.tag);
        EXPECT_EQ(reference->digest, row.digest);
    }
}

TEST(ImageReferences, AreNothingThatAnEngineTakesForAnOption) {
    for (const std::string uri : {"", "-x", "--privileged", "a b", "a\nb", "/a", "a/", "a//b", "a:", ":tag", "a:b:c",
                                  "a@sha256:short", "a@", "host:5000/-a", "../a", "a;b", "$(a)", "a:-tag"})
        EXPECT_FALSE(parse_image_reference(uri)) << uri;
    EXPECT_FALSE(parse_image_reference(std::string(2000, 'a')));
    EXPECT_FALSE(parse_image_reference("a:" + std::string(129, 'a')));
}

TEST(ImageDescriptions, OfBothEnginesAreUnderstood) {
    const std::string docker =
        R"([{"Id":"sha256:)" + std::string(64, 'b') + R"(","RepoTags":["shell:1"],"RepoDigests":["other@sha256:)" +
        std::string(64, 'c') + R"(","shell@)" + digest +
        R"("],"Os":"linux","Size":12,"Config":{"Env":["A=1"],"Entrypoint":["/e","f"],"Cmd":null,"WorkingDir":""}}])";
    const auto first = parse_inspection("shell:1", docker);
    ASSERT_TRUE(first) << first.error();
    EXPECT_EQ(first->id, "sha256:" + std::string(64, 'b'));
    EXPECT_EQ(first->resolved_uri(), "shell@" + digest);
    EXPECT_THAT(first->entry_point, ElementsAre("/e", "f"));
    EXPECT_TRUE(first->command.empty());
    EXPECT_THAT(first->environment, ElementsAre("A=1"));
    EXPECT_EQ(first->size_bytes, 12U);
    EXPECT_EQ(image_from_json(parse_json(json::serialize(to_json(*first))).value()), *first);

    const std::string podman = R"([{"Id":")" + std::string(64, 'b') + R"(","Config":{"Cmd":["c"]}}])";
    const auto second = parse_inspection("localhost/shell:1", podman);
    ASSERT_TRUE(second) << second.error();
    EXPECT_EQ(second->id, std::string(64, 'b'));
    EXPECT_EQ(second->resolved_uri(), "localhost/shell@sha256:" + std::string(64, 'b')) << "it was never in a registry";
}

TEST(ImageDescriptions, ThatAreNoneSaySo) {
    const auto error = [](std::string_view text) {
        const auto image = parse_inspection("a", text);
        return image ? "none" : image.error();
    };
    for (const auto* text : {"", "[]", "{}", "[1]", "no JSON"})
        EXPECT_EQ(error(text), "the container engine described no image");
    EXPECT_EQ(error(R"([{"Id":"--all"}])"), "the container engine named no image by its digest");
    EXPECT_EQ(error(R"([{"Id":")" + digest + R"(","Os":"windows"}])"), "it is an image for windows");
    EXPECT_THAT(error(R"([{"Id":")" + digest + R"(","Config":{"Env":[")" + std::string(70'000, 'x') + R"("]}}])"),
                HasSubstr("configuration has more than"));
}

// ---- Archives ----

/// A member of a ustar archive.
struct Member {
    std::string path;
    char type = '0';
    std::string content;
    std::string link;
    unsigned mode = 0644;
    std::string size;  // in octal digits, if not the content's
};

std::string archive_of(const std::vector<Member>& members) {
    std::string archive;
    for (const auto& member : members) {
        std::string block(512, '\0');
        const auto put = [&](size_t at, std::string_view text) { block.replace(at, text.size(), text); };
        put(0, member.path);
        put(100, fmt::format("{:07o}", member.mode));
        put(124, member.size.empty() ? fmt::format("{:011o}", member.content.size()) : member.size);
        put(136, fmt::format("{:011o}", 1'000'000'000));
        put(156, std::string(1, member.type));
        put(157, member.link);
        put(257, std::string_view("ustar\00000", 8));
        put(148, "        ");
        unsigned sum = 0;
        for (const unsigned char byte : block) sum += byte;
        put(148, fmt::format("{:06o}", sum));
        block[154] = '\0';
        archive += block + member.content;
        archive.resize((archive.size() + 511) / 512 * 512);
    }
    return archive + std::string(1024, '\0');
}

class Archives : public ::testing::Test {
  protected:
    /// "" or why not.
    std::string unpack(const std::string& archive, const TarBounds& bounds = {}) {
        size_t at = 0;
        const ReadBytes read = [&](std::span<char> into) {
            const auto count = std::min({into.size(), archive.size() - at, size_t{700}});  // never a whole block
            std::memcpy(into.data(), archive.data() + at, count);
            at += count;
            return count;
        };
        try {
            unpack_tar(read, folder.path(), bounds);
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
    std::string text(const std::string& name) const {
        std::ifstream file(folder.path() / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    Folder folder;
};

TEST_F(Archives, BecomeFilesFoldersAndLinks) {
    EXPECT_EQ(unpack(archive_of({{.path = "./", .type = '5'},
                                 {.path = "bin/", .type = '5', .mode = 0},
                                 {.path = "bin/tool", .content = "#!", .mode = 04755},
                                 {.path = "bin/also", .type = '1', .link = "bin/tool", .size = "00000000002"},
                                 {.path = "sbin", .type = '2', .link = "/bin"},
                                 {.path = "etc/deep/file", .content = std::string(1500, 'x'), .mode = 0600},
                                 {.path = "dev/null", .type = '3'},
                                 {.path = "run/pipe", .type = '6'}})),
              "");
    EXPECT_EQ(text("bin/also"), "#!");
    EXPECT_EQ(fs::hard_link_count(folder.path() / "bin/tool"), 2U);
    EXPECT_EQ(fs::status(folder.path() / "bin/tool").permissions(), fs::perms(0555)) << "and no other user's";
    EXPECT_EQ(fs::read_symlink(folder.path() / "sbin"), "/bin");
    EXPECT_EQ(text("etc/deep/file"), std::string(1500, 'x'));
    EXPECT_EQ(fs::status(folder.path() / "etc/deep/file").permissions(), fs::perms(0444));
    EXPECT_FALSE(fs::exists(folder.path() / "dev/null"));
    EXPECT_FALSE(fs::exists(folder.path() / "run/pipe"));
    struct stat tool;
    ASSERT_EQ(::stat((folder.path() / "bin/tool").c_str(), &tool), 0);
    EXPECT_EQ(tool.st_mtim.tv_sec, 1'000'000'000);
}

TEST_F(Archives, HaveLongNamesInTheFormsOfPaxAndGnu) {
    const std::string name = std::string(120, 'n') + "/" + std::string(120, 'm');
    const auto record = fmt::format("250 path={}\n", name);
    ASSERT_EQ(record.size(), 251U);
    EXPECT_EQ(unpack(archive_of({{.path = "x", .type = 'x', .content = fmt::format("251 path={}\n", name)},
                                 {.path = "short", .content = "pax"}})),
              "");
    EXPECT_EQ(text(name), "pax");
    EXPECT_EQ(unpack(archive_of({{.path = "././@LongLink", .type = 'L', .content = name + std::string(1, '\0')},
                                 {.path = "short", .content = "gnu"}})),
              "");
    EXPECT_EQ(text(name), "gnu");
    EXPECT_THAT(unpack(archive_of({{.path = "x", .type = 'x', .content = record}, {.path = "a"}})),
                HasSubstr("malformed extension"));
}

TEST_F(Archives, WriteNothingOutsideTheirFolder) {
    const Folder outside;
    outside.write("kept", "as it was");
    const auto target = outside.path().string();
    EXPECT_THAT(unpack(archive_of({{.path = "../out", .content = "x"}})), HasSubstr("leaves it"));
    EXPECT_THAT(unpack(archive_of({{.path = "a/../../out", .content = "x"}})), HasSubstr("leaves it"));
    EXPECT_THAT(unpack(archive_of({{.path = "out", .type = '2', .link = target}, {.path = "out/new", .content = "x"}})),
                HasSubstr("below what is no folder"));
    EXPECT_THAT(unpack(archive_of({{.path = "l", .type = '1', .link = "../../etc/passwd"}})), HasSubstr("leaves it"));
    EXPECT_THAT(unpack(archive_of(
                    {{.path = "out2", .type = '2', .link = target}, {.path = "l", .type = '1', .link = "out2/kept"}})),
                HasSubstr("below what is no folder"));
    // A link is replaced, never written through.
    EXPECT_EQ(
        unpack(archive_of({{.path = "k", .type = '2', .link = target + "/kept"}, {.path = "k", .content = "new"}})),
        "");
    EXPECT_EQ(text("k"), "new");
    std::ifstream kept(outside.path() / "kept");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), "as it was");
    EXPECT_EQ(std::distance(fs::directory_iterator(outside.path()), fs::directory_iterator()), 1);
    // An absolute path is one below the folder.
    EXPECT_EQ(unpack(archive_of({{.path = "/abs", .content = "inside"}})), "");
    EXPECT_EQ(text("abs"), "inside");
}

TEST_F(Archives, AreBounded) {
    const auto large = archive_of({{.path = "a", .content = std::string(5000, 'x')}});
    EXPECT_THAT(unpack(large, {.bytes = 4999}), HasSubstr("too large"));
    EXPECT_EQ(unpack(large, {.bytes = 5000}), "");
    EXPECT_THAT(unpack(archive_of({{.path = "a"}, {.path = "b"}}), {.entries = 1}), HasSubstr("too many files"));
    std::string deep;
    for (int i = 0; i < 49; ++i) deep += "d/";
    EXPECT_EQ(unpack(archive_of({{.path = deep, .type = '5'}})), "");
    std::string deeper = "d";
    for (int i = 0; i < 300; ++i) deeper += "/d";
    EXPECT_THAT(unpack(archive_of({{.path = "x", .type = 'L', .content = deeper}, {.path = "s", .type = '5'}})),
                HasSubstr("too deep"));
    EXPECT_THAT(unpack(archive_of({{.path = "x", .type = 'L', .size = "77777777777"}})), HasSubstr("too large"));
}

TEST_F(Archives, ThatAreDamagedAreRefused) {
    auto archive = archive_of({{.path = "a", .content = std::string(5000, 'x')}});
    EXPECT_THAT(unpack(archive.substr(0, 300)), HasSubstr("ends too early"));
    EXPECT_THAT(unpack(archive.substr(0, 3000)), HasSubstr("ends too early"));
    archive[3] ^= 1;
    EXPECT_THAT(unpack(archive), HasSubstr("damaged"));
    EXPECT_THAT(unpack(archive_of({{.path = "a", .type = '5'}, {.path = "a", .content = "x"}})),
                HasSubstr("one path twice"));
}

// ---- Folders ----

TEST(ImageRoots, HaveRealPlacesForWhatIsMountedOverThem) {
    const Folder root;
    const Folder outside;
    fs::create_symlink(outside.path(), root.path() / "tmp");
    root.write("proc", "a file");
    root.write("etc/passwd", "root");
    fs::create_symlink(outside.path() / "resolv.conf", root.path() / "etc/resolv.conf");
    prepare_image_root(root.path());
    for (const auto* name : {"proc", "dev", "tmp", "etc"})
        EXPECT_TRUE(fs::is_directory(fs::symlink_status(root.path() / name))) << name;
    for (const auto* name : {"etc/resolv.conf", "etc/hosts", "etc/passwd"})
        EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(root.path() / name))) << name;
    EXPECT_TRUE(fs::is_empty(outside.path()));
}

class KeptImages : public ::testing::Test {
  protected:
    KeptImages() { root.write("file", std::string(1000, 'x')); }

    Image image(const std::string& name) {
        engine.add(name, root.path(), {});
        return source.find(name);
    }
    std::shared_ptr<const ImageFolder> unpack(ImageFolders& folders, const Image& image) {
        return reactor.block_on(folders.unpacked(image));
    }

    Clock clock{Time(std::chrono::seconds(1'700'000'000))};
    Reactor reactor{clock, Random(1)};
    BlockingPool threads{1};
    Folder root;
    Folder folder;
    ScriptedEngine engine;
    ContainerEngine source{engine.program()};
};

TEST_F(KeptImages, AreUnpackedOnceAndGoWhenOthersNeedTheRoom) {
    ImageFolders folders(source, threads, folder.path() / "images", {.images = 2});
    const auto a = image("a:1");
    const auto b = image("b:1");
    const auto c = image("c:1");
    auto of_a = unpack(folders, a);
    EXPECT_EQ(of_a->size_bytes, 1000U);
    EXPECT_EQ(unpack(folders, a), of_a);
    const auto where_b_was = unpack(folders, b)->path;
    unpack(folders, c);
    EXPECT_FALSE(fs::exists(where_b_was)) << "nobody had it";
    EXPECT_TRUE(fs::exists(of_a->path / "file")) << "somebody has it";
    EXPECT_EQ(folders.count(), 2U);
    const auto of_c = unpack(folders, c);
    EXPECT_THROW(unpack(folders, b), std::runtime_error) << "both are in use";
    of_a.reset();
    EXPECT_TRUE(fs::exists(unpack(folders, b)->path / "file"));
}

TEST_F(KeptImages, LeaveNothingWhereTheyCannotBeUnpacked) {
    ImageFolders folders(source, threads, folder.path() / "images", {.each = {.bytes = 10}});
    const auto a = image("a:1");
    EXPECT_THROW(unpack(folders, a), std::runtime_error);
    EXPECT_TRUE(fs::is_empty(folder.path() / "images"));
    EXPECT_THAT(engine.calls().back(), ::testing::StartsWith("rm --force cumulet-unpacks-"));
    engine.forget("a:1");
    EXPECT_THROW(unpack(folders, a), NoImage);
}

TEST_F(KeptImages, AreUnpackedWhateverACrashLeftWithTheEngine) {
    const auto a = image("a:1");
    const auto path = folder.path() / "images";
    const auto unpack_into = [&](const std::string& name) {
        fs::create_directories(path / name);
        source.unpack(a, path / name, {});
    };
    unpack_into("first");
    // The container of an earlier process has the name that this one wants.
    const auto calls = engine.calls();
    const auto creation = std::ranges::find_if(calls, [](const auto& call) { return call.starts_with("create"); });
    ASSERT_NE(creation, calls.end());
    ASSERT_EQ(run_quietly({"/bin/sh", "-c", engine.program() + " " + *creation}, std::chrono::seconds(10)), 0);
    unpack_into("second");
    EXPECT_TRUE(fs::exists(path / "second/file"));
}

// ---- Programs ----

Program::Instant in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

TEST(Programs, AreReadToTheirEnd) {
    const StopSignal stop;
    Program program({"/bin/sh", "-c", "echo out; echo why >&2; exit 3"}, in(std::chrono::seconds(20)), stop);
    std::array<char, 100> bytes;
    std::string output;
    while (const auto count = program.read(bytes)) output.append(bytes.data(), count);
    EXPECT_EQ(output, "out\n");
    EXPECT_EQ(program.wait(), 3);
    EXPECT_EQ(program.errors(), "why");
}

TEST(Programs, EndAtTheirDeadline) {
    const StopSignal stop;
    Program program({"/bin/sleep", "4715"}, in(std::chrono::milliseconds(20)), stop);
    std::array<char, 100> bytes;
    EXPECT_THROW(program.read(bytes), std::runtime_error);
}

TEST(Programs, EndWhenTheyAreStopped) {
    StopSignal stop;
    std::thread other([&] { stop.stop(); });
    try {
        Program program({"/bin/sleep", "4716"}, in(std::chrono::seconds(60)), stop);
        program.wait();
        ADD_FAILURE() << "it was not stopped";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("Cumulet stops"));
    }
    other.join();
    EXPECT_FALSE(somewhere_runs("4716"));
}

}  // namespace
}  // namespace cumulet::lambda
