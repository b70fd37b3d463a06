// What suites of REST APIs share: APIs from OpenAPI documents, and requests to them.
import { request } from 'node:http';
import * as api from '@aws-sdk/client-api-gateway';
import { clientOf, endpoint, onAws, region, undoList } from './support.mjs';

export const client = clientOf(api.APIGatewayClient);
export const undo = undoList();
export const send = (Command, input) => client.send(new Command(input));
export const replace = (path, value) => ({ op: 'replace', path, value });

/** An API of these paths, deployed to the stage "live". */
export async function importApi(paths, further = {}) {
    const document = { openapi: '3.0.1', info: { title: 'imported', version: '1' }, paths, ...further };
    const created = await send(api.ImportRestApiCommand, { body: Buffer.from(JSON.stringify(document)) });
    undo.add(() => send(api.DeleteRestApiCommand, { restApiId: created.id }));
    await send(api.CreateDeploymentCommand, { restApiId: created.id, stageName: 'live' });
    return created.id;
}

/** An operation with a MOCK integration, which answers 200 with what the template makes. */
export const mock = (template, further = {}, { request = '{"statusCode": 200}', ...response } = {}) => ({
    responses: { 200: { description: 'good', headers: response.headers } },
    ...further,
    'x-amazon-apigateway-integration': {
        type: 'mock',
        requestTemplates: { 'application/json': request },
        responses: { default: { statusCode: '200', responseTemplates: { 'application/json': template },
            responseParameters: response.parameters } },
    },
});

/** Requests `path` of the stage "live"; `raw` is written as it is. */
export function call(restApiId, path, { method = 'GET', headers = {}, body } = {}) {
    const host = `${restApiId}.execute-api.${onAws ? `${region}.amazonaws.com` : 'localhost.localstack.cloud'}`;
    const target = onAws ? new URL(`https://${host}`) : new URL(endpoint);
    return new Promise((resolve, reject) => {
        const sent = request({ hostname: target.hostname, port: target.port, path: `/live${path}`, method,
            headers: { host, ...headers } }, async (answer) => {
            const pieces = [];
            try {
                for await (const piece of answer) pieces.push(piece);
            } catch (error) {
                return reject(error);
            }
            const bytes = Buffer.concat(pieces);
            resolve({ status: answer.statusCode, headers: answer.headers, text: bytes.toString(), bytes, pieces });
        });
        sent.on('error', reject).end(body);
    });
}
