// Who may do what, with signatures checked and policies enforced: run.py --serve "--signatures check --iam enforce".
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as management from '@aws-sdk/client-apigatewaymanagementapi';
import * as apis from '@aws-sdk/client-apigatewayv2';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import * as sts from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import WebSocket from 'ws';
import { clientOf, endpoint, eventually, fails, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const root = clientOf(iam.IAMClient);
const queues = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => root.send(new Command(input));
const policyOf = (...statements) =>
    JSON.stringify({ Version: '2012-10-17', Statement: statements.map((each) => ({ Effect: 'Allow', ...each })) });

let account;
let allowedUrl;
let allowedArn;
let otherUrl;
before(async () => {
    account = (await clientOf(sts.STSClient).send(new sts.GetCallerIdentityCommand({}))).Account;
    const newQueue = async () => {
        const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: unique('guarded') }));
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        return QueueUrl;
    };
    allowedUrl = await newQueue();
    otherUrl = await newQueue();
    const { Attributes } = await queues.send(
        new sqs.GetQueueAttributesCommand({ QueueUrl: allowedUrl, AttributeNames: ['QueueArn'] }),
    );
    allowedArn = Attributes.QueueArn;
});

/** A user with this inline policy (none: no policy), and its credentials. */
async function newUser(PolicyDocument) {
    const UserName = unique('user');
    const { User } = await send(iam.CreateUserCommand, { UserName });
    undo.add(() => send(iam.DeleteUserCommand, { UserName }));
    if (PolicyDocument) {
        await send(iam.PutUserPolicyCommand, { UserName, PolicyName: 'own', PolicyDocument });
        undo.add(() => send(iam.DeleteUserPolicyCommand, { UserName, PolicyName: 'own' }));
    }
    const { AccessKey } = await send(iam.CreateAccessKeyCommand, { UserName });
    undo.add(() => send(iam.DeleteAccessKeyCommand, { UserName, AccessKeyId: AccessKey.AccessKeyId }));
    const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
    await eventually(() => whoIs(credentials).then((identity) => identity.Arn === User.Arn, () => false));
    return { UserName, Arn: User.Arn, credentials };
}

function whoIs(credentials) {
    return clientOf(sts.STSClient, { credentials }).send(new sts.GetCallerIdentityCommand({}));
}

const sendTo = (credentials, QueueUrl) =>
    clientOf(sqs.SQSClient, { credentials }).send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: 'x' }));

/** Calls a function URL, signed as a client of Lambda signs where there are credentials. */
async function callUrl(url, credentials, body) {
    const target = new URL(`/_aws/lambda-url/${new URL(url).hostname.split('.')[0]}/x`, endpoint);
    const headers = { host: target.host, 'content-type': 'text/plain' };
    if (!credentials) return fetch(target, { method: 'POST', headers, body });
    const { config } = clientOf(lambda.LambdaClient, { credentials });
    const signer = await config.signer({ name: 'sigv4', properties: { signingName: 'lambda' } });
    const signed = await signer.sign({
        method: 'POST', protocol: 'http:', hostname: target.hostname, port: Number(target.port), path: target.pathname,
        query: {}, headers, body,
    });
    return fetch(target, { method: 'POST', headers: signed.headers, body });
}

