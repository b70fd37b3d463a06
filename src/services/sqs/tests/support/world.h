// A cloud of one queue on the memory store, with a clock that stands still.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/sqs/service.h"
#include "store/memory/memory_store.h"

namespace cumulet::sqs {

using Bodies = std::vector<std::string>;
struct World {
    Clock clock{Time(1'700'000'000s)};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store = store::open_memory_store();
    Service service;
    Call call = make_call();
    std::string jobs = create({.QueueName = "jobs"});

    explicit World(Settings settings = {}) : service(*store, settings) {}

    Call make_call() {
        Call made(reactor, "request");
        made.started = clock.now();
        return made;
    }
    template <typename T>
    T run(Task<T> task) {
        call.started = clock.now();
        return reactor.block_on(std::move(task));
    }
    void advance(Duration by) { reactor.block_on(clock.advance(by)); }

    std::string create(aws::sqs::CreateQueueRequest request) {
        return *run(service.create_queue(call, std::move(request))).QueueUrl;
    }
    aws::sqs::SendMessageResult send(aws::sqs::SendMessageRequest request) {
        return run(service.send_message(call, std::move(request)));
    }
    std::vector<aws::sqs::Message> receive_messages(aws::sqs::ReceiveMessageRequest request) {
        return run(service.receive_message(call, std::move(request)))
            .Messages.value_or(std::vector<aws::sqs::Message>());
    }
    Bodies receive(int32_t most = 10) {
        Bodies bodies;
        for (const auto& message : receive_messages({.QueueUrl = jobs, .MaxNumberOfMessages = most})) {
            bodies.push_back(*message.Body);
        }
        return bodies;
    }
    std::string attribute(const std::string& name) {
        auto attributes = run(service.get_queue_attributes(call, {jobs, std::vector{name}})).Attributes;
        return attributes ? (*attributes)[name] : "";
    }
};

/// "InvalidAttributeName: Unknown Attribute Colour." of what `act` throws, "" if it throws nothing.
template <typename Act>
std::string error_of(Act act) {
    try {
        act();
    } catch (const aws::Error& error) {
        return error.code + ": " + error.message;
    }
    return "";
}

}  // namespace cumulet::sqs
