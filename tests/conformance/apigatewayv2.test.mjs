import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as lambda from '@aws-sdk/client-lambda';
import { newRole } from './roles.mjs';
import { allPages, clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(api.ApiGatewayV2Client);
const functions = clientOf(lambda.LambdaClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

async function newApi(input = {}) {
    const created = await send(api.CreateApiCommand, { Name: unique('api'), ProtocolType: 'HTTP', ...input });
    undo.add(() => send(api.DeleteApiCommand, { ApiId: created.ApiId }));
    return created;
}

/** Requests `path` of an API as a browser would: by the API's host, which need not be known to DNS here. */
function call(created, path, { method = 'GET', headers = {}, body } = {}) {
    const url = new URL(created.ApiEndpoint);
    const target = onAws ? url : new URL(endpoint);
    if (onAws) return fetch(new URL(path, url), { method, headers, body }).then(async (answer) => ({
        status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() }));
    return new Promise((resolve, reject) => {
        const options = { hostname: target.hostname, port: target.port, path, method, headers: { host: url.host, ...headers } };
        const sent = request(options, async (answer) => {
            const pieces = [];
            for await (const piece of answer) pieces.push(piece);
            resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() });
        });
        sent.on('error', reject).end(body);
    });
}

describe('the control plane', () => {
    test('an API is made, read, changed, listed and deleted', async () => {
        const created = await newApi({ Description: 'orders', Tags: { team: 'orders' }, Version: '1' });
        const { ApiId } = created;
        assert.match(ApiId, /^[a-z0-9]{10}$/);
        assert.ok(new URL(created.ApiEndpoint).host.startsWith(`${ApiId}.execute-api.`));
        const read = await send(api.GetApiCommand, { ApiId });
        assert.equal(read.Name, created.Name);
        assert.equal(read.ProtocolType, 'HTTP');
        assert.equal(read.RouteSelectionExpression, '$request.method $request.path');
        assert.equal(read.DisableExecuteApiEndpoint, false);
        assert.deepEqual(read.Tags, { team: 'orders' });
        assert.ok(Math.abs(read.CreatedDate - Date.now()) < 600_000);

        const changed = await send(api.UpdateApiCommand, { ApiId, Description: 'changed' });
        assert.equal(changed.Description, 'changed');
        assert.equal(changed.Name, created.Name);
        const other = await newApi();
        const ids = (await allPages(async (NextToken) => {
            const page = await send(api.GetApisCommand, { MaxResults: '1', NextToken });
            return [page.Items, page.NextToken];
        })).map((item) => item.ApiId);
        assert.ok(ids.includes(ApiId) && ids.includes(other.ApiId));

        await send(api.DeleteApiCommand, { ApiId });
        await fails(send(api.GetApiCommand, { ApiId }), 'NotFoundException', 404, /Invalid API identifier specified/);
    });

    test('integrations, routes, stages and deployments are made, read, changed and deleted', async () => {
        const { ApiId } = await newApi();
        const IntegrationUri = 'arn:aws:lambda:us-east-1:000000000000:function:none';
        const integration = await send(api.CreateIntegrationCommand, {
            ApiId,
            IntegrationType: 'AWS_PROXY',
            IntegrationUri,
            PayloadFormatVersion: '2.0',
        });
        const { IntegrationId } = integration;
        assert.equal(integration.TimeoutInMillis, 30_000);
        assert.equal((await send(api.GetIntegrationCommand, { ApiId, IntegrationId })).IntegrationUri, IntegrationUri);
        await send(api.UpdateIntegrationCommand, { ApiId, IntegrationId, TimeoutInMillis: 5000 });
        const integrations = await send(api.GetIntegrationsCommand, { ApiId });
        assert.deepEqual(integrations.Items.map((item) => item.TimeoutInMillis), [5000]);

        const Target = `integrations/${IntegrationId}`;
        const { RouteId } = await send(api.CreateRouteCommand, { ApiId, RouteKey: 'GET /orders/{id}', Target });
        const route = await send(api.GetRouteCommand, { ApiId, RouteId });
        assert.equal(route.RouteKey, 'GET /orders/{id}');
        assert.equal(route.AuthorizationType, 'NONE');
        await fails(send(api.CreateRouteCommand, { ApiId, RouteKey: 'GET /orders/{id}', Target }), 'ConflictException', 409);
        await fails(send(api.CreateRouteCommand, { ApiId, RouteKey: 'nonsense' }), 'BadRequestException', 400);
        await send(api.UpdateRouteCommand, { ApiId, RouteId, RouteKey: 'POST /orders' });
        assert.deepEqual((await send(api.GetRoutesCommand, { ApiId })).Items.map(({ RouteKey }) => RouteKey), ['POST /orders']);

        const { DeploymentId } = await send(api.CreateDeploymentCommand, { ApiId, Description: 'first' });
        await eventually(async () =>
            (await send(api.GetDeploymentCommand, { ApiId, DeploymentId })).DeploymentStatus === 'DEPLOYED');
        await send(api.UpdateDeploymentCommand, { ApiId, DeploymentId, Description: 'second' });
        const deployments = await send(api.GetDeploymentsCommand, { ApiId });
        assert.deepEqual(deployments.Items.map(({ Description }) => Description), ['second']);

        const stage = { ApiId, StageName: 'test' };
        await send(api.CreateStageCommand, { ...stage, DeploymentId, StageVariables: { level: 'debug' } });
        const read = await send(api.GetStageCommand, stage);
        assert.equal(read.DeploymentId, DeploymentId);
        assert.deepEqual(read.StageVariables, { level: 'debug' });
        assert.ok(!read.AutoDeploy);
        await fails(send(api.CreateStageCommand, stage), 'ConflictException', 409);
        await send(api.UpdateStageCommand, { ...stage, Description: 'changed' });
        assert.deepEqual((await send(api.GetStagesCommand, { ApiId })).Items.map(({ Description }) => Description), ['changed']);

        await fails(send(api.DeleteIntegrationCommand, { ApiId, IntegrationId }), 'ConflictException', 409);
        await send(api.DeleteStageCommand, stage);
        await fails(send(api.GetStageCommand, stage), 'NotFoundException', 404);
        await send(api.DeleteDeploymentCommand, { ApiId, DeploymentId });
        await fails(send(api.GetDeploymentCommand, { ApiId, DeploymentId }), 'NotFoundException', 404);
        await send(api.DeleteRouteCommand, { ApiId, RouteId });
        await fails(send(api.GetRouteCommand, { ApiId, RouteId }), 'NotFoundException', 404);
        await send(api.DeleteIntegrationCommand, { ApiId, IntegrationId });
        await fails(send(api.GetIntegrationCommand, { ApiId, IntegrationId }), 'NotFoundException', 404);
    });

    test('APIs carry tags', async () => {
        const { ApiId } = await newApi({ Tags: { team: 'orders' } });
        const ResourceArn = `arn:aws:apigateway:${process.env.AWS_REGION}::/apis/${ApiId}`;
        await send(api.TagResourceCommand, { ResourceArn, Tags: { stage: 'test' } });
        await send(api.UntagResourceCommand, { ResourceArn, TagKeys: ['team'] });
        assert.deepEqual((await send(api.GetTagsCommand, { ResourceArn })).Tags, { stage: 'test' });
    });

    test('CORS can be configured and removed', async () => {
        const { ApiId } = await newApi({ CorsConfiguration: { AllowOrigins: ['https://shop.example'] } });
        assert.deepEqual((await send(api.GetApiCommand, { ApiId })).CorsConfiguration.AllowOrigins, ['https://shop.example']);
        await send(api.DeleteCorsConfigurationCommand, { ApiId });
        assert.equal((await send(api.GetApiCommand, { ApiId })).CorsConfiguration, undefined);
    });

    test('an API can be imported from OpenAPI, and imported anew', async () => {
        const paths = (path) => ({
            [path]: {
                get: {
                    'x-amazon-apigateway-integration': {
                        type: 'aws_proxy',
                        httpMethod: 'POST',
                        payloadFormatVersion: '2.0',
                        uri: 'arn:aws:lambda:us-east-1:000000000000:function:none',
                    },
                    responses: {},
                },
            },
        });
        const document = (path) =>
            JSON.stringify({ openapi: '3.0.1', info: { title: unique('imported'), version: '1.0' }, paths: paths(path) });
        const { ApiId } = await send(api.ImportApiCommand, { Body: document('/first') });
        undo.add(() => send(api.DeleteApiCommand, { ApiId }));
        const keys = async () => (await send(api.GetRoutesCommand, { ApiId })).Items.map(({ RouteKey }) => RouteKey);
        assert.deepEqual(await keys(), ['GET /first']);
        await send(api.ReimportApiCommand, { ApiId, Body: document('/second') });
        assert.deepEqual(await keys(), ['GET /second']);
    });
});

