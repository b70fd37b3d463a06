// DynamoDB refuses values in two layers, whose words differ: PutItem, UpdateItem, DeleteItem, GetItem, BatchGetItem and
// Query use the newer ones, the first three of them behind an introduction; BatchWriteItem, Scan and transactions the
// older ones. What regions agree on was verified by https://github.com/paritysuite/dynamodb-conformance.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { clientOf, fails, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const S = (text) => ({ S: text });
const N = (number) => ({ N: number });
const deep = (levels) => (levels === 0 ? S('leaf') : { M: { n: deep(levels - 1) } });
const one = (message) => `1 validation error detected: ${message}`;
const wrapped = (message, key) => `ExpressionAttributeValues contains invalid value: ${message} for key ${key}`;
const invalid = 'One or more parameter values were invalid: ';
const nesting =
    'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit';

/** Asserts that the call is refused as invalid, with one of these texts. */
async function refused(call, ...messages) {
    const error = await fails(call, 'ValidationException', 400);
    assert.ok(messages.includes(error.message), `${error.message}\nis none of\n${messages.join('\n')}`);
}

let TableName;
before(async () => {
    TableName = unique('words');
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
    });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName }));
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
});

const Key = { pk: S('none') };
const put = (more) => send(dynamodb.PutItemCommand, { TableName, Item: Key, ...more });
const update = (more) => send(dynamodb.UpdateItemCommand, { TableName, Key, ...more });
const remove = (more) => send(dynamodb.DeleteItemCommand, { TableName, Key, ...more });
const query = (more) =>
    send(dynamodb.QueryCommand, { TableName, KeyConditionExpression: 'pk = :p', ...more });
const batchWrite = (write) => send(dynamodb.BatchWriteItemCommand, { RequestItems: { [TableName]: [write] } });
const transact = (...TransactItems) => send(dynamodb.TransactWriteItemsCommand, { TransactItems });

/** A call for each place where `value` is refused in the newer words, and whether they are introduced. */
const newer = (value) => [
    [() => put({ Item: { ...Key, a: value } }), true],
    [() => put({ Item: { ...Key, a: { M: { l: { L: [value] } } } } }), true],
    [() => put({ Expected: { a: { Value: value } } }), true],
    [() => put({ ConditionExpression: 'a = :v', ExpressionAttributeValues: { ':v': value } }), true],
    [() => update({ UpdateExpression: 'SET a = :v', ExpressionAttributeValues: { ':v': value } }), true],
    [() => update({ AttributeUpdates: { a: { Action: 'PUT', Value: value } } }), true],
    [() => remove({ Key: { pk: value } }), true],
    [() => send(dynamodb.GetItemCommand, { TableName, Key: { pk: value } }), false],
    [() => send(dynamodb.BatchGetItemCommand, { RequestItems: { [TableName]: { Keys: [{ pk: value }] } } }), false],
    [() => query({ ExpressionAttributeValues: { ':p': value } }), false],
    [() => query({ ExpressionAttributeValues: { ':p': S('a') }, ExclusiveStartKey: { pk: value } }), false],
];
/** The same of the older words, with the placeholder of the value where there is one. */
const older = (value) => [
    [() => batchWrite({ PutRequest: { Item: { ...Key, a: value } } })],
    [() => batchWrite({ DeleteRequest: { Key: { pk: value } } })],
    [() => transact({ Put: { TableName, Item: { ...Key, a: value } } })],
    [() => transact({ Delete: { TableName, Key: { pk: value } } })],
    [
        () => transact({
            Update: { TableName, Key, UpdateExpression: 'SET a = :v', ExpressionAttributeValues: { ':v': value } },
        }),
        ':v',
    ],
    [
        () => transact({
            ConditionCheck: {
                TableName,
                Key,
                ConditionExpression: 'a = :v',
                ExpressionAttributeValues: { ':v': value },
            },
        }),
        ':v',
    ],
    [() => send(dynamodb.TransactGetItemsCommand, { TransactItems: [{ Get: { TableName, Key: { pk: value } } }] })],
    [() => send(dynamodb.ScanCommand, { TableName, FilterExpression: 'a = :v', ExpressionAttributeValues: { ':v': value } }), ':v'],
];

