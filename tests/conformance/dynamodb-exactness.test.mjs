// What DynamoDB says, word for word, and counts, unit for unit.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { clientOf, fails, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const documents = lib.DynamoDBDocumentClient.from(client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const ask = (Command, input) => documents.send(new Command(input));
const invalid = 'One or more parameter values were invalid: ';
/** How PutItem, UpdateItem and DeleteItem introduce what is wrong with a request. */
const one = (message) => `1 validation error detected: ${message}`;

let TableName;
before(async () => {
    TableName = unique('exact');
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'N' },
            { AttributeName: 'tag', AttributeType: 'S' },
            { AttributeName: 'rank', AttributeType: 'N' },
        ],
        GlobalSecondaryIndexes: [
            {
                IndexName: 'by-tag',
                KeySchema: [{ AttributeName: 'tag', KeyType: 'HASH' }],
                Projection: { ProjectionType: 'KEYS_ONLY' },
            },
        ],
        LocalSecondaryIndexes: [
            {
                IndexName: 'by-rank',
                KeySchema: [
                    { AttributeName: 'pk', KeyType: 'HASH' },
                    { AttributeName: 'rank', KeyType: 'RANGE' },
                ],
                Projection: { ProjectionType: 'KEYS_ONLY' },
            },
        ],
        BillingMode: 'PAY_PER_REQUEST',
    });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName }));
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
});

/** Asserts that the call is refused as invalid, with exactly this text. */
async function refused(call, message) {
    const error = await fails(call, 'ValidationException', 400);
    assert.equal(error.message, message);
}
const update = (more) => ask(lib.UpdateCommand, { TableName, Key: { pk: 'none', sk: 1 }, ...more });

describe('older parameters', () => {
    const key = () => ({ pk: unique('item'), sk: 1 });
    const equal = (value) => ({ ComparisonOperator: 'EQ', AttributeValueList: [value] });

    test('AttributeUpdates and Expected change an item that is as expected', async () => {
        const Key = key();
        await ask(lib.UpdateCommand, {
            TableName,
            Key,
            AttributeUpdates: { n: { Action: 'ADD', Value: 1 }, s: { Value: 'x' }, l: { Action: 'ADD', Value: [1] } },
        });
        const changed = await ask(lib.UpdateCommand, {
            TableName,
            Key,
            AttributeUpdates: {
                n: { Action: 'ADD', Value: 2 },
                s: { Action: 'DELETE' },
                l: { Action: 'ADD', Value: [2] },
            },
            Expected: { n: { Value: 1 }, none: { Exists: false }, s: { ComparisonOperator: 'NOT_NULL' } },
            ReturnValues: 'ALL_NEW',
        });
        assert.deepEqual(changed.Attributes, { ...Key, n: 3, l: [1, 2] });
        await fails(
            ask(lib.DeleteCommand, { TableName, Key, Expected: { n: { Value: 1 } } }),
            'ConditionalCheckFailedException',
            400,
            /^The conditional request failed$/,
        );
        const either = { n: equal(1), l: { ComparisonOperator: 'CONTAINS', AttributeValueList: [2] } };
        await ask(lib.DeleteCommand, { TableName, Key, Expected: either, ConditionalOperator: 'OR' });
    });

    test('KeyConditions, QueryFilter, ScanFilter and AttributesToGet choose what is read', async () => {
        const { pk } = key();
        for (let sk = 1; sk <= 4; ++sk) await ask(lib.PutCommand, { TableName, Item: { pk, sk, n: sk % 2, mark: pk } });
        const keys = async (Command, input) =>
            (await ask(Command, { TableName, AttributesToGet: ['sk'], ...input })).Items.map(({ sk }) => sk);
        const KeyConditions = {
            pk: equal(pk),
            sk: { ComparisonOperator: 'BETWEEN', AttributeValueList: [2, 4] },
        };
        assert.deepEqual(await keys(lib.QueryCommand, { KeyConditions }), [2, 3, 4]);
        assert.deepEqual(await keys(lib.QueryCommand, { KeyConditions, QueryFilter: { n: equal(0) } }), [2, 4]);
        assert.deepEqual((await keys(lib.ScanCommand, { ScanFilter: { mark: equal(pk), n: equal(1) } })).sort(), [1, 3]);
        await refused(
            ask(lib.QueryCommand, { TableName, KeyConditions, QueryFilter: { sk: equal(1) } }),
            'QueryFilter can only contain non-primary key attributes: Primary key attribute: sk',
        );
    });

    test('they do not mix with expressions', async () => {
        await refused(
            update({ AttributeUpdates: {}, UpdateExpression: 'SET n = sk' }),
            one(
                'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}',
            ),
        );
        await refused(
            update({ ConditionalOperator: 'OR' }),
            one('ConditionalOperator cannot be used without Filter or Expected'),
        );
        await refused(
            update({ Expected: { n: { ComparisonOperator: 'LT', AttributeValueList: [[1]] } } }),
            one(`${invalid}ComparisonOperator LT is not valid for L AttributeValue type`),
        );
        await refused(
            update({ Expected: { n: { Exists: true } } }),
            one(`${invalid}Value must be provided when Exists is true for Attribute: n`),
        );
        await refused(
            update({ AttributeUpdates: { n: { Action: 'ADD', Value: 'x' } } }),
            one(`${invalid}ADD action is not supported for the type S`),
        );
    });
});

