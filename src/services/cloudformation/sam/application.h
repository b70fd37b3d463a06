// One run of the serverless transform: what it has made so far, and the steps that add to it.
#pragma once

#include <map>

#include "services/cloudformation/sam/transform.h"
#include "services/cloudformation/template/error.h"

namespace cumulet::cloudformation::sam {

/// An HTTP API under construction: functions add their routes before it is written out.
struct HttpApi {
    json::object properties;
    json::object attributes;      ///< Condition, DependsOn, Metadata of the resource
    json::object paths;           ///< OpenAPI, of the functions' events
    json::object route_settings;  ///< of the functions' events, by route
};

/// A REST API under construction.
struct RestApi {
    json::object properties;
    json::object attributes;  ///< Condition, DependsOn, Metadata of the resource
    json::object paths;       ///< OpenAPI, of the functions' events
    json::object validators;  ///< that the events' models need
    json::array policy;       ///< statements of the events' resource policies
};

/// A function while its pieces are made.
struct Function {
    std::string id;
    json::object properties;
    json::object attributes;  ///< handed on to all that is made for it: Condition, DeletionPolicy, UpdateReplacePolicy
    std::string alias_id;     ///< logical id of its published alias, "" if it has none
    json::array managed_policies;  ///< that its events need

    json::object reference() const;  ///< {Ref} of the alias, or of the function
    json::value arn() const;         ///< its invocable ARN
};

class Application {
  public:
    Application(const json::object& document, const ParameterTexts& parameters)
        : parameters_(parameters), document_(document) {}

    json::object transform();

  private:
    void merge_globals();
    void collect_apis();
    void serverless_resource(const std::string& id, const std::string& type, const json::object& resource);

    // function.cc
    void function(const std::string& id, const json::object& resource);
    void publish(Function& function, const json::object& code);
    void function_url(const Function& function);
    void event_invoke_config(const Function& function);
    json::value role(Function& function);
    json::array inline_policies(Function& function, const std::string& role_id, json::array& managed);

    // events.cc
    void events(Function& function);
    void mapping_event(Function& function, const std::string& event, std::string_view type,
                       const json::object& properties);
    void rule_event(Function& function, const std::string& event, const json::object& properties);
    void topic_event(Function& function, const std::string& event, const json::object& properties);
    /// Puts a queue, made or given, between a topic and the function; its ARN.
    json::value queue_for_topic(Function& function, const std::string& event, const json::value& wanted,
                                const json::value& topic);
    /// `suffix` ends the permission's logical id.
    void permission(const Function& function, const std::string& event, std::string_view principal,
                    json::value source_arn, std::string_view suffix = "");

    // bucket_event.cc
    void bucket_event(Function& function, const std::string& event, const json::object& properties);
    /// The bucket that an event names, as what its events have made of it by now.
    json::object& bucket_of(const Function& function, const std::string& event, const json::object& properties);
    void write_buckets();

    // http_api.cc
    void http_event(Function& function, const std::string& event, const json::object& properties);
    json::object route(const Function& function, const HttpApi& api, const json::object& event);
    void write_api(const std::string& id, const HttpApi& api);
    /// The stage's logical id.
    std::string write_stage(const std::string& id, const HttpApi& api);
    /// Lets an API ask the functions of its authorizers that say so (http_api_auth.cc).
    void permit_authorizers(const std::string& id, const HttpApi& api);
    std::string api_of(const json::object& event, std::string_view function_id, std::string_view event_name);

    // rest_api.cc
    void api_event(Function& function, const std::string& event, const json::object& properties);
    json::object api_method(const Function& function, RestApi& api, const json::object& event);
    /// OpenAPI's parameters of a method; those that answers are cached by are added to its integration.
    json::array request_parameters(std::string_view id, const json::value& given, json::object& integration);
    void request_model(std::string_view id, const json::value& given, RestApi& api, json::object& method,
                       json::array& parameters);
    /// "3.0.1"; "" for Swagger 2.
    std::string openapi_version(const RestApi& api) const;
    std::string rest_api_of(const json::object& event, std::string_view function_id, std::string_view event_name);
    /// As it stands in logical ids: letters and digits.
    std::string rest_stage_name(const RestApi& api) const;
    json::object rest_body(const std::string& id, const RestApi& api);
    json::object gateway_responses(const std::string& id, const json::value& given);
    void write_rest_api(const std::string& id, const RestApi& api);
    void write_rest_stage(const std::string& id, const RestApi& api, const std::string& deployment_id);

