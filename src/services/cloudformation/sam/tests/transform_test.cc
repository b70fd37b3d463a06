// The serverless transform: which resources SAM makes, under which names.
#include "services/cloudformation/sam/transform.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "services/cloudformation/sam/policy_templates.h"
#include "services/cloudformation/sam/tests/support/transformed.h"
#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/template.h"

namespace cumulet::cloudformation {
namespace {

std::set<std::string> names(const json::object& resources) {
    std::set<std::string> result;
    for (const auto& [name, resource] : resources) result.emplace(name);
    return result;
}

constexpr std::string_view orders = R"(
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: nodejs20.x
    Timeout: 10
    Environment: {Variables: {TABLE: !Ref Table}}
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Jobs: {Type: AWS::SQS::Queue}
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      CodeUri: s3://code/api.zip
      Timeout: 5
      Environment: {Variables: {EXTRA: x}}
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref Table}
        - AmazonS3ReadOnlyAccess
        - Statement: [{Effect: Allow, Action: 'sqs:*', Resource: '*'}]
      Events:
        Get: {Type: HttpApi, Properties: {Path: '/orders/{id}', Method: get}}
        Any: {Type: HttpApi}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      Handler: worker.handler
      Runtime: python3.12
      CodeUri: {Bucket: code, Key: worker.zip}
      Events:
        Job: {Type: SQS, Properties: {Queue: !GetAtt Jobs.Arn, BatchSize: 5}}
)";

TEST(ServerlessTransform, MakesTheResourcesThatSamMakes) {
    EXPECT_EQ(names(resources_of(orders)),
              (std::set<std::string>{"Table", "Jobs", "Api", "ApiRole", "ApiGetPermission", "ApiAnyPermission",
                                     "Worker", "WorkerRole", "WorkerJob", "ServerlessHttpApi",
                                     "ServerlessHttpApiApiGatewayDefaultStage"}));
}

TEST(ServerlessTransform, MergesGlobalsIntoEachFunction) {
    const auto resources = resources_of(orders);
    EXPECT_EQ(properties(resources, "Api"), parsed(R"({
        "Code": {"S3Bucket": "code", "S3Key": "api.zip"}, "Handler": "app.handler", "Runtime": "nodejs20.x", "Timeout": 5,
        "Environment": {"Variables": {"TABLE": {"Ref": "Table"}, "EXTRA": "x"}},
        "Tags": [{"Key": "lambda:createdBy", "Value": "SAM"}], "Role": {"Fn::GetAtt": ["ApiRole", "Arn"]}})"));
    EXPECT_EQ(properties(resources, "Worker").at("Runtime"), "python3.12");
    EXPECT_EQ(properties(resources, "Worker").at("Timeout"), 10);
}

TEST(ServerlessTransform, GivesEachFunctionARoleWithItsPolicies) {
    const auto resources = resources_of(orders);
    const auto& role = properties(resources, "ApiRole");
    EXPECT_EQ(role.at("ManagedPolicyArns"),
              parsed(R"(["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
                                                       "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"])"));
    const auto& policies = role.at("Policies").as_array();
    ASSERT_EQ(policies.size(), 2u);
    EXPECT_EQ(policies[0].at("PolicyName"), "ApiRolePolicy0");
    EXPECT_EQ(
        policies[0].at("PolicyDocument").at("Statement").at(0).at("Resource").at(0),
        parsed(R"({"Fn::Sub": ["arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${tableName}",
                                     {"tableName": {"Ref": "Table"}}]})"));
    EXPECT_EQ(policies[1].at("PolicyName"), "ApiRolePolicy2");
    EXPECT_EQ(properties(resources, "WorkerRole").at("ManagedPolicyArns").as_array().back(),
              "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole");
}