async function eachLayer(value, newerWords, olderWords) {
    for (const [call, introduced] of newer(value)) await refused(call(), introduced ? one(newerWords) : newerWords);
    // Some regions have the newer layer in transactions already.
    for (const [call, key] of older(value)) await refused(call(), key ? wrapped(olderWords, key) : olderWords, newerWords);
}

describe('values', () => {
    const overflow = 'Number overflow. Attempting to store a number with magnitude larger than supported range';
    const underflow = 'Number underflow. Attempting to store a number with magnitude smaller than supported range';
    const noNumber = 'The parameter cannot be converted to a numeric value';

    test('that are no numbers', async () => {
        await eachLayer(N('abc'), `${noNumber}: abc`, `${noNumber}: abc`);
        await eachLayer(N(''), `${noNumber}: `, noNumber);
        await eachLayer(N('1e126'), overflow, overflow);
        await eachLayer(N('1e2147483647'), overflow, underflow);
    });

    test('whose exponents are beyond all bounds', async () => {
        for (const [number, message] of [
            ['1e99999999999', overflow],
            ['1e-99999999999', underflow],
            ['1e9223372036854775808', `${noNumber}: 1e9223372036854775808`],
            ['0e126', overflow],
            ['0e-131', underflow],
            ['1.2.3', `${noNumber}: 1.2.3`],
            ['NaN', `${noNumber}: NaN`],
        ]) {
            await refused(put({ Item: { ...Key, a: N(number) } }), one(message));
        }
        await put({ Item: { ...Key, a: N('0e125') } });
    });

    test('that are sets with repetitions', async () => {
        await eachLayer(
            { SS: ['b', 'a', 'b'] },
            `${invalid}Input collection ["a", "b", "b"] contains duplicates.`,
            `${invalid}Input collection [b, a, b] contains duplicates.`,
        );
        const BS = ['/w==', 'AA==', 'AA=='].map((text) => Buffer.from(text, 'base64'));
        await eachLayer(
            { BS },
            `${invalid}Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.`,
            `${invalid}Input collection [/w==, AA==, AA==]of type BS contains duplicates.`,
        );
        await eachLayer(
            { NS: ['2', '1', '2'] },
            `${invalid}Input collection contains duplicates.`,
            'Input collection contains duplicates',
        );
    });

    test('may be empty inside sets, which may not', async () => {
        await put({ Item: { ...Key, s: { SS: ['', 'a'] }, b: { BS: [new Uint8Array()] } } });
        const { Item } = await send(dynamodb.GetItemCommand, { TableName, Key });
        assert.deepEqual(Item.s, { SS: ['', 'a'] });
        await refused(put({ Item: { ...Key, s: { SS: [] } } }), one(`${invalid}An string set  may not be empty`));
        await refused(put({ Item: { ...Key, s: { BS: [] } } }), one(`${invalid}Binary sets should not be empty`));
    });

    test('nest to level 32, and no deeper', async () => {
        for (const write of [
            (item) => put({ Item: item }),
            (item) => batchWrite({ PutRequest: { Item: item } }),
            (item) => transact({ Put: { TableName, Item: item } }),
        ]) {
            await write({ ...Key, a: deep(31) });
            await refused(write({ ...Key, a: deep(32) }), nesting, one(nesting));
            await refused(write({ ...Key, a: deep(100) }), nesting, one(nesting));
        }
        const condition = (levels) =>
            update({
                UpdateExpression: 'SET b = :b',
                ConditionExpression: 'absent = :a',
                ExpressionAttributeValues: { ':a': deep(levels), ':b': S('x') },
            });
        await fails(condition(31), 'ConditionalCheckFailedException', 400);
        await refused(condition(32), one(nesting));
    });

    test('have names', async () => {
        const named = (item) => transact({ Put: { TableName, Item: { ...Key, ...item } } });
        await refused(named({ '': S('x') }), 'Empty attribute name');
        await refused(named({ a: deep(40), '': S('x') }), 'Empty attribute name');
        await refused(named({ a: { M: { '': S('x') } }, b: deep(40) }), nesting);
    });
});