    // rest_api_auth.cc
    json::object rest_security(const std::string& id, const RestApi& api);
    /// Who may take a method, and with whose rights it calls its function.
    void authorize_method(std::string_view function_id, const RestApi& api, const json::value* event_auth,
                          json::object& method, json::object& integration);
    void authorize_preflight(const RestApi& api, json::object& method) const;
    void write_usage_plan(const std::string& id, const RestApi& api);
    void write_authorizer_permissions(const std::string& id, const RestApi& api);

    // web_socket_api.cc
    void web_socket_api(const std::string& id, const json::object& resource);
    /// What the $connect route has of the API's Auth; makes its authorizer.
    json::object web_socket_authorization(const std::string& id, const json::object& given,
                                          const json::object& attributes);
    void web_socket_route(const std::string& id, std::string_view key, const json::value& route,
                          const json::object& authorization, const json::object& attributes);

    // domains.cc
    /// The custom domain of an API, and what leads from there to its stage.
    void write_rest_domain(const std::string& id, const RestApi& api, const std::string& stage_id);
    void write_private_domain(const std::string& id, const RestApi& api, const std::string& stage_id,
                              const json::object& domain);
    void write_http_domain(const std::string& id, const HttpApi& api, const std::string& stage_id);
    void write_web_socket_domain(const std::string& id, const json::value& given, const std::string& stage_id,
                                 const json::object& tags, const json::object& attributes);
    /// Of both kinds of version 2.
    void write_domain(const std::string& id, const json::object& domain, const std::string& stage_id,
                      const json::object& tags, json::object attributes);

    // simple_table.cc
    void simple_table(const std::string& id, const json::object& resource);
    void layer_version(const std::string& id, const json::object& resource);

    /// Adds a resource with the attributes that its origin hands on.
    void add(const std::string& id, std::string_view type, json::object properties,
             const json::object& attributes = {});
    /// The text of a string or of a reference to a parameter; nothing for another expression.
    std::optional<std::string> text_of(const json::value& value) const;

    const ParameterTexts& parameters_;
    json::object document_;
    json::object resources_;
    template <typename Api>
    void collect_apis_of(std::string_view type, std::string_view event_type, std::string_view reference,
                         std::string_view implicit_id, std::map<std::string, Api>& apis);

    std::map<std::string, HttpApi> apis_;
    std::map<std::string, RestApi> rest_apis_;
    std::map<std::string, json::object> buckets_;  ///< those that functions hear of, with what that asks of them
    std::map<std::string, std::string> renamed_;   ///< names that references use: a layer's, "Function.Alias"
};

/// Throws SAM's error about one resource.
template <typename... Arguments>
[[noreturn]] void invalid(std::string_view id, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    refuse(
        "Invalid Serverless Application Specification document. Number of errors found: 1. Resource with id [{}] is "
        "invalid. {}",
        id, fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// SAM's suffix for names that follow their content: ten digits of a digest.
std::string content_suffix(const json::value& content);
/// Code or layer content of "s3://bucket/key", {Bucket, Key, Version}. Throws TemplateError for a local path.
json::object code_location(std::string_view id, std::string_view property, const json::value& value);
/// {key: value} as [{Key, Value}], with SAM's own tag first.
json::array tag_list(const json::object* tags, std::string_view own_key);
/// SAM's way to merge Globals into a resource: maps by key, lists one after the other, the resource's own scalar wins.
json::value merged(const json::value& global, const json::value& local);
/// The part of a resource's attributes that what is made for it shares.
json::object shared_attributes(const json::object& resource);

inline json::object reference_to(std::string_view id) { return json::object{{"Ref", id}}; }
inline json::object get_att(std::string_view id, std::string_view name) {
    return json::object{{"Fn::GetAtt", json::array{id, name}}};
}
/// "/orders/{id}" as the resource part of an ARN: a path parameter stands for anything.
std::string arn_path(std::string_view path);
/// What API Gateway invokes a function by.
json::object invocation_of(const json::value& function_arn, bool streamed = false);
/// Adds the statements that a ResourcePolicy stands for, about `resource`.
void add_policy(std::string_view id, const json::value* policy, const std::string& resource, json::array& statements);
/// The OpenAPI security schemes of an HTTP API's Auth, empty if it has none.
json::object security_schemes(std::string_view id, const json::object& api);
/// OpenAPI's "security" of one route; nothing if it is open to all.
std::optional<json::array> security_of(std::string_view function_id, const json::object& api,
                                       const json::object& event);

/// Copies those members of `from` that are there.
void copy(const json::object& from, json::object& to, std::initializer_list<std::string_view> names);
/// Throws if `properties` has a member besides `known`: nothing is silently ignored.
void only(std::string_view id, const json::object& properties, std::initializer_list<std::string_view> known);

}  // namespace cumulet::cloudformation::sam
