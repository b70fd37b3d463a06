// FIFO queues: order, deduplication, visibility of groups, dead letters.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as sqs from '@aws-sdk/client-sqs';
import { clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

async function newQueue(Attributes, suffix = '.fifo') {
    const { QueueUrl } = await send(sqs.CreateQueueCommand, { QueueName: unique('queue') + suffix, Attributes });
    undo.add(() => send(sqs.DeleteQueueCommand, { QueueUrl }));
    return QueueUrl;
}
const newFifo = (Attributes) => newQueue({ FifoQueue: 'true', ContentBasedDeduplication: 'true', ...Attributes });
const newStrictFifo = (Attributes) => newQueue({ FifoQueue: 'true', ...Attributes });

const put = (QueueUrl, MessageGroupId, MessageBody, MessageDeduplicationId) =>
    send(sqs.SendMessageCommand, { QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId });
/** Sends "g1-m1" to the group "g1", and so on. */
async function putAll(QueueUrl, ...bodies) {
    for (const body of bodies) await put(QueueUrl, body.split('-')[0], body);
}
const take = async (QueueUrl, MaxNumberOfMessages = 10, more = {}) =>
    (await send(sqs.ReceiveMessageCommand, {
        QueueUrl,
        MaxNumberOfMessages,
        MessageSystemAttributeNames: ['All'],
        WaitTimeSeconds: onAws ? 2 : 0,
        ...more,
    })).Messages ?? [];
const bodies = (messages) => messages.map(({ Body }) => Body);
const erase = (QueueUrl, { ReceiptHandle }) => send(sqs.DeleteMessageCommand, { QueueUrl, ReceiptHandle });
const show = (QueueUrl, { ReceiptHandle }, VisibilityTimeout) =>
    send(sqs.ChangeMessageVisibilityCommand, { QueueUrl, ReceiptHandle, VisibilityTimeout });
const set = (QueueUrl, Attributes) => send(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes });
const attributesOf = async (QueueUrl) =>
    (await send(sqs.GetQueueAttributesCommand, { QueueUrl, AttributeNames: ['All'] })).Attributes;

/** Lets time pass: the cloud's own, where it has one. */
async function pass(seconds) {
    if (onAws) return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const answer = await fetch(`${endpoint}/_cumulet/clock`, { method: 'POST', body: JSON.stringify({ advance: `PT${seconds}S` }) });
    assert.ok(answer.ok);
}

