#include "services/lambda/stream_poller.h"

#include "contracts/topics.h"
#include "services/lambda/destination.h"
#include "services/lambda/record_filter.h"

namespace cumulet::lambda {
namespace {

namespace streams = aws::dynamodbstreams;

constexpr auto longest_wait = std::chrono::seconds(20);  // shorter than half a lease
constexpr size_t most_per_read = 1000;
constexpr size_t most_event_bytes = 5'500'000;
constexpr size_t most_pages = 20;

Task<std::vector<streams::Shard>> all_shards(contracts::Door& door, Call& call, std::string stream_arn) {
    streams::Client client(door);
    std::vector<streams::Shard> shards;
    streams::DescribeStreamInput request{.StreamArn = std::move(stream_arn)};
    for (size_t page = 0; page < most_pages; ++page) {
        auto answer = co_await client.describe_stream(call, request);
        if (!answer.StreamDescription) break;
        for (auto& shard : answer.StreamDescription->Shards.value_or(std::vector<streams::Shard>())) {
            shards.push_back(std::move(shard));
        }
        request.ExclusiveStartShardId = answer.StreamDescription->LastEvaluatedShardId;
        if (!request.ExclusiveStartShardId) break;
    }
    co_return shards;
}

}  // namespace

Task<std::optional<StreamPosition>> starting_position(contracts::Door& door, Call& call, const Mapping& mapping) {
    const auto arn = mapping.configuration.EventSourceArn.value_or("");
    const auto shards = co_await all_shards(door, call, arn);
    if (shards.empty()) co_return std::nullopt;
    if (mapping.configuration.StartingPosition.value_or("") == "TRIM_HORIZON") {
        co_return StreamPosition{.shard = shards.front().ShardId.value_or("")};
    }
    StreamPosition position{.shard = shards.back().ShardId.value_or(""), .since = call.now()};
    streams::Client client(door);
    auto answer = co_await client.get_shard_iterator(
        call, {.StreamArn = arn, .ShardId = position.shard, .ShardIteratorType = "LATEST"});
    position.iterator = answer.ShardIterator.value_or("");
    co_return position;
}

StreamPoller::StreamPoller(store::Store& store, contracts::Door& door, const PollerHooks& hooks, MappingName name,
                           std::string stream_arn, std::string owner)
    : store_(store),
      door_(door),
      hooks_(hooks),
      name_(std::move(name)),
      stream_arn_(std::move(stream_arn)),
      owner_(std::move(owner)),
      records_(store.watch(contracts::stream_topic(stream_arn_))),
      changes_(store.watch(std::string(mappings_topic))) {}

Call StreamPoller::call() const {
    return service_call(Reactor::current(), "lambda.amazonaws.com", name_.account, name_.region);
}

bool StreamPoller::full(const Mapping& mapping) const {
    return batch_.size() >= mapping.batch_size() || batch_bytes_ >= most_event_bytes;
}

Task<void> StreamPoller::step(Mapping mapping) {
    bool gone = false;
    try {
        if (!position_) co_await find_position(mapping);
        if (position_ && parts_.empty()) co_await gather(mapping);
    } catch (const streams::ResourceNotFoundException&) {
        gone = true;
    }
    if (gone && position_) co_await remember("", "PROBLEM: Stream not found");
    if (gone || !position_) {
        if (!store_.closing()) co_await changes_.wait(Reactor::current().now() + longest_wait);
        co_return;
    }
    if (!parts_.empty()) co_await hand_over(mapping);
}

Task<void> StreamPoller::find_position(const Mapping& mapping) {
    position_ = co_await store_.transact([&](store::Transaction& tx) -> Task<std::optional<StreamPosition>> {
        co_return co_await find_stream_position(tx, name_);
    });
    if (position_) co_return;
    auto call = this->call();
    auto start = co_await starting_position(door_, call, mapping);
    if (start) co_await save_position(std::move(*start));
}

Task<void> StreamPoller::save_position(StreamPosition position) {
    const bool ours = co_await store_.transact([&](store::Transaction& tx) -> Task<bool> {
        const auto lease = co_await find_lease(tx, name_.uuid);
        if (!lease || lease->owner != owner_ || !co_await find_mapping(tx, name_)) co_return false;
        save_stream_position(tx, name_, position);
        co_return true;
    });
    if (ours) position_ = std::move(position);
}

Task<void> StreamPoller::remember(std::string after, std::string result) {
    auto position = *position_;
    if (!after.empty()) {
        position.after = std::move(after);
        position.iterator.clear();
        position.since.reset();
    }
    if (!result.empty()) position.result = std::move(result);
    if (position.after == position_->after && position.result == position_->result) co_return;
    co_await save_position(std::move(position));
}

Task<void> StreamPoller::open_iterator() {
    if (!position_->iterator.empty()) {
        iterator_ = position_->iterator;
        co_return;
    }
    auto call = this->call();
    streams::GetShardIteratorInput request{
        .StreamArn = stream_arn_, .ShardId = position_->shard, .ShardIteratorType = "TRIM_HORIZON"};
    if (const auto& after = read_to_.empty() ? position_->after : read_to_; !after.empty()) {
        request.ShardIteratorType = "AFTER_SEQUENCE_NUMBER";
        request.SequenceNumber = after;
    } else if (position_->since) {
        request.ShardIteratorType = "AT_TIMESTAMP";
        request.Timestamp = position_->since;
    }
    streams::Client client(door_);
    bool trimmed = false;
    try {
        iterator_ = (co_await client.get_shard_iterator(call, request)).ShardIterator.value_or("");
    } catch (const streams::TrimmedDataAccessException&) {
        trimmed = true;
    }
    if (!trimmed) co_return;
    request = {.StreamArn = stream_arn_, .ShardId = position_->shard, .ShardIteratorType = "TRIM_HORIZON"};
    iterator_ = (co_await client.get_shard_iterator(call, request)).ShardIterator.value_or("");
}

Task<bool> StreamPoller::read(size_t limit, const Mapping& mapping) {
    bool gone = false;
    streams::GetRecordsOutput answer;
    try {
        if (iterator_.empty()) co_await open_iterator();
        auto call = this->call();
        streams::Client client(door_);
        answer = co_await client.get_records(call, {.ShardIterator = iterator_, .Limit = static_cast<int32_t>(limit)});
    } catch (const streams::ExpiredIteratorException&) {
        iterator_.clear();
        position_->iterator.clear();
        co_return true;
    } catch (const streams::TrimmedDataAccessException&) {
        iterator_.clear();
        position_->iterator.clear();
        co_return true;
    } catch (const streams::ResourceNotFoundException&) {
        gone = true;  // the shard, or the whole stream: the shards tell
    }
    if (gone) {
        shard_ended_ = true;
        co_return false;
    }
    shard_ended_ = !answer.NextShardIterator;
    iterator_ = answer.NextShardIterator.value_or("");
    const RecordFilter filter(mapping.configuration.FilterCriteria);
    const auto records = answer.Records.value_or(std::vector<streams::Record>());
    for (const auto& record : records) {
        if (!record.dynamodb) continue;
        read_to_ = record.dynamodb->SequenceNumber.value_or("");
        auto shown = stream_record(record, stream_arn_);
        if (!filter.takes(shown)) continue;
        batch_bytes_ += json::serialize(shown).size() + 1;
        batch_.push_back({.sequence_number = read_to_,
                          .created = record.dynamodb->ApproximateCreationDateTime.value_or(Reactor::current().now()),
                          .shown = std::move(shown)});
    }
    co_return !records.empty();
}

Task<void> StreamPoller::gather(const Mapping& mapping) {
    if (shard_ended_ && batch_.empty()) co_await go_to_next_shard();
    bool more = !shard_ended_;
    while (more && !full(mapping)) {
        more = co_await read(std::min(most_per_read, mapping.batch_size() - batch_.size()), mapping) && !shard_ended_;
    }
    const auto now = Reactor::current().now();
    if (batch_.empty()) {
        co_await remember(read_to_, "");  // what no filter takes is done
        if (shard_ended_ || store_.closing()) co_return;
        co_await records_.wait(now + longest_wait);
        co_return;
    }
    if (!window_ends_) window_ends_ = now + mapping.window();
    if (!full(mapping) && !shard_ended_ && now < *window_ends_) {
        if (!store_.closing()) co_await records_.wait(std::min(*window_ends_, now + longest_wait));
        co_return;
    }
    window_ends_.reset();
    // What one read brought may be more than one event can hold.
    size_t begin = 0;
    size_t bytes = 0;
    for (size_t i = 0; i < batch_.size(); ++i) {
        const auto size = json::serialize(batch_[i].shown).size() + 1;
        if (i > begin && bytes + size > most_event_bytes) {
            parts_.push_back({.begin = begin, .end = i, .next = now});
            begin = i;
            bytes = 0;
        }
        bytes += size;
    }
    parts_.push_back({.begin = begin, .end = batch_.size(), .next = now});
}

Task<std::vector<streams::Shard>> StreamPoller::shards() {
    auto call = this->call();
    co_return co_await all_shards(door_, call, stream_arn_);
}

Task<void> StreamPoller::go_to_next_shard() {
    const auto all = co_await shards();
    const auto known = std::ranges::any_of(all, [&](const auto& shard) { return shard.ShardId == position_->shard; });
    for (const auto& shard : all) {
        if (known ? shard.ParentShardId != position_->shard : shard.ShardId == position_->shard) continue;
        co_await save_position({.shard = shard.ShardId.value_or(""), .result = position_->result});
        iterator_.clear();
        read_to_.clear();
        shard_ended_ = false;
        co_return;
    }
    if (!store_.closing()) co_await records_.wait(Reactor::current().now() + longest_wait);
}

Task<void> StreamPoller::hand_over(const Mapping& mapping) {
    auto call = this->call();
    const auto rules = StreamRules::of(mapping);
    if (co_await give_up_old(call, mapping, rules)) co_return;
    const auto part = parts_.front();
    if (part.next > call.now()) {
        if (!store_.closing()) co_await changes_.wait(std::min(part.next, call.now() + longest_wait));
        co_return;
    }
    std::vector<json::object> shown;
    std::vector<std::string> numbers;
    for (auto i = part.begin; i < part.end; ++i) {
        shown.push_back(batch_[i].shown);
        numbers.push_back(batch_[i].sequence_number);
    }
    const auto function = parse_function_name(call, mapping.configuration.FunctionArn.value_or(""));
    hooks_.measure_age(function, std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::max(Duration::zero(), call.now() - batch_[part.end - 1].created)));
    PollerHooks::Ran ran;
    bool no_room = false;
    try {
        ran = co_await hooks_.run(call, function, stream_event(shown));
    } catch (const aws::lambda::TooManyRequestsException&) {
        no_room = true;
    }
    if (no_room || ran.outcome.lost) {
        if (store_.closing()) co_return;
        parts_.front().next = after_no_room(++no_room_, call.now());
        co_return;
    }
    no_room_ = 0;
    last_version_ = ran.version;
    last_request_ = call.request_id;
    if (ran.outcome.failed && store_.closing()) co_return;  // cut short: another process, or the next start, does it
    auto failed = ran.outcome.failed ? std::optional<size_t>(0)
                                     : first_failed(numbers, mapping.reports_failures(), ran.outcome.payload);
    if (!failed) co_return co_await done_to(part.end, "OK");
    const auto after = after_failure(part, part.begin + *failed, rules, call.now());
    if (after.given_up) {
        co_await give_up(call, mapping, {.begin = after.done_to, .end = part.end, .failures = part.failures + 1},
                         "RetryAttemptsExhausted");
        co_return co_await done_to(part.end, "PROBLEM: Function call failed");
    }
    const auto rest = std::vector<BatchPart>(parts_.begin() + 1, parts_.end());
    if (after.done_to > part.begin)
        co_await done_to(after.done_to, "PROBLEM: Function call failed");
    else
        co_await remember("", "PROBLEM: Function call failed");
    parts_.assign(after.again.begin(), after.again.end());
    parts_.insert(parts_.end(), rest.begin(), rest.end());
}

