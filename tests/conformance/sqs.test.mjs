import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import * as sqs from '@aws-sdk/client-sqs';
import { allPages, clientOf, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const md5 = (text) => createHash('md5').update(text).digest('hex');

async function newQueue(Attributes, tags) {
    const QueueName = unique('queue');
    const { QueueUrl } = await send(sqs.CreateQueueCommand, { QueueName, Attributes, tags });
    undo.add(() => send(sqs.DeleteQueueCommand, { QueueUrl }));
    return QueueUrl;
}

/** Receives once, waiting as long as SQS lets us, so that AWS's many machines all get to answer. */
async function receive(QueueUrl, input = {}) {
    const { Messages } = await send(sqs.ReceiveMessageCommand, { QueueUrl, WaitTimeSeconds: 5, ...input });
    return Messages ?? [];
}

async function attributesOf(QueueUrl, AttributeNames = ['All']) {
    return (await send(sqs.GetQueueAttributesCommand, { QueueUrl, AttributeNames })).Attributes;
}

test('a queue has a URL by its name and the defaults that AWS documents', async () => {
    const QueueUrl = await newQueue();
    const QueueName = QueueUrl.split('/').at(-1);
    assert.equal((await send(sqs.GetQueueUrlCommand, { QueueName })).QueueUrl, QueueUrl);
    const attributes = await attributesOf(QueueUrl);
    assert.equal(attributes.VisibilityTimeout, '30');
    assert.equal(attributes.DelaySeconds, '0');
    assert.equal(attributes.MessageRetentionPeriod, '345600');
    assert.equal(attributes.ReceiveMessageWaitTimeSeconds, '0');
    assert.equal(attributes.ApproximateNumberOfMessages, '0');
    assert.match(attributes.QueueArn, new RegExp(`^arn:aws:sqs:[a-z0-9-]+:\\d{12}:${QueueName}$`));
    assert.match(attributes.CreatedTimestamp, /^\d{10}$/);
});

test('the queue URL is built from the host that the caller used', { skip: onAws }, async () => {
    const url = new URL(await newQueue());
    assert.equal(url.host, new URL(process.env.CUMULET_ENDPOINT).host);
    assert.match(url.pathname, /^\/\d{12}\/queue-/);
});

test('CreateQueue twice is one queue, unless the attributes differ', async () => {
    const QueueUrl = await newQueue({ VisibilityTimeout: '10' });
    const QueueName = QueueUrl.split('/').at(-1);
    const again = await send(sqs.CreateQueueCommand, { QueueName, Attributes: { VisibilityTimeout: '10' } });
    assert.equal(again.QueueUrl, QueueUrl);
    await fails(
        send(sqs.CreateQueueCommand, { QueueName, Attributes: { VisibilityTimeout: '11' } }),
        'QueueNameExists',
        400,
        /same name and a different value for attribute VisibilityTimeout/,
    );
});

test('CreateQueue refuses names and attributes that AWS refuses', async () => {
    await fails(
        send(sqs.CreateQueueCommand, { QueueName: 'with space' }),
        'InvalidParameterValue',
        400,
        /Can only include alphanumeric characters, hyphens, or underscores\. 1 to 80 in length/,
    );
    await fails(
        send(sqs.CreateQueueCommand, { QueueName: unique('queue'), Attributes: { VisibilityTimeout: '43201' } }),
        'InvalidAttributeValue',
        400,
        /Invalid value for the parameter VisibilityTimeout/,
    );
    await fails(
        send(sqs.CreateQueueCommand, { QueueName: unique('queue'), Attributes: { Colour: 'blue' } }),
        'InvalidAttributeName',
        400,
        /Unknown Attribute Colour/,
    );
});

test('a message arrives as it was sent, with its digests', async () => {
    const QueueUrl = await newQueue();
    const MessageBody = 'Zwölf Boxkämpfer 🥊 <&> "quoted"\n\ttabbed';
    const sent = await send(sqs.SendMessageCommand, {
        QueueUrl,
        MessageBody,
        MessageAttributes: {
            kind: { DataType: 'String', StringValue: 'order' },
            price: { DataType: 'Number.euro', StringValue: '12.50' },
            picture: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 1, 254, 255]) },
        },
    });
    assert.equal(sent.MD5OfMessageBody, md5(MessageBody));

    // The SDK itself checks MD5OfBody and MD5OfMessageAttributes against what it received.
    const [message] = await receive(QueueUrl, {
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
    });
    assert.equal(message.MessageId, sent.MessageId);
    assert.equal(message.Body, MessageBody);
    assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    assert.equal(message.MessageAttributes.kind.StringValue, 'order');
    assert.equal(message.MessageAttributes.price.DataType, 'Number.euro');
    assert.deepEqual([...message.MessageAttributes.picture.BinaryValue], [0, 1, 254, 255]);
    assert.equal(message.Attributes.ApproximateReceiveCount, '1');
    assert.ok(Math.abs(Number(message.Attributes.SentTimestamp) - Date.now()) < 60_000);
    assert.ok(message.Attributes.SenderId);
    assert.ok(message.Attributes.ApproximateFirstReceiveTimestamp >= message.Attributes.SentTimestamp);
});

