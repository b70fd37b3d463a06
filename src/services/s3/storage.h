// The keys of S3; nothing else knows them.
//
//   ("", "", "s3")                  names that are one for all accounts
//     "bucket"  name                Bucket
//     "blob"    blob id             empty: some record names this blob, so a sweep keeps it
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

}  // namespace cumulet::s3
