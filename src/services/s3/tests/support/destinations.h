// Queues, topics and functions as S3 sees them: they take what comes, unless told otherwise.
#pragma once

#include <functional>

#include "contracts/client.h"
#include "contracts/lambda.h"
#include "contracts/sns.h"
#include "contracts/sqs.h"

namespace cumulet::s3 {

class Destinations final : public contracts::Door {
  public:
    /// What one of them was asked.
    struct Asked {
        std::string operation;
        std::string target;   ///< a queue's URL or name, an ARN
        std::string message;  ///< "" where only looked for
        std::string subject;
        std::string source_arn;
        std::string principal;
        std::string account;
        std::string region;
        std::string trace;
    };

    /// Throws what the destination answers.
    std::function<void(const Asked&)> judge = [](const Asked&) {};
    /// Messages that were taken, in their order.
    std::vector<Asked> taken;
    int calls = 0;

    Task<void> invoke(Call& caller, const contracts::Service&, const contracts::Operation& operation, void* input,
                      void* output) override {
        ++calls;
        Asked asked{.operation = std::string(operation.name),
                    .source_arn = caller.source_arn,
                    .principal = caller.principal.service,
                    .account = caller.account,
                    .region = caller.region,
                    .trace = caller.trace};
        if (operation.name == "SendMessageBatch") {
            const auto& request = *static_cast<aws::sqs::SendMessageBatchRequest*>(input);
            for (const auto& entry : request.Entries) {
                asked.target = request.QueueUrl;
                asked.message = entry.MessageBody;
                asked.trace = entry.MessageSystemAttributes
                                  ? *entry.MessageSystemAttributes->at("AWSTraceHeader").StringValue
                                  : "";
                take_one(asked, entry.Id, *static_cast<aws::sqs::SendMessageBatchResult*>(output));
            }
            co_return;
        }
        read(asked, input);
        judge(asked);
        if (!asked.message.empty()) taken.push_back(std::move(asked));
    }

  private:
    void take_one(const Asked& asked, const std::string& id, aws::sqs::SendMessageBatchResult& result) {
        try {
            judge(asked);
            taken.push_back(asked);
            result.Successful.push_back({.Id = id});
        } catch (const aws::Error& error) {
            result.Failed.push_back(
                {.Id = id, .SenderFault = error.status < 500, .Code = error.code, .Message = error.message});
        }
    }
    static void read(Asked& asked, void* input) {
        if (asked.operation == "SendMessage") {
            const auto& request = *static_cast<aws::sqs::SendMessageRequest*>(input);
            asked.target = request.QueueUrl;
            asked.message = request.MessageBody;
        } else if (asked.operation == "GetQueueUrl") {
            asked.target = static_cast<aws::sqs::GetQueueUrlRequest*>(input)->QueueName;
        } else if (asked.operation == "GetTopicAttributes") {
            asked.target = static_cast<aws::sns::GetTopicAttributesInput*>(input)->TopicArn;
        } else if (asked.operation == "Publish") {
            const auto& request = *static_cast<aws::sns::PublishInput*>(input);
            asked.target = request.TopicArn.value_or("");
            asked.message = request.Message;
            asked.subject = request.Subject.value_or("");
        } else if (asked.operation == "Invoke") {
            const auto& request = *static_cast<aws::lambda::InvocationRequest*>(input);
            asked.target = request.FunctionName;
            asked.message = request.InvocationType == "Event" ? request.Payload.value_or("") : "";
        }
    }
};

}  // namespace cumulet::s3
