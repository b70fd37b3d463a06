import assert from 'node:assert/strict';
import { createHash, createVerify, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import * as sns from '@aws-sdk/client-sns';
import * as sqs from '@aws-sdk/client-sqs';
import { allPages, clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(sns.SNSClient);
const queues = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input = {}) => client.send(new Command(input));
const ask = (Command, input) => queues.send(new Command(input));

async function newTopic(Attributes, name = unique('topic')) {
    const { TopicArn } = await send(sns.CreateTopicCommand, { Name: name, Attributes });
    undo.add(() => send(sns.DeleteTopicCommand, { TopicArn }));
    return TopicArn;
}

const newFifoTopic = (Attributes) => newTopic({ FifoTopic: 'true', ...Attributes }, `${unique('topic')}.fifo`);

/** A queue that SNS may send to. */
async function newQueue(fifo = false) {
    const QueueName = fifo ? `${unique('queue')}.fifo` : unique('queue');
    const { QueueUrl } = await ask(sqs.CreateQueueCommand, { QueueName, Attributes: fifo ? { FifoQueue: 'true' } : {} });
    undo.add(() => ask(sqs.DeleteQueueCommand, { QueueUrl }));
    const { Attributes } = await ask(sqs.GetQueueAttributesCommand, { QueueUrl, AttributeNames: ['QueueArn'] });
    const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: Attributes.QueueArn }],
    });
    await ask(sqs.SetQueueAttributesCommand, { QueueUrl, Attributes: { Policy } });
    return { url: QueueUrl, arn: Attributes.QueueArn };
}

async function subscribe(TopicArn, queue, Attributes = { RawMessageDelivery: 'true' }) {
    const input = { TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes, ReturnSubscriptionArn: true };
    const { SubscriptionArn } = await send(sns.SubscribeCommand, input);
    return SubscriptionArn;
}

/** Receives until `count` messages came, and deletes them. */
async function received(queue, count) {
    const all = [];
    await eventually(async () => {
        const { Messages = [] } = await ask(sqs.ReceiveMessageCommand, {
            QueueUrl: queue.url,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: 1,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
        });
        for (const message of Messages) {
            all.push(message);
            await ask(sqs.DeleteMessageCommand, { QueueUrl: queue.url, ReceiptHandle: message.ReceiptHandle });
        }
        return all.length >= count;
    });
    assert.equal(all.length, count);
    return all;
}

const attributesOf = async (TopicArn) => (await send(sns.GetTopicAttributesCommand, { TopicArn })).Attributes;
const subscriptionOf = async (SubscriptionArn) =>
    (await send(sns.GetSubscriptionAttributesCommand, { SubscriptionArn })).Attributes;
const developer = async (path) => (await fetch(`${endpoint}/_aws/sns/${path}`)).json();

test('a topic has an ARN by its name, and the attributes that AWS documents', async () => {
    const TopicArn = await newTopic({ DisplayName: 'Orders' });
    assert.match(TopicArn, /^arn:aws:sns:[a-z0-9-]+:\d{12}:topic-[0-9a-f]+$/);
    const attributes = await attributesOf(TopicArn);
    assert.equal(attributes.TopicArn, TopicArn);
    assert.equal(attributes.DisplayName, 'Orders');
    assert.equal(attributes.SubscriptionsConfirmed, '0');
    assert.equal(attributes.SubscriptionsPending, '0');
    assert.equal(JSON.parse(attributes.Policy).Statement[0].Sid, '__default_statement_ID');
    assert.equal(JSON.parse(attributes.EffectiveDeliveryPolicy).http.defaultHealthyRetryPolicy.numRetries, 3);
    await fails(send(sns.GetTopicAttributesCommand, { TopicArn: `${TopicArn}-gone` }), 'NotFoundException', 404, /does not exist/);
    await fails(send(sns.GetTopicAttributesCommand, { TopicArn: 'orders' }), 'InvalidParameterException', 400, /at least 6 elements, not 1/);
});

test('CreateTopic twice is one topic, unless the attributes or tags differ', async () => {
    const Name = unique('topic');
    const TopicArn = await newTopic({ DisplayName: 'a' }, Name);
    assert.equal((await send(sns.CreateTopicCommand, { Name })).TopicArn, TopicArn);
    await fails(send(sns.CreateTopicCommand, { Name, Attributes: { DisplayName: 'b' } }), 'InvalidParameterException', 400, /different attributes/);
    await fails(send(sns.CreateTopicCommand, { Name, Tags: [{ Key: 'k', Value: 'v' }] }), 'InvalidParameterException', 400, /different tags/);
    await fails(send(sns.CreateTopicCommand, { Name: 'with space' }), 'InvalidParameterException', 400, /Topic Name/);
});

