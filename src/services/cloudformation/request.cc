#include "services/cloudformation/request.h"

#include "base/bytes.h"
#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "services/cloudformation/sam/transform.h"
#include "services/cloudformation/template/parse.h"

namespace cumulet::cloudformation {

namespace {

constexpr size_t max_inline_bytes = 51200;
constexpr size_t max_tags = 50;

/// The parameters' values as the transform sees them, before the template could be read.
ParameterTexts early_parameters(const json::object& document, const std::vector<GivenParameter>& given,
                                const ParameterTexts& previous) {
    ParameterTexts texts;
    if (const auto* section = document.if_contains("Parameters"); section && section->is_object()) {
        for (const auto& [name, definition] : section->get_object()) {
            const auto* value = find(definition, "Default");
            if (!value) continue;
            if (const auto text = scalar_text(*value)) texts[std::string(name)] = *text;
        }
    }
    for (const auto& parameter : given) {
        const auto kept = previous.find(parameter.key);
        if (!parameter.use_previous)
            texts[parameter.key] = parameter.value;
        else if (kept != previous.end())
            texts[parameter.key] = kept->second;
    }
    return texts;
}

void check_types(const Template& parsed, const Registry& registry) {
    std::set<std::string> unknown;
    for (const auto& resource : parsed.resources) {
        if (resource.type.starts_with("Custom::") || resource.type == "AWS::CloudFormation::CustomResource") {
            throw invalid(
                fmt::format("Template format error: custom resources are not supported by Cumulet: [{}] of type {}",
                            resource.logical_id, resource.type));
        }
        if (!registry.find(resource.type)) unknown.insert(resource.type);
    }
    if (!unknown.empty())
        throw invalid(
            fmt::format("Template format error: Unrecognized resource types: [{}]", fmt::join(unknown, ", ")));
}

}  // namespace

aws::Error invalid(std::string message) { return aws::Error("ValidationError", std::move(message), 400); }

std::optional<ObjectAddress> parse_object_url(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos || (!url.starts_with("http://") && !url.starts_with("https://")))
        return std::nullopt;
    url.remove_prefix(scheme + 3);
    url = url.substr(0, url.find('?'));
    const auto slash = url.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto host = url.substr(0, url.find_first_of(":/"));
    auto path = url.substr(slash + 1);
    std::string bucket;
    // <bucket>.s3.<region>.<host> names the bucket first; s3.<host>, s3-<region>.<host> and a bare endpoint keep it in
    // the path.
    if (const auto dot = host.find(".s3");
        dot != std::string_view::npos && dot > 0 && (host[dot + 3] == '.' || host[dot + 3] == '-')) {
        bucket = host.substr(0, dot);
    } else {
        const auto end = path.find('/');
        if (end == std::string_view::npos) return std::nullopt;
        bucket = percent_decode(path.substr(0, end));
        path.remove_prefix(end + 1);
    }
    if (bucket.empty() || path.empty()) return std::nullopt;
    return ObjectAddress{std::move(bucket), percent_decode(path)};
}

Task<std::string> template_text(Call& call, contracts::Door& door, TemplateSource source, const Stack* stack) {
    const int sources = (source.body ? 1 : 0) + (source.url ? 1 : 0) + (source.previous ? 1 : 0);
    if (sources != 1) {
        throw invalid("Either Template URL or Template Body must be specified.");
    }
    if (source.previous) {
        if (!stack || stack->desired.body.empty())
            throw invalid("No template found for the stack: UsePreviousTemplate cannot be true.");
        co_return stack->desired.body;
    }
    if (source.body) {
        if (source.body->size() > max_inline_bytes) {
            throw invalid(fmt::format(
                "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must "
                "have length less than or equal to {}",
                max_inline_bytes));
        }
        co_return *source.body;
    }
    const auto address = parse_object_url(*source.url);
    if (!address) throw invalid("TemplateURL must be a supported URL.");
    std::string wrong;
    try {
        aws::s3::GetObjectRequest request;
        request.Bucket = address->bucket;
        request.Key = address->key;
        auto object = co_await aws::s3::Client(door).get_object(call, std::move(request));
        co_return co_await read_all(object.Body, max_template_bytes);
    } catch (const aws::Error& error) {
        wrong = error.message;
    } catch (const StreamTooLong&) {
        throw invalid(fmt::format("Template may not exceed {} bytes in size.", max_template_bytes));
    }
    throw invalid(
        fmt::format("S3 error: {}\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/"
                    "ErrorResponses.html",
                    wrong));
}

