// Vector indexes: made with tables and on live ones, kept with items, searched.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { clientOf, eventually, fails, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const documents = DynamoDBDocumentClient.from(client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const numbers = (...vector) => vector.map((number) => ({ N: String(number) }));
const embedding = (...vector) => ({ embedding: { L: numbers(...vector) } });
const describeTable = async (TableName) => (await send(dynamodb.DescribeTableCommand, { TableName })).Table;
const refused = (promise) => fails(promise, 'ValidationException', 400);

/** A table's vector indexes once none of them changes any more. */
const atRest = (TableName) =>
    eventually(async () => {
        const table = await describeTable(TableName);
        const indexes = table.VectorIndexes ?? [];
        return table.TableStatus === 'ACTIVE' && indexes.every((each) => each.IndexStatus === 'ACTIVE') && table;
    }, 3600);

/** What a search finds: for a while after an index is there, searches are refused. */
const search = (TableName, IndexName, vector, more = {}) =>
    eventually(async () => {
        const request = { TableName, IndexName, SearchVector: numbers(...vector), TopK: 10, ...more };
        try {
            return await send(dynamodb.SearchVectorsCommand, request);
        } catch (error) {
            if (/does not have the specified index|backfilling/.test(error.message)) return false;
            throw error;
        }
    }, 3600);
const keysOf = (answer) => answer.SearchResults.map(({ Item }) => Item.pk.S);
/** The keys that a search finds once they are `wanted`: indexes follow their tables. */
const finds = (wanted, ...searched) =>
    eventually(async () => keysOf(await search(...searched)).join() === wanted.join(), 120);

async function newTable(input) {
    const TableName = unique('vectors');
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        ...input,
    });
    undo.add(async () => {
        await atRest(TableName);
        await send(dynamodb.DeleteTableCommand, { TableName });
    });
    await atRest(TableName);
    return TableName;
}

const near = {
    IndexName: 'near',
    VectorAttribute: { AttributeName: 'embedding' },
    Dimensions: 3,
    DistanceFunction: 'COSINE',
    Projection: { ProjectionType: 'ALL' },
};