test('ListTopics tells of every topic', async () => {
    const TopicArn = await newTopic();
    const all = await allPages(async (NextToken) => {
        const page = await send(sns.ListTopicsCommand, { NextToken });
        return [page.Topics.map((topic) => topic.TopicArn), page.NextToken];
    });
    assert.ok(all.includes(TopicArn));
});

test('SetTopicAttributes changes what is told', async () => {
    const TopicArn = await newTopic();
    await send(sns.SetTopicAttributesCommand, { TopicArn, AttributeName: 'DisplayName', AttributeValue: 'New' });
    assert.equal((await attributesOf(TopicArn)).DisplayName, 'New');
    await fails(
        send(sns.SetTopicAttributesCommand, { TopicArn, AttributeName: 'Colour', AttributeValue: 'red' }),
        'InvalidParameterException',
        400,
        /AttributeName/,
    );
});

test('topics have tags', async () => {
    const ResourceArn = await newTopic();
    await send(sns.TagResourceCommand, { ResourceArn, Tags: [{ Key: 'a', Value: '1' }, { Key: 'b', Value: '2' }] });
    await send(sns.UntagResourceCommand, { ResourceArn, TagKeys: ['a'] });
    assert.deepEqual((await send(sns.ListTagsForResourceCommand, { ResourceArn })).Tags, [{ Key: 'b', Value: '2' }]);
});

test('AddPermission and RemovePermission edit the policy', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    await send(sns.AddPermissionCommand, { TopicArn, Label: 'friends', AWSAccountId: ['111111111111'], ActionName: ['Publish'] });
    const statements = async () => JSON.parse((await attributesOf(TopicArn)).Policy).Statement;
    const added = (await statements()).find((statement) => statement.Sid === 'friends');
    assert.equal(added.Action, 'SNS:Publish');
    assert.equal(added.Principal.AWS, 'arn:aws:iam::111111111111:root');
    await fails(
        send(sns.AddPermissionCommand, { TopicArn, Label: 'friends', AWSAccountId: ['111111111111'], ActionName: ['Publish'] }),
        'InvalidParameterException',
        400,
        /already exists/,
    );
    await send(sns.RemovePermissionCommand, { TopicArn, Label: 'friends' });
    assert.equal((await statements()).length, 1);
});

test('a data protection policy is kept', async () => {
    const ResourceArn = await newTopic();
    const DataProtectionPolicy = JSON.stringify({
        Name: 'p',
        Version: '2021-06-01',
        Statement: [{
            Sid: 's',
            DataDirection: 'Inbound',
            Principal: ['*'],
            DataIdentifier: ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'],
            Operation: { Deny: {} },
        }],
    });
    await send(sns.PutDataProtectionPolicyCommand, { ResourceArn, DataProtectionPolicy });
    const kept = await send(sns.GetDataProtectionPolicyCommand, { ResourceArn });
    assert.deepEqual(JSON.parse(kept.DataProtectionPolicy), JSON.parse(DataProtectionPolicy));
});

test('a subscription is confirmed at once where the endpoint is the caller’s own', async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    const arn = await subscribe(TopicArn, queue, {});
    assert.ok(arn.startsWith(`${TopicArn}:`));
    const attributes = await subscriptionOf(arn);
    assert.equal(attributes.PendingConfirmation, 'false');
    assert.equal(attributes.RawMessageDelivery, 'false');
    assert.equal(attributes.Endpoint, queue.arn);
    assert.equal(await subscribe(TopicArn, queue, {}), arn);
    const byTopic = await send(sns.ListSubscriptionsByTopicCommand, { TopicArn });
    assert.deepEqual(byTopic.Subscriptions.map((one) => one.SubscriptionArn), [arn]);
    const all = await allPages(async (NextToken) => {
        const page = await send(sns.ListSubscriptionsCommand, { NextToken });
        return [page.Subscriptions.map((one) => one.SubscriptionArn), page.NextToken];
    });
    assert.ok(all.includes(arn));
    await send(sns.UnsubscribeCommand, { SubscriptionArn: arn });
    await fails(send(sns.GetSubscriptionAttributesCommand, { SubscriptionArn: arn }), 'NotFoundException', 404, /does not exist/);
});

test('Subscribe refuses what AWS refuses', async () => {
    const TopicArn = await newTopic();
    const refused = (input, message) =>
        fails(send(sns.SubscribeCommand, { TopicArn, ...input }), 'InvalidParameterException', 400, message);
    await refused({ Protocol: 'pigeon', Endpoint: 'x' }, /does not support this protocol string: pigeon/);
    await refused({ Protocol: 'https', Endpoint: 'http://example.com' }, /Endpoint must match the specified protocol/);
    await refused({ Protocol: 'sqs', Endpoint: 'queue' }, /SQS endpoint ARN/);
});

