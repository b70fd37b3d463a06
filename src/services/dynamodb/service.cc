#include "services/dynamodb/service.h"

#include "services/dynamodb/expiry.h"
#include "services/dynamodb/replicas.h"
#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

Service::Service(store::Store& store, bool shared) : store_(store), worker_(store, shared), due_(store) {
    worker_.add("build index", [this](Work work) { return build_index(std::move(work)); });
    worker_.add("drop index", [this](Work work) { return drop_index(std::move(work)); });
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
