#include "main/options.h"

#include <cstdlib>

#include "base/bytes.h"

namespace cumulet {
namespace {

/// The variable's value, with or without LocalStack's prefix; nothing if it is unset or empty.
std::optional<std::string> variable(const std::string& name) {
    for (const auto& spelled : {name, "LOCALSTACK_" + name}) {
        if (const char* value = std::getenv(spelled.c_str()); value && *value) return value;
    }
    return std::nullopt;
}

bool is_true(std::string_view value) { return value == "1" || equal_ignoring_case(value, "true"); }

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = text.find(separator);
        if (end != 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return parts;
}

log::Level parse_log_level(std::string_view text) {
    for (const auto [name, level] :
         {std::pair("trace", log::Level::debug), std::pair("debug", log::Level::debug),
          std::pair("info", log::Level::info), std::pair("warn", log::Level::warning),
          std::pair("warning", log::Level::warning), std::pair("error", log::Level::error)}) {
        if (equal_ignoring_case(text, name)) return level;
    }
    throw std::invalid_argument(fmt::format("LS_LOG: '{}' is none of trace, debug, info, warn, error", text));
}

sqs::UrlForm parse_url_form(std::string_view text) {
    for (const auto [name, form] :
         {std::pair("dynamic", sqs::UrlForm::caller), std::pair("off", sqs::UrlForm::caller),
          std::pair("path", sqs::UrlForm::path), std::pair("standard", sqs::UrlForm::standard),
          std::pair("domain", sqs::UrlForm::domain)}) {
        if (equal_ignoring_case(text, name)) return form;
    }
    throw std::invalid_argument(
        fmt::format("SQS_ENDPOINT_STRATEGY: '{}' is none of dynamic, path, standard, domain, off", text));
}

}  // namespace

std::filesystem::path default_data_folder() {
    if (const char* data = std::getenv("XDG_DATA_HOME"); data && *data) return std::filesystem::path(data) / "cumulet";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home ? home : "/var/lib") / ".local/share/cumulet";
}

ServeOptions options_from_environment() {
    ServeOptions options;
    options.data = default_data_folder();
    if (const auto value = variable("GATEWAY_LISTEN")) options.listen = split(*value, ',');
    if (const auto value = variable("CUMULET_DATA")) options.data = *value;
    if (const auto value = variable("PERSISTENCE"); value && !is_true(*value)) options.engine = Engine::memory;
    if (const auto value = variable("USE_SSL")) options.tls = is_true(*value);
    if (const auto value = variable("ENFORCE_IAM"); value && is_true(*value)) {
        options.door.authorisation = dispatch::AuthorisationMode::enforce;
    }
    if (const auto value = variable("IAM_SOFT_MODE"); value && is_true(*value)) {
        options.door.authorisation = dispatch::AuthorisationMode::log;
    }
    if (const auto value = variable("LOCALSTACK_HOST")) options.door.host = *value;
    if (const auto value = variable("DEFAULT_REGION")) options.door.default_region = *value;
    if (const auto value = variable("SQS_ENDPOINT_STRATEGY")) options.queues.url_form = parse_url_form(*value);
    if (const auto value = variable("SQS_DELAY_PURGE_RETRY")) options.queues.purge_pauses = is_true(*value);
    if (const auto value = variable("SQS_DELAY_RECENTLY_DELETED")) options.queues.deleted_names_pause = is_true(*value);
    if (const auto value = variable("DYNAMODB_THROTTLING")) options.table_throttling = is_true(*value);
    if (const auto value = variable("DISABLE_CORS_HEADERS")) options.door.cors = !is_true(*value);
    if (const auto value = variable("DEBUG"); value && is_true(*value)) options.log_level = log::Level::debug;
    if (const auto value = variable("LS_LOG")) options.log_level = parse_log_level(*value);
    return options;
}

}  // namespace cumulet