describe('routes of HTTP APIs', () => {
    /** GETs `path` of the API's stage "live", signed for execute-api where there are credentials. */
    async function get(ApiId, path, credentials) {
        const target = new URL(`/_aws/execute-api/${ApiId}/live${path}`, endpoint);
        const headers = { host: target.host };
        if (!credentials) return fetch(target, { headers });
        const { config } = clientOf(apis.ApiGatewayV2Client, { credentials });
        const signer = await config.signer({ name: 'sigv4', signingName: 'execute-api' });
        const signed = await signer.sign({
            method: 'GET', protocol: 'http:', hostname: target.hostname, port: Number(target.port), path: target.pathname,
            query: {}, headers,
        });
        return fetch(target, { headers: signed.headers });
    }

    test('of type AWS_IAM let in who signs and may take them', async () => {
        const gateway = clientOf(apis.ApiGatewayV2Client);
        const { ApiId } = await gateway.send(new apis.CreateApiCommand({ Name: unique('guarded'), ProtocolType: 'HTTP' }));
        undo.add(() => gateway.send(new apis.DeleteApiCommand({ ApiId })));
        await gateway.send(new apis.CreateRouteCommand({ ApiId, RouteKey: 'GET /orders/{id}', AuthorizationType: 'AWS_IAM' }));
        await gateway.send(new apis.CreateStageCommand({ ApiId, StageName: 'live', AutoDeploy: true }));
        const guest = await newUser(policyOf({
            Action: 'execute-api:Invoke', Resource: `arn:aws:execute-api:*:${account}:${ApiId}/live/GET/orders/7`,
        }));
        const stranger = await newUser();
        const refused = await get(ApiId, '/orders/7', stranger.credentials);
        assert.equal(refused.status, 403);
        assert.deepEqual(await refused.json(), { message: 'Forbidden' });
        assert.equal((await get(ApiId, '/orders/7')).status, 403);
        assert.equal((await get(ApiId, '/orders/7', { ...guest.credentials, secretAccessKey: 'wrong' })).status, 403);
        assert.equal((await get(ApiId, '/orders/8', guest.credentials)).status, 403);
        // The route leads nowhere, which only those learn who may take it.
        assert.equal((await get(ApiId, '/orders/7', guest.credentials)).status, 500);
    });
});

