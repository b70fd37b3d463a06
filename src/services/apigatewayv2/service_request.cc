#include "services/apigatewayv2/service_request.h"

#include "base/bytes.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/mapping.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

struct Subtype {
    std::string_view name;
    std::vector<std::string_view> required;
    std::vector<std::string_view> optional;  ///< and "Region", which all have
};

const std::vector<Subtype>& subtypes() {
    static const std::vector<Subtype> all{
        {"SQS-SendMessage",
         {"QueueUrl", "MessageBody"},
         {"DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageSystemAttributes"}},
        {"SQS-ReceiveMessage",
         {"QueueUrl"},
         {"AttributeNames", "MaxNumberOfMessages", "MessageAttributeNames", "ReceiveRequestAttemptId",
          "VisibilityTimeout", "WaitTimeSeconds"}},
        {"SQS-DeleteMessage", {"QueueUrl", "ReceiptHandle"}, {}},
        {"SQS-PurgeQueue", {"QueueUrl"}, {}},
    };
    return all;
}

const Subtype* find_subtype(std::string_view name) {
    const auto found = std::ranges::find(subtypes(), name, &Subtype::name);
    return found == subtypes().end() ? nullptr : &*found;
}

/// A form of the query protocol.
struct Form {
    std::string text;
    void add(std::string_view name, std::string_view value) {
        if (!text.empty()) text += '&';
        text += percent_encode(name) + "=" + percent_encode(value);
    }
};

/// {"kind": {"DataType": "String", "StringValue": "x"}} as "MessageAttribute.1.Name=kind&…".
void add_attributes(Form& form, std::string_view prefix, std::string_view text) {
    const auto parsed = parse_json(text, 16);
    const auto* attributes = parsed ? parsed->if_object() : nullptr;
    if (!attributes) return form.add(prefix, text);  // the service says what is wrong with it
    size_t index = 0;
    for (const auto& [name, value] : *attributes) {
        const auto entry = fmt::format("{}.{}", prefix, ++index);
        form.add(entry + ".Name", std::string_view(name));
        if (!value.is_object()) continue;
        for (const auto* member : {"DataType", "StringValue", "BinaryValue"}) {
            if (const auto part = string_or(value.as_object(), member); !part.empty()) {
                form.add(fmt::format("{}.Value.{}", entry, member), part);
            }
        }
    }
}

/// A JSON list, or one text, as "AttributeName.1=…&AttributeName.2=…".
void add_list(Form& form, std::string_view prefix, std::string_view text) {
    const auto parsed = parse_json(text, 4);
    if (!parsed || !parsed->is_array()) return form.add(fmt::format("{}.1", prefix), text);
    size_t index = 0;
    for (const auto& each : parsed->as_array()) {
        if (each.is_string()) form.add(fmt::format("{}.{}", prefix, ++index), std::string_view(each.as_string()));
    }
}

}  // namespace

void check_subtype(const Integration& integration) {
    const auto& name = *integration.IntegrationSubtype;
    const auto* subtype = find_subtype(name);
    if (!subtype) throw unsupported("IntegrationSubtype " + name);
    // Unverified: the words, of all that follow.
    if (integration.CredentialsArn.value_or("").empty())
        throw BadRequestException("CredentialsArn is required for integrations with IntegrationSubtype");
    if (integration.PayloadFormatVersion.value_or("1.0") != "1.0")
        throw BadRequestException("PayloadFormatVersion must be 1.0 for integrations with IntegrationSubtype");
    if (integration.ResponseParameters && !integration.ResponseParameters->empty())
        throw unsupported("ResponseParameters of IntegrationSubtype " + name);
    const auto parameters = integration.RequestParameters.value_or(Mappings());
    for (const auto needed : subtype->required) {
        if (!parameters.contains(std::string(needed)))
            throw BadRequestException(fmt::format("Parameter {} is required for {}", needed, name));
    }
    for (const auto& [parameter, value] : parameters) {
        const auto among = [&](const auto& names) { return std::ranges::find(names, parameter) != names.end(); };
        if (parameter != "Region" && !among(subtype->required) && !among(subtype->optional))
            throw BadRequestException(fmt::format("Parameter {} does not exist for {}", parameter, name));
    }
}

contracts::ServiceRequest service_request(const Integration& integration, const Passage& passage) {
    const std::string_view subtype = *integration.IntegrationSubtype;
    Form form;
    for (const auto& [name, expression] : integration.RequestParameters.value_or(Mappings())) {
        const auto value = mapped_value(expression, passage);
        if (!value || name == "Region") continue;
        if (name == "MessageAttributes" || name == "MessageSystemAttributes") {
            add_attributes(form, name.substr(0, name.size() - 1), *value);
        } else if (name == "AttributeNames" || name == "MessageAttributeNames") {
            add_list(form, name.substr(0, name.size() - 1), *value);
        } else {
            form.add(name, *value);
        }
    }
    contracts::ServiceRequest request{.service = "sqs", .subdomain = "", .action = "", .message = {}};
    request.action = subtype.substr(subtype.find('-') + 1);
    request.message.method = "POST";
    request.message.set_target("/");
    request.message.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.message.body = std::move(form.text);
    return request;
}

}  // namespace cumulet::apigatewayv2