describe('order', () => {
    test('consumers side by side see each group in its order', async () => {
        const QueueUrl = await newStrictFifo({ VisibilityTimeout: '300' });
        const groups = ['a', 'b', 'c', 'd', 'e'];
        const each = 12;
        for (let number = 0; number < each; number += 2) {
            const Entries = groups.flatMap((group) =>
                [number, number + 1].map((next) => ({
                    Id: `${group}${next}`,
                    MessageBody: `${group}-${next}`,
                    MessageGroupId: group,
                    MessageDeduplicationId: `${group}-${next}`,
                })),
            );
            const { Successful } = await send(sqs.SendMessageBatchCommand, { QueueUrl, Entries });
            assert.equal(Successful.length, Entries.length);
        }
        const handled = [];
        const held = new Set();
        async function consume(most) {
            while (handled.length < groups.length * each) {
                const batch = await take(QueueUrl, most, { WaitTimeSeconds: 1 });
                const mine = new Set(batch.map(({ Attributes }) => Attributes.MessageGroupId));
                for (const group of mine) {
                    assert.ok(!held.has(group), `group ${group} was handed to two consumers`);
                    held.add(group);
                }
                await new Promise((resolve) => setTimeout(resolve, 5));
                handled.push(...bodies(batch));
                mine.forEach((group) => held.delete(group));
                for (const message of batch) await erase(QueueUrl, message);
            }
        }
        await Promise.all([consume(1), consume(2), consume(3), consume(10)]);
        for (const group of groups) {
            const seen = handled.filter((body) => body.startsWith(`${group}-`));
            assert.deepEqual(seen, Array.from({ length: each }, (_, number) => `${group}-${number}`));
        }
    });

    test('a receive takes the messages of one group before the next', async () => {
        const QueueUrl = await newFifo();
        await putAll(QueueUrl, 'g1-m1', 'g2-m1', 'g1-m2', 'g1-m3');
        assert.deepEqual(bodies(await take(QueueUrl)), ['g1-m1', 'g1-m2', 'g1-m3', 'g2-m1']);
    });

    test('a receive without a visibility timeout leaves everything in its order', async () => {
        const QueueUrl = await newFifo();
        await putAll(QueueUrl, 'g1-m1', 'g2-m1', 'g2-m2', 'g3-m1', 'g1-m2');
        assert.deepEqual(bodies(await take(QueueUrl, 3, { VisibilityTimeout: 0 })), ['g1-m1', 'g1-m2', 'g2-m1']);
        const all = bodies(await take(QueueUrl, 10, { VisibilityTimeout: 0 }));
        assert.equal(all.length, 5);
        const of = (group) => all.filter((body) => body.startsWith(group));
        assert.deepEqual([of('g1'), of('g2'), of('g3')], [['g1-m1', 'g1-m2'], ['g2-m1', 'g2-m2'], ['g3-m1']]);
    });

    test('messages come back in their order', async () => {
        const QueueUrl = await newFifo({ VisibilityTimeout: '10' });
        await putAll(QueueUrl, 'g-1', 'g-2', 'g-3');
        assert.deepEqual(bodies(await take(QueueUrl)), ['g-1', 'g-2', 'g-3']);
        await pass(10);
        const again = await take(QueueUrl);
        assert.deepEqual(bodies(again), ['g-1', 'g-2', 'g-3']);
        assert.equal(again[0].Attributes.ApproximateReceiveCount, '2');
    });

    test('sequence numbers grow, whatever the group', async () => {
        const QueueUrl = await newFifo();
        const first = await put(QueueUrl, 'a', '1');
        const Entries = ['2', '3'].map((Id) => ({ Id, MessageBody: Id, MessageGroupId: `g${Id}` }));
        const { Successful } = await send(sqs.SendMessageBatchCommand, { QueueUrl, Entries });
        const numbers = [first, ...Successful].map(({ SequenceNumber }) => SequenceNumber);
        for (const number of numbers) assert.match(number, /^\d{20}$/);
        assert.deepEqual(numbers.toSorted(), numbers);
        assert.equal(new Set(numbers).size, 3);
        const received = await take(QueueUrl);
        assert.deepEqual(Object.fromEntries(received.map(({ Body, Attributes }) => [Body, Attributes.SequenceNumber])),
            { 1: numbers[0], 2: numbers[1], 3: numbers[2] });
    });
});

