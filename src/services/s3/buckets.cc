// CreateBucket, DeleteBucket, HeadBucket, ListBuckets, GetBucketLocation.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html

#include "base/bytes.h"
#include "services/s3/request.h"
#include "services/s3/service.h"

namespace cumulet::s3 {

using namespace aws::s3;

namespace {

constexpr size_t most_buckets = 10'000;

/// What creating a bucket that is there already means. Returns where it means nothing.
void check_existing(const Call& call, const Bucket& existing) {
    if (existing.account != call.account) {
        throw Detailed<BucketAlreadyExists>(
            BucketAlreadyExists(
                "The requested bucket name is not available. The bucket namespace is shared by all users "
                "of the system. Please select a different name and try again."),
            {.BucketName = existing.name});
    }
    if (existing.region == "us-east-1" && call.region == "us-east-1") return;
    throw Detailed<BucketAlreadyOwnedByYou>(
        BucketAlreadyOwnedByYou("Your previous request to create the named bucket succeeded and you already own it."),
        {.BucketName = existing.name});
}

Bucket new_bucket(const Call& call, const CreateBucketRequest& request) {
    const auto configuration = request.CreateBucketConfiguration.value_or(CreateBucketConfiguration());
    if (configuration.Location || configuration.Bucket) throw not_implemented(call, "directory buckets");
    Bucket bucket;
    bucket.name = request.Bucket;
    bucket.account = call.account;
    bucket.region = bucket_region(call.region, configuration.LocationConstraint);
    bucket.created = whole_seconds(call.now());
    // A neighbour creates on behalf of a stack, and marks what it creates with system tags.
    bucket.tags = checked_tags(configuration.Tags.value_or(std::vector<Tag>()), most_bucket_tags, call.depth > 0);
    return bucket;
}

}  // namespace

Task<CreateBucketOutput> Service::create_bucket(Call& call, CreateBucketRequest request) {
    check_bucket_name(request.Bucket);
    refuse_acl(call, request);
    if (request.ObjectLockEnabledForBucket.value_or(false)) throw not_implemented(call, "ObjectLockEnabledForBucket");
    if (request.ObjectOwnership.value_or("BucketOwnerEnforced") != "BucketOwnerEnforced") {
        throw not_implemented(call, "ObjectOwnership");
    }
    const auto bucket = new_bucket(call, request);

    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        const auto existing = co_await find_bucket(tx, request.Bucket);
        if (existing) {
            check_existing(call, *existing);
        } else {
            save_bucket(tx, bucket);
        }
    });
    CreateBucketOutput output;
    output.Location = call.region == "us-east-1" && bucket.region == "us-east-1"
                          ? "/" + request.Bucket
                          : fmt::format("http://{}.s3.amazonaws.com/", request.Bucket);
    output.BucketArn = bucket.arn();
    co_return output;
}

Task<DeleteBucketResponse> Service::delete_bucket(Call& call, DeleteBucketRequest request) {
    // Uploads go first, one per transaction, since each may have ten thousand parts; then the bucket, if it is empty.
    for (bool done = false; !done;) {
        auto freed = co_await store_.transact([&](store::Transaction& tx) -> Task<Freed> {
            done = false;
            const auto bucket = co_await load_bucket(tx, request.Bucket, request.ExpectedBucketOwner);
            if (!(co_await objects(tx, bucket, "", "", 1)).empty()) {
                throw error("BucketNotEmpty", "The bucket you tried to delete is not empty", 409,
                            {.BucketName = request.Bucket});
            }
            const auto pending = co_await uploads(tx, bucket, "", "", "", 1);
            if (!pending.empty()) co_return co_await erase_upload(tx, bucket, pending[0], {});
            erase_bucket(tx, bucket);
            done = true;
            co_return Freed();
        });
        co_await drop(std::move(freed));
    }
    co_return DeleteBucketResponse{};
}

Task<HeadBucketOutput> Service::head_bucket(Call& call, HeadBucketRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    HeadBucketOutput output;
    output.BucketArn = bucket.arn();
    output.BucketRegion = bucket.region;
    output.AccessPointAlias = false;
    co_return output;
}

Task<ListBucketsOutput> Service::list_buckets(Call& call, ListBucketsRequest request) {
    const auto most = request.MaxBuckets.value_or(most_buckets);
    if (most < 1 || most > static_cast<int32_t>(most_buckets)) {
        throw invalid_argument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets",
                               std::to_string(most));
    }
    const auto after = from_base64(request.ContinuationToken.value_or(""));
    if (!after) {
        throw invalid_argument("The continuation token provided is incorrect", "continuation-token",
                               *request.ContinuationToken);
    }
    const auto limit = static_cast<size_t>(most);
    const auto prefix = request.Prefix.value_or("");
    // A page of one region is filtered here, so it looks through all of the account's buckets.
    auto found = co_await store_.transact([&](store::Transaction& tx) -> Task<std::vector<Bucket>> {
        co_return co_await s3::list_buckets(tx, call.account, prefix, *after,
                                            request.BucketRegion ? most_buckets : limit + 1);
    });
    if (request.BucketRegion) {
        std::erase_if(found, [&](const Bucket& bucket) { return bucket.region != *request.BucketRegion; });
    }

    ListBucketsOutput output;
    output.Owner = owner_of(call.account);
    output.Prefix = request.Prefix;
    output.Buckets.emplace();
    for (size_t i = 0; i < std::min(found.size(), limit); ++i) {
        aws::s3::Bucket listed;
        listed.Name = found[i].name;
        listed.CreationDate = found[i].created;
        // As AWS has it: regions are told only to callers who ask for pages.
        if (request.MaxBuckets || request.BucketRegion || request.Prefix) listed.BucketRegion = found[i].region;
        listed.BucketArn = found[i].arn();
        output.Buckets->push_back(std::move(listed));
    }
    if (found.size() > limit) output.ContinuationToken = to_base64(found[limit - 1].name);
    co_return output;
}

Task<GetBucketLocationOutput> Service::get_bucket_location(Call& call, GetBucketLocationRequest request) {
    const auto bucket = co_await bucket_of(request.Bucket, request.ExpectedBucketOwner);
    GetBucketLocationOutput output;
    if (bucket.region != "us-east-1") output.LocationConstraint = bucket.region;
    co_return output;
}

}  // namespace cumulet::s3
