#include "services/dynamodb/streams/stream.h"

#include <charconv>

#include "base/arn.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "store/key.h"

namespace cumulet::dynamodb {

namespace {

namespace api = aws::dynamodbstreams;

constexpr std::string_view sequence_prefix = "1";
constexpr size_t sequence_digits = 20;

/// Bytes that DynamoDB counts for a record: its keys, and the images that it holds.
int64_t size_of(const StreamRecord& record) {
    size_t size_bytes = record.keys.size_bytes();
    if (record.old_image) size_bytes += record.old_image->size_bytes();
    if (record.new_image) size_bytes += record.new_image->size_bytes();
    return static_cast<int64_t>(size_bytes);
}

}  // namespace

std::string stream_label(Time created) {
    auto label = format_iso8601_millis(created);
    label.pop_back();  // the Z
    return label;
}

std::string stream_arn(std::string_view account, std::string_view region, std::string_view table,
                       std::string_view label) {
    return fmt::format("arn:aws:dynamodb:{}:{}:table/{}/stream/{}", region, account, table, label);
}

StreamName parse_stream_arn(std::string_view text) {
    constexpr std::string_view table = "table/", stream = "/stream/";
    const auto arn = Arn::parse(text);
    const auto middle = arn ? arn->resource.find(stream) : std::string::npos;
    if (!arn || arn->service != "dynamodb" || !arn->resource.starts_with(table) || middle == std::string::npos) {
        // Unverified: the words.
        throw aws::validation_error("Invalid StreamArn");
    }
    return {.account = arn->account,
            .region = arn->region,
            .table = arn->resource.substr(table.size(), middle - table.size()),
            .label = arn->resource.substr(middle + stream.size())};
}

std::string shard_id(const Stream& stream, const Shard& shard) {
    const auto origin = fmt::format("{} {} {}", stream.table, stream.label, shard.serial);
    return fmt::format("shardId-{:020}-{:08x}", epoch_millis(shard.opened), crc32(origin));
}

std::string sequence_number(uint64_t number) {
    return fmt::format("{}{:0{}}", sequence_prefix, number, sequence_digits);
}

uint64_t parse_sequence_number(std::string_view text) {
    uint64_t number = 0;
    const auto digits = text.substr(std::min(text.size(), sequence_prefix.size()));
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
    if (!text.starts_with(sequence_prefix) || digits.size() != sequence_digits || error != std::errc() ||
        end != digits.end()) {
        // Unverified: the words.
        throw aws::validation_error("Invalid SequenceNumber");
    }
    return number;
}

std::string ShardIterator::text() const {
    const store::Key place(shard, next, issued);
    return fmt::format("{}|1|{}", arn, to_base64(place.bytes()));
}

ShardIterator ShardIterator::parse(std::string_view text) {
    constexpr std::string_view middle = "|1|";
    const auto at = text.find(middle);
    const auto place = at == text.npos ? std::nullopt : from_base64(text.substr(at + middle.size()));
    if (!place || place->size() != 3 * sizeof(uint64_t)) throw aws::validation_error("Invalid ShardIterator");
    store::KeyReader reader(*place);
    ShardIterator iterator{.arn = std::string(text.substr(0, at))};
    iterator.shard = reader.number();
    iterator.next = reader.unsigned_number();
    iterator.issued = reader.time();
    return iterator;
}

api::Record describe_record(const Stream& stream, std::string_view region, uint64_t number, StreamRecord record) {
    api::Record described{.eventID = md5_hex(fmt::format("{} {} {} {}", region, stream.table, stream.label, number)),
                          .eventName = record.event,
                          .eventVersion = "1.1",
                          .eventSource = "aws:dynamodb",
                          .awsRegion = std::string(region)};
    if (record.expired) described.userIdentity = {.PrincipalId = "dynamodb.amazonaws.com", .Type = "Service"};
    const auto size_bytes = size_of(record);
    described.dynamodb = {.ApproximateCreationDateTime = std::chrono::floor<std::chrono::seconds>(record.time),
                          .Keys = std::move(record.keys),
                          .NewImage = std::move(record.new_image),
                          .OldImage = std::move(record.old_image),
                          .SequenceNumber = sequence_number(number),
                          .SizeBytes = size_bytes,
                          .StreamViewType = stream.view};
    return described;
}

}  // namespace cumulet::dynamodb
