// Tags, and the description of backups.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTagsOfResource.html
#include "services/dynamodb/service.h"
#include "services/dynamodb/storage.h"
#include "services/dynamodb/tags.h"

namespace cumulet::dynamodb {

namespace {

/// The table behind an ARN of this caller's account and region.
Task<DescribedTable> tagged_table(store::Transaction& tx, Scope scope, std::string arn) {
    if (!arn.starts_with("arn:")) throw aws::validation_error("ARNs must start with 'arn:'");
    const auto parsed = Arn::parse(arn);
    if (!parsed || parsed->service != "dynamodb") {
        throw aws::validation_error(fmt::format("Invalid TableArn: Invalid ResourceArn provided as input {}", arn));
    }
    if (parsed->resource.find("/index/") != std::string::npos) {
        throw aws::validation_error(
            fmt::format("One or more parameter values were invalid: Invalid resource arn provided, only table or "
                        "stream is accepted. Provided resource arn: {}",
                        arn));
    }
    const auto not_found = [&] {
        return ResourceNotFoundException(fmt::format("Requested resource not found: ResourceArn: {} not found", arn));
    };
    if (parsed->account != scope.account || parsed->region != scope.region) throw not_found();
    auto table = co_await find_table(tx, scope, table_name(arn));
    if (!table || table->creating) throw not_found();
    co_return std::move(*table);
}

}  // namespace

Task<TagResourceResponse> Service::tag_resource(Call& call, TagResourceInput request) {
    const Scope scope(call);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        DescribedTable table = co_await tagged_table(tx, scope, request.ResourceArn);
        if (request.Tags.empty()) throw aws::validation_error("Atleast one Tag needs to be provided as Input.");
        check_not_reserved(call, request.Tags);
        add_tags(table.tags, request.Tags);
        save_table(tx, scope, table);
    });
    co_return TagResourceResponse{};
}

Task<UntagResourceResponse> Service::untag_resource(Call& call, UntagResourceInput request) {
    const Scope scope(call);
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        DescribedTable table = co_await tagged_table(tx, scope, request.ResourceArn);
        if (request.TagKeys.empty()) {
            throw aws::validation_error("Atleast one Tag Key needs to be provided as Input.");
        }
        for (const auto& key : request.TagKeys) table.tags.erase(key);
        save_table(tx, scope, table);
    });
    co_return UntagResourceResponse{};
}

Task<ListTagsOfResourceOutput> Service::list_tags_of_resource(Call& call, ListTagsOfResourceInput request) {
    const Scope scope(call);
    const auto table = co_await store_.transact([&](store::Transaction& tx) -> Task<DescribedTable> {
        co_return co_await tagged_table(tx, scope, request.ResourceArn);
    });
    ListTagsOfResourceOutput output{.Tags = std::vector<Tag>()};
    for (const auto& [key, value] : table.tags) output.Tags->push_back({.Key = key, .Value = value});
    co_return output;
}

}  // namespace cumulet::dynamodb
