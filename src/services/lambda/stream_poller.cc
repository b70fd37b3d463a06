#include "services/lambda/stream_poller.h"

#include "runtime/log.h"
#include "services/lambda/destination.h"
#include "services/lambda/record_filter.h"

namespace cumulet::lambda {
namespace {

constexpr auto longest_wait = std::chrono::seconds(20);
constexpr auto pause_after_failure = std::chrono::seconds(5);
constexpr size_t most_per_read = 1000;
constexpr size_t most_waiting_bytes = 5'500'000;  // per lane
constexpr int most_expired_iterators = 3;

/// What lies before `shard` is done.
void finish_before(const StreamShard& shard, const std::vector<StreamShard>& shards, StreamPositions& positions) {
    for (const auto& parent : shard.parents) {
        const auto listed = std::ranges::find(shards, parent, &StreamShard::id);
        if (listed == shards.end() || std::exchange(positions[parent].finished, true)) continue;
        finish_before(*listed, shards, positions);
    }
}

}  // namespace

Task<StreamPositions> starting_positions(StreamSource& source, Call& call, const Mapping& mapping) {
    const auto shards = co_await source.shards(call);
    const auto begin = mapping.configuration.StartingPosition.value_or("");
    StreamPositions positions;
    for (const auto& shard : shards) positions[shard.id];
    if (begin == "AT_TIMESTAMP") {
        for (auto& [id, position] : positions) position.since = mapping.configuration.StartingPositionTimestamp;
    }
    if (begin != "LATEST") co_return positions;
    for (const auto& shard : shards) {
        for (const auto& parent : shard.parents) {
            if (const auto found = positions.find(parent); found != positions.end()) found->second.finished = true;
        }
    }
    for (auto& [id, position] : positions) {
        if (position.finished) continue;
        position.since = call.now();
        position.iterator = co_await source.iterator(call, id, {.kind = ShardStart::Kind::latest});
    }
    co_return positions;
}

ShardPosition StreamPoller::Reader::reached() const {
    auto now = position;
    if (!progress.reached().empty()) {
        now.after = progress.reached();
        now.iterator.clear();
        now.since.reset();
    }
    if (!lanes.empty()) now.window = lanes.front().tumbling();
    now.finished = finished();
    return now;
}

bool StreamPoller::Reader::finished() const {
    const auto idle = [](const Lane& lane) { return lane.empty() && !lane.busy; };
    return ended && progress.open() == 0 && std::ranges::all_of(lanes, idle);
}

bool StreamPoller::Reader::arrange(size_t lanes_wanted) {
    if (lanes.size() == lanes_wanted) return true;
    if (std::ranges::any_of(lanes, &Lane::busy) || reached() != position) return false;
    lanes = std::vector<Lane>(lanes_wanted);
    lanes.front().set_tumbling(position.window);
    progress = Progress();
    iterator.clear();
    read_to.clear();
    ended = false;
    return true;
}

size_t StreamPoller::Reader::wanted(const BatchRules& rules) const {
    size_t room = 0;
    size_t bytes = 0;
    for (const auto& lane : lanes) {
        bytes += lane.waiting_bytes();
        if (!lane.busy && !lane.has_batch()) room = std::max(room, lane.room(rules));
    }
    // Lanes may be unequally full: those that are stuck must not hold everything that is read.
    const auto most_open = lanes.size() == 1 ? SIZE_MAX : 2 * lanes.size() * rules.size;
    if (room == 0 || progress.open() >= most_open || bytes >= lanes.size() * most_waiting_bytes) return 0;
    return std::min({most_per_read, room * lanes.size(), most_open - progress.open()});
}

StreamPoller::StreamPoller(store::Store& store, TaskGroup& tasks, std::unique_ptr<StreamSource> source,
                           const PollerHooks& hooks, MappingName name, std::string stream_arn, std::string owner)
    : store_(store),
      tasks_(tasks),
      source_(std::move(source)),
      hooks_(hooks),
      name_(std::move(name)),
      stream_arn_(std::move(stream_arn)),
      owner_(std::move(owner)) {}

Call StreamPoller::call() const {
    return service_call(Reactor::current(), "lambda.amazonaws.com", name_.account, name_.region);
}

void StreamPoller::listen() {
    if (std::exchange(listening_, true)) return;
    for (auto topic : {source_->topic(), std::string(mappings_topic)}) {
        tasks_.start(forward(store_, store_.watch(std::move(topic)), news_));
    }
}

Task<void> StreamPoller::forward(store::Store& store, store::Watch watch, std::shared_ptr<News> news) {
    while (news->wanted && !store.closing()) {
        co_await watch.wait(Reactor::current().now() + longest_wait);
        news->gates.wake("");
    }
}

Task<void> StreamPoller::step(Mapping mapping) {
    listen();
    const auto seen = news_->gates.version("");
    if (!shards_known_ || readers_.empty()) co_await open_readers(mapping);
    bool started = false;
    for (const auto& [shard, reader] : readers_) {
        if (!reader->arrange(static_cast<size_t>(mapping.configuration.ParallelizationFactor.value_or(1)))) continue;
        co_await fill(*reader, mapping);
        started = start_batches(*reader, mapping) || started;
    }
    co_await remember();
    if (started || !shards_known_ || store_.closing()) co_return;
    co_await news_->gates.wait("", seen, next_due(BatchRules::of(mapping)));
}

Task<void> StreamPoller::finish() {
    news_->wanted = false;
    co_await attempts_.stop();
    co_await remember();
}

Task<void> StreamPoller::open_readers(const Mapping& mapping) {
    auto call = this->call();
    std::vector<StreamShard> shards;
    shards_known_ = true;
    try {
        shards = co_await source_->shards(call);
    } catch (const StreamGone&) {
        result_ = "PROBLEM: Stream not found";
        co_return;
    }
    auto positions = co_await load_positions(mapping, shards);
    StreamPositions fresh;
    for (const auto& shard : shards) {
        auto& position = positions[shard.id];
        if (position.finished || readers_.contains(shard.id)) continue;
        const bool first = std::ranges::all_of(shard.parents, [&](const std::string& parent) {
            const auto listed = std::ranges::find(shards, parent, &StreamShard::id) != shards.end();
            return !listed || positions[parent].finished;
        });
        if (!first) continue;
        fresh[shard.id] = position;
        auto& reader = readers_[shard.id] = std::make_unique<Reader>();
        reader->shard = shard.id;
        reader->position = position;
    }
    std::vector<std::string> forgotten;
    for (const auto& [id, position] : positions) {
        const bool listed = std::ranges::find(shards, id, &StreamShard::id) != shards.end();
        if (!listed && !readers_.contains(id)) forgotten.push_back(id);
    }
    // A stream's only shard may end, and be forgotten, before anything of its child is done: that one must be known.
    if (!fresh.empty() || !forgotten.empty()) co_await save(std::move(fresh), std::move(forgotten), result_);
}

Task<StreamPositions> StreamPoller::load_positions(const Mapping& mapping, const std::vector<StreamShard>& shards) {
    auto positions = co_await store_.transact(
        [&](store::Transaction& tx) -> Task<StreamPositions> { co_return co_await find_stream_positions(tx, name_); });
    const auto only = std::ranges::find_if(shards, [&](const StreamShard& shard) {
        const auto found = positions.find(shard.id);
        return found != positions.end() && found->second.only;
    });
    if (only != shards.end()) {
        finish_before(*only, shards, positions);
        co_await save(positions, {}, result_);
    }
    if (!positions.empty() || shards.empty()) co_return positions;
    auto call = this->call();
    positions = co_await starting_positions(*source_, call, mapping);
    co_await save(positions, {}, result_);
    co_return positions;
}

Task<bool> StreamPoller::save(StreamPositions positions, std::vector<std::string> forgotten, std::string result) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        if (co_await find_lease(tx, name_.uuid) != owner_ || !co_await find_mapping(tx, name_)) co_return false;
        for (const auto& [shard, position] : positions) save_stream_position(tx, name_, shard, position);
        for (const auto& shard : forgotten) erase_stream_position(tx, name_, shard);
        save_processing_result(tx, name_, result);
        co_return true;
    });
}

