#include "services/apigatewayv2/service_request.h"

#include "base/bytes.h"
#include "services/apigatewayv2/http_api.h"
#include "services/apigatewayv2/mapping.h"

namespace cumulet::apigatewayv2 {
namespace {

using aws::apigatewayv2::BadRequestException;

using Texts = std::map<std::string, std::string>;

struct Subtype {
    std::string_view name;
    std::vector<std::string_view> required;
    std::vector<std::string_view> optional;  ///< and "Region", which all have
    void (*write)(const Texts& parameters, contracts::ServiceRequest& request);
};

void write_queue_request(const Texts& parameters, contracts::ServiceRequest& request);
void write_event(const Texts& parameters, contracts::ServiceRequest& request);
void write_record(const Texts& parameters, contracts::ServiceRequest& request);
void write_execution(const Texts& parameters, contracts::ServiceRequest& request);
void write_configuration(const Texts& parameters, contracts::ServiceRequest& request);

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
const std::vector<Subtype>& subtypes() {
    static const std::vector<Subtype> all{
        {"EventBridge-PutEvents",
         {"Detail", "DetailType", "Source"},
         {"Time", "EventBusName", "Resources", "TraceHeader"},
         write_event},
        {"SQS-SendMessage",
         {"QueueUrl", "MessageBody"},
         {"DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId", "MessageSystemAttributes"},
         write_queue_request},
        {"SQS-ReceiveMessage",
         {"QueueUrl"},
         {"AttributeNames", "MaxNumberOfMessages", "MessageAttributeNames", "ReceiveRequestAttemptId",
          "VisibilityTimeout", "WaitTimeSeconds"},
         write_queue_request},
        {"SQS-DeleteMessage", {"QueueUrl", "ReceiptHandle"}, {}, write_queue_request},
        {"SQS-PurgeQueue", {"QueueUrl"}, {}, write_queue_request},
        {"AppConfig-GetConfiguration",
         {"Application", "Environment", "Configuration", "ClientId"},
         {"ClientConfigurationVersion"},
         write_configuration},
        {"Kinesis-PutRecord",
         {"StreamName", "Data", "PartitionKey"},
         {"SequenceNumberForOrdering", "ExplicitHashKey"},
         write_record},
        {"StepFunctions-StartExecution", {"StateMachineArn"}, {"Name", "Input"}, write_execution},
        {"StepFunctions-StartSyncExecution", {"StateMachineArn"}, {"Name", "Input", "TraceHeader"}, write_execution},
        {"StepFunctions-StopExecution", {"ExecutionArn"}, {"Cause", "Error"}, write_execution},
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

void write_queue_request(const Texts& parameters, contracts::ServiceRequest& request) {
    Form form;
    for (const auto& [name, value] : parameters) {
        if (name == "MessageAttributes" || name == "MessageSystemAttributes") {
            add_attributes(form, name.substr(0, name.size() - 1), value);
        } else if (name == "AttributeNames" || name == "MessageAttributeNames") {
            add_list(form, name.substr(0, name.size() - 1), value);
        } else {
            form.add(name, value);
        }
    }
    request.service = "sqs";
    request.message.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.message.body = std::move(form.text);
}

/// Seconds since 1970, which the JSON protocols ask for; what is no time goes as it is.
json::value as_timestamp(const std::string& text) {
    if (const auto time = parse_iso8601(text)) return epoch_seconds(*time);
    const auto number = parse_json(text, 1);
    return number && number->is_number() ? *number : json::value(text);
}

/// A JSON list, or one text.
json::array as_list(const std::string& text) {
    const auto parsed = parse_json(text, 4);
    return parsed && parsed->is_array() ? parsed->as_array() : json::array{json::value(text)};
}

void write_event(const Texts& parameters, contracts::ServiceRequest& request) {
    json::object entry;
    for (const auto& [name, value] : parameters) {
        if (name == "Time") {
            entry[name] = as_timestamp(value);
        } else if (name == "Resources") {
            entry[name] = as_list(value);
        } else {
            entry[name] = value;
        }
    }
    request.service = "events";
    request.message.body = json::serialize(json::object{{"Entries", json::array{std::move(entry)}}});
}

void write_record(const Texts& parameters, contracts::ServiceRequest& request) {
    json::object record;
    // Unverified: that data need not be Base64 already.
    for (const auto& [name, value] : parameters) record[name] = name == "Data" ? to_base64(value) : value;
    request.service = "kinesis";
    request.message.body = json::serialize(record);
}

/// Step Functions' members begin with small letters.
void write_execution(const Texts& parameters, contracts::ServiceRequest& request) {
    json::object input;
    for (const auto& [name, value] : parameters) {
        auto member = name;
        member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
        input[member] = value;
    }
    request.service = "states";
    request.message.body = json::serialize(input);
}

void write_configuration(const Texts& parameters, contracts::ServiceRequest& request) {
    const auto part = [&](const char* name) {
        const auto found = parameters.find(name);
        return found == parameters.end() ? std::string() : percent_encode(found->second);
    };
    auto target = fmt::format("/applications/{}/environments/{}/configurations/{}?client_id={}", part("Application"),
                              part("Environment"), part("Configuration"), part("ClientId"));
    if (const auto version = part("ClientConfigurationVersion"); !version.empty())
        target += "&client_configuration_version=" + version;
    request.service = "appconfig";
    request.action.clear();  // method and path say it
    request.message.method = "GET";
    request.message.set_target(std::move(target));
}

}  // namespace

void check_subtype(const Integration& integration) {
    const auto& name = *integration.IntegrationSubtype;
    const auto* subtype = find_subtype(name);
    // Unverified: the words, of all that follow.
    if (!subtype) throw BadRequestException(fmt::format("Invalid IntegrationSubtype specified: {}", name));
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
    const std::string_view name = *integration.IntegrationSubtype;
    const auto* subtype = find_subtype(name);
    if (!subtype) throw std::logic_error("an integration of no known subtype");
    Texts parameters;
    for (const auto& [parameter, expression] : integration.RequestParameters.value_or(Mappings())) {
        auto value = mapped_value(expression, passage);
        if (value && parameter != "Region") parameters[parameter] = std::move(*value);
    }
    contracts::ServiceRequest request{.service = "", .subdomain = "", .action = "", .message = {}};
    request.action = name.substr(name.find('-') + 1);
    request.message.method = "POST";
    request.message.set_target("/");
    subtype->write(parameters, request);
    return request;
}

}  // namespace cumulet::apigatewayv2
