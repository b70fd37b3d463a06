#include "services/dynamodb/service.h"

#include "services/dynamodb/backups/recovery.h"
#include "services/dynamodb/backups/removal.h"
#include "services/dynamodb/expiry.h"
#include "services/dynamodb/replicas.h"
#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

Service::Service(store::Store& store, Options options)
    : store_(store), options_(options), worker_(store, options.shared), due_(store) {
    worker_.add("build index", [this](Work work) { return build_index(std::move(work)); });
    worker_.add("drop index", [this](Work work) { return drop_index(std::move(work)); });
    worker_.add("back up", [this](Work work) { return back_up(std::move(work)); });
    worker_.add("restore", [this](Work work) { return restore(std::move(work)); });
    worker_.add("export", [this](Work work) { return export_items(std::move(work)); });
    worker_.add("import", [this](Work work) { return import_items(std::move(work)); });
    worker_.add("drop items", [this](Work work) { return drop_items(std::move(work)); });
    worker_.add("drop log", [this](Work work) { return drop_log(std::move(work)); });
    due_.add(std::string(trim_changes_kind), trim_changes);
    due_.add(std::string(expire_backup_kind), expire_backup);
    due_.add(std::string(fill_expiry_kind), fill_expiry);
    due_.add(std::string(expire_kind), expire_items);
    due_.add(std::string(trim_kind), trim_stream);
    due_.add(std::string(remove_stream_kind), remove_stream);
    due_.add(std::string(copy_replica_kind), copy_replica);
}

Task<void> Service::start() {
    co_await worker_.start();
    due_.start();
}

Task<void> Service::stop() {
    store_.wake_all();
    co_await due_.stop();
    co_await worker_.stop();
}

}  // namespace cumulet::dynamodb