Task<void> StreamPoller::remember() {
    StreamPositions changed;
    for (const auto& [shard, reader] : readers_) {
        auto reached = reader->reached();
        if (reached != reader->position) changed.emplace(shard, std::move(reached));
    }
    const auto result = result_;
    if (changed.empty() && result == saved_result_) co_return;
    if (!co_await save(changed, {}, result)) co_return;
    saved_result_ = result;
    for (auto& [shard, position] : changed) {
        const bool finished = position.finished;
        readers_[shard]->position = std::move(position);
        if (!finished) continue;
        readers_.erase(shard);
        shards_known_ = false;  // its children may be read from now on
    }
}

Task<void> StreamPoller::fill(Reader& reader, const Mapping& mapping) {
    const auto rules = BatchRules::of(mapping);
    reader.all_read = false;
    int expired = 0;
    while (!reader.ended && !reader.all_read) {
        const auto limit = reader.wanted(rules);
        if (limit == 0) co_return;
        std::optional<StreamPage> page;
        try {
            page = co_await read(reader, limit);
        } catch (const StreamGone&) {
            page.emplace();  // the shard is over, or the whole stream: the shards tell
        }
        if (!page) {
            reader.iterator.clear();
            reader.position.iterator.clear();
            if (++expired == most_expired_iterators) co_return;
            continue;
        }
        reader.iterator = page->next;
        reader.ended = page->next.empty();
        reader.all_read = page->records.empty();
        take(reader, std::move(*page), mapping);
    }
}

