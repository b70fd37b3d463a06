import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { allPages, clientOf, fails, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const documents = lib.DynamoDBDocumentClient.from(client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const run = (Statement, Parameters, more = {}) =>
    documents.send(new lib.ExecuteStatementCommand({ Statement, Parameters, ...more }));
const malformed = "Statement wasn't well formed, can't be processed: ";

let table;
before(async () => {
    table = unique('partiql');
    await send(dynamodb.CreateTableCommand, {
        TableName: table,
        KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'N' },
            { AttributeName: 'tag', AttributeType: 'S' },
        ],
        GlobalSecondaryIndexes: [
            {
                IndexName: 'by-tag',
                KeySchema: [{ AttributeName: 'tag', KeyType: 'HASH' }],
                Projection: { ProjectionType: 'KEYS_ONLY' },
            },
        ],
        BillingMode: 'PAY_PER_REQUEST',
    });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName: table }));
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: table });
});

describe('statements', () => {
    test('INSERT, SELECT, UPDATE and DELETE one item', async () => {
        const pk = unique('item');
        const inserted = await run(
            `INSERT INTO "${table}" VALUE {'pk': ?, 'sk': 1, 'name': 'first', 'list': [1, {'deep': true}], 'tags': <<'a', 'b'>>, 'gone': null}`,
            [pk],
        );
        assert.deepEqual(inserted.Items, []);
        await fails(
            run(`INSERT INTO "${table}" VALUE {'pk': '${pk}', 'sk': 1}`),
            'DuplicateItemException',
            400,
            /^Duplicate primary key exists in table$/,
        );
        const updated = await run(
            `UPDATE "${table}" SET "name" = 'second' SET list = list_append(list, [2]) SET tags = set_add(tags, <<'c'>>) REMOVE gone WHERE pk = ? AND sk = 1 RETURNING ALL NEW *`,
            [pk],
        );
        assert.deepEqual(updated.Items, [
            { pk, sk: 1, name: 'second', list: [1, { deep: true }, 2], tags: new Set(['a', 'b', 'c']) },
        ]);
        const selected = await run(`SELECT "name", list[1].deep FROM "${table}" WHERE pk = '${pk}' AND sk = 1`);
        assert.deepEqual(selected.Items, [{ name: 'second', deep: true }]);
        const deleted = await run(`DELETE FROM "${table}" WHERE pk = '${pk}' AND sk = 1 RETURNING ALL OLD *`);
        assert.equal(deleted.Items[0].name, 'second');
        assert.deepEqual((await run(`DELETE FROM "${table}" WHERE pk = '${pk}' AND sk = 1`)).Items, []);
    });

    test('SELECT filters, orders, pages and counts units', async () => {
        const pk = unique('item');
        for (let sk = 1; sk <= 5; ++sk) {
            await run(`INSERT INTO "${table}" VALUE {'pk': ?, 'sk': ?, 'n': ?, 'tag': ?}`, [pk, sk, sk * 10, `${pk}-t`]);
        }
        const keys = async (condition, parameters) =>
            (await run(`SELECT * FROM "${table}" WHERE ${condition}`, parameters)).Items.map(({ sk }) => sk);
        assert.deepEqual(await keys('pk = ? AND sk > 2', [pk]), [3, 4, 5]);
        assert.deepEqual(await keys('pk = ? AND n IN [10, 50]', [pk]), [1, 5]);
        assert.deepEqual(await keys('pk = ? AND sk BETWEEN 2 AND 3 AND tag IS NOT MISSING', [pk]), [2, 3]);
        assert.deepEqual(await keys(`pk = '${pk}' AND NOT (n < 50) ORDER BY sk DESC`), [5]);
        assert.deepEqual(await keys('pk = ? ORDER BY sk DESC', [pk]), [5, 4, 3, 2, 1]);
        const paged = await allPages(async (NextToken) => {
            const page = await run(`SELECT sk FROM "${table}" WHERE pk = ?`, [pk], { NextToken, Limit: 2 });
            return [page.Items, page.NextToken];
        });
        assert.deepEqual(paged.map(({ sk }) => sk), [1, 2, 3, 4, 5]);
        const counted = await run(`SELECT * FROM "${table}" WHERE pk = ?`, [pk], {
            ReturnConsumedCapacity: 'TOTAL',
            ConsistentRead: true,
        });
        assert.equal(counted.ConsumedCapacity.TableName, table);
        assert.equal(counted.ConsumedCapacity.CapacityUnits, 1);
    });

    test('an index is read by its name', async () => {
        const pk = unique('item');
        await run(`INSERT INTO "${table}" VALUE {'pk': ?, 'sk': 1, 'tag': ?, 'n': 1}`, [pk, pk]);
        let items = [];
        for (let attempt = 0; attempt < 50 && items.length === 0; ++attempt) {
            items = (await run(`SELECT * FROM "${table}"."by-tag" WHERE tag = ?`, [pk])).Items;
        }
        assert.deepEqual(items, [{ pk, sk: 1, tag: pk }]);
        await fails(
            run(`SELECT n FROM "${table}"."by-tag" WHERE tag = ?`, [pk]),
            'ValidationException',
            400,
            /^One or more parameter values were invalid: Global secondary index by-tag does not project \[n\]$/,
        );
        await fails(
            run(`SELECT * FROM "${table}"."by-tag" WHERE tag = ?`, [pk], { ConsistentRead: true }),
            'ValidationException',
            400,
            /^Strongly consistent read is not supported on Global Secondary Indexes$/,
        );
        await fails(
            run(`SELECT * FROM "${table}"."none" WHERE tag = ?`, [pk]),
            'ValidationException',
            400,
            /^The table does not have the specified index$/,
        );
    });

    test('a condition that does not hold fails the write, and shows the item on request', async () => {
        const pk = unique('item');
        await run(`INSERT INTO "${table}" VALUE {'pk': ?, 'sk': 1, 'n': 1}`, [pk]);
        const error = await fails(
            run(`UPDATE "${table}" SET n = 2 WHERE pk = ? AND sk = 1 AND n = 5`, [pk], {
                ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            }),
            'ConditionalCheckFailedException',
            400,
            /^The conditional request failed$/,
        );
        assert.equal(error.Item.n.N ?? error.Item.n, error.Item.n.N ? '1' : 1);
        await fails(
            run(`UPDATE "${table}" SET n = 2 WHERE pk = ? AND sk = 99`, [pk]),
            'ConditionalCheckFailedException',
            400,
        );
        await fails(
            run(`DELETE FROM "${table}" WHERE pk = ? AND sk = 1 AND n > 1`, [pk]),
            'ConditionalCheckFailedException',
            400,
        );
    });

    test('what cannot be read is refused in AWS\u2019s words', async () => {
        for (const [statement, message] of [
            [`SELECT * FROM "${table}" WHERE pk = 'a' foo`, `${malformed}Unexpected token after expression`],
            [`SELECT * FROM "${table}" WHERE`, `${malformed}Unexpected term`],
            [`SELECT * FROM "${table}" t WHERE pk = 'a'`, 'Aliasing is not supported'],
            [`SLECT * FROM "${table}"`, `${malformed}Expected data manipulation`],
            [
                `DELETE FROM "${table}" WHERE n = 1`,
                'Where clause does not contain a mandatory equality on all key attributes',
            ],
            [
                `DELETE FROM "${table}" WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *`,
                'Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.',
            ],
            [`SELECT * FROM "${table}" WHERE pk = ?`, "Number of parameters in request and statement don't match."],
        ]) {
            const error = await fails(run(statement), 'ValidationException', 400);
            assert.equal(error.message, message, statement);
        }
    });
});

