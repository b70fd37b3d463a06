// How requests to REST APIs and their answers travel: compressed, streamed, written down, while APIs are deployed, and when
// they are hostile.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import * as api from '@aws-sdk/client-api-gateway';
import * as lambda from '@aws-sdk/client-lambda';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import { clientOf, eventually, fails, onAws, unique } from './support.mjs';
import { call, importApi, mock, replace, send, undo } from './rest-api.mjs';
import { zip } from './zip.mjs';

after(undo.all);

const functions = clientOf(lambda.LambdaClient);
async function newFunction(source) {
    const FunctionName = unique('function');
    const made = await functions.send(new lambda.CreateFunctionCommand({ FunctionName, Runtime: 'nodejs20.x', Handler: 'index.handler',
        Role: process.env.CUMULET_FUNCTION_ROLE ?? 'arn:aws:iam::000000000000:role/any', Code: { ZipFile: zip({ 'index.js': source }) } }));
    undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
    await functions.send(new lambda.AddPermissionCommand({ FunctionName, StatementId: 'api', Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' }));
    return made.FunctionArn;
}
const proxy = (arn, { version = '2015-03-31', action = 'invocations', ...further } = {}) => ({ responses: {},
    'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', ...further,
        uri: `arn:aws:apigateway:us-east-1:lambda:path/${version}/functions/${arn}/${action}` } });
const message = (answer) => JSON.parse(answer.text).message;

test('large answers are compressed, and requests are decompressed', async () => {
    const text = 'hello '.repeat(100);
    const id = await importApi({ '/': { get: mock(text), post: mock('taken', {}, { request: '#set($context.responseOverride.header.x-told = $input.path("$.a")){"statusCode": 200}' }) } },
        { 'x-amazon-apigateway-minimum-compression-size': 100 });
    const packed = await call(id, '/', { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(packed.bytes).toString(), text);
    assert.equal(inflateSync((await call(id, '/', { headers: { 'accept-encoding': 'deflate' } })).bytes).toString(), text);
    assert.equal((await call(id, '/', { headers: { 'accept-encoding': 'br' } })).text, text);
    const body = gzipSync('{"a": "packed"}');
    assert.equal((await call(id, '/', { method: 'POST', body, headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } })).headers['x-told'], 'packed');
    assert.equal((await call(id, '/', { method: 'POST', body, headers: { 'content-type': 'application/json', 'content-encoding': 'br' } })).status, 415);
});

test('a function streams its answer', async () => {
    const arn = await newFunction(`
        exports.handler = awslambda.streamifyResponse(async (event, stream) => {
            stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-path': event.path } });
            for (let i = 0; i < 3; ++i) {
                stream.write('piece ' + i + ';');
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
            stream.end();
        });`);
    const streaming = { version: '2021-11-15', action: 'response-streaming-invocations', responseTransferMode: 'STREAM' };
    const id = await importApi({ '/told': { get: proxy(arn, streaming) } });
    const answer = await call(id, '/told');
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.headers['x-path'], '/told');
    assert.equal(answer.text, 'piece 0;piece 1;piece 2;');
    assert.ok(answer.pieces.length > 1, 'it comes in pieces');
});

test('executions are written down', async () => {
    const id = await importApi({ '/good': { get: mock('hello') } });
    const log = (path, value) => send(api.UpdateStageCommand, { restApiId: id, stageName: 'live', patchOperations: [replace(path, value)] });
    if (!onAws) await fails(log('/*/*/logging/loglevel', 'INFO'), 'BadRequestException', 400, /CloudWatch Logs role ARN must be set/);
    const before = await send(api.GetAccountCommand, {});
    if (!before.cloudwatchRoleArn) {
        await send(api.UpdateAccountCommand, { patchOperations: [replace('/cloudwatchRoleArn', 'arn:aws:iam::000000000000:role/logs')] });
        undo.add(() => send(api.UpdateAccountCommand, { patchOperations: [replace('/cloudwatchRoleArn', '')] }));
    }
    await log('/*/*/logging/loglevel', 'INFO');
    await log('/*/*/logging/dataTrace', 'true');
    const answer = await call(id, '/good?a=1');
    const requestId = answer.headers['x-amzn-requestid'];
    const logGroupName = `API-Gateway-Execution-Logs_${id}/live`;
    const reader = clientOf(logs.CloudWatchLogsClient);
    undo.add(() => reader.send(new logs.DeleteLogGroupCommand({ logGroupName })));
    const lines = await eventually(async () => {
        const found = await reader.send(new logs.FilterLogEventsCommand({ logGroupName })).catch(() => ({ events: [] }));
        const own = found.events.map((event) => event.message).filter((line) => line.includes(requestId));
        return own.some((line) => line.includes('Method completed with status: 200')) && own;
    });
    for (const expected of ['Starting execution for request', 'HTTP Method: GET, Resource Path: /good', 'Method request query string: {a=1}', 'Successfully completed execution'])
        assert.ok(lines.some((line) => line.startsWith(`(${requestId}) ${expected}`)), expected);
});

test('no request is dropped while an API is deployed', async () => {
    const arn = await newFunction(`exports.handler = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { statusCode: 200, body: 'done' };
    };`);
    const id = await importApi({ '/mock': { get: mock('done') }, '/function': { get: proxy(arn) } });
    assert.equal((await call(id, '/function')).text, 'done');
    let deploying = true;
    let answered = 0;
    const failures = [];
    const caller = async (path) => {
        while (deploying) {
            const answer = await call(id, path).catch((error) => ({ status: 0, text: String(error) }));
            if (answer.status !== 200 || answer.text !== 'done') failures.push(`${path}: ${answer.status} ${answer.text}`);
            ++answered;
        }
    };
    const callers = ['/mock', '/mock', '/mock', '/mock', '/function', '/function'].map(caller);
    for (let i = 0; i < 20; ++i) await send(api.CreateDeploymentCommand, { restApiId: id, stageName: 'live' });
    deploying = false;
    await Promise.all(callers);
    assert.deepEqual(failures, []);
    assert.ok(answered > 20, `${answered} were answered`);
});

describe('endpoints', { skip: onAws }, () => {
    const endpointOf = (port, further) => ({ responses: {}, 'x-amazon-apigateway-integration': { type: 'http_proxy', httpMethod: 'GET', ...further,
        uri: `${further.tlsConfig ? 'https' : 'http'}://127.0.0.1:${port}/` } });

    test('are shown the certificate that a stage has', async () => {
        const folder = mkdtempSync(join(tmpdir(), 'endpoint-'));
        undo.add(async () => rmSync(folder, { recursive: true }));
        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key.pem', '-out', 'certificate.pem', '-days', '2', '-subj', '/CN=endpoint'],
            { cwd: folder, stdio: 'pipe' });
        const server = https.createServer({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'certificate.pem')), requestCert: true, rejectUnauthorized: false },
            (request, answer) => answer.end(request.socket.getPeerCertificate().raw?.toString('base64') ?? 'none'));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        undo.add(async () => server.close());
        const id = await importApi({ '/': { get: endpointOf(server.address().port, { tlsConfig: { insecureSkipVerification: true } }) } });
        assert.equal((await call(id, '/')).text, 'none');
        const made = await send(api.GenerateClientCertificateCommand, {});
        undo.add(() => send(api.DeleteClientCertificateCommand, { clientCertificateId: made.clientCertificateId }));
        const show = (value) => send(api.UpdateStageCommand, { restApiId: id, stageName: 'live', patchOperations: [replace('/clientCertificateId', value)] });
        await show(made.clientCertificateId);
        assert.equal((await call(id, '/')).text, new X509Certificate(made.pemEncodedCertificate).raw.toString('base64'));
        await show('');
        assert.equal((await call(id, '/')).text, 'none');
    });

    test('are told apart from API Gateway by their headers', async () => {
        const server = createServer((request, answer) => answer.writeHead(200, { 'x-amzn-RequestId': 'of the endpoint', 'content-length': 7 }).end('reached'));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        undo.add(async () => server.close());
        const id = await importApi({ '/': { get: endpointOf(server.address().port, {}) }, '/mock': { get: mock('mocked') } });
        const { headers } = await call(id, '/');
        assert.equal(headers['x-amzn-remapped-x-amzn-requestid'], 'of the endpoint');
        assert.equal(headers['x-amzn-remapped-content-length'], '7');
        assert.match(headers['x-amzn-requestid'], /^[0-9a-f-]{36}$/);
        assert.match(headers['x-amzn-trace-id'], /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}/);
        assert.equal((await call(id, '/mock')).headers['x-amzn-trace-id'], undefined);
    });

    test('are reached over VPC links that are there', async () => {
        const server = createServer((request, answer) => answer.end('reached'));
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        undo.add(async () => server.close());
        const link = await send(api.CreateVpcLinkCommand, { name: unique('link'), targetArns: ['arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/one/1'] });
        const over = (connectionId) => ({ '/': { get: endpointOf(server.address().port, { connectionType: 'VPC_LINK', connectionId }) } });
        await fails(importApi(over('none')), 'BadRequestException', 400);
        const id = await importApi(over(link.id));
        assert.equal((await call(id, '/')).text, 'reached');
        await fails(send(api.DeleteVpcLinkCommand, { vpcLinkId: link.id }), 'BadRequestException', 400, new RegExp(`is referenced in \\[GET:[a-z0-9]+:live\\]`));
        await send(api.DeleteStageCommand, { restApiId: id, stageName: 'live' });
        await send(api.DeleteVpcLinkCommand, { vpcLinkId: link.id });
    });
});