Task<std::optional<StreamPage>> StreamPoller::read(Reader& reader, size_t limit) {
    auto call = this->call();
    if (reader.iterator.empty()) {
        const auto& position = reader.position;
        ShardStart start;
        if (const auto& after = reader.read_to.empty() ? position.after : reader.read_to; !after.empty()) {
            start = {.kind = ShardStart::Kind::after_record, .time = {}, .sequence_number = after};
        } else if (position.since) {
            start = {.kind = ShardStart::Kind::at_time, .time = *position.since, .sequence_number = {}};
        }
        const bool kept = start.kind != ShardStart::Kind::after_record && !position.iterator.empty();
        reader.iterator = kept ? position.iterator : co_await source_->iterator(call, reader.shard, std::move(start));
    }
    co_return co_await source_->read(call, reader.iterator, limit);
}

void StreamPoller::take(Reader& reader, StreamPage page, const Mapping& mapping) {
    const EventCounts counts(hooks_, name_, mapping);
    const RecordFilter filter(mapping.configuration.FilterCriteria);
    size_t unwanted = 0;
    for (auto& record : page.records) {
        reader.read_to = record.sequence_number;
        const auto place = reader.progress.add(record.sequence_number);
        if (!filter.takes(record.shown)) {
            reader.progress.done(place);
            ++unwanted;
            continue;
        }
        reader.lanes[lane_of(record.key, reader.lanes.size())].add(
            {.place = place,
             .sequence_number = std::move(record.sequence_number),
             .arrived = record.arrived,
             .text = json::serialize(record.shown)});
    }
    counts.add("PolledEventCount", page.records.size());
    counts.add("FilteredOutEventCount", unwanted);
}

bool StreamPoller::start_batches(Reader& reader, const Mapping& mapping) {
    const auto rules = BatchRules::of(mapping);
    const auto now = Reactor::current().now();
    bool started = false;
    for (auto& lane : reader.lanes) {
        lane.form_batch(rules, now, reader.all_read, reader.ended);
        if (lane.busy || !lane.has_batch() || lane.part().next > now) continue;
        lane.busy = true;
        started = true;
        attempts_.start(hand_over(reader, lane, mapping));
    }
    return started;
}

Time StreamPoller::next_due(const BatchRules& rules) const {
    Time due = Reactor::current().now() + longest_wait;
    for (const auto& [shard, reader] : readers_) {
        for (const auto& lane : reader->lanes) due = std::min(due, lane.due(rules).value_or(due));
    }
    return due;
}

Task<void> StreamPoller::hand_over(Reader& reader, Lane& lane, Mapping mapping) {
    auto call = this->call();
    std::string gone;
    try {
        co_await attempt(call, reader, lane, mapping);
    } catch (const aws::lambda::ResourceNotFoundException& error) {
        gone = error.message;
        lane.postpone(call.now() + pause_after_failure);
    } catch (const std::exception& error) {
        log::warning("records of a stream were not handled", {{"mapping", name_.uuid}, {"why", error.what()}});
        lane.postpone(call.now() + pause_after_failure);
    }
    if (!gone.empty()) co_await hooks_.rest(name_, std::move(gone));
    lane.busy = false;
    news_->gates.wake("");
}

Task<void> StreamPoller::attempt(Call& call, Reader& reader, Lane& lane, const Mapping& mapping) {
    if (co_await give_up_old(call, reader, lane, mapping)) co_return;
    const auto function = parse_function_name(call, mapping.configuration.FunctionArn.value_or(""));
    if (!lane.final_part()) {
        const auto age = std::max(Duration::zero(), call.now() - lane.records().back().arrived);
        hooks_.measure(function, {.name = "IteratorAge",
                                  .value = std::chrono::duration<double, std::milli>(age).count(),
                                  .unit = "Milliseconds"});
    }
    PollerHooks::Ran ran;
    bool no_room = false;
    try {
        ran = co_await hooks_.run(call, function, lane.event(reader.shard, stream_arn_));
    } catch (const aws::lambda::TooManyRequestsException&) {
        no_room = true;
    }
    if (no_room || ran.outcome.lost) {
        lane.postpone(after_no_room(++lane.without_room, call.now()));
        co_return;
    }
    lane.without_room = 0;
    lane.last_version = ran.version;
    lane.last_request = call.request_id;
    // Cut short: another process, or the next start, does it.
    if (ran.outcome.failed && store_.closing()) co_return lane.postpone(Time::max());
    co_await settle(call, reader, lane, mapping, std::move(ran.outcome));
}