test('a mailbox is confirmed by the token that it got', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const Endpoint = `${unique('someone')}@example.com`;
    const pending = await send(sns.SubscribeCommand, { TopicArn, Protocol: 'email', Endpoint });
    assert.equal(pending.SubscriptionArn, 'pending confirmation');
    const [listed] = (await send(sns.ListSubscriptionsByTopicCommand, { TopicArn })).Subscriptions;
    assert.equal(listed.SubscriptionArn, 'PendingConfirmation');
    const mail = await eventually(async () => (await developer(`email-messages?address=${Endpoint}`)).email_messages[Endpoint][0]);
    const Token = /Token=([0-9a-f]+)/.exec(mail.Body)[1];
    await fails(send(sns.ConfirmSubscriptionCommand, { TopicArn, Token: 'wrong' }), 'InvalidParameterException', 400, /Token/);
    const { SubscriptionArn } = await send(sns.ConfirmSubscriptionCommand, { TopicArn, Token });
    assert.equal((await developer(`subscription-tokens/${SubscriptionArn}`)).subscription_token, Token);
    await send(sns.PublishCommand, { TopicArn, Message: 'hello', Subject: 'News' });
    const arrived = await eventually(async () => (await developer(`email-messages?address=${Endpoint}`)).email_messages[Endpoint][1]);
    assert.equal(arrived.Subject, 'News');
    assert.match(arrived.Body, /^hello\n/);
});

test('what is published reaches every queue, enveloped or raw', async () => {
    const TopicArn = await newTopic();
    const [enveloped, raw] = [await newQueue(), await newQueue()];
    const arn = await subscribe(TopicArn, enveloped, {});
    await subscribe(TopicArn, raw);
    const MessageAttributes = {
        kind: { DataType: 'String', StringValue: 'order' },
        bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) },
    };
    const { MessageId } = await send(sns.PublishCommand, { TopicArn, Message: 'Zwölf <&> "x"\n', Subject: 'News', MessageAttributes });
    const [message] = await received(raw, 1);
    assert.equal(message.Body, 'Zwölf <&> "x"\n');
    assert.equal(message.MessageAttributes.kind.StringValue, 'order');
    assert.deepEqual([...message.MessageAttributes.bytes.BinaryValue], [0, 255]);
    const envelope = JSON.parse((await received(enveloped, 1))[0].Body);
    assert.equal(envelope.Type, 'Notification');
    assert.equal(envelope.MessageId, MessageId);
    assert.equal(envelope.Message, 'Zwölf <&> "x"\n');
    assert.equal(envelope.Subject, 'News');
    assert.deepEqual(envelope.MessageAttributes.bytes, { Type: 'Binary', Value: 'AP8=' });
    assert.ok(envelope.UnsubscribeURL.endsWith(`Action=Unsubscribe&SubscriptionArn=${arn}`));
    assert.match(envelope.Timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test('a structured message has a text for each protocol', async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    await subscribe(TopicArn, queue);
    const Message = JSON.stringify({ default: 'for all', sqs: 'for queues' });
    await send(sns.PublishCommand, { TopicArn, Message, MessageStructure: 'json' });
    assert.equal((await received(queue, 1))[0].Body, 'for queues');
    await fails(
        send(sns.PublishCommand, { TopicArn, Message: '{"sqs":"x"}', MessageStructure: 'json' }),
        'InvalidParameterException',
        400,
        /No default entry/,
    );
});

test('a filter policy keeps out what it does not want', async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    const SubscriptionArn = await subscribe(TopicArn, queue);
    await send(sns.SetSubscriptionAttributesCommand, {
        SubscriptionArn,
        AttributeName: 'FilterPolicy',
        AttributeValue: JSON.stringify({ kind: [{ prefix: 'or' }] }),
    });
    const publish = (kind) =>
        send(sns.PublishCommand, { TopicArn, Message: kind, MessageAttributes: { kind: { DataType: 'String', StringValue: kind } } });
    await publish('invoice');
    await publish('order');
    assert.equal((await received(queue, 1))[0].Body, 'order');
});

test('what a queue does not take goes to the dead-letter queue', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const [gone, dead] = [await newQueue(), await newQueue()];
    await subscribe(TopicArn, gone, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) });
    await ask(sqs.DeleteQueueCommand, { QueueUrl: gone.url });
    await send(sns.PublishCommand, { TopicArn, Message: 'hello' });
    const [message] = await received(dead, 1);
    assert.equal(JSON.parse(message.Body).Message, 'hello');
    assert.ok(message.MessageAttributes.ErrorCode);
    undo.add(() => ask(sqs.CreateQueueCommand, { QueueName: gone.url.split('/').at(-1) }));
});

