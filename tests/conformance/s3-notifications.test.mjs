// Notifications of buckets: to queues, topics and functions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as iam from '@aws-sdk/client-iam';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { newRole } from './roles.mjs';
import { clientOf, eventually, fails, onAws, region, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(s3.S3Client);
const queues = clientOf(sqs.SQSClient);
const topics = clientOf(sns.SNSClient);
const functions = clientOf(lambda.LambdaClient);
const roles = clientOf(iam.IAMClient);
const logGroups = clientOf(logs.CloudWatchLogsClient);
const stacks = clientOf(cloudformation.CloudFormationClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const ask = (Command, input) => queues.send(new Command(input));

const letS3 = (Action, Resource, Bucket) =>
    JSON.stringify({
        Version: '2012-10-17',
        Statement: [{
            Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action, Resource,
            Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:s3:::${Bucket}` } },
        }],
    });

async function emptyAndDelete(Bucket) {
    const { Contents } = await send(s3.ListObjectsV2Command, { Bucket });
    for (const { Key } of Contents ?? []) await send(s3.DeleteObjectCommand, { Bucket, Key });
    await send(s3.DeleteBucketCommand, { Bucket });
}

async function newBucket() {
    const Bucket = unique('bucket');
    await send(s3.CreateBucketCommand, { Bucket });
    undo.add(() => emptyAndDelete(Bucket));
    return Bucket;
}

/** A queue that takes messages from a bucket, or from anyone who is given as policy. */
async function newQueue(Bucket, policy = (arn) => letS3('sqs:SendMessage', arn, Bucket)) {
    const { QueueUrl } = await ask(sqs.CreateQueueCommand, { QueueName: unique('queue') });
    undo.add(() => ask(sqs.DeleteQueueCommand, { QueueUrl }));
    const { Attributes } = await ask(sqs.GetQueueAttributesCommand, { QueueUrl, AttributeNames: ['QueueArn'] });
    const arn = Attributes.QueueArn;
    await ask(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes: { Policy: policy(arn) } });
    return { url: QueueUrl, arn };
}

/** Receives until `count` messages came, and deletes them; their bodies, read. */
async function receive(queue, count = 1) {
    const came = [];
    await eventually(async () => {
        const input = { QueueUrl: queue.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
        const { Messages = [] } = await ask(sqs.ReceiveMessageCommand, input);
        for (const { Body, ReceiptHandle } of Messages) {
            came.push(JSON.parse(Body));
            await ask(sqs.DeleteMessageCommand, { QueueUrl: queue.url, ReceiptHandle });
        }
        return came.length >= count;
    });
    assert.equal(came.length, count);
    return came;
}

const configure = (Bucket, NotificationConfiguration, more = {}) =>
    send(s3.PutBucketNotificationConfigurationCommand, { Bucket, NotificationConfiguration, ...more });

/** A bucket that tells a queue of everything; the test message is taken already. */
async function toldBucket(Events = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:ObjectTagging:*']) {
    const Bucket = await newBucket();
    const queue = await newQueue(Bucket);
    await configure(Bucket, { QueueConfigurations: [{ Id: 'all', QueueArn: queue.arn, Events }] });
    await receive(queue);
    return { Bucket, queue };
}

describe('configuration', () => {
    test('it is read back as it was given, and removed by an empty one', async () => {
        const Bucket = await newBucket();
        const queue = await newQueue(Bucket);
        const Filter = { Key: { FilterRules: [{ Name: 'prefix', Value: 'in/' }, { Name: 'suffix', Value: '.jpg' }] } };
        await configure(Bucket, {
            QueueConfigurations: [
                { QueueArn: queue.arn, Events: ['s3:ObjectCreated:*'], Filter },
                { Id: 'mine', QueueArn: queue.arn, Events: ['s3:ObjectRemoved:Delete'] },
            ],
        });
        const { QueueConfigurations } = await send(s3.GetBucketNotificationConfigurationCommand, { Bucket });
        const [first, second] = QueueConfigurations;
        assert.ok(first.Id);
        assert.deepEqual(first.Filter.Key.FilterRules, [{ Name: 'Prefix', Value: 'in/' }, { Name: 'Suffix', Value: '.jpg' }]);
        assert.deepEqual(second, { Id: 'mine', QueueArn: queue.arn, Events: ['s3:ObjectRemoved:Delete'] });
        // What was read may be written again.
        await configure(Bucket, { QueueConfigurations }, { SkipDestinationValidation: true });
        await configure(Bucket, {});
        assert.equal((await send(s3.GetBucketNotificationConfigurationCommand, { Bucket })).QueueConfigurations, undefined);
    });

    test('a queue learns of it by a test message', async () => {
        const Bucket = await newBucket();
        const queue = await newQueue(Bucket);
        const answer = await configure(Bucket, { QueueConfigurations: [{ QueueArn: queue.arn, Events: ['s3:ObjectCreated:*'] }] });
        const [message] = await receive(queue);
        assert.deepEqual(Object.keys(message), ['Service', 'Event', 'Time', 'Bucket', 'RequestId', 'HostId']);
        assert.equal(message.Service, 'Amazon S3');
        assert.equal(message.Event, 's3:TestEvent');
        assert.equal(message.Bucket, Bucket);
        assert.match(message.Time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.equal(message.RequestId, answer.$metadata.requestId);
        assert.equal(message.HostId, answer.$metadata.extendedRequestId);
    });

    test('what S3 does not allow is refused', async () => {
        const Bucket = await newBucket();
        const queue = await newQueue(Bucket);
        const refused = (message, ...QueueConfigurations) =>
            fails(configure(Bucket, { QueueConfigurations }), 'InvalidArgument', 400, message);
        const Events = ['s3:ObjectCreated:*'];
        const rule = (Name, Value) => ({ Key: { FilterRules: [{ Name, Value }] } });
        await refused(/event is not supported/, { QueueArn: queue.arn, Events: ['s3:ObjectCreated:Nothing'] });
        await refused(/filter rule name must be either prefix or suffix/, { QueueArn: queue.arn, Events, Filter: rule('infix', 'a') });
        await refused(/ARN/, { QueueArn: 'queue', Events });
        await refused(/region is not valid/, { QueueArn: queue.arn.replace(region, 'eu-north-1'), Events });
        await refused(/FIFO SQS queues are not supported/, { QueueArn: `${queue.arn}.fifo`, Events });
        await refused(
            /^Configurations overlap. Configurations on the same bucket cannot share a common event type.$/,
            { QueueArn: queue.arn, Events },
            { QueueArn: queue.arn, Events: ['s3:ObjectCreated:Put'] },
        );
        await refused(
            /^Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.$/,
            { QueueArn: queue.arn, Events, Filter: rule('prefix', 'a') },
            { QueueArn: queue.arn, Events, Filter: rule('prefix', 'ab') },
        );
        assert.equal((await send(s3.GetBucketNotificationConfigurationCommand, { Bucket })).QueueConfigurations, undefined);
        await fails(configure(unique('missing'), {}), 'NoSuchBucket', 404);
    });

    test('destinations that are not there are refused, unless they are not to be looked at', async () => {
        const Bucket = await newBucket();
        const queue = await newQueue(Bucket);
        const missing = `${queue.arn}x`;
        const functionArn = `${queue.arn.split(':').slice(0, 5).join(':').replace('sqs', 'lambda')}:function:${unique('none')}`;
        const wanted = {
            QueueConfigurations: [{ QueueArn: missing, Events: ['s3:ObjectCreated:*'] }],
            LambdaFunctionConfigurations: [{ LambdaFunctionArn: functionArn, Events: ['s3:ObjectRemoved:*'] }],
        };
        const words = /^Unable to validate the following destination configurations$/;
        const error = await fails(configure(Bucket, wanted), 'InvalidArgument', 400, words);
        assert.equal(error.ArgumentName1, missing);
        assert.equal(error.ArgumentValue1, 'The destination queue does not exist');
        assert.equal(error.ArgumentName2, `${functionArn}, null`);
        assert.equal(error.ArgumentValue2, `Not authorized to invoke function [${functionArn}]`);
        await configure(Bucket, wanted, { SkipDestinationValidation: true });
        const { LambdaFunctionConfigurations } = await send(s3.GetBucketNotificationConfigurationCommand, { Bucket });
        assert.equal(LambdaFunctionConfigurations[0].LambdaFunctionArn, functionArn);
    });

    test('event buses are not built', { skip: onAws }, async () => {
        await fails(configure(await newBucket(), { EventBridgeConfiguration: {} }), 'NotImplemented', 501, /EventBridgeConfiguration/);
    });
});

describe('events', () => {
    test('a new object is told of in full', async () => {
        const { Bucket, queue } = await toldBucket();
        const put = await send(s3.PutObjectCommand, { Bucket, Key: 'in/red flower.jpg', Body: 'hello' });
        const [{ Records }] = await receive(queue);
        assert.equal(Records.length, 1);
        const { s3: told, eventTime, userIdentity, ...record } = Records[0];
        assert.deepEqual(record, {
            eventVersion: '2.1',
            eventSource: 'aws:s3',
            awsRegion: region,
            eventName: 'ObjectCreated:Put',
            requestParameters: record.requestParameters,
            responseElements: { 'x-amz-request-id': put.$metadata.requestId, 'x-amz-id-2': put.$metadata.extendedRequestId },
        });
        assert.ok(record.requestParameters.sourceIPAddress);
        assert.ok(userIdentity.principalId);
        assert.match(eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.ok(Math.abs(new Date(eventTime) - Date.now()) < 600_000);
        const { sequencer, ...object } = told.object;
        assert.match(sequencer, /^[0-9A-F]{16,}$/);
        assert.deepEqual(object, { key: 'in/red+flower.jpg', size: 5, eTag: put.ETag.replaceAll('"', '') });
        assert.equal(told.s3SchemaVersion, '1.0');
        assert.equal(told.configurationId, 'all');
        assert.equal(told.bucket.name, Bucket);
        assert.equal(told.bucket.arn, `arn:aws:s3:::${Bucket}`);
        assert.ok(told.bucket.ownerIdentity.principalId);
    });

    test('every way to change an object has its own', async () => {
        const { Bucket, queue } = await toldBucket();
        const seen = [];
        const next = async () => {
            for (const { Records } of await receive(queue)) seen.push(...Records.map((one) => `${one.eventName} ${one.s3.object.key}`));
        };
        await send(s3.PutObjectCommand, { Bucket, Key: 'a', Body: 'x' });
        await next();
        await send(s3.CopyObjectCommand, { Bucket, Key: 'b', CopySource: `${Bucket}/a` });
        await next();
        const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Bucket, Key: 'c' });
        const { ETag } = await send(s3.UploadPartCommand, { Bucket, Key: 'c', UploadId, PartNumber: 1, Body: 'x' });
        await send(s3.CompleteMultipartUploadCommand, { Bucket, Key: 'c', UploadId, MultipartUpload: { Parts: [{ ETag, PartNumber: 1 }] } });
        await next();
        await send(s3.PutObjectTaggingCommand, { Bucket, Key: 'a', Tagging: { TagSet: [{ Key: 'x', Value: 'y' }] } });
        await next();
        await send(s3.DeleteObjectTaggingCommand, { Bucket, Key: 'a' });
        await next();
        await send(s3.DeleteObjectCommand, { Bucket, Key: 'a' });
        await next();
        assert.deepEqual(seen, [
            'ObjectCreated:Put a',
            'ObjectCreated:Copy b',
            'ObjectCreated:CompleteMultipartUpload c',
            'ObjectTagging:Put a',
            'ObjectTagging:Delete a',
            'ObjectRemoved:Delete a',
        ]);
        await send(s3.DeleteObjectsCommand, { Bucket, Delete: { Objects: [{ Key: 'b' }, { Key: 'c' }] } });
        const removed = await receive(queue, 2);
        assert.deepEqual(removed.map(({ Records }) => Records[0].s3.object.key).sort(), ['b', 'c']);
    });

    test('filters choose by how keys begin and end', async () => {
        const Bucket = await newBucket();
        const [images, texts] = [await newQueue(Bucket), await newQueue(Bucket)];
        const rule = (queue, ...pairs) => ({
            QueueArn: queue.arn,
            Events: ['s3:ObjectCreated:Put'],
            Filter: { Key: { FilterRules: pairs.map(([Name, Value]) => ({ Name, Value })) } },
        });
        await configure(Bucket, {
            QueueConfigurations: [rule(images, ['prefix', 'in/'], ['suffix', '.jpg']), rule(texts, ['suffix', '.txt'])],
        });
        await receive(images);
        await receive(texts);
        for (const Key of ['in/a.png', 'a.jpg', 'in/a.jpg', 'in/a.txt']) await send(s3.PutObjectCommand, { Bucket, Key, Body: 'x' });
        assert.deepEqual((await receive(images)).map(({ Records }) => Records[0].s3.object.key), ['in/a.jpg']);
        assert.deepEqual((await receive(texts)).map(({ Records }) => Records[0].s3.object.key), ['in/a.txt']);
    });

    test('a topic hands them on', async () => {
        const Bucket = await newBucket();
        const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name: unique('topic') }));
        undo.add(() => topics.send(new sns.DeleteTopicCommand({ TopicArn })));
        const AttributeValue = letS3('sns:Publish', TopicArn, Bucket);
        await topics.send(new sns.SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue }));
        const queue = await newQueue(Bucket, (Resource) =>
            JSON.stringify({
                Version: '2012-10-17',
                Statement: [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource }],
            }));
        await topics.send(new sns.SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn }));
        await configure(Bucket, { TopicConfigurations: [{ TopicArn, Events: ['s3:ObjectCreated:*'] }] });
        await send(s3.PutObjectCommand, { Bucket, Key: 'a', Body: 'x' });
        const came = await receive(queue, 2);
        assert.deepEqual(came.map(({ Subject }) => Subject), ['Amazon S3 Notification', 'Amazon S3 Notification']);
        const messages = came.map(({ Message }) => JSON.parse(Message));
        assert.ok(messages.some(({ Event }) => Event === 's3:TestEvent'));
        assert.ok(messages.some(({ Records }) => Records?.[0].s3.object.key === 'a'));
    });
});

const code = `export const handler = async (event) => { console.log('told ' + JSON.stringify(event)); };`;

/** The first event that the function wrote to its log. */
async function eventIn(FunctionName) {
    const logGroupName = `/aws/lambda/${FunctionName}`;
    undo.add(() => logGroups.send(new logs.DeleteLogGroupCommand({ logGroupName })));
    const line = await eventually(async () => {
        const found = await logGroups
            .send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: 'told' }))
            .catch(() => ({ events: [] }));
        return found.events[0]?.message;
    });
    return JSON.parse(line.slice(line.indexOf('{')));
}

describe('functions', () => {
    let Role;
    before(async () => {
        Role = await newRole(undo, 'lambda.amazonaws.com', { managed: ['service-role/AWSLambdaBasicExecutionRole'] });
    });

    /** A function that the bucket tells of new objects. */
    async function toldFunction(Bucket, source, more = {}) {
        const FunctionName = unique('function');
        const { FunctionArn } = await functions.send(
            new lambda.CreateFunctionCommand({
                FunctionName, Role, Runtime: 'nodejs20.x', Handler: 'index.handler', Code: { ZipFile: zip({ 'index.mjs': source }) },
                ...more,
            }),
        );
        undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
        await lambda.waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
        await functions.send(
            new lambda.AddPermissionCommand({
                FunctionName, StatementId: 's3', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com',
                SourceArn: `arn:aws:s3:::${Bucket}`,
            }),
        );
        await configure(Bucket, {
            LambdaFunctionConfigurations: [{ LambdaFunctionArn: FunctionArn, Events: ['s3:ObjectCreated:*'] }],
        });
        return FunctionName;
    }

    test('a function runs with the event', async () => {
        const Bucket = await newBucket();
        const FunctionName = await toldFunction(Bucket, code);
        await send(s3.PutObjectCommand, { Bucket, Key: 'a', Body: 'hello' });
        const { Records } = await eventIn(FunctionName);
        assert.equal(Records[0].eventName, 'ObjectCreated:Put');
        assert.equal(Records[0].s3.bucket.name, Bucket);
        assert.equal(Records[0].s3.object.size, 5);
    });

    test('a function that writes to its own bucket is stopped', async () => {
        const Bucket = await newBucket();
        const signing = clientOf(s3.S3Client, { requestChecksumCalculation: 'WHEN_REQUIRED' });
        const PLACE = await getSignedUrl(signing, new s3.PutObjectCommand({ Bucket, Key: 'again' }));
        const again = `export const handler = async () => {
            const headers = { 'x-amzn-trace-id': process.env._X_AMZN_TRACE_ID };
            const { status } = await fetch(process.env.PLACE, { method: 'PUT', body: 'x', headers });
            if (status !== 200) throw new Error('S3 answers ' + status);
        };`;
        const FunctionName = await toldFunction(Bucket, again, { Environment: { Variables: { PLACE } } });
        const failed = await newQueue(Bucket);
        await roles.send(
            new iam.PutRolePolicyCommand({
                RoleName: Role.split('/').at(-1), PolicyName: 'failed',
                PolicyDocument: JSON.stringify({
                    Version: '2012-10-17',
                    Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: failed.arn }],
                }),
            }),
        );
        undo.add(() => roles.send(new iam.DeleteRolePolicyCommand({ RoleName: Role.split('/').at(-1), PolicyName: 'failed' })));
        await functions.send(
            new lambda.PutFunctionEventInvokeConfigCommand({
                FunctionName, MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination: failed.arn } },
            }),
        );
        await send(s3.PutObjectCommand, { Bucket, Key: 'first', Body: 'x' });
        const [{ requestContext, requestPayload }] = await receive(failed);
        assert.equal(requestContext.condition, 'RetriesExhausted');
        assert.equal(requestPayload.Records[0].s3.object.key, 'again');
    });

    test('a serverless application has a function that uploads invoke', async () => {
        const StackName = unique('stack');
        const TemplateBody = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Uploads:
    Type: AWS::S3::Bucket
  Resize:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs20.x
      Handler: index.handler
      InlineCode: |
        exports.handler = async (event) => { console.log('told ' + JSON.stringify(event)); };
      Events:
        Uploaded:
          Type: S3
          Properties:
            Bucket: !Ref Uploads
            Events: ['s3:ObjectCreated:Put', 's3:ObjectRemoved:*']
            Filter: {S3Key: {Rules: [{Name: suffix, Value: .jpg}]}}
Outputs:
  Bucket: {Value: !Ref Uploads}
  Function: {Value: !Ref Resize}
`;
        const Capabilities = ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'];
        await stacks.send(new cloudformation.CreateStackCommand({ StackName, TemplateBody, Capabilities }));
        const wait = { client: stacks, maxWaitTime: 120, minDelay: 1, maxDelay: 2 };
        undo.add(async () => {
            await stacks.send(new cloudformation.DeleteStackCommand({ StackName }));
            await cloudformation.waitUntilStackDeleteComplete(wait, { StackName });
        });
        await cloudformation.waitUntilStackCreateComplete(wait, { StackName });
        const { Stacks } = await stacks.send(new cloudformation.DescribeStacksCommand({ StackName }));
        const output = Object.fromEntries(Stacks[0].Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
        const { LambdaFunctionConfigurations } = await send(s3.GetBucketNotificationConfigurationCommand, { Bucket: output.Bucket });
        assert.deepEqual(LambdaFunctionConfigurations.map(({ Events }) => Events), [['s3:ObjectCreated:Put'], ['s3:ObjectRemoved:*']]);
        undo.add(() => send(s3.DeleteObjectCommand, { Bucket: output.Bucket, Key: 'a.jpg' }));
        await send(s3.PutObjectCommand, { Bucket: output.Bucket, Key: 'a.jpg', Body: 'hello' });
        const { Records } = await eventIn(output.Function);
        assert.equal(Records[0].s3.bucket.name, output.Bucket);
        assert.equal(Records[0].s3.object.key, 'a.jpg');
    });

    test('a stack whose notifications cannot be delivered is taken back with its bucket', async () => {
        const StackName = unique('stack');
        const BucketName = unique('bucket');
        const TemplateBody = `
Resources:
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: ${BucketName}
      NotificationConfiguration:
        QueueConfigurations:
          - {Event: 's3:ObjectCreated:*', Queue: !Sub 'arn:aws:sqs:\${AWS::Region}:\${AWS::AccountId}:${unique('none')}'}
`;
        undo.add(() => stacks.send(new cloudformation.DeleteStackCommand({ StackName })));
        await stacks.send(new cloudformation.CreateStackCommand({ StackName, TemplateBody }));
        const reason = await eventually(async () => {
            const { StackEvents } = await stacks.send(new cloudformation.DescribeStackEventsCommand({ StackName }));
            const ended = StackEvents.some((one) => one.LogicalResourceId === StackName && one.ResourceStatus === 'ROLLBACK_COMPLETE');
            return ended && StackEvents.find((one) => one.ResourceStatus === 'CREATE_FAILED').ResourceStatusReason;
        });
        assert.match(reason, /Unable to validate the following destination configurations/);
        await fails(send(s3.HeadBucketCommand, { Bucket: BucketName }), 'NotFound', 404);
    });
});
