// AWS::S3::Bucket and AWS::S3::BucketPolicy for CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-s3-bucket.html

#include "base/bytes.h"
#include "contracts/resource_tags.h"
#include "services/s3/rules.h"
#include "services/s3/service.h"
#include "services/s3/template_notifications.h"

namespace cumulet::s3 {
namespace {

constexpr std::string_view built_properties[] = {
    "BucketName", "BucketEncryption",         "PublicAccessBlockConfiguration", "OwnershipControls",
    "Tags",       "NotificationConfiguration"};

/// Refuses by name what is not built.
void check_properties(const json::object& properties) {
    for (const auto& [name, value] : properties) {
        if (std::ranges::find(built_properties, std::string_view(name)) != std::end(built_properties)) continue;
        if (name == "AccessControl" && (value == "Private" || value == "BucketOwnerFullControl")) continue;
        throw aws::not_implemented("s3", "AWS::S3::Bucket", name);
    }
}

std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

std::vector<aws::s3::Tag> tags_of(const contracts::ResourceContext& context, const json::object& properties) {
    auto tags = contracts::merged_tags(context, properties);
    std::erase_if(tags, [](const auto& tag) { return tag.first.starts_with("aws:"); });  // set when it is created
    return tag_set(tags);
}

bool flag(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value && (*value == true || *value == "true");
}

class BucketResource final : public contracts::ResourceType {
  public:
    explicit BucketResource(contracts::Door& door) : s3_(door) {}
    std::string_view name() const override { return "AWS::S3::Bucket"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext& context,
                                     json::object properties) override {
        check_properties(properties);
        // Bucket names have no capitals, logical ids do.
        const std::string bucket(string_or(properties, "BucketName", to_lower(context.generated_name)));
        if (!co_await made_before(call, context, bucket)) {
            aws::s3::CreateBucketRequest request;
            request.Bucket = bucket;
            auto& configuration = request.CreateBucketConfiguration.emplace();
            if (call.region != "us-east-1") configuration.LocationConstraint = call.region;
            configuration.Tags = {{"aws:cloudformation:stack-id", context.stack_id},
                                  {"aws:cloudformation:stack-name", context.stack_name},
                                  {"aws:cloudformation:logical-id", context.logical_id}};
            co_await s3_.create_bucket(call, std::move(request));
        }
        std::exception_ptr failure;
        try {
            co_await configure(call, context, bucket, {}, properties);
        } catch (const aws::Error&) {
            failure = std::current_exception();
        }
        if (failure) {
            // A resource that could not be made leaves nothing behind.
            try {
                co_await remove(call, context, bucket, std::move(properties));
            } catch (const aws::Error&) {
                // somebody put objects there already
            }
            std::rethrow_exception(failure);
        }
        co_return describe(call, bucket);
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"BucketName"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string physical_id,
                                     json::object before, json::object after) override {
        check_properties(after);
        co_await configure(call, context, physical_id, std::move(before), std::move(after));
        co_return describe(call, physical_id);
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await s3_.delete_bucket(call, {.Bucket = physical_id});
        } catch (const aws::s3::NoSuchBucket&) {
            // gone already
        }
    }

  private:
    /// True if this resource's own first try made the bucket. Throws BucketAlreadyOwnedByYou if something else did.
    Task<bool> made_before(Call& call, const contracts::ResourceContext& context, std::string bucket) {
        std::vector<aws::s3::Tag> tags;
        try {
            tags = (co_await s3_.get_bucket_tagging(call, {.Bucket = bucket})).TagSet;
        } catch (const aws::s3::NoSuchBucket&) {
            co_return false;
        } catch (const aws::Error& failure) {
            if (failure.code != "NoSuchTagSet") co_return false;  // another's bucket: creating it says so
        }
        const auto has = [&](std::string_view key, const std::string& value) {
            return std::ranges::any_of(tags, [&](const auto& tag) { return tag.Key == key && tag.Value == value; });
        };
        if (has("aws:cloudformation:stack-id", context.stack_id) &&
            has("aws:cloudformation:logical-id", context.logical_id)) {
            co_return true;
        }
        throw aws::s3::BucketAlreadyOwnedByYou(fmt::format("{} already exists", bucket));
    }

    Task<void> configure(Call& call, const contracts::ResourceContext& context, std::string bucket, json::object before,
                         json::object after) {
        const auto tags = tags_of(context, after);
        if (!tags.empty()) {
            co_await s3_.put_bucket_tagging(call, {.Bucket = bucket, .Tagging = {tags}});
        } else if (!before.empty()) {
            co_await s3_.delete_bucket_tagging(call, {.Bucket = bucket});
        }
        if (before.contains("PublicAccessBlockConfiguration") || after.contains("PublicAccessBlockConfiguration")) {
            co_await set_public_access(call, bucket, after);
        }
        if (const auto* encryption = after.if_contains("BucketEncryption")) {
            co_await set_encryption(call, bucket, *encryption);
        }
        if (const auto* ownership = after.if_contains("OwnershipControls")) {
            aws::s3::PutBucketOwnershipControlsRequest request;
            request.Bucket = bucket;
            if (const auto* rules = find(*ownership, "Rules"); rules && rules->is_array()) {
                for (const auto& rule : rules->as_array()) {
                    request.OwnershipControls.Rules.push_back(
                        {.ObjectOwnership = std::string(string_or(rule.as_object(), "ObjectOwnership"))});
                }
            }
            co_await s3_.put_bucket_ownership_controls(call, std::move(request));
        }
        // Setting them again would send test messages again.
        if (contracts::any_differs(before, after, {"NotificationConfiguration"})) {
            co_await s3_.put_bucket_notification_configuration(
                call, {.Bucket = bucket, .NotificationConfiguration = template_notifications(after)});
        }
    }