describe('requests', () => {
    test('have expressions for their names and values', async () => {
        for (const call of [put, remove, update]) {
            await refused(
                call({ ExpressionAttributeValues: { ':v': S('x') } }),
                one('ExpressionAttributeValues can only be specified when using expressions'),
            );
            await refused(
                call({ ExpressionAttributeNames: { '#n': 'x' } }),
                one('ExpressionAttributeNames can only be specified when using expressions'),
            );
        }
    });

    test('of several wrong members tell as many as DynamoDB does', async () => {
        const set = (values) => `Member must satisfy enum value set: [${values}]`;
        const capacity = `Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: ${set('INDEXES, TOTAL, NONE')}`;
        const values = `Failed to satisfy constraint: ${set('ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE')}`;
        const metrics = `Value 'x' at 'returnItemCollectionMetrics' failed to satisfy constraint: ${set('SIZE, NONE')}`;
        const both = { ReturnConsumedCapacity: 'x', ReturnValues: 'x' };
        await refused(
            put({ ...both, ReturnItemCollectionMetrics: 'x' }),
            `3 validation errors detected: ${capacity}; ${values}; ${metrics}`,
        );
        await refused(remove(both), `2 validation errors detected: ${capacity}; ${values}`);
        await refused(update(both), one(values));
        await refused(
            put({ TableName: '', ...both }),
            one("Value at 'TableName' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        );
    });

    test('name tables that could be', async () => {
        const keys =
            'Map keys must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]';
        await refused(
            send(dynamodb.BatchGetItemCommand, { RequestItems: { 'bad!name': { Keys: [{ pk: S('a') }] } } }),
            one(`Value '{"bad!name":{"Keys":[{"pk":{"S":"a"}}]}}' at 'requestItems' failed to satisfy constraint: ${keys}`),
        );
        const error = await fails(
            send(dynamodb.BatchWriteItemCommand, { RequestItems: { 'bad!name': [{ PutRequest: { Item: Key } }] } }),
            'ValidationException',
            400,
        );
        assert.match(error.message, /^1 validation error detected: Value '\{bad!name=\[WriteRequest\(putRequest=/);
        assert.ok(error.message.endsWith(keys));
        const long = 'a'.repeat(256);
        await refused(
            put({ TableName: long }),
            one(`Value '${long}' at 'tableName' failed to satisfy constraint: Member must have length less than or equal to 255`),
        );
    });

    test('of a batch have one form for all tables', async () => {
        const wanted = (more) => ({ Keys: [Key], ...more });
        const RequestItems = {
            [TableName]: wanted({ ProjectionExpression: 'pk' }),
            [`${TableName}-2`]: wanted({ AttributesToGet: ['pk'] }),
        };
        await fails(send(dynamodb.BatchGetItemCommand, { RequestItems }), 'ValidationException', 400);
    });

    test('of a transaction are read part by part, before any table', async () => {
        const elsewhere = { Put: { TableName: unique('absent'), Item: Key } };
        const open = { ConditionCheck: { TableName, Key, ConditionExpression: 'attribute_not_exists(' } };
        const tooDeep = { Put: { TableName, Item: { pk: S('deep'), a: deep(32) } } };
        const syntax = 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("';
        await refused(transact(elsewhere, open), syntax);
        await refused(transact(open, tooDeep), syntax);
        await refused(transact(tooDeep, open), nesting);
        await refused(
            transact({ Delete: { TableName, Key: { pk: deep(100) }, ConditionExpression: 'a = = b' } }),
            'Invalid ConditionExpression: Syntax error; token: "=", near: "= = b"',
        );
        const actions = Array.from({ length: 500 }, (_, index) => `a${index} = :v`).join(', ');
        await refused(
            transact({
                Update: {
                    TableName,
                    Key,
                    UpdateExpression: `SET ${actions}`,
                    ExpressionAttributeValues: { ':v': S('x') },
                },
            }),
            'Invalid UpdateExpression: Expression size has exceeded the maximum allowed size;',
        );
    });
});

describe('parameters of statements', () => {
    test('are numbers as Java reads them', async () => {
        const run = (parameter) =>
            send(dynamodb.ExecuteStatementCommand, {
                Statement: `SELECT * FROM "${TableName}" WHERE pk = 'a' AND n = ?`,
                Parameters: [parameter],
            });
        const noNumber = 'The parameter cannot be converted to a numeric value';
        for (const number of ['1e99999999999', '1e2147483648', '1e-2147483648']) {
            await refused(run(N(number)), `${noNumber}: ${number}`);
        }
        await refused(run(N('')), noNumber);
        const transaction = send(dynamodb.ExecuteTransactionCommand, {
            TransactStatements: [
                { Statement: `UPDATE "${TableName}" SET n = ? WHERE pk = 'a'`, Parameters: [N('1e99999999999')] },
            ],
        });
        await refused(transaction, `${noNumber}: 1e99999999999`);
    });
});

describe('settings of tables', () => {
    const create = (more) =>
        send(dynamodb.CreateTableCommand, {
            TableName: unique('refused'),
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
            BillingMode: 'PAY_PER_REQUEST',
            ...more,
        });

    test('a stream is wanted with its view, and without when it is not', async () => {
        await refused(
            create({ StreamSpecification: { StreamEnabled: true } }),
            `${invalid}Table is being created with a stream enabled, UpdateViewType is required`,
        );
        await refused(
            create({ StreamSpecification: { StreamEnabled: false, StreamViewType: 'NEW_IMAGE' } }),
            `${invalid}Table is being created with a stream disabled, UpdateViewType should not be specified`,
        );
    });

    test('attributes are defined once', async () => {
        await refused(
            create({
                AttributeDefinitions: [
                    { AttributeName: 'pk', AttributeType: 'S' },
                    { AttributeName: 'pk', AttributeType: 'S' },
                ],
            }),
            'Attribute Name is duplicated: pk',
        );
    });

    test('throughput has a bound of its own, which comes first', async () => {
        const most = 1_000_000_000_000;
        const units = (read, write) => ({ ReadCapacityUnits: read, WriteCapacityUnits: write });
        const provisioned = (ProvisionedThroughput) =>
            create({ BillingMode: 'PROVISIONED', AttributeDefinitions: [], ProvisionedThroughput });
        const beyond = (kind) => `Given value ${most + 1} for ${kind}CapacityUnits is out of bounds`;
        await refused(provisioned(units(most + 1, most + 1)), beyond('Read'));
        await refused(provisioned(units(most, most + 1)), beyond('Write'));
        const Update = { IndexName: 'abc', ProvisionedThroughput: units(most, most + 1) };
        await refused(
            send(dynamodb.UpdateTableCommand, {
                TableName: unique('none'),
                GlobalSecondaryIndexUpdates: [{ Update }],
            }),
            `${beyond('Write')} for index abc`,
        );
    });

    test('definitions are looked at first, then of an index its key, and then its projection', async () => {
        const key = (name, KeyType = 'HASH') => ({ AttributeName: name, KeyType });
        const indexed = (KeySchema, Projection = {}, names = ['a', 'b']) =>
            create({
                KeySchema: [key('a'), key('b', 'RANGE')],
                AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
                LocalSecondaryIndexes: [{ IndexName: 'abc', KeySchema, Projection }],
            });
        await refused(
            indexed([key('a')], {}, ['a', 'b', 'c']),
            `${invalid}Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]`,
        );
        await refused(indexed([key('a')]), `${invalid}Index KeySchema does not have a range key for index: abc`);
        await refused(
            indexed([key('b'), key('a', 'RANGE')]),
            `${invalid}Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. ` +
                'index hash key: b, table hash key: a',
        );
        await refused(indexed([key('a'), key('b', 'RANGE')]), `${invalid}Unknown ProjectionType: null`);
    });

    test('what is not there is named', async () => {
        const { Table } = await send(dynamodb.DescribeTableCommand, { TableName });
        const ResourceArn = `${Table.TableArn}-none`;
        const missing = (call) => fails(call, 'ResourceNotFoundException', 400);
        const untagged = await missing(send(dynamodb.TagResourceCommand, { ResourceArn, Tags: [] }));
        assert.equal(untagged.message, `Requested resource not found: ResourceArn: ${ResourceArn} not found`);
        const insights = { TableName, IndexName: 'none', ContributorInsightsAction: 'ENABLE' };
        const without = await missing(send(dynamodb.UpdateContributorInsightsCommand, insights));
        assert.equal(without.message, `Requested resource not found: Index: none not found for table: ${TableName}`);
    });
});