describe('batches', () => {
    test('every statement succeeds or fails by itself', async () => {
        const pk = unique('item');
        const insert = `INSERT INTO "${table}" VALUE {'pk': '${pk}', 'sk': 1}`;
        const written = await send(dynamodb.BatchExecuteStatementCommand, {
            Statements: [{ Statement: insert }, { Statement: insert }, { Statement: 'SLECT' }],
        });
        assert.equal(written.Responses[0].Error, undefined);
        assert.equal(written.Responses[0].TableName, table);
        assert.equal(written.Responses[1].Error.Code, 'DuplicateItem');
        assert.equal(written.Responses[2].Error.Code, 'ValidationError');
        const read = await documents.send(
            new lib.BatchExecuteStatementCommand({
                Statements: [
                    { Statement: `SELECT * FROM "${table}" WHERE pk = ? AND sk = ?`, Parameters: [pk, 1] },
                    { Statement: `SELECT * FROM "${table}" WHERE pk = ?`, Parameters: [pk] },
                    { Statement: `SELECT * FROM "${unique('missing')}" WHERE pk = 'a'` },
                ],
            }),
        );
        assert.deepEqual(read.Responses[0].Item, { pk, sk: 1 });
        assert.equal(
            read.Responses[1].Error.Message,
            'Select statements within BatchExecuteStatement must specify the primary key in the where clause.',
        );
        assert.equal(read.Responses[2].Error.Code, 'ResourceNotFound');
    });
});

describe('transactions', () => {
    test('all or nothing, once for a token', async () => {
        const pk = unique('item');
        const transact = (statements, ClientRequestToken) =>
            documents.send(
                new lib.ExecuteTransactionCommand({
                    TransactStatements: statements.map((Statement) => ({ Statement })),
                    ClientRequestToken,
                }),
            );
        const key = (sk) => `pk = '${pk}' AND sk = ${sk}`;
        await transact([
            `INSERT INTO "${table}" VALUE {'pk': '${pk}', 'sk': 1, 'n': 1}`,
            `INSERT INTO "${table}" VALUE {'pk': '${pk}', 'sk': 2, 'n': 1}`,
        ]);
        const error = await fails(
            transact([
                `UPDATE "${table}" SET n = 9 WHERE ${key(1)}`,
                `EXISTS(SELECT * FROM "${table}" WHERE ${key(2)} AND n = 5)`,
            ]),
            'TransactionCanceledException',
            400,
            /^Transaction cancelled, please refer cancellation reasons for specific reasons \[None, ConditionalCheckFailed\]$/,
        );
        assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ['None', 'ConditionalCheckFailed']);
        const token = unique('token').slice(0, 36);
        for (let time = 0; time < 2; ++time) await transact([`UPDATE "${table}" SET n = n + 1 WHERE ${key(1)}`], token);
        const read = await transact([
            `SELECT n FROM "${table}" WHERE ${key(1)}`,
            `SELECT n FROM "${table}" WHERE ${key(3)}`,
        ]);
        assert.deepEqual(read.Responses.map(({ Item }) => Item), [{ n: 2 }, undefined]);
        await fails(
            transact([`SELECT * FROM "${table}"."by-tag" WHERE tag = 'x'`]),
            'ValidationException',
            400,
            /^Validation failed in TransactStatements\[0\]: Reads on indices are not supported within transactions\.$/,
        );
    });
});