TEST(ServerlessTransform, WritesTheImplicitHttpApi) {
    const auto resources = resources_of(orders);
    const auto& body = properties(resources, "ServerlessHttpApi").at("Body");
    EXPECT_EQ(body.at("openapi"), "3.0.1");
    EXPECT_EQ(body.at("info"), parsed(R"({"version": "1.0", "title": {"Ref": "AWS::StackName"}})"));
    EXPECT_EQ(body.at("paths").at("/orders/{id}").at("get"), parsed(R"({
        "x-amazon-apigateway-integration": {"httpMethod": "POST", "type": "aws_proxy", "payloadFormatVersion": "2.0",
            "uri": {"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Api.Arn}/invocations"}},
        "responses": {}})"));
    EXPECT_EQ(body.at("paths").at("$default").at("x-amazon-apigateway-any-method").at("isDefaultRoute"), true);
    const auto& stage = properties(resources, "ServerlessHttpApiApiGatewayDefaultStage");
    EXPECT_EQ(stage.at("StageName"), "$default");
    EXPECT_EQ(stage.at("AutoDeploy"), true);
    EXPECT_EQ(properties(resources, "ApiGetPermission").at("SourceArn"), parsed(R"({"Fn::Sub": [
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/orders/*",
        {"__ApiId__": {"Ref": "ServerlessHttpApi"}, "__Stage__": "*"}]})"));
}

TEST(ServerlessTransform, MakesWebSocketApisOfTheirRoutes) {
    const auto resources = resources_of(R"(
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: prod
      Auth: {AuthType: CUSTOM, AuthArn: !GetAtt Door.Arn, IdentitySource: [route.request.header.Auth]}
      Routes:
        $connect: {FunctionArn: !GetAtt Join.Arn}
        send-all: {FunctionArn: !GetAtt Send.Arn, IntegrationTimeout: 5000, RouteResponseSelectionExpression: $default}
Outputs:
  Stage: {Value: !Ref Chat.Stage}
)");
    EXPECT_EQ(names(resources),
              (std::set<std::string>{"Chat", "ChatAuthorizer", "ChatAuthorizerPermission", "ChatconnectIntegration",
                                     "ChatconnectPermission", "ChatconnectRoute", "ChatprodStage",
                                     "ChatsendallIntegration", "ChatsendallPermission", "ChatsendallRoute"}));
    EXPECT_EQ(properties(resources, "Chat").at("ProtocolType"), "WEBSOCKET");
    EXPECT_EQ(properties(resources, "ChatprodStage").at("AutoDeploy"), true);
    EXPECT_EQ(properties(resources, "ChatconnectRoute"), parsed(R"({"ApiId": {"Ref": "Chat"}, "RouteKey": "$connect",
        "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "ChatconnectIntegration"}]]},
        "AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "ChatAuthorizer"}})"));
    EXPECT_FALSE(properties(resources, "ChatsendallRoute").as_object().contains("AuthorizerId"));
    EXPECT_EQ(properties(resources, "ChatsendallIntegration"), parsed(R"({"ApiId": {"Ref": "Chat"},
        "IntegrationType": "AWS_PROXY", "TimeoutInMillis": 5000, "IntegrationUri": {"Fn::Sub": [
            "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations",
            {"__FunctionArn__": {"Fn::GetAtt": ["Send", "Arn"]}}]}})"));
    EXPECT_EQ(properties(resources, "ChatsendallPermission").at("SourceArn"), parsed(R"({"Fn::Sub": [
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/*/send-all",
        {"__ApiId__": {"Ref": "Chat"}}]})"));
}