test('Publish refuses what AWS refuses', async () => {
    const TopicArn = await newTopic();
    const refused = (input, message, name = 'InvalidParameterException') =>
        fails(send(sns.PublishCommand, { TopicArn, Message: 'm', ...input }), name, 400, message);
    await refused({ Message: '' }, /Empty message/);
    await refused({ Subject: 'a\nb' }, /Subject/);
    await refused({ Message: 'x'.repeat(262145) }, /Message too long/);
    await refused({ MessageDeduplicationId: 'd' }, /MessageDeduplicationId/);
    await refused({ MessageAttributes: { a: { DataType: 'Colour', StringValue: 'red' } } }, /invalid message attribute type/, 'InvalidParameterValueException');
});

test('PublishBatch answers for each entry', async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    await subscribe(TopicArn, queue);
    const PublishBatchRequestEntries = ['a', 'b', 'c'].map((Id) => ({ Id, Message: `message ${Id}` }));
    const { Successful, Failed } = await send(sns.PublishBatchCommand, { TopicArn, PublishBatchRequestEntries });
    assert.deepEqual(Successful.map((entry) => entry.Id), ['a', 'b', 'c']);
    assert.equal((Failed ?? []).length, 0);
    const bodies = (await received(queue, 3)).map((message) => message.Body);
    assert.deepEqual(bodies.sort(), ['message a', 'message b', 'message c']);
    await fails(
        send(sns.PublishBatchCommand, { TopicArn, PublishBatchRequestEntries: [{ Id: 'a', Message: 'x' }, { Id: 'a', Message: 'y' }] }),
        'BatchEntryIdsNotDistinctException',
        400,
        /same Id/,
    );
});

test('a FIFO topic keeps the order of a group and takes one id once', async () => {
    const TopicArn = await newFifoTopic({ ContentBasedDeduplication: 'true' });
    assert.equal((await attributesOf(TopicArn)).FifoTopic, 'true');
    const queue = await newQueue(true);
    await subscribe(TopicArn, queue);
    let last = '';
    for (let i = 0; i < 12; ++i) {
        const { SequenceNumber } = await send(sns.PublishCommand, { TopicArn, Message: `m${i}`, MessageGroupId: 'g' });
        assert.ok(SequenceNumber > last);
        last = SequenceNumber;
    }
    await send(sns.PublishCommand, { TopicArn, Message: 'm0', MessageGroupId: 'g' });
    const messages = await received(queue, 12);
    assert.deepEqual(messages.map((message) => message.Body), Array.from({ length: 12 }, (_, i) => `m${i}`));
    assert.equal(messages[0].Attributes.MessageGroupId, 'g');
    await fails(send(sns.PublishCommand, { TopicArn, Message: 'm' }), 'InvalidParameterException', 400, /MessageGroupId parameter is required/);
});

test('a FIFO topic replays its archive', { skip: onAws }, async () => {
    const TopicArn = await newFifoTopic({ ContentBasedDeduplication: 'true', ArchivePolicy: '{"MessageRetentionPeriod":"1"}' });
    const StartingPoint = new Date(Date.now() - 60_000).toISOString();
    for (const Message of ['a', 'b']) await send(sns.PublishCommand, { TopicArn, Message, MessageGroupId: 'g' });
    const queue = await newQueue(true);
    const arn = await subscribe(TopicArn, queue, {
        RawMessageDelivery: 'true',
        ReplayPolicy: JSON.stringify({ PointType: 'Timestamp', StartingPoint }),
    });
    assert.deepEqual((await received(queue, 2)).map((message) => message.Body), ['a', 'b']);
    await eventually(async () => (await subscriptionOf(arn)).ReplayStatus === 'Completed');
    await fails(send(sns.DeleteTopicCommand, { TopicArn }), 'InvalidStateException', 400, /ArchivePolicy/);
    await send(sns.SetTopicAttributesCommand, { TopicArn, AttributeName: 'ArchivePolicy', AttributeValue: '{}' });
});

test('messages to phones can be read', { skip: onAws }, async () => {
    const PhoneNumber = `+1555${String(Math.random()).slice(2, 9)}`;
    const { MessageId } = await send(sns.PublishCommand, { PhoneNumber, Message: 'hello' });
    const { sms_messages } = await developer(`sms-messages?phoneNumber=${encodeURIComponent(PhoneNumber)}`);
    assert.equal(sms_messages[PhoneNumber][0].Message, 'hello');
    assert.equal(sms_messages[PhoneNumber][0].MessageId, MessageId);
    await fails(send(sns.PublishCommand, { PhoneNumber: 'nobody', Message: 'x' }), 'InvalidParameterException', 400, /not valid to publish to/);
});