describe('groups in flight', () => {
    test('a group is hidden while its first message is in flight', async () => {
        const QueueUrl = await newFifo({ VisibilityTimeout: '30' });
        await putAll(QueueUrl, 'g1-m1', 'g1-m2', 'g1-m3', 'g1-m4', 'g2-m1', 'g3-m1');
        assert.deepEqual(bodies(await take(QueueUrl, 2)), ['g1-m1', 'g1-m2']);
        assert.deepEqual(bodies(await take(QueueUrl, 1)), ['g2-m1']);
        await pass(30);
        const all = bodies(await take(QueueUrl, 10, { VisibilityTimeout: 0 }));
        assert.equal(all[0], 'g3-m1');
        assert.deepEqual(all.filter((body) => body.startsWith('g1')), ['g1-m1', 'g1-m2', 'g1-m3', 'g1-m4']);
    });

    test('a group goes on once all that was received of it is deleted', async () => {
        const QueueUrl = await newFifo();
        await putAll(QueueUrl, 'g1-m1', 'g2-m1', 'g1-m2', 'g2-m2', 'g1-m3', 'g1-m4', 'g3-m1');
        const [first, second] = await take(QueueUrl, 2);
        await erase(QueueUrl, first);
        assert.deepEqual(bodies(await take(QueueUrl)), ['g2-m1', 'g2-m2', 'g3-m1']);
        await erase(QueueUrl, second);
        assert.deepEqual(bodies(await take(QueueUrl)), ['g1-m3', 'g1-m4']);
    });

    test('a message that was given back is received again while others of its batch are held', async () => {
        const QueueUrl = await newFifo({ VisibilityTimeout: '30' });
        await putAll(QueueUrl, 'g1-m1', 'g1-m2', 'g2-m1');
        const [first] = await take(QueueUrl, 2);
        await show(QueueUrl, first, 0);
        assert.deepEqual(bodies(await take(QueueUrl, 3)), ['g2-m1', 'g1-m1']);
    });

    test('the end of one message’s visibility timeout frees that message only', async () => {
        const QueueUrl = await newFifo({ VisibilityTimeout: '30' });
        await putAll(QueueUrl, 'g1-m1', 'g1-m2', 'g2-m1');
        const [first] = await take(QueueUrl, 2);
        await show(QueueUrl, first, 1);
        await pass(2);
        assert.deepEqual(bodies(await take(QueueUrl, 3)), ['g2-m1', 'g1-m1']);
    });

    test('a group that became empty takes messages again', async () => {
        const QueueUrl = await newFifo();
        for (const body of ['g-1', 'g-2', 'g-3']) {
            await putAll(QueueUrl, body);
            const [message] = await take(QueueUrl);
            assert.equal(message.Body, body);
            await erase(QueueUrl, message);
            assert.deepEqual(await take(QueueUrl), []);
        }
    });

    test('who waits gets a message as soon as its group is free', async () => {
        const QueueUrl = await newFifo();
        await putAll(QueueUrl, 'g-1', 'g-2');
        const [first] = await take(QueueUrl, 1);
        const waiting = take(QueueUrl, 1, { WaitTimeSeconds: 20 });
        await erase(QueueUrl, first);
        assert.deepEqual(bodies(await waiting), ['g-2']);
    });

    test('counts tell what is visible and what is not', async () => {
        const QueueUrl = await newFifo();
        await putAll(QueueUrl, 'g1-m1', 'g1-m2', 'g1-m3', 'g2-m1', 'g3-m1');
        const counts = async () => {
            const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } = await attributesOf(QueueUrl);
            return [visible, hidden].join();
        };
        await eventually(async () => (await counts()) === '5,0');
        const messages = await take(QueueUrl, 4);
        await eventually(async () => (await counts()) === '1,4');
        for (const message of messages) await erase(QueueUrl, message);
        await eventually(async () => (await counts()) === '1,0');
        await send(sqs.PurgeQueueCommand, { QueueUrl });
        await eventually(async () => (await counts()) === '0,0', 90);
    });

    test('a handle ends with its visibility timeout', async () => {
        const QueueUrl = await newFifo({ VisibilityTimeout: '5' });
        await putAll(QueueUrl, 'g-1');
        const [message] = await take(QueueUrl);
        await pass(6);
        await fails(erase(QueueUrl, message), 'InvalidParameterValue', 400, /Reason: The receipt handle has expired\./);
        await fails(show(QueueUrl, message, 10), 'MessageNotInflight', 400);
        const { Failed } = await send(sqs.DeleteMessageBatchCommand, {
            QueueUrl,
            Entries: [{ Id: 'late', ReceiptHandle: message.ReceiptHandle }],
        });
        assert.deepEqual(Failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]), [['late', 'InvalidParameterValue', true]]);
    });

    test('a receive can be repeated under its attempt id', async () => {
        const QueueUrl = await newFifo({ VisibilityTimeout: '30' });
        await putAll(QueueUrl, 'g-1', 'g-2', 'g-3');
        const attempt = (ReceiveRequestAttemptId) => take(QueueUrl, 2, { ReceiveRequestAttemptId });
        const id = unique('attempt');
        const first = await attempt(id);
        assert.deepEqual(bodies(first), ['g-1', 'g-2']);
        const again = await attempt(id);
        assert.deepEqual(again.map(({ ReceiptHandle }) => ReceiptHandle), first.map(({ ReceiptHandle }) => ReceiptHandle));
        assert.equal(again[0].Attributes.ApproximateReceiveCount, '1');
        assert.deepEqual(await attempt(unique('attempt')), [], 'the group is in flight');
        await erase(QueueUrl, first[0]);
        await erase(QueueUrl, first[1]);
        assert.deepEqual(bodies(await attempt(id)), ['g-3'], 'what it handed out is gone');
    });
});