TEST(ServerlessTransform, TakesAllPropertiesOfWebSocketApis) {
    const auto resources = resources_of(R"(
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      Name: chat
      Description: Rooms
      RouteSelectionExpression: $request.body.action
      ApiKeySelectionExpression: $request.header.x-api-key
      DisableExecuteApiEndpoint: true
      DisableSchemaValidation: true
      IpAddressType: ipv4
      AccessLogSettings: {DestinationArn: !GetAtt Logs.Arn, Format: $context.requestId}
      DefaultRouteSettings: {LoggingLevel: INFO, DataTraceEnabled: true, DetailedMetricsEnabled: true}
      RouteSettings: {send: {ThrottlingBurstLimit: 5, ThrottlingRateLimit: 10}}
      StageVariables: {table: rooms}
      Tags: {team: red}
      PropagateTags: true
      Auth: {AuthType: AWS_IAM}
      Domain:
        DomainName: chat.example.com
        CertificateArn: arn:aws:acm:us-east-1:000000000000:certificate/a
        BasePath: [one, /two/rooms]
        EndpointConfiguration: REGIONAL
        SecurityPolicy: TLS_1_2
      Routes:
        $connect: {FunctionArn: !GetAtt Join.Arn, ApiKeyRequired: true}
        send:
          FunctionArn: !GetAtt Send.Arn
          ModelSelectionExpression: $request.body.kind
          RequestModels: {text: Text}
          OperationName: send
)");
    const auto& api = properties(resources, "Chat");
    EXPECT_EQ(api.at("DisableExecuteApiEndpoint"), true);
    EXPECT_EQ(api.at("DisableSchemaValidation"), true);
    EXPECT_EQ(api.at("ApiKeySelectionExpression"), "$request.header.x-api-key");
    EXPECT_EQ(api.at("IpAddressType"), "ipv4");
    const auto& stage = properties(resources, "ChatdefaultStage");
    EXPECT_EQ(stage.at("DefaultRouteSettings"),
              parsed(R"({"LoggingLevel": "INFO", "DataTraceEnabled": true, "DetailedMetricsEnabled": true})"));
    EXPECT_EQ(stage.at("RouteSettings"), parsed(R"({"send": {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 10}})"));
    EXPECT_EQ(stage.at("StageVariables"), parsed(R"({"table": "rooms"})"));
    EXPECT_EQ(stage.at("AccessLogSettings").at("Format"), "$context.requestId");
    EXPECT_EQ(properties(resources, "ChatconnectRoute").at("AuthorizationType"), "AWS_IAM");
    EXPECT_EQ(properties(resources, "ChatsendRoute").at("RequestModels"), parsed(R"({"text": "Text"})"));

    std::string domain_id;
    for (const auto& name : names(resources))
        if (name.starts_with("ApiGatewayDomainNameV2")) domain_id = name;
    EXPECT_EQ(properties(resources, domain_id), parsed(R"({"DomainName": "chat.example.com",
        "DomainNameConfigurations": [{"CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/a",
                                      "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}],
        "Tags": {"websocketapi:createdBy": "SAM", "team": "red"}})"));
    EXPECT_EQ(properties(resources, "ChatoneApiMapping").at("ApiMappingKey"), "one");
    EXPECT_EQ(properties(resources, "ChattworoomsApiMapping").at("ApiMappingKey"), "two/rooms");
    EXPECT_EQ(properties(resources, "ChatoneApiMapping").at("Stage"), parsed(R"({"Ref": "ChatdefaultStage"})"));
}

constexpr std::string_view listening = R"(
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Ship:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: nodejs20.x
      CodeUri: s3://code/ship.zip
      Events:
        Parcels:
          Type: SNS
          Properties: {Topic: !Ref Orders, SqsSubscription: SUBSCRIPTION, FilterPolicy: {delivery: [parcel]}}
)";

json::object listening_by(std::string subscription) {
    std::string text(listening);
    text.replace(text.find("SUBSCRIPTION"), 12, subscription);
    return resources_of(text);
}

TEST(ServerlessTransform, LetsATopicCallAFunction) {
    const auto resources = listening_by("false");
    EXPECT_EQ(names(resources),
              (std::set<std::string>{"Orders", "Ship", "ShipRole", "ShipParcels", "ShipParcelsPermission"}));
    EXPECT_EQ(properties(resources, "ShipParcels"), parsed(R"({
        "Protocol": "lambda", "Endpoint": {"Fn::GetAtt": ["Ship", "Arn"]}, "TopicArn": {"Ref": "Orders"},
        "FilterPolicy": {"delivery": ["parcel"]}})"));
}

TEST(ServerlessTransform, PutsAQueueBetweenATopicAndAFunction) {
    const auto resources = listening_by("true");
    EXPECT_EQ(names(resources), (std::set<std::string>{"Orders", "Ship", "ShipRole", "ShipParcels", "ShipParcelsQueue",
                                                       "ShipParcelsQueuePolicy", "ShipParcelsEventSourceMapping"}));
    EXPECT_EQ(properties(resources, "ShipParcels").at("Protocol"), "sqs");
    EXPECT_EQ(properties(resources, "ShipParcels").at("Endpoint"),
              parsed(R"({"Fn::GetAtt": ["ShipParcelsQueue", "Arn"]})"));
    EXPECT_EQ(properties(resources, "ShipParcelsEventSourceMapping"), parsed(R"({
        "EventSourceArn": {"Fn::GetAtt": ["ShipParcelsQueue", "Arn"]}, "FunctionName": {"Ref": "Ship"}, "BatchSize": 10,
        "Enabled": true})"));
    EXPECT_EQ(properties(resources, "ShipParcelsQueuePolicy"), parsed(R"({
        "Queues": [{"Ref": "ShipParcelsQueue"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Action": "sqs:SendMessage", "Effect": "Allow", "Principal": "*",
            "Resource": {"Fn::GetAtt": ["ShipParcelsQueue", "Arn"]},
            "Condition": {"ArnEquals": {"aws:SourceArn": {"Ref": "Orders"}}}}]}})"));
}