Task<bool> StreamPoller::give_up_old(Call& call, const Mapping& mapping, const StreamRules& rules) {
    auto part = parts_.front();
    auto end = part.begin;
    while (end < part.end && batch_[end].created + rules.oldest < call.now()) ++end;
    if (end == part.begin) co_return false;
    part.end = end;
    co_await give_up(call, mapping, part, "RecordAgeExceeded");
    co_await done_to(end, "PROBLEM: Record age exceeded");
    co_return true;
}

Task<void> StreamPoller::give_up(Call& call, const Mapping& mapping, BatchPart part, std::string condition) {
    const auto& destinations = mapping.configuration.DestinationConfig;
    if (!destinations || !destinations->OnFailure) co_return;
    auto target = destinations->OnFailure->Destination.value_or("");
    const auto arn = Arn::parse(target);
    if (!arn) co_return;
    const auto& first = batch_[part.begin];
    const auto& last = batch_[part.end - 1];
    const LostBatch lost{.request_id = last_request_.empty() ? call.request_id : last_request_,
                         .function_arn = mapping.configuration.FunctionArn.value_or(""),
                         .condition = std::move(condition),
                         .invocations = part.failures,
                         .version = part.failures > 0 ? last_version_ : "",
                         .stream_arn = stream_arn_,
                         .shard = position_->shard,
                         .first = first.sequence_number,
                         .last = last.sequence_number,
                         .first_arrived = first.created,
                         .last_arrived = last.created,
                         .records = part.end - part.begin};
    std::string payload;
    if (arn->service == "s3") {
        std::vector<json::object> shown;
        for (auto i = part.begin; i < part.end; ++i) shown.push_back(batch_[i].shown);
        payload = stream_event(shown);
    }
    auto key = destination_key(name_.uuid, position_->shard, call.now(), call.random().uuid());
    co_await hooks_.deliver(call, std::move(target), lost_batch_record(lost, call.now(), std::move(payload)),
                            std::move(key));
}

Task<void> StreamPoller::done_to(size_t end, std::string result) {
    const bool all = end == batch_.size();
    co_await remember(all ? read_to_ : batch_[end - 1].sequence_number, std::move(result));
    while (!parts_.empty() && parts_.front().end <= end) parts_.pop_front();
    if (!parts_.empty()) parts_.front().begin = std::max(parts_.front().begin, end);
    if (!all) co_return;
    parts_.clear();
    batch_.clear();
    batch_bytes_ = 0;
}

}  // namespace cumulet::lambda
