// The serverless transform of REST and HTTP APIs, property by property.
#include "services/cloudformation/sam/tests/support/transformed.h"

namespace cumulet::cloudformation {
namespace {

constexpr std::string_view one_function = R"(
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      InlineCode: 'x = 1'
)";

TEST(ServerlessTransform, GivesRestApisAllThatAuthSays) {
    const auto resources = resources_of(fmt::format(R"(
Resources:
  Web:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Cors: "'*'"
      PropagateTags: true
      Tags: {{team: shop}}
      Auth:
        DefaultAuthorizer: Pool
        ApiKeyRequired: true
        AddApiKeyRequiredToCorsPreflight: false
        Authorizers:
          Pool:
            UserPoolArn: ['arn:aws:cognito-idp:us-east-1:1:userpool/p']
            AuthorizationScopes: [read]
            Identity: {{Header: Token, ValidationExpression: 'a.*', ReauthorizeEvery: 30}}
          Whole:
            FunctionPayloadType: REQUEST
            FunctionArn: arn:aws:lambda:us-east-1:111111111111:function:any
            DisableFunctionDefaultPermissions: true
            Identity: {{Headers: [A], QueryStrings: [b], ReauthorizeEvery: 5}}
        ResourcePolicy:
          IpRangeWhitelist: [10.0.0.0/8]
          AwsAccountBlacklist: ['111111111111']
          SourceVpcBlacklist: [vpc-1, vpce-2]
          CustomStatements: [{{Effect: Allow, Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/x'}}]
        UsagePlan: {{CreateUsagePlan: PER_API, Quota: {{Limit: 5, Period: DAY}}}}
{}      Events:
        Mine: {{Type: Api, Properties: {{RestApiId: !Ref Web, Path: /a, Method: GET}}}}
        Signed:
          Type: Api
          Properties:
            RestApiId: !Ref Web
            Path: '/a/{{id}}'
            Method: PUT
            Auth: {{Authorizer: AWS_IAM, ApiKeyRequired: false, ResourcePolicy: {{IpRangeBlacklist: [1.2.3.4]}}}}
        Role:
          Type: Api
          Properties: {{RestApiId: !Ref Web, Path: /a, Method: PUT, Auth: {{Authorizer: AWS_IAM, InvokeRole: 'arn:r', OverrideApiAuth: true}}}}
        Plain: {{Type: Api, Properties: {{RestApiId: !Ref Web, Path: /a, Method: POST, Auth: {{Authorizer: AWS_IAM, InvokeRole: NONE}}}}}}
)",
                                                    one_function));
    const auto& body = properties(resources, "Web").at("Body");
    const auto& a = body.at("paths").at("/a").as_object();
    EXPECT_EQ(a.at("get").at("security"), parsed(R"([{"Pool": ["read"]}, {"api_key": []}])"));
    EXPECT_EQ(a.at("options").at("security"), parsed(R"([{"Pool": []}])"));
    const auto credentials = [&](const json::value& method) {
        const auto* value = find(method.at("x-amazon-apigateway-integration"), "credentials");
        return value ? std::string(value->as_string()) : "";
    };
    EXPECT_EQ(credentials(body.at("paths").at("/a/{id}").at("put")), "arn:aws:iam::*:user/*");
    EXPECT_FALSE(body.at("paths").at("/a/{id}").at("put").as_object().contains("security"));
    EXPECT_EQ(credentials(a.at("put")), "arn:r");
    EXPECT_EQ(credentials(a.at("post")), "");
    const auto& pool = body.at("securityDefinitions").at("Pool");
    EXPECT_EQ(pool.at("name"), "Token");
    EXPECT_EQ(pool.at("x-amazon-apigateway-authorizer").at("identityValidationExpression"), "a.*");
    EXPECT_EQ(pool.at("x-amazon-apigateway-authorizer").at("authorizerResultTtlInSeconds"), 30);
    EXPECT_EQ(body.at("securityDefinitions").at("Whole").at("x-amazon-apigateway-authorizer").at("identitySource"),
              "method.request.header.A, method.request.querystring.b");
    EXPECT_FALSE(resources.contains("WebWholeAuthorizerPermission"));
    EXPECT_EQ(body.at("x-amazon-apigateway-policy").at("Statement"), parsed(R"([
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*/PUT/a/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*/PUT/a/*",
         "Condition": {"IpAddress": {"aws:SourceIp": ["1.2.3.4"]}}},
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/x"},
        {"Effect": "Deny", "Principal": {"AWS": [{"Fn::Sub": "arn:${AWS::Partition}:iam::111111111111:root"}]},
         "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
         "Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-1"]}}},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*",
         "Condition": {"StringEquals": {"aws:SourceVpce": ["vpce-2"]}}}])"));
    EXPECT_EQ(properties(resources, "WebUsagePlan"), parsed(R"({"Quota": {"Limit": 5, "Period": "DAY"},
        "ApiStages": [{"ApiId": {"Ref": "Web"}, "Stage": {"Ref": "Webv1Stage"}}], "Tags": [{"Key": "team", "Value": "shop"}]})"));
    EXPECT_EQ(properties(resources, "WebUsagePlanKey").at("KeyId").at("Ref"), "WebApiKey");
}

TEST(ServerlessTransform, SharesAUsagePlanAmongApis) {
    const auto resources = resources_of(R"(
Globals: {Api: {StageName: live, Auth: {UsagePlan: {CreateUsagePlan: SHARED}}}}
Resources:
  One: {Type: AWS::Serverless::Api, Properties: {}}
  Two: {Type: AWS::Serverless::Api, Properties: {}}
)");
    EXPECT_EQ(properties(resources, "ServerlessUsagePlan").at("ApiStages").as_array().size(), 2u);
    EXPECT_EQ(properties(resources, "ServerlessApiKey").at("StageKeys").as_array().size(), 2u);
    EXPECT_TRUE(resources.contains("ServerlessUsagePlanKey"));
}

TEST(ServerlessTransform, ChecksRequestsByModelsAndParameters) {
    for (const std::string_view version : {"2.0", "3.0.1"}) {
        const auto resources = resources_of(fmt::format(R"(
Resources:
  Web:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      OpenApiVersion: '{}'
      FailOnWarnings: true
      Mode: merge
      Models: {{Order: {{type: object, properties: {{sku: {{type: string}}}}}}}}
{}      Events:
        Place:
          Type: Api
          Properties:
            RestApiId: !Ref Web
            Path: '/orders/{{id}}'
            Method: POST
            TimeoutInMillis: 5000
            RequestModel: {{Model: Order, Required: true, ValidateBody: true, ValidateParameters: true}}
            RequestParameters:
              - method.request.header.Accept
              - method.request.querystring.page: {{Required: true, Caching: true}}
)",
                                                        version, one_function));
        EXPECT_EQ(properties(resources, "Web").at("Mode"), "merge");
        EXPECT_EQ(properties(resources, "Web").at("FailOnWarnings"), true);
        const auto& body = properties(resources, "Web").at("Body");
        const bool openapi_3 = version != "2.0";
        EXPECT_EQ(body.at(openapi_3 ? "openapi" : "swagger").as_string(), version);
        EXPECT_EQ(body.as_object().contains("swagger"), !openapi_3);
        const auto& method = body.at("paths").at("/orders/{id}").at("post");
        EXPECT_EQ(method.at("x-amazon-apigateway-request-validator"), "body-and-params");
        EXPECT_EQ(body.at("x-amazon-apigateway-request-validators"),
                  parsed(R"({"body-and-params": {"validateRequestBody": true, "validateRequestParameters": true}})"));
        const auto& integration = method.at("x-amazon-apigateway-integration");
        EXPECT_EQ(integration.at("cacheKeyParameters"), parsed(R"(["method.request.querystring.page"])"));
        EXPECT_EQ(integration.at("timeoutInMillis"), 5000);
        const auto& parameters = method.at("parameters").as_array();
        if (openapi_3) {
            EXPECT_EQ(parameters.at(1),
                      parsed(R"({"name": "page", "in": "query", "required": true, "schema": {"type": "string"}})"));
            EXPECT_EQ(method.at("requestBody").at("content").at("application/json").at("schema").at("$ref"),
                      "#/components/schemas/order");
            EXPECT_EQ(body.at("components").at("schemas").at("order").at("type"), "object");
        } else {
            EXPECT_EQ(parameters.at(0),
                      parsed(R"({"name": "Accept", "in": "header", "required": false, "type": "string"})"));
            EXPECT_EQ(parameters.at(2), parsed(R"({"in": "body", "name": "order", "required": true,
                                                   "schema": {"$ref": "#/definitions/order"}})"));
            EXPECT_EQ(body.at("definitions").at("order").at("type"), "object");
        }
    }
}

TEST(ServerlessTransform, AddsPathsToADefinitionOnlyIfTheTwoAreMerged) {
    for (const bool merges : {false, true}) {
        const auto resources = resources_of(fmt::format(R"(
Resources:
  Web:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      MergeDefinitions: {}
      DefinitionBody: {{swagger: '2.0', info: {{title: own, version: '1'}}, paths: {{/own: {{get: {{responses: {{}}}}}}}}}}
{}      Events: {{Get: {{Type: Api, Properties: {{RestApiId: !Ref Web, Path: /event, Method: GET}}}}}}
)",
                                                        merges, one_function));
        const auto& paths = properties(resources, "Web").at("Body").at("paths").as_object();
        EXPECT_TRUE(paths.contains("/own"));
        EXPECT_EQ(paths.contains("/event"), merges);
        EXPECT_TRUE(resources.contains("FGetPermissionv1"));
    }
}

TEST(ServerlessTransform, DeploysARestApiAgainWhereverSomethingChanged) {
    const auto deployment = [](std::string_view always, std::string_view description) {
        const auto resources = resources_of(fmt::format(R"(
Description: {}
Resources:
  Web:
    Type: AWS::Serverless::Api
    Properties: {{StageName: v1, AlwaysDeploy: {}, DefinitionUri: {{Bucket: b, Key: k, Version: '7'}}}}
)",
                                                        description, always));
        EXPECT_EQ(properties(resources, "Web").at("BodyS3Location").at("Version"), "7");
        for (const auto& [name, resource] : resources)
            if (resource.at("Type") == "AWS::ApiGateway::Deployment") return std::string(name);
        return std::string();
    };
    EXPECT_EQ(deployment("false", "a"), deployment("false", "b"));
    EXPECT_EQ(deployment("true", "a"), deployment("true", "a"));
    EXPECT_NE(deployment("true", "a"), deployment("true", "b"));
}

TEST(ServerlessTransform, LeadsPrivateDomainsToStages) {
    const auto resources = resources_of(R"(
Resources:
  Web:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      EndpointConfiguration: {Type: PRIVATE, VPCEndpointIds: [vpce-1]}
      Domain:
        DomainName: inner.example.com
        CertificateArn: arn:aws:acm:us-east-1:1:certificate/c
        EndpointConfiguration: PRIVATE
        BasePath: [a]
        AccessAssociation: {VpcEndpointId: vpce-1}
)");
    std::string domain, association;
    for (const auto& [name, resource] : resources) {
        if (resource.at("Type") == "AWS::ApiGateway::DomainNameV2") domain = name;
        if (resource.at("Type") == "AWS::ApiGateway::DomainNameAccessAssociation") association = name;
    }
    ASSERT_TRUE(domain.starts_with("ApiGatewayDomainNameV2"));
    EXPECT_EQ(properties(resources, "WebaBasePathMapping").at("DomainNameArn").at("Fn::GetAtt").at(0),
              json::value(domain));
    EXPECT_EQ(properties(resources, association).at("AccessAssociationSource"), "vpce-1");
    EXPECT_EQ(properties(resources, "Web").at("EndpointConfiguration"),
              parsed(R"({"Types": ["PRIVATE"], "VpcEndpointIds": ["vpce-1"]})"));
}

TEST(ServerlessTransform, GivesRoutesOfHttpApisTheirSettings) {
    const auto resources = resources_of(fmt::format(R"(
Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties:
      RouteSettings: {{'GET /a': {{ThrottlingRateLimit: 9}}}}
      DefaultRouteSettings: {{ThrottlingBurstLimit: 7}}
{}      Events:
        Get: {{Type: HttpApi, Properties: {{ApiId: !Ref Web, Path: /a, Method: GET, RouteSettings: {{ThrottlingBurstLimit: 3}}}}}}
        Any: {{Type: HttpApi, Properties: {{ApiId: !Ref Web, RouteSettings: {{DetailedMetricsEnabled: true}}}}}}
)",
                                                    one_function));
    EXPECT_EQ(properties(resources, "WebApiGatewayDefaultStage").at("RouteSettings"), parsed(R"({
        "GET /a": {"ThrottlingRateLimit": 9, "ThrottlingBurstLimit": 3}, "$default": {"DetailedMetricsEnabled": true}})"));
}

}  // namespace
}  // namespace cumulet::cloudformation