TEST(ServerlessTransform, TakesAQueueThatIsGiven) {
    const auto resources =
        listening_by("{QueueArn: arn:q, QueueUrl: 'http://q', QueuePolicyLogicalId: Allow, BatchSize: 3}");
    EXPECT_EQ(names(resources), (std::set<std::string>{"Orders", "Ship", "ShipRole", "ShipParcels", "Allow",
                                                       "ShipParcelsEventSourceMapping"}));
    EXPECT_EQ(properties(resources, "ShipParcels").at("Endpoint"), "arn:q");
    EXPECT_EQ(properties(resources, "ShipParcelsEventSourceMapping").at("BatchSize"), 3);
    EXPECT_THROW(listening_by("{QueueArn: arn:q}"), TemplateError);
}

constexpr std::string_view uploading = R"(
Transform: AWS::Serverless-2016-10-31
Conditions: {Live: !Equals [a, a]}
Resources:
  Resize:
    Type: AWS::Serverless::Function
    CONDITION
    Properties:
      Handler: app.handler
      Runtime: nodejs20.x
      CodeUri: s3://code/resize.zip
      Events:
        Images:
          Type: S3
          Properties:
            Bucket: !Ref Uploads
            Events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:Delete']
            Filter: {S3Key: {Rules: [{Name: suffix, Value: .jpg}]}}
        Texts: {Type: S3, Properties: {Bucket: BUCKET, Events: 's3:ObjectTagging:*'}}
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn: Other
    Properties: {BucketName: uploads}
  Other: {Type: AWS::SNS::Topic}
)";

json::object uploading_by(std::string bucket, std::string condition = "") {
    std::string text(uploading);
    text.replace(text.find("BUCKET"), 6, bucket);
    text.replace(text.find("CONDITION"), 9, condition);
    return resources_of(text);
}

TEST(ServerlessTransform, LetsABucketTellAFunctionOfItsObjects) {
    const auto resources = uploading_by("!Ref Uploads");
    EXPECT_EQ(names(resources), (std::set<std::string>{"Uploads", "Other", "Resize", "ResizeRole",
                                                       "ResizeImagesPermission", "ResizeTextsPermission"}));
    EXPECT_EQ(properties(resources, "ResizeImagesPermission"), parsed(R"({
        "Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Resize"}, "Principal": "s3.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"}})"));
    EXPECT_EQ(resources.at("Uploads"), parsed(R"({
        "Type": "AWS::S3::Bucket", "DependsOn": ["Other", "ResizeImagesPermission", "ResizeTextsPermission"],
        "Properties": {"BucketName": "uploads", "NotificationConfiguration": {"LambdaConfigurations": [
            {"Function": {"Fn::GetAtt": ["Resize", "Arn"]}, "Event": "s3:ObjectCreated:*",
             "Filter": {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".jpg"}]}}},
            {"Function": {"Fn::GetAtt": ["Resize", "Arn"]}, "Event": "s3:ObjectRemoved:Delete",
             "Filter": {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".jpg"}]}}},
            {"Function": {"Fn::GetAtt": ["Resize", "Arn"]}, "Event": "s3:ObjectTagging:*"}]}}})"));
}

TEST(ServerlessTransform, LetsABucketTellAFunctionThatHasACondition) {
    const auto resources = uploading_by("!Ref Uploads", "Condition: Live");
    const auto& bucket = resources.at("Uploads");
    EXPECT_EQ(bucket.at("DependsOn"), "Other");
    EXPECT_EQ(bucket.at("Properties").at("Tags").at(0), parsed(R"({
        "Key": "sam:ConditionalDependsOn:ResizeImagesPermission",
        "Value": {"Fn::If": ["Live", {"Ref": "ResizeImagesPermission"}, "no dependency"]}})"));
    EXPECT_EQ(bucket.at("Properties").at("NotificationConfiguration").at("LambdaConfigurations").at(2), parsed(R"({
        "Fn::If": ["Live", {"Function": {"Fn::GetAtt": ["Resize", "Arn"]}, "Event": "s3:ObjectTagging:*"},
                   {"Ref": "AWS::NoValue"}]})"));
    EXPECT_EQ(resources.at("ResizeImagesPermission").at("Condition"), "Live");
}

TEST(ServerlessTransform, WantsTheBucketOfAnEventInTheSameTemplate) {
    for (const auto* bucket : {"other-bucket", "!Ref Nowhere", "!Ref Other"}) {
        try {
            uploading_by(bucket);
            ADD_FAILURE() << bucket;
        } catch (const TemplateError& error) {
            EXPECT_NE(std::string(error.what()).find("S3 events must reference an S3 bucket in the same template."),
                      std::string::npos);
        }
    }
}

