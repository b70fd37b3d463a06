// Global indexes whose keys have several attributes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.DesignPattern.MultiAttributeKeys.html
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { clientOf, eventually, fails, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const documents = lib.DynamoDBDocumentClient.from(client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const ask = (Command, input) => documents.send(new Command(input));

const schema = (hash, range = []) => [
    ...hash.map((AttributeName) => ({ AttributeName, KeyType: 'HASH' })),
    ...range.map((AttributeName) => ({ AttributeName, KeyType: 'RANGE' })),
];
const definitions = (types) =>
    Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }));
const create = (types, indexes, more = {}) => {
    const TableName = unique('keys');
    return send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: schema(['id']),
        AttributeDefinitions: definitions({ id: 'S', ...types }),
        GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, KeySchema]) => ({
            IndexName,
            KeySchema,
            Projection: { ProjectionType: 'ALL' },
        })),
        BillingMode: 'PAY_PER_REQUEST',
        ...more,
    }).then(async () => {
        undo.add(() => send(dynamodb.DeleteTableCommand, { TableName }));
        await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
        return TableName;
    });
};
const refused = (call, message) => fails(call, 'ValidationException', 400, message);
const letters = [...'abcdefghij'];
const texts = (count) => Object.fromEntries(letters.slice(0, count).map((name) => [name, 'S']));

describe('the schema', () => {
    test('has up to four attributes of each kind, the HASH attributes first', async () => {
        const key = schema(letters.slice(0, 4), letters.slice(4, 8));
        const TableName = await create(texts(8), { long: key });
        const { Table } = await send(dynamodb.DescribeTableCommand, { TableName });
        assert.deepEqual(Table.GlobalSecondaryIndexes[0].KeySchema, key);
        assert.equal(Table.AttributeDefinitions.length, 9);
        await refused(create(texts(5), { long: schema(letters.slice(0, 5)) }), /number of HASH key attributes/);
        await refused(create(texts(6), { long: schema(['a'], letters.slice(1, 6)) }), /number of RANGE key attributes/);
        await refused(create(texts(2), { long: schema(['a', 'b'], ['a']) }), /same name/);
        await refused(create(texts(2), { long: schema([], ['a', 'b']) }), /HASH/);
        await refused(create(texts(3), { long: [...schema(['a'], ['b']), ...schema(['c'])] }), /HASH .* precede RANGE/);
        await refused(create({ a: 'S' }, { long: schema(['a', 'b']) }), /AttributeDefinitions/);
    });

    test('is short for tables and their local indexes', async () => {
        await refused(create(texts(2), {}, { KeySchema: schema(['id'], ['a', 'b']), GlobalSecondaryIndexes: undefined }), /2/);
        const local = { IndexName: 'local', KeySchema: schema(['id'], ['a', 'b']), Projection: { ProjectionType: 'ALL' } };
        await refused(
            create(texts(2), {}, { KeySchema: schema(['id'], ['a']), GlobalSecondaryIndexes: undefined, LocalSecondaryIndexes: [local] }),
            /length less than or equal to 2/,
        );
    });
});

