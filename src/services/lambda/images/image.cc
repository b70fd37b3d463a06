#include "services/lambda/images/image.h"

#include <algorithm>

namespace cumulet::lambda {
namespace {

constexpr size_t most_reference_bytes = 1024;
constexpr size_t digest_digits = 64;
constexpr size_t most_words = 1500;
constexpr size_t most_configuration_bytes = 64 << 10;
constexpr std::string_view digest_prefix = "sha256:";

bool is_letter_or_digit(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
}

bool is_digest(std::string_view text) {
    if (!text.starts_with(digest_prefix) || text.size() != digest_prefix.size() + digest_digits) return false;
    return std::ranges::all_of(text.substr(digest_prefix.size()), [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    });
}

/// A registry, a part of a repository's path, or a tag.
bool is_part(std::string_view text, std::string_view marks) {
    if (text.empty() || !is_letter_or_digit(text.front())) return false;
    return std::ranges::all_of(
        text, [marks](char letter) { return is_letter_or_digit(letter) || marks.find(letter) != marks.npos; });
}

bool is_repository(std::string_view text) {
    bool first = true;
    while (true) {
        const auto slash = text.find('/');
        const bool is_registry = first && slash != text.npos;
        if (!is_part(text.substr(0, slash), is_registry ? "._-:" : "._-")) return false;
        if (slash == text.npos) return true;
        text.remove_prefix(slash + 1);
        first = false;
    }
}

std::vector<std::string> words_of(const json::object& object, std::string_view name) {
    std::vector<std::string> words;
    const auto* list = object.if_contains(name);
    if (!list || !list->is_array()) return words;
    for (const auto& word : list->get_array()) {
        if (word.is_string() && words.size() < most_words) words.emplace_back(word.get_string());
    }
    return words;
}

/// The digest that a registry has of it, if the engine knows one for this repository or any.
std::string digest_of(const json::object& image, std::string_view repository) {
    std::string digest;
    for (const auto& name : words_of(image, "RepoDigests")) {
        const auto at = name.rfind('@');
        if (at == name.npos || !is_digest(std::string_view(name).substr(at + 1))) continue;
        if (digest.empty() || name.substr(0, at) == repository) digest = name.substr(at + 1);
    }
    if (!digest.empty()) return digest;
    const std::string id(string_or(image, "Id"));
    return is_digest(id) ? id : fmt::format("{}{}", digest_prefix, id);
}

size_t bytes_of(const std::vector<std::string>& words) {
    size_t bytes = 0;
    for (const auto& word : words) bytes += word.size() + 1;
    return bytes;
}

}  // namespace

std::optional<ImageReference> parse_image_reference(std::string_view uri) {
    if (uri.size() > most_reference_bytes) return std::nullopt;
    ImageReference reference;
    if (const auto at = uri.find('@'); at != uri.npos) {
        reference.digest = uri.substr(at + 1);
        if (!is_digest(reference.digest)) return std::nullopt;
        uri = uri.substr(0, at);
    }
    const auto slash = uri.rfind('/');
    if (const auto colon = uri.rfind(':'); colon != uri.npos && (slash == uri.npos || colon > slash)) {
        reference.tag = uri.substr(colon + 1);
        constexpr size_t most_tag_bytes = 128;
        if (!is_part(reference.tag, "._-") || reference.tag.size() > most_tag_bytes) return std::nullopt;
        uri = uri.substr(0, colon);
    }
    if (!is_repository(uri)) return std::nullopt;
    reference.repository = uri;
    return reference;
}

std::string Image::resolved_uri() const {
    const auto reference = parse_image_reference(uri);
    return (reference ? reference->repository : uri) + "@" + digest;
}

std::expected<Image, std::string> parse_inspection(std::string uri, std::string_view text) {
    const auto value = parse_json(text);
    if (!value || !value->is_array() || value->get_array().empty() || !value->get_array()[0].is_object())
        return std::unexpected("the container engine described no image");
    const auto& described = value->get_array()[0].get_object();
    const auto reference = parse_image_reference(uri);
    Image image{.uri = std::move(uri), .id = std::string(string_or(described, "Id"))};
    const bool bare = !image.id.starts_with(digest_prefix);
    if (!is_digest(bare ? std::string(digest_prefix) + image.id : image.id))
        return std::unexpected("the container engine named no image by its digest");
    image.digest = digest_of(described, reference ? reference->repository : "");
    if (const auto system = string_or(described, "Os", "linux"); system != "linux")
        return std::unexpected(fmt::format("it is an image for {}", system));
    const auto* size = described.if_contains("Size");
    if (size && size->is_number()) image.size_bytes = size->to_number<uint64_t>();
    if (const auto* config = described.if_contains("Config"); config && config->is_object()) {
        image.entry_point = words_of(config->get_object(), "Entrypoint");
        image.command = words_of(config->get_object(), "Cmd");
        image.environment = words_of(config->get_object(), "Env");
        image.working_directory = string_or(config->get_object(), "WorkingDir");
    }
    if (bytes_of(image.entry_point) + bytes_of(image.command) + bytes_of(image.environment) > most_configuration_bytes)
        return std::unexpected(fmt::format("its configuration has more than {} bytes", most_configuration_bytes));
    return image;
}

json::value to_json(const Image& image) {
    const auto list = [](const std::vector<std::string>& words) {
        json::array array;
        for (const auto& word : words) array.emplace_back(word);
        return array;
    };
    return json::object{{"uri", image.uri},
                        {"id", image.id},
                        {"digest", image.digest},
                        {"size", image.size_bytes},
                        {"entry_point", list(image.entry_point)},
                        {"command", list(image.command)},
                        {"environment", list(image.environment)},
                        {"working_directory", image.working_directory}};
}

Image image_from_json(const json::value& value) {
    const auto& object = value.as_object();
    return {.uri = std::string(string_or(object, "uri")),
            .id = std::string(string_or(object, "id")),
            .digest = std::string(string_or(object, "digest")),
            .size_bytes = object.at("size").to_number<uint64_t>(),
            .entry_point = words_of(object, "entry_point"),
            .command = words_of(object, "command"),
            .environment = words_of(object, "environment"),
            .working_directory = std::string(string_or(object, "working_directory"))};
}

ImageProgram program_of(const Image& image, const std::optional<aws::lambda::ImageConfig>& config) {
    const auto given = [](const std::optional<std::vector<std::string>>& words) { return words && !words->empty(); };
    const bool own_entry_point = config && given(config->EntryPoint);
    const bool own_command = config && given(config->Command);
    const bool own_directory = config && !config->WorkingDirectory.value_or("").empty();
    ImageProgram program{.arguments = own_entry_point ? *config->EntryPoint : image.entry_point,
                         .working_directory = own_directory ? *config->WorkingDirectory : image.working_directory};
    if (own_command || !own_entry_point) {
        const auto& command = own_command ? *config->Command : image.command;
        program.arguments.insert(program.arguments.end(), command.begin(), command.end());
    }
    if (!program.working_directory.starts_with('/')) program.working_directory.insert(0, "/");
    return program;
}

}  // namespace cumulet::lambda