TEST(ServerlessTransform, MapsAQueueToItsConsumer) {
    EXPECT_EQ(properties(resources_of(orders), "WorkerJob"), parsed(R"({
        "EventSourceArn": {"Fn::GetAtt": ["Jobs", "Arn"]}, "FunctionName": {"Ref": "Worker"}, "BatchSize": 5})"));
}

TEST(ServerlessTransform, MapsAStreamToItsReaderWithAllThatTheEventSays) {
    const auto resources = resources_of(R"(
Resources:
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      CodeUri: s3://sam-demo-bucket/hello.zip
      Events:
        Changes:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Orders.StreamArn, StartingPosition: TRIM_HORIZON, BatchSize: 7,
                       BisectBatchOnFunctionError: true, MaximumRetryAttempts: 2,
                       DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Lost.Arn}}}
)");
    const auto mapping = properties(resources, "ReaderChanges");
    EXPECT_EQ(mapping.at("EventSourceArn"), parsed(R"({"Fn::GetAtt": ["Orders", "StreamArn"]})"));
    EXPECT_EQ(mapping.at("FunctionName"), parsed(R"({"Ref": "Reader"})"));
    EXPECT_EQ(mapping.at("StartingPosition"), "TRIM_HORIZON");
    EXPECT_EQ(mapping.at("BatchSize"), 7);
    EXPECT_EQ(mapping.at("MaximumRetryAttempts"), 2);
    EXPECT_EQ(mapping.at("DestinationConfig"),
              parsed(R"({"OnFailure": {"Destination": {"Fn::GetAtt": ["Lost", "Arn"]}}})"));
}

TEST(ServerlessTransform, MakesATemplateThatCloudFormationReads) {
    EXPECT_NO_THROW(read_template(transform_serverless(parse_template(orders), {})));
}

TEST(ServerlessTransform, PublishesAVersionUnderAnAlias) {
    const auto resources = resources_of(R"(
Resources:
  Minimal:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.12, CodeUri: s3://sam-demo-bucket/hello.zip, AutoPublishAlias: live,
                 Events: {All: {Type: HttpApi, Properties: {Path: /x, Method: POST}}}}
Outputs: {}
)");
    // The suffix is SAM's own for this code, as its documentation and stacks show it.
    EXPECT_EQ(resources.at("MinimalVersion640128d35d").at("DeletionPolicy"), "Retain");
    EXPECT_EQ(properties(resources, "MinimalAliaslive"), parsed(R"({"Name": "live", "FunctionName": {"Ref": "Minimal"},
        "FunctionVersion": {"Fn::GetAtt": ["MinimalVersion640128d35d", "Version"]}})"));
    EXPECT_EQ(properties(resources, "MinimalAllPermission").at("FunctionName"),
              parsed(R"({"Ref": "MinimalAliaslive"})"));
}

TEST(ServerlessTransform, KeepsWorkersOfAPublishedAliasReady) {
    const auto resources = resources_of(R"(
Globals: {Function: {Runtime: python3.12, Handler: a.b, AutoPublishAlias: live}}
Resources:
  F: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://b/k, ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}}}
Outputs: {}
)");
    EXPECT_EQ(properties(resources, "FAliaslive").at("ProvisionedConcurrencyConfig"),
              parsed(R"({"ProvisionedConcurrentExecutions": 2})"));
}