test('SMS attributes, opt-outs and origination numbers', { skip: onAws }, async () => {
    await send(sns.SetSMSAttributesCommand, { attributes: { DefaultSMSType: 'Transactional' } });
    const { attributes } = await send(sns.GetSMSAttributesCommand, { attributes: ['DefaultSMSType'] });
    assert.deepEqual(attributes, { DefaultSMSType: 'Transactional' });
    const phoneNumber = `+1555${String(Math.random()).slice(2, 9)}`;
    const out = async () => (await send(sns.CheckIfPhoneNumberIsOptedOutCommand, { phoneNumber })).isOptedOut;
    assert.equal(await out(), false);
    await fetch(`${endpoint}/_aws/sns/phone-opt-outs`, { method: 'POST', body: JSON.stringify({ phoneNumber }) });
    assert.equal(await out(), true);
    assert.ok((await send(sns.ListPhoneNumbersOptedOutCommand)).phoneNumbers.includes(phoneNumber));
    await send(sns.OptInPhoneNumberCommand, { phoneNumber });
    assert.equal(await out(), false);
    assert.deepEqual((await send(sns.ListOriginationNumbersCommand)).PhoneNumbers ?? [], []);
});

test('the SMS sandbox verifies numbers by a code', { skip: onAws }, async () => {
    assert.equal((await send(sns.GetSMSSandboxAccountStatusCommand)).IsInSandbox, false);
    const PhoneNumber = `+1555${String(Math.random()).slice(2, 9)}`;
    await send(sns.CreateSMSSandboxPhoneNumberCommand, { PhoneNumber });
    const status = async () =>
        (await send(sns.ListSMSSandboxPhoneNumbersCommand)).PhoneNumbers.find((one) => one.PhoneNumber === PhoneNumber)?.Status;
    assert.equal(await status(), 'Pending');
    const { sms_messages } = await developer(`sms-messages?phoneNumber=${encodeURIComponent(PhoneNumber)}`);
    const OneTimePassword = /\d{6}/.exec(sms_messages[PhoneNumber][0].Message)[0];
    await send(sns.VerifySMSSandboxPhoneNumberCommand, { PhoneNumber, OneTimePassword });
    assert.equal(await status(), 'Verified');
    await fails(send(sns.DeleteSMSSandboxPhoneNumberCommand, { PhoneNumber }), 'UserErrorException', 400, /24 hours/);
    await advance(24 * 3600);
    await send(sns.DeleteSMSSandboxPhoneNumberCommand, { PhoneNumber });
    assert.equal(await status(), undefined);
    await fails(
        send(sns.DeleteSMSSandboxPhoneNumberCommand, { PhoneNumber }),
        'ResourceNotFoundException',
        404,
        /sandbox/,
    );
});

// HTTP endpoints, signatures

/** An endpoint that keeps what it is sent; `answers` are the statuses that it gives first. */
const newEndpoint = (...answers) => newServer(() => [answers.shift() ?? 200]);

