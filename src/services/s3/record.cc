#include "services/s3/record.h"

#include "store/record.h"

namespace cumulet::s3 {
namespace {

using store::RecordReader;
using store::RecordWriter;

constexpr uint8_t version = 1;
constexpr uint8_t bucket_version = 2;  // 1 had no notifications

void write(RecordWriter& writer, const Description& description) {
    writer.texts(description.headers)
        .texts(description.metadata)
        .texts(description.tags)
        .text(description.storage_class);
}
Description read_description(RecordReader& reader) {
    Description description;
    description.headers = reader.texts();
    description.metadata = reader.texts();
    description.tags = reader.texts();
    description.storage_class = reader.text();
    return description;
}

void write(RecordWriter& writer, const Checksum& checksum) {
    writer.text(checksum.algorithm).text(checksum.value).text(checksum.type);
}
Checksum read_checksum(RecordReader& reader) {
    Checksum checksum;
    checksum.algorithm = reader.text();
    checksum.value = reader.text();
    checksum.type = reader.text();
    return checksum;
}

}  // namespace

std::string encode(const Bucket& bucket) {
    RecordWriter writer(bucket_version);
    writer.text(bucket.account).text(bucket.region).time(bucket.created).texts(bucket.tags).text(bucket.policy);
    writer.boolean(bucket.bucket_key_enabled).boolean(bucket.public_access.has_value());
    if (const auto& access = bucket.public_access) {
        writer.boolean(access->block_acls).boolean(access->ignore_acls);
        writer.boolean(access->block_policy).boolean(access->restrict_buckets);
    }
    writer.text(bucket.notifications);
    return writer.take();
}

Bucket decode_bucket(std::string name, std::string_view bytes) {
    RecordReader reader(bytes);
    Bucket bucket;
    bucket.name = std::move(name);
    bucket.account = reader.text();
    bucket.region = reader.text();
    bucket.created = reader.time();
    bucket.tags = reader.texts();
    bucket.policy = reader.text();
    bucket.bucket_key_enabled = reader.boolean();
    bucket.public_access.reset();
    if (reader.boolean()) {
        auto& access = bucket.public_access.emplace();
        access.block_acls = reader.boolean();
        access.ignore_acls = reader.boolean();
        access.block_policy = reader.boolean();
        access.restrict_buckets = reader.boolean();
    }
    if (reader.version() >= 2) bucket.notifications = reader.text();
    return bucket;
}

std::string encode(const std::vector<NotificationRule>& rules) {
    RecordWriter writer(version);
    writer.number(static_cast<int64_t>(rules.size()));
    for (const auto& rule : rules) {
        writer.text(rule.id).text(rule.destination).number(static_cast<int64_t>(rule.events.size()));
        for (const auto& event : rule.events) writer.text(event);
        writer.number(static_cast<int64_t>(rule.filters.size()));
        for (const auto& filter : rule.filters) writer.text(filter.name).text(filter.value);
    }
    return writer.take();
}

std::vector<NotificationRule> decode_rules(std::string_view bytes) {
    RecordReader reader(bytes);
    std::vector<NotificationRule> rules;
    for (auto left = reader.number(); left > 0; --left) {
        auto& rule = rules.emplace_back();
        rule.id = reader.text();
        rule.destination = reader.text();
        for (auto events = reader.number(); events > 0; --events) rule.events.push_back(reader.text());
        for (auto filters = reader.number(); filters > 0; --filters) {
            auto& filter = rule.filters.emplace_back();
            filter.name = reader.text();
            filter.value = reader.text();
        }
    }
    return rules;
}

std::string encode(const Object& object) {
    RecordWriter writer(version);
    writer.number(static_cast<int64_t>(object.size_bytes)).text(object.etag).time(object.modified);
    writer.number(object.part_count);
    write(writer, object.checksum);
    write(writer, object.description);
    return writer.take();
}

Object decode_object(std::string key, std::string_view bytes) {
    RecordReader reader(bytes);
    Object object;
    object.key = std::move(key);
    object.size_bytes = static_cast<uint64_t>(reader.number());
    object.etag = reader.text();
    object.modified = reader.time();
    object.part_count = reader.number();
    object.checksum = read_checksum(reader);
    object.description = read_description(reader);
    return object;
}

std::string encode(const Content& content) {
    RecordWriter writer(version);
    writer.text(content.bytes).number(static_cast<int64_t>(content.segments.size()));
    for (const auto& segment : content.segments) {
        writer.text(segment.blob).number(static_cast<int64_t>(segment.size_bytes)).text(segment.checksum);
    }
    return writer.take();
}

Content decode_content(std::string_view bytes) {
    RecordReader reader(bytes);
    Content content;
    content.bytes = reader.text();
    for (auto left = reader.number(); left > 0; --left) {
        auto& segment = content.segments.emplace_back();
        segment.blob = reader.text();
        segment.size_bytes = static_cast<uint64_t>(reader.number());
        segment.checksum = reader.text();
    }
    return content;
}

std::string encode(const Upload& upload) {
    RecordWriter writer(version);
    writer.time(upload.initiated).text(upload.algorithm).text(upload.checksum_type).boolean(upload.algorithm_chosen);
    write(writer, upload.description);
    return writer.take();
}

Upload decode_upload(std::string key, std::string id, std::string_view bytes) {
    RecordReader reader(bytes);
    Upload upload;
    upload.key = std::move(key);
    upload.id = std::move(id);
    upload.initiated = reader.time();
    upload.algorithm = reader.text();
    upload.checksum_type = reader.text();
    upload.algorithm_chosen = reader.boolean();
    upload.description = read_description(reader);
    return upload;
}

std::string encode(const Part& part) {
    RecordWriter writer(version);
    writer.text(part.blob).number(static_cast<int64_t>(part.size_bytes)).text(part.md5_hex).time(part.modified);
    write(writer, part.checksum);
    return writer.take();
}

Part decode_part(int32_t number, std::string_view bytes) {
    RecordReader reader(bytes);
    Part part;
    part.number = number;
    part.blob = reader.text();
    part.size_bytes = static_cast<uint64_t>(reader.number());
    part.md5_hex = reader.text();
    part.modified = reader.time();
    part.checksum = read_checksum(reader);
    return part;
}

}  // namespace cumulet::s3
