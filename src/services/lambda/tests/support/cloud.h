// A small cloud around Lambda: the service on the memory store with a clock that stands still, real sandboxed
// processes, and a door behind which a queue service and a log service answer from memory.
#pragma once

#include "services/lambda/service.h"
#include "services/lambda/tests/support/workshop.h"

namespace cumulet::lambda {

/// A ZIP archive of these files; names that end in '*' are executable, without the star.
std::string zip_of(const std::map<std::string, std::string>& files);

/// As much of SQS as pollers and dead letters need: one visible list of messages per queue, long polls.
class Queues : public aws::sqs::Api {
  public:
    Task<aws::sqs::SendMessageResult> send_message(Call& call, aws::sqs::SendMessageRequest request) override;
    Task<aws::sqs::ReceiveMessageResult> receive_message(Call& call, aws::sqs::ReceiveMessageRequest request) override;
    Task<aws::sqs::DeleteMessageBatchResult> delete_message_batch(Call& call,
                                                                  aws::sqs::DeleteMessageBatchRequest request) override;
    Task<aws::sqs::GetQueueAttributesResult> get_queue_attributes(Call& call,
                                                                  aws::sqs::GetQueueAttributesRequest request) override;

    store::Store* store = nullptr;  // tells when waits must end
    std::vector<aws::sqs::Message> visible;
    std::vector<aws::sqs::Message> taken;
    std::vector<std::string> deleted;  // bodies
    int serial = 0;
};

class CloudDoor : public LogDoor {
  public:
    Task<void> invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                      void* input, void* output) override;
    std::map<std::string_view, contracts::AnyApi*> apis;
};

class Cloud {
  public:
    /// `shared`: as if other processes used the store. `before` writes what an earlier process has left.
    explicit Cloud(bool shared = true, std::function<void(store::Transaction&)> before = {}, Settings settings = {});
    ~Cloud();

    template <typename T>
    T run(Task<T> task) {
        call.started = clock.now();
        return reactor.block_on(std::move(task));
    }
    aws::lambda::FunctionConfiguration create(std::string name, std::string source, std::string runtime = "python3.11");
    aws::lambda::InvocationResponse invoke(std::string name, std::string payload = "{}",
                                           std::string type = "RequestResponse");
    /// True where functions run in namespaces of their own.
    static bool isolated();
    void advance(Duration by) { reactor.block_on(clock.advance(by)); }
    /// Runs the cloud, for at most some real seconds, until `condition` holds.
    bool eventually(std::function<bool()> condition);

    Folder folder;
    Clock clock{Time(std::chrono::seconds(1'700'000'000))};
    Reactor reactor{clock, Random(1)};
    std::unique_ptr<store::Store> store;
    std::unique_ptr<store::Blobs> blobs;
    BlockingPool threads{1};
    CloudDoor door;
    Queues queues;
    contracts::Metrics metrics;
    Service service;
    Call call{reactor, "request"};
};

}  // namespace cumulet::lambda
