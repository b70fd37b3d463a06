// WebSocket APIs: the control plane by the SDK, connections by the client `ws`.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import * as keys from '@aws-sdk/client-api-gateway';
import * as management from '@aws-sdk/client-apigatewaymanagementapi';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import WebSocket from 'ws';
import { newRole } from './roles.mjs';
import { clientOf, endpoint, eventually, fails, onAws, unique } from './support.mjs';
import {
    connect, deploy, dial, echo, echoApi, echoArn, integrate, makeEcho, mock, newApi, next, route, send, undo } from './web-sockets.mjs';

before(makeEcho);
after(undo.all);

describe('the control plane', () => {
    test('an API has a WebSocket URL and its expressions', async () => {
        const created = await newApi({ ApiKeySelectionExpression: '$context.authorizer.usageIdentifierKey' });
        assert.match(created.ApiEndpoint, new RegExp(`^wss?://${created.ApiId}\\.execute-api\\.`));
        const read = await send(api.GetApiCommand, { ApiId: created.ApiId });
        assert.equal(read.ProtocolType, 'WEBSOCKET');
        assert.equal(read.RouteSelectionExpression, '$request.body.action');
        assert.equal(read.ApiKeySelectionExpression, '$context.authorizer.usageIdentifierKey');
        const changed = await send(api.UpdateApiCommand, { ApiId: created.ApiId, RouteSelectionExpression: '${request.body.a}/${request.body.b}' });
        assert.equal(changed.RouteSelectionExpression, '${request.body.a}/${request.body.b}');
        await fails(send(api.CreateApiCommand, { Name: 'x', ProtocolType: 'WEBSOCKET' }), 'BadRequestException', 400);
    });

    test('responses of routes are made, read, changed, listed and deleted', async () => {
        const created = await newApi();
        const { ApiId } = created;
        const RouteId = await route(created, 'ask', await echo(created), { RouteResponseSelectionExpression: '$default' });
        const made = await send(api.CreateRouteResponseCommand, { ApiId, RouteId, RouteResponseKey: '$default' });
        const of = { ApiId, RouteId, RouteResponseId: made.RouteResponseId };
        assert.equal((await send(api.GetRouteResponseCommand, of)).RouteResponseKey, '$default');
        assert.equal((await send(api.UpdateRouteResponseCommand, { ...of, RouteResponseKey: '$default' })).RouteResponseId, made.RouteResponseId);
        assert.equal((await send(api.GetRouteResponsesCommand, { ApiId, RouteId })).Items.length, 1);
        await fails(send(api.CreateRouteResponseCommand, { ApiId, RouteId, RouteResponseKey: 'other' }), 'BadRequestException', 400);
        await send(api.DeleteRouteResponseCommand, of);
        await fails(send(api.GetRouteResponseCommand, of), 'NotFoundException', 404);
    });

    test('responses of integrations are made, read, changed, listed and deleted', async () => {
        const created = await newApi();
        const { ApiId } = created;
        const IntegrationId = await integrate(created, { IntegrationType: 'HTTP', IntegrationMethod: 'POST', IntegrationUri: 'https://example.com' });
        const read = await send(api.GetIntegrationCommand, { ApiId, IntegrationId });
        assert.equal(read.IntegrationResponseSelectionExpression, '${integration.response.statuscode}');
        assert.equal(read.PassthroughBehavior, 'WHEN_NO_MATCH');
        const made = await send(api.CreateIntegrationResponseCommand, { ApiId, IntegrationId, IntegrationResponseKey: '/2\\d\\d/',
            ResponseTemplates: { $default: '$input.body' }, ContentHandlingStrategy: 'CONVERT_TO_TEXT' });
        const of = { ApiId, IntegrationId, IntegrationResponseId: made.IntegrationResponseId };
        const found = await send(api.GetIntegrationResponseCommand, of);
        assert.deepEqual([found.IntegrationResponseKey, found.ContentHandlingStrategy], ['/2\\d\\d/', 'CONVERT_TO_TEXT']);
        const changed = await send(api.UpdateIntegrationResponseCommand, { ...of, TemplateSelectionExpression: '\\$default' });
        assert.equal(changed.TemplateSelectionExpression, '\\$default');
        assert.equal((await send(api.GetIntegrationResponsesCommand, { ApiId, IntegrationId })).Items.length, 1);
        await send(api.DeleteIntegrationResponseCommand, of);
        await fails(send(api.GetIntegrationResponseCommand, of), 'NotFoundException', 404);
    });

    test('a parameter that a route requires is taken away again', async () => {
        const created = await newApi();
        const { ApiId } = created;
        const name = 'route.request.querystring.room';
        const RouteId = await route(created, '$connect', await mock(created, ''), { RequestParameters: { [name]: { Required: true } } });
        assert.deepEqual((await send(api.GetRouteCommand, { ApiId, RouteId })).RequestParameters, { [name]: { Required: true } });
        await deploy(created);
        assert.equal(await dial(created).refused, 400);
        await connect(created, { path: '/prod?room=1' });
        await send(api.DeleteRouteRequestParameterCommand, { ApiId, RouteId, RequestParameterKey: name });
        await deploy(created);
        await connect(created);
    });
});