/** An endpoint that keeps what it is sent; `answerTo` a request is its status and its header. */
async function newServer(answerTo) {
    const requests = [];
    const server = createServer((request, response) => {
        let body = '';
        request.on('data', (piece) => (body += piece));
        request.on('end', () => {
            requests.push({ headers: request.headers, body });
            response.writeHead(...answerTo(request)).end();
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.add(async () => server.close());
    const { port } = server.address();
    return { requests, url: `http://127.0.0.1:${port}/hook`, next: (count) => eventually(async () => requests.length >= count && requests[count - 1]) };
}

/** Checks a message as AWS's pages tell. */
async function assertSigned(message) {
    const names =
        message.Type === 'Notification'
            ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
            : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
    const text = names.filter((name) => name in message).map((name) => `${name}\n${message[name]}\n`).join('');
    assert.match(message.SigningCertURL, /\/SimpleNotificationService-[0-9a-f]{32}\.pem$/);
    const certificate = await (await fetch(message.SigningCertURL)).text();
    const algorithm = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' }[message.SignatureVersion];
    assert.ok(createVerify(algorithm).update(text).verify(certificate, message.Signature, 'base64'), message.Type);
}

const subscribeUrl = async (TopicArn, url, Attributes) =>
    (await send(sns.SubscribeCommand, { TopicArn, Protocol: 'http', Endpoint: url, Attributes, ReturnSubscriptionArn: true })).SubscriptionArn;

async function confirmed(TopicArn, hook, Attributes) {
    const arn = await subscribeUrl(TopicArn, hook.url, Attributes);
    const { Token } = JSON.parse((await hook.next(1)).body);
    await send(sns.ConfirmSubscriptionCommand, { TopicArn, Token });
    return arn;
}

/** Moves the cloud's clock on, by which requests are signed. */
async function advance(seconds) {
    const body = JSON.stringify({ advance: `PT${seconds}S` });
    assert.ok((await fetch(`${endpoint}/_cumulet/clock`, { method: 'POST', body })).ok);
    for (const { config } of [client, queues]) config.systemClockOffset += seconds * 1000;
}

test('an HTTP endpoint confirms its subscription and gets signed notifications', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const hook = await newEndpoint();
    const arn = await subscribeUrl(TopicArn, hook.url);
    const first = await hook.next(1);
    assert.equal(first.headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
    assert.equal(first.headers['x-amz-sns-topic-arn'], TopicArn);
    const confirmation = JSON.parse(first.body);
    await assertSigned(confirmation);
    const pending = async () => (await send(sns.GetSubscriptionAttributesCommand, { SubscriptionArn: arn })).Attributes.PendingConfirmation;
    assert.equal(await pending(), 'true');
    const visited = await fetch(confirmation.SubscribeURL);
    assert.equal(visited.status, 200);
    assert.match(await visited.text(), new RegExp(`<SubscriptionArn>${arn}</SubscriptionArn>`));
    assert.equal(await pending(), 'false');

    await send(sns.PublishCommand, { TopicArn, Message: 'hello', Subject: 'news' });
    const second = await hook.next(2);
    assert.equal(second.headers['x-amz-sns-message-type'], 'Notification');
    assert.equal(second.headers['x-amz-sns-subscription-arn'], arn);
    assert.equal(second.headers['content-type'], 'text/plain; charset=UTF-8');
    const notification = JSON.parse(second.body);
    assert.equal(notification.SignatureVersion, '1');
    await assertSigned(notification);
    await send(sns.SetTopicAttributesCommand, { TopicArn, AttributeName: 'SignatureVersion', AttributeValue: '2' });
    await send(sns.PublishCommand, { TopicArn, Message: 'again' });
    const third = JSON.parse((await hook.next(3)).body);
    assert.equal(third.SignatureVersion, '2');
    await assertSigned(third);

    assert.equal((await fetch(third.UnsubscribeURL)).status, 200);
    const farewell = JSON.parse((await hook.next(4)).body);
    assert.equal(farewell.Type, 'UnsubscribeConfirmation');
    await assertSigned(farewell);
    assert.equal(await pending(), 'true');
    assert.equal((await fetch(farewell.SubscribeURL)).status, 200);
    assert.equal(await pending(), 'false');
});

test('queues get signed notifications too', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    await subscribe(TopicArn, queue, {});
    await send(sns.PublishCommand, { TopicArn, Message: 'hello' });
    await assertSigned(JSON.parse((await received(queue, 1))[0].Body));
});

test('an HTTP endpoint gets the message alone where that is wanted', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const hook = await newEndpoint();
    const DeliveryPolicy = JSON.stringify({ requestPolicy: { headerContentType: 'application/json' } });
    await confirmed(TopicArn, hook, { RawMessageDelivery: 'true', DeliveryPolicy });
    await send(sns.PublishCommand, { TopicArn, Message: '{"a":1}' });
    const request = await hook.next(2);
    assert.equal(request.body, '{"a":1}');
    assert.equal(request.headers['x-amz-sns-rawdelivery'], 'true');
    assert.equal(request.headers['content-type'], 'application/json');
});

/** Subscribes the endpoint with credentials in its URL, and publishes once it is confirmed. */
async function publishWithCredentials(hook, credentials) {
    const TopicArn = await newTopic();
    const arn = await subscribeUrl(TopicArn, hook.url.replace('//', `//${credentials}@`));
    const { Token } = JSON.parse((await hook.next(2)).body);
    await send(sns.ConfirmSubscriptionCommand, { TopicArn, Token });
    await send(sns.PublishCommand, { TopicArn, Message: 'hello' });
    return { TopicArn, arn };
}

test('an HTTP endpoint gets user and password by Basic authentication', { skip: onAws }, async () => {
    const hook = await newServer(({ headers }) =>
        headers.authorization ? [200] : [401, { 'WWW-Authenticate': 'Basic realm="orders"' }],
    );
    const { TopicArn, arn } = await publishWithCredentials(hook, 'ann:p%40ss');
    const { headers, body } = await hook.next(4);
    assert.equal(headers.authorization, `Basic ${btoa('ann:p@ss')}`);
    assert.equal(JSON.parse(body).Message, 'hello');
    const { Subscriptions } = await send(sns.ListSubscriptionsByTopicCommand, { TopicArn });
    assert.match(Subscriptions[0].Endpoint, /\/\/ann:\*\*\*\*@127\.0\.0\.1/);
    assert.match((await subscriptionOf(arn)).Endpoint, /\/\/ann:p%40ss@127\.0\.0\.1/);
});

test('an HTTP endpoint gets user and password by Digest authentication', { skip: onAws }, async () => {
    const hash = (text) => createHash('sha256').update(text).digest('hex');
    const nonces = new Set();
    const challenge = () => {
        const nonce = randomBytes(12).toString('base64');
        nonces.add(nonce);
        return [401, { 'WWW-Authenticate': `Digest realm="orders, \\"all\\"", nonce="${nonce}", algorithm=SHA-256, qop="auth"` }];
    };
    const hook = await newServer(({ method, url, headers }) => {
        const given = headers.authorization ?? '';
        const part = (name) => new RegExp(`\\b${name}="?([^",]*)`).exec(given)?.[1];
        if (!given.startsWith('Digest ') || !nonces.delete(part('nonce'))) return challenge();
        const secret = hash('ann:orders, "all":p@ss');
        const middle = ['nonce', 'nc', 'cnonce', 'qop'].map(part).join(':');
        const right = hash(`${secret}:${middle}:${hash(`${method}:${url}`)}`);
        return part('username') === 'ann' && part('uri') === url && part('response') === right ? [200] : [403];
    });
    await publishWithCredentials(hook, 'ann:p%40ss');
    const { headers, body } = await hook.next(4);
    assert.match(headers.authorization, /^Digest .*algorithm=SHA-256/);
    assert.equal(JSON.parse(body).Message, 'hello');
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(hook.requests.length, 4, 'the endpoint was content');
});

test('an HTTP endpoint that fails is tried again by its delivery policy', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const hook = await newEndpoint(200, 500, 503, 200);
    const healthyRetryPolicy = { numRetries: 2, minDelayTarget: 300, maxDelayTarget: 300 };
    const arn = await confirmed(TopicArn, hook, { DeliveryPolicy: JSON.stringify({ healthyRetryPolicy }) });
    const { Attributes } = await send(sns.GetSubscriptionAttributesCommand, { SubscriptionArn: arn });
    assert.equal(JSON.parse(Attributes.EffectiveDeliveryPolicy).healthyRetryPolicy.numRetries, 2);
    await send(sns.PublishCommand, { TopicArn, Message: 'hello' });
    await hook.next(2);
    for (const count of [3, 4]) {
        await eventually(async () => (await advance(301), hook.requests.length >= count));
    }
    const bodies = hook.requests.slice(1).map(({ body }) => body);
    assert.deepEqual(bodies, [bodies[0], bodies[0], bodies[0]]);
});

test('what an HTTP endpoint refuses goes to the dead-letter queue', { skip: onAws }, async () => {
    const TopicArn = await newTopic();
    const hook = await newEndpoint(200, 400);
    const queue = await newQueue();
    await confirmed(TopicArn, hook, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queue.arn }) });
    await send(sns.PublishCommand, { TopicArn, Message: 'hello' });
    const [message] = await received(queue, 1);
    assert.match(message.Body, /hello/);
    assert.equal(hook.requests.length, 2);
});