describe('an index', () => {
    const types = { country: 'S', city: 'S', year: 'N', title: 'S', cover: 'B' };
    const key = schema(['country', 'city'], ['year', 'title']);
    let TableName;
    before(async () => {
        TableName = await create(types, { place: key, cover: schema(['cover']) }, { AttributeDefinitions: definitions({ id: 'S', ...types }) });
    });
    const put = (id, country, city, year, title, more = {}) =>
        ask(lib.PutCommand, { TableName, Item: { id, country, city, year, title, ...more } });
    const query = (KeyConditionExpression, values, more = {}) =>
        ask(lib.QueryCommand, {
            TableName,
            IndexName: 'place',
            KeyConditionExpression,
            ExpressionAttributeNames: KeyConditionExpression.includes('#year') ? { '#year': 'year' } : undefined,
            ExpressionAttributeValues: Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
            ...more,
        });
    const ids = async (...input) => (await query(...input)).Items.map(({ id }) => id);
    /** Waits for AWS's indexes, which are behind. */
    const finds = (expected, ...input) =>
        eventually(async () => JSON.stringify(await ids(...input)) === JSON.stringify(expected));

    test('is sorted by its RANGE attributes, and read from the left', async () => {
        const country = unique('land');
        await put('a', country, 'x', 10, 'm');
        await put('b', country, 'x', 9, 'z');
        await put('c', country, 'x', 9, 'ab');
        await put('d', country, 'y', 9, 'ab');
        const where = 'country = :c AND city = :t';
        const values = { c: country, t: 'x' };
        await finds(['c', 'b', 'a'], where, values);
        assert.deepEqual(await ids(where, values, { ScanIndexForward: false }), ['a', 'b', 'c']);
        assert.deepEqual(await ids(`${where} AND #year = :y`, { ...values, y: 9 }), ['c', 'b']);
        assert.deepEqual(await ids(`${where} AND #year > :y`, { ...values, y: 9 }), ['a']);
        assert.deepEqual(await ids(`title = :n AND ${where} AND #year = :y`, { ...values, y: 9, n: 'z' }), ['b']);
        assert.deepEqual(await ids(`${where} AND #year = :y AND begins_with(title, :n)`, { ...values, y: 9, n: 'a' }), ['c']);
        const conditions = (more) => ({
            KeyConditionExpression: undefined,
            ExpressionAttributeValues: undefined,
            KeyConditions: Object.fromEntries(
                Object.entries({ country, city: 'x', ...more }).map(([name, value]) => [
                    name,
                    { ComparisonOperator: 'EQ', AttributeValueList: [value] },
                ]),
            ),
        });
        assert.deepEqual(await ids('', {}, conditions({ year: 9 })), ['c', 'b']);
        await refused(query('', {}, conditions({ title: 'z' })), /year/);
    });

    test('wants every HASH attribute, and no gap in the RANGE attributes', async () => {
        await refused(query('country = :c', { c: 'x' }), /HASH .* equality/);
        await refused(query('country = :c AND city > :t', { c: 'x', t: 'x' }), /HASH .* equality/);
        const where = 'country = :c AND city = :t';
        await refused(query(`${where} AND title = :n`, { c: 'x', t: 'x', n: 'x' }), /RANGE .* equality/);
        await refused(query(`${where} AND #year < :y AND title = :n`, { c: 'x', t: 'x', n: 'x', y: 1 }), /RANGE .* equality/);
        await refused(query(where, { c: 'x', t: 1 }), /type/);
        await refused(query(where, { c: 'x', t: 'x', f: 'x' }, { FilterExpression: 'title = :f' }), /key attributes/);
        await refused(query(where, { c: 'x', t: 'x' }, { ConsistentRead: true }), /[Cc]onsistent/);
    });

    test('holds what has all attributes of its key, of their types', async () => {
        const country = unique('land');
        const where = ['country = :c AND city = :t', { c: country, t: 'x' }];
        const Key = { id: country };
        await put(country, country, 'x', 1, 'm', { cover: new Uint8Array([1]) });
        await finds([country], ...where);
        for (const name of ['city', 'title']) {
            const change = (UpdateExpression, more = {}) =>
                ask(lib.UpdateCommand, { TableName, Key, UpdateExpression, ExpressionAttributeNames: { '#n': name }, ...more });
            const { Attributes } = await change('REMOVE #n', { ReturnValues: 'UPDATED_OLD' });
            await finds([], ...where);
            await change('SET #n = :v', { ExpressionAttributeValues: { ':v': Attributes[name] } });
            await finds([country], ...where);
        }
        await refused(put('z', country, 'x', 'one', 'm'), /Type mismatch for Index Key year/);
        await refused(put('z', country, '', 1, 'm'), /empty string value/);
        await ask(lib.DeleteCommand, { TableName, Key });
        await finds([], ...where);
    });

    test('comes in pages whose last key has every attribute', async () => {
        const country = unique('land');
        for (const year of [3, 1, 2]) await put(`${country}${year}`, country, 'x', year, 'm');
        const where = ['country = :c AND city = :t', { c: country, t: 'x' }];
        await finds([1, 2, 3].map((year) => country + year), ...where);
        const first = await query(...where, { Limit: 2 });
        assert.deepEqual(Object.keys(first.LastEvaluatedKey).sort(), ['city', 'country', 'id', 'title', 'year']);
        const rest = await query(...where, { ExclusiveStartKey: first.LastEvaluatedKey });
        assert.deepEqual(rest.Items.map(({ year }) => year), [3]);
        const { city, ...incomplete } = first.LastEvaluatedKey;
        await refused(query(...where, { ExclusiveStartKey: incomplete }), /starting key is invalid/);
    });

    test('is not read by PartiQL, which reads its table all the same', async () => {
        const country = unique('land');
        await put(country, country, 'x', 1, 'm');
        const run = (Statement) => send(dynamodb.ExecuteStatementCommand, { Statement });
        const message =
            /^PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys\.$/;
        await refused(run(`SELECT id FROM "${TableName}"."place" WHERE country = '${country}'`), message);
        await refused(run(`SELECT id FROM "${TableName}"."place" WHERE country = 5`), message);
        const { Items } = await run(`SELECT city FROM "${TableName}" WHERE id = '${country}'`);
        assert.deepEqual(Items, [{ city: { S: 'x' } }]);
        const { Responses } = await send(dynamodb.BatchExecuteStatementCommand, {
            Statements: [{ Statement: `SELECT id FROM "${TableName}"."place" WHERE country = '${country}'` }],
        });
        assert.equal(Responses[0].Error.Code, 'ValidationError');
        assert.match(Responses[0].Error.Message, message);
    });

    test('can be added to a table that has items', async () => {
        const added = await create({}, {}, { GlobalSecondaryIndexes: undefined });
        await ask(lib.PutCommand, { TableName: added, Item: { id: '1', country: 'x', city: 'y', year: 1 } });
        await ask(lib.PutCommand, { TableName: added, Item: { id: '2', country: 'x', year: 1 } });
        await send(dynamodb.UpdateTableCommand, {
            TableName: added,
            AttributeDefinitions: definitions({ country: 'S', city: 'S', year: 'N' }),
            GlobalSecondaryIndexUpdates: [
                {
                    Create: {
                        IndexName: 'place',
                        KeySchema: schema(['country', 'city'], ['year']),
                        Projection: { ProjectionType: 'KEYS_ONLY' },
                    },
                },
            ],
        });
        await eventually(async () => {
            const { Table } = await send(dynamodb.DescribeTableCommand, { TableName: added });
            return Table.GlobalSecondaryIndexes[0].IndexStatus === 'ACTIVE';
        }, 1200);
        const found = await ask(lib.ScanCommand, { TableName: added, IndexName: 'place' });
        assert.deepEqual(found.Items, [{ id: '1', country: 'x', city: 'y', year: 1 }]);
    });
});
