import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as streams from '@aws-sdk/client-dynamodb-streams';
import { allPages, clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const reader = clientOf(streams.DynamoDBStreamsClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const ask = (Command, input) => reader.send(new Command(input));

/** A table with a stream: its name and the stream's ARN. */
async function newTable(StreamViewType = 'NEW_AND_OLD_IMAGES') {
    const TableName = unique('table');
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        StreamSpecification: { StreamEnabled: true, StreamViewType },
    });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName }));
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
    const { Table } = await send(dynamodb.DescribeTableCommand, { TableName });
    return { TableName, StreamArn: Table.LatestStreamArn };
}

const shardsOf = (StreamArn) =>
    allPages(async (ExclusiveStartShardId) => {
        const { StreamDescription } = await ask(streams.DescribeStreamCommand, {
            StreamArn,
            ExclusiveStartShardId,
        });
        return [StreamDescription.Shards, StreamDescription.LastEvaluatedShardId];
    });

async function iteratorsOf(StreamArn, ShardIteratorType = 'TRIM_HORIZON') {
    const iterators = [];
    for (const { ShardId } of await shardsOf(StreamArn)) {
        const { ShardIterator } = await ask(streams.GetShardIteratorCommand, { StreamArn, ShardId, ShardIteratorType });
        iterators.push(ShardIterator);
    }
    return iterators;
}

/** All records of the stream, once there are `count`. */
function recordsOf(StreamArn, count, type) {
    return eventually(async () => {
        const records = [];
        for (let iterator of await iteratorsOf(StreamArn, type)) {
            for (let page = 0; iterator && page < 5; ++page) {
                const { Records, NextShardIterator } = await ask(streams.GetRecordsCommand, { ShardIterator: iterator });
                records.push(...Records);
                iterator = NextShardIterator;
            }
        }
        return records.length >= count && records;
    });
}

const put = (TableName, id, size) =>
    send(dynamodb.PutItemCommand, { TableName, Item: { id: { S: id }, ...(size && { size: { N: size } }) } });