test('a delivery policy is checked', async () => {
    const TopicArn = await newTopic();
    const DeliveryPolicy = JSON.stringify({ healthyRetryPolicy: { numRetries: 0, minDelayTarget: 0, maxDelayTarget: 0 } });
    await fails(
        subscribeUrl(TopicArn, 'http://example.com/', { DeliveryPolicy }),
        'InvalidParameterException',
        400,
        /DeliveryPolicy: healthyRetryPolicy\.minDelayTarget must be greater than or equal to 1/,
    );
});

// Filter policies

test('a filter policy over bodies looks into objects and arrays', async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    const FilterPolicy = JSON.stringify({ order: { total: [{ numeric: ['>=', 100] }], items: { sku: [{ prefix: 'tea' }] } } });
    await subscribe(TopicArn, queue, { FilterPolicy, FilterPolicyScope: 'MessageBody', RawMessageDelivery: 'true' });
    const orders = [
        { order: { total: 99, items: [{ sku: 'tea-1' }] } },
        { order: { total: 100, items: [{ sku: 'cup' }, { sku: 'tea-2' }] } },
        { order: { total: 200, items: [{ sku: 'cup' }] } },
    ];
    for (const order of orders) await send(sns.PublishCommand, { TopicArn, Message: JSON.stringify(order) });
    await send(sns.PublishCommand, { TopicArn, Message: 'no JSON' });
    assert.deepEqual(JSON.parse((await received(queue, 1))[0].Body), orders[1]);
});