Task<void> StreamPoller::settle(Call& call, Reader& reader, Lane& lane, const Mapping& mapping, Outcome outcome) {
    const EventCounts counts(hooks_, name_, mapping);
    auto state = lane.tumbling() ? answered_state(outcome.payload) : std::nullopt;
    const bool failed = outcome.failed || (lane.tumbling() && !state);
    if (lane.final_part()) co_return settle_window(reader, lane, outcome.failed, call.now());
    const auto part = lane.part();
    const auto records = lane.records();
    std::vector<std::string_view> numbers;
    for (const auto& record : records) numbers.push_back(record.sequence_number);
    const auto first =
        failed ? std::optional<size_t>(0) : first_failed(numbers, mapping.reports_failures(), outcome.payload);
    counts.add(failed ? "FailedInvokeEventCount" : "InvokedEventCount", records.size());
    // Unverified: a state that comes with a failed record counts where the records before it are handled.
    if (state && first != 0) lane.keep_state(std::move(*state));
    if (!first) {
        result_ = "OK";
        co_return lane.done(records.size(), {}, reader.progress);
    }
    result_ = "PROBLEM: Function call failed";
    auto after = after_failure(part, part.begin + *first, StreamRules::of(mapping), call.now());
    if (after.given_up) {
        co_await give_up(call, reader, lane, mapping, records.subspan(*first), part.failures + 1,
                         "RetryAttemptsExhausted");
    }
    lane.done(after.given_up ? records.size() : *first, std::move(after.again), reader.progress);
}

void StreamPoller::settle_window(Reader& reader, Lane& lane, bool failed, Time now) {
    result_ = failed ? "PROBLEM: Function call failed" : "OK";
    // The stream rests until the window is ended, as long as its records would live.
    if (!failed || now > lane.tumbling()->end() + records_live) return lane.end_window();
    auto again = lane.part();
    again.next = after_no_room(++again.failures, now);
    lane.done(0, {again}, reader.progress);
}

Task<bool> StreamPoller::give_up_old(Call& call, Reader& reader, Lane& lane, const Mapping& mapping) {
    const auto oldest = StreamRules::of(mapping).oldest;
    const auto part = lane.part();
    const auto records = lane.records();
    size_t old = 0;
    while (old < records.size() && records[old].arrived + oldest < call.now()) ++old;
    if (old == 0) co_return false;
    co_await give_up(call, reader, lane, mapping, records.first(old), part.failures, "RecordAgeExceeded");
    result_ = "PROBLEM: Record age exceeded";
    std::vector<BatchPart> rest;
    if (old < records.size()) rest.push_back({part.begin + old, part.end, part.failures, part.next});
    lane.done(old, std::move(rest), reader.progress);
    co_return true;
}

Task<void> StreamPoller::give_up(Call& call, const Reader& reader, const Lane& lane, const Mapping& mapping,
                                 std::span<const HeldRecord> records, int failures, std::string condition) {
    const EventCounts counts(hooks_, name_, mapping);
    const auto& destinations = mapping.configuration.DestinationConfig;
    const auto target =
        destinations && destinations->OnFailure ? destinations->OnFailure->Destination.value_or("") : "";
    bool delivered = false;
    if (const auto arn = Arn::parse(target)) {
        const LostBatch lost{.request_id = lane.last_request.empty() ? call.request_id : lane.last_request,
                             .function_arn = mapping.configuration.FunctionArn.value_or(""),
                             .condition = std::move(condition),
                             .invocations = failures,
                             .version = failures > 0 ? lane.last_version : "",
                             .stream_arn = stream_arn_,
                             .shard = reader.shard,
                             .first = records.front().sequence_number,
                             .last = records.back().sequence_number,
                             .first_arrived = records.front().arrived,
                             .last_arrived = records.back().arrived,
                             .records = records.size()};
        auto payload = arn->service == "s3" ? stream_event(records) : "";
        auto key = destination_key(name_.uuid, reader.shard, call.now(), call.random().uuid());
        delivered = co_await hooks_.deliver(
            call, target, lost_batch_record(lost, source_->batch_member(), call.now(), std::move(payload)),
            std::move(key));
    }
    counts.add(delivered ? "OnFailureDestinationDeliveredEventCount" : "DroppedEventCount", records.size());
}

}  // namespace cumulet::lambda