describe('connections', () => {
    let created;
    before(async () => { created = await echoApi(); });

    test('a function is told of messages, and answers them', async () => {
        const socket = await connect(created, { headers: { 'User-Agent': 'conformance' } });
        socket.send('{"action":"anything","n":1}');
        const event = JSON.parse(await next(socket));
        assert.equal(event.body, '{"action":"anything","n":1}');
        assert.equal(event.isBase64Encoded, false);
        const context = event.requestContext;
        assert.deepEqual([context.eventType, context.routeKey, context.stage, context.messageDirection, context.apiId],
            ['MESSAGE', '$default', 'prod', 'IN', created.ApiId]);
        assert.equal(context.identity.userAgent, 'conformance');
        assert.ok(context.identity.sourceIp && context.requestId && context.extendedRequestId && context.messageId);
        assert.match(context.connectionId, /^[\w-]{15}=$/);
        assert.match(context.requestTime, /^\d\d\/[A-Z][a-z]{2}\/\d{4}:/);
        assert.ok(context.connectedAt <= context.requestTimeEpoch);
        assert.ok(context.domainName.startsWith(created.ApiId));
    });

    test('$connect refuses, and chooses a protocol', async () => {
        assert.equal(await dial(created, { path: '/prod?refuse=1' }).refused, 403);
        assert.equal(await dial(created, { path: '/other' }).refused, 403);
        const socket = await connect(created, { path: '/prod?protocol=v2', protocols: ['v1', 'v2'] });
        assert.equal(socket.protocol, 'v2');
    });

    test('a function that fails is told to the client', async () => {
        const socket = await connect(created);
        socket.send('throw');
        const answer = JSON.parse(await next(socket));
        assert.equal(answer.message, 'Internal server error');
        assert.ok(answer.connectionId && answer.requestId);
    });

    test('pings are answered, and large messages taken whole or not at all', async () => {
        const socket = await connect(created);
        socket.ping('alive');
        const [pong] = await once(socket, 'pong');
        assert.equal(pong.toString(), 'alive');
        const part = 'x'.repeat(30_000);
        socket.send(`"${part}`, { fin: false });
        socket.send(`${part}"`, { fin: true });
        assert.equal(JSON.parse(await next(socket)).body.length, 60_002);
        socket.send('x'.repeat(33_000));
        assert.equal((await socket.ended).code, 1009);
    });

    test('binary messages are refused', async () => {
        const socket = await connect(created);
        socket.send(randomBytes(10));
        assert.equal((await socket.ended).code, 1003);
    });

    test('a message that no route takes is forbidden', async () => {
        const bare = await newApi();
        await route(bare, 'join', await mock(bare, 'joined $context.connectionId'), { twoWay: true });
        await deploy(bare);
        const socket = await connect(bare);
        socket.send('{"action":"leave"}');
        assert.equal(JSON.parse(await next(socket)).message, 'Forbidden');
        socket.send('{"action":"join"}');
        assert.match(await next(socket), /^joined [\w-]{15}=$/);
    });

    test('what a service answers is mapped', async () => {
        const TableName = unique('sockets');
        const tables = clientOf(dynamodb.DynamoDBClient);
        await tables.send(new dynamodb.CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }));
        undo.add(() => tables.send(new dynamodb.DeleteTableCommand({ TableName })));
        await dynamodb.waitUntilTableExists({ client: tables, maxWaitTime: 30 }, { TableName });
        const CredentialsArn = await newRole(undo, 'apigateway.amazonaws.com');
        const storing = await newApi();
        const id = await integrate(storing, { IntegrationType: 'AWS', IntegrationMethod: 'POST', CredentialsArn,
            IntegrationUri: 'arn:aws:apigateway:us-east-1:dynamodb:action/PutItem', TemplateSelectionExpression: '\\$default',
            RequestTemplates: { $default: `{"TableName":"${TableName}","Item":{"id":{"S":"$context.connectionId"},"text":{"S":$input.json('$.text')}}}` } });
        for (const [key, text] of [['/200/', 'stored'], ['$default', 'not stored: $input.path("$.__type")']]) {
            await send(api.CreateIntegrationResponseCommand, { ApiId: storing.ApiId, IntegrationId: id, IntegrationResponseKey: key, ResponseTemplates: { $default: text } });
        }
        await route(storing, '$default', id, { twoWay: true });
        await deploy(storing);
        const socket = await connect(storing);
        socket.send('{"text":"hello \\"you\\""}');
        assert.equal(await next(socket), 'stored');
        const { Items } = await tables.send(new dynamodb.ScanCommand({ TableName }));
        assert.equal(Items[0].text.S, 'hello "you"');
        socket.send('{"text":7}');
        assert.match(await next(socket), /^not stored: .*SerializationException/);
    });

    test('$disconnect is told how the connection ended', async () => {
        const socket = await connect(created);
        socket.send('x');
        const id = JSON.parse(await next(socket)).requestContext.connectionId;
        socket.close(4321, 'had enough');
        assert.equal((await socket.ended).code, 4321);
        const watcher = clientOf(logs.CloudWatchLogsClient);
        const logGroupName = `/aws/lambda/${echoArn.split(':')[6]}`;
        const line = await eventually(async () => {
            const found = await watcher.send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: `"${id}"` })).catch(() => ({ events: [] }));
            return found.events.find((each) => each.message.includes('DISCONNECT'));
        });
        const { requestContext } = JSON.parse(line.message.slice(line.message.indexOf('{')));
        assert.deepEqual([requestContext.disconnectStatusCode, requestContext.disconnectReason], [4321, 'had enough']);
        assert.equal(requestContext.connectionId, id);
    });

    test('an authorizer lets in whom it allows', async () => {
        const guarded = await newApi();
        const { AuthorizerId } = await send(api.CreateAuthorizerCommand, { ApiId: guarded.ApiId, Name: 'door', AuthorizerType: 'REQUEST',
            AuthorizerUri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${echoArn}/invocations`,
            IdentitySource: ['route.request.header.Auth'] });
        const id = await echo(guarded);
        await route(guarded, '$connect', id, { AuthorizationType: 'CUSTOM', AuthorizerId });
        await route(guarded, '$default', id, { twoWay: true });
        await deploy(guarded);
        assert.equal(await dial(guarded).refused, 401);
        assert.equal(await dial(guarded, { headers: { Auth: 'shut' } }).refused, 403);
        assert.equal(await dial(guarded, { headers: { Auth: 'throw' } }).refused, 500);
        const socket = await connect(guarded, { headers: { Auth: 'open' } });
        socket.send('hello');
        assert.deepEqual(JSON.parse(await next(socket)).requestContext.authorizer, { team: 'red', principalId: 'ada' });
        await fails(send(api.CreateRouteCommand, { ApiId: guarded.ApiId, RouteKey: 'x', AuthorizationType: 'AWS_IAM' }), 'BadRequestException', 400);
    });

    test('an API key lets in whom its usage plan does', async () => {
        const rest = clientOf(keys.APIGatewayClient);
        const keyed = await newApi();
        await route(keyed, '$connect', await mock(keyed, ''), { ApiKeyRequired: true });
        await deploy(keyed);
        const key = await rest.send(new keys.CreateApiKeyCommand({ name: unique('key'), enabled: true, value: randomBytes(15).toString('hex') }));
        undo.add(() => rest.send(new keys.DeleteApiKeyCommand({ apiKey: key.id })));
        const headers = { 'x-api-key': key.value };
        assert.equal(await dial(keyed).refused, 403);
        assert.equal(await dial(keyed, { headers }).refused, 403);
        const made = await rest.send(new keys.CreateUsagePlanCommand({ name: unique('plan'), apiStages: [{ apiId: keyed.ApiId, stage: 'prod' }] }));
        undo.add(() => rest.send(new keys.UpdateUsagePlanCommand({ usagePlanId: made.id,
            patchOperations: [{ op: 'remove', path: '/apiStages', value: `${keyed.ApiId}:prod` }] }))
            .then(() => rest.send(new keys.DeleteUsagePlanCommand({ usagePlanId: made.id }))));
        await rest.send(new keys.CreateUsagePlanKeyCommand({ usagePlanId: made.id, keyId: key.id, keyType: 'API_KEY' }));
        await connect(keyed, { headers });
    });

    test('a stage limits messages, and logs them', async () => {
        const watcher = clientOf(logs.CloudWatchLogsClient);
        const logGroupName = unique('/sockets');
        await watcher.send(new logs.CreateLogGroupCommand({ logGroupName }));
        undo.add(() => watcher.send(new logs.DeleteLogGroupCommand({ logGroupName })));
        const { logGroups } = await watcher.send(new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
        const limited = await newApi();
        await route(limited, '$default', await mock(limited, 'fine'), { twoWay: true });
        await deploy(limited, {
            DefaultRouteSettings: { ThrottlingBurstLimit: 1, ThrottlingRateLimit: 0.001 },
            AccessLogSettings: { DestinationArn: logGroups[0].arn.replace(/:\*$/, ''),
                Format: '$context.eventType $context.routeKey $context.status $context.connectionId $context.requestId' } });
        const socket = await connect(limited);
        socket.send('one');
        assert.equal(await next(socket), 'fine');
        socket.send('two');
        assert.equal(JSON.parse(await next(socket)).message, 'Too Many Requests');
        const lines = await eventually(async () => {
            const { events } = await watcher.send(new logs.FilterLogEventsCommand({ logGroupName }));
            return events.length >= 3 && events.map((each) => each.message);
        });
        assert.ok(lines.some((line) => /^CONNECT \$connect 200 [\w-]{15}= /.test(line)), lines.join('\n'));
        assert.ok(lines.some((line) => /^MESSAGE \$default 200 /.test(line)) && lines.some((line) => /^MESSAGE \$default 429 /.test(line)));
    });

    test('every path form leads to the API', { skip: onAws }, async () => {
        for (const path of [`/_aws/execute-api/${created.ApiId}/prod`, `/restapis/${created.ApiId}/prod/_user_request_/`]) {
            const socket = new WebSocket(`ws://${new URL(endpoint).host}${path}`);
            await once(socket, 'open');
            socket.close();
        }
    });
});

