// S3's errors: code, message, and the elements that S3 adds to both. Typed where the contract has a type.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include "contracts/s3.h"

namespace cumulet::s3 {

/// Elements of an error's body, by AWS's names; the last two are header fields of a 304.
struct Details {
    std::optional<std::string> BucketName;
    std::optional<std::string> Key;
    std::optional<std::string> UploadId;
    std::optional<std::string> Condition;
    std::optional<std::string> ArgumentName;
    std::optional<std::string> ArgumentValue;
    std::optional<std::string> Header;
    std::optional<std::string> TagKey;
    std::optional<std::string> LocationConstraint;
    std::optional<std::string> PartNumber;
    std::optional<std::string> ETag;
    std::optional<std::string> ProposedSize;
    std::optional<std::string> MinSizeAllowed;
    std::optional<std::string> MaxSizeAllowed;
    std::optional<std::string> RangeRequested;
    std::optional<std::string> ActualObjectSize;
    std::optional<std::string> ExpectedDigest;
    std::optional<std::string> CalculatedDigest;
    std::optional<std::string> etag_field;
    std::optional<std::string> last_modified_field;
};

extern const contracts::Shape details_shape;

/// An error of type `Base` that carries details.
template <typename Base = aws::Error>
class Detailed final : public Base {
  public:
    Detailed(Base base, Details details) : Base(std::move(base)), details(std::move(details)) {}
    const contracts::Shape* shape() const override { return &details_shape; }
    const void* self() const override { return &details; }

    Details details;
};

/// A destination of notifications that did not take what S3 sent to try it.
struct RefusedDestination {
    std::string name;    ///< as AWS's error has it: the ARN
    std::string reason;  ///< "The destination queue does not exist"
};

/// InvalidArgument with a numbered pair of ArgumentName and ArgumentValue for each destination, at most ten.
class UnreachableDestinations final : public aws::Error {
  public:
    explicit UnreachableDestinations(std::vector<RefusedDestination> refused);
    const contracts::Shape* shape() const override;
    const void* self() const override { return &arguments_; }

  private:
    static constexpr size_t most_told = 10;
    std::array<std::optional<std::string>, 2 * most_told> arguments_;
};

/// An error that the contract has no type for.
Detailed<> error(std::string code, std::string message, int status = 400, Details details = {});

Detailed<aws::s3::NoSuchBucket> no_such_bucket(std::string bucket);
Detailed<aws::s3::NoSuchKey> no_such_key(std::string key);
Detailed<aws::s3::NoSuchUpload> no_such_upload(std::string upload_id);
Detailed<> precondition_failed(std::string condition);
Detailed<> invalid_argument(std::string message, std::string name, std::string value);
Detailed<> invalid_request(std::string message);
Detailed<> malformed_xml();
Detailed<> access_denied();
aws::Error not_implemented(const Call& call, std::string_view parameter);

}  // namespace cumulet::s3