describe('WebSocket APIs', () => {
    const gateway = clientOf(apis.ApiGatewayV2Client);

    /** The status of a handshake with the API's stage "live", signed where there are credentials; the socket where it is open. */
    async function dial(ApiId, credentials) {
        const target = new URL(`/_aws/execute-api/${ApiId}/live`, endpoint);
        let headers = { host: target.host };
        if (credentials) {
            const { config } = clientOf(apis.ApiGatewayV2Client, { credentials });
            const signer = await config.signer({ name: 'sigv4', signingName: 'execute-api' });
            ({ headers } = await signer.sign({
                method: 'GET', protocol: 'http:', hostname: target.hostname, port: Number(target.port), path: target.pathname,
                query: {}, headers,
            }));
        }
        const socket = new WebSocket(target.href.replace('http', 'ws'), { headers });
        undo.add(async () => socket.terminate());
        return new Promise((resolve) => socket.on('error', () => {}).on('open', () => resolve(socket)).on('message', (text) => { socket.said = text.toString(); })
            .on('unexpected-response', (_, answer) => resolve(answer.statusCode)));
    }

    test('let in who signs, and let be posted to by whom a policy permits', async () => {
        const { ApiId } = await gateway.send(new apis.CreateApiCommand({
            Name: unique('guarded'), ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' }));
        undo.add(() => gateway.send(new apis.DeleteApiCommand({ ApiId })));
        const { IntegrationId } = await gateway.send(new apis.CreateIntegrationCommand({ ApiId, IntegrationType: 'MOCK' }));
        await gateway.send(new apis.CreateIntegrationResponseCommand({
            ApiId, IntegrationId, IntegrationResponseKey: '$default', ResponseTemplates: { $default: '$context.connectionId' } }));
        const Target = `integrations/${IntegrationId}`;
        await gateway.send(new apis.CreateRouteCommand({ ApiId, RouteKey: '$connect', AuthorizationType: 'AWS_IAM', Target }));
        const { RouteId } = await gateway.send(new apis.CreateRouteCommand({
            ApiId, RouteKey: '$default', Target, RouteResponseSelectionExpression: '$default' }));
        await gateway.send(new apis.CreateRouteResponseCommand({ ApiId, RouteId, RouteResponseKey: '$default' }));
        await gateway.send(new apis.CreateStageCommand({ ApiId, StageName: 'live', AutoDeploy: true }));

        const guest = await newUser(policyOf({ Action: 'execute-api:Invoke', Resource: `arn:aws:execute-api:*:${account}:${ApiId}/live/$connect` }));
        const stranger = await newUser();
        assert.equal(await dial(ApiId), 403);
        assert.equal(await dial(ApiId, stranger.credentials), 403);
        assert.equal(await dial(ApiId, { ...guest.credentials, secretAccessKey: 'wrong' }), 403);
        const socket = await dial(ApiId, guest.credentials);
        socket.send('who am I');
        const ConnectionId = await eventually(async () => socket.said);

        const backend = await newUser(policyOf({
            Action: 'execute-api:ManageConnections', Resource: `arn:aws:execute-api:*:${account}:${ApiId}/live/POST/@connections/*` }));
        const at = ({ credentials }) => clientOf(management.ApiGatewayManagementApiClient, {
            credentials, endpoint: `${endpoint}/_aws/execute-api/${ApiId}/live` });
        const post = (user) => at(user).send(new management.PostToConnectionCommand({ ConnectionId, Data: 'news' }));
        await fails(post(guest), 'AccessDeniedException', 403, /execute-api:ManageConnections/);
        await fails(post({ credentials: { ...backend.credentials, secretAccessKey: 'wrong' } }), 'InvalidSignatureException', 403);
        await post(backend);
        await eventually(async () => socket.said === 'news');
        await fails(at(backend).send(new management.GetConnectionCommand({ ConnectionId })), 'AccessDeniedException', 403);
        await fails(at(backend).send(new management.PostToConnectionCommand({ ConnectionId: 'gone=', Data: 'x' })), 'GoneException', 410);
    });
});

describe('function URLs', () => {
    let FunctionName;
    let FunctionArn;
    before(async () => {
        const functions = clientOf(lambda.LambdaClient);
        FunctionName = unique('guarded');
        const code = `export const handler = async ({ body, requestContext }) =>
            ({ statusCode: 200, body: JSON.stringify({ body, who: requestContext.authorizer?.iam.userArn }) });`;
        ({ FunctionArn } = await functions.send(new lambda.CreateFunctionCommand({
            FunctionName, Role: `arn:aws:iam::${account}:role/none`, Runtime: 'nodejs20.x', Handler: 'index.handler',
            Code: { ZipFile: zip({ 'index.mjs': code }) },
        })));
        undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
    });

    test('of type AWS_IAM let in who signs and may invoke them', async () => {
        const functions = clientOf(lambda.LambdaClient);
        const { FunctionUrl } = await functions.send(
            new lambda.CreateFunctionUrlConfigCommand({ FunctionName, AuthType: 'AWS_IAM' }),
        );
        undo.add(() => functions.send(new lambda.DeleteFunctionUrlConfigCommand({ FunctionName })));
        const stranger = await newUser();
        const guest = await newUser(policyOf({
            Action: 'lambda:InvokeFunctionUrl', Resource: FunctionArn,
            Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
        }));
        assert.equal((await callUrl(FunctionUrl, null, 'x')).status, 403);
        assert.equal((await callUrl(FunctionUrl, stranger.credentials, 'x')).status, 403);
        assert.equal((await callUrl(FunctionUrl, { ...guest.credentials, secretAccessKey: 'wrong' }, 'x')).status, 403);
        const answer = await callUrl(FunctionUrl, guest.credentials, 'hello');
        assert.equal(answer.status, 200);
        assert.deepEqual(await answer.json(), { body: 'hello', who: guest.Arn });
        await functions.send(new lambda.AddPermissionCommand({
            FunctionName, StatementId: 'stranger', Action: 'lambda:InvokeFunctionUrl', Principal: stranger.Arn,
            FunctionUrlAuthType: 'AWS_IAM',
        }));
        assert.equal((await callUrl(FunctionUrl, stranger.credentials, 'x')).status, 200);
    });

    test('of type NONE let in whom the policy of the function lets in', async () => {
        const functions = clientOf(lambda.LambdaClient);
        await functions.send(new lambda.UpdateFunctionUrlConfigCommand({ FunctionName, AuthType: 'NONE' }));
        const { FunctionUrl } = await functions.send(new lambda.GetFunctionUrlConfigCommand({ FunctionName }));
        assert.equal((await callUrl(FunctionUrl, null, 'x')).status, 403);
        await functions.send(new lambda.AddPermissionCommand({
            FunctionName, StatementId: 'public', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE',
        }));
        const answer = await callUrl(FunctionUrl, null, 'x');
        assert.equal(answer.status, 200);
        assert.deepEqual(await answer.json(), { body: 'x' });
    });
});

describe('signatures', () => {
    test('a wrong secret is refused', async () => {
        const { credentials } = await newUser();
        await fails(
            whoIs({ ...credentials, secretAccessKey: 'wrong' }),
            'SignatureDoesNotMatch',
            403,
            /The request signature we calculated does not match the signature you provided/,
        );
    });

    test('a key that no one has is refused, as each protocol says it', async () => {
        const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wrong' };
        await fails(whoIs(credentials), 'InvalidClientTokenId', 403, /The security token included in the request is invalid/);
        await fails(
            clientOf(dynamodb.DynamoDBClient, { credentials }).send(new dynamodb.ListTablesCommand({})),
            'UnrecognizedClientException',
            400,
            /The security token included in the request is invalid/,
        );
        await fails(
            clientOf(lambda.LambdaClient, { credentials }).send(new lambda.ListFunctionsCommand({})),
            'UnrecognizedClientException',
            403,
        );
        await fails(
            clientOf(s3.S3Client, { credentials }).send(new s3.ListBucketsCommand({})),
            'InvalidAccessKeyId',
            403,
            /The AWS Access Key Id you provided does not exist in our records/,
        );
    });

    test('an inactive key is refused', async () => {
        const { UserName, credentials } = await newUser();
        await send(iam.UpdateAccessKeyCommand, { UserName, AccessKeyId: credentials.accessKeyId, Status: 'Inactive' });
        const error = await eventually(() => whoIs(credentials).then(() => false, (error) => error));
        assert.equal(error.name, 'InvalidClientTokenId');
    });

    test('a session needs its token', async () => {
        const { credentials } = await newUser();
        await fails(
            whoIs({ accessKeyId: credentials.accessKeyId.replace(/^AKIA/, 'ASIA'), secretAccessKey: 'x', sessionToken: 'x' }),
            'InvalidClientTokenId',
            403,
        );
    });

    test('a presigned URL is bound to what was signed, and expires', async () => {
        const client = clientOf(s3.S3Client);
        const Bucket = unique('guarded');
        await client.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(() => client.send(new s3.DeleteBucketCommand({ Bucket })));
        await client.send(new s3.PutObjectCommand({ Bucket, Key: 'x', Body: 'secret' }));
        undo.add(() => client.send(new s3.DeleteObjectCommand({ Bucket, Key: 'x' })));
        const url = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: 'x' }));
        assert.equal(await (await fetch(url)).text(), 'secret');
        const changed = await fetch(url.replace('/x?', '/y?'));
        assert.equal(changed.status, 403);
        assert.match(await changed.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
        const old = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: 'x' }), {
            signingDate: new Date(Date.now() - 600_000),
            expiresIn: 60,
        });
        const expired = await fetch(old);
        assert.equal(expired.status, 403);
        assert.match(await expired.text(), /<Code>AccessDenied<\/Code>.*<Message>Request has expired<\/Message>/s);
        const plain = await fetch(url.split('?')[0]);
        assert.equal(plain.status, 403);
        assert.match(await plain.text(), /<Code>AccessDenied<\/Code>/);
    });
});