describe('streams', () => {
    test('ListStreams and DescribeStream show the stream of a table', async () => {
        const { TableName, StreamArn } = await newTable('KEYS_ONLY');
        const { Streams } = await ask(streams.ListStreamsCommand, { TableName });
        assert.equal(Streams.length, 1);
        assert.equal(Streams[0].StreamArn, StreamArn);
        assert.equal(Streams[0].TableName, TableName);
        assert.ok(StreamArn.endsWith(`:table/${TableName}/stream/${Streams[0].StreamLabel}`));

        const { StreamDescription } = await ask(streams.DescribeStreamCommand, { StreamArn });
        assert.match(StreamDescription.StreamStatus, /^ENABL(ED|ING)$/);
        assert.equal(StreamDescription.StreamViewType, 'KEYS_ONLY');
        assert.deepEqual(StreamDescription.KeySchema, [{ AttributeName: 'id', KeyType: 'HASH' }]);
        assert.ok(StreamDescription.CreationRequestDateTime instanceof Date);
        for (const { ShardId, SequenceNumberRange } of StreamDescription.Shards) {
            assert.match(ShardId, /^shardId-\d{20}-[0-9a-f]{8}$/);
            assert.match(SequenceNumberRange.StartingSequenceNumber, /^\d{21,40}$/);
        }
        const { TableDescription } = await send(dynamodb.UpdateTableCommand, {
            TableName,
            BillingMode: 'PAY_PER_REQUEST',
        });
        assert.deepEqual(TableDescription.StreamSpecification, { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' });
        assert.equal(TableDescription.LatestStreamArn, StreamArn);
    });

    test('every change of an item is one record, in order, with both images', async () => {
        const { TableName, StreamArn } = await newTable();
        await put(TableName, 'a', '1');
        await put(TableName, 'a', '1'); // changes nothing
        await send(dynamodb.UpdateItemCommand, {
            TableName,
            Key: { id: { S: 'a' } },
            UpdateExpression: 'SET #s = :s',
            ExpressionAttributeNames: { '#s': 'size' },
            ExpressionAttributeValues: { ':s': { N: '2' } },
        });
        await send(dynamodb.DeleteItemCommand, { TableName, Key: { id: { S: 'a' } } });
        await send(dynamodb.DeleteItemCommand, { TableName, Key: { id: { S: 'a' } } }); // changes nothing
        const records = await recordsOf(StreamArn, 3);
        const image = (size) => ({ id: { S: 'a' }, size: { N: size } });
        assert.deepEqual(
            records.map(({ eventName, dynamodb: { Keys, OldImage, NewImage } }) => [eventName, Keys, OldImage, NewImage]),
            [
                ['INSERT', { id: { S: 'a' } }, undefined, image('1')],
                ['MODIFY', { id: { S: 'a' } }, image('1'), image('2')],
                ['REMOVE', { id: { S: 'a' } }, image('2'), undefined],
            ],
        );
        const numbers = records.map((record) => BigInt(record.dynamodb.SequenceNumber));
        assert.ok(numbers[0] < numbers[1] && numbers[1] < numbers[2]);
        const [first] = records;
        assert.equal(first.eventSource, 'aws:dynamodb');
        assert.equal(first.eventVersion, '1.1');
        assert.equal(first.awsRegion, StreamArn.split(':')[3]);
        assert.equal(first.userIdentity, undefined);
        assert.ok(first.dynamodb.ApproximateCreationDateTime instanceof Date);
        assert.equal(first.dynamodb.SizeBytes, 3 + 3 + 4 + 2); // id, a; id, a, size, 1
        assert.equal(first.dynamodb.StreamViewType, 'NEW_AND_OLD_IMAGES');
        assert.equal(new Set(records.map((record) => record.eventID)).size, 3);
    });

    test('iterators begin at a sequence number or after it', async () => {
        const { TableName, StreamArn } = await newTable('NEW_IMAGE');
        for (const size of ['1', '2', '3']) await put(TableName, 'a', size);
        const records = await recordsOf(StreamArn, 3);
        const second = records[1].dynamodb.SequenceNumber;
        const sizes = async (ShardIteratorType, SequenceNumber) => {
            for (const { ShardId } of await shardsOf(StreamArn)) {
                const input = { StreamArn, ShardId, ShardIteratorType, SequenceNumber };
                const { ShardIterator } = await ask(streams.GetShardIteratorCommand, input);
                const { Records } = await ask(streams.GetRecordsCommand, { ShardIterator, Limit: 2 });
                if (Records.length > 0) return Records.map((record) => record.dynamodb.NewImage.size.N);
            }
            return [];
        };
        assert.deepEqual(await sizes('TRIM_HORIZON'), ['1', '2']);
        if (!onAws) {
            assert.deepEqual(await sizes('AT_SEQUENCE_NUMBER', second), ['2', '3']);
            assert.deepEqual(await sizes('AFTER_SEQUENCE_NUMBER', second), ['3']);
            assert.deepEqual(await sizes('LATEST'), []);
        }
    });

    test('a disabled stream stays readable, and its shards are closed', async () => {
        const { TableName, StreamArn } = await newTable('KEYS_ONLY');
        await put(TableName, 'a');
        await recordsOf(StreamArn, 1);
        await send(dynamodb.UpdateTableCommand, { TableName, StreamSpecification: { StreamEnabled: false } });
        const description = await eventually(async () => {
            const { StreamDescription } = await ask(streams.DescribeStreamCommand, { StreamArn });
            return StreamDescription.StreamStatus === 'DISABLED' && StreamDescription;
        }, 120);
        for (const { ShardId, SequenceNumberRange } of description.Shards) {
            assert.match(SequenceNumberRange.EndingSequenceNumber, /^\d{21,40}$/);
            const { ShardIterator } = await ask(streams.GetShardIteratorCommand, {
                StreamArn,
                ShardId,
                ShardIteratorType: 'LATEST',
            });
            const { Records, NextShardIterator } = await ask(streams.GetRecordsCommand, { ShardIterator });
            assert.deepEqual(Records, []);
            assert.equal(NextShardIterator, undefined);
        }
        assert.equal((await recordsOf(StreamArn, 1)).length, 1);
        await fails(
            send(dynamodb.UpdateTableCommand, { TableName, StreamSpecification: { StreamEnabled: false } }),
            'ValidationException',
            400,
            /^Table has no stream to disable: TableName: /,
        );
    });

    test('ListStreams goes through all streams in pages', async () => {
        const expected = [];
        for (let i = 0; i < 3; ++i) expected.push((await newTable('KEYS_ONLY')).StreamArn);
        const arns = await allPages(async (ExclusiveStartStreamArn) => {
            const page = await ask(streams.ListStreamsCommand, { Limit: 2, ExclusiveStartStreamArn });
            return [page.Streams.map((stream) => stream.StreamArn), page.LastEvaluatedStreamArn];
        });
        assert.equal(new Set(arns).size, arns.length);
        for (const arn of expected) assert.ok(arns.includes(arn));
    });

    test('errors', async () => {
        const { TableName, StreamArn } = await newTable('KEYS_ONLY');
        const [{ ShardId }] = await shardsOf(StreamArn);
        await fails(
            send(dynamodb.UpdateTableCommand, {
                TableName,
                StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
            }),
            'ValidationException',
            400,
            /^Table already has an enabled stream: TableName: /,
        );
        const missing = `${StreamArn.slice(0, -3)}999`;
        await fails(
            ask(streams.DescribeStreamCommand, { StreamArn: missing }),
            'ResourceNotFoundException',
            400,
            /^Requested resource not found: Stream: .* not found$/,
        );
        const iterator = (input) => ask(streams.GetShardIteratorCommand, { StreamArn, ShardId, ...input });
        const kind = { ShardIteratorType: 'LATEST' };
        await fails(iterator({ ...kind, ShardId: 'shardId-00000000000000000000-00000000' }), 'ResourceNotFoundException', 400);
        await fails(iterator({ ...kind, StreamArn: 'x'.repeat(50) }), 'ValidationException', 400);
        await fails(iterator({ ShardIteratorType: 'AT_SEQUENCE_NUMBER' }), 'ValidationException', 400);
        await fails(iterator({ ShardIteratorType: 'NO_SUCH_TYPE' }), 'ValidationException', 400);
        await fails(ask(streams.GetRecordsCommand, { ShardIterator: 'x'.repeat(50) }), 'ValidationException', 400);
        await fails(ask(streams.ListStreamsCommand, { Limit: 101 }), 'ValidationException', 400);
    });

    test('what its time to live has removed names DynamoDB as the one who did', { skip: onAws }, async () => {
        const { TableName, StreamArn } = await newTable('OLD_IMAGE');
        await send(dynamodb.UpdateTimeToLiveCommand, {
            TableName,
            TimeToLiveSpecification: { Enabled: true, AttributeName: 'ends' },
        });
        const ends = { N: String(Math.floor(Date.now() / 1000) - 10) };
        await send(dynamodb.PutItemCommand, { TableName, Item: { id: { S: 'a' }, ends } });
        const answer = await fetch(`${endpoint}/_aws/dynamodb/expired`, { method: 'DELETE' });
        assert.equal(answer.status, 200);
        assert.ok((await answer.json()).ExpiredItems >= 1);
        const records = await recordsOf(StreamArn, 2);
        assert.deepEqual(
            records.map((record) => record.eventName),
            ['INSERT', 'REMOVE'],
        );
        assert.equal(records[0].userIdentity, undefined);
        assert.deepEqual(records[1].userIdentity, { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' });
        assert.deepEqual(records[1].dynamodb.OldImage, { id: { S: 'a' }, ends });
    });
});
