// The keys of CloudWatch Logs; nothing else knows them. All begin with (account, region, "logs").
//
//   "group"  group name                                   Group
//   "stream" group name, stream name                      Stream
//   "event"  group name, stream name, timestamp, serial   the event's ingestion time and message
//
// A serial counts the events of a stream, and orders those of one timestamp.
#pragma once

#include "contracts/logs.h"
#include "store/store.h"

namespace cumulet::logs {

struct Place {
    std::string account;
    std::string region;
};

struct Group {
    std::string name;
    Time created;
    std::optional<int32_t> retention_days;
    std::map<std::string, std::string> tags;
};

struct Stream {
    std::string group;
    std::string name;
    Time created;
    std::optional<int64_t> first_event_millis;
    std::optional<int64_t> last_event_millis;
    std::optional<Time> last_ingestion;
    uint64_t events = 0;  ///< ever put: the serial of the next
};

/// Where an event stands in its stream.
struct Position {
    int64_t timestamp_millis = 0;
    uint64_t serial = 0;
    auto operator<=>(const Position&) const = default;
};
struct Event {
    Position position;
    std::string stream;
    Time ingested;
    std::string message;
};

Task<std::optional<Group>> find_group(store::Transaction& tx, const Place& place, std::string name);
/// Throws ResourceNotFoundException.
Task<Group> load_group(store::Transaction& tx, const Place& place, std::string name);
void save_group(store::Transaction& tx, const Place& place, const Group& group);
/// Removes the group, its streams and events.
void erase_group(store::Transaction& tx, const Place& place, const std::string& name);
/// Groups whose names begin with `prefix` and come after `after`.
Task<std::vector<Group>> list_groups(store::Transaction& tx, const Place& place, std::string prefix, std::string after,
                                     size_t limit);

Task<std::optional<Stream>> find_stream(store::Transaction& tx, const Place& place, std::string group,
                                        std::string name);
/// Throws ResourceNotFoundException.
Task<Stream> load_stream(store::Transaction& tx, const Place& place, std::string group, std::string name);
void save_stream(store::Transaction& tx, const Place& place, const Stream& stream);
void erase_stream(store::Transaction& tx, const Place& place, const Stream& stream);
Task<std::vector<Stream>> list_streams(store::Transaction& tx, const Place& place, std::string group,
                                       std::string prefix, std::string after, size_t limit);

void save_event(store::Transaction& tx, const Place& place, const std::string& group, const Event& event);
/// Events of one stream from `from` to before `until`, at most `limit`, oldest first, or newest first if `descending`.
Task<std::vector<Event>> events(store::Transaction& tx, const Place& place, std::string group, std::string stream,
                                Position from, Position until, size_t limit, bool descending);

}  // namespace cumulet::logs
