#include "services/sns/service.h"

namespace cumulet::sns {

Service::Service(store::Store& store, contracts::Door& door, contracts::Metrics& metrics, Options options)
    : store_(store),
      door_(door),
      metrics_(metrics),
      limits_(options.limits),
      queues_(door, options.signer),
      functions_(door, options.signer),
      devices_(store),
      status_(door, tasks_),
      deliverer_(equipment(options)),
      fifo_(equipment(options)) {
    store_.keep_resident(outbox_range());
    store_.keep_resident(lanes_range());
}

Equipment Service::equipment(const Options& options) {
    Equipment equipment{.store = store_,
                        .door = door_,
                        .metrics = metrics_,
                        .tasks = tasks_,
                        .audiences = audiences_,
                        .queues = queues_,
                        .status = status_,
                        .couriers = {{"application", &devices_}, {"lambda", &functions_}},
                        .shared = options.shared};
    if (options.http) {
        equipment.couriers["http"] = options.http;
        equipment.couriers["https"] = options.http;
    }
    return equipment;
}

Task<void> Service::prepare() { co_await deliverer_.recover(); }

void Service::start() {
    tasks_.start(deliverer_.sweep());
    tasks_.start(fifo_.supervise());
}

Task<void> Service::stop() {
    store_.wake_all();
    co_await tasks_.stop();
}

}  // namespace cumulet::sns