test('only the attributes that were asked for come along', async () => {
    const QueueUrl = await newQueue();
    await send(sqs.SendMessageCommand, {
        QueueUrl,
        MessageBody: 'x',
        MessageAttributes: {
            'order.id': { DataType: 'String', StringValue: '1' },
            'order.kind': { DataType: 'String', StringValue: '2' },
            other: { DataType: 'String', StringValue: '3' },
        },
    });
    const [message] = await receive(QueueUrl, { MessageAttributeNames: ['order.*'] });
    assert.deepEqual(Object.keys(message.MessageAttributes).sort(), ['order.id', 'order.kind']);
    assert.equal(message.Attributes, undefined);
});

test('a received message is hidden until its visibility timeout, and gone once deleted', async () => {
    const QueueUrl = await newQueue();
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'once' });
    const [first] = await receive(QueueUrl, { VisibilityTimeout: 600 });
    assert.deepEqual(await receive(QueueUrl, { WaitTimeSeconds: 0 }), []);
    await eventually(async () => (await attributesOf(QueueUrl)).ApproximateNumberOfMessagesNotVisible === '1', 90);

    await send(sqs.ChangeMessageVisibilityCommand, { QueueUrl, ReceiptHandle: first.ReceiptHandle, VisibilityTimeout: 0 });
    const [second] = await receive(QueueUrl, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    assert.equal(second.MessageId, first.MessageId);
    assert.notEqual(second.ReceiptHandle, first.ReceiptHandle);
    assert.equal(second.Attributes.ApproximateReceiveCount, '2');

    await send(sqs.DeleteMessageCommand, { QueueUrl, ReceiptHandle: second.ReceiptHandle });
    await send(sqs.DeleteMessageCommand, { QueueUrl, ReceiptHandle: second.ReceiptHandle });
    assert.deepEqual(await receive(QueueUrl, { WaitTimeSeconds: 0 }), []);
});

test('a visibility timeout ends by itself', async () => {
    const QueueUrl = await newQueue({ VisibilityTimeout: '1' });
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'again' });
    const [first] = await receive(QueueUrl);
    const [second] = await receive(QueueUrl, { WaitTimeSeconds: 10 });
    assert.equal(second?.MessageId, first.MessageId);
});

test('a long poll is answered as soon as a message arrives', async () => {
    const QueueUrl = await newQueue();
    const started = Date.now();
    const waiting = receive(QueueUrl, { WaitTimeSeconds: 20 });
    await eventually(async () => Date.now() - started > 300);
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'wake up' });
    const [message] = await waiting;
    assert.equal(message.Body, 'wake up');
    assert.ok(Date.now() - started < 10_000);
});

test('a long poll of an empty queue lasts as long as it was asked to', async () => {
    const QueueUrl = await newQueue({ ReceiveMessageWaitTimeSeconds: '1' });
    const started = Date.now();
    const { Messages } = await send(sqs.ReceiveMessageCommand, { QueueUrl });
    assert.equal(Messages, undefined);
    assert.ok(Date.now() - started >= 950);
});

test('delays hold messages back', async () => {
    const QueueUrl = await newQueue({ DelaySeconds: '2' });
    const started = Date.now();
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'late' });
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'at once', DelaySeconds: 0 });
    assert.deepEqual((await receive(QueueUrl)).map(({ Body }) => Body), ['at once']);
    const [late] = await receive(QueueUrl, { WaitTimeSeconds: 20 });
    assert.equal(late.Body, 'late');
    assert.ok(Date.now() - started >= 1900);
});