describe('requests to an API', () => {
    const code = `
export const handler = async (event) => {
    if (event.rawPath.endsWith('/fails')) throw new Error('no');
    if (event.rawPath.endsWith('/plain')) return { hello: 'plain' };
    if (event.rawPath.endsWith('/binary')) return { statusCode: 200, isBase64Encoded: true,
        headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from('bytes').toString('base64') };
    return { statusCode: 201, headers: { 'x-order': '7' }, cookies: ['a=1', 'b=2'], body: JSON.stringify(event) };
};`;
    let created;

    before(async () => {
        const FunctionName = unique('api-function');
        const { FunctionArn } = await functions.send(
            new lambda.CreateFunctionCommand({
                FunctionName,
                Role: await newRole(undo, 'lambda.amazonaws.com'),
                Runtime: 'nodejs20.x',
                Handler: 'index.handler',
                Code: { ZipFile: zip({ 'index.mjs': code }) },
            }),
        );
        undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
        await functions.send(
            new lambda.AddPermissionCommand({
                FunctionName,
                StatementId: 'api',
                Action: 'lambda:InvokeFunction',
                Principal: 'apigateway.amazonaws.com',
            }),
        );

        created = await newApi({
            CorsConfiguration: {
                AllowOrigins: ['https://shop.example'],
                AllowMethods: ['GET', 'POST'],
                AllowHeaders: ['content-type'],
                MaxAge: 300,
            },
        });
        const { ApiId } = created;
        const { IntegrationId } = await send(api.CreateIntegrationCommand, {
            ApiId,
            IntegrationType: 'AWS_PROXY',
            IntegrationUri: FunctionArn,
            PayloadFormatVersion: '2.0',
        });
        const Target = `integrations/${IntegrationId}`;
        for (const RouteKey of ['GET /orders/{id}', 'POST /orders', 'GET /files/{path+}']) {
            await send(api.CreateRouteCommand, { ApiId, RouteKey, Target });
        }
        await send(api.CreateStageCommand, { ApiId, StageName: '$default', AutoDeploy: true, StageVariables: { level: 'debug' } });
        await eventually(async () => (await call(created, '/orders/1')).status === 201, 60);
    });

    test('the function sees the request as payload format 2.0', async () => {
        const answer = await call(created, '/orders/a%20b?x=1&x=2&empty=', {
            headers: { 'X-Custom': 'Value', cookie: 'c=3; d=4', 'user-agent': 'tester' },
        });
        assert.equal(answer.status, 201);
        assert.equal(answer.headers['x-order'], '7');
        assert.deepEqual([answer.headers['set-cookie']].flat().join(', '), 'a=1, b=2');
        const event = JSON.parse(answer.text);
        assert.equal(event.version, '2.0');
        assert.equal(event.routeKey, 'GET /orders/{id}');
        assert.equal(event.rawPath, '/orders/a b');
        assert.equal(event.rawQueryString, 'x=1&x=2&empty=');
        assert.deepEqual(event.queryStringParameters, { x: '1,2', empty: '' });
        assert.deepEqual(event.pathParameters, { id: 'a b' });
        assert.deepEqual(event.cookies, ['c=3', 'd=4']);
        assert.equal(event.headers['x-custom'], 'Value');
        assert.equal(event.isBase64Encoded, false);
        assert.equal(event.body, undefined);
        assert.deepEqual(event.stageVariables, { level: 'debug' });
        const context = event.requestContext;
        assert.equal(context.apiId, created.ApiId);
        assert.equal(context.stage, '$default');
        assert.equal(context.http.method, 'GET');
        assert.equal(context.http.protocol, 'HTTP/1.1');
        assert.equal(context.http.userAgent, 'tester');
        assert.ok(context.http.sourceIp);
        assert.match(context.time, /^\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}:\d{2}:\d{2} \+0000$/);
        assert.ok(Math.abs(context.timeEpoch - Date.now()) < 60_000);
    });

    test('bodies arrive as text, or in base64 if they are not', async () => {
        const json = await call(created, '/orders', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"item":"ü"}',
        });
        const event = JSON.parse(json.text);
        assert.equal(event.body, '{"item":"ü"}');
        assert.equal(event.isBase64Encoded, false);
        const binary = await call(created, '/orders', {
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body: Buffer.from([0, 255, 1]),
        });
        const bytes = JSON.parse(binary.text);
        assert.equal(bytes.isBase64Encoded, true);
        assert.deepEqual([...Buffer.from(bytes.body, 'base64')], [0, 255, 1]);
    });

    test('a greedy parameter takes the rest of the path', async () => {
        const { text } = await call(created, '/files/a/b/c.txt');
        assert.deepEqual(JSON.parse(text).pathParameters, { path: 'a/b/c.txt' });
    });

    test('an answer that is no response object becomes a JSON body of status 200', async () => {
        const answer = await call(created, '/files/plain');
        assert.equal(answer.status, 200);
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.deepEqual(JSON.parse(answer.text), { hello: 'plain' });
    });

    test('base64 answers are decoded', async () => {
        const answer = await call(created, '/files/binary');
        assert.equal(answer.text, 'bytes');
        assert.equal(answer.headers['content-type'], 'application/octet-stream');
    });

    test('what no route matches is Not Found; what the function throws is an Internal Server Error', async () => {
        const missing = await call(created, '/nothing');
        assert.equal(missing.status, 404);
        assert.deepEqual(JSON.parse(missing.text), { message: 'Not Found' });
        assert.equal((await call(created, '/orders', { method: 'DELETE' })).status, 404);
        const failed = await call(created, '/files/fails');
        assert.equal(failed.status, 500);
        assert.deepEqual(JSON.parse(failed.text), { message: 'Internal Server Error' });
    });

    test('browsers are answered as CORS is configured', async () => {
        const preflight = (origin) =>
            call(created, '/orders', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
        const allowed = await preflight('https://shop.example');
        assert.equal(allowed.status, 204);
        assert.equal(allowed.headers['access-control-allow-origin'], 'https://shop.example');
        assert.match(allowed.headers['access-control-allow-methods'], /GET, ?POST/);
        assert.equal(allowed.headers['access-control-max-age'], '300');
        const refused = await preflight('https://other.example');
        assert.equal(refused.headers['access-control-allow-origin'], undefined);
        const get = await call(created, '/orders/1', { headers: { origin: 'https://shop.example' } });
        assert.equal(get.headers['access-control-allow-origin'], 'https://shop.example');
    });

    test('a default route takes what no other does', async () => {
        const { ApiId } = created;
        const { Items } = await send(api.GetRoutesCommand, { ApiId });
        const { RouteId } = await send(api.CreateRouteCommand, { ApiId, RouteKey: '$default', Target: Items[0].Target });
        const answer = await eventually(async () => {
            const answer = await call(created, '/nothing', { method: 'PATCH' });
            return answer.status === 201 && answer;
        });
        assert.equal(JSON.parse(answer.text).routeKey, '$default');
        await send(api.DeleteRouteCommand, { ApiId, RouteId });
    });
});