    /// A bucket whose template says nothing of it is closed to the public.
    Task<void> set_public_access(Call& call, std::string bucket, json::object properties) {
        aws::s3::PutPublicAccessBlockRequest request;
        request.Bucket = std::move(bucket);
        auto& access = request.PublicAccessBlockConfiguration;
        access = {true, true, true, true};
        const auto* wanted = properties.if_contains("PublicAccessBlockConfiguration");
        if (wanted && wanted->is_object()) {
            const auto& flags = wanted->as_object();
            access = {flag(flags, "BlockPublicAcls"), flag(flags, "IgnorePublicAcls"), flag(flags, "BlockPublicPolicy"),
                      flag(flags, "RestrictPublicBuckets")};
        }
        co_await s3_.put_public_access_block(call, std::move(request));
    }

    Task<void> set_encryption(Call& call, std::string bucket, json::value encryption) {
        aws::s3::PutBucketEncryptionRequest request;
        request.Bucket = std::move(bucket);
        const auto* rules = find(encryption, "ServerSideEncryptionConfiguration");
        if (!rules || !rules->is_array()) {
            throw aws::validation_error("BucketEncryption must have a ServerSideEncryptionConfiguration.");
        }
        for (const auto& source : rules->as_array()) {
            auto& rule = request.ServerSideEncryptionConfiguration.Rules.emplace_back();
            if (const auto* chosen = find(source, "ServerSideEncryptionByDefault"); chosen && chosen->is_object()) {
                rule.ApplyServerSideEncryptionByDefault.emplace().SSEAlgorithm =
                    string_or(chosen->as_object(), "SSEAlgorithm");
            }
            if (source.is_object()) rule.BucketKeyEnabled = flag(source.as_object(), "BucketKeyEnabled");
        }
        co_await s3_.put_bucket_encryption(call, std::move(request));
    }

    contracts::Resource describe(const Call& call, const std::string& bucket) {
        contracts::Resource resource;
        resource.physical_id = bucket;
        resource.attributes["Arn"] = "arn:aws:s3:::" + bucket;
        resource.attributes["DomainName"] = bucket + ".s3.amazonaws.com";
        resource.attributes["RegionalDomainName"] = fmt::format("{}.s3.{}.amazonaws.com", bucket, call.region);
        resource.attributes["DualStackDomainName"] =
            fmt::format("{}.s3.dualstack.{}.amazonaws.com", bucket, call.region);
        resource.attributes["WebsiteURL"] = fmt::format("http://{}.s3-website-{}.amazonaws.com", bucket, call.region);
        return resource;
    }

    aws::s3::Client s3_;
};

class BucketPolicyResource final : public contracts::ResourceType {
  public:
    explicit BucketPolicyResource(contracts::Door& door) : s3_(door) {}
    std::string_view name() const override { return "AWS::S3::BucketPolicy"; }

    Task<contracts::Resource> create(Call& call, const contracts::ResourceContext&, json::object properties) override {
        aws::s3::PutBucketPolicyRequest request;
        request.Bucket = string_or(properties, "Bucket");
        request.Policy = text_of(properties["PolicyDocument"]);
        contracts::Resource resource;
        resource.physical_id = request.Bucket;
        co_await s3_.put_bucket_policy(call, std::move(request));
        co_return resource;
    }

    bool needs_replacement(const json::object& before, const json::object& after) const override {
        return contracts::any_differs(before, after, {"Bucket"});
    }

    Task<contracts::Resource> update(Call& call, const contracts::ResourceContext& context, std::string, json::object,
                                     json::object after) override {
        co_return co_await create(call, context, std::move(after));
    }

    Task<void> remove(Call& call, const contracts::ResourceContext&, std::string physical_id, json::object) override {
        try {
            co_await s3_.delete_bucket_policy(call, {.Bucket = physical_id});
        } catch (const aws::s3::NoSuchBucket&) {
            // gone with its bucket
        }
    }

  private:
    aws::s3::Client s3_;
};

}  // namespace

std::vector<std::unique_ptr<contracts::ResourceType>> resource_types(contracts::Door& door) {
    std::vector<std::unique_ptr<contracts::ResourceType>> types;
    types.push_back(std::make_unique<BucketResource>(door));
    types.push_back(std::make_unique<BucketPolicyResource>(door));
    return types;
}

}  // namespace cumulet::s3
