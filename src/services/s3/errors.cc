#include "services/s3/errors.h"

#include <cstddef>

#include "contracts/ops.h"

namespace cumulet::s3 {
namespace {

using contracts::Location;
using contracts::Member;

constexpr contracts::Shape text{.name = "String", .kind = contracts::Kind::string};

constexpr Member member(std::string_view name, size_t offset, Location location = Location::body) {
    return {.name = name,
            .wire_name = name,
            .shape = &text,
            .offset = static_cast<uint32_t>(offset),
            .optional = &contracts::optional_ops<std::string>,
            .location = location};
}

const Member members[] = {
    member("BucketName", offsetof(Details, BucketName)),
    member("Key", offsetof(Details, Key)),
    member("UploadId", offsetof(Details, UploadId)),
    member("Condition", offsetof(Details, Condition)),
    member("ArgumentName", offsetof(Details, ArgumentName)),
    member("ArgumentValue", offsetof(Details, ArgumentValue)),
    member("Header", offsetof(Details, Header)),
    member("TagKey", offsetof(Details, TagKey)),
    member("LocationConstraint", offsetof(Details, LocationConstraint)),
    member("PartNumber", offsetof(Details, PartNumber)),
    member("ETag", offsetof(Details, ETag)),
    member("ProposedSize", offsetof(Details, ProposedSize)),
    member("MinSizeAllowed", offsetof(Details, MinSizeAllowed)),
    member("MaxSizeAllowed", offsetof(Details, MaxSizeAllowed)),
    member("RangeRequested", offsetof(Details, RangeRequested)),
    member("ActualObjectSize", offsetof(Details, ActualObjectSize)),
    member("ExpectedDigest", offsetof(Details, ExpectedDigest)),
    member("CalculatedDigest", offsetof(Details, CalculatedDigest)),
    member("ETag", offsetof(Details, etag_field), Location::header),
    member("Last-Modified", offsetof(Details, last_modified_field), Location::header),
};

}  // namespace

const contracts::Shape details_shape{.name = "Error", .kind = contracts::Kind::structure, .members = members};

UnreachableDestinations::UnreachableDestinations(std::vector<RefusedDestination> refused)
    : aws::Error("InvalidArgument", "Unable to validate the following destination configurations") {
    for (size_t i = 0; i < std::min(refused.size(), most_told); ++i) {
        arguments_[2 * i] = std::move(refused[i].name);
        arguments_[2 * i + 1] = std::move(refused[i].reason);
    }
}

const contracts::Shape* UnreachableDestinations::shape() const {
    static const auto names = [] {
        std::array<std::string, 2 * most_told> made;
        for (size_t i = 0; i < made.size(); ++i)
            made[i] = fmt::format("Argument{}{}", i % 2 == 0 ? "Name" : "Value", i / 2 + 1);
        return made;
    }();
    static const auto numbered = [] {
        std::array<Member, 2 * most_told> made;
        for (size_t i = 0; i < made.size(); ++i) made[i] = member(names[i], i * sizeof(arguments_[0]));
        return made;
    }();
    static const contracts::Shape table{.name = "Error", .kind = contracts::Kind::structure, .members = numbered};
    return &table;
}

Detailed<> error(std::string code, std::string message, int status, Details details) {
    return {aws::Error(std::move(code), std::move(message), status), std::move(details)};
}

Detailed<aws::s3::NoSuchBucket> no_such_bucket(std::string bucket) {
    return {aws::s3::NoSuchBucket("The specified bucket does not exist"), {.BucketName = std::move(bucket)}};
}

Detailed<aws::s3::NoSuchKey> no_such_key(std::string key) {
    return {aws::s3::NoSuchKey("The specified key does not exist."), {.Key = std::move(key)}};
}

Detailed<aws::s3::NoSuchUpload> no_such_upload(std::string upload_id) {
    return {
        aws::s3::NoSuchUpload("The specified upload does not exist. The upload ID may be invalid, or the upload may "
                              "have been aborted or completed."),
        {.UploadId = std::move(upload_id)}};
}

Detailed<> precondition_failed(std::string condition) {
    return error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412,
                 {.Condition = std::move(condition)});
}

Detailed<> invalid_argument(std::string message, std::string name, std::string value) {
    return error("InvalidArgument", std::move(message), 400,
                 {.ArgumentName = std::move(name), .ArgumentValue = std::move(value)});
}

Detailed<> invalid_request(std::string message) { return error("InvalidRequest", std::move(message)); }

Detailed<> malformed_xml() {
    return error("MalformedXML",
                 "The XML you provided was not well-formed or did not validate against our published schema");
}

Detailed<> access_denied() { return error("AccessDenied", "Access Denied", 403); }

aws::Error not_implemented(const Call& call, std::string_view parameter) {
    return aws::not_implemented("s3", call.operation, parameter);
}

}  // namespace cumulet::s3
