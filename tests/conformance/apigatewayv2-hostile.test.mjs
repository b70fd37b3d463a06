// Requests to HTTP APIs that mean harm: too large, out of their path, with doubled keys, with headers in their values.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as lambda from '@aws-sdk/client-lambda';
import { clientOf, endpoint, onAws, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(api.ApiGatewayV2Client);
const functions = clientOf(lambda.LambdaClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

const source = `exports.handler = async (event) => ({ statusCode: 200, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ route: event.routeKey, path: event.rawPath, query: event.rawQueryString,
        parameters: event.queryStringParameters, names: event.pathParameters, encoded: event.isBase64Encoded, body: event.body }) });`;

async function newFunction() {
    const FunctionName = unique('echo');
    const made = await functions.send(new lambda.CreateFunctionCommand({ FunctionName, Runtime: 'nodejs20.x', Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/any', Code: { ZipFile: zip({ 'index.js': source }) } }));
    undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
    return made.FunctionArn;
}

/** An HTTP server on loopback that tells which headers it got. */
async function newEndpoint() {
    const server = createServer((asked, answer) => answer.end(JSON.stringify(asked.headers)));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    undo.add(async () => {
        server.closeAllConnections();
        server.close();
    });
    return `http://127.0.0.1:${server.address().port}/`;
}

describe('hostile requests to HTTP APIs', { skip: onAws && 'its function needs a role there' }, () => {
    let created;

    before(async () => {
        created = await send(api.CreateApiCommand, { Name: unique('hostile'), ProtocolType: 'HTTP' });
        const { ApiId } = created;
        undo.add(() => send(api.DeleteApiCommand, { ApiId }));
        const integration = async (further = {}) => {
            const { IntegrationId } = await send(api.CreateIntegrationCommand, { ApiId, IntegrationType: 'AWS_PROXY',
                IntegrationUri: await newFunction(), PayloadFormatVersion: '2.0', ...further });
            return `integrations/${IntegrationId}`;
        };
        const plain = await integration();
        for (const RouteKey of ['GET /files/{name}', 'POST /files/{name}', 'GET /secret']) {
            await send(api.CreateRouteCommand, { ApiId, RouteKey, Target: plain });
        }
        const told = await integration({ IntegrationType: 'HTTP_PROXY', IntegrationMethod: 'GET', IntegrationUri: await newEndpoint(),
            PayloadFormatVersion: '1.0', RequestParameters: { 'overwrite:header.x-told': '$request.querystring.a' } });
        await send(api.CreateRouteCommand, { ApiId, RouteKey: 'GET /told', Target: told });
        await send(api.CreateStageCommand, { ApiId, StageName: '$default', AutoDeploy: true });
    });

    function call(path, { method = 'GET', headers = {}, body } = {}) {
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
    const message = (answer) => JSON.parse(answer.text).message;

    test('are refused where they are too large', async () => {
        const headers = await call('/secret', { headers: { 'x-long': 'a'.repeat(10_500) } });
        assert.equal(headers.status, 431);
        assert.equal(message(headers), 'Request Header Fields Too Large');
        const body = await call('/files/a', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1, 'a') });
        assert.equal(body.status, 413);
        assert.equal(message(body), 'Request Entity Too Large');
    });

    test('do not leave their path', async () => {
        const encoded = JSON.parse((await call('/files/..%2Fsecret')).text);
        assert.equal(encoded.route, 'GET /files/{name}', 'an encoded slash separates nothing');
        assert.deepEqual(encoded.names, { name: '../secret' });
        for (const path of ['/files/../secret', '/files/%2e%2e/secret', '//secret', '/files/x/../../secret']) {
            const answer = await call(path);
            assert.equal(answer.status, 404, path);
            assert.equal(message(answer), 'Not Found');
        }
    });

    test('with keys that come twice are told in one value', async () => {
        const seen = JSON.parse((await call('/files/a?b=1&b=2&c=%ff')).text);
        assert.equal(seen.parameters.b, '1,2');
        assert.equal(seen.query, 'b=1&b=2&c=%ff');
        assert.equal(typeof seen.parameters.c, 'string');
    });

    test('with bytes that are no text arrive whole', async () => {
        const seen = JSON.parse((await call('/files/a', { method: 'POST', body: Buffer.from([0xff, 0xfe, 0x41]) })).text);
        assert.equal(seen.encoded, true);
        assert.deepEqual([...Buffer.from(seen.body, 'base64')], [0xff, 0xfe, 0x41]);
    });

    test('do not add headers by what is mapped', async () => {
        const arrived = async (value) => JSON.parse((await call(`/told?a=${encodeURIComponent(value)}`)).text);
        assert.equal((await arrived('fine'))['x-told'], 'fine');
        assert.equal((await arrived('x\r\nx-forged: yes'))['x-forged'], undefined);
    });
});
