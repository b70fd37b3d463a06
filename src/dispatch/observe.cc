// What stays of a call when it is over: a record, counters, a log line.

#include "dispatch/steps.h"
#include "runtime/log.h"

namespace cumulet::dispatch {

void audit(Passage& passage) {
    const auto& call = passage.call;
    auto& record = passage.shard.records.claim();
    record.at = call.started;
    record.took = passage.stopwatch.elapsed();
    record.service = passage.service().name;
    record.operation = passage.operation().name;
    record.request_id = call.request_id;
    record.account = call.account;
    record.region = call.region;
    record.principal_arn = call.principal.arn;
    record.access_key_id = call.principal.access_key_id;
    record.source_address = call.source_address;
    record.user_agent = call.user_agent;
    record.trace = call.trace;
    record.error_code = passage.error_code;
    record.decision = passage.decision;
    record.status = passage.status;
    record.depth = call.depth;
    record.bytes_in = passage.bytes_in;
    record.bytes_out = passage.bytes_out;
    passage.shard.records.publish();
}

void meter(Passage& passage) {
    passage.shard.counters.count(*passage.route.entry, passage.operation(), passage.status,
                                 passage.stopwatch.elapsed());
}

void trace(Passage& passage) {
    if (!log::enabled(log::Level::debug)) return;
    const auto& call = passage.call;
    log::debug("call", {{"service", call.service},
                        {"operation", call.operation},
                        {"status", std::to_string(passage.status)},
                        {"error", passage.error_code},
                        {"request_id", call.request_id},
                        {"account", call.account},
                        {"region", call.region},
                        {"depth", std::to_string(call.depth)},
                        {"trace", call.trace},
                        {"us", std::to_string(passage.stopwatch.elapsed().count() / 1000)}});
}

}  // namespace cumulet::dispatch