TEST(ServerlessTransform, LeadsCustomDomainsToStages) {
    const auto resources = resources_of(R"(
Transform: AWS::Serverless-2016-10-31
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody: {swagger: '2.0', info: {title: rest, version: '1'}, paths: {}}
      Domain:
        DomainName: rest.example.com
        CertificateArn: arn:aws:acm:us-east-1:000000000000:certificate/1
        BasePath: [/orders, shop-v1]
        MutualTlsAuthentication: {TruststoreUri: s3://trust/roots.pem}
  Http:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody: {openapi: '3.0.1', info: {title: http, version: '1'}, paths: {}}
      Domain:
        DomainName: http.example.com
        CertificateArn: arn:aws:acm:us-east-1:000000000000:certificate/1
        BasePath: [/orders/v1/]
  Whole:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: live
      DefinitionBody: {openapi: '3.0.1', info: {title: whole, version: '1'}, paths: {}}
      Domain: {DomainName: http.example.com, CertificateArn: c}
)");
    const auto digits = [](const char* name) { return to_hex(sha1(name)).substr(0, 10); };
    const auto rest = "ApiGatewayDomainName" + digits("rest.example.com");
    const auto http = "ApiGatewayDomainNameV2" + digits("http.example.com");
    EXPECT_EQ(properties(resources, rest), parsed(R"({"EndpointConfiguration": {"Types": ["REGIONAL"]},
        "RegionalCertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1", "DomainName": "rest.example.com",
        "MutualTlsAuthentication": {"TruststoreUri": "s3://trust/roots.pem"}})"));
    EXPECT_EQ(properties(resources, "RestordersBasePathMapping").at("BasePath").as_string(), "orders");
    EXPECT_EQ(properties(resources, "Restshopv1BasePathMapping").at("BasePath").as_string(), "shopv1");
    EXPECT_EQ(properties(resources, "RestordersBasePathMapping").at("Stage"), parsed(R"({"Ref": "RestprodStage"})"));
    EXPECT_EQ(properties(resources, http).at("DomainNameConfigurations").at(0).at("EndpointType").as_string(),
              "REGIONAL");
    const auto& mapping = properties(resources, "Httpordersv1ApiMapping");
    EXPECT_EQ(mapping.at("ApiMappingKey").as_string(), "orders/v1");
    EXPECT_EQ(mapping.at("Stage"), parsed(R"({"Ref": "HttpApiGatewayDefaultStage"})"));
    EXPECT_EQ(mapping.at("DomainName").at("Ref").as_string(), http);
    EXPECT_EQ(properties(resources, "WholeApiMapping").at("Stage"), parsed(R"({"Ref": "WholeliveStage"})"));
    EXPECT_FALSE(properties(resources, "WholeApiMapping").as_object().contains("ApiMappingKey"));
}

TEST(ServerlessTransform, WritesAnExplicitHttpApiWithStageCorsAndAuthorizer) {
    const auto resources = resources_of(R"(
Parameters: {Stage: {Type: String}}
Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: prod
      CorsConfiguration: {AllowOrigins: ['https://a'], AllowMethods: [GET]}
      Auth:
        DefaultAuthorizer: Users
        Authorizers: {Users: {JwtConfiguration: {issuer: 'https://i', audience: [me]}, IdentitySource: $request.header.Authorization}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      InlineCode: 'x = 1'
      Events:
        Private: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: /a, Method: GET}}
        Open: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: /b, Method: ANY, Auth: {Authorizer: NONE}}}
)");
    EXPECT_TRUE(resources.contains("WebprodStage"));
    EXPECT_FALSE(resources.contains("ServerlessHttpApi"));
    const auto& body = properties(resources, "Web").at("Body");
    EXPECT_EQ(body.at("x-amazon-apigateway-cors"),
              parsed(R"({"allowOrigins": ["https://a"], "allowMethods": ["GET"]})"));
    EXPECT_EQ(body.at("paths").at("/a").at("get").at("security"), parsed(R"([{"Users": []}])"));
    EXPECT_FALSE(body.at("paths").at("/b").at("x-amazon-apigateway-any-method").as_object().contains("security"));
    EXPECT_EQ(body.at("components").at("securitySchemes").at("Users").at("x-amazon-apigateway-authorizer").at("type"),
              "jwt");
    EXPECT_EQ(properties(resources, "F").at("Code"), parsed(R"({"ZipFile": "x = 1"})"));
}

TEST(ServerlessTransform, WritesLambdaAndIamAuthorizers) {
    const auto resources = resources_of(R"(
Resources:
  Web:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        EnableIamAuthorizer: true
        Authorizers:
          Guard:
            FunctionArn: arn:guard
            AuthorizerPayloadFormatVersion: '2.0'
            EnableSimpleResponses: true
            EnableFunctionDefaultPermissions: true
            Identity: {Headers: [Authorization], Context: [routeKey], ReauthorizeEvery: 60}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      InlineCode: 'x = 1'
      Events:
        Guarded: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: /a, Method: GET, Auth: {Authorizer: Guard}}}
        Signed: {Type: HttpApi, Properties: {ApiId: !Ref Web, Path: /b, Method: GET, Auth: {Authorizer: AWS_IAM}}}
)");
    const auto& body = properties(resources, "Web").at("Body");
    const auto& schemes = body.at("components").at("securitySchemes");
    const auto& guard = schemes.at("Guard").at("x-amazon-apigateway-authorizer");
    EXPECT_EQ(guard.at("type"), "request");
    EXPECT_EQ(guard.at("identitySource"), parsed(R"(["$request.header.Authorization", "$context.routeKey"])"));
    EXPECT_EQ(guard.at("authorizerResultTtlInSeconds"), 60);
    EXPECT_EQ(guard.at("authorizerUri").at("Fn::Sub").at(1).at("__FunctionArn__"), "arn:guard");
    EXPECT_EQ(schemes.at("AWS_IAM").at("x-amazon-apigateway-authtype"), "awsSigv4");
    EXPECT_EQ(body.at("paths").at("/a").at("get").at("security"), parsed(R"([{"Guard": []}])"));
    EXPECT_EQ(body.at("paths").at("/b").at("get").at("security"), parsed(R"([{"AWS_IAM": []}])"));
    EXPECT_EQ(properties(resources, "WebGuardAuthorizerPermission").at("FunctionName"), "arn:guard");
}

