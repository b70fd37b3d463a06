// What S3 tells of an object: event messages. Pure but for the sequence of its numbers.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
#pragma once

#include <atomic>

#include "runtime/call.h"
#include "services/s3/object.h"

namespace cumulet::s3 {

/// What happened to an object.
struct Event {
    std::string_view name;  ///< "ObjectCreated:Put"
    std::string key;
    std::optional<uint64_t> size_bytes;
    std::optional<std::string> etag;
};
/// The object is new, or new in part.
Event event_of(std::string_view name, const Object& object);

/// Numbers events so that those of one key compare as they came, also where the cloud's clock stands still.
class Sequencer {
  public:
    /// 18 hexadecimal digits. From any thread.
    std::string next(Time now);

  private:
    std::atomic<int64_t> last_{0};
};

/// The message {"Records":[…]} about one event, as JSON text. `rule` is the id of the rule that asked for it.
std::string event_message(const Call& call, const Bucket& bucket, std::string_view rule, const Event& event, Time now,
                          std::string sequencer);
/// What S3 sends to a new destination to try it.
std::string test_message(const Call& call, const Bucket& bucket, Time now);

/// A key as events have it: form-encoded, but for slashes.
std::string event_key(std::string_view key);

}  // namespace cumulet::s3
