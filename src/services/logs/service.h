// Amazon CloudWatch Logs: groups of streams of timestamped messages.
#pragma once

#include "contracts/logs.h"
#include "contracts/resource.h"
#include "services/logs/storage.h"
#include "store/store.h"

namespace cumulet::logs {

class Service final : public aws::logs::Api {
  public:
    explicit Service(store::Store& store) : store_(store) {}

    // groups.cc
    Task<aws::logs::CreateLogGroupResponse> create_log_group(Call& call,
                                                             aws::logs::CreateLogGroupRequest request) override;
    Task<aws::logs::DeleteLogGroupResponse> delete_log_group(Call& call,
                                                             aws::logs::DeleteLogGroupRequest request) override;
    Task<aws::logs::DescribeLogGroupsResponse> describe_log_groups(
        Call& call, aws::logs::DescribeLogGroupsRequest request) override;
    Task<aws::logs::PutRetentionPolicyResponse> put_retention_policy(
        Call& call, aws::logs::PutRetentionPolicyRequest request) override;
    Task<aws::logs::DeleteRetentionPolicyResponse> delete_retention_policy(
        Call& call, aws::logs::DeleteRetentionPolicyRequest request) override;
    Task<aws::logs::TagResourceResponse> tag_resource(Call& call, aws::logs::TagResourceRequest request) override;
    Task<aws::logs::UntagResourceResponse> untag_resource(Call& call, aws::logs::UntagResourceRequest request) override;
    Task<aws::logs::ListTagsForResourceResponse> list_tags_for_resource(
        Call& call, aws::logs::ListTagsForResourceRequest request) override;

    // streams.cc
    Task<aws::logs::CreateLogStreamResponse> create_log_stream(Call& call,
                                                               aws::logs::CreateLogStreamRequest request) override;
    Task<aws::logs::DeleteLogStreamResponse> delete_log_stream(Call& call,
                                                               aws::logs::DeleteLogStreamRequest request) override;
    Task<aws::logs::DescribeLogStreamsResponse> describe_log_streams(
        Call& call, aws::logs::DescribeLogStreamsRequest request) override;

    // events.cc
    Task<aws::logs::PutLogEventsResponse> put_log_events(Call& call, aws::logs::PutLogEventsRequest request) override;
    Task<aws::logs::GetLogEventsResponse> get_log_events(Call& call, aws::logs::GetLogEventsRequest request) override;
    Task<aws::logs::FilterLogEventsResponse> filter_log_events(Call& call,
                                                               aws::logs::FilterLogEventsRequest request) override;

    std::string resource_of(const Call& call, const contracts::Operation& operation, const void* input) const override;

  private:
    store::Store& store_;
};

/// The group that a request names by name or by ARN. Throws InvalidParameterException unless by exactly one.
std::string group_name(const std::optional<std::string>& name, const std::optional<std::string>& identifier);
/// arn:aws:logs:<region>:<account>:log-group:<name>
std::string group_arn(const Call& call, std::string_view name);

/// AWS::Logs::LogGroup.
std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door);

}  // namespace cumulet::logs