TEST(ServerlessTransform, WritesTheImplicitRestApi) {
    const auto resources = resources_of(R"(
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      InlineCode: 'x = 1'
      Events:
        Get: {Type: Api, Properties: {Path: '/pets/{id}', Method: get}}
)");
    const auto& body = properties(resources, "ServerlessRestApi").at("Body");
    const auto& integration = body.at("paths").at("/pets/{id}").at("get").at("x-amazon-apigateway-integration");
    EXPECT_EQ(integration.at("type"), "aws_proxy");
    EXPECT_EQ(integration.at("httpMethod"), "POST");
    EXPECT_EQ(properties(resources, "ServerlessRestApiProdStage").at("StageName"), "Prod");
    std::string deployment;
    for (const auto& [name, resource] : resources)
        if (resource.at("Type") == "AWS::ApiGateway::Deployment") deployment = name;
    EXPECT_TRUE(deployment.starts_with("ServerlessRestApiDeployment")) << deployment;
    EXPECT_EQ(properties(resources, "ServerlessRestApiProdStage").at("DeploymentId").at("Ref"),
              json::value(deployment));
    EXPECT_EQ(
        properties(resources, "FGetPermissionProd").at("SourceArn").at("Fn::Sub").at(0),
        "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/${__Stage__}/GET/pets/*");
}

TEST(ServerlessTransform, WritesAnExplicitRestApiWithAuthAndCors) {
    const auto resources = resources_of(R"(
Resources:
  Web:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Cors: "'*'"
      CacheClusterEnabled: true
      Auth:
        DefaultAuthorizer: Tokens
        Authorizers:
          Tokens: {FunctionArn: !GetAtt A.Arn, Identity: {Header: X-Token, ReauthorizeEvery: 60}}
          Pool: {UserPoolArn: 'arn:aws:cognito-idp:us-east-1:1:userpool/p'}
  A: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12, InlineCode: 'x = 1'}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Runtime: python3.12
      InlineCode: 'x = 1'
      Events:
        Open: {Type: Api, Properties: {RestApiId: !Ref Web, Path: /a, Method: GET, Auth: {Authorizer: NONE}}}
        Keyed: {Type: Api, Properties: {RestApiId: !Ref Web, Path: /a, Method: POST, Auth: {ApiKeyRequired: true}}}
)");
    const auto& body = properties(resources, "Web").at("Body");
    EXPECT_FALSE(body.at("paths").at("/a").at("get").as_object().contains("security"));
    EXPECT_EQ(body.at("paths").at("/a").at("post").at("security"), parsed(R"([{"Tokens": []}, {"api_key": []}])"));
    const auto& preflight = body.at("paths").at("/a").at("options").at("x-amazon-apigateway-integration");
    EXPECT_EQ(preflight.at("type"), "mock");
    EXPECT_EQ(preflight.at("responses").at("default").at("responseParameters"),
              parsed(R"({"method.response.header.Access-Control-Allow-Methods": "'OPTIONS,GET,POST'",
                         "method.response.header.Access-Control-Allow-Origin": "'*'"})"));
    const auto& tokens = body.at("securityDefinitions").at("Tokens");
    EXPECT_EQ(tokens.at("name"), "X-Token");
    EXPECT_EQ(tokens.at("x-amazon-apigateway-authorizer").at("authorizerResultTtlInSeconds"), 60);
    EXPECT_EQ(body.at("securityDefinitions").at("Pool").at("x-amazon-apigateway-authtype"), "cognito_user_pools");
    EXPECT_EQ(properties(resources, "Webv1Stage").at("CacheClusterEnabled"), true);
    EXPECT_TRUE(resources.contains("WebTokensAuthorizerPermission"));
}