describe('expressions', () => {
    test('what is wrong with them', async () => {
        const values = (text) => ({ ExpressionAttributeValues: Object.fromEntries([...text.matchAll(/:\w+/g)].map(([name]) => [name, 1])) });
        for (const [UpdateExpression, message] of [
            ['SET', 'Syntax error; token: "<EOF>", near: "SET"'],
            ['SET name = :v', 'Attribute name is a reserved keyword; reserved keyword: name'],
            ['SET #n = :v', 'An expression attribute name used in the document path is not defined; attribute name: #n'],
            ['SET n = dog(n)', 'Invalid function name; function: dog'],
            ['SET n = size(n)', 'The function is not allowed in an update expression; function: size'],
            ['SET n = :v SET m = :v', 'The "SET" section can only be used once in an update expression;'],
            [
                'SET n = list_append(list_append(n, n), n)',
                'The function is not allowed to be used this way in an expression; function: list_append',
            ],
            [
                'SET n.a = :v, n = :v',
                'Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n, a], path two: [n]',
            ],
        ]) {
            const given = UpdateExpression.includes(':v') ? values(UpdateExpression) : {};
            await refused(update({ UpdateExpression, ...given }), one(`Invalid UpdateExpression: ${message}`));
        }
        await refused(
            update({ UpdateExpression: 'SET n = :v', ExpressionAttributeValues: { ':v': 1, ':w': 2 } }),
            one('Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}'),
        );
        await refused(
            update({ UpdateExpression: 'SET sk = :v', ExpressionAttributeValues: { ':v': 1 } }),
            `${invalid}Cannot update attribute sk. This attribute is part of the key`,
        );
        await refused(
            update({
                UpdateExpression: 'SET n = :v',
                ConditionExpression: Array(152).fill('n < :v').join(' OR '),
                ExpressionAttributeValues: { ':v': 1 },
            }),
            one('Invalid ConditionExpression: The expression contains too many operators; operator count: 301'),
        );
    });

    test('conditions on keys', async () => {
        const query = (KeyConditionExpression, values) =>
            ask(lib.QueryCommand, { TableName, KeyConditionExpression, ExpressionAttributeValues: values });
        const schema = `${invalid}Condition parameter type does not match schema type`;
        await refused(
            query('pk = :p AND begins_with(sk, :v)', { ':p': 'a', ':v': 1 }),
            'Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
        );
        await refused(query('pk = :p AND begins_with(sk, :v)', { ':p': 'a', ':v': 'a' }), schema);
        await refused(query('pk = :p AND sk = :v', { ':p': 'a', ':v': true }), schema);
        await refused(query('sk = :v', { ':v': 1 }), 'Query condition missed key schema element: pk');
        await refused(query('pk <> :p', { ':p': 'a' }), 'Invalid operator used in KeyConditionExpression: <>');
    });

    test('an index shows only what it holds', async () => {
        const query = (IndexName, more) =>
            ask(lib.QueryCommand, {
                TableName,
                IndexName,
                KeyConditionExpression: IndexName === 'by-tag' ? 'tag = :v' : 'pk = :v',
                ExpressionAttributeValues: { ':v': 'none' },
                ...more,
            });
        await refused(
            query('by-tag', { ProjectionExpression: 'pk, extra' }),
            `${invalid}Global secondary index by-tag does not project [extra]`,
        );
        await refused(
            query('by-tag', { FilterExpression: 'attribute_exists(extra)' }),
            `${invalid}Secondary index by-tag does not project one or more filter attributes: [extra]`,
        );
        assert.deepEqual((await query('by-rank', { ProjectionExpression: 'extra' })).Items, []);
    });
});

