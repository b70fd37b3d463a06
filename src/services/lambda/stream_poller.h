// Reads one stream for one event source mapping: every shard in its order, children after their parents, and remembers
// how far it came.
#pragma once

#include "services/lambda/lane.h"
#include "services/lambda/poller_hooks.h"
#include "services/lambda/storage.h"
#include "services/lambda/stream_source.h"

namespace cumulet::lambda {

class StreamPoller {
  public:
    /// `owner` holds the mapping's lease: without it, nothing is remembered.
    StreamPoller(store::Store& store, TaskGroup& tasks, std::unique_ptr<StreamSource> source, const PollerHooks& hooks,
                 MappingName name, std::string stream_arn, std::string owner);

    /// One step: reads what is there, starts the batches that are due, or waits for some seconds. What failed on the
    /// way is done again by a later step. Throws as the stream's operations and Invoke do.
    Task<void> step(Mapping mapping);
    /// Waits for the batches that are under way. Afterwards there are no more steps.
    Task<void> finish();

  private:
    /// One shard that is being read.
    struct Reader {
        std::string shard;
        ShardPosition position;  ///< as it is remembered
        std::string iterator;
        std::string read_to;  ///< sequence number of the last record read, wanted or not
        bool all_read = false;
        bool ended = false;
        std::vector<Lane> lanes;
        Progress progress;

        /// How far it came by now.
        ShardPosition reached() const;
        bool finished() const;
        /// Makes the lanes as many as are wanted. False while what the others have to do is not done and remembered.
        bool arrange(size_t lanes_wanted);
        /// How many records to read next, 0 while all lanes have enough.
        size_t wanted(const BatchRules& rules) const;
    };
    /// What wakes the steps: records, changes of the mapping, ends of attempts.
    struct News {
        Gates gates{1};
        bool wanted = true;
    };

    void listen();
    static Task<void> forward(store::Store& store, store::Watch watch, std::shared_ptr<News> news);
    Call call() const;
    /// Opens readers for shards whose parents are finished, and forgets shards that are gone.
    Task<void> open_readers(const Mapping& mapping);
    Task<StreamPositions> load_positions(const Mapping& mapping, const std::vector<StreamShard>& shards);
    /// False if the mapping is no longer ours.
    Task<bool> save(StreamPositions positions, std::vector<std::string> forgotten, std::string result);
    /// Writes down how far the readers came, where that has changed.
    Task<void> remember();
    /// Reads what the lanes have room for.
    Task<void> fill(Reader& reader, const Mapping& mapping);
    Task<std::optional<StreamPage>> read(Reader& reader, size_t limit);
    void take(Reader& reader, StreamPage page, const Mapping& mapping);
    /// Starts what is due. True if something was.
    bool start_batches(Reader& reader, const Mapping& mapping);
    Time next_due(const BatchRules& rules) const;

    // One attempt to have a part of a batch handled, beside the steps.
    Task<void> hand_over(Reader& reader, Lane& lane, Mapping mapping);
    Task<void> attempt(Call& call, Reader& reader, Lane& lane, const Mapping& mapping);
    Task<void> settle(Call& call, Reader& reader, Lane& lane, const Mapping& mapping, Outcome outcome);
    void settle_window(Reader& reader, Lane& lane, bool failed, Time now);
    /// Gives up the first records of the part that are too old. True if there were some.
    Task<bool> give_up_old(Call& call, Reader& reader, Lane& lane, const Mapping& mapping);
    /// Tells the mapping's destination, if it has one.
    Task<void> give_up(Call& call, const Reader& reader, const Lane& lane, const Mapping& mapping,
                       std::span<const HeldRecord> records, int failures, std::string condition);

    store::Store& store_;
    TaskGroup& tasks_;
    const std::unique_ptr<StreamSource> source_;
    const PollerHooks& hooks_;
    const MappingName name_;
    const std::string stream_arn_;
    const std::string owner_;
    const std::shared_ptr<News> news_ = std::make_shared<News>();
    TaskGroup attempts_;
    bool listening_ = false;

    std::map<std::string, std::unique_ptr<Reader>> readers_;  // by shard
    bool shards_known_ = false;
    std::string result_;        // LastProcessingResult
    std::string saved_result_;  // as it is remembered
};

/// Where a new mapping begins, shard by shard: LATEST means now. Nothing if the stream has no shards yet. Throws as the
/// source does.
Task<StreamPositions> starting_positions(StreamSource& source, Call& call, const Mapping& mapping);

}  // namespace cumulet::lambda