describe('stages', () => {
    const change = (restApiId, ...patchOperations) => send(api.UpdateStageCommand, { restApiId, stageName: 'live', patchOperations });

    test('have canaries only where they are there before', async () => {
        const restApiId = await importApi({ '/': { get: mock('hello') } });
        const canarySettings = { percentTraffic: 50 };
        await fails(send(api.CreateDeploymentCommand, { restApiId, canarySettings }), 'BadRequestException', 400,
            /^Invalid deployment content specified.Non null and non empty stageName must be provided for canary deployment. Provided value is null$/);
        await fails(send(api.CreateDeploymentCommand, { restApiId, canarySettings, stageName: 'none' }), 'BadRequestException', 400,
            /^Invalid deployment content specified.Stage none must already be created before making a canary release deployment$/);
        const { id } = await send(api.CreateDeploymentCommand, { restApiId, canarySettings, stageName: 'live' });
        await fails(change(restApiId, { op: 'add', path: '/canarySettings/deploymentId', value: id }), 'BadRequestException', 400,
            /^Invalid add operation with path: \/canarySettings\/deploymentId$/);
        for (const name of ['stageVariableOverrides', 'badPath'])
            await fails(change(restApiId, { op: 'remove', path: `/canarySettings/${name}` }), 'BadRequestException', 400,
                new RegExp(`^Cannot remove method setting canarySettings/${name} because there is no method setting for this method $`));
        assert.equal((await change(restApiId, { op: 'remove', path: '/canarySettings' })).canarySettings, undefined);
        const again = await change(restApiId, replace('/canarySettings/percentTraffic', '50'));
        assert.deepEqual([again.canarySettings.percentTraffic, again.canarySettings.deploymentId], [50, again.deploymentId]);
    });

    test('say nothing of logs where nothing was said', async () => {
        const restApiId = await importApi({ '/': { get: mock('hello') } });
        const { methodSettings } = await change(restApiId, replace('/*/*/throttling/burstLimit', '123'));
        assert.equal(methodSettings['*/*'].throttlingBurstLimit, 123);
        assert.equal(methodSettings['*/*'].loggingLevel, undefined);
    });
});

