#include "services/lambda/tests/support/cloud.h"

#include <zip.h>

#include "store/memory/memory_store.h"

namespace cumulet::lambda {

std::string zip_of(const std::map<std::string, std::string>& files) {
    zip_error_t error;
    zip_error_init(&error);
    auto* target = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_source_keep(target);
    auto* archive = zip_open_from_source(target, ZIP_TRUNCATE, &error);
    for (const auto& [name, text] : files) {
        const bool runs = name.ends_with('*');
        const auto plain = runs ? name.substr(0, name.size() - 1) : name;
        const auto index =
            zip_file_add(archive, plain.c_str(), zip_source_buffer(archive, text.data(), text.size(), 0), 0);
        zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX,
                                         (runs ? 0100755U : 0100644U) << 16);
    }
    zip_close(archive);
    std::string bytes;
    zip_stat_t size;
    zip_source_open(target);
    zip_source_stat(target, &size);
    bytes.resize(size.size);
    zip_source_read(target, bytes.data(), bytes.size());
    zip_source_close(target);
    zip_source_free(target);
    return bytes;
}

Task<aws::sqs::SendMessageResult> Queues::send_message(Call&, aws::sqs::SendMessageRequest request) {
    if (request.QueueUrl.ends_with("/refused")) throw aws::access_denied("not for Lambda");
    visible.push_back({.MessageId = fmt::format("m-{}", ++serial),
                       .ReceiptHandle = fmt::format("r-{}", serial),
                       .Body = request.MessageBody,
                       .MessageAttributes = request.MessageAttributes});
    co_await store->transact([](store::Transaction& tx) -> Task<void> {
        tx.wake("queue");
        co_return;
    });
    co_return aws::sqs::SendMessageResult{};
}

Task<aws::sqs::ReceiveMessageResult> Queues::receive_message(Call& call, aws::sqs::ReceiveMessageRequest request) {
    auto watch = store->watch("queue");
    const auto until = call.now() + std::chrono::seconds(request.WaitTimeSeconds.value_or(0));
    while (visible.empty() && !store->closing() && call.now() < until) co_await watch.wait(until);
    aws::sqs::ReceiveMessageResult result;
    auto& messages = result.Messages.emplace();
    while (!visible.empty() && messages.size() < static_cast<size_t>(request.MaxNumberOfMessages.value_or(1))) {
        messages.push_back(visible.front());
        taken.push_back(visible.front());
        visible.erase(visible.begin());
    }
    co_return result;
}

Task<aws::sqs::DeleteMessageBatchResult> Queues::delete_message_batch(Call&,
                                                                      aws::sqs::DeleteMessageBatchRequest request) {
    for (const auto& entry : request.Entries) {
        for (const auto& message : taken) {
            if (message.ReceiptHandle == entry.ReceiptHandle) deleted.push_back(*message.Body);
        }
    }
    co_return aws::sqs::DeleteMessageBatchResult{};
}

Task<aws::sqs::GetQueueAttributesResult> Queues::get_queue_attributes(Call&,
                                                                      aws::sqs::GetQueueAttributesRequest request) {
    if (request.QueueUrl.ends_with("/missing"))
        throw aws::sqs::QueueDoesNotExist("The specified queue does not exist.");
    aws::sqs::GetQueueAttributesResult result;
    result.Attributes.emplace()["VisibilityTimeout"] = "30";
    co_return result;
}

Task<void> CloudDoor::invoke(Call& caller, const contracts::Service& service, const contracts::Operation& operation,
                             void* input, void* output) {
    const auto found = apis.find(service.name);
    if (found == apis.end()) {
        if (service.name == "sts") throw aws::access_denied("no such role");
        co_return co_await LogDoor::invoke(caller, service, operation, input, output);
    }
    auto child = caller.child(std::string(service.name), std::string(operation.name));
    co_await operation.invoke(*found->second, child, input, output);
}

Cloud::Cloud(bool shared, std::function<void(store::Transaction&)> before, Settings settings)
    : store(store::open_memory_store()),
      blobs(store::open_file_blobs(folder.path() / "blobs", false)),
      service(*store, *blobs, door, threads, clock,
              {.folder = folder.path() / "lambda",
               .metrics = &metrics,
               .settings = std::move(settings),
               .shared = shared}) {
    queues.store = store.get();
    door.apis = {{"lambda", &service}, {"sqs", &queues}};
    if (before) {
        run(store->transact([&](store::Transaction& tx) -> Task<void> {
            before(tx);
            co_return;
        }));
    }
    reactor.block_on([](Cloud& cloud) -> Task<void> {
        cloud.service.start("http://127.0.0.1:4566");
        co_return;
    }(*this));
}

Cloud::~Cloud() { reactor.block_on(service.stop()); }

aws::lambda::FunctionConfiguration Cloud::create(std::string name, std::string source, std::string runtime) {
    const bool node = runtime.starts_with("nodejs");
    return run(service.create_function(
        call, {.FunctionName = std::move(name),
               .Runtime = runtime,
               .Role = "arn:aws:iam::000000000000:role/r",
               .Handler = "index.handler",
               .Code = {.ZipFile = zip_of({{node ? "index.js" : "index.py", std::move(source)}})}}));
}

aws::lambda::InvocationResponse Cloud::invoke(std::string name, std::string payload, std::string type) {
    call.request_id = call.random().uuid();
    return run(service.invoke(call, {.FunctionName = std::move(name),
                                     .InvocationType = std::move(type),
                                     .LogType = "Tail",
                                     .Payload = std::move(payload)}));
}

bool Cloud::isolated() {
    static const bool isolated = Sandbox::find()->isolated();
    return isolated;
}

bool Cloud::eventually(std::function<bool()> condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        if (!reactor.run_ready()) reactor.parker().park(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace cumulet::lambda
