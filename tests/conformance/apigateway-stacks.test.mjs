// What stacks make of APIs: every AWS::ApiGateway and AWS::ApiGatewayV2 type, made, changed and deleted by templates.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as rest from '@aws-sdk/client-api-gateway';
import * as http from '@aws-sdk/client-apigatewayv2';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as s3 from '@aws-sdk/client-s3';
import { clientOf, fails, onAws, undoList, unique } from './support.mjs';
import { call } from './rest-api.mjs';

const client = clientOf(cloudformation.CloudFormationClient);
const restApis = clientOf(rest.APIGatewayClient);
const httpApis = clientOf(http.ApiGatewayV2Client);
const buckets = clientOf(s3.S3Client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const askRest = (Command, input) => restApis.send(new Command(input));
const askHttp = (Command, input) => httpApis.send(new Command(input));
const wait = { client, maxWaitTime: 120, minDelay: 1, maxDelay: 2 };
const ref = (name) => ({ Ref: name });
const attribute = (name, which) => ({ 'Fn::GetAtt': [name, which] });
const certificate = 'arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555';
const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:any';
const invocation = `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

const template = (Resources, outputs = {}) => JSON.stringify({
    Resources,
    Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
});

async function settled(StackName, wanted) {
    const [stack] = (await send(cloudformation.DescribeStacksCommand, { StackName })).Stacks;
    if (stack.StackStatus !== wanted) {
        const { StackEvents } = await send(cloudformation.DescribeStackEventsCommand, { StackName });
        assert.fail(`${stack.StackStatus}: ${StackEvents.map((event) => event.ResourceStatusReason).filter(Boolean).join('; ')}`);
    }
    return Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

async function newStack(TemplateBody, Tags) {
    const StackName = unique('apis');
    undo.add(() => send(cloudformation.DeleteStackCommand, { StackName }));
    await send(cloudformation.CreateStackCommand, { StackName, TemplateBody, Tags });
    await cloudformation.waitUntilStackCreateComplete(wait, { StackName }).catch(() => {});
    return { StackName, outputs: await settled(StackName, 'CREATE_COMPLETE') };
}

async function updateStack(StackName, TemplateBody, Tags) {
    await send(cloudformation.UpdateStackCommand, { StackName, TemplateBody, Tags });
    await cloudformation.waitUntilStackUpdateComplete(wait, { StackName }).catch(() => {});
    return settled(StackName, 'UPDATE_COMPLETE');
}

async function deleteStack(StackName) {
    await send(cloudformation.DeleteStackCommand, { StackName });
    await cloudformation.waitUntilStackDeleteComplete(wait, { StackName });
}

/** The properties of a template's resources with some of them changed. */
const changed = (resources, changes) => {
    const result = structuredClone(resources);
    for (const [name, properties] of Object.entries(changes)) {
        if (properties === null) delete result[name];
        else for (const [property, value] of Object.entries(properties)) {
            if (value === null) delete result[name].Properties[property];
            else result[name].Properties[property] = value;
        }
    }
    return result;
};

const mocked = {
    Type: 'MOCK',
    RequestTemplates: { 'application/json': '{"statusCode": 200}' },
    IntegrationResponses: [{ StatusCode: 200, ResponseTemplates: { 'application/json': '"$stageVariables.greeting"' } }],
};

function restResources() {
    const RestApiId = ref('Api');
    return {
        Api: {
            Type: 'AWS::ApiGateway::RestApi',
            Properties: {
                Name: 'shop', Description: 'first', BinaryMediaTypes: ['image/png'], MinimumCompressionSize: 1000, ApiKeySourceType: 'HEADER',
                EndpointConfiguration: { Types: ['REGIONAL'] }, Tags: [{ Key: 'own', Value: '1' }],
                Policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: '*' }] },
            },
        },
        Orders: { Type: 'AWS::ApiGateway::Resource', Properties: { RestApiId, ParentId: attribute('Api', 'RootResourceId'), PathPart: 'orders' } },
        Order: {
            Type: 'AWS::ApiGateway::Model',
            Properties: { RestApiId, Name: 'Order', ContentType: 'application/json', Description: 'one', Schema: { type: 'object', required: ['sku'] } },
        },
        Validator: {
            Type: 'AWS::ApiGateway::RequestValidator',
            Properties: { RestApiId, Name: 'bodies', ValidateRequestBody: true, ValidateRequestParameters: false },
        },
        Read: {
            Type: 'AWS::ApiGateway::Method',
            Properties: {
                RestApiId, ResourceId: ref('Orders'), HttpMethod: 'GET', AuthorizationType: 'NONE', OperationName: 'ReadOrders',
                RequestParameters: { 'method.request.querystring.page': false }, MethodResponses: [{ StatusCode: 200, ResponseModels: { 'application/json': 'Empty' } }],
                Integration: mocked,
            },
        },
        Place: {
            Type: 'AWS::ApiGateway::Method',
            Properties: {
                RestApiId, ResourceId: ref('Orders'), HttpMethod: 'POST', AuthorizationType: 'CUSTOM', AuthorizerId: ref('Guard'), ApiKeyRequired: true,
                RequestValidatorId: ref('Validator'), RequestModels: { 'application/json': ref('Order') }, MethodResponses: [{ StatusCode: 200 }], Integration: mocked,
            },
        },
        Guard: {
            Type: 'AWS::ApiGateway::Authorizer',
            Properties: { RestApiId, Name: 'guard', Type: 'TOKEN', AuthorizerUri: invocation, IdentitySource: 'method.request.header.Auth', AuthorizerResultTtlInSeconds: 60 },
        },
        People: {
            Type: 'AWS::ApiGateway::Authorizer',
            Properties: {
                RestApiId, Name: 'people', Type: 'COGNITO_USER_POOLS', IdentitySource: 'method.request.header.Authorization',
                ProviderARNs: ['arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_one'],
            },
        },
        Unknown: {
            Type: 'AWS::ApiGateway::GatewayResponse',
            Properties: { RestApiId, ResponseType: 'MISSING_AUTHENTICATION_TOKEN', StatusCode: 404, ResponseTemplates: { 'application/json': '{"what": "nothing"}' } },
        },
        Told: { Type: 'AWS::ApiGateway::DocumentationPart', Properties: { RestApiId, Location: { Type: 'METHOD', Path: '/orders', Method: 'GET' }, Properties: '{"summary":"reads"}' } },
        Edition: { Type: 'AWS::ApiGateway::DocumentationVersion', DependsOn: 'Told', Properties: { RestApiId, DocumentationVersion: 'one', Description: 'first' } },
        Deployment: { Type: 'AWS::ApiGateway::Deployment', DependsOn: ['Read', 'Place', 'Unknown'], Properties: { RestApiId, Description: 'all' } },
        Live: {
            Type: 'AWS::ApiGateway::Stage',
            Properties: {
                RestApiId, DeploymentId: ref('Deployment'), StageName: 'live', Description: 'first', Variables: { greeting: 'hello', other: 'x' },
                ClientCertificateId: ref('Certificate'), DocumentationVersion: ref('Edition'), TracingEnabled: true, CacheClusterEnabled: true, CacheClusterSize: '0.5',
                MethodSettings: [{ ResourcePath: '/orders', HttpMethod: 'GET', ThrottlingRateLimit: 100, ThrottlingBurstLimit: 100 }, { ResourcePath: '/*', HttpMethod: '*', MetricsEnabled: true }],
                AccessLogSetting: { DestinationArn: attribute('Log', 'Arn'), Format: '$context.requestId' },
                CanarySetting: { PercentTraffic: 0, DeploymentId: ref('Deployment'), StageVariableOverrides: { greeting: 'hey' }, UseStageCache: false },
                Tags: [{ Key: 'stage', Value: 'live' }],
            },
        },
        Log: { Type: 'AWS::Logs::LogGroup' },
        Quick: {
            Type: 'AWS::ApiGateway::Deployment', DependsOn: ['Read', 'Place'],
            Properties: { RestApiId, StageName: 'quick', StageDescription: { Description: 'at once', Variables: { greeting: 'quick' }, ThrottlingRateLimit: 50,
                MethodSettings: [{ ResourcePath: '/orders', HttpMethod: 'POST', MetricsEnabled: true }], Tags: [{ Key: 'made', Value: 'quickly' }] } },
        },
        Certificate: { Type: 'AWS::ApiGateway::ClientCertificate', Properties: { Description: 'first', Tags: [{ Key: 'own', Value: '1' }] } },
        Link: {
            Type: 'AWS::ApiGateway::VpcLink',
            Properties: { Name: 'link', Description: 'first', TargetArns: ['arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/one/1'] },
        },
        Key: { Type: 'AWS::ApiGateway::ApiKey', Properties: { Description: 'first', Enabled: true, Value: unique('key-of-twenty-letters'), StageKeys: [{ RestApiId, StageName: ref('Live') }], Tags: [{ Key: 'own', Value: '1' }] } },
        Plan: {
            Type: 'AWS::ApiGateway::UsagePlan',
            Properties: {
                Description: 'first', ApiStages: [{ ApiId: RestApiId, Stage: ref('Live'), Throttle: { '/orders/GET': { RateLimit: 5, BurstLimit: 2 } } }],
                Quota: { Limit: 100, Period: 'WEEK', Offset: 1 }, Throttle: { RateLimit: 10, BurstLimit: 20 },
            },
        },
        PlanKey: { Type: 'AWS::ApiGateway::UsagePlanKey', Properties: { KeyId: ref('Key'), KeyType: 'API_KEY', UsagePlanId: ref('Plan') } },
    };
}
const restOutputs = {
    Api: ref('Api'), Root: attribute('Api', 'RootResourceId'), Orders: attribute('Orders', 'ResourceId'), Validator: attribute('Validator', 'RequestValidatorId'),
    Guard: attribute('Guard', 'AuthorizerId'), People: ref('People'), Unknown: attribute('Unknown', 'Id'), Told: attribute('Told', 'DocumentationPartId'), Edition: ref('Edition'),
    Deployment: attribute('Deployment', 'DeploymentId'), Live: ref('Live'), Quick: ref('Quick'), Certificate: attribute('Certificate', 'ClientCertificateId'),
    Link: attribute('Link', 'VpcLinkId'), Key: attribute('Key', 'APIKeyId'), Plan: attribute('Plan', 'Id'), PlanKey: attribute('PlanKey', 'Id'), Model: ref('Order'),
};

describe('a REST API of single resources', () => {
    test('is made, changed and deleted', async () => {
        const resources = restResources();
        const { StackName, outputs: made } = await newStack(template(resources, restOutputs), [{ Key: 'team', Value: 'shop' }]);
        const restApiId = made.Api;
        const api = await askRest(rest.GetRestApiCommand, { restApiId });
        assert.deepEqual([api.name, api.description, api.binaryMediaTypes, api.minimumCompressionSize], ['shop', 'first', ['image/png'], 1000]);
        assert.deepEqual(api.endpointConfiguration.types, ['REGIONAL']);
        assert.equal(api.tags.own, '1');
        assert.equal(api.tags.team, 'shop');
        assert.equal(api.rootResourceId, made.Root);
        assert.equal((await call(restApiId, '/orders')).text, '"hello"');
        assert.equal((await call(restApiId, '/other')).status, 404);
        assert.equal((await call(restApiId, '/orders', { method: 'POST' })).status, 401);
        const stage = await askRest(rest.GetStageCommand, { restApiId, stageName: made.Live });
        assert.equal(stage.clientCertificateId, made.Certificate);
        assert.equal(stage.documentationVersion, 'one');
        assert.equal(stage.tracingEnabled, true);
        assert.equal(stage.cacheClusterSize, '0.5');
        assert.equal(stage.methodSettings['orders/GET'].throttlingRateLimit, 100);
        assert.equal(stage.methodSettings['*/*'].metricsEnabled, true);
        assert.deepEqual(stage.canarySettings.stageVariableOverrides, { greeting: 'hey' });
        assert.equal(stage.tags.stage, 'live');
        const quick = await askRest(rest.GetStageCommand, { restApiId, stageName: 'quick' });
        assert.deepEqual([quick.description, quick.variables, quick.deploymentId], ['at once', { greeting: 'quick' }, made.Quick]);
        assert.equal(quick.methodSettings['*/*'].throttlingRateLimit, 50);
        assert.equal(quick.methodSettings['orders/POST'].metricsEnabled, true);
        assert.equal(quick.tags.made, 'quickly');
        const plan = await askRest(rest.GetUsagePlanCommand, { usagePlanId: made.Plan });
        assert.deepEqual(plan.apiStages, [{ apiId: restApiId, stage: 'live', throttle: { '/orders/GET': { rateLimit: 5, burstLimit: 2 } } }]);
        assert.equal(made.PlanKey, `${made.Key}:${made.Plan}`);
        assert.deepEqual((await askRest(rest.GetApiKeyCommand, { apiKey: made.Key })).stageKeys, [`${restApiId}/live`]);
        assert.equal((await askRest(rest.GetVpcLinkCommand, { vpcLinkId: made.Link })).name, 'link');
        assert.equal((await askRest(rest.GetDocumentationPartCommand, { restApiId, documentationPartId: made.Told })).properties, '{"summary":"reads"}');
        assert.equal(made.Unknown, 'MISSING_AUTHENTICATION_TOKEN');

        const other = changed(resources, {
            Api: { Name: 'store', Description: null, BinaryMediaTypes: ['image/gif'], MinimumCompressionSize: null, EndpointConfiguration: { Types: ['EDGE'] }, Tags: [{ Key: 'new', Value: '2' }] },
            Order: { Description: 'two', Schema: { type: 'object' } },
            Validator: { ValidateRequestParameters: true },
            Guard: { AuthorizerResultTtlInSeconds: 30, Name: 'keeper' },
            People: { ProviderARNs: ['arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_two'] },
            Unknown: { StatusCode: 410 },
            Told: { Properties: '{"summary":"lists"}' },
            Edition: { Description: 'second' },
            Live: {
                Description: null, Variables: { greeting: 'bonjour' }, ClientCertificateId: null, DocumentationVersion: null, TracingEnabled: null, CanarySetting: null,
                MethodSettings: [{ ResourcePath: '/*', HttpMethod: '*', MetricsEnabled: false }], AccessLogSetting: null, CacheClusterEnabled: false, Tags: [{ Key: 'stage', Value: 'still' }],
            },
            Quick: { StageName: 'quicker', StageDescription: { Description: 'moved', Variables: { greeting: 'quick' } } },
            Certificate: { Description: 'second', Tags: [] },
            Link: { Name: 'bond', Description: null },
            Key: { Description: 'second', Enabled: false, StageKeys: null, Tags: null },
            Plan: {
                Description: 'second', Quota: null, Throttle: { RateLimit: 30 },
                ApiStages: [{ ApiId: ref('Api'), Stage: ref('Live'), Throttle: { '/orders/POST': { RateLimit: 1, BurstLimit: 1 } } }],
            },
        });
        const now = await updateStack(StackName, template(other, restOutputs), [{ Key: 'team', Value: 'shop' }]);
        assert.deepEqual(now, made, 'nothing is replaced');
        const after = await askRest(rest.GetRestApiCommand, { restApiId });
        assert.deepEqual([after.name, after.description, after.binaryMediaTypes, after.minimumCompressionSize], ['store', undefined, ['image/gif'], undefined]);
        assert.deepEqual(after.endpointConfiguration.types, ['EDGE']);
        assert.equal(after.tags.own, undefined);
        assert.equal(after.tags.new, '2');
        const still = await askRest(rest.GetStageCommand, { restApiId, stageName: 'live' });
        assert.deepEqual(still.variables, { greeting: 'bonjour' });
        for (const gone of ['canarySettings', 'accessLogSettings', 'clientCertificateId', 'documentationVersion', 'description'])
            assert.ok(!still[gone], `${gone}: ${JSON.stringify(still[gone])}`);
        assert.deepEqual([still.tracingEnabled, still.cacheClusterEnabled, still.tags.stage], [false, false, 'still']);
        assert.deepEqual(Object.keys(still.methodSettings), ['*/*']);
        assert.equal((await call(restApiId, '/orders')).text, '"bonjour"');
        await fails(askRest(rest.GetStageCommand, { restApiId, stageName: 'quick' }), 'NotFoundException', 404);
        const quicker = await askRest(rest.GetStageCommand, { restApiId, stageName: 'quicker' });
        assert.deepEqual([quicker.description, quicker.deploymentId], ['moved', made.Quick]);
        const people = await askRest(rest.GetAuthorizerCommand, { restApiId, authorizerId: made.People });
        assert.deepEqual(people.providerARNs, ['arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_two']);
        const guard = await askRest(rest.GetAuthorizerCommand, { restApiId, authorizerId: made.Guard });
        assert.deepEqual([guard.name, guard.authorizerResultTtlInSeconds], ['keeper', 30]);
        assert.equal((await askRest(rest.GetModelCommand, { restApiId, modelName: 'Order' })).schema, '{"type":"object"}');
        assert.equal((await askRest(rest.GetRequestValidatorCommand, { restApiId, requestValidatorId: made.Validator })).validateRequestParameters, true);
        assert.equal((await askRest(rest.GetGatewayResponseCommand, { restApiId, responseType: made.Unknown })).statusCode, '410');
        assert.equal((await askRest(rest.GetDocumentationPartCommand, { restApiId, documentationPartId: made.Told })).properties, '{"summary":"lists"}');
        assert.equal((await askRest(rest.GetDocumentationVersionCommand, { restApiId, documentationVersion: 'one' })).description, 'second');
        const shown = await askRest(rest.GetClientCertificateCommand, { clientCertificateId: made.Certificate });
        assert.deepEqual([shown.description, shown.tags.own], ['second', undefined]);
        assert.equal((await askRest(rest.GetVpcLinkCommand, { vpcLinkId: made.Link })).name, 'bond');
        const key = await askRest(rest.GetApiKeyCommand, { apiKey: made.Key });
        assert.deepEqual([key.description, key.enabled, key.stageKeys, key.tags.own], ['second', false, [], undefined]);
        const cheaper = await askRest(rest.GetUsagePlanCommand, { usagePlanId: made.Plan });
        assert.equal(cheaper.quota, undefined);
        assert.deepEqual(cheaper.throttle, { rateLimit: 30, burstLimit: 0 });
        assert.deepEqual(cheaper.apiStages[0].throttle, { '/orders/POST': { rateLimit: 1, burstLimit: 1 } });

        // What lasts is replaced.
        const replaced = changed(other, { Validator: { Name: 'new-bodies' }, Link: { TargetArns: ['arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/two/2'] } });
        const then = await updateStack(StackName, template(replaced, restOutputs), [{ Key: 'team', Value: 'shop' }]);
        assert.notEqual(then.Validator, made.Validator);
        assert.notEqual(then.Link, made.Link);
        assert.equal(then.Api, made.Api);

        await deleteStack(StackName);
        await fails(askRest(rest.GetRestApiCommand, { restApiId }), 'NotFoundException', 404);
        await fails(askRest(rest.GetApiKeyCommand, { apiKey: made.Key }), 'NotFoundException', 404);
        await fails(askRest(rest.GetUsagePlanCommand, { usagePlanId: made.Plan }), 'NotFoundException', 404);
        await fails(askRest(rest.GetClientCertificateCommand, { clientCertificateId: made.Certificate }), 'NotFoundException', 404);
        await fails(askRest(rest.GetVpcLinkCommand, { vpcLinkId: then.Link }), 'NotFoundException', 404);
    });

    test('leaves the account its role for logs', { skip: onAws }, async () => {
        const role = (name) => `arn:aws:iam::000000000000:role/${name}`;
        const before = await askRest(rest.GetAccountCommand, {});
        undo.add(() => askRest(rest.UpdateAccountCommand, { patchOperations: [{ op: 'replace', path: '/cloudwatchRoleArn', value: before.cloudwatchRoleArn ?? '' }] }));
        const resources = { Account: { Type: 'AWS::ApiGateway::Account', Properties: { CloudWatchRoleArn: role('logs') } } };
        const { StackName, outputs } = await newStack(template(resources, { Id: attribute('Account', 'Id') }));
        assert.ok(outputs.Id);
        await updateStack(StackName, template(changed(resources, { Account: { CloudWatchRoleArn: role('other') } }), { Id: ref('Account') }));
        assert.equal((await askRest(rest.GetAccountCommand, {})).cloudwatchRoleArn, role('other'));
        await deleteStack(StackName);
        assert.equal((await askRest(rest.GetAccountCommand, {})).cloudwatchRoleArn, role('other'));
    });
});

/** A document whose path answers a text by itself. */
const document = (path, text) => ({
    swagger: '2.0', info: { title: 'of the document', version: '1' },
    paths: { [path]: { get: { responses: { 200: { description: 'good' } }, 'x-amazon-apigateway-integration': {
        type: 'mock', requestTemplates: { 'application/json': '{"statusCode": 200}' },
        responses: { default: { statusCode: '200', responseTemplates: { 'application/json': text } } } } } } },
});

describe('a REST API of a document', () => {
    const resources = (properties) => ({
        Api: { Type: 'AWS::ApiGateway::RestApi', Properties: properties },
        Live: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: ref('Api'), StageName: 'live' } },
    });
    const outputs = { Api: attribute('Api', 'RestApiId') };

    test('stands in the template', async () => {
        const { StackName, outputs: made } = await newStack(template(resources({ Body: document('/a', 'A') }), outputs));
        assert.equal((await call(made.Api, '/a')).text, 'A');
        assert.equal((await askRest(rest.GetRestApiCommand, { restApiId: made.Api })).name, 'of the document');
        const merged = resources({ Name: 'own', Mode: 'merge', Body: document('/b', 'B'), Parameters: { endpointConfigurationTypes: 'REGIONAL' } });
        assert.deepEqual(await updateStack(StackName, template(merged, outputs)), made);
        const { items } = await askRest(rest.GetResourcesCommand, { restApiId: made.Api });
        assert.deepEqual(items.map((item) => item.path).sort(), ['/', '/a', '/b']);
        const api = await askRest(rest.GetRestApiCommand, { restApiId: made.Api });
        assert.deepEqual([api.name, api.endpointConfiguration.types], ['own', ['REGIONAL']]);
    });

    test('lies in a bucket', async () => {
        const Bucket = unique('documents');
        await buckets.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(() => buckets.send(new s3.DeleteBucketCommand({ Bucket })));
        const put = await buckets.send(new s3.PutObjectCommand({ Bucket, Key: 'api.json', Body: JSON.stringify(document('/a', 'A')) }));
        undo.add(() => buckets.send(new s3.DeleteObjectCommand({ Bucket, Key: 'api.json' })));
        const at = (ETag) => resources({ BodyS3Location: { Bucket, Key: 'api.json', ETag }, FailOnWarnings: true, Mode: 'overwrite' });
        const { outputs: made } = await newStack(template(at(put.ETag), outputs));
        assert.equal((await call(made.Api, '/a')).text, 'A');
        await assert.rejects(newStack(template(at('"00000000000000000000000000000000"'), outputs)), /ROLLBACK_COMPLETE/);
    });

    test('is cloned from another API', async () => {
        const { outputs: made } = await newStack(template({
            ...resources({ Body: document('/a', 'A') }),
            Copy: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'copy', CloneFrom: ref('Api') } },
        }, { Copy: ref('Copy') }));
        const { items } = await askRest(rest.GetResourcesCommand, { restApiId: made.Copy });
        assert.deepEqual(items.map((item) => item.path).sort(), ['/', '/a']);
    });
});

describe('domains', () => {
    test('of REST APIs are made, changed and deleted', async () => {
        const name = `${unique('shop')}.example.com`;
        const resources = {
            Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Body: document('/a', 'A') } },
            Live: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: ref('Api'), StageName: 'live' } },
            Domain: { Type: 'AWS::ApiGateway::DomainName', Properties: { DomainName: name, RegionalCertificateArn: certificate, EndpointConfiguration: { Types: ['REGIONAL'] }, Tags: [{ Key: 'own', Value: '1' }] } },
            Mapping: { Type: 'AWS::ApiGateway::BasePathMapping', DependsOn: 'Live', Properties: { DomainName: ref('Domain'), RestApiId: ref('Api'), BasePath: 'v1' } },
            Inner: { Type: 'AWS::ApiGateway::DomainNameV2', Properties: { DomainName: `inner.${name}`, CertificateArn: certificate, EndpointConfiguration: { Types: ['PRIVATE'] }, Tags: [{ Key: 'own', Value: '1' }] } },
            InnerMapping: { Type: 'AWS::ApiGateway::BasePathMappingV2', DependsOn: 'Live', Properties: { DomainNameArn: ref('Inner'), RestApiId: ref('Api'), BasePath: 'v1' } },
            Entrance: {
                Type: 'AWS::ApiGateway::DomainNameAccessAssociation',
                Properties: { DomainNameArn: attribute('Inner', 'DomainNameArn'), AccessAssociationSource: 'vpce-1234567890abcdef0', AccessAssociationSourceType: 'VPCE' },
            },
        };
        const outputs = {
            Api: ref('Api'), Domain: ref('Domain'), Target: attribute('Domain', 'RegionalDomainName'), Zone: attribute('Domain', 'RegionalHostedZoneId'),
            Arn: attribute('Domain', 'DomainNameArn'), Mapping: ref('Mapping'), Inner: ref('Inner'), InnerId: attribute('Inner', 'DomainNameId'),
            InnerMapping: attribute('InnerMapping', 'BasePathMappingArn'), Entrance: attribute('Entrance', 'DomainNameAccessAssociationArn'),
        };
        const { StackName, outputs: made } = await newStack(template(resources, outputs));
        assert.equal(made.Domain, name);
        assert.equal(made.Mapping, `${name}|v1`);
        assert.match(made.Arn, new RegExp(`:/domainnames/${name}$`));
        assert.ok(made.Inner.endsWith(`:/domainnames/inner.${name}+${made.InnerId}`), made.Inner);
        assert.ok(made.InnerMapping.endsWith(`+${made.InnerId}/basepathmappings/v1`), made.InnerMapping);
        assert.ok(made.Target && made.Zone && made.Entrance);
        assert.equal((await askRest(rest.GetBasePathMappingCommand, { domainName: name, basePath: 'v1' })).restApiId, made.Api);

        const other = changed(resources, {
            Domain: { EndpointConfiguration: { Types: ['EDGE'] }, CertificateArn: certificate, RegionalCertificateArn: null, SecurityPolicy: 'TLS_1_2', Tags: [{ Key: 'own', Value: '2' }] },
            Mapping: { Stage: 'live' }, InnerMapping: { Stage: 'live' }, Inner: { Tags: [{ Key: 'own', Value: '2' }] },
        });
        const now = await updateStack(StackName, template(other, { ...outputs, Target: attribute('Domain', 'DistributionDomainName'), Zone: attribute('Domain', 'DistributionHostedZoneId') }));
        assert.match(now.Target, /\.cloudfront\.net$/);
        assert.deepEqual([now.Inner, now.InnerMapping, now.Mapping], [made.Inner, made.InnerMapping, made.Mapping]);
        const domain = await askRest(rest.GetDomainNameCommand, { domainName: name });
        assert.deepEqual([domain.endpointConfiguration.types, domain.tags.own], [['EDGE'], '2']);
        assert.equal((await askRest(rest.GetBasePathMappingCommand, { domainName: name, basePath: 'v1' })).stage, 'live');
        const inner = { domainName: `inner.${name}`, domainNameId: made.InnerId };
        assert.equal((await askRest(rest.GetDomainNameCommand, inner)).tags.own, '2');
        assert.equal((await askRest(rest.GetBasePathMappingCommand, { ...inner, basePath: 'v1' })).stage, 'live');

        const moved = changed(other, { Mapping: { BasePath: 'v2' } });
        assert.equal((await updateStack(StackName, template(moved, { Mapping: ref('Mapping') }))).Mapping, `${name}|v2`);
        await fails(askRest(rest.GetBasePathMappingCommand, { domainName: name, basePath: 'v1' }), 'NotFoundException', 404);
        await deleteStack(StackName);
        await fails(askRest(rest.GetDomainNameCommand, { domainName: name }), 'NotFoundException', 404);
        await fails(askRest(rest.GetDomainNameCommand, inner), 'NotFoundException', 404);
    });

    test('of HTTP APIs have mappings and routing rules', async () => {
        const name = `${unique('shop')}.example.com`;
        const rule = (Priority) => ({
            Type: 'AWS::ApiGatewayV2::RoutingRule', DependsOn: 'Stage',
            Properties: { DomainNameArn: attribute('Domain', 'DomainNameArn'), Priority, Conditions: [{ MatchHeaders: { AnyOf: [{ Header: 'x-beta', ValueGlob: 'yes*' }] } }, { MatchBasePaths: { AnyOf: ['beta'] } }],
                Actions: [{ InvokeApi: { ApiId: ref('Beta'), Stage: 'live', StripBasePath: true } }] },
        });
        const resources = {
            Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'shop', ProtocolType: 'HTTP', Target: 'https://site.example' } },
            Beta: { Type: 'AWS::ApiGateway::RestApi', Properties: { Body: document('/a', 'A') } },
            Stage: { Type: 'AWS::ApiGateway::Deployment', Properties: { RestApiId: ref('Beta'), StageName: 'live' } },
            Domain: {
                Type: 'AWS::ApiGatewayV2::DomainName',
                Properties: { DomainName: name, DomainNameConfigurations: [{ CertificateArn: certificate, EndpointType: 'REGIONAL' }], RoutingMode: 'ROUTING_RULE_THEN_API_MAPPING', Tags: { own: '1' } },
            },
            Mapping: { Type: 'AWS::ApiGatewayV2::ApiMapping', Properties: { DomainName: ref('Domain'), ApiId: ref('Api'), Stage: '$default', ApiMappingKey: 'shop/v1' } },
            Rule: rule(10),
        };
        const outputs = { Domain: ref('Domain'), Target: attribute('Domain', 'RegionalDomainName'), Zone: attribute('Domain', 'RegionalHostedZoneId'),
            Mapping: attribute('Mapping', 'ApiMappingId'), Rule: ref('Rule'), RuleId: attribute('Rule', 'RoutingRuleId') };
        const { StackName, outputs: made } = await newStack(template(resources, outputs));
        assert.ok(made.Rule.endsWith(`/domainnames/${name}/routingrules/${made.RuleId}`), made.Rule);
        const found = await askHttp(http.GetRoutingRuleCommand, { DomainName: name, RoutingRuleId: made.RuleId });
        assert.deepEqual(found.Conditions, resources.Rule.Properties.Conditions);
        const other = changed(resources, { Rule: { Priority: 20 }, Mapping: { ApiMappingKey: null }, Domain: { Tags: { own: '2' } } });
        assert.deepEqual(await updateStack(StackName, template(other, outputs)), made);
        assert.equal((await askHttp(http.GetRoutingRuleCommand, { DomainName: name, RoutingRuleId: made.RuleId })).Priority, 20);
        assert.equal((await askHttp(http.GetApiMappingCommand, { DomainName: name, ApiMappingId: made.Mapping })).ApiMappingKey ?? '', '');
        assert.equal((await askHttp(http.GetDomainNameCommand, { DomainName: name })).Tags.own, '2');
        await deleteStack(StackName);
        await fails(askHttp(http.GetDomainNameCommand, { DomainName: name }), 'NotFoundException', 404);
    });
});

describe('HTTP and WebSocket APIs', () => {
    test('of single resources are made, changed and deleted', async () => {
        const ApiId = ref('Api');
        const resources = {
            Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'shop', ProtocolType: 'HTTP', Description: 'first', Version: '1', CorsConfiguration: { AllowOrigins: ['*'] }, Tags: { own: '1' } } },
            Place: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId, IntegrationType: 'AWS_PROXY', IntegrationUri: functionArn, PayloadFormatVersion: '2.0', Description: 'first', TimeoutInMillis: 5000 } },
            Guard: { Type: 'AWS::ApiGatewayV2::Authorizer', Properties: { ApiId, Name: 'guard', AuthorizerType: 'JWT', IdentitySource: ['$request.header.Authorization'], JwtConfiguration: { Issuer: 'https://id.example', Audience: ['shop'] } } },
            Route: { Type: 'AWS::ApiGatewayV2::Route', Properties: { ApiId, RouteKey: 'GET /a', Target: { 'Fn::Sub': 'integrations/${Place}' }, AuthorizationType: 'JWT', AuthorizerId: ref('Guard'), AuthorizationScopes: ['read'] } },
            Deployment: { Type: 'AWS::ApiGatewayV2::Deployment', DependsOn: 'Route', Properties: { ApiId, Description: 'first' } },
            Live: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId, StageName: 'live', DeploymentId: ref('Deployment'), StageVariables: { a: '1' }, DefaultRouteSettings: { ThrottlingBurstLimit: 5, ThrottlingRateLimit: 5 }, Tags: { own: '1' } } },
            Link: { Type: 'AWS::ApiGatewayV2::VpcLink', Properties: { Name: 'link', SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'], Tags: { own: '1' } } },
        };
        const outputs = { Api: attribute('Api', 'ApiId'), Arn: attribute('Api', 'ExecuteApiArn'), Endpoint: attribute('Api', 'ApiEndpoint'), Place: attribute('Place', 'IntegrationId'),
            Guard: attribute('Guard', 'AuthorizerId'), Route: attribute('Route', 'RouteId'), Deployment: attribute('Deployment', 'DeploymentId'), Live: ref('Live'), Link: attribute('Link', 'VpcLinkId') };
        const { StackName, outputs: made } = await newStack(template(resources, outputs));
        assert.match(made.Arn, new RegExp(`^arn:aws:execute-api:[a-z0-9-]+:\\d{12}:${made.Api}$`));
        const route = await askHttp(http.GetRouteCommand, { ApiId: made.Api, RouteId: made.Route });
        assert.deepEqual([route.Target, route.AuthorizerId, route.AuthorizationScopes], [`integrations/${made.Place}`, made.Guard, ['read']]);
        assert.equal((await askHttp(http.GetVpcLinkCommand, { VpcLinkId: made.Link })).Tags.own, '1');

        const other = changed(resources, {
            Api: { Description: null, CorsConfiguration: null, Tags: { own: '2' } },
            Place: { Description: null, TimeoutInMillis: null },
            Guard: { Name: 'keeper' },
            Route: { Target: null, AuthorizationType: null, AuthorizerId: null, AuthorizationScopes: null, RouteKey: 'GET /b' },
            Deployment: { Description: 'second' },
            Live: { StageVariables: null, DefaultRouteSettings: null, Tags: { own: '2' } },
            Link: { Name: 'bond', Tags: null },
        });
        assert.deepEqual(await updateStack(StackName, template(other, outputs)), made);
        const api = await askHttp(http.GetApiCommand, { ApiId: made.Api });
        assert.deepEqual([api.Description || undefined, api.CorsConfiguration, api.Tags.own], [undefined, undefined, '2']);
        const opened = await askHttp(http.GetRouteCommand, { ApiId: made.Api, RouteId: made.Route });
        assert.deepEqual([opened.RouteKey, opened.Target, opened.AuthorizationType], ['GET /b', undefined, 'NONE']);
        assert.equal((await askHttp(http.GetIntegrationCommand, { ApiId: made.Api, IntegrationId: made.Place })).TimeoutInMillis, 30000);
        assert.equal((await askHttp(http.GetDeploymentCommand, { ApiId: made.Api, DeploymentId: made.Deployment })).Description, 'second');
        const link = await askHttp(http.GetVpcLinkCommand, { VpcLinkId: made.Link });
        assert.deepEqual([link.Name, link.Tags?.own], ['bond', undefined]);
        const replaced = changed(other, { Link: { SubnetIds: ['subnet-2'] } });
        assert.notEqual((await updateStack(StackName, template(replaced, outputs))).Link, made.Link);
        await deleteStack(StackName);
        await fails(askHttp(http.GetApiCommand, { ApiId: made.Api }), 'NotFoundException', 404);
    });

    test('what quick create made is overridden, and is as it was again', async () => {
        const api = { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'quick', ProtocolType: 'HTTP', Target: functionArn } };
        const overrides = {
            Type: 'AWS::ApiGatewayV2::ApiGatewayManagedOverrides',
            Properties: {
                ApiId: ref('Api'), Integration: { Description: 'own', TimeoutInMillis: 5000, PayloadFormatVersion: '1.0' },
                Route: { AuthorizationType: 'AWS_IAM', OperationName: 'All' },
                Stage: { Description: 'own', StageVariables: { a: '1' }, DefaultRouteSettings: { ThrottlingRateLimit: 3, ThrottlingBurstLimit: 3 } },
            },
        };
        const outputs = { Api: ref('Api') };
        const { StackName, outputs: made } = await newStack(template({ Api: api, Overrides: overrides }, { ...outputs, Id: attribute('Overrides', 'Id') }));
        const seen = async () => {
            const ApiId = made.Api;
            const [integration] = (await askHttp(http.GetIntegrationsCommand, { ApiId })).Items;
            const [route] = (await askHttp(http.GetRoutesCommand, { ApiId })).Items;
            const stage = await askHttp(http.GetStageCommand, { ApiId, StageName: '$default' });
            return [integration.TimeoutInMillis, integration.Description || '', route.AuthorizationType, route.OperationName || '', stage.Description || '', stage.StageVariables, stage.DefaultRouteSettings?.ThrottlingRateLimit];
        };
        assert.ok(made.Id);
        assert.deepEqual(await seen(), [5000, 'own', 'AWS_IAM', 'All', 'own', { a: '1' }, 3]);
        const other = changed({ Api: api, Overrides: overrides }, { Overrides: { Route: null, Integration: { Description: 'still', PayloadFormatVersion: '1.0' } } });
        await updateStack(StackName, template(other, outputs));
        assert.deepEqual(await seen(), [30000, 'still', 'NONE', '', 'own', { a: '1' }, 3]);
        await updateStack(StackName, template({ Api: api }, outputs));
        assert.deepEqual(await seen(), [30000, '', 'NONE', '', '', {}, undefined]);
    });

    test('a WebSocket API has models and responses', async () => {
        const ApiId = ref('Api');
        const resources = {
            Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'chat', ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' } },
            Message: { Type: 'AWS::ApiGatewayV2::Model', Properties: { ApiId, Name: 'Message', ContentType: 'application/json', Description: 'first', Schema: { type: 'object' } } },
            Mock: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId, IntegrationType: 'MOCK', TemplateSelectionExpression: '200', RequestTemplates: { 200: '{"statusCode":200}' } } },
            Mapped: { Type: 'AWS::ApiGatewayV2::IntegrationResponse', Properties: { ApiId, IntegrationId: ref('Mock'), IntegrationResponseKey: '$default', ResponseTemplates: { $default: 'one' } } },
            Say: { Type: 'AWS::ApiGatewayV2::Route', Properties: { ApiId, RouteKey: 'say', Target: { 'Fn::Sub': 'integrations/${Mock}' }, RouteResponseSelectionExpression: '$default' } },
            Answer: { Type: 'AWS::ApiGatewayV2::RouteResponse', Properties: { ApiId, RouteId: ref('Say'), RouteResponseKey: '$default' } },
        };
        const outputs = { Api: ref('Api'), Message: attribute('Message', 'ModelId'), Mock: ref('Mock'), Mapped: attribute('Mapped', 'IntegrationResponseId'), Answer: attribute('Answer', 'RouteResponseId') };
        const { StackName, outputs: made } = await newStack(template(resources, outputs));
        const other = changed(resources, { Message: { Description: null, Schema: { type: 'array' }, Name: 'Note' }, Mapped: { ResponseTemplates: { $default: 'two' } } });
        assert.deepEqual(await updateStack(StackName, template(other, outputs)), made);
        const model = await askHttp(http.GetModelCommand, { ApiId: made.Api, ModelId: made.Message });
        assert.deepEqual([model.Name, model.Schema, model.Description || ''], ['Note', '{"type":"array"}', '']);
        const mapped = await askHttp(http.GetIntegrationResponseCommand, { ApiId: made.Api, IntegrationId: made.Mock, IntegrationResponseId: made.Mapped });
        assert.deepEqual(mapped.ResponseTemplates, { $default: 'two' });
        await deleteStack(StackName);
        await fails(askHttp(http.GetApiCommand, { ApiId: made.Api }), 'NotFoundException', 404);
    });

    test('portals are refused by name', { skip: onAws }, async () => {
        const TemplateBody = template({ Product: { Type: 'AWS::ApiGatewayV2::PortalProduct', Properties: { DisplayName: 'shop' } } });
        await fails(send(cloudformation.CreateStackCommand, { StackName: unique('apis'), TemplateBody }), 'ValidationError', 400, /AWS::ApiGatewayV2::PortalProduct/);
    });
});
