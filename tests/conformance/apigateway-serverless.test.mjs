// What becomes of SAM's REST and HTTP APIs once they are deployed: their properties, seen by their callers.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as rest from '@aws-sdk/client-api-gateway';
import * as http from '@aws-sdk/client-apigatewayv2';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import { clientOf, onAws, undoList, unique } from './support.mjs';
import { call as callLive } from './rest-api.mjs';

const client = clientOf(cloudformation.CloudFormationClient);
const restApis = clientOf(rest.APIGatewayClient);
const httpApis = clientOf(http.ApiGatewayV2Client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const askRest = (Command, input) => restApis.send(new Command(input));
const wait = { client, maxWaitTime: 120, minDelay: 1, maxDelay: 2 };
const Capabilities = ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'];

/** Deploys a template of SAM, anew or again; its outputs. */
async function deploy(StackName, TemplateBody, again = false) {
    await send(again ? cloudformation.UpdateStackCommand : cloudformation.CreateStackCommand, { StackName, TemplateBody, Capabilities });
    const until = again ? cloudformation.waitUntilStackUpdateComplete : cloudformation.waitUntilStackCreateComplete;
    await until(wait, { StackName }).catch(() => {});
    if (!again) undo.add(() => send(cloudformation.DeleteStackCommand, { StackName }));
    const [stack] = (await send(cloudformation.DescribeStacksCommand, { StackName })).Stacks;
    if (!/^(CREATE|UPDATE)_COMPLETE$/.test(stack.StackStatus)) {
        const { StackEvents } = await send(cloudformation.DescribeStackEventsCommand, { StackName });
        assert.fail(`${stack.StackStatus}: ${StackEvents.map((event) => event.ResourceStatusReason).filter(Boolean).join('; ')}`);
    }
    return Object.fromEntries(stack.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

const code = `exports.handler = async (event) => event.methodArn
    ? { principalId: 'p', policyDocument: { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: event.authorizationToken === 'good' ? 'Allow' : 'Deny', Resource: '*' }] } }
    : { statusCode: 200, body: JSON.stringify({ path: event.path, query: event.queryStringParameters }) };`;

const shop = ({ greeting = 'hello', further = '' } = {}) => `
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: nodejs20.x, Handler: index.handler, InlineCode: "${code.replaceAll('\n', ' ').replaceAll('"', '\\"')}"}
Resources:
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: live
      Name: !Sub '\${AWS::StackName}-shop'
      OpenApiVersion: 3.0.1
      Description: the shop
      BinaryMediaTypes: [image~1png]
      MinimumCompressionSize: 1000
      EndpointConfiguration: REGIONAL
      TracingEnabled: true
      AlwaysDeploy: true
      FailOnWarnings: true
      Tags: {team: shop}
      Variables: {greeting: ${greeting}}
      CacheClusterEnabled: true
      CacheClusterSize: '0.5'
      MethodSettings: [{ResourcePath: /*, HttpMethod: '*', ThrottlingRateLimit: 90, ThrottlingBurstLimit: 90}]
      CanarySetting: {PercentTraffic: 0}
      Cors: {AllowOrigin: "'https://site.example'", AllowHeaders: "'x-api-key'", MaxAge: "'60'", AllowCredentials: true}
      GatewayResponses:
        UNAUTHORIZED: {StatusCode: 402, ResponseParameters: {Headers: {x-told: "'yes'"}}, ResponseTemplates: {application/json: '{"pay": true}'}}
      Models:
        Order: {type: object, required: [sku], properties: {sku: {type: string}}}
      Auth:
        DefaultAuthorizer: Tokens
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers: {Tokens: {FunctionArn: !GetAtt Handler.Arn, Identity: {Header: Auth, ValidationExpression: '[a-z]+', ReauthorizeEvery: 0}}}
        ResourcePolicy: {IpRangeBlacklist: [10.99.0.0/16]}
        UsagePlan: {CreateUsagePlan: PER_API, UsagePlanName: !Sub '\${AWS::StackName}-plan', Throttle: {RateLimit: 50, BurstLimit: 50}}
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        List:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: '/orders/{id}', Method: get, TimeoutInMillis: 9000, RequestParameters: [method.request.querystring.page: {Required: true, Caching: true}],
            RequestModel: {Model: Order, ValidateParameters: true}, Auth: {Authorizer: NONE}}
        Place:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /orders, Method: post, RequestModel: {Model: Order, Required: true, ValidateBody: true}, Auth: {Authorizer: NONE, ApiKeyRequired: true}}
        Guarded: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /guarded, Method: get}}
        Shut: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /shut, Method: get, Auth: {Authorizer: NONE, ResourcePolicy: {IpRangeBlacklist: [0.0.0.0/0]}}}}
${further}
Outputs:
  Api: {Value: !Ref Api}
  Key: {Value: !Ref ApiApiKey}
  Plan: {Value: !Ref ApiUsagePlan}
`;

test('a REST API does what its properties say', { skip: onAws }, async () => {
    const StackName = unique('shop');
    const { Api: id, Key, Plan } = await deploy(StackName, shop());
    const api = await askRest(rest.GetRestApiCommand, { restApiId: id });
    assert.deepEqual([api.name, api.description, api.binaryMediaTypes, api.minimumCompressionSize, api.endpointConfiguration.types, api.tags.team],
        [`${StackName}-shop`, 'the shop', ['image/png'], 1000, ['REGIONAL'], 'shop']);
    const policy = JSON.parse(JSON.parse(`"${api.policy}"`));
    assert.deepEqual(policy.Statement.map((each) => [each.Effect, each.Resource, each.Condition?.IpAddress?.['aws:SourceIp']]), [
        ['Allow', 'execute-api:/*/GET/shut', undefined], ['Deny', 'execute-api:/*/GET/shut', ['0.0.0.0/0']],
        ['Allow', 'execute-api:/*', undefined], ['Deny', 'execute-api:/*', ['10.99.0.0/16']]]);
    const stage = await askRest(rest.GetStageCommand, { restApiId: id, stageName: 'live' });
    assert.deepEqual([stage.tracingEnabled, stage.cacheClusterEnabled, stage.methodSettings['*/*'].throttlingRateLimit, stage.canarySettings.percentTraffic], [true, true, 90, 0]);

    const json = { 'content-type': 'application/json' };
    assert.deepEqual(JSON.parse((await callLive(id, '/orders/7?page=2')).text), { path: '/orders/7', query: { page: '2' } });
    assert.equal((await callLive(id, '/orders/7')).status, 400);
    const { value } = await askRest(rest.GetApiKeyCommand, { apiKey: Key, includeValue: true });
    const keyed = { ...json, 'x-api-key': value };
    assert.equal((await callLive(id, '/orders', { method: 'POST', headers: json, body: '{"sku": "tea"}' })).status, 403);
    assert.equal((await callLive(id, '/orders', { method: 'POST', headers: keyed, body: '{"sku": "tea"}' })).status, 200);
    assert.equal((await callLive(id, '/orders', { method: 'POST', headers: keyed, body: '{}' })).status, 400);
    const refused = await callLive(id, '/guarded');
    assert.deepEqual([refused.status, refused.text, refused.headers['x-told']], [402, '{"pay": true}', 'yes']);
    assert.equal((await callLive(id, '/guarded', { headers: { auth: 'good' } })).status, 200);
    assert.equal((await callLive(id, '/guarded', { headers: { auth: 'bad' } })).status, 403);
    assert.equal((await callLive(id, '/guarded', { headers: { auth: '17' } })).status, 402);
    const preflight = await callLive(id, '/guarded', { method: 'OPTIONS' });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin'], preflight.headers['access-control-allow-methods'], preflight.headers['access-control-max-age']],
        [200, 'https://site.example', 'OPTIONS,GET', '60']);
    const plan = await askRest(rest.GetUsagePlanCommand, { usagePlanId: Plan });
    assert.deepEqual([plan.name, plan.throttle.rateLimit, plan.apiStages.map((each) => each.apiId)], [`${StackName}-plan`, 50, [id]]);

    // Another deployment wherever anything changed.
    await deploy(StackName, shop({ greeting: 'bonjour', further: '  Other: {Type: AWS::SQS::Queue}' }), true);
    const later = await askRest(rest.GetStageCommand, { restApiId: id, stageName: 'live' });
    assert.notEqual(later.canarySettings.deploymentId ?? later.deploymentId, stage.deploymentId);
    assert.equal(later.variables.greeting, 'bonjour');
});

test('an HTTP API does what its properties say', { skip: onAws }, async () => {
    const { Api: ApiId } = await deploy(unique('shop'), `
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Name: !Sub '\${AWS::StackName}-shop'
      Description: the shop
      StageName: live
      StageVariables: {greeting: hello}
      DefaultRouteSettings: {ThrottlingBurstLimit: 70, ThrottlingRateLimit: 70}
      RouteSettings: {'GET /orders': {ThrottlingRateLimit: 60}}
      CorsConfiguration: {AllowOrigins: [https://site.example], AllowMethods: [GET], MaxAge: 60}
      Tags: {team: shop}
      FailOnWarnings: true
      Auth:
        DefaultAuthorizer: Users
        Authorizers: {Users: {JwtConfiguration: {issuer: https://id.example, audience: [shop]}, IdentitySource: $request.header.Auth, AuthorizationScopes: [read]}}
  Handler:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs20.x
      Handler: index.handler
      InlineCode: "exports.handler = async (event) => ({ version: event.version, greeting: event.stageVariables.greeting });"
      Events:
        List: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /orders, Method: get, PayloadFormatVersion: '1.0', TimeoutInMillis: 9000, RouteSettings: {ThrottlingBurstLimit: 50}, Auth: {Authorizer: NONE}}}
        Guarded: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /guarded, Method: get, Auth: {AuthorizationScopes: [write]}}}
Outputs: {Api: {Value: !Ref Api}}
`);
    const api = await httpApis.send(new http.GetApiCommand({ ApiId }));
    assert.deepEqual([api.Name.endsWith('-shop'), api.Description, api.Tags.team, api.CorsConfiguration.AllowOrigins], [true, 'the shop', 'shop', ['https://site.example']]);
    const stage = await httpApis.send(new http.GetStageCommand({ ApiId, StageName: 'live' }));
    assert.deepEqual(stage.RouteSettings['GET /orders'], { ThrottlingBurstLimit: 50, ThrottlingRateLimit: 60 });
    assert.equal(stage.DefaultRouteSettings.ThrottlingRateLimit, 70);
    const answer = await callLive(ApiId, '/orders');
    assert.equal(answer.status, 500, 'format 1.0 takes no plain object for an answer');
    assert.equal((await callLive(ApiId, '/guarded')).status, 401);
    const { Items } = await httpApis.send(new http.GetRoutesCommand({ ApiId }));
    assert.deepEqual(Items.find((route) => route.RouteKey === 'GET /guarded').AuthorizationScopes, ['write']);
});