Processed process_template(const std::string& text, const std::vector<GivenParameter>& given,
                           const ParameterTexts& previous, const Registry& registry, std::string& transform_error) {
    Processed result;
    result.document = as_validation([&] { return parse_template(text); });
    for (const auto& transform : as_validation([&] { return declared_transforms(result.document); })) {
        if (transform == serverless_transform) {
            try {
                result.document =
                    transform_serverless(result.document, early_parameters(result.document, given, previous));
            } catch (const TemplateError& error) {
                transform_error = fmt::format("Transform {} failed with: {}", transform, error.what());
                return result;
            }
            result.transformed = true;
        } else if (transform != "AWS::LanguageExtensions") {
            // Its functions (Fn::Length, Fn::ToJsonString, a default in Fn::FindInMap) work without a transform.
            throw invalid(fmt::format("Transform {} is not supported by Cumulet.", transform));
        }
    }
    result.document.erase("Transform");
    result.parsed = as_validation([&] { return read_template(result.document); });
    check_types(result.parsed, registry);
    return result;
}

void check_capabilities(const Processed& processed, const std::vector<std::string>& acknowledged,
                        bool expansion_reviewed) {
    const auto has = [&](std::string_view name) { return std::ranges::find(acknowledged, name) != acknowledged.end(); };
    if (processed.transformed && !expansion_reviewed && !has("CAPABILITY_AUTO_EXPAND")) {
        throw aws::cloudformation::InsufficientCapabilitiesException(
            "Requires capabilities : [CAPABILITY_AUTO_EXPAND]");
    }
    const auto needed = needed_capability(processed.parsed);
    if (needed.empty() || has("CAPABILITY_NAMED_IAM") || has(needed)) return;
    throw aws::cloudformation::InsufficientCapabilitiesException(fmt::format("Requires capabilities : [{}]", needed));
}

std::vector<GivenParameter> given_parameters(
    const std::optional<std::vector<aws::cloudformation::Parameter>>& parameters) {
    std::vector<GivenParameter> given;
    std::set<std::string> seen;
    for (const auto& parameter : parameters.value_or(std::vector<aws::cloudformation::Parameter>())) {
        GivenParameter one{parameter.ParameterKey.value_or(""), parameter.ParameterValue.value_or(""),
                           parameter.UsePreviousValue.value_or(false)};
        if (!seen.insert(one.key).second) throw invalid(fmt::format("Duplicate parameter(s) with name: {}", one.key));
        if (one.use_previous && parameter.ParameterValue) {
            throw invalid(fmt::format(
                "Invalid input for parameter key {}. Cannot specify usePreviousValue as true and non empty value "
                "for a parameter",
                one.key));
        }
        given.push_back(std::move(one));
    }
    return given;
}

std::map<std::string, std::string> given_tags(const std::optional<std::vector<aws::cloudformation::Tag>>& tags) {
    std::map<std::string, std::string> given;
    for (const auto& tag : tags.value_or(std::vector<aws::cloudformation::Tag>())) given[tag.Key] = tag.Value;
    if (given.size() > max_tags) throw invalid(fmt::format("Number of tags exceeds the limit of {}.", max_tags));
    return given;
}

}  // namespace cumulet::cloudformation
