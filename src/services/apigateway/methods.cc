// PutMethod, GetMethod, UpdateMethod, DeleteMethod, and the same of method responses.
// https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html

#include "services/apigateway/methods.h"

#include "services/apigateway/patch.h"
#include "services/apigateway/rest_api.h"
#include "services/apigateway/service.h"

namespace cumulet::apigateway {

using namespace aws::apigateway;

namespace {

constexpr PatchRule method_rules[] = {
    {"/authorizationType", "replace"},
    {"/authorizerId", "replace remove"},
    {"/authorizationScopes", "add remove replace", Patched::valued_element},
    {"/apiKeyRequired", "replace", Patched::flag},
    {"/operationName", "replace remove"},
    {"/requestValidatorId", "replace remove"},
    {"/requestParameters/{name}", "add remove replace", Patched::flag},
    {"/requestModels/{type}", "add remove replace"},
};
constexpr PatchTable method_table{method_rules, PatchWords::names_path};

constexpr PatchRule response_rules[] = {
    {"/responseParameters/{name}", "add remove replace", Patched::flag},
    {"/responseModels/{type}", "add remove replace"},
};
constexpr PatchTable response_table{response_rules, PatchWords::names_path};

Method new_method(const PutMethodRequest& request) {
    Method method;
    method.httpMethod = request.httpMethod;
    method.authorizationType = request.authorizationType;
    method.authorizerId = request.authorizerId;
    method.apiKeyRequired = request.apiKeyRequired.value_or(false);
    method.operationName = request.operationName;
    method.requestParameters = request.requestParameters;
    method.requestModels = request.requestModels;
    method.requestValidatorId = request.requestValidatorId;
    method.authorizationScopes = request.authorizationScopes;
    return method;
}

/// What a type of authorisation has no use for is not kept.
void settle(Method& method) {
    if (method.authorizationType == "NONE" || method.authorizationType == "AWS_IAM") method.authorizerId.reset();
    if (method.requestValidatorId == "") method.requestValidatorId.reset();
}

}  // namespace

Method& method_of(Resource& resource, const std::string& http_method) {
    if (resource.resourceMethods) {
        const auto found = resource.resourceMethods->find(http_method);
        if (found != resource.resourceMethods->end()) return found->second;
    }
    throw NotFoundException("Invalid Method identifier specified");
}

MethodResponse& response_of(Method& method, const std::string& status_code) {
    if (method.methodResponses) {
        const auto found = method.methodResponses->find(status_code);
        if (found != method.methodResponses->end()) return found->second;
    }
    throw NotFoundException("Invalid Response status code specified");
}

Task<Method> Service::put_method(Call& call, PutMethodRequest request) {
    auto method = new_method(request);
    settle(method);
    co_return co_await change_resource(
        store_, place_of(call, request.restApiId), request.resourceId,
        [&](Resource& resource, const Definition& definition) {
            check_method(method, definition);
            auto& methods = resource.resourceMethods ? *resource.resourceMethods : resource.resourceMethods.emplace();
            if (!methods.emplace(request.httpMethod, method).second)
                throw ConflictException("Method already exists for this resource");
            return method;
        });
}

Task<Method> Service::get_method(Call& call, GetMethodRequest request) {
    auto resource = co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        return load_item<Resource>(tx, place_of(call, request.restApiId), request.resourceId);
    });
    co_return method_of(resource, request.httpMethod);
}

Task<Method> Service::update_method(Call& call, UpdateMethodRequest request) {
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource, const Definition& definition) {
                                           auto& method = method_of(resource, request.httpMethod);
                                           auto changed =
                                               patched(method, "GetMethod", method_table, request.patchOperations);
                                           settle(changed);
                                           check_method(changed, definition);
                                           return method = std::move(changed);
                                       });
}

Task<DeleteMethodResponse> Service::delete_method(Call& call, DeleteMethodRequest request) {
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource) {
                                           method_of(resource, request.httpMethod);
                                           resource.resourceMethods->erase(request.httpMethod);
                                           if (resource.resourceMethods->empty()) resource.resourceMethods.reset();
                                           return DeleteMethodResponse{};
                                       });
}

Task<MethodResponse> Service::put_method_response(Call& call, PutMethodResponseRequest request) {
    MethodResponse response;
    response.statusCode = request.statusCode;
    response.responseParameters = request.responseParameters;
    response.responseModels = request.responseModels;
    co_return co_await change_resource(
        store_, place_of(call, request.restApiId), request.resourceId, [&](Resource& resource) {
            auto& method = method_of(resource, request.httpMethod);
            auto& responses = method.methodResponses ? *method.methodResponses : method.methodResponses.emplace();
            if (!responses.emplace(request.statusCode, response).second)
                throw ConflictException("Response already exists for this resource");
            return response;
        });
}

Task<MethodResponse> Service::get_method_response(Call& call, GetMethodResponseRequest request) {
    auto resource = co_await store_.transact([&](store::Transaction& tx) -> Task<Resource> {
        return load_item<Resource>(tx, place_of(call, request.restApiId), request.resourceId);
    });
    co_return response_of(method_of(resource, request.httpMethod), request.statusCode);
}

Task<MethodResponse> Service::update_method_response(Call& call, UpdateMethodResponseRequest request) {
    co_return co_await change_resource(
        store_, place_of(call, request.restApiId), request.resourceId, [&](Resource& resource) {
            auto& response = response_of(method_of(resource, request.httpMethod), request.statusCode);
            return response = patched(response, "GetMethodResponse", response_table, request.patchOperations);
        });
}

Task<DeleteMethodResponseResponse> Service::delete_method_response(Call& call, DeleteMethodResponseRequest request) {
    co_return co_await change_resource(store_, place_of(call, request.restApiId), request.resourceId,
                                       [&](Resource& resource) {
                                           auto& method = method_of(resource, request.httpMethod);
                                           response_of(method, request.statusCode);
                                           method.methodResponses->erase(request.statusCode);
                                           if (method.methodResponses->empty()) method.methodResponses.reset();
                                           return DeleteMethodResponseResponse{};
                                       });
}

}  // namespace cumulet::apigateway