test('a filter policy is refused in AWS’s words', async () => {
    const TopicArn = await newTopic();
    const queue = await newQueue();
    const refused = (policy, words) =>
        fails(subscribe(TopicArn, queue, { FilterPolicy: JSON.stringify(policy) }), 'InvalidParameterException', 400, words);
    await refused({ key: [{ suffix: 100 }] }, /Attributes Reason: FilterPolicy: suffix match pattern must be a string\n at \[Source: \(String\)"\{"key":\[\{"suffix":100\}\]\}"; line: 1, column: 22\]/);
    await refused({ a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] }, /Filter policy can not have more than 5 keys/);
    await refused({ a: { b: ['x'] } }, /Filter policy scope MessageAttributes does not support nested filter policy/);
});

// Push applications and devices

test('a device gets what is published to it while its endpoint is enabled', { skip: onAws }, async () => {
    const { PlatformApplicationArn } = await send(sns.CreatePlatformApplicationCommand, {
        Name: unique('app'),
        Platform: 'GCM',
        Attributes: { PlatformCredential: 'secret' },
    });
    undo.add(() => send(sns.DeletePlatformApplicationCommand, { PlatformApplicationArn }));
    const device = { PlatformApplicationArn, Token: unique('token'), CustomUserData: 'ann' };
    const { EndpointArn } = await send(sns.CreatePlatformEndpointCommand, device);
    assert.equal((await send(sns.CreatePlatformEndpointCommand, device)).EndpointArn, EndpointArn);
    await fails(
        send(sns.CreatePlatformEndpointCommand, { ...device, CustomUserData: 'bo' }),
        'InvalidParameterException',
        400,
        /Token Reason: Endpoint .* already exists with the same Token, but different attributes\./,
    );

    const TopicArn = await newTopic();
    await send(sns.SubscribeCommand, { TopicArn, Protocol: 'application', Endpoint: EndpointArn });
    await send(sns.PublishCommand, { TopicArn, Message: 'by the topic' });
    await send(sns.PublishCommand, { TargetArn: EndpointArn, Message: 'to the device' });
    const messages = await eventually(async () => {
        const url = `${endpoint}/_aws/sns/platform-endpoint-messages?endpointArn=${encodeURIComponent(EndpointArn)}`;
        const shown = (await (await fetch(url)).json()).platform_endpoint_messages[EndpointArn];
        return shown.length === 2 && shown;
    });
    assert.deepEqual(messages.map(({ Message }) => Message).sort(), ['by the topic', 'to the device']);

    await send(sns.SetEndpointAttributesCommand, { EndpointArn, Attributes: { Enabled: 'false' } });
    assert.equal((await send(sns.GetEndpointAttributesCommand, { EndpointArn })).Attributes.Enabled, 'false');
    await fails(send(sns.PublishCommand, { TargetArn: EndpointArn, Message: 'x' }), 'EndpointDisabledException', 400, /Endpoint is disabled/);
    const { Endpoints } = await send(sns.ListEndpointsByPlatformApplicationCommand, { PlatformApplicationArn });
    assert.deepEqual(Endpoints.map((each) => each.EndpointArn), [EndpointArn]);
    await send(sns.DeleteEndpointCommand, { EndpointArn });
    await fails(send(sns.GetEndpointAttributesCommand, { EndpointArn }), 'NotFoundException', 404, /Endpoint does not exist/);
});

test('a push application keeps its attributes, and shows no credentials', { skip: onAws }, async () => {
    const Attributes = { PlatformCredential: 'secret', SuccessFeedbackSampleRate: '10' };
    const { PlatformApplicationArn } = await send(sns.CreatePlatformApplicationCommand, { Name: unique('app'), Platform: 'APNS', Attributes });
    undo.add(() => send(sns.DeletePlatformApplicationCommand, { PlatformApplicationArn }));
    await send(sns.SetPlatformApplicationAttributesCommand, { PlatformApplicationArn, Attributes: { Enabled: 'false' } });
    const shown = await send(sns.GetPlatformApplicationAttributesCommand, { PlatformApplicationArn });
    assert.deepEqual(shown.Attributes, { Enabled: 'false', SuccessFeedbackSampleRate: '10' });
    const all = await allPages(async (NextToken) => {
        const page = await send(sns.ListPlatformApplicationsCommand, { NextToken });
        return [page.PlatformApplications, page.NextToken];
    });
    assert.ok(all.some((each) => each.PlatformApplicationArn === PlatformApplicationArn));
});