test('a function is invoked by POST alone', { skip: onAws }, async () => {
    const arn = await newFunction("exports.handler = async () => ({ statusCode: 200, body: 'done' });");
    const id = await importApi({ '/post': { get: proxy(arn) }, '/get': { get: proxy(arn, { httpMethod: 'GET' }) } });
    assert.equal((await call(id, '/post')).text, 'done');
    const answer = await call(id, '/get');
    assert.deepEqual([answer.status, message(answer)], [500, 'Internal server error']);
});

describe('hostile requests', () => {
    test('that are too large are refused', async () => {
        const id = await importApi({ '/': { get: mock('hello'), post: mock('hello') } });
        const headers = await call(id, '/', { headers: { 'x-long': 'a'.repeat(10_500) } });
        assert.equal(headers.status, 431);
        assert.equal(message(headers), 'Request Header Fields Too Large');
        const body = await call(id, '/', { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1, 'a'), headers: { 'content-type': 'application/json' } });
        assert.equal(body.status, 413);
        assert.equal(message(body), 'Request Too Long');
    });

    test('do not leave their path', { skip: onAws }, async () => {
        const arn = await newFunction('exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify([event.path, event.pathParameters]) });');
        const id = await importApi({ '/files/{name}': { get: proxy(arn) }, '/secret': { get: mock('secret') } });
        const seen = async (path) => JSON.parse((await call(id, path)).text);
        assert.deepEqual(await seen('/files/a%2Fb'), ['/files/a%2Fb', { name: 'a%2Fb' }], 'an encoded slash separates nothing');
        assert.deepEqual(await seen('/files/..%2Fsecret'), ['/files/..%2Fsecret', { name: '..%2Fsecret' }]);
        for (const path of ['/files/../secret', '/files/%2e%2e/secret', '//secret', '/files/x/../../secret']) {
            const answer = await call(id, path);
            assert.equal(answer.status, 403, path);
            assert.equal(message(answer), 'Missing Authentication Token');
        }
    });

    test('with keys that come twice, or bytes that are no text, arrive whole', { skip: onAws }, async () => {
        const arn = await newFunction(`exports.handler = async (event) => ({ statusCode: 200, body: JSON.stringify(
            [event.queryStringParameters, event.multiValueQueryStringParameters, event.isBase64Encoded, event.body]) });`);
        const id = await importApi({ '/': { get: proxy(arn), post: proxy(arn) } });
        const [single, multiple] = JSON.parse((await call(id, '/?a=1&a=2&b=%ff')).text);
        assert.equal(single.a, '2', 'the last one');
        assert.deepEqual(multiple.a, ['1', '2']);
        assert.equal(typeof single.b, 'string');
        const [, , encoded, body] = JSON.parse((await call(id, '/', { method: 'POST', body: Buffer.from([0xff, 0xfe, 0x41]) })).text);
        assert.equal(encoded, true);
        assert.deepEqual([...Buffer.from(body, 'base64')], [0xff, 0xfe, 0x41]);
    });

    test('do not add headers by what is mapped', async () => {
        const headers = { 'x-told': { schema: { type: 'string' } } };
        const id = await importApi({ '/': { get: mock('hello',
            { parameters: [{ name: 'a', in: 'query', schema: { type: 'string' } }] },
            { headers, parameters: { 'method.response.header.x-told': "'plain'" },
                request: '#set($context.responseOverride.header.x-told = $input.params("a")){"statusCode": 200}' }) } });
        assert.equal((await call(id, '/?a=fine')).headers['x-told'], 'fine');
        const answer = await call(id, `/?a=${encodeURIComponent('x\r\nx-forged: yes')}`);
        assert.equal(answer.headers['x-forged'], undefined);
        assert.doesNotMatch(answer.headers['x-told'] ?? '', /forged/);
    });
});