test('batches answer entry by entry', async () => {
    const QueueUrl = await newQueue();
    const sent = await send(sqs.SendMessageBatchCommand, {
        QueueUrl,
        Entries: [
            { Id: 'a', MessageBody: 'first' },
            { Id: 'b', MessageBody: 'second' },
            { Id: 'c', MessageBody: 'third', DelaySeconds: 901 },
        ],
    });
    assert.deepEqual(sent.Successful.map(({ Id }) => Id).sort(), ['a', 'b']);
    assert.equal(sent.Successful.find(({ Id }) => Id === 'a').MD5OfMessageBody, md5('first'));
    assert.equal(sent.Failed.length, 1);
    assert.equal(sent.Failed[0].Id, 'c');
    assert.equal(sent.Failed[0].SenderFault, true);
    assert.equal(sent.Failed[0].Code, 'InvalidParameterValue');

    const received = [];
    await eventually(async () => {
        received.push(...(await receive(QueueUrl, { MaxNumberOfMessages: 10, VisibilityTimeout: 600 })));
        return received.length === 2;
    });
    const Entries = received.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
    const hidden = await send(sqs.ChangeMessageVisibilityBatchCommand, {
        QueueUrl,
        Entries: Entries.map((entry) => ({ ...entry, VisibilityTimeout: 900 })),
    });
    assert.deepEqual(hidden.Successful.map(({ Id }) => Id).sort(), ['0', '1']);
    const deleted = await send(sqs.DeleteMessageBatchCommand, {
        QueueUrl,
        Entries: [...Entries, { Id: 'wrong', ReceiptHandle: 'not a handle' }],
    });
    assert.deepEqual(deleted.Successful.map(({ Id }) => Id).sort(), ['0', '1']);
    assert.deepEqual(deleted.Failed.map(({ Id, Code }) => [Id, Code]), [['wrong', 'ReceiptHandleIsInvalid']]);
});

test('batches as a whole are refused by name', async () => {
    const QueueUrl = await newQueue();
    const batch = (Entries) => send(sqs.SendMessageBatchCommand, { QueueUrl, Entries });
    const entry = (Id, MessageBody = 'x') => ({ Id, MessageBody });
    await fails(batch([]), 'EmptyBatchRequest', 400);
    await fails(batch([entry('a'), entry('a')]), 'BatchEntryIdsNotDistinct', 400);
    await fails(batch([entry('not valid!')]), 'InvalidBatchEntryId', 400);
    await fails(batch(Array.from({ length: 11 }, (_, index) => entry(`${index}`))), 'TooManyEntriesInBatchRequest', 400);
});

test('messages that break the rules are refused', async () => {
    const QueueUrl = await newQueue({ MaximumMessageSize: '1024' });
    await fails(
        send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'x'.repeat(1025) }),
        'InvalidParameterValue',
        400,
        /One or more parameters are invalid\. Reason: Message must be shorter than 1024 bytes\./,
    );
    await fails(send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'a\u0000b' }), 'InvalidMessageContents', 400);
    await fails(send(sqs.SendMessageCommand, { QueueUrl, MessageBody: '' }), 'MissingParameter', 400, /MessageBody/);
    await fails(
        send(sqs.ReceiveMessageCommand, { QueueUrl, MaxNumberOfMessages: 11 }),
        'InvalidParameterValue',
        400,
        /Value 11 for parameter MaxNumberOfMessages is invalid\. Reason: Must be between 1 and 10, if provided\./,
    );
    await fails(
        send(sqs.ReceiveMessageCommand, { QueueUrl, WaitTimeSeconds: 21 }),
        'InvalidParameterValue',
        400,
        /WaitTimeSeconds/,
    );
    await fails(
        send(sqs.DeleteMessageCommand, { QueueUrl, ReceiptHandle: 'nonsense' }),
        'ReceiptHandleIsInvalid',
        400,
    );
});

test('SetQueueAttributes changes what it names', async () => {
    const QueueUrl = await newQueue();
    await send(sqs.SetQueueAttributesCommand, {
        QueueUrl,
        Attributes: { VisibilityTimeout: '45', MessageRetentionPeriod: '60' },
    });
    const changed = await attributesOf(QueueUrl, ['VisibilityTimeout', 'MessageRetentionPeriod', 'DelaySeconds']);
    assert.deepEqual(changed, { VisibilityTimeout: '45', MessageRetentionPeriod: '60', DelaySeconds: '0' });
    await fails(
        send(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes: { DelaySeconds: '-1' } }),
        'InvalidAttributeValue',
        400,
    );
});