describe('time', { skip: onAws }, () => {
    const advance = (duration) => fetch(`${endpoint}/_cumulet/clock`, { method: 'POST', body: JSON.stringify({ advance: duration }) });

    test('a connection ends after ten idle minutes, and after two hours at most', async () => {
        const created = await newApi();
        await route(created, '$default', await mock(created, 'heard'), { twoWay: true });
        await deploy(created);
        const idle = await connect(created);
        const busy = await connect(created);
        const say = async () => { busy.send('x'); await next(busy); };
        await advance('PT9M');
        await say();
        assert.equal(idle.readyState, WebSocket.OPEN);
        await advance('PT2M');
        assert.equal((await idle.ended).code, 1001);
        for (let minutes = 11; minutes < 119; minutes += 9) {
            await say();
            await advance('PT9M');
        }
        await say();
        await advance('PT1M');
        assert.equal((await busy.ended).code, 1001);
    });
});

describe('hostile clients', { skip: onAws }, () => {
    let created;
    before(async () => { created = await echoApi(); });

    /** Sends these bytes behind a right handshake; what came back until the end. */
    async function raw(bytes, head) {
        const { hostname, port } = new URL(endpoint);
        const socket = connectSocket(Number(port), hostname);
        socket.write(head ?? `GET /_aws/execute-api/${created.ApiId}/prod HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
            + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
        if (!head) {
            await once(socket, 'data');
            socket.write(bytes);
        }
        const pieces = [];
        for await (const piece of socket) pieces.push(piece);
        return Buffer.concat(pieces);
    }
    const closes = (code) => Buffer.from([0x88, 0x02, code >> 8, code & 0xff]);

    test('frames that the protocol does not allow end the connection with their code', async () => {
        const rows = [
            ['not masked', Buffer.from([0x81, 0x02, 0x61, 0x62]), 1002],
            ['a reserved bit', Buffer.from([0xc1, 0x80, 1, 2, 3, 4]), 1002],
            ['an unknown opcode', Buffer.from([0x83, 0x80, 1, 2, 3, 4]), 1002],
            ['bad UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc0, 0xaf]), 1007],
            ['an endless frame', Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), 1009],
        ];
        for (const [name, bytes, code] of rows) assert.deepEqual(await raw(bytes), closes(code), name);
    });

    test('handshakes that are none are refused', async () => {
        const head = (fields) => `GET /_aws/execute-api/${created.ApiId}/prod HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
        const good = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';
        const rows = [
            [`${good}Sec-WebSocket-Version: 13\r\nConnection: close\r\n`, 400],
            [`${good}Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: close\r\n`, 426],
            ['Connection: close\r\n', 426],
        ];
        for (const [fields, status] of rows) assert.match((await raw(null, head(fields))).toString(), new RegExp(`^HTTP/1.1 ${status} `), fields);
    });

    test('a client that never reads costs others nothing', async () => {
        const deaf = await connect(created);
        deaf.pause();
        deaf.send('who am I');
        const listening = await connect(created);
        listening.send('who am I');
        await next(listening);
        const at = clientOf(management.ApiGatewayManagementApiClient, { endpoint: `${endpoint}/_aws/execute-api/${created.ApiId}/prod` });
        deaf.resume();
        const { connectionId } = JSON.parse(await next(deaf)).requestContext;
        deaf.pause();
        const Data = 'x'.repeat(131_072);
        const posts = Array.from({ length: 200 }, () => at.send(new management.PostToConnectionCommand({ ConnectionId: connectionId, Data })).then(() => 'sent', (error) => error.name));
        await eventually(async () => { listening.send('still served'); return next(listening); });
        deaf.terminate();
        const results = new Set(await Promise.all(posts));
        for (const result of results) assert.ok(['sent', 'LimitExceededException', 'GoneException', 'TimeoutError'].includes(result), result);
        assert.ok(results.has('LimitExceededException'), [...results].join());
    });
});