describe('a vector index with a partition key', () => {
    const inCategory = {
        ...near,
        IndexName: 'in-category',
        SearchSchema: [
            { AttributeName: 'category', SearchSchemaElementType: 'HASH' },
            { AttributeName: 'brand', SearchSchemaElementType: 'INLINE_FILTER' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['title'] },
    };
    let TableName;
    const put = (pk, vector, category, more = {}) =>
        send(dynamodb.PutItemCommand, {
            TableName,
            Item: { pk: { S: pk }, ...embedding(...vector), category: { S: category }, ...more },
        });
    const of = (category, more = {}) => ({
        SearchConditionExpression: 'category = :c',
        ExpressionAttributeValues: { ':c': { S: category } },
        ...more,
    });

    before(async () => {
        TableName = await newTable({
            AttributeDefinitions: ['pk', 'category', 'brand'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
            VectorIndexes: [near, inCategory],
        });
        await put('phones', [1, 0, 0], 'audio', { brand: { S: 'acme' }, title: { S: 'Headphones' }, price: { N: '9' } });
        await put('speaker', [1, 1, 0], 'audio', { brand: { S: 'other' } });
        await put('screen', [1, 0.1, 0], 'video', { brand: { S: 'acme' } });
        await send(dynamodb.PutItemCommand, { TableName, Item: { pk: { S: 'loose' }, ...embedding(-1, 0, 0) } });
        await finds(['phones', 'screen', 'speaker', 'loose'], TableName, 'near', [2, 0, 0]);
    });

    test('is described', async () => {
        const { VectorIndexes } = await describeTable(TableName);
        const index = VectorIndexes.find(({ IndexName }) => IndexName === 'in-category');
        assert.deepEqual(index.SearchSchema, inCategory.SearchSchema);
        assert.equal(index.IndexStatus, 'ACTIVE');
        assert.match(index.IndexArn, new RegExp(`table/${TableName}/index/in-category$`));
        assert.equal(index.Backfilling, undefined);
    });

    test('is searched one partition at a time, and filtered', async () => {
        await finds(['phones', 'speaker'], TableName, 'in-category', [1, 0, 0], of('audio'));
        const filtered = {
            SearchConditionExpression: '#c = :c AND brand = :b',
            ExpressionAttributeNames: { '#c': 'category' },
            ExpressionAttributeValues: { ':c': { S: 'audio' }, ':b': { S: 'other' } },
        };
        await finds(['speaker'], TableName, 'in-category', [1, 0, 0], filtered);
    });

    test('scores, nearest first', async () => {
        const { SearchResults } = await search(TableName, 'near', [1, 0, 0], { TopK: 100 });
        const scores = SearchResults.map(({ Score }) => Score);
        assert.ok(Math.abs(scores[0]) < 1e-6 && Math.abs(scores.at(-1) - 2) < 1e-6);
        assert.deepEqual(scores, [...scores].sort((a, b) => a - b));
        assert.equal((await search(TableName, 'near', [1, 0, 0], { TopK: 1 })).SearchResults.length, 1);
    });

    test('answers with what it projects, and the vector only if asked', async () => {
        const [first] = (await search(TableName, 'in-category', [1, 0, 0], of('audio'))).SearchResults;
        assert.deepEqual(Object.keys(first.Item).sort(), ['brand', 'category', 'pk', 'title']);
        const projection = { ProjectionExpression: 'pk, embedding, price' };
        const [asked] = (await search(TableName, 'near', [1, 0, 0], projection)).SearchResults;
        assert.deepEqual(Object.keys(asked.Item).sort(), ['embedding', 'pk', 'price']);
        assert.deepEqual(asked.Item.embedding.L.map(({ N }) => Number(N)), [1, 0, 0]);
    });

    test('is metered', async () => {
        const { ConsumedCapacity } = await search(TableName, 'near', [1, 0, 0], { ReturnConsumedCapacity: 'TOTAL' });
        assert.ok(ConsumedCapacity.VectorSearchRequestBytes >= 1024);
        const written = await send(dynamodb.PutItemCommand, {
            TableName,
            Item: { pk: { S: 'metered' }, ...embedding(0, 0, 1) },
            ReturnConsumedCapacity: 'INDEXES',
        });
        assert.deepEqual(written.ConsumedCapacity.VectorIndexes, { near: { VectorWriteRequestBytes: 1024 } });
        await send(dynamodb.DeleteItemCommand, { TableName, Key: { pk: { S: 'metered' } } });
    });

    test('refuses vectors and partitions that are none', async () => {
        await refused(put('bad', [1, 2], 'audio'));
        await refused(put('bad', [1, 2, 3], ''));
        await refused(send(dynamodb.PutItemCommand, { TableName, Item: { pk: { S: 'bad' }, embedding: { S: 'x' } } }));
        await refused(search(TableName, 'in-category', [1, 0, 0]));
        await refused(search(TableName, 'near', [1, 0]));
        await refused(search(TableName, 'near', [1, 0, 0], { TopK: 101 }));
        await refused(search(TableName, 'near', [1, 0, 0], of('audio')));
        await refused(send(dynamodb.ScanCommand, { TableName, IndexName: 'near' }));
    });

    test('follows its items', async () => {
        await documents.send(
            new PutCommand({ TableName, Item: { pk: 'moves', embedding: [0, 1, 0], category: 'games' } }),
        );
        await finds(['moves'], TableName, 'in-category', [0, 1, 0], of('games'));
        await send(dynamodb.UpdateItemCommand, {
            TableName,
            Key: { pk: { S: 'moves' } },
            UpdateExpression: 'REMOVE category',
        });
        await finds([], TableName, 'in-category', [0, 1, 0], of('games'));
        await send(dynamodb.DeleteItemCommand, { TableName, Key: { pk: { S: 'moves' } } });
        await eventually(async () => !keysOf(await search(TableName, 'near', [0, 1, 0])).includes('moves'), 120);
    });
});

test('a vector index comes to a table with items, one at a time, and goes', async () => {
    const TableName = await newTable({});
    for (let number = 0; number < 3; ++number) {
        const Item = { pk: { S: `item-${number}` }, ...embedding(number, 1, 0) };
        await send(dynamodb.PutItemCommand, { TableName, Item });
    }
    const update = (...VectorIndexUpdates) => send(dynamodb.UpdateTableCommand, { TableName, VectorIndexUpdates });
    const other = { ...near, IndexName: 'other' };
    await fails(update({ Create: near }, { Create: other }), 'LimitExceededException', 400);
    const { TableDescription } = await update({ Create: { ...near, DistanceFunction: 'EUCLIDEAN' } });
    assert.equal(TableDescription.VectorIndexes[0].IndexStatus, 'CREATING');
    await atRest(TableName);
    await finds(['item-2', 'item-1', 'item-0'], TableName, 'near', [9, 1, 0]);
    await update({ Delete: { IndexName: 'near' } });
    await eventually(async () => !(await describeTable(TableName)).VectorIndexes?.length, 600);
    await fails(update({ Delete: { IndexName: 'near' } }), 'ResourceNotFoundException', 400);
});

test('a restored table has the vector indexes of its backup', async () => {
    const TableName = await newTable({ VectorIndexes: [{ ...near, DistanceFunction: 'DOT_PRODUCT' }] });
    await send(dynamodb.PutItemCommand, { TableName, Item: { pk: { S: 'a' }, ...embedding(1, 2, 3) } });
    const { BackupDetails } = await send(dynamodb.CreateBackupCommand, { TableName, BackupName: 'once' });
    const { BackupArn } = BackupDetails;
    undo.add(() => send(dynamodb.DeleteBackupCommand, { BackupArn }));
    const described = await eventually(async () => {
        const { BackupDescription } = await send(dynamodb.DescribeBackupCommand, { BackupArn });
        return BackupDescription.BackupDetails.BackupStatus === 'AVAILABLE' && BackupDescription;
    }, 600);
    assert.equal(described.SourceTableFeatureDetails.VectorIndexes[0].IndexName, 'near');
    const TargetTableName = unique('restored');
    await send(dynamodb.RestoreTableFromBackupCommand, { TargetTableName, BackupArn });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName: TargetTableName }));
    await atRest(TargetTableName);
    const { SearchResults } = await search(TargetTableName, 'near', [1, 1, 1]);
    assert.equal(SearchResults[0].Score, 6);
});

test('vector indexes are refused where they cannot be', async () => {
    const create = (VectorIndexes, more = {}) => refused(newTable({ VectorIndexes, ...more }));
    await create([near], {
        BillingMode: 'PROVISIONED',
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    });
    await create([{ ...near, Dimensions: 4097 }]);
    await create(Array.from({ length: 6 }, (_, number) => ({ ...near, IndexName: `near-${number}` })));
    await create([{ ...near, SearchSchema: [{ AttributeName: 'none', SearchSchemaElementType: 'HASH' }] }]);
});