describe('policies', () => {
    test('a user without a policy may nothing, but learn who it is', async () => {
        const { Arn, credentials } = await newUser();
        const error = await sendTo(credentials, allowedUrl).then(assert.fail, (error) => error);
        assert.equal(error.name, 'AccessDenied');
        assert.equal(error.$metadata.httpStatusCode, 403);
        // AWS writes SQS's actions in lower case.
        assert.equal(
            error.message,
            `User: ${Arn} is not authorized to perform: sqs:sendmessage on resource: ${allowedArn} ` +
                'because no identity-based policy allows the sqs:sendmessage action',
        );
    });

    test('a policy allows what it names, and nothing beside it', async () => {
        const { credentials } = await newUser(policyOf({ Action: 'sqs:SendMessage', Resource: allowedArn }));
        assert.ok((await sendTo(credentials, allowedUrl)).MessageId);
        await assert.rejects(sendTo(credentials, otherUrl), /is not authorized to perform/);
        const purge = clientOf(sqs.SQSClient, { credentials }).send(new sqs.PurgeQueueCommand({ QueueUrl: allowedUrl }));
        await assert.rejects(purge, /is not authorized to perform: sqs:purgequeue/i);
    });

    test('a denial outweighs what allows', async () => {
        const { Arn, credentials } = await newUser(
            policyOf(
                { Action: 'dynamodb:*', Resource: '*' },
                { Effect: 'Deny', Action: 'dynamodb:DeleteTable', Resource: '*' },
            ),
        );
        const client = clientOf(dynamodb.DynamoDBClient, { credentials });
        assert.ok((await client.send(new dynamodb.ListTablesCommand({}))).TableNames);
        const error = await fails(
            client.send(new dynamodb.DeleteTableCommand({ TableName: 'orders' })),
            'AccessDeniedException',
            400,
        );
        const resource = `arn:aws:dynamodb:${process.env.AWS_REGION}:${account}:table/orders`;
        assert.equal(
            error.message,
            `User: ${Arn} is not authorized to perform: dynamodb:DeleteTable on resource: ${resource} ` +
                'with an explicit deny in an identity-based policy',
        );
    });

    test('a session may what its role may', async () => {
        const { Arn: userArn, credentials } = await newUser(policyOf({ Action: 'sts:AssumeRole', Resource: '*' }));
        const RoleName = unique('role');
        const { Role } = await send(iam.CreateRoleCommand, {
            RoleName,
            AssumeRolePolicyDocument: policyOf({ Principal: { AWS: userArn }, Action: 'sts:AssumeRole' }),
        });
        undo.add(() => send(iam.DeleteRoleCommand, { RoleName }));
        await send(iam.PutRolePolicyCommand, {
            RoleName,
            PolicyName: 'own',
            PolicyDocument: policyOf({ Action: 'sqs:*', Resource: allowedArn }),
        });
        undo.add(() => send(iam.DeleteRolePolicyCommand, { RoleName, PolicyName: 'own' }));
        const assume = (credentials) =>
            clientOf(sts.STSClient, { credentials }).send(
                new sts.AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: 'night' }),
            );
        const { Credentials } = await assume(credentials);
        const session = {
            accessKeyId: Credentials.AccessKeyId,
            secretAccessKey: Credentials.SecretAccessKey,
            sessionToken: Credentials.SessionToken,
        };
        assert.ok((await sendTo(session, allowedUrl)).MessageId);
        await assert.rejects(
            sendTo(session, otherUrl),
            new RegExp(`User: arn:aws:sts::${account}:assumed-role/${RoleName}/night is not authorized to perform`),
        );
        await assert.rejects(whoIs({ ...session, sessionToken: 'wrong' }), { name: 'InvalidClientTokenId' });

        const stranger = await newUser(policyOf({ Action: 'sts:AssumeRole', Resource: '*' }));
        await fails(assume(stranger.credentials), 'AccessDenied', 403, /is not authorized to perform: sts:AssumeRole on resource/);
    });

    test("a queue's policy opens it to another account, whose own policy must agree", async () => {
        const other = clientOf(iam.IAMClient, {
            credentials: { accessKeyId: '999999999999', secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY },
        });
        const UserName = unique('stranger');
        await other.send(new iam.CreateUserCommand({ UserName }));
        undo.add(() => other.send(new iam.DeleteUserCommand({ UserName })));
        const { AccessKey } = await other.send(new iam.CreateAccessKeyCommand({ UserName }));
        undo.add(() => other.send(new iam.DeleteAccessKeyCommand({ UserName, AccessKeyId: AccessKey.AccessKeyId })));
        const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
        const PolicyDocument = policyOf({ Action: 'sqs:*', Resource: '*' });
        await other.send(new iam.PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }));
        undo.add(() => other.send(new iam.DeleteUserPolicyCommand({ UserName, PolicyName: 'own' })));

        await fails(
            sendTo(credentials, allowedUrl),
            'AccessDenied',
            403,
            /because no resource-based policy allows the sqs:sendmessage action/,
        );
        await queues.send(
            new sqs.AddPermissionCommand({
                QueueUrl: allowedUrl,
                Label: 'stranger',
                AWSAccountIds: ['999999999999'],
                Actions: ['SendMessage'],
            }),
        );
        assert.ok((await sendTo(credentials, allowedUrl)).MessageId);
        const purge = new sqs.PurgeQueueCommand({ QueueUrl: allowedUrl });
        await fails(clientOf(sqs.SQSClient, { credentials }).send(purge), 'AccessDenied', 403, /sqs:purgequeue/);
        await other.send(new iam.DeleteUserPolicyCommand({ UserName, PolicyName: 'own' }));
        await fails(sendTo(credentials, allowedUrl), 'AccessDenied', 403, /no identity-based policy allows/);
        await other.send(new iam.PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }));
        await queues.send(new sqs.RemovePermissionCommand({ QueueUrl: allowedUrl, Label: 'stranger' }));
        await fails(sendTo(credentials, allowedUrl), 'AccessDenied', 403, /no resource-based policy allows/);
    });

    test("a topic's policy lets in, and a queue's policy says whose topics send to it", async () => {
        const topics = clientOf(sns.SNSClient);
        const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name: unique('guarded') }));
        undo.add(() => topics.send(new sns.DeleteTopicCommand({ TopicArn })));
        const { Arn, credentials } = await newUser();
        const publish = (Message) => clientOf(sns.SNSClient, { credentials }).send(new sns.PublishCommand({ TopicArn, Message }));
        await fails(publish('x'), 'AuthorizationErrorException', 403, /not authorized to perform: sns:Publish/i);
        await topics.send(
            new sns.SetTopicAttributesCommand({
                TopicArn,
                AttributeName: 'Policy',
                AttributeValue: policyOf({ Principal: { AWS: Arn }, Action: 'sns:Publish', Resource: TopicArn }),
            }),
        );
        const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: unique('guarded') }));
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const { Attributes } = await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
        const Endpoint = Attributes.QueueArn;
        await topics.send(
            new sns.SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes: { RawMessageDelivery: 'true' } }),
        );
        const allow = (SourceArn) =>
            queues.send(
                new sqs.SetQueueAttributesCommand({
                    QueueUrl,
                    Attributes: {
                        Policy: policyOf({
                            Principal: { Service: 'sns.amazonaws.com' },
                            Action: 'sqs:SendMessage',
                            Resource: Endpoint,
                            Condition: { ArnEquals: { 'aws:SourceArn': SourceArn } },
                        }),
                    },
                }),
            );
        const receive = async (WaitTimeSeconds) =>
            (await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds }))).Messages ?? [];
        await allow(`${TopicArn}-other`);
        await publish('refused');
        assert.deepEqual(await receive(1), []);
        await allow(TopicArn);
        await publish('let in');
        assert.deepEqual((await receive(10)).map((message) => message.Body), ['let in']);
    });

    test("a bucket's notifications need the policy of their destination", async () => {
        const client = clientOf(s3.S3Client);
        const Bucket = unique('guarded');
        await client.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(() => client.send(new s3.DeleteBucketCommand({ Bucket })));
        const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: unique('guarded') }));
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const { Attributes } = await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
        const configure = () =>
            client.send(
                new s3.PutBucketNotificationConfigurationCommand({
                    Bucket,
                    NotificationConfiguration: {
                        QueueConfigurations: [{ QueueArn: Attributes.QueueArn, Events: ['s3:ObjectCreated:*'] }],
                    },
                }),
            );
        const allow = (source) =>
            queues.send(
                new sqs.SetQueueAttributesCommand({
                    QueueUrl,
                    Attributes: {
                        Policy: policyOf({
                            Principal: { Service: 's3.amazonaws.com' },
                            Action: 'sqs:SendMessage',
                            Resource: Attributes.QueueArn,
                            Condition: { ArnEquals: { 'aws:SourceArn': source } },
                        }),
                    },
                }),
            );
        await allow(`arn:aws:s3:::${Bucket}-other`);
        const error = await fails(configure(), 'InvalidArgument', 400, /Unable to validate the following destination/);
        assert.equal(error.ArgumentName1, Attributes.QueueArn);
        assert.match(error.ArgumentValue1, /^Permissions on the destination queue do not allow S3 to publish notifications/);
        await allow(`arn:aws:s3:::${Bucket}`);
        await configure();
        const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }));
        assert.equal(JSON.parse(Messages[0].Body).Event, 's3:TestEvent');
    });

    test("a bucket's policy can close what the user's policy opens", async () => {
        const client = clientOf(s3.S3Client);
        const Bucket = unique('guarded');
        await client.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(() => client.send(new s3.DeleteBucketCommand({ Bucket })));
        for (const Key of ['open/x', 'closed/x']) {
            await client.send(new s3.PutObjectCommand({ Bucket, Key, Body: 'x' }));
            undo.add(() => client.send(new s3.DeleteObjectCommand({ Bucket, Key })));
        }
        const { credentials } = await newUser(policyOf({ Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` }));
        await client.send(
            new s3.PutBucketPolicyCommand({
                Bucket,
                Policy: policyOf({
                    Effect: 'Deny',
                    Principal: '*',
                    Action: 's3:GetObject',
                    Resource: `arn:aws:s3:::${Bucket}/closed/*`,
                }),
            }),
        );
        undo.add(() => client.send(new s3.DeleteBucketPolicyCommand({ Bucket })));
        const user = clientOf(s3.S3Client, { credentials });
        const get = (Key) => user.send(new s3.GetObjectCommand({ Bucket, Key }));
        assert.equal(await (await get('open/x')).Body.transformToString(), 'x');
        await fails(get('closed/x'), 'AccessDenied', 403, /with an explicit deny in a resource-based policy/);
        await fails(user.send(new s3.ListObjectsV2Command({ Bucket })), 'AccessDenied', 403, /s3:ListBucket/);
    });

    test("a table's policy lets in whom no policy of their own does", async () => {
        const client = clientOf(dynamodb.DynamoDBClient);
        const TableName = unique('guarded');
        await client.send(
            new dynamodb.CreateTableCommand({
                TableName,
                KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
                AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
                BillingMode: 'PAY_PER_REQUEST',
            }),
        );
        undo.add(() => client.send(new dynamodb.DeleteTableCommand({ TableName })));
        await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
        const { TableArn } = (await client.send(new dynamodb.DescribeTableCommand({ TableName }))).Table;
        const { Arn, credentials } = await newUser();
        const user = clientOf(dynamodb.DynamoDBClient, { credentials });
        const get = () => user.send(new dynamodb.GetItemCommand({ TableName, Key: { pk: { S: 'a' } } }));
        await fails(get(), 'AccessDeniedException', 400, /dynamodb:GetItem/);
        await client.send(
            new dynamodb.PutResourcePolicyCommand({
                ResourceArn: TableArn,
                Policy: policyOf({ Principal: { AWS: Arn }, Action: 'dynamodb:GetItem', Resource: TableArn }),
            }),
        );
        await eventually(() => get().then(() => true, () => false));
        await fails(
            user.send(new dynamodb.PutItemCommand({ TableName, Item: { pk: { S: 'a' } } })),
            'AccessDeniedException',
            400,
            /dynamodb:PutItem/,
        );
    });

    test('transactions, batches and statements need the permission for each of their parts', async () => {
        const client = clientOf(dynamodb.DynamoDBClient);
        const newTable = async () => {
            const TableName = unique('guarded');
            await client.send(
                new dynamodb.CreateTableCommand({
                    TableName,
                    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
                    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
                    BillingMode: 'PAY_PER_REQUEST',
                }),
            );
            undo.add(() => client.send(new dynamodb.DeleteTableCommand({ TableName })));
            await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
            return TableName;
        };
        const orders = await newTable();
        const stock = await newTable();
        const arnOf = (table) => `arn:aws:dynamodb:${process.env.AWS_REGION}:${account}:table/${table}`;
        const { credentials } = await newUser(
            policyOf(
                {
                    Action: ['PutItem', 'BatchWriteItem', 'PartiQLInsert', 'PartiQLSelect'].map((each) => `dynamodb:${each}`),
                    Resource: arnOf(orders),
                },
                { Action: ['dynamodb:ConditionCheckItem', 'dynamodb:GetItem'], Resource: arnOf(stock) },
                {
                    Effect: 'Deny',
                    Action: 'dynamodb:PartiQLSelect',
                    Resource: '*',
                    Condition: { Bool: { 'dynamodb:FullTableScan': 'true' } },
                },
            ),
        );
        const user = clientOf(dynamodb.DynamoDBClient, { credentials });
        const send = (Command, input) => user.send(new Command(input));
        const denied = (promise, action, table) =>
            fails(promise, 'AccessDeniedException', 400, new RegExp(`perform: dynamodb:${action} on resource: ${arnOf(table)}`));
        const put = (TableName, pk) => ({ Put: { TableName, Item: { pk: { S: pk } } } });
        const check = {
            ConditionCheck: { TableName: stock, Key: { pk: { S: 'a' } }, ConditionExpression: 'attribute_not_exists(pk)' },
        };
        const write = (...TransactItems) => send(dynamodb.TransactWriteItemsCommand, { TransactItems });
        await write(put(orders, 'a'), check);
        await denied(write(put(orders, 'b'), put(stock, 'b')), 'PutItem', stock);
        await denied(write({ Delete: { TableName: orders, Key: { pk: { S: 'a' } } } }), 'DeleteItem', orders);
        const get = (TableName) =>
            send(dynamodb.TransactGetItemsCommand, { TransactItems: [{ Get: { TableName, Key: { pk: { S: 'b' } } } }] });
        assert.deepEqual((await get(stock)).Responses, [{}]);
        await denied(get(orders), 'GetItem', orders);

        const request = { PutRequest: { Item: { pk: { S: 'c' } } } };
        await send(dynamodb.BatchWriteItemCommand, { RequestItems: { [orders]: [request] } });
        await denied(
            send(dynamodb.BatchWriteItemCommand, { RequestItems: { [orders]: [request], [stock]: [request] } }),
            'BatchWriteItem',
            stock,
        );
        const execute = (Statement) => send(dynamodb.ExecuteStatementCommand, { Statement });
        await execute(`INSERT INTO "${orders}" VALUE {'pk': 'd'}`);
        assert.equal((await execute(`SELECT * FROM "${orders}" WHERE pk = 'd'`)).Items.length, 1);
        await denied(execute(`SELECT * FROM "${orders}"`), 'PartiQLSelect', orders);
        await denied(execute(`DELETE FROM "${orders}" WHERE pk = 'd'`), 'PartiQLDelete', orders);
        const { Responses } = await send(dynamodb.BatchExecuteStatementCommand, {
            Statements: [
                { Statement: `INSERT INTO "${orders}" VALUE {'pk': 'e'}` },
                { Statement: `INSERT INTO "${stock}" VALUE {'pk': 'e'}` },
            ],
        });
        assert.deepEqual(Responses.map((each) => each.Error?.Code), [undefined, 'AccessDenied']);
    });

    test('a policy can open a table for the items of one hash key', async () => {
        const client = clientOf(dynamodb.DynamoDBClient);
        const TableName = unique('guarded');
        await client.send(
            new dynamodb.CreateTableCommand({
                TableName,
                KeySchema: [{ AttributeName: 'user', KeyType: 'HASH' }],
                AttributeDefinitions: [{ AttributeName: 'user', AttributeType: 'S' }],
                BillingMode: 'PAY_PER_REQUEST',
            }),
        );
        undo.add(() => client.send(new dynamodb.DeleteTableCommand({ TableName })));
        await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
        const { credentials } = await newUser(
            policyOf({
                Action: ['GetItem', 'PutItem', 'Query', 'BatchWriteItem'].map((each) => `dynamodb:${each}`),
                Resource: `arn:aws:dynamodb:${process.env.AWS_REGION}:${account}:table/${TableName}`,
                Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['anna'] } },
            }),
        );
        const user = clientOf(dynamodb.DynamoDBClient, { credentials });
        const put = (name) => user.send(new dynamodb.PutItemCommand({ TableName, Item: { user: { S: name } } }));
        const query = (name) =>
            user.send(
                new dynamodb.QueryCommand({
                    TableName,
                    KeyConditionExpression: '#user = :user',
                    ExpressionAttributeNames: { '#user': 'user' },
                    ExpressionAttributeValues: { ':user': { S: name } },
                }),
            );
        await put('anna');
        assert.equal((await query('anna')).Count, 1);
        await fails(put('berta'), 'AccessDeniedException', 400, /dynamodb:PutItem/);
        await fails(query('berta'), 'AccessDeniedException', 400, /dynamodb:Query/);
        const requests = ['anna', 'berta'].map((name) => ({ PutRequest: { Item: { user: { S: name } } } }));
        const batch = new dynamodb.BatchWriteItemCommand({ RequestItems: { [TableName]: requests } });
        await fails(user.send(batch), 'AccessDeniedException', 400, /dynamodb:BatchWriteItem/);
    });
});
