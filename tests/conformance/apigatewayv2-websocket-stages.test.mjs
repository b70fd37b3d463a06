// WebSocket APIs: what messages must fit, what stages tell of them, under which names they are reached, and as stacks.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as rest from '@aws-sdk/client-api-gateway';
import * as management from '@aws-sdk/client-apigatewaymanagementapi';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as stacks from '@aws-sdk/client-cloudformation';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import WebSocket from 'ws';
import { newRole } from './roles.mjs';
import { clientOf, endpoint, eventually, fails, onAws, unique } from './support.mjs';
import { connect, deploy, dial, echo, echoArn, integrate, makeEcho, mock, newApi, next, route, send, undo } from './web-sockets.mjs';

const watcher = clientOf(logs.CloudWatchLogsClient);
const restClient = clientOf(rest.APIGatewayClient);
const CertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555';

before(makeEcho);
after(undo.all);

describe('models', () => {
    const mail = { type: 'object', required: ['address'], properties: { address: { type: 'string' } } };

    test('a message that does not fit its model is told so, and goes no further', async () => {
        const created = await newApi();
        const { ApiId } = created;
        const Name = 'Mail';
        const { ModelId } = await send(api.CreateModelCommand, { ApiId, Name, Schema: JSON.stringify(mail), ContentType: 'application/json' });
        assert.deepEqual(JSON.parse((await send(api.GetModelCommand, { ApiId, ModelId })).Schema), mail);
        await route(created, '$default', await mock(created, 'taken'), {
            twoWay: true, ModelSelectionExpression: '$request.body.kind', RequestModels: { mail: Name } });
        await deploy(created);
        const socket = await connect(created);
        socket.send('{"kind":"mail","address":"a@example.com"}');
        assert.equal(await next(socket), 'taken');
        for (const message of ['{"kind":"mail"}', '{"kind":"mail","address":1}', '{"kind":"other"}', 'no JSON']) {
            socket.send(message);
            const refused = JSON.parse(await next(socket));
            assert.equal(refused.message, 'Invalid request body', message);
            assert.ok(refused.connectionId && refused.requestId);
        }
    });

    test('routes name models that there are, and their responses too', async () => {
        const created = await newApi();
        const { ApiId } = created;
        await fails(send(api.CreateRouteCommand, { ApiId, RouteKey: 'x', ModelSelectionExpression: '$request.body.a',
            RequestModels: { a: 'Unknown' } }), 'BadRequestException', 400);
        await send(api.CreateModelCommand, { ApiId, Name: 'Answer', Schema: '{"type":"object"}' });
        const RouteId = await route(created, 'ask', await mock(created, '{}'), { RouteResponseSelectionExpression: '$default' });
        const made = await send(api.CreateRouteResponseCommand, { ApiId, RouteId, RouteResponseKey: '$default',
            ModelSelectionExpression: '$default', ResponseModels: { $default: 'Answer' },
            ResponseParameters: { 'route.response.header.X-Kind': { Required: false } } });
        assert.deepEqual(made.ResponseModels, { $default: 'Answer' });
        assert.deepEqual(made.ResponseParameters, { 'route.response.header.X-Kind': { Required: false } });
        await fails(send(api.UpdateRouteResponseCommand, { ApiId, RouteId, RouteResponseId: made.RouteResponseId,
            ResponseModels: { $default: 'Unknown' } }), 'BadRequestException', 400);
    });

    test('bytes are sent as Base64, and reach functions as such', async () => {
        const created = await newApi();
        const id = await integrate(created, { IntegrationType: 'AWS_PROXY', IntegrationUri: echoArn, ContentHandlingStrategy: 'CONVERT_TO_BINARY' });
        assert.equal((await send(api.GetIntegrationCommand, { ApiId: created.ApiId, IntegrationId: id })).ContentHandlingStrategy, 'CONVERT_TO_BINARY');
        await route(created, '$default', id, { twoWay: true });
        await deploy(created);
        const socket = await connect(created);
        socket.send('AAEC');
        const event = JSON.parse(await next(socket));
        assert.deepEqual([event.body, event.isBase64Encoded], ['AAEC', true]);
        await fails(integrate(created, { IntegrationType: 'HTTP', IntegrationMethod: 'POST', IntegrationUri: 'https://example.com',
            TlsConfig: { ServerNameToVerify: 'example.com' } }), 'BadRequestException', 400);
    });
});