describe('deduplication', () => {
    test('by id, for five minutes, also after the message was deleted, and in any group', async () => {
        const QueueUrl = await newStrictFifo();
        const first = await put(QueueUrl, 'a', 'one', 'id');
        const [message] = await take(QueueUrl);
        assert.equal(message.Attributes.MessageDeduplicationId, 'id');
        await erase(QueueUrl, message);
        const second = await put(QueueUrl, 'b', 'two', 'id');
        assert.equal(second.MessageId, first.MessageId);
        assert.equal(second.SequenceNumber, first.SequenceNumber);
        assert.deepEqual(await take(QueueUrl), []);
        await pass(301);
        const third = await put(QueueUrl, 'a', 'three', 'id');
        assert.notEqual(third.MessageId, first.MessageId);
        assert.deepEqual(bodies(await take(QueueUrl)), ['three']);
    });

    test('by content, which an id overrules', async () => {
        const QueueUrl = await newFifo();
        const MessageAttributes = { kind: { DataType: 'String', StringValue: 'other' } };
        await put(QueueUrl, 'a', 'same');
        await send(sqs.SendMessageCommand, { QueueUrl, MessageBody: 'same', MessageGroupId: 'b', MessageAttributes });
        await put(QueueUrl, 'c', 'same', 'id');
        await put(QueueUrl, 'd', 'other', 'id');
        const received = await take(QueueUrl);
        assert.deepEqual(received.map(({ Attributes }) => Attributes.MessageGroupId), ['a', 'c']);
        assert.match(received[0].Attributes.MessageDeduplicationId, /^[0-9a-f]{64}$/);
    });

    test('within a batch, too', async () => {
        const QueueUrl = await newStrictFifo();
        const Entries = ['x', 'y', 'x'].map((id, index) => ({
            Id: `${index}`,
            MessageBody: `${index}`,
            MessageGroupId: 'g',
            MessageDeduplicationId: id,
        }));
        const { Successful } = await send(sqs.SendMessageBatchCommand, { QueueUrl, Entries });
        assert.equal(Successful.length, 3);
        assert.equal(Successful[2].MessageId, Successful[0].MessageId);
        assert.deepEqual(bodies(await take(QueueUrl)), ['0', '1']);
    });

    test('by content may be switched on and off', async () => {
        const QueueUrl = await newFifo();
        assert.equal((await attributesOf(QueueUrl)).ContentBasedDeduplication, 'true');
        await set(QueueUrl, { ContentBasedDeduplication: 'false' });
        assert.equal((await attributesOf(QueueUrl)).ContentBasedDeduplication, 'false');
        await fails(put(QueueUrl, 'g', 'x'), 'InvalidParameterValue', 400, /should either have ContentBasedDeduplication enabled/);
    });
});

