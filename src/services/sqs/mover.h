// Moves messages for the message move tasks that run. A step is a transaction: safe at any moment, in any process.
#pragma once

#include "services/sqs/storage.h"

namespace cumulet::sqs {

class Mover {
  public:
    static constexpr std::string_view topic = "sqs/moving";

    explicit Mover(store::Store& store) : store_(store) {}

    /// Goes on with the tasks that run, and with those that are started later.
    void start() { tasks_.start(run()); }
    Task<void> stop();
    /// Moves some messages of each task that is due. The result says when the next is; nothing if none runs.
    Task<std::optional<Time>> step();

  private:
    Task<void> run();
    Task<std::optional<Time>> move_some(RunningMove running);

    store::Store& store_;
    TaskGroup tasks_;
};

}  // namespace cumulet::sqs