test('a message that was received too often moves to the dead-letter queue', async () => {
    const graveUrl = await newQueue();
    const { QueueArn: deadLetterTargetArn } = await attributesOf(graveUrl);
    const QueueUrl = await newQueue({
        VisibilityTimeout: '0',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }),
    });
    const policy = JSON.parse((await attributesOf(QueueUrl)).RedrivePolicy);
    assert.equal(policy.deadLetterTargetArn, deadLetterTargetArn);
    assert.equal(Number(policy.maxReceiveCount), 2);

    const { MessageId } = await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'poison' });
    const buried = await eventually(async () => {
        await receive(QueueUrl, { WaitTimeSeconds: 1 });
        return (await receive(graveUrl, { WaitTimeSeconds: 0 }))[0];
    });
    assert.equal(buried.Body, 'poison');
    assert.equal(buried.MessageId, MessageId);
});

test('ListDeadLetterSourceQueues names who sends dead letters here, in pages', async () => {
    const graveUrl = await newQueue();
    const { QueueArn: deadLetterTargetArn } = await attributesOf(graveUrl);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
    const made = [await newQueue({ RedrivePolicy }), await newQueue({ RedrivePolicy })].sort();
    const found = await eventually(async () => {
        const all = await allPages(async (NextToken) => {
            const page = await send(sqs.ListDeadLetterSourceQueuesCommand, { QueueUrl: graveUrl, MaxResults: 1, NextToken });
            assert.ok(page.queueUrls.length <= 1);
            return [page.queueUrls, page.NextToken];
        });
        return all.length === 2 && all;
    }, 90);
    assert.deepEqual(found.sort(), made);
    assert.deepEqual((await send(sqs.ListDeadLetterSourceQueuesCommand, { QueueUrl: made[0] })).queueUrls ?? [], []);
});

test('redrive policies are refused with AWS\'s reasons', async () => {
    const QueueUrl = await newQueue();
    const { QueueArn } = await attributesOf(QueueUrl);
    const set = (name, document) =>
        send(sqs.SetQueueAttributesCommand, {
            QueueUrl,
            Attributes: { [name]: typeof document === 'string' ? document : JSON.stringify(document) },
        });
    const refused = (document, reason) => fails(set('RedrivePolicy', document), 'InvalidParameterValue', 400, reason);
    await refused('no JSON', /Redrive policy is not a valid JSON map\./);
    await refused({ maxReceiveCount: 1 }, /Redrive policy does not contain mandatory attribute: deadLetterTargetArn\./);
    await refused({ deadLetterTargetArn: QueueArn }, /does not contain mandatory attribute: maxReceiveCount\./);
    await refused({ deadLetterTargetArn: 'dummy', maxReceiveCount: 42 }, /Invalid value for deadLetterTargetArn\./);
    await refused(
        { deadLetterTargetArn: QueueArn, maxReceiveCount: 1001 },
        /Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive\./,
    );
    await refused({ deadLetterTargetArn: `${QueueArn}-none`, maxReceiveCount: 1 }, /Dead letter target does not exist\./);
    await fails(set('RedriveAllowPolicy', { redrivePermission: 'some' }), 'InvalidAttributeValue', 400);
    await fails(
        set('RedriveAllowPolicy', { redrivePermission: 'byQueue' }),
        'InvalidParameterValue',
        400,
        /you must also specify one or more sourceQueueArns values/,
    );
});

test('a RedriveAllowPolicy decides who may send dead letters', async () => {
    const graveUrl = await newQueue({ RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }) });
    const { QueueArn: deadLetterTargetArn } = await attributesOf(graveUrl);
    const QueueUrl = await newQueue();
    const { QueueArn } = await attributesOf(QueueUrl);
    const name = () =>
        send(sqs.SetQueueAttributesCommand, {
            QueueUrl,
            Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }) },
        });
    await fails(name(), 'InvalidParameterValue', 400, /RedrivePolicy/);
    const RedriveAllowPolicy = JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [QueueArn] });
    await send(sqs.SetQueueAttributesCommand, { QueueUrl: graveUrl, Attributes: { RedriveAllowPolicy } });
    await eventually(() => name().then(() => true, () => false), 90);
});