describe('values', () => {
    const put = (Item, more) => send(dynamodb.PutItemCommand, { TableName, Item: { pk: { S: 'v' }, sk: { N: '1' }, ...Item }, ...more });

    test('numbers keep 38 digits between 1E-130 and 9.99E+125', async () => {
        const pk = unique('item');
        for (const n of ['1E-130', '9.9999999999999999999999999999999999999E125', '-1E-130', '12345678901234567890123456789012345678']) {
            await put({ pk: { S: pk }, n: { N: n } });
        }
        for (const n of ['1E126', '1E-131', '1.00000000000000000000000000000000000001', 'x', '']) {
            await fails(put({ n: { N: n } }), 'ValidationException', 400);
        }
    });

    test('what is empty where it may not be', async () => {
        const empty = 'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk';
        await refused(ask(lib.GetCommand, { TableName, Key: { pk: '', sk: 1 } }), empty);
        await ask(lib.PutCommand, { TableName, Item: { pk: unique('item'), sk: 1, s: '', b: new Uint8Array(), l: [], m: {} } });
        await fails(ask(lib.PutCommand, { TableName, Item: { pk: 'a', sk: 1, tag: '' } }), 'ValidationException', 400, /empty string value/);
        await fails(put({ ss: { SS: [] } }), 'ValidationException', 400);
        await fails(put({ x: {} }), 'ValidationException', 400);
    });
});

describe('what an operation cost', () => {
    test('units by size, by index, by consistency', async () => {
        const pk = unique('item');
        const total = { ReturnConsumedCapacity: 'TOTAL' };
        const written = await ask(lib.PutCommand, {
            TableName,
            Item: { pk, sk: 1, tag: 't', rank: 1, big: 'x'.repeat(2000) },
            ReturnConsumedCapacity: 'INDEXES',
            ReturnItemCollectionMetrics: 'SIZE',
        });
        assert.deepEqual(written.ConsumedCapacity, {
            TableName,
            CapacityUnits: 4,
            Table: { CapacityUnits: 2 },
            GlobalSecondaryIndexes: { 'by-tag': { CapacityUnits: 1 } },
            LocalSecondaryIndexes: { 'by-rank': { CapacityUnits: 1 } },
        });
        assert.deepEqual(written.ItemCollectionMetrics, { ItemCollectionKey: { pk }, SizeEstimateRangeGB: [0, 1] });
        const Key = { pk, sk: 1 };
        const units = async (Command, input) => (await ask(Command, { TableName, ...total, ...input })).ConsumedCapacity.CapacityUnits;
        assert.equal(await units(lib.GetCommand, { Key }), 0.5);
        assert.equal(await units(lib.GetCommand, { Key, ConsistentRead: true }), 1);
        assert.equal(await units(lib.GetCommand, { Key: { pk, sk: 99 } }), 0.5);
        assert.equal(await units(lib.UpdateCommand, { Key, UpdateExpression: 'REMOVE big' }), 2);
        assert.equal(await units(lib.DeleteCommand, { Key }), 3);
        const batch = await ask(lib.BatchWriteCommand, {
            RequestItems: { [TableName]: [{ PutRequest: { Item: { pk, sk: 2 } } }, { PutRequest: { Item: { pk, sk: 3 } } }] },
            ...total,
            ReturnItemCollectionMetrics: 'SIZE',
        });
        assert.equal(batch.ConsumedCapacity[0].CapacityUnits, 2);
        assert.deepEqual(batch.ItemCollectionMetrics[TableName], [
            { ItemCollectionKey: { pk }, SizeEstimateRangeGB: [0, 1] },
        ]);
    });
});

describe('transactions', () => {
    test('a wrong key is a reason, an empty one refuses the request', async () => {
        const transact = (Item) => send(dynamodb.TransactWriteItemsCommand, { TransactItems: [{ Put: { TableName, Item } }] });
        const error = await fails(
            transact({ pk: { N: '5' }, sk: { N: '1' } }),
            'TransactionCanceledException',
            400,
            /^Transaction cancelled, please refer cancellation reasons for specific reasons \[ValidationError\]$/,
        );
        assert.equal(error.CancellationReasons[0].Message, `${invalid}Type mismatch for key pk expected: S actual: N`);
        await refused(
            transact({ pk: { S: '' }, sk: { N: '1' } }),
            'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
        );
    });
});