describe('what stages tell', () => {
    /** Account settings are the region's: a role that is there stays. */
    async function letLog() {
        const account = await restClient.send(new rest.GetAccountCommand({}));
        if (account.cloudwatchRoleArn) return;
        const role = await newRole(undo, 'apigateway.amazonaws.com', { managed: ['service-role/AmazonAPIGatewayPushToCloudWatchLogs'] });
        await eventually(() => restClient.send(new rest.UpdateAccountCommand({
            patchOperations: [{ op: 'replace', path: '/cloudwatchRoleArn', value: role }] })).then(() => true, () => false));
    }

    test('execution logs tell the steps of a message', async () => {
        await letLog();
        const created = await newApi();
        await route(created, '$default', await echo(created), { twoWay: true });
        await deploy(created, { DefaultRouteSettings: { LoggingLevel: 'INFO', DataTraceEnabled: true } });
        const socket = await connect(created);
        socket.send('{"say":"hello"}');
        const { requestContext } = JSON.parse(await next(socket));
        const logGroupName = `/aws/apigateway/${created.ApiId}/prod`;
        undo.add(() => watcher.send(new logs.DeleteLogGroupCommand({ logGroupName })));
        const lines = await eventually(async () => {
            const { events } = await watcher.send(new logs.FilterLogEventsCommand({ logGroupName })).catch(() => ({ events: [] }));
            const own = events.map((each) => each.message).filter((line) => line.startsWith(`(${requestContext.requestId})`));
            return own.some((line) => line.includes('Successfully completed')) && own;
        });
        assert.ok(lines.some((line) => line.includes('Sending request to https://lambda.')), lines.join('\n'));
        assert.ok(lines.some((line) => line.includes('hello')), lines.join('\n'));
    });

    test('access logs know what happened, and why it did not', async () => {
        const logGroupName = unique('/sockets');
        await watcher.send(new logs.CreateLogGroupCommand({ logGroupName }));
        undo.add(() => watcher.send(new logs.DeleteLogGroupCommand({ logGroupName })));
        const { logGroups } = await watcher.send(new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
        const created = await newApi();
        await route(created, 'fail', await echo(created), { twoWay: true });
        await deploy(created, { AccessLogSettings: { DestinationArn: logGroups[0].arn.replace(/:\*$/, ''),
            Format: '$context.requestId $context.routeKey $context.status $context.error.message $context.integration.error' } });
        const socket = await connect(created);
        socket.send('{"action":"nobody"}');
        assert.equal(JSON.parse(await next(socket)).message, 'Forbidden');
        const lines = await eventually(async () => {
            const { events } = await watcher.send(new logs.FilterLogEventsCommand({ logGroupName }));
            return events.length >= 2 && events.map((each) => each.message);
        });
        assert.ok(lines.some((line) => /^[\w-]+= .* 403 Forbidden -$/.test(line)), lines.join('\n'));
    });

    test('a plan\'s quota ends connections by its key', async () => {
        const keyed = await newApi();
        await route(keyed, '$connect', await mock(keyed, ''), { ApiKeyRequired: true });
        await deploy(keyed);
        const key = await restClient.send(new rest.CreateApiKeyCommand({ name: unique('key'), enabled: true, value: randomBytes(15).toString('hex') }));
        undo.add(() => restClient.send(new rest.DeleteApiKeyCommand({ apiKey: key.id })));
        const plan = await restClient.send(new rest.CreateUsagePlanCommand({ name: unique('plan'), quota: { limit: 2, period: 'MONTH' },
            apiStages: [{ apiId: keyed.ApiId, stage: 'prod' }] }));
        undo.add(() => restClient.send(new rest.UpdateUsagePlanCommand({ usagePlanId: plan.id,
            patchOperations: [{ op: 'remove', path: '/apiStages', value: `${keyed.ApiId}:prod` }] }))
            .then(() => restClient.send(new rest.DeleteUsagePlanCommand({ usagePlanId: plan.id }))));
        await restClient.send(new rest.CreateUsagePlanKeyCommand({ usagePlanId: plan.id, keyId: key.id, keyType: 'API_KEY' }));
        const headers = { 'x-api-key': key.value };
        await connect(keyed, { headers });
        await connect(keyed, { headers });
        assert.equal(await dial(keyed, { headers }).refused, 429);
    });
});

describe('custom domains', { skip: onAws }, () => {
    const { host } = new URL(endpoint);

    /** The SDK's client, whose calls ask for another host than the one they go to: no DNS knows it. */
    function clientAt(domain, path) {
        const at = clientOf(management.ApiGatewayManagementApiClient, { endpoint: `${endpoint}${path}` });
        at.middlewareStack.add((following) => (args) => {
            args.request.headers.host = domain;
            return following(args);
        }, { step: 'build', priority: 'low' });
        return at;
    }

    async function opened(domain, path) {
        const socket = new WebSocket(`ws://${host}${path}`, { headers: { host: domain } });
        socket.messages = [];
        socket.on('message', (data) => socket.messages.push(data.toString()));
        const status = await new Promise((resolve) => {
            socket.on('open', () => resolve(101));
            socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode));
            socket.on('error', () => {});
        });
        undo.add(async () => socket.terminate());
        return { socket, status };
    }

    test('lead to their API, with a key and without, and so do @connections', async () => {
        const created = await newApi();
        await route(created, '$default', await echo(created), { twoWay: true });
        await deploy(created);
        const DomainName = `${unique('chat')}.example.com`;
        await send(api.CreateDomainNameCommand, { DomainName, DomainNameConfigurations: [{ EndpointType: 'REGIONAL', CertificateArn }] });
        undo.add(() => send(api.DeleteDomainNameCommand, { DomainName }));
        for (const [ApiMappingKey, base] of [[undefined, ''], ['rooms', '/rooms'], ['rooms/v1', '/rooms/v1']]) {
            const { ApiMappingId } = await send(api.CreateApiMappingCommand, { DomainName, ApiId: created.ApiId, Stage: 'prod', ApiMappingKey });
            const { socket, status } = await opened(DomainName, base || '/');
            assert.equal(status, 101, base);
            socket.send('who am I');
            const { requestContext } = JSON.parse(await next(socket));
            assert.deepEqual([requestContext.domainName, requestContext.stage], [DomainName, 'prod']);
            const ConnectionId = requestContext.connectionId;
            const at = clientAt(DomainName, base);
            await at.send(new management.PostToConnectionCommand({ ConnectionId, Data: 'news' }));
            assert.equal(await next(socket), 'news');
            assert.ok((await at.send(new management.GetConnectionCommand({ ConnectionId }))).ConnectedAt instanceof Date);
            assert.equal((await opened(DomainName, `${base}/prod`)).status, 403);
            await send(api.DeleteApiMappingCommand, { DomainName, ApiMappingId });
            assert.equal((await opened(DomainName, base || '/')).status, 403);
        }
    });
});

