// A container image as a function has it: its name, what the engine knows it by, and how its program is started. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "contracts/lambda.h"

namespace cumulet::lambda {

/// A name that a container engine understands, in its parts.
struct ImageReference {
    std::string repository;  ///< with its registry, where it names one
    std::string tag;         ///< "" for none
    std::string digest;      ///< "sha256:…", "" for none
};
/// "000000000000.dkr.ecr.us-east-1.amazonaws.com/name:tag", "name", "name@sha256:…"; nothing if it is no such name.
std::optional<ImageReference> parse_image_reference(std::string_view uri);

struct Image {
    std::string uri;     ///< as the function's owner wrote it
    std::string id;      ///< the engine's own name of exactly this image
    std::string digest;  ///< "sha256:…", as its registry has it, or else the engine
    uint64_t size_bytes = 0;
    std::vector<std::string> entry_point;
    std::vector<std::string> command;
    std::vector<std::string> environment;  ///< "NAME=value"
    std::string working_directory;         ///< "" for none

    /// The name of exactly this image: "repository@sha256:…".
    std::string resolved_uri() const;
    bool operator==(const Image&) const = default;
};

inline constexpr size_t most_inspection_bytes = 1 << 20;

/// The image `uri` as `docker image inspect` or `podman image inspect` describes it. The error says what is wrong with
/// that description.
std::expected<Image, std::string> parse_inspection(std::string uri, std::string_view text);

json::value to_json(const Image& image);
Image image_from_json(const json::value& value);

/// What an image's function runs, and where.
struct ImageProgram {
    std::vector<std::string> arguments;  ///< the first names the program
    std::string working_directory;
};
/// The image's own start, as far as `config` does not override it: another entry point leaves the image's command out.
ImageProgram program_of(const Image& image, const std::optional<aws::lambda::ImageConfig>& config);

}  // namespace cumulet::lambda
