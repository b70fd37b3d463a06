import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import { allPages, clientOf, eventually, fails, undoList, unique } from './support.mjs';

const client = clientOf(logs.CloudWatchLogsClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

async function newGroup(input = {}) {
    const logGroupName = unique('/conformance/group');
    await send(logs.CreateLogGroupCommand, { logGroupName, ...input });
    undo.add(() => send(logs.DeleteLogGroupCommand, { logGroupName }));
    return logGroupName;
}

async function newStream(logGroupName, logStreamName = unique('stream')) {
    await send(logs.CreateLogStreamCommand, { logGroupName, logStreamName });
    return logStreamName;
}

test('a group is described with its retention', async () => {
    const logGroupName = await newGroup();
    const describe = async () => (await send(logs.DescribeLogGroupsCommand, { logGroupNamePrefix: logGroupName })).logGroups;
    const [group] = await describe();
    assert.equal(group.logGroupName, logGroupName);
    assert.match(group.arn, new RegExp(`^arn:aws:logs:[a-z0-9-]+:\\d{12}:log-group:${logGroupName}:\\*$`));
    assert.equal(group.retentionInDays, undefined);
    await send(logs.PutRetentionPolicyCommand, { logGroupName, retentionInDays: 7 });
    assert.equal((await describe())[0].retentionInDays, 7);
    await send(logs.DeleteRetentionPolicyCommand, { logGroupName });
    assert.equal((await describe())[0].retentionInDays, undefined);
    await fails(
        send(logs.PutRetentionPolicyCommand, { logGroupName, retentionInDays: 8 }),
        'InvalidParameterException',
        400,
    );
});

test('DescribeLogGroups pages in order of names', async () => {
    const prefix = unique('/conformance/listed');
    const made = ['a', 'b', 'c'].map((suffix) => `${prefix}/${suffix}`);
    for (const logGroupName of made) {
        await send(logs.CreateLogGroupCommand, { logGroupName });
        undo.add(() => send(logs.DeleteLogGroupCommand, { logGroupName }));
    }
    const found = await allPages(async (nextToken) => {
        const page = await send(logs.DescribeLogGroupsCommand, { logGroupNamePrefix: prefix, limit: 2, nextToken });
        return [page.logGroups, page.nextToken];
    });
    assert.deepEqual(found.map((group) => group.logGroupName), made);
});

test('events come back in order of time, by pages and by interval', async () => {
    const logGroupName = await newGroup();
    const logStreamName = await newStream(logGroupName);
    const now = Date.now();
    const logEvents = [0, 1, 2, 3, 4].map((index) => ({ timestamp: now - 5000 + index * 1000, message: `line ${index}` }));
    const put = await send(logs.PutLogEventsCommand, { logGroupName, logStreamName, logEvents });
    assert.equal(put.rejectedLogEventsInfo, undefined);

    const read = (input) => send(logs.GetLogEventsCommand, { logGroupName, logStreamName, ...input });
    const all = await eventually(async () => {
        const { events } = await read({ startFromHead: true });
        return events.length === 5 && events;
    });
    assert.deepEqual(all.map(({ message }) => message), ['line 0', 'line 1', 'line 2', 'line 3', 'line 4']);
    assert.deepEqual(all.map(({ timestamp }) => timestamp), logEvents.map(({ timestamp }) => timestamp));
    assert.ok(all[0].ingestionTime >= now - 60_000);

    const between = await read({ startFromHead: true, startTime: now - 4000, endTime: now - 2000 });
    assert.deepEqual(between.events.map(({ message }) => message), ['line 1', 'line 2']);

    const first = await read({ startFromHead: true, limit: 2 });
    assert.deepEqual(first.events.map(({ message }) => message), ['line 0', 'line 1']);
    const second = await read({ startFromHead: true, limit: 2, nextToken: first.nextForwardToken });
    assert.deepEqual(second.events.map(({ message }) => message), ['line 2', 'line 3']);
    const newest = await read({ limit: 2 });
    assert.deepEqual(newest.events.map(({ message }) => message), ['line 3', 'line 4']);
    const end = await read({ startFromHead: true, nextToken: second.nextForwardToken });
    const beyond = await read({ startFromHead: true, nextToken: end.nextForwardToken });
    assert.deepEqual(beyond.events, []);
    assert.equal(beyond.nextForwardToken, end.nextForwardToken, 'the token of the end stays the same');
});

test('streams are described by name or by their last event', async () => {
    const logGroupName = await newGroup();
    const [older, newer] = [await newStream(logGroupName, 'z-older'), await newStream(logGroupName, 'a-newer')];
    const now = Date.now();
    for (const [logStreamName, timestamp] of [[older, now - 60_000], [newer, now - 1000]]) {
        await send(logs.PutLogEventsCommand, { logGroupName, logStreamName, logEvents: [{ timestamp, message: 'x' }] });
    }
    const describe = async (input) =>
        (await send(logs.DescribeLogStreamsCommand, { logGroupName, ...input })).logStreams;
    assert.deepEqual((await describe({})).map((stream) => stream.logStreamName), ['a-newer', 'z-older']);
    const [latest] = await eventually(async () => {
        const streams = await describe({ orderBy: 'LastEventTime', descending: true });
        return streams[0].lastEventTimestamp && streams;
    });
    assert.equal(latest.logStreamName, 'a-newer');
    assert.equal(latest.lastEventTimestamp, now - 1000);
    assert.deepEqual(
        (await describe({ logStreamNamePrefix: 'z' })).map((stream) => stream.logStreamName),
        ['z-older'],
    );
    await send(logs.DeleteLogStreamCommand, { logGroupName, logStreamName: older });
    assert.deepEqual((await describe({})).map((stream) => stream.logStreamName), ['a-newer']);
});

test('FilterLogEvents looks through all streams of a group', async () => {
    const logGroupName = await newGroup();
    const now = Date.now();
    const lines = [
        ['one', now - 3000, 'INFO order placed'],
        ['two', now - 2000, 'ERROR card refused'],
        ['one', now - 1000, 'ERROR out of stock'],
    ];
    for (const name of ['one', 'two']) await newStream(logGroupName, name);
    for (const [logStreamName, timestamp, message] of lines) {
        await send(logs.PutLogEventsCommand, { logGroupName, logStreamName, logEvents: [{ timestamp, message }] });
    }
    const filter = (input) =>
        allPages(async (nextToken) => {
            const page = await send(logs.FilterLogEventsCommand, { logGroupName, nextToken, ...input });
            return [page.events, page.nextToken];
        });
    await eventually(async () => (await filter({})).length === 3);
    const errors = await filter({ filterPattern: 'ERROR' });
    assert.deepEqual(errors.map((event) => [event.logStreamName, event.message]), [
        ['two', 'ERROR card refused'],
        ['one', 'ERROR out of stock'],
    ]);
    assert.ok(errors[0].eventId);
    assert.deepEqual((await filter({ filterPattern: 'ERROR -card' })).map(({ message }) => message), ['ERROR out of stock']);
    assert.deepEqual((await filter({ filterPattern: '"out of"' })).map(({ message }) => message), ['ERROR out of stock']);
    assert.deepEqual((await filter({ logStreamNames: ['two'] })).map(({ message }) => message), ['ERROR card refused']);
    assert.deepEqual((await filter({ filterPattern: 'error' })).length, 0, 'terms are case sensitive');
});

test('groups carry tags', async () => {
    const logGroupName = await newGroup({ tags: { team: 'orders' } });
    const { logGroups } = await send(logs.DescribeLogGroupsCommand, { logGroupNamePrefix: logGroupName });
    const resourceArn = logGroups[0].arn.replace(/:\*$/, '');
    await send(logs.TagResourceCommand, { resourceArn, tags: { stage: 'test' } });
    await send(logs.UntagResourceCommand, { resourceArn, tagKeys: ['team'] });
    assert.deepEqual((await send(logs.ListTagsForResourceCommand, { resourceArn })).tags, { stage: 'test' });
});

test('errors have AWS names', async () => {
    const logGroupName = await newGroup();
    const missing = unique('/conformance/missing');
    await fails(
        send(logs.CreateLogGroupCommand, { logGroupName }),
        'ResourceAlreadyExistsException',
        400,
        /The specified log group already exists/,
    );
    await fails(
        send(logs.CreateLogStreamCommand, { logGroupName: missing, logStreamName: 'x' }),
        'ResourceNotFoundException',
        400,
        /The specified log group does not exist/,
    );
    await fails(
        send(logs.GetLogEventsCommand, { logGroupName, logStreamName: 'missing' }),
        'ResourceNotFoundException',
        400,
        /The specified log stream does not exist/,
    );
    await fails(send(logs.DeleteLogGroupCommand, { logGroupName: missing }), 'ResourceNotFoundException', 400);
    const logStreamName = await newStream(logGroupName);
    await fails(
        send(logs.CreateLogStreamCommand, { logGroupName, logStreamName }),
        'ResourceAlreadyExistsException',
        400,
    );
    await fails(
        send(logs.PutLogEventsCommand, {
            logGroupName,
            logStreamName,
            logEvents: [
                { timestamp: Date.now(), message: 'later' },
                { timestamp: Date.now() - 10_000, message: 'earlier' },
            ],
        }),
        'InvalidParameterException',
        400,
        /Log events in a single PutLogEvents request must be in chronological order/,
    );
});
