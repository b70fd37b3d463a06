// Amazon DynamoDB Streams: what changed in a table, in order, for a day.
#pragma once

#include "services/dynamodb/streams/storage.h"

namespace cumulet::dynamodb {

class Streams final : public aws::dynamodbstreams::Api {
  public:
    explicit Streams(store::Store& store) : store_(store) {}

    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

    // describe.cc
    Task<aws::dynamodbstreams::ListStreamsOutput> list_streams(Call& call,
                                                               aws::dynamodbstreams::ListStreamsInput request) override;
    Task<aws::dynamodbstreams::DescribeStreamOutput> describe_stream(
        Call& call, aws::dynamodbstreams::DescribeStreamInput request) override;

    // read.cc
    Task<aws::dynamodbstreams::GetShardIteratorOutput> get_shard_iterator(
        Call& call, aws::dynamodbstreams::GetShardIteratorInput request) override;
    Task<aws::dynamodbstreams::GetRecordsOutput> get_records(Call& call,
                                                             aws::dynamodbstreams::GetRecordsInput request) override;

  private:
    store::Store& store_;
};

/// The stream of this ARN. Throws aws::Error (ValidationException) and ResourceNotFoundException.
Task<Stream> load_stream(store::Transaction& tx, Scope scope, std::string arn);

/// `given`, or `most` if nothing is. Throws aws::Error (ValidationException) for more than `most`.
size_t limit_of(const std::optional<int32_t>& given, int32_t most);

}  // namespace cumulet::dynamodb
