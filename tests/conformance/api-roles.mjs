// What integrations may do with their roles: run.py --serve "--signatures check --iam enforce".
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as rest from '@aws-sdk/client-api-gateway';
import * as http from '@aws-sdk/client-apigatewayv2';
import * as lambda from '@aws-sdk/client-lambda';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import { call, importApi, send, undo } from './rest-api.mjs';
import { newRole } from './roles.mjs';
import { clientOf, endpoint, unique } from './support.mjs';
import { zip } from './zip.mjs';

after(undo.all);

const queues = clientOf(sqs.SQSClient);
const functions = clientOf(lambda.LambdaClient);
const httpApis = clientOf(http.ApiGatewayV2Client);
const gateway = 'apigateway.amazonaws.com';

async function newQueue() {
    const QueueName = unique('queue');
    const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName }));
    undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
    const { Attributes } = await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages'] }));
    const received = async () => (await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl }))).Messages?.map((message) => message.Body);
    return { QueueName, QueueUrl, arn: Attributes.QueueArn, received };
}

let account;
let open;
let closed;
let sender;
let stranger;
before(async () => {
    account = (await clientOf(sts.STSClient).send(new sts.GetCallerIdentityCommand({}))).Account;
    open = await newQueue();
    closed = await newQueue();
    sender = await newRole(undo, gateway, { statements: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: open.arn }] });
    stranger = await newRole(undo, 'ec2.amazonaws.com', { statements: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }] });
});

/** Sends the request's body to a queue; what the queue refuses becomes 403. */
const toQueue = (queue, credentials) => ({
    responses: { 200: { description: 'sent' }, 403: { description: 'refused' } },
    'x-amazon-apigateway-integration': {
        type: 'aws', httpMethod: 'POST', credentials, uri: `arn:aws:apigateway:us-east-1:sqs:path/${account}/${queue.QueueName}`,
        requestParameters: { 'integration.request.header.Content-Type': "'application/x-www-form-urlencoded'" },
        requestTemplates: { 'application/json': "Action=SendMessage&MessageBody=$util.urlEncode($input.body)" },
        responses: { default: { statusCode: '200' }, '4\\d{2}': { statusCode: '403' } },
    },
});
const post = (id, path) => call(id, path, { method: 'POST', body: 'hello', headers: { 'content-type': 'application/json' } });

describe('integrations of REST APIs', () => {
    test('do what their role may do, and nothing else', async () => {
        const id = await importApi({ '/open': { post: toQueue(open, sender) }, '/closed': { post: toQueue(closed, sender) } });
        const sent = await post(id, '/open');
        assert.equal(sent.status, 200, sent.text);
        assert.deepEqual(await open.received(), ['hello']);
        const refused = await post(id, '/closed');
        assert.equal(refused.status, 403, refused.text);
        assert.match(refused.text, /AccessDenied/);
        assert.equal(await closed.received(), undefined);
    });

    test('fail with a role that API Gateway may not assume', async () => {
        const id = await importApi({ '/open': { post: toQueue(open, stranger) } });
        const answer = await post(id, '/open');
        assert.equal(answer.status, 500, answer.text);
        assert.deepEqual(JSON.parse(answer.text), { message: 'Internal server error' });
    });

    test('invoke functions that their role may invoke', async () => {
        const FunctionName = unique('function');
        const execution = await newRole(undo, 'lambda.amazonaws.com', { statements: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }] });
        const { FunctionArn } = await functions.send(new lambda.CreateFunctionCommand({ FunctionName, Runtime: 'nodejs20.x', Handler: 'index.handler',
            Role: execution, Code: { ZipFile: zip({ 'index.js': "exports.handler = async () => ({ statusCode: 200, body: 'invoked' });" }) } }));
        undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
        const invoker = await newRole(undo, gateway, { statements: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: FunctionArn }] });
        const proxy = (credentials) => ({ responses: {}, 'x-amazon-apigateway-integration': { type: 'aws_proxy', httpMethod: 'POST', credentials,
            uri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FunctionArn}/invocations` } });
        const id = await importApi({ '/may': { get: proxy(invoker) }, '/may-not': { get: proxy(sender) } });
        assert.equal((await call(id, '/may')).text, 'invoked');
        assert.equal((await call(id, '/may-not')).status, 500);
    });
});

test('integrations of HTTP APIs do what their role may do, and nothing else', async () => {
    const { ApiId } = await httpApis.send(new http.CreateApiCommand({ Name: unique('api'), ProtocolType: 'HTTP' }));
    undo.add(() => httpApis.send(new http.DeleteApiCommand({ ApiId })));
    for (const [RouteKey, queue] of [['POST /open', open], ['POST /closed', closed]]) {
        const { IntegrationId } = await httpApis.send(new http.CreateIntegrationCommand({ ApiId, IntegrationType: 'AWS_PROXY', IntegrationSubtype: 'SQS-SendMessage',
            PayloadFormatVersion: '1.0', CredentialsArn: sender, RequestParameters: { QueueUrl: queue.QueueUrl, MessageBody: '$request.body' } }));
        await httpApis.send(new http.CreateRouteCommand({ ApiId, RouteKey, Target: `integrations/${IntegrationId}` }));
    }
    await httpApis.send(new http.CreateStageCommand({ ApiId, StageName: 'live', AutoDeploy: true }));
    const ask = (path) => fetch(new URL(`/_aws/execute-api/${ApiId}/live${path}`, endpoint), { method: 'POST', body: 'hello' });
    const sent = await ask('/open');
    assert.equal(sent.status, 200, await sent.text());
    assert.deepEqual(await open.received(), ['hello']);
    assert.equal((await ask('/closed')).status, 403);
    assert.equal(await closed.received(), undefined);
});
