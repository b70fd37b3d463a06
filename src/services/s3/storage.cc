#include "services/s3/storage.h"

#include "services/s3/errors.h"
#include "services/s3/record.h"

namespace cumulet::s3 {
namespace {

using store::Key;
using store::Range;
using namespace std::string_view_literals;

constexpr size_t most_parts = 10'000;

Key global(std::string_view collection) { return Key(""sv, ""sv, "s3"sv, collection); }
Key owned(const std::string& account) { return Key(account, ""sv, "s3"sv, "owned"sv); }
Key of_bucket(const Bucket& bucket, std::string_view collection) {
    return Key(bucket.account, bucket.region, "s3"sv, collection) << bucket.name;
}
Key object_key(const Bucket& bucket, std::string_view key) { return std::move(of_bucket(bucket, "object").raw(key)); }
Key content_key(const Bucket& bucket, std::string_view key) { return std::move(of_bucket(bucket, "content").raw(key)); }
Key blob_key(std::string_view id) { return std::move(global("blob").raw(id)); }
Key parts_of(const Bucket& bucket, std::string_view upload_id) {
    return Key(bucket.account, bucket.region, "s3"sv, "part"sv) << upload_id;
}

void name_blob(store::Transaction& tx, std::string_view id) { tx.put(blob_key(id), ""); }
void unname_blob(store::Transaction& tx, std::string_view id) { tx.erase(blob_key(id)); }

/// Takes the names of all blobs of `old`.
Freed release(store::Transaction& tx, const Content& old) {
    Freed freed;
    for (const auto& segment : old.segments) {
        unname_blob(tx, segment.blob);
        freed.push_back(segment.blob);
    }
    return freed;
}

}  // namespace

Task<std::optional<Bucket>> find_bucket(store::Transaction& tx, std::string name) {
    const auto bytes = co_await tx.get(global("bucket") << name);
    if (!bytes) co_return std::nullopt;
    co_return decode_bucket(std::move(name), *bytes);
}

Task<Bucket> load_bucket(store::Transaction& tx, std::string name, std::optional<std::string> expected_owner) {
    auto bucket = co_await find_bucket(tx, name);
    if (!bucket) throw no_such_bucket(std::move(name));
    if (expected_owner && *expected_owner != bucket->account) throw access_denied();
    co_return std::move(*bucket);
}

void save_bucket(store::Transaction& tx, const Bucket& bucket) {
    tx.put(global("bucket") << bucket.name, encode(bucket));
    tx.put(owned(bucket.account) << bucket.name, "");
}

void erase_bucket(store::Transaction& tx, const Bucket& bucket) {
    tx.erase(global("bucket") << bucket.name);
    tx.erase(owned(bucket.account) << bucket.name);
}

Task<std::vector<Bucket>> list_buckets(store::Transaction& tx, std::string account, std::string prefix,
                                       std::string after, size_t limit) {
    const Key all = owned(account);
    auto range = Range::prefix(all);
    if (!after.empty()) range.begin = Range::prefix(owned(account) << after).end;
    // Names are plain text, so those with a prefix stand together from the prefix itself on.
    range.begin = std::max(range.begin, std::move(owned(account).raw(prefix)).bytes());
    std::vector<Bucket> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        auto name = reader.text();
        if (!name.starts_with(prefix)) break;
        if (auto bucket = co_await find_bucket(tx, std::move(name))) found.push_back(std::move(*bucket));
    }
    co_return found;
}

Task<std::optional<Object>> find_object(store::Transaction& tx, const Bucket& bucket, std::string key) {
    const auto bytes = co_await tx.get(object_key(bucket, key));
    if (!bytes) co_return std::nullopt;
    co_return decode_object(std::move(key), *bytes);
}

Task<Object> load_object(store::Transaction& tx, const Bucket& bucket, std::string key) {
    auto object = co_await find_object(tx, bucket, key);
    if (!object) throw no_such_key(std::move(key));
    co_return std::move(*object);
}

Task<Content> load_content(store::Transaction& tx, const Bucket& bucket, std::string key) {
    const auto bytes = co_await tx.get(content_key(bucket, key));
    co_return bytes ? decode_content(*bytes) : Content();
}

void save_object(store::Transaction& tx, const Bucket& bucket, const Object& object) {
    tx.put(object_key(bucket, object.key), encode(object));
}

Task<Freed> save_object(store::Transaction& tx, const Bucket& bucket, const Object& object, const Content& content) {
    const auto old = co_await load_content(tx, bucket, object.key);
    auto freed = release(tx, old);
    save_object(tx, bucket, object);
    tx.put(content_key(bucket, object.key), encode(content));
    for (const auto& segment : content.segments) name_blob(tx, segment.blob);
    co_return freed;
}

