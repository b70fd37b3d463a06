#include "main/artifact_bucket.h"

namespace cumulet {
namespace {

constexpr size_t key_digits = 32;

[[noreturn]] void fail(std::string_view what, const http::Response& response) {
    pugi::xml_document document;
    document.load_buffer(response.body.data(), response.body.size());
    const auto error = document.child("Error");
    throw ApiFailed(std::string(text_of(error, "Code")),
                    fmt::format("{}: HTTP status {} {}", what, response.status, text_of(error, "Message")),
                    response.status);
}

}  // namespace

Task<http::Response> ArtifactBucket::request(std::string method, std::string path, std::string body) {
    http::Request request;
    request.method = std::move(method);
    request.set_target(path);
    request.body = std::move(body);
    return client_.send("s3", std::move(request));
}

Task<void> ArtifactBucket::open() {
    const bool managed = name_.empty();
    if (managed) {
        const auto identity = co_await client_.query({"sts", "2011-06-15"}, "GetCallerIdentity", {});
        name_ =
            fmt::format("cumulet-deploy-{}-{}", client_.target().region, text_of(identity.first_child(), "Account"));
    }
    const auto there = co_await request("HEAD", "/" + name_, "");
    if (there.status == 200) co_return;
    if (there.status != 404 || !managed) fail(fmt::format("Bucket {} cannot be used", name_), there);
    const auto& region = client_.target().region;
    const auto made = co_await request(
        "PUT", "/" + name_,
        region == "us-east-1"
            ? ""
            : fmt::format(
                  "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{}"
                  "</LocationConstraint></CreateBucketConfiguration>",
                  region));
    if (made.status != 200 && made.status != 409) fail(fmt::format("Bucket {} cannot be made", name_), made);
}

Task<ArtifactBucket::Placed> ArtifactBucket::place(std::string bytes, std::string extension) {
    if (!open_) co_await open();
    open_ = true;
    Placed placed{name_, sha256_hex(bytes).substr(0, key_digits) + extension};
    const auto path = fmt::format("/{}/{}", placed.bucket, placed.key);
    const auto there = co_await request("HEAD", path, "");
    if (there.status == 200) co_return placed;
    const auto stored = co_await request("PUT", path, std::move(bytes));
    if (stored.status != 200) fail(fmt::format("{} cannot be uploaded", path), stored);
    placed.uploaded = true;
    co_return placed;
}

}  // namespace cumulet
