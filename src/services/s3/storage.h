// The keys of S3; nothing else knows them.
//
//   ("", "", "s3")                  names that are one for all accounts
//     "bucket"  name                Bucket
//     "blob"    blob id             empty: some record names this blob, so a sweep keeps it
//     "outbox"  due, id             OutboxEntry: a notification that is still to be delivered
//   (account, "", "s3")
//     "owned"   name                empty: the buckets of an account
//   (account, region, "s3")         of the bucket
//     "object"  bucket, key         Object
//     "content" bucket, key         Content: apart, so that listing does not read it
//     "upload"  bucket, key, id     Upload
//     "part"    upload id, number   Part
//
// Buckets are handed over by reference, also to coroutines: every caller awaits at once.
#pragma once

#include "runtime/call.h"
#include "services/s3/object.h"
#include "store/store.h"

namespace cumulet::s3 {

/// Ids of blobs that no record names any more once the transaction is committed.
using Freed = std::vector<std::string>;

Task<std::optional<Bucket>> find_bucket(store::Transaction& tx, std::string name);
/// Throws NoSuchBucket; AccessDenied if the bucket is not `expected_owner`'s.
Task<Bucket> load_bucket(store::Transaction& tx, std::string name, std::optional<std::string> expected_owner = {});
void save_bucket(store::Transaction& tx, const Bucket& bucket);
/// The bucket must be empty.
void erase_bucket(store::Transaction& tx, const Bucket& bucket);
/// The account's buckets whose names begin with `prefix` and come after `after`, at most `limit`.
Task<std::vector<Bucket>> list_buckets(store::Transaction& tx, std::string account, std::string prefix,
                                       std::string after, size_t limit);

Task<std::optional<Object>> find_object(store::Transaction& tx, const Bucket& bucket, std::string key);
/// Throws NoSuchKey.
Task<Object> load_object(store::Transaction& tx, const Bucket& bucket, std::string key);
Task<Content> load_content(store::Transaction& tx, const Bucket& bucket, std::string key);
/// Saves the object without touching its content.
void save_object(store::Transaction& tx, const Bucket& bucket, const Object& object);
/// Saves both and names the content's blobs; what they replace is freed.
Task<Freed> save_object(store::Transaction& tx, const Bucket& bucket, const Object& object, const Content& content);
/// Erasing what is not there frees nothing.
Task<Freed> erase_object(store::Transaction& tx, const Bucket& bucket, std::string key);
/// Objects whose keys begin with `prefix` and are not before `from`, at most `limit`.
Task<std::vector<Object>> objects(store::Transaction& tx, const Bucket& bucket, std::string prefix, std::string from,
                                  size_t limit);

Task<std::optional<Upload>> find_upload(store::Transaction& tx, const Bucket& bucket, std::string key, std::string id);
/// Throws NoSuchUpload.
Task<Upload> load_upload(store::Transaction& tx, const Bucket& bucket, std::string key, std::string id);
void save_upload(store::Transaction& tx, const Bucket& bucket, const Upload& upload);
/// Erases the upload and its parts; frees every part's blob that `kept` does not name.
Task<Freed> erase_upload(store::Transaction& tx, const Bucket& bucket, const Upload& upload, const Content& kept);
/// Uploads whose keys begin with `prefix`, after `key` and (of that key) `id`, at most `limit`.
Task<std::vector<Upload>> uploads(store::Transaction& tx, const Bucket& bucket, std::string prefix, std::string key,
                                  std::string id, size_t limit);

/// Names the part's blob; what it replaces is freed.
Task<Freed> save_part(store::Transaction& tx, const Bucket& bucket, const Upload& upload, const Part& part);
/// Parts with numbers above `after`, at most `limit`.
Task<std::vector<Part>> parts(store::Transaction& tx, const Bucket& bucket, const Upload& upload, int32_t after,
                              size_t limit);

/// True if some record names the blob.
Task<bool> is_named(store::Transaction& tx, std::string blob);

/// A message for the destination of a bucket's notifications.
struct OutboxEntry {
    Time due;  ///< when anyone may take it; the end of a lease, or Time::max(), while a process holds it
    std::string id;
    std::string bucket;  ///< its name, account and region, in whose name it is sent
    std::string account;
    std::string region;
    std::string destination;  ///< ARN of a queue, topic or function
    std::string message;
    std::string trace;  ///< of the call that it tells of
    Time since;         ///< when that was
    int64_t attempts = 0;
};

// outbox.cc
void save_outbox_entry(store::Transaction& tx, const OutboxEntry& entry);
void erase_outbox_entry(store::Transaction& tx, const OutboxEntry& entry);
/// Those that are due by `until`, the earliest first, at most `limit`.
Task<std::vector<OutboxEntry>> due_outbox_entries(store::Transaction& tx, Time until, size_t limit);
/// When the first of those becomes due that are not held for good.
Task<std::optional<Time>> next_outbox_due(store::Transaction& tx);
/// Makes those due at `now` that a process held for good, at most `limit`, and says how many.
Task<size_t> release_outbox_entries(store::Transaction& tx, Time now, size_t limit);
store::Range outbox_range();
/// Woken when something becomes due that no process holds.
inline constexpr std::string_view outbox_topic = "s3/outbox";

}  // namespace cumulet::s3