Task<Freed> erase_object(store::Transaction& tx, const Bucket& bucket, std::string key) {
    const auto old = co_await load_content(tx, bucket, key);
    tx.erase(object_key(bucket, key));
    tx.erase(content_key(bucket, key));
    co_return release(tx, old);
}

Task<std::vector<Object>> objects(store::Transaction& tx, const Bucket& bucket, std::string prefix, std::string from,
                                  size_t limit) {
    const Key all = of_bucket(bucket, "object");
    auto range = Range::prefix(object_key(bucket, prefix));
    range.begin = std::max(range.begin, object_key(bucket, from).bytes());
    std::vector<Object> found;
    if (range.empty()) co_return found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        found.push_back(decode_object(entry.key.substr(all.bytes().size()), entry.value));
    }
    co_return found;
}

Task<std::optional<Upload>> find_upload(store::Transaction& tx, const Bucket& bucket, std::string key, std::string id) {
    const auto bytes = co_await tx.get(of_bucket(bucket, "upload") << key << id);
    if (!bytes) co_return std::nullopt;
    co_return decode_upload(std::move(key), std::move(id), *bytes);
}

Task<Upload> load_upload(store::Transaction& tx, const Bucket& bucket, std::string key, std::string id) {
    auto upload = co_await find_upload(tx, bucket, std::move(key), id);
    if (!upload) throw no_such_upload(std::move(id));
    co_return std::move(*upload);
}

void save_upload(store::Transaction& tx, const Bucket& bucket, const Upload& upload) {
    tx.put(of_bucket(bucket, "upload") << upload.key << upload.id, encode(upload));
}

Task<Freed> erase_upload(store::Transaction& tx, const Bucket& bucket, const Upload& upload, const Content& kept) {
    Content uploaded;
    for (auto& part : co_await parts(tx, bucket, upload, 0, most_parts)) {
        uploaded.segments.push_back({std::move(part.blob), part.size_bytes, ""});
    }
    std::set<std::string_view> keeps;
    for (const auto& segment : kept.segments) keeps.insert(segment.blob);
    std::erase_if(uploaded.segments, [&](const Segment& segment) { return keeps.contains(segment.blob); });
    tx.erase(of_bucket(bucket, "upload") << upload.key << upload.id);
    tx.erase_range(Range::prefix(parts_of(bucket, upload.id)));
    co_return release(tx, uploaded);
}

Task<std::vector<Upload>> uploads(store::Transaction& tx, const Bucket& bucket, std::string prefix, std::string key,
                                  std::string id, size_t limit) {
    const Key all = of_bucket(bucket, "upload");
    // A key's text without its end mark, so that longer keys with that beginning are found too.
    auto beginning = (of_bucket(bucket, "upload") << prefix).bytes();
    beginning.resize(beginning.size() - 2);
    auto range = Range::prefix(std::string_view(beginning));
    if (!key.empty()) {
        auto marker = of_bucket(bucket, "upload") << key;
        if (!id.empty()) marker << id;
        range.begin = std::max(range.begin, Range::prefix(marker).end);
    }
    std::vector<Upload> found;
    if (range.empty()) co_return found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        auto upload_key = reader.text();
        auto upload_id = reader.text();
        found.push_back(decode_upload(std::move(upload_key), std::move(upload_id), entry.value));
    }
    co_return found;
}

Task<Freed> save_part(store::Transaction& tx, const Bucket& bucket, const Upload& upload, const Part& part) {
    const auto key = (parts_of(bucket, upload.id) << part.number).bytes();
    Freed freed;
    if (const auto old = co_await tx.get(key)) {
        freed.push_back(decode_part(part.number, *old).blob);
        unname_blob(tx, freed.back());
    }
    tx.put(key, encode(part));
    name_blob(tx, part.blob);
    co_return freed;
}

Task<std::vector<Part>> parts(store::Transaction& tx, const Bucket& bucket, const Upload& upload, int32_t after,
                              size_t limit) {
    const Key all = parts_of(bucket, upload.id);
    auto range = Range::prefix(all);
    if (after > 0) range.begin = (parts_of(bucket, upload.id) << after + 1).bytes();
    std::vector<Part> found;
    for (const auto& entry : co_await tx.scan(range, {.limit = limit})) {
        store::KeyReader reader(entry.key, all.bytes());
        found.push_back(decode_part(static_cast<int32_t>(reader.number()), entry.value));
    }
    co_return found;
}

Task<bool> is_named(store::Transaction& tx, std::string blob) {
    co_return (co_await tx.get(blob_key(blob))).has_value();
}

}  // namespace cumulet::s3