describe('stacks', () => {
    const client = clientOf(stacks.CloudFormationClient);

    test('SAM\'s WebSocketApi has routes with models, a domain and settings', async () => {
        const StackName = unique('chat');
        const domain = `${unique('chat')}.example.com`;
        const TemplateBody = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      StageName: prod
      RouteSettings: {send: {ThrottlingBurstLimit: 5, ThrottlingRateLimit: 10}}
      DefaultRouteSettings: {DetailedMetricsEnabled: true}
      ${onAws ? '' : `Domain: {DomainName: ${domain}, CertificateArn: "${CertificateArn}", BasePath: [chat]}`}
      Routes:
        send:
          FunctionArn: ${echoArn}
          ModelSelectionExpression: $request.body.kind
          RequestModels: {text: !Ref Text}
          RouteResponseSelectionExpression: $default
  Text:
    Type: AWS::ApiGatewayV2::Model
    Properties: {ApiId: !Ref Chat, Name: Text, ContentType: application/json, Schema: {type: object, required: [text]}}
  Answer:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Chat, RouteId: !Ref ChatsendRoute, RouteResponseKey: $default}
Outputs:
  ApiId: {Value: !Ref Chat}
`;
        await client.send(new stacks.CreateStackCommand({ StackName, TemplateBody, Capabilities: ['CAPABILITY_AUTO_EXPAND', 'CAPABILITY_IAM'] }));
        undo.add(() => client.send(new stacks.DeleteStackCommand({ StackName })));
        await stacks.waitUntilStackCreateComplete({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { StackName });
        const { Stacks: [stack] } = await client.send(new stacks.DescribeStacksCommand({ StackName }));
        const ApiId = stack.Outputs[0].OutputValue;
        const { ApiEndpoint } = await send(api.GetApiCommand, { ApiId });
        const socket = await connect({ ApiId, ApiEndpoint });
        socket.send('{"action":"send","kind":"text"}');
        assert.equal(JSON.parse(await next(socket)).message, 'Invalid request body');
        socket.send('{"action":"send","kind":"text","text":"hello"}');
        assert.match(JSON.parse(await next(socket)).body, /hello/);
        const stage = await send(api.GetStageCommand, { ApiId, StageName: 'prod' });
        assert.equal(stage.RouteSettings.send.ThrottlingBurstLimit, 5);
        if (onAws) return;
        const { Items } = await send(api.GetApiMappingsCommand, { DomainName: domain });
        assert.deepEqual(Items.map(({ ApiMappingKey, Stage }) => [ApiMappingKey, Stage]), [['chat', 'prod']]);
    });
});
