// What IAM evaluates for S3: the ARN of the bucket or object, and the bucket's policy.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security_iam_service-with-iam.html

#include "services/s3/service.h"

namespace cumulet::s3 {

std::string Service::resource_of(const Call& call, const contracts::Operation& operation, const void* input) const {
    const auto text = [&](std::string_view name) -> std::string_view {
        for (const auto& member : operation.input->members) {
            if (member.name != name || member.optional || member.shape->kind != contracts::Kind::string) continue;
            return *reinterpret_cast<const std::string*>(static_cast<const char*>(input) + member.offset);
        }
        return "";
    };
    const auto bucket = text("Bucket");
    if (bucket.empty()) return "*";
    auto arn = fmt::format("arn:aws:s3:::{}", bucket);
    if (const auto key = text("Key"); !key.empty()) return fmt::format("{}/{}", arn, key);
    // One answer for many objects: who may delete some of a bucket's objects but not all deletes them one by one.
    return operation.name == "DeleteObjects" ? arn + "/*" : arn;
}

Task<std::string> Service::resource_policy(Call& call, std::string arn) {
    constexpr std::string_view buckets = "arn:aws:s3:::";
    if (!arn.starts_with(buckets)) co_return "";
    const auto resource = arn.substr(buckets.size());
    const auto name = resource.substr(0, resource.find('/'));
    co_return co_await store_.transact([&](store::Transaction& tx) -> Task<std::string> {
        const auto bucket = co_await find_bucket(tx, name);
        co_return bucket ? bucket->policy : "";
    });
}

}  // namespace cumulet::s3
