// Who may take a route of an HTTP API: bearers of tokens, whom a function lets in, signers.
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as lambda from '@aws-sdk/client-lambda';
import { newRole } from './roles.mjs';
import { clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(api.ApiGatewayV2Client);
const functions = clientOf(lambda.LambdaClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

/** GETs `path` of an API by its host. */
function get(created, path, headers = {}) {
    const { host } = new URL(created.ApiEndpoint);
    const target = new URL(endpoint);
    return new Promise((resolve, reject) => {
        const options = { hostname: target.hostname, port: target.port, path, headers: { host, ...headers } };
        request(options, async (answer) => {
            const pieces = [];
            for await (const piece of answer) pieces.push(piece);
            resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString() });
        }).on('error', reject).end();
    });
}

/** An issuer of tokens on loopback: AWS asks for one that the world can reach, so its suite needs another. */
async function newIssuer() {
    const pairs = {
        RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
        ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    };
    const keys = Object.entries(pairs).map(([alg, { publicKey }]) => ({
        ...publicKey.export({ format: 'jwk' }), kid: `key-${alg}`, alg, use: 'sig' }));
    const server = createServer((asked, answer) => {
        const url = `http://127.0.0.1:${server.address().port}`;
        const documents = {
            '/pool/.well-known/openid-configuration': { issuer: `${url}/pool`, jwks_uri: `${url}/keys` },
            '/keys': { keys },
        };
        const document = documents[asked.url];
        answer.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    undo.add(() => new Promise((resolve) => server.close(resolve)));
    const issuer = `http://127.0.0.1:${server.address().port}/pool`;
    const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const token = (claims = {}, { alg = 'RS256', header = {}, signature } = {}) => {
        const text = [
            encoded({ alg, kid: `key-${alg}`, typ: 'JWT', ...header }),
            encoded({ iss: issuer, aud: 'shop', sub: 'ada', exp: now + 3600, ...claims }),
        ].join('.');
        const key = { key: pairs[alg].privateKey, dsaEncoding: 'ieee-p1363' };
        return `${text}.${signature ?? sign('sha256', Buffer.from(text), key).toString('base64url')}`;
    };
    return { issuer, token, now };
}

async function newFunction(code) {
    const FunctionName = unique('guard');
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
    return FunctionArn;
}

const invocationUri = (arn) => `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${arn}/invocations`;

describe('authorizers of HTTP APIs', { skip: onAws && 'needs an issuer that AWS can reach' }, () => {
    let created;
    let ApiId;
    let Target;
    let issuing;

    before(async () => {
        issuing = await newIssuer();
        created = await send(api.CreateApiCommand, { Name: unique('guarded'), ProtocolType: 'HTTP' });
        ApiId = created.ApiId;
        undo.add(() => send(api.DeleteApiCommand, { ApiId }));
        const IntegrationUri = await newFunction(
            'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event.requestContext.authorizer ?? null) });',
        );
        const { IntegrationId } = await send(api.CreateIntegrationCommand, {
            ApiId, IntegrationType: 'AWS_PROXY', IntegrationUri, PayloadFormatVersion: '2.0',
        });
        Target = `integrations/${IntegrationId}`;
        await send(api.CreateStageCommand, { ApiId, StageName: '$default', AutoDeploy: true });
        await send(api.CreateRouteCommand, { ApiId, RouteKey: 'GET /open', Target });
        await eventually(async () => (await get(created, '/open')).status === 200, 60);
    });

    const newAuthorizer = (input) =>
        send(api.CreateAuthorizerCommand, {
            ApiId, Name: unique('guard'), IdentitySource: ['$request.header.Authorization'], ...input });

    test('authorizers are made, read, changed and deleted', async () => {
        const JwtConfiguration = { Issuer: issuing.issuer, Audience: ['shop'] };
        const { AuthorizerId } = await newAuthorizer({ AuthorizerType: 'JWT', JwtConfiguration });
        const read = await send(api.GetAuthorizerCommand, { ApiId, AuthorizerId });
        assert.equal(read.AuthorizerType, 'JWT');
        assert.deepEqual(read.JwtConfiguration, JwtConfiguration);
        await send(api.UpdateAuthorizerCommand, { ApiId, AuthorizerId, Name: 'changed' });
        const { Items } = await send(api.GetAuthorizersCommand, { ApiId });
        assert.deepEqual(Items.map(({ Name }) => Name), ['changed']);
        const route = await send(api.CreateRouteCommand, {
            ApiId, RouteKey: 'GET /used', Target, AuthorizationType: 'JWT', AuthorizerId, AuthorizationScopes: ['read'] });
        assert.equal(route.AuthorizerId, AuthorizerId);
        assert.deepEqual(route.AuthorizationScopes, ['read']);
        await fails(send(api.DeleteAuthorizerCommand, { ApiId, AuthorizerId }), 'ConflictException', 409);
        await send(api.DeleteRouteCommand, { ApiId, RouteId: route.RouteId });
        await send(api.DeleteAuthorizerCommand, { ApiId, AuthorizerId });
        await fails(send(api.GetAuthorizerCommand, { ApiId, AuthorizerId }), 'NotFoundException', 404);
        await fails(newAuthorizer({ AuthorizerType: 'JWT' }), 'BadRequestException', 400);
    });

    test('tokens of the issuer are taken, all others are Unauthorized', async () => {
        const { issuer, token, now } = issuing;
        const { AuthorizerId } = await newAuthorizer({
            AuthorizerType: 'JWT', JwtConfiguration: { Issuer: issuer, Audience: ['shop'] } });
        const guard = { ApiId, Target, AuthorizationType: 'JWT', AuthorizerId };
        await send(api.CreateRouteCommand, { ...guard, RouteKey: 'GET /jwt' });
        await send(api.CreateRouteCommand, { ...guard, RouteKey: 'GET /scoped', AuthorizationScopes: ['orders.read'] });
        const ask = (authorization, path = '/jwt') => get(created, path, authorization ? { authorization } : {});

        for (const alg of ['RS256', 'ES256']) {
            const answer = await ask(`Bearer ${token({}, { alg })}`);
            assert.equal(answer.status, 200, answer.text);
            const { jwt } = JSON.parse(answer.text);
            assert.equal(jwt.claims.sub, 'ada');
            assert.equal(jwt.claims.exp, String(now + 3600));
        }
        const refused = {
            missing: undefined,
            nonsense: 'Bearer nonsense',
            expired: token({ exp: now - 10 }),
            'not yet valid': token({ nbf: now + 600 }),
            'of another issuer': token({ iss: 'https://other.example' }),
            'for another audience': token({ aud: 'other' }),
            'without kid': token({}, { header: { kid: undefined } }),
            'of an unknown key': token({}, { header: { kid: 'other' } }),
            'alg none': token({}, { header: { alg: 'none' }, signature: '' }),
            'alg of another key': token({}, { header: { alg: 'ES256' } }),
            'of a forged signature': token({}, { signature: Buffer.alloc(256, 1).toString('base64url') }),
        };
        for (const [name, authorization] of Object.entries(refused)) {
            const answer = await ask(authorization);
            assert.equal(answer.status, 401, name);
            assert.equal(answer.text, '{"message":"Unauthorized"}', name);
            assert.match(answer.headers['www-authenticate'], /^Bearer/, name);
        }
        const poor = await ask(token({ scope: 'profile' }), '/scoped');
        assert.equal(poor.status, 403);
        assert.equal(poor.text, '{"message":"Forbidden"}');
        assert.equal((await ask(token({ scope: 'profile orders.read' }), '/scoped')).status, 200);
    });

    test('functions let callers in, by a simple response or by a policy', async () => {
        const guard = await newFunction(`
export const handler = async (event) => {
    const token = event.headers.authorization ?? event.authorizationToken;
    if (token === 'thrown') throw new Error('Unauthorized');
    if (token === 'broken') return 'nothing';
    if (event.version === '2.0') return { isAuthorized: token === 'good', context: { token, routeArn: event.routeArn } };
    return { principalId: 'ada', context: { token }, policyDocument: { Version: '2012-10-17', Statement: [
        { Action: 'execute-api:Invoke', Effect: token === 'good' ? 'Allow' : 'Deny', Resource: event.methodArn }] } };
};`);
        const common = { AuthorizerType: 'REQUEST', AuthorizerUri: invocationUri(guard) };
        const simple = await newAuthorizer({
            ...common, AuthorizerPayloadFormatVersion: '2.0', EnableSimpleResponses: true, AuthorizerResultTtlInSeconds: 0 });
        const policies = await newAuthorizer({ ...common, AuthorizerPayloadFormatVersion: '1.0' });
        for (const [RouteKey, { AuthorizerId }] of [['GET /simple', simple], ['GET /policy', policies]]) {
            await send(api.CreateRouteCommand, { ApiId, RouteKey, Target, AuthorizationType: 'CUSTOM', AuthorizerId });
        }
        for (const path of ['/simple', '/policy']) {
            const status = async (authorization) => (await get(created, path, authorization ? { authorization } : {})).status;
            await eventually(async () => (await status('good')) === 200, 60);
            const { lambda: told } = JSON.parse((await get(created, path, { authorization: 'good' })).text);
            assert.equal(told.token, 'good');
            assert.equal(await status(), 401, path);
            assert.equal(await status('bad'), 403, path);
            assert.equal(await status('thrown'), 401, path);
            assert.equal(await status('broken'), 500, path);
        }
        const { text } = await get(created, '/simple', { authorization: 'good' });
        assert.ok(JSON.parse(text).lambda.routeArn.endsWith(`${ApiId}/$default/GET/simple`));
        await send(api.ResetAuthorizersCacheCommand, { ApiId, StageName: '$default' });
        assert.equal((await get(created, '/policy', { authorization: 'good' })).status, 200);
    });

    test('an API of an OpenAPI document has the authorizers that it names', async () => {
        const { issuer, token } = issuing;
        const Body = JSON.stringify({
            openapi: '3.0.1',
            info: { title: unique('imported'), version: '1.0' },
            paths: {
                '/orders': { get: { security: [{ tokens: ['orders.read'] }], responses: {} } },
                '/signed': { get: { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' }, responses: {} } },
                '/signed-too': { get: { security: [{ signatures: [] }], responses: {} } },
            },
            components: {
                securitySchemes: {
                    signatures: {
                        type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
                    tokens: {
                        type: 'oauth2',
                        'x-amazon-apigateway-authorizer': {
                            type: 'jwt',
                            jwtConfiguration: { issuer, audience: ['shop'] },
                            identitySource: '$request.header.Authorization',
                        },
                    },
                },
            },
        });
        const imported = await send(api.ImportApiCommand, { Body });
        undo.add(() => send(api.DeleteApiCommand, { ApiId: imported.ApiId }));
        const { Items } = await send(api.GetAuthorizersCommand, { ApiId: imported.ApiId });
        assert.deepEqual(Items.map(({ Name, AuthorizerType }) => [Name, AuthorizerType]), [['tokens', 'JWT']]);
        const routes = await send(api.GetRoutesCommand, { ApiId: imported.ApiId });
        const guards = routes.Items.map((route) => [route.RouteKey, route.AuthorizationType, route.AuthorizationScopes ?? []]);
        assert.deepEqual(guards.sort(), [['GET /orders', 'JWT', ['orders.read']], ['GET /signed', 'AWS_IAM', []], ['GET /signed-too', 'AWS_IAM', []]]);
        await send(api.CreateStageCommand, { ApiId: imported.ApiId, StageName: '$default', AutoDeploy: true });
        assert.equal((await get(imported, '/orders')).status, 401);
        assert.equal((await get(imported, '/orders', { authorization: token() })).status, 403);
        // It has no integration.
        assert.equal((await get(imported, '/orders', { authorization: token({ scope: 'orders.read' }) })).status, 500);
    });
});