test('permissions are statements of the queue\'s policy', async () => {
    const QueueUrl = await newQueue();
    const { QueueArn } = await attributesOf(QueueUrl);
    const account = QueueArn.split(':')[4];
    const Label = 'share';
    await send(sqs.AddPermissionCommand, { QueueUrl, Label, AWSAccountIds: [account], Actions: ['ReceiveMessage'] });
    const { Policy } = await eventually(async () => {
        const all = await attributesOf(QueueUrl);
        return all.Policy && all;
    }, 90);
    assert.deepEqual(JSON.parse(Policy), {
        Version: '2008-10-17',
        Id: `${QueueArn}/SQSDefaultPolicy`,
        Statement: [
            {
                Sid: Label,
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${account}:root` },
                Action: 'SQS:ReceiveMessage',
                Resource: QueueArn,
            },
        ],
    });
    await fails(
        send(sqs.AddPermissionCommand, { QueueUrl, Label, AWSAccountIds: [account], Actions: ['SendMessage'] }),
        'InvalidParameterValue',
        400,
        /Value share for parameter Label is invalid\. Reason: Already exists\./,
    );
    await fails(
        send(sqs.AddPermissionCommand, { QueueUrl, Label: 'x', AWSAccountIds: [account], Actions: ['DeleteQueue'] }),
        'InvalidParameterValue',
        400,
        /Value SQS:DeleteQueue for parameter ActionName is invalid\. Reason: Only the queue owner/,
    );
    await send(sqs.RemovePermissionCommand, { QueueUrl, Label });
    await fails(
        send(sqs.RemovePermissionCommand, { QueueUrl, Label }),
        'InvalidParameterValue',
        400,
        /Value share for parameter Label is invalid\. Reason: can't find label\./,
    );
    await fails(
        send(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes: { Policy: '{"Version":"2012-10-17"}' } }),
        'InvalidAttributeValue',
        400,
        /Invalid value for the parameter Policy/,
    );
});

test('encryption is by SQS or by a key, not both', async () => {
    const QueueUrl = await newQueue({ KmsMasterKeyId: 'alias/aws/sqs', KmsDataKeyReusePeriodSeconds: '600' });
    const byKey = await attributesOf(QueueUrl, ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled']);
    assert.deepEqual(byKey, {
        KmsMasterKeyId: 'alias/aws/sqs',
        KmsDataKeyReusePeriodSeconds: '600',
        SqsManagedSseEnabled: 'false',
    });
    await fails(
        send(sqs.SetQueueAttributesCommand, {
            QueueUrl,
            Attributes: { KmsMasterKeyId: 'alias/aws/sqs', SqsManagedSseEnabled: 'true' },
        }),
        'InvalidAttributeName',
        400,
        /You can use one type of server-side encryption \(SSE\) at one time/,
    );
    await send(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes: { SqsManagedSseEnabled: 'true' } });
    await eventually(async () => !(await attributesOf(QueueUrl)).KmsMasterKeyId, 90);
});

test('queues carry tags', async () => {
    const QueueUrl = await newQueue({}, { team: 'orders', stage: 'test' });
    await send(sqs.TagQueueCommand, { QueueUrl, Tags: { stage: 'live' } });
    await send(sqs.UntagQueueCommand, { QueueUrl, TagKeys: ['team'] });
    assert.deepEqual((await send(sqs.ListQueueTagsCommand, { QueueUrl })).Tags, { stage: 'live' });
});

test('ListQueues selects by prefix and pages', async () => {
    const QueueNamePrefix = unique('listed');
    const made = [];
    for (const suffix of ['a', 'b', 'c']) {
        const { QueueUrl } = await send(sqs.CreateQueueCommand, { QueueName: `${QueueNamePrefix}-${suffix}` });
        undo.add(() => send(sqs.DeleteQueueCommand, { QueueUrl }));
        made.push(QueueUrl);
    }
    const found = await allPages(async (NextToken) => {
        const page = await send(sqs.ListQueuesCommand, { QueueNamePrefix, MaxResults: 2, NextToken });
        assert.ok((page.QueueUrls ?? []).length <= 2);
        return [page.QueueUrls, page.NextToken];
    });
    assert.deepEqual(found.sort(), made);
});

test('PurgeQueue empties a queue', async () => {
    const QueueUrl = await newQueue();
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'x' });
    await send(sqs.PurgeQueueCommand, { QueueUrl });
    await eventually(async () => (await attributesOf(QueueUrl)).ApproximateNumberOfMessages === '0', 90);
});

test('a deleted queue is gone', async () => {
    const QueueUrl = await newQueue();
    const QueueName = QueueUrl.split('/').at(-1);
    await send(sqs.DeleteQueueCommand, { QueueUrl });
    await eventually(() => send(sqs.GetQueueUrlCommand, { QueueName }).then(() => false, () => true), 90);
    await fails(
        send(sqs.GetQueueUrlCommand, { QueueName }),
        'QueueDoesNotExist',
        400,
        /The specified queue does not exist/,
    );
    await fails(send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'x' }), 'QueueDoesNotExist', 400);
});

/** A dead-letter queue with messages of `bodies`, and the queue that they came from. */
async function newGrave(bodies) {
    const graveUrl = await newQueue();
    const { QueueArn: deadLetterTargetArn } = await attributesOf(graveUrl);
    const QueueUrl = await newQueue({
        VisibilityTimeout: '0',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
    });
    for (const MessageBody of bodies) await send(sqs.SendMessageCommand, { QueueUrl, MessageBody });
    await eventually(async () => {
        await receive(QueueUrl, { MaxNumberOfMessages: 10, WaitTimeSeconds: 0 });
        return (await attributesOf(graveUrl)).ApproximateNumberOfMessages === `${bodies.length}`;
    }, 90);
    await send(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes: { VisibilityTimeout: '30' } });
    return { graveUrl, graveArn: deadLetterTargetArn, QueueUrl, QueueArn: (await attributesOf(QueueUrl)).QueueArn };
}

const lastTask = async (SourceArn) => (await send(sqs.ListMessageMoveTasksCommand, { SourceArn })).Results?.[0];

test('a message move task brings dead letters back', async () => {
    const { graveArn, QueueUrl } = await newGrave(['a', 'b']);
    const { TaskHandle } = await send(sqs.StartMessageMoveTaskCommand, { SourceArn: graveArn });
    assert.equal(JSON.parse(Buffer.from(TaskHandle, 'base64')).sourceArn, graveArn);
    const done = await eventually(async () => {
        const task = await lastTask(graveArn);
        return task?.Status === 'COMPLETED' && task;
    }, 90);
    assert.equal(done.ApproximateNumberOfMessagesMoved, 2);
    assert.equal(done.ApproximateNumberOfMessagesToMove, 2);
    assert.equal(done.SourceArn, graveArn);
    assert.equal(done.TaskHandle, undefined);
    assert.equal(done.DestinationArn, undefined);
    assert.ok(Math.abs(done.StartedTimestamp - Date.now()) < 120_000);
    const received = [];
    await eventually(async () => {
        received.push(...(await receive(QueueUrl, { MaxNumberOfMessages: 10, VisibilityTimeout: 600 })));
        return received.length === 2;
    }, 90);
    assert.deepEqual(received.map(({ Body }) => Body).sort(), ['a', 'b']);
});

test('a message move task keeps its pace, is alone, and can be cancelled', async () => {
    const { graveArn, graveUrl } = await newGrave(['a', 'b', 'c', 'd', 'e', 'f']);
    const otherUrl = await newQueue();
    const { QueueArn: DestinationArn } = await attributesOf(otherUrl);
    const start = () =>
        send(sqs.StartMessageMoveTaskCommand, { SourceArn: graveArn, DestinationArn, MaxNumberOfMessagesPerSecond: 1 });
    const { TaskHandle } = await start();
    const running = await lastTask(graveArn);
    assert.equal(running.Status, 'RUNNING');
    assert.equal(running.TaskHandle, TaskHandle);
    assert.equal(running.MaxNumberOfMessagesPerSecond, 1);
    assert.equal(running.DestinationArn, DestinationArn);
    await fails(start(), 'InvalidParameterValue', 400, /There is already a task running\. Only one active task is allowed/);
    const { ApproximateNumberOfMessagesMoved } = await send(sqs.CancelMessageMoveTaskCommand, { TaskHandle });
    assert.ok(ApproximateNumberOfMessagesMoved < 6);
    await eventually(async () => (await lastTask(graveArn)).Status === 'CANCELLED', 90);
    await eventually(async () => Number((await attributesOf(graveUrl)).ApproximateNumberOfMessages) > 0, 90);
});

test('a message move task fails where a message has no way back', async () => {
    const { graveArn, graveUrl } = await newGrave([]);
    await send(sqs.SendMessageCommand, { QueueUrl: graveUrl, MessageBody: 'sent here' });
    await send(sqs.StartMessageMoveTaskCommand, { SourceArn: graveArn });
    const failed = await eventually(async () => {
        const task = await lastTask(graveArn);
        return task?.Status === 'FAILED' && task;
    }, 90);
    assert.equal(failed.FailureReason, 'CouldNotDetermineMessageSource');
    assert.equal(failed.ApproximateNumberOfMessagesMoved, 0);
});

test('message move tasks are refused with AWS\'s errors', async () => {
    const { graveArn, QueueArn } = await newGrave([]);
    const start = (input) => send(sqs.StartMessageMoveTaskCommand, input);
    const missing = (name) => new RegExp(`The resource that you specified for the ${name} parameter doesn't exist\\.`);
    await fails(start({ SourceArn: `${graveArn}x` }), 'ResourceNotFoundException', 400, missing('SourceArn'));
    await fails(
        start({ SourceArn: graveArn, DestinationArn: `${graveArn}x` }),
        'ResourceNotFoundException',
        400,
        missing('DestinationArn'),
    );
    await fails(
        start({ SourceArn: QueueArn }),
        'InvalidParameterValue',
        400,
        /Source queue must be configured as a Dead Letter Queue\./,
    );
    await fails(start({ SourceArn: graveArn, DestinationArn: graveArn }), 'InvalidParameterValue', 400, /cannot be the same/);
    for (const MaxNumberOfMessagesPerSecond of [0, 501]) {
        await fails(start({ SourceArn: graveArn, MaxNumberOfMessagesPerSecond }), 'InvalidParameterValue', 400, /between 1 and 500/);
    }
    const cancel = (TaskHandle) => send(sqs.CancelMessageMoveTaskCommand, { TaskHandle });
    const handle = (sourceArn) => Buffer.from(JSON.stringify({ taskId: crypto.randomUUID(), sourceArn })).toString('base64');
    await fails(cancel('foobared'), 'InvalidParameterValue', 400, /Value for parameter TaskHandle is invalid\./);
    await fails(cancel(handle(`${graveArn}x`)), 'ResourceNotFoundException', 400, missing('SourceArn'));
    await fails(cancel(handle(graveArn)), 'ResourceNotFoundException', 400, /Task does not exist\./);
    await fails(
        send(sqs.ListMessageMoveTasksCommand, { SourceArn: `${graveArn}x` }),
        'ResourceNotFoundException',
        400,
        missing('SourceArn'),
    );
});

test('a queue is addressed by any form of its URL', { skip: onAws }, async () => {
    const QueueUrl = await newQueue();
    const { host, pathname } = new URL(QueueUrl);
    const [, account, name] = pathname.split('/');
    const region = process.env.AWS_REGION;
    const forms = [
        name,
        `http://${host}/queue/${region}/${account}/${name}`,
        `http://sqs.${region}.localhost.localstack.cloud:4566${pathname}`,
        `http://${region}.queue.localhost.localstack.cloud:4566${pathname}`,
        `http://queue.localhost.localstack.cloud:4566${pathname}`,
        `https://sqs.${region}.amazonaws.com${pathname}`,
        `https://${region}.queue.amazonaws.com${pathname}`,
    ];
    for (const form of forms) {
        assert.ok((await send(sqs.SendMessageCommand, { QueueUrl: form, MessageBody: form })).MessageId, form);
    }
    assert.equal((await attributesOf(QueueUrl)).ApproximateNumberOfMessages, `${forms.length}`);
    const elsewhere = `http://sqs.eu-north-1.localhost.localstack.cloud:4566${pathname}`;
    await fails(send(sqs.SendMessageCommand, { QueueUrl: elsewhere, MessageBody: 'x' }), 'QueueDoesNotExist', 400);
    await fails(send(sqs.SendMessageCommand, { QueueUrl: 'http://localhost', MessageBody: 'x' }), 'InvalidAddress', 400);
});

test('the legacy protocol is spoken at the queue\'s URL, by GET and by POST', { skip: onAws }, async () => {
    // Nothing signs here, so the queue is open to anyone where policies decide.
    const Statement = [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }];
    const QueueUrl = await newQueue({ Policy: JSON.stringify({ Version: '2012-10-17', Statement }) });
    const { origin, pathname } = new URL(QueueUrl);
    const sent = await fetch(`${QueueUrl}?Action=SendMessage&MessageBody=by%20GET&Version=2012-11-05`);
    assert.equal(sent.status, 200);
    assert.match(await sent.text(), /<SendMessageResponse[^>]*>.*<MessageId>/s);
    const form = { Action: 'SendMessage', MessageBody: 'by POST', Version: '2012-11-05' };
    const posted = await fetch(`${origin}/queue/${process.env.AWS_REGION}${pathname}`, {
        method: 'POST',
        body: new URLSearchParams(form),
    });
    assert.equal(posted.status, 200);
    const bodies = (await receive(QueueUrl, { MaxNumberOfMessages: 10 })).map(({ Body }) => Body);
    assert.deepEqual(bodies.sort(), ['by GET', 'by POST']);
    const empty = { Action: 'SendMessageBatch', Version: '2012-11-05' };
    const batch = await fetch(QueueUrl, { method: 'POST', body: new URLSearchParams(empty) });
    assert.equal(batch.status, 400);
    assert.match(await batch.text(), /<Type>Sender<\/Type><Code>AWS\.SimpleQueueService\.EmptyBatchRequest<\/Code>/);
    const missing = await fetch(`${QueueUrl}x?Action=ReceiveMessage`);
    assert.match(await missing.text(), /<Code>(AWS\.SimpleQueueService\.NonExistentQueue|AccessDenied)<\/Code>/);
});

test('a peek shows messages without receiving them', { skip: onAws }, async () => {
    const QueueUrl = await newQueue();
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'first' });
    await receive(QueueUrl);
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'second' });
    await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'third', DelaySeconds: 600 });
    const endpoint = `${process.env.CUMULET_ENDPOINT}/_aws/sqs/messages`;
    const peek = async (target, accept = 'application/json') =>
        (await fetch(`${endpoint}${target}`, { headers: { accept } })).text();
    const look = async (parameters) => {
        const answer = JSON.parse(await peek(`?${new URLSearchParams({ QueueUrl, ...parameters })}`));
        const found = answer.ReceiveMessageResponse.ReceiveMessageResult?.Message ?? [];
        return [found].flat().map(({ Body }) => Body);
    };
    assert.deepEqual(await look({}), ['second']);
    assert.deepEqual(await look({ ShowInvisible: true, ShowDelayed: true }), ['first', 'second', 'third']);
    const { pathname } = new URL(QueueUrl);
    assert.match(await peek(`/${process.env.AWS_REGION}${pathname}`, '*/*'), /<Body>second<\/Body>/);
    const peeking = clientOf(sqs.SQSClient, { endpoint });
    const { Messages } = await peeking.send(new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }));
    assert.equal(Messages[0].Attributes.ApproximateReceiveCount, '0');
    await fails(peeking.send(new sqs.PurgeQueueCommand({ QueueUrl })), 'InvalidRequest', 400);
    assert.equal((await receive(QueueUrl))[0].Body, 'second');
});