describe('high throughput', () => {
    const high = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };

    test('a queue may be made for it, or changed to it and back', async () => {
        const QueueUrl = await newFifo();
        const shown = async () => {
            const { DeduplicationScope, FifoThroughputLimit } = await attributesOf(QueueUrl);
            return { DeduplicationScope, FifoThroughputLimit };
        };
        const usual = { DeduplicationScope: 'queue', FifoThroughputLimit: 'perQueue' };
        assert.deepEqual(await shown(), usual);
        await put(QueueUrl, 'a', 'same');
        await put(QueueUrl, 'b', 'same');
        assert.equal((await take(QueueUrl)).length, 1);
        await set(QueueUrl, high);
        assert.deepEqual(await shown(), high);
        await put(QueueUrl, 'c', 'new');
        await put(QueueUrl, 'd', 'new');
        await put(QueueUrl, 'd', 'new');
        assert.deepEqual((await take(QueueUrl)).map(({ Attributes }) => Attributes.MessageGroupId).toSorted(), ['c', 'd']);
        await set(QueueUrl, usual);
        await put(QueueUrl, 'e', 'last');
        await put(QueueUrl, 'f', 'last');
        assert.equal((await take(QueueUrl)).length, 1);
        assert.deepEqual(await newFifo(high).then(attributesOf).then(({ FifoThroughputLimit }) => FifoThroughputLimit), 'perMessageGroupId');
    });

    test('it needs deduplication within groups', async () => {
        const QueueUrl = await newFifo();
        const { FifoThroughputLimit, DeduplicationScope } = high;
        await fails(set(QueueUrl, { FifoThroughputLimit }), 'InvalidAttributeValue', 400);
        await fails(set(QueueUrl, { FifoThroughputLimit: 'none' }), 'InvalidAttributeValue', 400);
        await fails(set(QueueUrl, { DeduplicationScope: 'none' }), 'InvalidAttributeValue', 400);
        await set(QueueUrl, { DeduplicationScope });
        await set(QueueUrl, { FifoThroughputLimit });
    });

    test('the order of each group stays', async () => {
        const QueueUrl = await newFifo(high);
        for (let number = 0; number < 8; ++number) await putAll(QueueUrl, `a-${number}`, `b-${number}`);
        const seen = [];
        for (let batch = await take(QueueUrl, 3); batch.length; batch = await take(QueueUrl, 3)) {
            seen.push(...bodies(batch));
            for (const message of batch) await erase(QueueUrl, message);
        }
        for (const group of ['a', 'b']) {
            assert.deepEqual(seen.filter((body) => body[0] === group), Array.from({ length: 8 }, (_, number) => `${group}-${number}`));
        }
    });
});

describe('dead letters', () => {
    const newPair = async (Attributes) => {
        const grave = await newStrictFifo();
        const { QueueArn: deadLetterTargetArn } = await attributesOf(grave);
        const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
        const queue = await newFifo({ VisibilityTimeout: '10', RedrivePolicy, ...Attributes });
        return { grave, graveArn: deadLetterTargetArn, queue, queueArn: (await attributesOf(queue)).QueueArn };
    };

    test('a dead letter keeps its group, its deduplication id and its attributes, and lets its group go on', async () => {
        const { grave, queue, queueArn } = await newPair();
        const MessageAttributes = { kind: { DataType: 'String', StringValue: 'poison' } };
        const { MessageId } = await send(sqs.SendMessageCommand, { QueueUrl: queue, MessageBody: 'poison', MessageGroupId: 'g', MessageAttributes });
        await put(queue, 'g', 'next');
        assert.deepEqual(bodies(await take(queue, 1)), ['poison']);
        await pass(10);
        assert.deepEqual(bodies(await take(queue)), ['next']);
        const [dead] = await take(grave, 10, { MessageAttributeNames: ['All'] });
        assert.equal(dead.MessageId, MessageId);
        assert.equal(dead.Body, 'poison');
        assert.equal(dead.MessageAttributes.kind.StringValue, 'poison');
        assert.equal(dead.Attributes.MessageGroupId, 'g');
        assert.match(dead.Attributes.MessageDeduplicationId, /^[0-9a-f]{64}$/);
        assert.equal(dead.Attributes.DeadLetterQueueSourceArn, queueArn);
        await put(queue, 'g', 'poison');
        assert.deepEqual(await take(queue), [], 'it is known for five minutes');
    });

    test('groups keep their order on the way to the dead-letter queue and back', async () => {
        const { grave, graveArn, queue } = await newPair();
        await putAll(queue, 'a-1', 'b-1', 'a-2', 'b-2', 'a-3');
        assert.equal((await take(queue)).length, 5);
        await pass(10);
        assert.deepEqual(await take(queue), []);
        const inGroup = (messages, group) => bodies(messages).filter((body) => body.startsWith(group));
        const dead = await take(grave, 10, { VisibilityTimeout: 0 });
        assert.deepEqual([inGroup(dead, 'a'), inGroup(dead, 'b')], [['a-1', 'a-2', 'a-3'], ['b-1', 'b-2']]);
        await send(sqs.StartMessageMoveTaskCommand, { SourceArn: graveArn });
        await eventually(async () => (await attributesOf(queue)).ApproximateNumberOfMessages === '5', 90);
        const back = await take(queue);
        assert.deepEqual([inGroup(back, 'a'), inGroup(back, 'b')], [['a-1', 'a-2', 'a-3'], ['b-1', 'b-2']]);
        assert.deepEqual(await take(grave), []);
    });
});

