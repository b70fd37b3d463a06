// Layers as they are stored, their names, and the rules for which of them a function may have. Pure.
#pragma once

#include "base/json.h"
#include "contracts/lambda.h"
#include "runtime/call.h"

namespace cumulet::lambda {

inline constexpr size_t most_layers = 5;

/// Which layer a caller means.
struct LayerName {
    std::string account;
    std::string region;
    std::string name;
    int64_t version = 0;  ///< 0 where none is named

    std::string layer_arn() const;
    std::string version_arn() const;
};

/// Reads "libraries" or arn:aws:lambda:…:layer:libraries, with or without a version. Throws
/// InvalidParameterValueException.
LayerName parse_layer_name(const Call& call, std::string_view text);

/// One version of a layer.
struct LayerVersion {
    aws::lambda::GetLayerVersionResponse shown;  ///< without the location of its content
    std::string blob;                            ///< the package, in store::Blobs
    int64_t unzipped_bytes = 0;
    std::string secret;    ///< a part of the content's location: only who may read the layer knows it
    std::string policy;    ///< the resource policy's document, "" for none
    bool deleted = false;  ///< functions that have it keep it

    std::string text() const;
    static LayerVersion parse(std::string_view text);

    std::string sha256() const { return shown.Content->CodeSha256.value_or(""); }
    int64_t size_bytes() const { return shown.Content->CodeSize.value_or(0); }
    /// True if it was published for that runtime and architecture, or for all; empty ones are not asked about.
    bool suits(const std::optional<std::string>& runtime, const std::optional<std::string>& architecture) const;
    aws::lambda::LayerVersionsListItem listed() const;
};

/// Throws InvalidParameterValueException where a function in `call`'s region may not name these layers together.
void check_layers(const Call& call, const std::vector<LayerName>& layers);
/// Throws InvalidParameterValueException if the code of a function and its layers are too large together.
void check_combined_size(int64_t unzipped_bytes);

}  // namespace cumulet::lambda
