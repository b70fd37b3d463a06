// AWS::Serverless::Function: the function, its role, its published version and alias, its URL.

#include "services/cloudformation/sam/application.h"
#include "services/cloudformation/sam/policy_templates.h"

namespace cumulet::cloudformation::sam {

json::object Function::reference() const { return reference_to(alias_id.empty() ? id : alias_id); }

json::value Function::arn() const {
    // An alias's Ref is its ARN.
    return alias_id.empty() ? json::value(get_att(id, "Arn")) : json::value(reference_to(alias_id));
}

namespace {

json::object code_of(const Function& function) {
    const auto& properties = function.properties;
    if (const auto* text = properties.if_contains("InlineCode")) return json::object{{"ZipFile", *text}};
    if (const auto* image = properties.if_contains("ImageUri")) return json::object{{"ImageUri", *image}};
    const auto* uri = properties.if_contains("CodeUri");
    if (!uri) invalid(function.id, "Missing required property 'CodeUri'.");
    return code_location(function.id, "CodeUri", *uri);
}

json::object assume_role_document(std::string_view service) {
    json::object statement{{"Action", json::array{"sts:AssumeRole"}},
                           {"Effect", "Allow"},
                           {"Principal", json::object{{"Service", json::array{service}}}}};
    json::array statements;
    statements.push_back(std::move(statement));
    return json::object{{"Version", "2012-10-17"}, {"Statement", std::move(statements)}};
}

void add_unique(json::array& list, json::value value) {
    if (std::ranges::find(list, value) == list.end()) list.push_back(std::move(value));
}

json::object lambda_properties(const Function& function, const json::object& code) {
    const auto& given = function.properties;
    json::object made{{"Code", code}};
    copy(given, made,
         {"FunctionName",
          "Handler",
          "Runtime",
          "Description",
          "MemorySize",
          "Timeout",
          "VpcConfig",
          "KmsKeyArn",
          "Layers",
          "ReservedConcurrentExecutions",
          "Architectures",
          "PackageType",
          "ImageConfig",
          "FileSystemConfigs",
          "EphemeralStorage",
          "SnapStart",
          "RuntimeManagementConfig",
          "LoggingConfig",
          "Environment",
          "RecursiveLoop"});
    if (const auto* tracing = given.if_contains("Tracing")) made["TracingConfig"] = json::object{{"Mode", *tracing}};
    if (const auto* queue = given.if_contains("DeadLetterQueue")) {
        const auto* target = find(*queue, "TargetArn");
        if (!target) invalid(function.id, "'DeadLetterQueue' requires Type and TargetArn properties to be specified.");
        made["DeadLetterConfig"] = json::object{{"TargetArn", *target}};
    }
    const auto* tags = given.if_contains("Tags");
    made["Tags"] = tag_list(tags ? tags->if_object() : nullptr, "lambda:createdBy");
    return made;
}

void check_required(const Function& function) {
    const auto* package = function.properties.if_contains("PackageType");
    if (package && *package == "Image") return;
    for (const std::string_view name : {"Handler", "Runtime"}) {
        if (!function.properties.contains(name)) invalid(function.id, "Missing required property '{}'.", name);
    }
}

}  // namespace

void Application::function(const std::string& id, const json::object& resource) {
    const auto* given = resource.if_contains("Properties");
    Function function{.id = id, .attributes = shared_attributes(resource)};
    if (given && given->is_object()) function.properties = given->get_object();
    only(id, function.properties,
         {"FunctionName",
          "Handler",
          "Runtime",
          "CodeUri",
          "InlineCode",
          "ImageUri",
          "Description",
          "MemorySize",
          "Timeout",
          "Environment",
          "Policies",
          "Role",
          "Tags",
          "Layers",
          "Events",
          "AutoPublishAlias",
          "AutoPublishCodeSha256",
          "VersionDescription",
          "Architectures",
          "PackageType",
          "ImageConfig",
          "VpcConfig",
          "KmsKeyArn",
          "Tracing",
          "DeadLetterQueue",
          "ReservedConcurrentExecutions",
          "FileSystemConfigs",
          "EphemeralStorage",
          "SnapStart",
          "RuntimeManagementConfig",
          "LoggingConfig",
          "PermissionsBoundary",
          "AssumeRolePolicyDocument",
          "RolePath",
          "RoleName",
          "FunctionUrlConfig",
          "EventInvokeConfig",
          "ProvisionedConcurrencyConfig",
          "PropagateTags",
          "RecursiveLoop"});
    check_required(function);

    const auto code = code_of(function);
    auto made = lambda_properties(function, code);
    publish(function, code);
    events(function);
    made["Role"] = role(function);

    auto attributes = function.attributes;
    copy(resource, attributes, {"DependsOn", "Metadata"});
    add(id, "AWS::Lambda::Function", std::move(made), attributes);
    function_url(function);
    event_invoke_config(function);
}

void Application::publish(Function& function, const json::object& code) {
    const auto* alias = function.properties.if_contains("AutoPublishAlias");
    const auto* provisioned = function.properties.if_contains("ProvisionedConcurrencyConfig");
    if (!alias && provisioned) {
        invalid(function.id, "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function");
    }
    if (!alias) return;
    const auto name = text_of(*alias);
    if (!name || name->empty())
        invalid(function.id, "'AutoPublishAlias' must be a string or a Ref to a template parameter");

    json::value content = code;
    if (const auto* digest = function.properties.if_contains("AutoPublishCodeSha256")) {
        const auto text = text_of(*digest);
        if (!text) invalid(function.id, "AutoPublishCodeSha256 must be a string");
        content = json::string(*text);
    }
    const auto version_id = fmt::format("{}Version{}", function.id, content_suffix(content));
    json::object version{{"FunctionName", reference_to(function.id)}};
    if (const auto* description = function.properties.if_contains("VersionDescription"))
        version["Description"] = *description;
    auto attributes = function.attributes;
    // A published version outlives the template that published it, so that rolling back finds it.
    attributes.insert_or_assign("DeletionPolicy", "Retain");
    add(version_id, "AWS::Lambda::Version", std::move(version), attributes);

    auto alias_id = fmt::format("{}Alias{}", function.id, *name);
    std::erase_if(alias_id, [](unsigned char c) { return !isalnum(c); });
    json::object alias_properties{{"Name", *name},
                                  {"FunctionName", reference_to(function.id)},
                                  {"FunctionVersion", get_att(version_id, "Version")}};
    if (provisioned) alias_properties["ProvisionedConcurrencyConfig"] = *provisioned;
    add(alias_id, "AWS::Lambda::Alias", std::move(alias_properties), function.attributes);
    function.alias_id = alias_id;
    renamed_[function.id + ".Alias"] = alias_id;
    renamed_[function.id + ".Version"] = version_id;
}

json::value Application::role(Function& function) {
    if (const auto* given = function.properties.if_contains("Role")) return *given;
    const auto role_id = function.id + "Role";
    json::array managed{managed_policy_arn("AWSLambdaBasicExecutionRole")};
    if (const auto* tracing = function.properties.if_contains("Tracing"); tracing && *tracing == "Active") {
        managed.emplace_back(managed_policy_arn("AWSXRayDaemonWriteAccess"));
    }
    if (function.properties.contains("VpcConfig"))
        managed.emplace_back(managed_policy_arn("AWSLambdaVPCAccessExecutionRole"));
    for (auto& policy : function.managed_policies) add_unique(managed, policy);
    auto inline_list = inline_policies(function, role_id, managed);

    json::object properties;
    const auto* trust = function.properties.if_contains("AssumeRolePolicyDocument");
    properties["AssumeRolePolicyDocument"] = trust ? *trust : json::value(assume_role_document("lambda.amazonaws.com"));
    properties["ManagedPolicyArns"] = std::move(managed);
    if (!inline_list.empty()) properties["Policies"] = std::move(inline_list);
    copy(function.properties, properties, {"PermissionsBoundary", "RoleName"});
    if (const auto* path = function.properties.if_contains("RolePath")) properties["Path"] = *path;
    properties["Tags"] = tag_list(nullptr, "lambda:createdBy");
    add(role_id, "AWS::IAM::Role", std::move(properties), function.attributes);
    return get_att(role_id, "Arn");
}

json::array Application::inline_policies(Function& function, const std::string& role_id, json::array& managed) {
    json::array policies;
    const auto* given = function.properties.if_contains("Policies");
    json::array entries;
    if (given && given->is_array())
        entries = given->get_array();
    else if (given)
        entries.push_back(*given);
    if (const auto* queue = function.properties.if_contains("DeadLetterQueue")) {
        const auto* type = find(*queue, "Type");
        json::object statement{{"Effect", "Allow"},
                               {"Action", type && *type == "SNS" ? "sns:Publish" : "sqs:SendMessage"},
                               {"Resource", queue->at("TargetArn")}};
        policies.push_back(json::object{
            {"PolicyName", "DeadLetterQueuePolicy"},
            {"PolicyDocument",
             json::object{{"Version", "2012-10-17"}, {"Statement", json::array{json::value(statement)}}}}});
    }
    for (size_t index = 0; index < entries.size(); ++index) {
        const auto& entry = entries[index];
        if (entry.is_string()) {
            const std::string_view name = entry.get_string();
            add_unique(managed, json::string(name.starts_with("arn:") ? std::string(name) : managed_policy_arn(name)));
            continue;
        }
        const auto* policy = entry.if_object();
        if (!policy) invalid(function.id, "'Policies' must be strings or objects.");
        json::object document;
        if (policy->contains("Statement")) {
            document = *policy;
            if (!document.contains("Version")) document["Version"] = "2012-10-17";
        } else if (policy->size() == 1 && is_policy_template(policy->begin()->key())) {
            const auto* parameters = policy->begin()->value().if_object();
            document["Statement"] =
                policy_template_statements(policy->begin()->key(), parameters ? *parameters : json::object());
        } else if (policy->size() == 1 && (policy->contains("Ref") || policy->begin()->key().starts_with("Fn::"))) {
            add_unique(managed, entry);
            continue;
        } else {
            invalid(function.id, "Policy at index {} in the '[Policies]' property is not valid", index);
        }
        policies.push_back(
            json::object{{"PolicyName", fmt::format("{}Policy{}", role_id, index)}, {"PolicyDocument", document}});
    }
    return policies;
}

void Application::event_invoke_config(const Function& function) {
    const auto* given = function.properties.if_contains("EventInvokeConfig");
    if (!given) return;
    if (!given->is_object()) invalid(function.id, "'EventInvokeConfig' must be an object.");
    const auto* alias = function.properties.if_contains("AutoPublishAlias");
    json::object properties{{"FunctionName", reference_to(function.id)},
                            {"Qualifier", alias ? *alias : json::value("$LATEST")}};
    copy(given->get_object(), properties, {"MaximumEventAgeInSeconds", "MaximumRetryAttempts"});
    if (const auto* destinations = given->get_object().if_contains("DestinationConfig")) {
        json::object config;
        for (const std::string_view name : {"OnSuccess", "OnFailure"}) {
            const auto* destination = find(*destinations, name);
            if (!destination) continue;
            const auto* target = find(*destination, "Destination");
            if (!target) invalid(function.id, "'Destination' is required in the {} of 'EventInvokeConfig'.", name);
            config[name] = json::object{{"Destination", *target}};
        }
        properties["DestinationConfig"] = std::move(config);
    }
    const auto id = function.alias_id.empty()
                        ? function.id + "EventInvokeConfig"
                        : function.id + "EventInvokeConfig" + function.alias_id.substr(function.id.size());
    auto attributes = function.attributes;
    if (!function.alias_id.empty()) attributes["DependsOn"] = function.alias_id;
    add(id, "AWS::Lambda::EventInvokeConfig", std::move(properties), attributes);
}

void Application::function_url(const Function& function) {
    const auto* config = function.properties.if_contains("FunctionUrlConfig");
    if (!config) return;
    const auto* auth = find(*config, "AuthType");
    if (!config->is_object() || !auth)
        invalid(function.id, "AuthType is required to configure function property `FunctionUrlConfig`.");
    json::object properties{{"TargetFunctionArn", reference_to(function.id)}};
    if (const auto* alias = function.properties.if_contains("AutoPublishAlias")) properties["Qualifier"] = *alias;
    copy(config->get_object(), properties, {"AuthType", "Cors", "InvokeMode"});
    add(function.id + "Url", "AWS::Lambda::Url", std::move(properties), function.attributes);
    if (*auth != "NONE") return;
    add(function.id + "UrlPublicPermissions", "AWS::Lambda::Permission",
        json::object{{"Action", "lambda:InvokeFunctionUrl"},
                     {"FunctionName", function.reference()},
                     {"Principal", "*"},
                     {"FunctionUrlAuthType", "NONE"}},
        function.attributes);
}

}  // namespace cumulet::cloudformation::sam
