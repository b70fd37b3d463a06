#include "services/s3/request.h"

#include "base/bytes.h"
#include "base/http.h"

namespace cumulet::s3 {
namespace {

constexpr size_t longest_metadata_bytes = 2 << 10;

}  // namespace

std::string checked_storage_class(const Call& call, const std::optional<std::string>& storage_class) {
    static constexpr std::string_view readable[] = {"STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                                    "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"};
    const auto chosen = storage_class.value_or("STANDARD");
    if (std::ranges::find(readable, chosen) != std::end(readable)) return chosen;
    if (chosen == "GLACIER" || chosen == "DEEP_ARCHIVE") throw not_implemented(call, "StorageClass");
    throw error("InvalidStorageClass", "The storage class you specified is not valid");
}

void check_metadata(const std::map<std::string, std::string>& metadata) {
    size_t size_bytes = 0;
    for (const auto& [name, value] : metadata) size_bytes += name.size() + value.size();
    if (size_bytes > longest_metadata_bytes) {
        throw error(
            "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", 400,
            {.ProposedSize = std::to_string(size_bytes), .MaxSizeAllowed = std::to_string(longest_metadata_bytes)});
    }
}

std::optional<std::string> kept_encoding(const std::optional<std::string>& encoding) {
    if (!encoding) return std::nullopt;
    std::string kept;
    for (std::string_view rest = *encoding; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        auto coding = rest.substr(0, comma);
        while (coding.starts_with(' ')) coding.remove_prefix(1);
        while (coding.ends_with(' ')) coding.remove_suffix(1);
        if (!coding.empty() && !equal_ignoring_case(coding, "aws-chunked")) {
            if (!kept.empty()) kept += ',';
            kept += coding;
        }
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return kept.empty() ? std::nullopt : std::optional(kept);
}

CopySource parse_copy_source(std::string_view header) {
    const auto invalid = [&] {
        return invalid_argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
                                "x-amz-copy-source", std::string(header));
    };
    auto text = header;
    if (const auto query = text.find("?versionId="); query != text.npos) {
        check_version(std::string(text.substr(query + 11)));
        text = text.substr(0, query);
    }
    const auto decoded = percent_decode(text, true);
    const auto path = std::string_view(decoded).substr(decoded.starts_with('/') ? 1 : 0);
    const auto slash = path.find('/');
    if (slash == path.npos || slash == 0 || slash + 1 == path.size()) throw invalid();
    return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

}  // namespace cumulet::s3
