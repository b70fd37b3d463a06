#include "store/blobs.h"

#include <gtest/gtest.h>

#include <fstream>

#include "store/tests/support/engines.h"

namespace cumulet::store::test {
namespace {

class BlobsTest : public testing::TestWithParam<int> {
  protected:
    template <typename T>
    T run(Task<T> task) {
        return reactor_.block_on(std::move(task));
    }
    std::unique_ptr<Blobs> open() { return open_file_blobs(folder_.path(), true, static_cast<size_t>(GetParam())); }
    std::string read(std::string id, uint64_t offset = 0, uint64_t length = UINT64_MAX) {
        return run(read_all(run(blobs_->read(std::move(id), offset, length)), 64 << 20));
    }
    size_t files() const {
        size_t files = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
            files += entry.is_regular_file() && entry.path().filename() != "opened";
        }
        return files;
    }

    Clock clock_;
    Reactor reactor_{clock_, Random(1)};
    TemporaryFolder folder_;
    std::unique_ptr<Blobs> blobs_ = open();
};

TEST_P(BlobsTest, GiveBackWhatWasPut) {
    std::string large(3'000'001, '\0');
    for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 >> 2);
    const auto empty = run(blobs_->put(""));
    const auto small = run(blobs_->put("hello"));
    const auto big = run(blobs_->put(large));
    EXPECT_EQ(read(empty), "");
    EXPECT_EQ(read(small), "hello");
    EXPECT_TRUE(read(big) == large);
    EXPECT_EQ(run(blobs_->size(big)), large.size());
    EXPECT_EQ(std::filesystem::file_size(run(blobs_->file(big))), large.size());
}

TEST_P(BlobsTest, ReadPartsOfABlob) {
    const auto id = run(blobs_->put("0123456789"));
    EXPECT_EQ(read(id, 3, 4), "3456");
    EXPECT_EQ(read(id, 8, 100), "89");
    EXPECT_EQ(read(id, 10, 1), "");
    EXPECT_EQ(read(id, 100), "");
    EXPECT_EQ(read(id, 2, 0), "");
}

TEST_P(BlobsTest, TakePiecesAsTheyCome) {
    auto writer = run(blobs_->create());
    std::string expected;
    for (int i = 0; i < 50; ++i) {
        const std::string piece(static_cast<size_t>(i) * 997, static_cast<char>('a' + i % 26));
        run(writer->write(piece));
        expected += piece;
    }
    EXPECT_TRUE(read(run(writer->finish())) == expected);
}

TEST_P(BlobsTest, DropWhatWasNotFinished) {
    {
        auto writer = run(blobs_->create());
        run(writer->write(std::string(1 << 20, 'x')));
        EXPECT_EQ(files(), 1u);
    }
    EXPECT_EQ(files(), 0u);
}

TEST_P(BlobsTest, RemoveTwiceWithoutComplaint) {
    const auto id = run(blobs_->put("x"));
    run(blobs_->remove(id));
    run(blobs_->remove(id));
    EXPECT_THROW(run(blobs_->read(id)), std::runtime_error);
    EXPECT_THROW(run(blobs_->size(id)), std::runtime_error);
}

TEST_P(BlobsTest, RefuseIdsThatAreNoIds) {
    for (const char* id : {"", "../../etc/passwd", "0123", "0123456789ABCDEF0123456789ABCDEF"}) {
        EXPECT_THROW(run(blobs_->read(id)), std::runtime_error) << id;
        EXPECT_THROW(run(blobs_->remove(id)), std::runtime_error) << id;
    }
}

TEST_P(BlobsTest, SweepWhatNothingNames) {
    const auto kept = run(blobs_->put("kept"));
    const auto lost = run(blobs_->put("lost"));
    std::ofstream(folder_.path() / "unfinished" / "left-by-a-crash") << "x";
    const auto past = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
        if (entry.is_regular_file()) std::filesystem::last_write_time(entry.path(), past);
    }

    blobs_ = open();
    const auto fresh = run(blobs_->put("fresh, and not yet named"));
    const auto named = [&](std::string id) -> Task<bool> { co_return id == kept; };
    EXPECT_EQ(run(blobs_->sweep(named)), 2u);
    EXPECT_EQ(read(kept), "kept");
    EXPECT_EQ(read(fresh), "fresh, and not yet named");
    EXPECT_THROW(run(blobs_->read(lost)), std::runtime_error);
    EXPECT_EQ(files(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Threads, BlobsTest, testing::Values(0, 2));

}  // namespace
}  // namespace cumulet::store::test