describe('refusals', () => {
    const refused = (call, message) => fails(call, 'InvalidParameterValue', 400, message);

    test('of what a message lacks', async () => {
        const QueueUrl = await newStrictFifo();
        await fails(put(QueueUrl, undefined, 'x', 'id'), 'MissingParameter', 400, /must contain the parameter MessageGroupId/);
        await refused(put(QueueUrl, 'g', 'x'), /ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly/);
        const entry = (Id, more) => ({ Id, MessageBody: Id, MessageGroupId: 'g', MessageDeduplicationId: Id, ...more });
        const batch = (...Entries) => send(sqs.SendMessageBatchCommand, { QueueUrl, Entries });
        await fails(batch(entry('a'), entry('b', { MessageGroupId: undefined })), 'MissingParameter', 400);
        await refused(batch(entry('a'), entry('b', { MessageDeduplicationId: undefined })), /ContentBasedDeduplication/);
        assert.deepEqual(await take(QueueUrl), [], 'nothing of these batches was sent');
    });

    test('of ids', async () => {
        const QueueUrl = await newFifo();
        const long = 'x'.repeat(129);
        const only = /can only include alphanumeric and punctuation characters\. 1 to 128 in length/;
        await refused(put(QueueUrl, long, 'x'), only);
        await refused(put(QueueUrl, 'a b', 'x'), only);
        await refused(put(QueueUrl, 'g', 'x', long), only);
        await put(QueueUrl, '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', 'x', long.slice(1));
        await refused(take(QueueUrl, 1, { ReceiveRequestAttemptId: long }), only);
    });

    test('of delays, which only the queue may have', async () => {
        const QueueUrl = await newFifo({ DelaySeconds: '20' });
        const message = { QueueUrl, MessageBody: 'x', MessageGroupId: 'g' };
        await refused(send(sqs.SendMessageCommand, { ...message, DelaySeconds: 2 }), /Value 2 for parameter DelaySeconds is invalid/);
        const { Failed } = await send(sqs.SendMessageBatchCommand, {
            QueueUrl,
            Entries: [{ Id: 'a', MessageBody: 'x', MessageGroupId: 'g', DelaySeconds: 2 }],
        });
        assert.equal(Failed[0].Code, 'InvalidParameterValue');
        await putAll(QueueUrl, 'g-1', 'g-2');
        assert.deepEqual(await take(QueueUrl), []);
        await pass(20);
        assert.deepEqual(bodies(await take(QueueUrl)), ['g-1', 'g-2']);
    });

    test('of what belongs to the other kind of queue', async () => {
        const QueueUrl = await newQueue({}, '');
        const kind = /not valid for this queue type/;
        await refused(put(QueueUrl, undefined, 'x', 'id'), kind);
        await refused(take(QueueUrl, 1, { ReceiveRequestAttemptId: 'a' }), kind);
        await refused(newQueue({}), /Can only include alphanumeric characters/);
        await refused(newQueue({ FifoQueue: 'true' }, ''), /must end with \.fifo suffix/);
        await fails(newQueue({ FifoQueue: 'false' }, ''), 'InvalidAttributeName', 400, /Unknown Attribute FifoQueue/);
        await fails(newQueue({ ContentBasedDeduplication: 'true' }, ''), 'InvalidAttributeName', 400);
        const deadLetterTargetArn = (await attributesOf(QueueUrl)).QueueArn;
        const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 });
        await refused(newFifo({ RedrivePolicy }), /must be same type of queue/);
    });
});