TEST(ServerlessTransform, FollowsALayerToItsNewName) {
    const auto resources = resources_of(R"(
Resources:
  Deps: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b/l.zip}}
  F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: python3.12, CodeUri: s3://b/f.zip, Layers: [!Ref Deps]}}
)");
    std::string layer;
    for (const auto& [name, resource] : resources) {
        if (resource.at("Type") == "AWS::Lambda::LayerVersion") layer = name;
    }
    EXPECT_TRUE(layer.starts_with("Deps") && layer.size() == 14) << layer;
    EXPECT_EQ(properties(resources, "F").at("Layers").at(0).at("Ref"), json::value(layer));
}

TEST(ServerlessTransform, RefusesWhatItDoesNotMakeByName) {
    struct Row {
        std::string_view resource, part;
    };
    const Row rows[] = {
        {"{Type: AWS::Serverless::StateMachine}", "AWS::Serverless::StateMachine is not supported by Cumulet"},
        {"{Type: AWS::Serverless::Function, Properties: {Handler: a.b, Runtime: p, CodeUri: ./src}}",
         "'CodeUri' is not a valid S3 Uri of the form 's3://bucket/key' with optional versionId query parameter."},
        {"{Type: AWS::Serverless::Function, Properties: {Handler: a.b, CodeUri: s3://b/k}}",
         "Missing required property 'Runtime'."},
        {"{Type: AWS::Serverless::Function, Properties: {Handler: a, Runtime: p, CodeUri: s3://b/k, Events: {E: {Type: "
         "Cognito}}}}",
         "Events of type Cognito are not supported by Cumulet"},
        {"{Type: AWS::Serverless::Api, Properties: {StageName: v1, Domain: {DomainName: a.b, CertificateArn: c, "
         "Route53: "
         "{HostedZoneId: z}}}}",
         "Cumulet does not implement Route53 of 'Domain'"},
        {"{Type: AWS::Serverless::Api, Properties: {StageName: v1, DefinitionUri: s3://b/k, Cors: \"'*'\"}}",
         "'Cors' works only with inline Swagger specified in 'DefinitionBody' property."},
        {"{Type: AWS::Serverless::Api, Properties: {StageName: v1, Auth: {UsagePlan: {CreateUsagePlan: SOME}}}}",
         "'CreateUsagePlan' is required field for UsagePlan properties"},
        {"{Type: AWS::Serverless::Api, Properties: {StageName: v1, Colour: red}}", "property Colour not defined"},
        {"{Type: AWS::Serverless::HttpApi, Properties: {DefinitionUri: s3://b/k, CorsConfiguration: true}}",
         "'CorsConfiguration' works only with 'DefinitionBody' property."},
        {"{Type: AWS::Serverless::Function, Properties: {Handler: a, Runtime: p, CodeUri: s3://b/k, "
         "DeploymentPreference: {}}}",
         "property DeploymentPreference not defined for resource"},
        {"{Type: AWS::Serverless::Function, Properties: {Handler: a, Runtime: p, CodeUri: s3://b/k, "
         "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}}}",
         "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function"},
    };
    for (const auto& row : rows) {
        try {
            transform_serverless(parse_template(fmt::format("Resources: {{X: {}}}", row.resource)), {});
            ADD_FAILURE() << row.resource;
        } catch (const TemplateError& error) {
            EXPECT_NE(std::string(error.what()).find(row.part), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find("[X]"), std::string::npos) << error.what();
        }
    }
}

TEST(PolicyTemplates, FillTheirParametersIn) {
    EXPECT_TRUE(is_policy_template("SQSPollerPolicy"));
    EXPECT_FALSE(is_policy_template("NoSuchPolicy"));
    const auto statements = policy_template_statements("SQSSendMessagePolicy", json::object{{"QueueName", "jobs"}});
    EXPECT_EQ(json::value(statements), parsed(R"([{"Effect": "Allow", "Action": ["sqs:SendMessage*"], "Resource":
        {"Fn::Sub": ["arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${queueName}", {"queueName": "jobs"}]}}])"));
    EXPECT_THROW(policy_template_statements("SQSSendMessagePolicy", {}), TemplateError);
    EXPECT_EQ(policy_template_statements("SSMParameterReadPolicy", json::object{{"ParameterName", "p"}}).size(), 2u);
}

}  // namespace
}  // namespace cumulet::cloudformation
