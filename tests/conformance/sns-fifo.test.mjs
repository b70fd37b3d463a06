// FIFO topics, and message groups on their way to queues.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(sns.SNSClient);
const queues = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const ask = (Command, input) => queues.send(new Command(input));

async function newTopic(Attributes = {}) {
    const Name = unique('topic') + (Attributes.FifoTopic ? '.fifo' : '');
    const { TopicArn } = await send(sns.CreateTopicCommand, { Name, Attributes });
    undo.add(() => send(sns.DeleteTopicCommand, { TopicArn }));
    return TopicArn;
}
const newFifoTopic = (Attributes) => newTopic({ FifoTopic: 'true', ...Attributes });

/** A queue that SNS may send to. */
async function newQueue(fifo) {
    const QueueName = unique('queue') + (fifo ? '.fifo' : '');
    const { QueueUrl: url } = await ask(sqs.CreateQueueCommand, { QueueName, Attributes: fifo ? { FifoQueue: 'true' } : {} });
    undo.add(() => ask(sqs.DeleteQueueCommand, { QueueUrl: url }));
    const { Attributes } = await ask(sqs.GetQueueAttributesCommand, { QueueUrl: url, AttributeNames: ['QueueArn'] });
    const arn = Attributes.QueueArn;
    const Statement = [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn }];
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await ask(sqs.SetQueueAttributesCommand, { QueueUrl: url, Attributes: { Policy } });
    return { url, arn };
}

async function subscribe(TopicArn, queue, Attributes = {}) {
    await send(sns.SubscribeCommand, { TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes });
    return queue;
}
const raw = { RawMessageDelivery: 'true' };

/** Receives and deletes until `count` messages came, and sees that no more come. */
async function received(queue, count) {
    const all = [];
    const more = async (WaitTimeSeconds) => {
        const { Messages = [] } = await ask(sqs.ReceiveMessageCommand, {
            QueueUrl: queue.url,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
        });
        all.push(...Messages);
        for (const { ReceiptHandle } of Messages) await ask(sqs.DeleteMessageCommand, { QueueUrl: queue.url, ReceiptHandle });
    };
    if (count > 0) await eventually(async () => (await more(1), all.length >= count));
    await more(onAws ? 2 : 0);
    assert.equal(all.length, count, all.map(({ Body }) => Body).join());
    return all;
}
const publish = (TopicArn, Message, MessageGroupId, MessageDeduplicationId) =>
    send(sns.PublishCommand, { TopicArn, Message, MessageGroupId, MessageDeduplicationId });
const batch = (TopicArn, ...PublishBatchRequestEntries) => send(sns.PublishBatchCommand, { TopicArn, PublishBatchRequestEntries });
const refused = (call, message) => fails(call, 'InvalidParameterException', 400, message);

async function pass(seconds) {
    if (onAws) return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const answer = await fetch(`${endpoint}/_cumulet/clock`, { method: 'POST', body: JSON.stringify({ advance: `PT${seconds}S` }) });
    assert.ok(answer.ok);
}

test('a FIFO queue gets group, deduplication id and number of a message, raw or enveloped', async () => {
    const TopicArn = await newFifoTopic();
    const plain = await subscribe(TopicArn, await newQueue(true), raw);
    const wrapped = await subscribe(TopicArn, await newQueue(true));
    const { SequenceNumber } = await publish(TopicArn, 'hello', 'group', 'once');
    const [message] = await received(plain, 1);
    assert.equal(message.Body, 'hello');
    assert.equal(message.Attributes.MessageGroupId, 'group');
    assert.equal(message.Attributes.MessageDeduplicationId, 'once');
    const [{ Body, Attributes }] = await received(wrapped, 1);
    const { Type, Message, SequenceNumber: told } = JSON.parse(Body);
    assert.deepEqual({ Type, Message, told }, { Type: 'Notification', Message: 'hello', told: SequenceNumber });
    assert.equal(Attributes.MessageGroupId, 'group');
});

test('a standard queue may subscribe to a FIFO topic', async () => {
    const TopicArn = await newFifoTopic({ ContentBasedDeduplication: 'true' });
    const queue = await subscribe(TopicArn, await newQueue(), raw);
    for (const body of ['a', 'b', 'a']) await publish(TopicArn, body, 'g');
    assert.deepEqual((await received(queue, 2)).map(({ Body }) => Body).sort(), ['a', 'b']);
    await refused(subscribe(await newTopic(), await newQueue(true)), /FIFO SQS Queues can not be subscribed to standard SNS topics/);
});

