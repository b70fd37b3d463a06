// WebSocket APIs and their clients, for the suites that need some.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as lambda from '@aws-sdk/client-lambda';
import WebSocket from 'ws';
import { newRole } from './roles.mjs';
import { clientOf, endpoint, eventually, onAws, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(api.ApiGatewayV2Client);
const functions = clientOf(lambda.LambdaClient);
export const undo = undoList();

export const send = (Command, input) => client.send(new Command(input));

export async function newApi(input = {}) {
    const created = await send(api.CreateApiCommand, {
        Name: unique('sockets'), ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action', ...input });
    undo.add(() => send(api.DeleteApiCommand, { ApiId: created.ApiId }));
    return created;
}

/** Deploys what the API is now to the stage `prod`, made where it is missing. */
export async function deploy({ ApiId }, stage = {}) {
    const { DeploymentId } = await send(api.CreateDeploymentCommand, { ApiId });
    const input = { ApiId, StageName: 'prod', DeploymentId, ...stage };
    await send(api.CreateStageCommand, input).catch((error) => {
        assert.equal(error.name, 'ConflictException', error.message);
        return send(api.UpdateStageCommand, input);
    });
    return DeploymentId;
}

export const integrate = async ({ ApiId }, input) =>
    (await send(api.CreateIntegrationCommand, { ApiId, ...input })).IntegrationId;

/** A route to an integration; its answers go to the client if it is two-way. */
export async function route({ ApiId }, RouteKey, IntegrationId, { twoWay = false, ...input } = {}) {
    const { RouteId } = await send(api.CreateRouteCommand, {
        ApiId, RouteKey, Target: `integrations/${IntegrationId}`,
        ...(twoWay ? { RouteResponseSelectionExpression: '$default' } : {}), ...input });
    if (twoWay) await send(api.CreateRouteResponseCommand, { ApiId, RouteId, RouteResponseKey: '$default' });
    return RouteId;
}

export const mock = (created, text) => integrate(created, {
    IntegrationType: 'MOCK', TemplateSelectionExpression: '200', RequestTemplates: { 200: '{"statusCode":200}' },
}).then(async (IntegrationId) => {
    await send(api.CreateIntegrationResponseCommand, { ApiId: created.ApiId, IntegrationId,
        IntegrationResponseKey: '/200/', ResponseTemplates: { $default: text } });
    return IntegrationId;
});

/** A client of the API's stage `prod`. What it hears is kept in `messages`. */
export function dial(created, { path = '/prod', headers = {}, protocols = [] } = {}) {
    const url = new URL(created.ApiEndpoint);
    const target = onAws ? url.host : new URL(endpoint).host;
    const socket = new WebSocket(`${onAws ? 'wss' : 'ws'}://${target}${path}`, protocols,
        { headers: { ...(onAws ? {} : { host: url.host }), ...headers } });
    socket.messages = [];
    socket.on('message', (data, binary) => socket.messages.push(binary ? data : data.toString()));
    socket.on('error', () => {});
    socket.ended = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    socket.refused = new Promise((resolve) => socket.on('unexpected-response', (_, answer) => {
        resolve(answer.statusCode);
        socket.terminate();
    }));
    return socket;
}

export async function connect(created, options) {
    const socket = dial(created, options);
    await Promise.race([once(socket, 'open'), socket.refused.then((status) => assert.fail(`refused with ${status}`))]);
    undo.add(async () => socket.terminate());
    return socket;
}

/** What the client hears next. */
export async function next(socket) {
    await eventually(async () => socket.messages.length > 0);
    return socket.messages.shift();
}

const source = `
exports.handler = async (event) => {
    const { eventType, routeKey } = event.requestContext;
    if (event.type === 'REQUEST') {
        if (event.headers.Auth === 'throw') throw new Error('broken');
        return { principalId: 'ada', context: { team: 'red' }, policyDocument: { Version: '2012-10-17', Statement: [
            { Action: 'execute-api:Invoke', Effect: event.headers.Auth === 'open' ? 'Allow' : 'Deny', Resource: event.methodArn }] } };
    }
    if (eventType === 'DISCONNECT') console.log(JSON.stringify(event));
    if (event.queryStringParameters?.refuse) return { statusCode: 403 };
    if (event.body === 'throw') throw new Error('asked to');
    const headers = event.queryStringParameters?.protocol ? { 'Sec-WebSocket-Protocol': event.queryStringParameters.protocol } : undefined;
    return { statusCode: 200, headers, body: JSON.stringify(event) };
};`;

export let echoArn;
/** Makes the function behind `echo`. */
export async function makeEcho() {
    const Role = await newRole(undo, ['lambda.amazonaws.com', 'apigateway.amazonaws.com']);
    const FunctionName = unique('sockets');
    const made = await eventually(() => functions.send(new lambda.CreateFunctionCommand({
        FunctionName, Role, Runtime: 'nodejs20.x', Handler: 'index.handler', Code: { ZipFile: zip({ 'index.js': source }) },
        Timeout: 20, MemorySize: 128 })).catch(() => null));
    undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
    await functions.send(new lambda.AddPermissionCommand({ FunctionName, StatementId: 'sockets', Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com' }));
    await eventually(async () => (await functions.send(new lambda.GetFunctionCommand({ FunctionName }))).Configuration.State === 'Active');
    echoArn = made.FunctionArn;
}

export const echo = (created) => integrate(created, { IntegrationType: 'AWS_PROXY', IntegrationUri: echoArn });

/** An API whose every message is told back as the event that it made. */
export async function echoApi() {
    const created = await newApi();
    const id = await echo(created);
    for (const key of ['$connect', '$disconnect']) await route(created, key, id);
    await route(created, '$default', id, { twoWay: true });
    await deploy(created);
    return created;
}