test('message attributes that break the rules are refused', async () => {
    const QueueUrl = await newQueue();
    const attempt = (MessageAttributes) => send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'x', MessageAttributes });
    const text = { DataType: 'String', StringValue: 'x' };
    const refused = (attributes, reason) => fails(attempt(attributes), 'InvalidParameterValue', 400, reason);
    await refused({ 'with space': text }, /attribute|alphanumeric/i);
    await refused({ kind: { DataType: 'Colour', StringValue: 'red' } }, /supported type prefixes is Binary, Number, and String/);
    await refused({ kind: { DataType: 'String', StringValue: '' } }, /non-empty message attribute value/);
    await refused(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, text])), /allowed maximum \[10\]/);
    await fails(attempt({ kind: { DataType: 'String', StringListValues: ['a'] } }), 'UnsupportedOperation', 400);
    for (const DataType of ['Number', 'String.json', 'Binary.png']) {
        const value = DataType.startsWith('Binary') ? { BinaryValue: new Uint8Array([1]) } : { StringValue: '7' };
        assert.ok((await attempt({ kind: { DataType, ...value } })).MD5OfMessageAttributes);
    }
});

test('every call names a queue that does not exist', async () => {
    const QueueUrl = `${await newQueue()}-none`;
    const entry = { Id: 'a', ReceiptHandle: 'x' };
    for (const [Command, input] of [
        [sqs.AddPermissionCommand, { Label: 'x', AWSAccountIds: ['123456789012'], Actions: ['SendMessage'] }],
        [sqs.ChangeMessageVisibilityCommand, { ReceiptHandle: 'x', VisibilityTimeout: 1 }],
        [sqs.ChangeMessageVisibilityBatchCommand, { Entries: [{ ...entry, VisibilityTimeout: 1 }] }],
        [sqs.DeleteMessageCommand, { ReceiptHandle: 'x' }],
        [sqs.DeleteMessageBatchCommand, { Entries: [entry] }],
        [sqs.DeleteQueueCommand, {}],
        [sqs.GetQueueAttributesCommand, { AttributeNames: ['All'] }],
        [sqs.ListDeadLetterSourceQueuesCommand, {}],
        [sqs.ListQueueTagsCommand, {}],
        [sqs.PurgeQueueCommand, {}],
        [sqs.ReceiveMessageCommand, {}],
        [sqs.RemovePermissionCommand, { Label: 'x' }],
        [sqs.SendMessageBatchCommand, { Entries: [{ Id: 'a', MessageBody: 'x' }] }],
        [sqs.SetQueueAttributesCommand, { Attributes: { DelaySeconds: '1' } }],
        [sqs.TagQueueCommand, { Tags: { a: 'b' } }],
        [sqs.UntagQueueCommand, { TagKeys: ['a'] }],
    ]) {
        await fails(send(Command, { QueueUrl, ...input }), 'QueueDoesNotExist', 400, /The specified queue does not exist/);
    }
});