test('a topic takes one deduplication id once in five minutes', async () => {
    const TopicArn = await newFifoTopic();
    const queue = await subscribe(TopicArn, await newQueue(true), raw);
    const first = await publish(TopicArn, 'one', 'a', 'id');
    await publish(TopicArn, 'two', 'b', 'id');
    assert.deepEqual((await received(queue, 1)).map(({ Body }) => Body), ['one']);
    await pass(301);
    const again = await publish(TopicArn, 'three', 'a', 'id');
    assert.notEqual(again.MessageId, first.MessageId);
    assert.deepEqual((await received(queue, 1)).map(({ Body }) => Body), ['three']);
});

test('a topic may deduplicate within groups', async () => {
    const TopicArn = await newFifoTopic({ FifoThroughputScope: 'MessageGroup', ContentBasedDeduplication: 'true' });
    const queue = await subscribe(TopicArn, await newQueue(), raw);
    for (const group of ['a', 'b', 'a']) await publish(TopicArn, 'same', group);
    await received(queue, 2);
});

test('a batch keeps its order and is deduplicated', async () => {
    const TopicArn = await newFifoTopic();
    const queue = await subscribe(TopicArn, await newQueue(true), raw);
    const entry = (Id, MessageDeduplicationId = Id) => ({ Id, Message: Id, MessageGroupId: 'g', MessageDeduplicationId });
    const { Successful, Failed } = await batch(TopicArn, entry('1'), entry('2'), entry('3', '1'), entry('4'));
    assert.equal(Successful.length, 4);
    assert.deepEqual(Failed ?? [], []);
    for (const { SequenceNumber } of Successful) assert.match(SequenceNumber, /^\d{20}$/);
    assert.deepEqual((await received(queue, 3)).map(({ Body }) => Body), ['1', '2', '4']);
});

test('a filter policy keeps messages out of the order, not the others', async () => {
    const TopicArn = await newFifoTopic({ ContentBasedDeduplication: 'true' });
    const queue = await subscribe(TopicArn, await newQueue(true), { ...raw, FilterPolicy: '{"kind":["even"]}' });
    for (let number = 0; number < 6; ++number) {
        const kind = { DataType: 'String', StringValue: number % 2 ? 'odd' : 'even' };
        await send(sns.PublishCommand, { TopicArn, Message: `${number}`, MessageGroupId: 'g', MessageAttributes: { kind } });
    }
    assert.deepEqual((await received(queue, 3)).map(({ Body }) => Body), ['0', '2', '4']);
});

test('what its queue does not take goes to the FIFO dead-letter queue, with its group', { skip: onAws }, async () => {
    const TopicArn = await newFifoTopic({ ContentBasedDeduplication: 'true' });
    const gone = await newQueue(true);
    const grave = await newQueue(true);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: grave.arn });
    await subscribe(TopicArn, gone, { ...raw, RedrivePolicy });
    await ask(sqs.DeleteQueueCommand, { QueueUrl: gone.url });
    for (const body of ['a', 'b']) await publish(TopicArn, body, 'g');
    const dead = await received(grave, 2);
    assert.deepEqual(dead.map(({ Body }) => Body), ['a', 'b']);
    assert.equal(dead[0].Attributes.MessageGroupId, 'g');
    const standard = JSON.stringify({ deadLetterTargetArn: (await newQueue()).arn });
    await refused(subscribe(TopicArn, await newQueue(true), { RedrivePolicy: standard }), /must use a FIFO queue as DLQ/);
});

test('a standard topic hands a message group on to queues, which take turns by it', async () => {
    const TopicArn = await newTopic();
    const queue = await subscribe(TopicArn, await newQueue(), raw);
    await publish(TopicArn, 'hello', 'tenant-1');
    const [{ Attributes }] = await received(queue, 1);
    assert.equal(Attributes.MessageGroupId, 'tenant-1');
    await refused(publish(TopicArn, 'hello', undefined, 'id'), /MessageDeduplicationId parameter that is not valid for this topic type/);
});

test('publishing to a FIFO topic is refused in AWS’s words', async () => {
    const TopicArn = await newFifoTopic();
    await refused(publish(TopicArn, 'x', undefined, 'id'), /The MessageGroupId parameter is required for FIFO topics/);
    await refused(publish(TopicArn, 'x', 'g'), /either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly/);
    await refused(publish(TopicArn, 'x', 'g'.repeat(129), 'id'), /MessageGroupId/);
    await refused(publish(TopicArn, 'x', 'g', 'i'.repeat(129)), /MessageDeduplicationId/);
    await refused(batch(TopicArn, { Id: '1', Message: 'x', MessageGroupId: 'g', MessageDeduplicationId: '1' }, { Id: '2', Message: 'x' }), /MessageGroupId/);
    await refused(send(sns.CreateTopicCommand, { Name: unique('topic'), Attributes: { FifoTopic: 'true' } }), /must end with \.fifo/i);
    await refused(send(sns.CreateTopicCommand, { Name: `${unique('topic')}.fifo` }), /Topic Name/);
});
