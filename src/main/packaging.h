// Which properties of a template name local files, and what stands there once the files are uploaded.
// https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
#pragma once

#include <filesystem>
#include <vector>

#include "base/json.h"

namespace cumulet {

/// How local content becomes an object.
enum class Packing : uint8_t { archive, file, nested_template };

/// How a property names an object.
enum class Reference : uint8_t {
    uri,                ///< "s3://bucket/key"
    s3_bucket_and_key,  ///< {S3Bucket, S3Key}
    bucket_and_key,     ///< {Bucket, Key}
    url,                ///< "http://endpoint/bucket/key"
};

/// A property that names local files.
struct Artifact {
    std::string resource;  ///< logical id, or "Globals"
    std::string property;
    std::filesystem::path path;
    Packing packing = Packing::archive;
    Reference reference = Reference::uri;
    json::value* place = nullptr;  ///< within the document; valid until the document is changed otherwise
};

/// The artifacts of `document`, whose paths are relative to `folder`. A function without code gets the folder itself,
/// as AWS's command has it. Throws std::runtime_error for a path that is not there.
std::vector<Artifact> find_artifacts(json::object& document, const std::filesystem::path& folder);

/// What the property says once the content is the object `key` of `bucket`, reachable at `endpoint`.
json::value reference_to(Reference form, std::string_view bucket, std::string_view key, std::string_view endpoint);

/// What is uploaded for an archive: an archive as it is, anything else zipped. Throws std::runtime_error.
std::string archive_bytes(const std::filesystem::path& path);

}  // namespace cumulet
