// AWS answers each operation with a structure of its own that has the members of the record. These copy a record into
// whichever structure is asked for.
#pragma once

#include "contracts/execute_api.h"
#include "services/apigatewayv2/http_api.h"

namespace cumulet::apigatewayv2 {

template <typename Answer>
Answer answer_of(const Call& call, const HttpApi& api) {
    Answer answer;
    answer.ApiEndpoint = contracts::api_endpoint(call, api.ApiId.value_or(""));
    if (api.ProtocolType == "WEBSOCKET") answer.ApiEndpoint->replace(0, 4, "ws");  // for http
    answer.ApiGatewayManaged = api.ApiGatewayManaged;
    answer.ApiId = api.ApiId;
    answer.ApiKeySelectionExpression = api.ApiKeySelectionExpression;
    answer.CorsConfiguration = api.CorsConfiguration;
    answer.CreatedDate = api.CreatedDate;
    answer.Description = api.Description;
    answer.DisableSchemaValidation = api.DisableSchemaValidation;
    answer.DisableExecuteApiEndpoint = api.DisableExecuteApiEndpoint;
    answer.ImportInfo = api.ImportInfo;
    answer.IpAddressType = api.IpAddressType;
    answer.Name = api.Name;
    answer.ProtocolType = api.ProtocolType;
    answer.RouteSelectionExpression = api.RouteSelectionExpression;
    answer.Tags = api.Tags;
    answer.Version = api.Version;
    answer.Warnings = api.Warnings;
    return answer;
}

template <typename Answer>
Answer answer_of(const Route& route) {
    Answer answer;
    answer.ApiGatewayManaged = route.ApiGatewayManaged;
    answer.ApiKeyRequired = route.ApiKeyRequired;
    answer.AuthorizationScopes = route.AuthorizationScopes;
    answer.AuthorizationType = route.AuthorizationType;
    answer.AuthorizerId = route.AuthorizerId;
    answer.ModelSelectionExpression = route.ModelSelectionExpression;
    answer.OperationName = route.OperationName;
    answer.RequestModels = route.RequestModels;
    answer.RequestParameters = route.RequestParameters;
    answer.RouteId = route.RouteId;
    answer.RouteKey = route.RouteKey;
    answer.RouteResponseSelectionExpression = route.RouteResponseSelectionExpression;
    answer.Target = route.Target;
    return answer;
}

template <typename Answer>
Answer answer_of(const Integration& integration) {
    Answer answer;
    answer.ApiGatewayManaged = integration.ApiGatewayManaged;
    answer.ConnectionType = integration.ConnectionType;
    answer.ContentHandlingStrategy = integration.ContentHandlingStrategy;
    answer.CredentialsArn = integration.CredentialsArn;
    answer.Description = integration.Description;
    answer.IntegrationId = integration.IntegrationId;
    answer.IntegrationMethod = integration.IntegrationMethod;
    answer.IntegrationResponseSelectionExpression = integration.IntegrationResponseSelectionExpression;
    answer.IntegrationSubtype = integration.IntegrationSubtype;
    answer.IntegrationType = integration.IntegrationType;
    answer.IntegrationUri = integration.IntegrationUri;
    answer.PassthroughBehavior = integration.PassthroughBehavior;
    answer.PayloadFormatVersion = integration.PayloadFormatVersion;
    answer.RequestParameters = integration.RequestParameters;
    answer.RequestTemplates = integration.RequestTemplates;
    answer.ResponseParameters = integration.ResponseParameters;
    answer.TemplateSelectionExpression = integration.TemplateSelectionExpression;
    answer.TimeoutInMillis = integration.TimeoutInMillis;
    return answer;
}

template <typename Answer>
Answer answer_of(const Authorizer& authorizer) {
    Answer answer;
    answer.AuthorizerCredentialsArn = authorizer.AuthorizerCredentialsArn;
    answer.AuthorizerId = authorizer.AuthorizerId;
    answer.AuthorizerPayloadFormatVersion = authorizer.AuthorizerPayloadFormatVersion;
    answer.AuthorizerResultTtlInSeconds = authorizer.AuthorizerResultTtlInSeconds;
    answer.AuthorizerType = authorizer.AuthorizerType;
    answer.AuthorizerUri = authorizer.AuthorizerUri;
    answer.EnableSimpleResponses = authorizer.EnableSimpleResponses;
    answer.IdentitySource = authorizer.IdentitySource;
    answer.JwtConfiguration = authorizer.JwtConfiguration;
    answer.Name = authorizer.Name;
    return answer;
}

template <typename Answer>
Answer answer_of(const Stage& stage) {
    Answer answer;
    answer.AccessLogSettings = stage.AccessLogSettings;
    answer.ApiGatewayManaged = stage.ApiGatewayManaged;
    answer.AutoDeploy = stage.AutoDeploy;
    answer.CreatedDate = stage.CreatedDate;
    answer.DefaultRouteSettings = stage.DefaultRouteSettings;
    answer.DeploymentId = stage.DeploymentId;
    answer.Description = stage.Description;
    answer.LastDeploymentStatusMessage = stage.LastDeploymentStatusMessage;
    answer.LastUpdatedDate = stage.LastUpdatedDate;
    answer.RouteSettings = stage.RouteSettings;
    answer.StageName = stage.StageName;
    answer.StageVariables = stage.StageVariables;
    answer.Tags = stage.Tags;
    return answer;
}

template <typename Answer>
Answer answer_of(const Deployment& deployment) {
    Answer answer;
    answer.AutoDeployed = deployment.AutoDeployed;
    answer.CreatedDate = deployment.CreatedDate;
    answer.DeploymentId = deployment.DeploymentId;
    answer.DeploymentStatus = deployment.DeploymentStatus;
    answer.DeploymentStatusMessage = deployment.DeploymentStatusMessage;
    answer.Description = deployment.Description;
    return answer;
}

/// Takes over what an update says and leaves the rest.
template <typename Target, typename Source>
void take(Target& target, const std::optional<Source>& source) {
    if (source) target = *source;
}

}  // namespace cumulet::apigatewayv2
