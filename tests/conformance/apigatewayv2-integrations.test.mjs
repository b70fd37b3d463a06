// What stands behind routes of HTTP APIs other than functions: HTTP endpoints and queues.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as cloudwatchlogs from '@aws-sdk/client-cloudwatch-logs';
import * as sqs from '@aws-sdk/client-sqs';
import { newRole } from './roles.mjs';
import { clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(api.ApiGatewayV2Client);
const queues = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

function call(created, path, { method = 'GET', headers = {}, body } = {}) {
    const { host } = new URL(created.ApiEndpoint);
    const target = new URL(endpoint);
    return new Promise((resolve, reject) => {
        const options = { hostname: target.hostname, port: target.port, path, method, headers: { host, ...headers } };
        request(options, async (answer) => {
            const pieces = [];
            for await (const piece of answer) pieces.push(piece);
            resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() });
        }).on('error', reject).end(body);
    });
}

/** An HTTP server on loopback that tells what it was asked. */
async function newEndpoint() {
    const server = createServer(async (asked, answer) => {
        const pieces = [];
        for await (const piece of asked) pieces.push(piece);
        if (asked.url.startsWith('/slow')) return;
        answer.writeHead(asked.url.startsWith('/missing') ? 404 : 200, { 'content-type': 'application/json', 'x-backend': 'b1' });
        answer.end(JSON.stringify({
            method: asked.method, url: asked.url, headers: asked.headers, body: Buffer.concat(pieces).toString() }));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    undo.add(async () => {
        server.closeAllConnections();
        server.close();
    });
    return `http://127.0.0.1:${server.address().port}`;
}

describe('integrations of HTTP APIs', { skip: onAws && 'needs an endpoint that AWS can reach' }, () => {
    let created;
    let ApiId;
    let site;

    before(async () => {
        site = await newEndpoint();
        created = await send(api.CreateApiCommand, { Name: unique('fronted'), ProtocolType: 'HTTP' });
        ApiId = created.ApiId;
        undo.add(() => send(api.DeleteApiCommand, { ApiId }));
        await send(api.CreateStageCommand, { ApiId, StageName: '$default', AutoDeploy: true });
    });

    async function routeTo(RouteKey, input) {
        const { IntegrationId } = await send(api.CreateIntegrationCommand, { ApiId, ...input });
        await send(api.CreateRouteCommand, { ApiId, RouteKey, Target: `integrations/${IntegrationId}` });
        return send(api.GetIntegrationCommand, { ApiId, IntegrationId });
    }
    const proxy = (IntegrationUri, more = {}) =>
        ({ IntegrationType: 'HTTP_PROXY', IntegrationMethod: 'ANY', IntegrationUri, ...more });

    test('an HTTP endpoint gets requests as they came', async () => {
        const integration = await routeTo('ANY /files/{name}/{rest+}', proxy(`${site}/v1/{name}/{rest}`));
        assert.equal(integration.PayloadFormatVersion, '1.0');
        const answer = await call(created, '/files/a%20b/c/d?q=1', { method: 'PUT', headers: { 'x-custom': 'v' }, body: 'text' });
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['x-backend'], 'b1');
        const told = JSON.parse(answer.text);
        assert.equal(told.method, 'PUT');
        assert.equal(told.url, '/v1/a%20b/c/d?q=1');
        assert.equal(told.headers['x-custom'], 'v');
        assert.equal(told.headers.host, new URL(site).host);
        assert.match(told.headers.forwarded, /for=/);
        assert.equal(told.body, 'text');
    });

    test('parameters are mapped on the way there and back', async () => {
        await routeTo('POST /pets/{id}', proxy(`${site}/old`, {
            RequestParameters: {
                'overwrite:path': '/pets/${request.path.id}',
                'append:header.x-color': '$request.body.color',
                'remove:querystring.secret': '',
                'append:querystring.stage': '$context.stage',
            },
            ResponseParameters: { 200: { 'overwrite:statuscode': '201', 'append:header.x-method': '$response.body.method' } },
        }));
        const answer = await call(created, '/pets/7?secret=1', { method: 'POST', body: '{"color":"red"}' });
        assert.equal(answer.status, 201);
        assert.equal(answer.headers['x-method'], 'POST');
        const told = JSON.parse(answer.text);
        assert.equal(told.url, '/pets/7?stage=%24default');
        assert.equal(told.headers['x-color'], 'red');
        await fails(
            send(api.CreateIntegrationCommand, {
                ApiId, ...proxy(site), RequestParameters: { 'overwrite:header.authorization': 'x' } }),
            'BadRequestException', 400, /authorization/i);
    });

    test('an endpoint that does not answer is Service Unavailable', async () => {
        await routeTo('GET /slow', proxy(`${site}/slow`, { TimeoutInMillis: 100 }));
        const slow = await call(created, '/slow');
        assert.equal(slow.status, 503);
        assert.equal(slow.text, '{"message":"Service Unavailable"}');
    });

    test('a queue takes, gives and forgets messages', async () => {
        const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: unique('jobs') }));
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const CredentialsArn = await newRole(undo, 'apigateway.amazonaws.com');
        const service = (IntegrationSubtype, RequestParameters) => ({
            IntegrationType: 'AWS_PROXY', IntegrationSubtype, CredentialsArn, PayloadFormatVersion: '1.0',
            RequestParameters: { QueueUrl, ...RequestParameters } });
        const integration = await routeTo('POST /jobs', service('SQS-SendMessage', {
            MessageBody: '$request.body.text', MessageAttributes: '$request.body.attributes' }));
        assert.equal(integration.IntegrationSubtype, 'SQS-SendMessage');
        await routeTo('GET /jobs', service('SQS-ReceiveMessage', {}));
        await routeTo('DELETE /jobs', service('SQS-DeleteMessage', { ReceiptHandle: '$request.querystring.handle' }));
        await routeTo('POST /purge', service('SQS-PurgeQueue', {}));

        const sent = await call(created, '/jobs', { method: 'POST', body: JSON.stringify({
            text: 'hello & more', attributes: { kind: { DataType: 'String', StringValue: 'greeting' } } }) });
        assert.equal(sent.status, 200, sent.text);
        assert.match(sent.text, /<MessageId>[-0-9a-f]+<\/MessageId>/);
        const received = await call(created, '/jobs');
        assert.match(received.text, /<Body>hello &amp; more<\/Body>/);
        const handle = received.text.match(/<ReceiptHandle>([^<]+)</)[1];
        assert.equal((await call(created, `/jobs?handle=${encodeURIComponent(handle)}`, { method: 'DELETE' })).status, 200);
        assert.equal((await call(created, '/purge', { method: 'POST' })).status, 200);
        // What the service refuses is its own answer.
        assert.ok((await call(created, '/jobs?handle=nonsense', { method: 'DELETE' })).status >= 400);
        await fails(send(api.CreateIntegrationCommand, { ApiId, ...service('SQS-SendMessage', { Other: 'x' }) }),
            'BadRequestException', 400);
    });

    test('other services take their subtypes\' parameters', async () => {
        const service = (IntegrationSubtype, RequestParameters) => ({
            IntegrationType: 'AWS_PROXY', IntegrationSubtype, PayloadFormatVersion: '1.0', RequestParameters,
            CredentialsArn: 'arn:aws:iam::000000000000:role/sender' });
        const all = {
            'EventBridge-PutEvents': { Detail: '$request.body', DetailType: 'order', Source: 'shop' },
            'Kinesis-PutRecord': { StreamName: 'orders', Data: '$request.body', PartitionKey: '1' },
            'StepFunctions-StartExecution': { StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:orders' },
            'StepFunctions-StartSyncExecution': { StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:orders' },
            'StepFunctions-StopExecution': { ExecutionArn: '$request.querystring.arn' },
            'AppConfig-GetConfiguration': { Application: 'a', Environment: 'e', Configuration: 'c', ClientId: '1' },
        };
        for (const [subtype, parameters] of Object.entries(all)) {
            const [missing] = Object.keys(parameters);
            const { [missing]: _, ...rest } = parameters;
            await fails(send(api.CreateIntegrationCommand, { ApiId, ...service(subtype, rest) }),
                'BadRequestException', 400, new RegExp(missing));
            const made = await send(api.CreateIntegrationCommand, { ApiId, ...service(subtype, parameters) });
            assert.deepEqual(made.RequestParameters, parameters);
        }
    });

    test('a stage throttles and logs what it serves', async () => {
        const logs = clientOf(cloudwatchlogs.CloudWatchLogsClient);
        const logGroupName = unique('access');
        await logs.send(new cloudwatchlogs.CreateLogGroupCommand({ logGroupName }));
        undo.add(() => logs.send(new cloudwatchlogs.DeleteLogGroupCommand({ logGroupName })));
        const DestinationArn = `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}`;
        const stage = { ApiId, StageName: '$default' };
        await routeTo('GET /limited', proxy(`${site}/limited`));
        const Format = '{"id":"$context.requestId","route":"$context.routeKey","status":"$context.status"}';
        await send(api.UpdateStageCommand, {
            ...stage,
            AccessLogSettings: { DestinationArn, Format },
            RouteSettings: { 'GET /limited': { ThrottlingBurstLimit: 1, ThrottlingRateLimit: 0.001 } },
        });
        assert.equal((await send(api.GetStageCommand, stage)).AccessLogSettings.Format, Format);
        assert.equal((await call(created, '/limited')).status, 200);
        const throttled = await call(created, '/limited');
        assert.equal(throttled.status, 429);
        assert.equal(throttled.text, '{"message":"Too Many Requests"}');

        const lines = await eventually(async () => {
            const { events } = await logs.send(new cloudwatchlogs.FilterLogEventsCommand({ logGroupName }));
            return events.length === 2 && events.map(({ message }) => JSON.parse(message));
        });
        assert.deepEqual(lines.map(({ route, status }) => [route, status]), [['GET /limited', '200'], ['GET /limited', '429']]);
        assert.equal(lines[1].id, throttled.headers['apigw-requestid']);

        await send(api.DeleteRouteSettingsCommand, { ...stage, RouteKey: 'GET /limited' });
        assert.equal((await call(created, '/limited')).status, 200);
        await send(api.DeleteAccessLogSettingsCommand, stage);
        assert.equal((await send(api.GetStageCommand, stage)).AccessLogSettings, undefined);
        await fails(send(api.UpdateStageCommand, { ...stage, AccessLogSettings: { DestinationArn, Format: 'nothing' } }),
            'BadRequestException', 400);
    });
});
