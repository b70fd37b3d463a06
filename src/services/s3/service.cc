// What several operations of S3 do alike.

#include "services/s3/service.h"

#include "runtime/log.h"
#include "services/s3/errors.h"

namespace cumulet::s3 {

Service::Service(store::Store& store, store::Blobs& blobs, contracts::Door& door, bool shared)
    : store_(store), blobs_(blobs), courier_(door), deliverer_(store, door, tasks_, shared) {
    store_.keep_resident(outbox_range());
}

Task<void> Service::recover() { co_await deliverer_.recover(); }

void Service::start() { tasks_.start(deliverer_.sweep()); }

Task<void> Service::stop() {
    store_.wake_all();
    co_await tasks_.stop();
}

Task<size_t> Service::sweep() {
    co_return co_await blobs_.sweep([this](std::string id) -> Task<bool> {
        co_return co_await store_.transact(
            [&](store::Transaction& tx) -> Task<bool> { co_return co_await is_named(tx, id); });
    });
}

Task<Bucket> Service::bucket_of(std::string name, std::optional<std::string> expected_owner) {
    co_return co_await store_.transact(
        [&](store::Transaction& tx) -> Task<Bucket> { co_return co_await load_bucket(tx, name, expected_owner); });
}

Task<Service::Found> Service::find(std::string bucket_name, std::string key,
                                   std::optional<std::string> expected_owner) {
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<Found> {
        const auto bucket = co_await load_bucket(tx, bucket_name, expected_owner);
        Found found;
        found.object = co_await load_object(tx, bucket, key);
        found.content = co_await load_content(tx, bucket, key);
        co_return found;
    });
}

Task<std::shared_ptr<ByteStream>> Service::open(Found found, std::string bucket, Slice slice) {
    constexpr int most_attempts = 8;
    for (int attempt = 1;; ++attempt) {
        std::exception_ptr failure;
        try {
            co_return co_await open_content(blobs_, found.content, slice);
        } catch (const std::runtime_error&) {
            failure = std::current_exception();
        }
        // Another writer replaced the object between our look and our opening its blob. Equal bytes are as good.
        auto again = co_await find(bucket, found.object.key, std::nullopt);
        const bool same = again.object.etag == found.object.etag && again.object.size_bytes == found.object.size_bytes;
        if (attempt == most_attempts) std::rethrow_exception(failure);
        if (!same) throw error("SlowDown", "Please reduce your request rate.", 503);
        found = std::move(again);
    }
}

Task<void> Service::save(Call& call, std::string_view event, std::string bucket_name,
                         std::optional<std::string> expected_owner, Object object, Content content,
                         std::optional<std::string> match, std::optional<std::string> none_match) {
    Written written;
    std::exception_ptr refusal;
    try {
        written = co_await store_.transact([&](store::Transaction& tx) -> Task<Written> {
            const auto bucket = co_await load_bucket(tx, bucket_name, expected_owner);
            if (match || none_match) {
                const auto existing = co_await find_object(tx, bucket, object.key);
                check_write_conditions(match, none_match, object.key, existing);
            }
            auto told = notices(call, bucket);
            told.add(tx, event, object);
            co_return Written{co_await save_object(tx, bucket, object, content), std::move(told).take()};
        });
    } catch (const aws::Error&) {
        refusal = std::current_exception();
        for (const auto& segment : content.segments) written.freed.push_back(segment.blob);
    }
    co_await settle(std::move(written));
    if (refusal) std::rethrow_exception(refusal);
}

Task<void> Service::settle(Written written) {
    deliverer_.take(std::move(written.notices));
    co_await drop(std::move(written.freed));
}

Task<void> Service::drop(Freed blobs) {
    for (const auto& id : blobs) {
        try {
            co_await blobs_.remove(id);
        } catch (const std::exception& failure) {
            log::warning("a blob that nothing names stays until the next start",
                         {{"blob", id}, {"reason", failure.what()}});
        }
    }
}

}  // namespace cumulet::s3
