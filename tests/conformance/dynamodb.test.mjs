import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { allPages, clientOf, endpoint, eventually, fails, onAws, region, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const documents = lib.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const ask = (Command, input) => documents.send(new Command(input));

async function newTable(input = {}) {
    const TableName = unique('table');
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: [
            { AttributeName: 'customer', KeyType: 'HASH' },
            { AttributeName: 'placed', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
            { AttributeName: 'customer', AttributeType: 'S' },
            { AttributeName: 'placed', AttributeType: 'N' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        ...input,
    });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName }));
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
    return TableName;
}

const indexed = {
    AttributeDefinitions: [
        { AttributeName: 'customer', AttributeType: 'S' },
        { AttributeName: 'placed', AttributeType: 'N' },
        { AttributeName: 'status', AttributeType: 'S' },
        { AttributeName: 'amount', AttributeType: 'N' },
    ],
    GlobalSecondaryIndexes: [
        {
            IndexName: 'by-status',
            KeySchema: [
                { AttributeName: 'status', KeyType: 'HASH' },
                { AttributeName: 'amount', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['note'] },
        },
    ],
    LocalSecondaryIndexes: [
        {
            IndexName: 'by-amount',
            KeySchema: [
                { AttributeName: 'customer', KeyType: 'HASH' },
                { AttributeName: 'amount', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'ALL' },
        },
    ],
};

describe('tables', () => {
    test('DescribeTable shows what CreateTable was told', async () => {
        const TableName = await newTable({ ...indexed, Tags: [{ Key: 'team', Value: 'orders' }] });
        const { Table } = await send(dynamodb.DescribeTableCommand, { TableName });
        assert.equal(Table.TableStatus, 'ACTIVE');
        assert.match(Table.TableArn, new RegExp(`^arn:aws:dynamodb:[a-z0-9-]+:\\d{12}:table/${TableName}$`));
        assert.match(Table.TableId, /^[0-9a-f-]{36}$/);
        assert.deepEqual(Table.KeySchema, [
            { AttributeName: 'customer', KeyType: 'HASH' },
            { AttributeName: 'placed', KeyType: 'RANGE' },
        ]);
        assert.equal(Table.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
        assert.equal(Table.AttributeDefinitions.length, 4);
        assert.deepEqual(Table.GlobalSecondaryIndexes.map((index) => [index.IndexName, index.IndexStatus]), [
            ['by-status', 'ACTIVE'],
        ]);
        assert.deepEqual(Table.LocalSecondaryIndexes[0].Projection, { ProjectionType: 'ALL' });
    });

    test('ListTables pages', async () => {
        const made = [await newTable(), await newTable()];
        const names = await allPages(async (ExclusiveStartTableName) => {
            const page = await send(dynamodb.ListTablesCommand, { Limit: 1, ExclusiveStartTableName });
            return [page.TableNames, page.LastEvaluatedTableName];
        });
        for (const name of made) assert.equal(names.filter((other) => other === name).length, 1);
    });

    test('UpdateTable changes billing mode and deletion protection', async () => {
        const TableName = await newTable();
        await send(dynamodb.UpdateTableCommand, { TableName, DeletionProtectionEnabled: true });
        await eventually(async () =>
            (await send(dynamodb.DescribeTableCommand, { TableName })).Table.DeletionProtectionEnabled);
        await fails(
            send(dynamodb.DeleteTableCommand, { TableName }),
            'ValidationException',
            400,
            /protected against deletion/,
        );
        await send(dynamodb.UpdateTableCommand, { TableName, DeletionProtectionEnabled: false });
        await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
        await send(dynamodb.UpdateTableCommand, {
            TableName,
            BillingMode: 'PROVISIONED',
            ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
        });
        const table = await eventually(async () => {
            const { Table } = await send(dynamodb.DescribeTableCommand, { TableName });
            return Table.TableStatus === 'ACTIVE' && Table;
        }, 120);
        assert.equal(table.ProvisionedThroughput.ReadCapacityUnits, 5);
        assert.equal(table.ProvisionedThroughput.WriteCapacityUnits, 6);
        assert.equal(table.DeletionProtectionEnabled, false);
    });

    test('tables carry tags', async () => {
        const TableName = await newTable({ Tags: [{ Key: 'team', Value: 'orders' }] });
        const ResourceArn = (await send(dynamodb.DescribeTableCommand, { TableName })).Table.TableArn;
        await send(dynamodb.TagResourceCommand, { ResourceArn, Tags: [{ Key: 'stage', Value: 'test' }] });
        await send(dynamodb.UntagResourceCommand, { ResourceArn, TagKeys: ['team'] });
        await eventually(async () => {
            const { Tags } = await send(dynamodb.ListTagsOfResourceCommand, { ResourceArn });
            return JSON.stringify(Tags) === JSON.stringify([{ Key: 'stage', Value: 'test' }]);
        });
    });

    test('time to live is off until it is switched on; backups are off', async () => {
        const TableName = await newTable();
        const before = await send(dynamodb.DescribeTimeToLiveCommand, { TableName });
        assert.equal(before.TimeToLiveDescription.TimeToLiveStatus, 'DISABLED');
        await send(dynamodb.UpdateTimeToLiveCommand, {
            TableName,
            TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
        });
        const { TimeToLiveDescription } = await send(dynamodb.DescribeTimeToLiveCommand, { TableName });
        assert.match(TimeToLiveDescription.TimeToLiveStatus, /^ENABL(ED|ING)$/);
        assert.equal(TimeToLiveDescription.AttributeName, 'expires');
        const backups = await send(dynamodb.DescribeContinuousBackupsCommand, { TableName });
        const { PointInTimeRecoveryDescription } = backups.ContinuousBackupsDescription;
        assert.equal(PointInTimeRecoveryDescription.PointInTimeRecoveryStatus, 'DISABLED');
    });

    test('errors of tables', async () => {
        const TableName = await newTable();
        await fails(
            send(dynamodb.CreateTableCommand, {
                TableName,
                KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
                AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
                BillingMode: 'PAY_PER_REQUEST',
            }),
            'ResourceInUseException',
            400,
            /^Table already exists: /,
        );
        const missing = unique('missing');
        await fails(
            send(dynamodb.DescribeTableCommand, { TableName: missing }),
            'ResourceNotFoundException',
            400,
            new RegExp(`^Requested resource not found: Table: ${missing} not found$`),
        );
        await fails(send(dynamodb.DeleteTableCommand, { TableName: missing }), 'ResourceNotFoundException', 400);
        await fails(
            send(dynamodb.GetItemCommand, { TableName: missing, Key: { id: { S: '1' } } }),
            'ResourceNotFoundException',
            400,
            /^Requested resource not found$/,
        );
        await fails(
            send(dynamodb.CreateTableCommand, {
                TableName: unique('table'),
                KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
                AttributeDefinitions: [
                    { AttributeName: 'id', AttributeType: 'S' },
                    { AttributeName: 'unused', AttributeType: 'S' },
                ],
                BillingMode: 'PAY_PER_REQUEST',
            }),
            'ValidationException',
            400,
            /Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions/,
        );
    });

    test('a deleted table is gone', async () => {
        const TableName = await newTable();
        const { TableDescription } = await send(dynamodb.DeleteTableCommand, { TableName });
        assert.equal(TableDescription.TableStatus, 'DELETING');
        for (const gone of ['KeySchema', 'AttributeDefinitions', 'CreationDateTime']) {
            assert.equal(TableDescription[gone], undefined, gone);
        }
        await dynamodb.waitUntilTableNotExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
        await fails(send(dynamodb.DescribeTableCommand, { TableName }), 'ResourceNotFoundException', 400);
    });
});

describe('settings of tables', () => {
    test('expired items leave, and the others stay', { skip: onAws }, async () => {
        const TableName = await newTable();
        const AttributeName = 'expires';
        const change = (Enabled, name = AttributeName) =>
            send(dynamodb.UpdateTimeToLiveCommand, {
                TableName,
                TimeToLiveSpecification: { Enabled, AttributeName: name },
            });
        await fails(change(false), 'ValidationException', 400, /^TimeToLive is already disabled$/);
        await change(true);
        await fails(change(true), 'ValidationException', 400, /^TimeToLive is already enabled$/);
        await fails(
            change(true, 'other'),
            'ValidationException',
            400,
            /^TimeToLive is active on a different AttributeName: current AttributeName is expires$/,
        );
        const now = Math.floor(Date.now() / 1000);
        const put = (customer, expires) =>
            ask(lib.PutCommand, { TableName, Item: { customer, placed: 1, expires } });
        await put('over', now - 60);
        await put('long over', now - 6 * 365 * 86400);
        await put('text', String(now - 60));
        await put('soon', now + 3600);
        await put('this second', now + 1);
        await eventually(async () => (await ask(lib.ScanCommand, { TableName })).Count === 3);
        const { Items } = await ask(lib.ScanCommand, { TableName });
        assert.deepEqual(Items.map((item) => item.customer).sort(), ['long over', 'soon', 'text']);
        const answer = await fetch(`${endpoint}/_aws/dynamodb/expired`, { method: 'DELETE' });
        assert.ok((await answer.json()).ExpiredItems >= 2);
    });

    test('a global table is the same in its regions', async () => {
        const TableName = await newTable();
        const other = region === 'eu-west-1' ? 'us-west-2' : 'eu-west-1';
        const there = lib.DynamoDBDocumentClient.from(clientOf(dynamodb.DynamoDBClient, { region: other }));
        const update = (change) => send(dynamodb.UpdateTableCommand, { TableName, ReplicaUpdates: [change] });
        const describe = async () => (await send(dynamodb.DescribeTableCommand, { TableName })).Table;
        await ask(lib.PutCommand, { TableName, Item: { customer: 'before', placed: 1 } });
        await fails(
            update({ Create: { RegionName: region } }),
            'ValidationException',
            400,
            /^Cannot add or delete the local region through ReplicaUpdates\./,
        );
        await update({ Create: { RegionName: other } });
        const replica = (table) => table.Replicas?.find((each) => each.RegionName === other);
        const table = await eventually(async () => {
            const found = await describe();
            return replica(found)?.ReplicaStatus === 'ACTIVE' && found;
        }, 600);
        assert.equal(table.GlobalTableVersion, '2019.11.21');
        assert.deepEqual(table.StreamSpecification, { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' });
        await fails(
            send(dynamodb.UpdateTableCommand, { TableName, StreamSpecification: { StreamEnabled: false } }),
            'ValidationException',
            400,
            /not allowed.*Global Table/,
        );
        const read = (client, customer) =>
            client.send(new lib.GetCommand({ TableName, Key: { customer, placed: 1 }, ConsistentRead: true }));
        await eventually(async () => (await read(there, 'before')).Item);
        await there.send(new lib.PutCommand({ TableName, Item: { customer: 'there', placed: 1 } }));
        await eventually(async () => (await read(documents, 'there')).Item);
        await ask(lib.DeleteCommand, { TableName, Key: { customer: 'there', placed: 1 } });
        await eventually(async () => !(await read(there, 'there')).Item);
        const scaling = await send(dynamodb.DescribeTableReplicaAutoScalingCommand, { TableName });
        assert.ok(scaling.TableAutoScalingDescription.Replicas.some((each) => each.RegionName === other));
        await fails(
            send(dynamodb.UpdateTableReplicaAutoScalingCommand, {
                TableName: unique('missing'),
                ProvisionedWriteCapacityAutoScalingUpdate: { MinimumUnits: 1, MaximumUnits: 10 },
            }),
            'ResourceNotFoundException',
            400,
        );
        await update({ Delete: { RegionName: other } });
        const alone = await eventually(async () => {
            const found = await describe();
            return !replica(found) && found;
        }, 600);
        assert.equal(alone.Replicas, undefined);
        assert.equal(alone.GlobalTableVersion, undefined);
        await fails(read(there, 'before'), 'ResourceNotFoundException', 400);
        await fails(
            update({ Delete: { RegionName: other } }),
            'ValidationException',
            400,
            /^Update global table operation failed because one or more replicas were not part of the global table\./,
        );
    });

    test('global tables of 2017 are not begun any more', async () => {
        const GlobalTableName = await newTable();
        const ReplicationGroup = [{ RegionName: region }];
        await fails(
            send(dynamodb.CreateGlobalTableCommand, { GlobalTableName, ReplicationGroup }),
            'ValidationException',
            400,
            /2017\.11\.29 is not supported/,
        );
        const unknown = (Command, input) =>
            fails(
                send(Command, { GlobalTableName, ...input }),
                'GlobalTableNotFoundException',
                400,
                /^Global table with name '.*' does not exist\.$/,
            );
        await unknown(dynamodb.DescribeGlobalTableCommand);
        await unknown(dynamodb.DescribeGlobalTableSettingsCommand);
        await unknown(dynamodb.UpdateGlobalTableCommand, { ReplicaUpdates: [{ Create: { RegionName: 'us-west-2' } }] });
        await unknown(dynamodb.UpdateGlobalTableSettingsCommand, { GlobalTableBillingMode: 'PAY_PER_REQUEST' });
        assert.deepEqual((await send(dynamodb.ListGlobalTablesCommand, {})).GlobalTables, []);
    });

    test('a Kinesis destination is enabled, changed and disabled', { skip: onAws }, async () => {
        const TableName = await newTable();
        const input = { TableName, StreamArn: `arn:aws:kinesis:${region}:000000000000:stream/changes` };
        const enabled = await send(dynamodb.EnableKinesisStreamingDestinationCommand, input);
        assert.equal(enabled.DestinationStatus, 'ENABLING');
        const describe = async () =>
            (await send(dynamodb.DescribeKinesisStreamingDestinationCommand, { TableName })).KinesisDataStreamDestinations;
        assert.deepEqual(await describe(), [{ StreamArn: input.StreamArn, DestinationStatus: 'ACTIVE' }]);
        await fails(
            send(dynamodb.EnableKinesisStreamingDestinationCommand, input),
            'ValidationException',
            400,
            /must be DISABLED or ENABLE_FAILED to perform ENABLE operation\.$/,
        );
        await send(dynamodb.UpdateKinesisStreamingDestinationCommand, {
            ...input,
            UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: 'MICROSECOND' },
        });
        assert.equal((await describe())[0].ApproximateCreationDateTimePrecision, 'MICROSECOND');
        const disabled = await send(dynamodb.DisableKinesisStreamingDestinationCommand, input);
        assert.equal(disabled.DestinationStatus, 'DISABLING');
        assert.equal((await describe())[0].DestinationStatus, 'DISABLED');
        await fails(
            send(dynamodb.DisableKinesisStreamingDestinationCommand, input),
            'ValidationException',
            400,
            /must be ACTIVE to perform DISABLE operation\.$/,
        );
    });

    test('contributor insights are switched on and off for a table and its indexes', async () => {
        const TableName = await newTable(indexed);
        const status = async (IndexName) =>
            (await send(dynamodb.DescribeContributorInsightsCommand, { TableName, IndexName }))
                .ContributorInsightsStatus;
        const change = (ContributorInsightsAction, IndexName) =>
            send(dynamodb.UpdateContributorInsightsCommand, { TableName, IndexName, ContributorInsightsAction });
        assert.equal(await status(), 'DISABLED');
        assert.match((await change('ENABLE')).ContributorInsightsStatus, /^ENABL(ING|ED)$/);
        await change('ENABLE', 'by-status');
        await eventually(async () => (await status()) === 'ENABLED' && (await status('by-status')) === 'ENABLED', 120);
        const summaries = await allPages(async (NextToken) => {
            const page = await send(dynamodb.ListContributorInsightsCommand, { TableName, NextToken, MaxResults: 1 });
            return [page.ContributorInsightsSummaries, page.NextToken];
        });
        assert.deepEqual(summaries.map((each) => each.IndexName ?? '').sort(), ['', 'by-status']);
        await change('DISABLE');
        await eventually(async () => (await status()) === 'DISABLED', 120);
        await fails(status('no-such-index'), 'ResourceNotFoundException', 400);
        await fails(
            send(dynamodb.DescribeContributorInsightsCommand, { TableName: unique('missing') }),
            'ResourceNotFoundException',
            400,
        );
    });

    test('limits and endpoints are told', async () => {
        const limits = await send(dynamodb.DescribeLimitsCommand, {});
        assert.ok(limits.AccountMaxReadCapacityUnits >= limits.TableMaxReadCapacityUnits);
        assert.ok(limits.AccountMaxWriteCapacityUnits >= limits.TableMaxWriteCapacityUnits);
        const { Endpoints } = await send(dynamodb.DescribeEndpointsCommand, {});
        assert.equal(Endpoints.length, 1);
        assert.ok(Endpoints[0].Address && Endpoints[0].CachePeriodInMinutes > 0);
    });
});

describe('items', () => {
    let TableName;
    before(async () => (TableName = await newTable(indexed)));
    const keyOf = () => ({ customer: unique('customer'), placed: 1 });

    test('every type comes back as it was stored', async () => {
        const Key = { customer: { S: unique('customer') }, placed: { N: '1' } };
        const Item = {
            ...Key,
            text: { S: 'Zwölf Boxkämpfer 🥊' },
            empty: { S: '' },
            number: { N: '-12345678901234567890.123456789' },
            small: { N: '1E-130' },
            bytes: { B: new Uint8Array([0, 127, 128, 255]) },
            yes: { BOOL: true },
            nothing: { NULL: true },
            list: { L: [{ N: '1' }, { S: 'two' }, { L: [] }] },
            map: { M: { a: { M: { b: { BOOL: false } } }, empty: { M: {} } } },
            texts: { SS: ['a', 'b'] },
            numbers: { NS: ['1', '2.5'] },
            byteses: { BS: [new Uint8Array([1]), new Uint8Array([2, 3])] },
        };
        await send(dynamodb.PutItemCommand, { TableName, Item });
        const read = await send(dynamodb.GetItemCommand, { TableName, Key, ConsistentRead: true });
        read.Item.texts.SS.sort();
        read.Item.numbers.NS.sort();
        read.Item.byteses.BS.sort((left, right) => left.length - right.length);
        const { small, ...others } = read.Item;
        assert.equal(Number(small.N), 1e-130);
        delete Item.small;
        assert.deepEqual(others, Item);
    });

    test('what is not there is an answer without Item', async () => {
        const answer = await ask(lib.GetCommand, { TableName, Key: keyOf() });
        assert.equal(answer.Item, undefined);
    });

    test('PutItem replaces the whole item and can return the old one', async () => {
        const key = keyOf();
        await ask(lib.PutCommand, { TableName, Item: { ...key, note: 'first', extra: 1 } });
        const second = await ask(lib.PutCommand, {
            TableName,
            Item: { ...key, note: 'second' },
            ReturnValues: 'ALL_OLD',
        });
        assert.deepEqual(second.Attributes, { ...key, note: 'first', extra: 1 });
        assert.deepEqual((await ask(lib.GetCommand, { TableName, Key: key })).Item, { ...key, note: 'second' });
    });

    test('a failed condition changes nothing and can return the item', async () => {
        const key = keyOf();
        await ask(lib.PutCommand, { TableName, Item: { ...key, version: 1 } });
        const put = {
            TableName,
            Item: { ...key, version: 2 },
            ConditionExpression: 'attribute_not_exists(customer)',
        };
        const error = await fails(
            ask(lib.PutCommand, { ...put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
            'ConditionalCheckFailedException',
            400,
            /^The conditional request failed$/,
        );
        assert.deepEqual(error.Item.version, { N: '1' });
        assert.equal((await ask(lib.GetCommand, { TableName, Key: key })).Item.version, 1);
        await ask(lib.PutCommand, {
            ...put,
            ConditionExpression: '#v = :one AND size(customer) > :one AND begins_with(customer, :prefix)',
            ExpressionAttributeNames: { '#v': 'version' },
            ExpressionAttributeValues: { ':one': 1, ':prefix': 'customer-' },
        });
        assert.equal((await ask(lib.GetCommand, { TableName, Key: key })).Item.version, 2);
    });

    test('UpdateItem sets, adds, removes and deletes', async () => {
        const key = keyOf();
        await ask(lib.PutCommand, {
            TableName,
            Item: { ...key, count: 1, list: ['a'], gone: true, colours: new Set(['red', 'blue']), deep: { core: 1 } },
        });
        const { Attributes } = await ask(lib.UpdateCommand, {
            TableName,
            Key: key,
            UpdateExpression:
                'SET #c = #c + :two, #l = list_append(#l, :more), deep.core = if_not_exists(deep.absent, :two) ' +
                'REMOVE gone ADD visits :two DELETE colours :red',
            ExpressionAttributeNames: { '#c': 'count', '#l': 'list' },
            ExpressionAttributeValues: { ':two': 2, ':more': ['b'], ':red': new Set(['red']) },
            ReturnValues: 'ALL_NEW',
        });
        assert.deepEqual(Attributes, {
            ...key,
            count: 3,
            list: ['a', 'b'],
            deep: { core: 2 },
            visits: 2,
            colours: new Set(['blue']),
        });
    });

    test('what is taken away from an item that is not there need not be there either', async () => {
        const Key = keyOf();
        for (const UpdateExpression of ['REMOVE gone', 'REMOVE gone.deep', 'REMOVE gone[0]']) {
            await ask(lib.UpdateCommand, { TableName, Key, UpdateExpression });
        }
        assert.equal((await ask(lib.GetCommand, { TableName, Key, ConsistentRead: true })).Item, undefined);
    });

    test('UpdateItem makes an item that is not there, and returns what was asked for', async () => {
        const Key = keyOf();
        const first = await ask(lib.UpdateCommand, {
            TableName,
            Key,
            UpdateExpression: 'SET note = :n',
            ExpressionAttributeValues: { ':n': 'new' },
            ReturnValues: 'ALL_OLD',
        });
        assert.equal(first.Attributes, undefined);
        const second = await ask(lib.UpdateCommand, {
            TableName,
            Key,
            UpdateExpression: 'SET note = :n, reason = :n',
            ExpressionAttributeValues: { ':n': 'newer' },
            ReturnValues: 'UPDATED_OLD',
        });
        assert.deepEqual(second.Attributes, { note: 'new' });
    });

    test('DeleteItem is idempotent, and a condition may guard it', async () => {
        const Key = keyOf();
        await ask(lib.PutCommand, { TableName, Item: { ...Key, note: 'x' } });
        await fails(
            ask(lib.DeleteCommand, {
                TableName,
                Key,
                ConditionExpression: 'note = :n',
                ExpressionAttributeValues: { ':n': 'y' },
            }),
            'ConditionalCheckFailedException',
            400,
        );
        const deleted = await ask(lib.DeleteCommand, { TableName, Key, ReturnValues: 'ALL_OLD' });
        assert.equal(deleted.Attributes.note, 'x');
        await ask(lib.DeleteCommand, { TableName, Key });
        assert.equal((await ask(lib.GetCommand, { TableName, Key })).Item, undefined);
    });

    test('a projection returns only what it names', async () => {
        const Key = keyOf();
        await ask(lib.PutCommand, { TableName, Item: { ...Key, list: [1, 2, 3], map: { a: 1, b: 2 }, other: 1 } });
        const { Item } = await ask(lib.GetCommand, {
            TableName,
            Key,
            ProjectionExpression: '#l[1], #m.b',
            ExpressionAttributeNames: { '#l': 'list', '#m': 'map' },
        });
        assert.deepEqual(Item, { list: [2], map: { b: 2 } });
    });

    test('capacity is reported when asked for', async () => {
        const Key = keyOf();
        const put = await ask(lib.PutCommand, {
            TableName,
            Item: { ...Key, text: 'x'.repeat(3000) },
            ReturnConsumedCapacity: 'TOTAL',
        });
        assert.equal(put.ConsumedCapacity.TableName, TableName);
        assert.equal(put.ConsumedCapacity.CapacityUnits, 3);
        const read = await ask(lib.GetCommand, { TableName, Key, ReturnConsumedCapacity: 'TOTAL' });
        assert.equal(read.ConsumedCapacity.CapacityUnits, 0.5);
    });

    test('requests that make no sense are refused with the texts of AWS', async () => {
        const Key = keyOf();
        const invalid = (call, message) => fails(call, 'ValidationException', 400, message);
        await invalid(
            ask(lib.GetCommand, { TableName, Key: { customer: 'x' } }),
            /^The provided key element does not match the schema$/,
        );
        await invalid(
            ask(lib.PutCommand, { TableName, Item: { customer: 'x' } }),
            /One or more parameter values were invalid: Missing the key placed in the item/,
        );
        await invalid(
            ask(lib.PutCommand, { TableName, Item: { customer: 'x', placed: 'text' } }),
            /One or more parameter values were invalid: Type mismatch for key placed expected: N actual: S/,
        );
        await invalid(
            ask(lib.UpdateCommand, {
                TableName,
                Key,
                UpdateExpression: 'SET note = :missing',
                ExpressionAttributeValues: { ':other': 1 },
            }),
            /^1 validation error detected: Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :missing$/,
        );
        await invalid(
            ask(lib.UpdateCommand, {
                TableName,
                Key,
                UpdateExpression: 'SET status = :v',
                ExpressionAttributeValues: { ':v': 1 },
            }),
            /^1 validation error detected: Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: status$/,
        );
        await invalid(
            ask(lib.UpdateCommand, {
                TableName,
                Key,
                UpdateExpression: 'SET customer = :v',
                ExpressionAttributeValues: { ':v': 'x' },
            }),
            /Cannot update attribute customer\. This attribute is part of the key/,
        );
        await invalid(
            ask(lib.PutCommand, {
                TableName,
                Item: { ...Key },
                ConditionExpression: 'note = ',
            }),
            /^1 validation error detected: Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "= "$/,
        );
        await invalid(
            ask(lib.PutCommand, { TableName, Item: { ...Key, text: 'x'.repeat(410_000) } }),
            /^Item size has exceeded the maximum allowed size$/,
        );
    });
});

describe('queries', () => {
    let TableName;
    const customer = 'ada';
    before(async () => {
        TableName = await newTable(indexed);
        for (let placed = 1; placed <= 12; ++placed) {
            await ask(lib.PutCommand, {
                TableName,
                Item: {
                    customer,
                    placed,
                    amount: 100 - placed,
                    status: placed % 2 ? 'open' : 'paid',
                    note: `order ${placed}`,
                    secret: 'not projected',
                },
            });
        }
        await ask(lib.PutCommand, { TableName, Item: { customer: 'bob', placed: 1 } });
    });
    const placedOf = (answer) => answer.Items.map(({ placed }) => placed);

    test('Query goes through a partition in order of the range key', async () => {
        const query = {
            TableName,
            KeyConditionExpression: 'customer = :c AND placed BETWEEN :low AND :high',
            ExpressionAttributeValues: { ':c': customer, ':low': 3, ':high': 11 },
        };
        assert.deepEqual(placedOf(await ask(lib.QueryCommand, query)), [3, 4, 5, 6, 7, 8, 9, 10, 11]);
        const backwards = await ask(lib.QueryCommand, { ...query, ScanIndexForward: false, Limit: 2 });
        assert.deepEqual(placedOf(backwards), [11, 10]);
        assert.deepEqual(backwards.LastEvaluatedKey, { customer, placed: 10 });
    });

    test('Query filters after reading, and pages by what it read', async () => {
        const pages = [];
        const items = await allPages(async (ExclusiveStartKey) => {
            const page = await ask(lib.QueryCommand, {
                TableName,
                KeyConditionExpression: 'customer = :c',
                FilterExpression: '#s = :open',
                ExpressionAttributeNames: { '#s': 'status' },
                ExpressionAttributeValues: { ':c': customer, ':open': 'open' },
                Limit: 5,
                ExclusiveStartKey,
            });
            pages.push([page.Count, page.ScannedCount]);
            return [page.Items, page.LastEvaluatedKey];
        });
        assert.deepEqual(items.map(({ placed }) => placed), [1, 3, 5, 7, 9, 11]);
        assert.deepEqual(pages, [[3, 5], [2, 5], [1, 2]]);
    });

    test('Select COUNT returns numbers only', async () => {
        const answer = await ask(lib.QueryCommand, {
            TableName,
            Select: 'COUNT',
            KeyConditionExpression: 'customer = :c AND placed > :p',
            ExpressionAttributeValues: { ':c': customer, ':p': 10 },
        });
        assert.equal(answer.Count, 2);
        assert.equal(answer.Items, undefined);
    });

    test('a global index holds the items that have its keys, with what it projects', async () => {
        const items = await eventually(async () => {
            const { Items } = await ask(lib.QueryCommand, {
                TableName,
                IndexName: 'by-status',
                KeyConditionExpression: '#s = :s AND amount >= :t',
                ExpressionAttributeNames: { '#s': 'status' },
                ExpressionAttributeValues: { ':s': 'paid', ':t': 94 },
            });
            return Items.length === 3 && Items;
        });
        assert.deepEqual(items[0], { customer, placed: 6, status: 'paid', amount: 94, note: 'order 6' });
        assert.deepEqual(items.map(({ amount }) => amount), [94, 96, 98]);
    });

    test('a local index orders a partition differently', async () => {
        const answer = await ask(lib.QueryCommand, {
            TableName,
            IndexName: 'by-amount',
            ConsistentRead: true,
            KeyConditionExpression: 'customer = :c AND amount < :t',
            ExpressionAttributeValues: { ':c': customer, ':t': 91 },
        });
        assert.deepEqual(placedOf(answer), [12, 11, 10]);
        assert.equal(answer.Items[0].secret, 'not projected');
    });

    test('Scan reads everything, by pages and by segments', async () => {
        const count = async (input) =>
            (
                await allPages(async (ExclusiveStartKey) => {
                    const page = await ask(lib.ScanCommand, { TableName, Limit: 4, ExclusiveStartKey, ...input });
                    return [page.Items, page.LastEvaluatedKey];
                })
            ).length;
        assert.equal(await count({}), 13);
        const segments = await Promise.all([0, 1, 2].map((Segment) => count({ Segment, TotalSegments: 3 })));
        assert.equal(segments.reduce((sum, each) => sum + each), 13);
        const filtered = await ask(lib.ScanCommand, {
            TableName,
            FilterExpression: 'attribute_not_exists(note) OR contains(note, :twelve)',
            ExpressionAttributeValues: { ':twelve': '12' },
        });
        assert.equal(filtered.Count, 2);
        assert.equal(filtered.ScannedCount, 13);
    });

    test('queries that make no sense are refused', async () => {
        const invalid = (input, message) =>
            fails(ask(lib.QueryCommand, { TableName, ...input }), 'ValidationException', 400, message);
        await invalid(
            { KeyConditionExpression: 'placed = :p', ExpressionAttributeValues: { ':p': 1 } },
            /^Query condition missed key schema element: customer$/,
        );
        await invalid(
            {
                IndexName: 'missing',
                KeyConditionExpression: 'customer = :c',
                ExpressionAttributeValues: { ':c': customer },
            },
            /The table does not have the specified index: missing/,
        );
        await invalid(
            {
                IndexName: 'by-status',
                ConsistentRead: true,
                KeyConditionExpression: '#s = :s',
                ExpressionAttributeNames: { '#s': 'status' },
                ExpressionAttributeValues: { ':s': 'paid' },
            },
            /Consistent reads are not supported on global secondary indexes/,
        );
        await invalid(
            {
                KeyConditionExpression: 'customer = :c',
                FilterExpression: 'placed = :p',
                ExpressionAttributeValues: { ':c': customer, ':p': 1 },
            },
            /Filter Expression can only contain non-primary key attributes/,
        );
    });
});

describe('batches and transactions', () => {
    let TableName;
    before(async () => (TableName = await newTable()));

    test('BatchWriteItem puts and deletes, BatchGetItem finds what is there', async () => {
        const name = unique('customer');
        const item = (placed) => ({ customer: name, placed, note: `order ${placed}` });
        await ask(lib.PutCommand, { TableName, Item: item(9) });
        const written = await ask(lib.BatchWriteCommand, {
            RequestItems: {
                [TableName]: [
                    { PutRequest: { Item: item(1) } },
                    { PutRequest: { Item: item(2) } },
                    { DeleteRequest: { Key: { customer: name, placed: 9 } } },
                ],
            },
        });
        assert.deepEqual(written.UnprocessedItems, {});
        const read = await ask(lib.BatchGetCommand, {
            RequestItems: {
                [TableName]: {
                    ConsistentRead: true,
                    Keys: [1, 2, 9].map((placed) => ({ customer: name, placed })),
                    ProjectionExpression: 'placed',
                },
            },
        });
        assert.deepEqual(read.Responses[TableName].map(({ placed }) => placed).sort(), [1, 2]);
        assert.deepEqual(read.UnprocessedKeys, {});
    });

    test('batches have limits', async () => {
        const puts = (count) =>
            Array.from({ length: count }, (_, placed) => ({ PutRequest: { Item: { customer: 'many', placed } } }));
        await fails(
            ask(lib.BatchWriteCommand, { RequestItems: { [TableName]: puts(26) } }),
            'ValidationException',
            400,
        );
        await fails(
            ask(lib.BatchWriteCommand, { RequestItems: { [TableName]: [...puts(1), ...puts(1)] } }),
            'ValidationException',
            400,
            /Provided list of item keys contains duplicates/,
        );
    });

    test('TransactWriteItems writes all or nothing, and says which condition failed', async () => {
        const name = unique('customer');
        const Key = { customer: name, placed: 1 };
        await ask(lib.TransactWriteCommand, {
            TransactItems: [
                { Put: { TableName, Item: { ...Key, stock: 1 } } },
                { Put: { TableName, Item: { customer: name, placed: 2 } } },
            ],
        });
        const error = await fails(
            ask(lib.TransactWriteCommand, {
                TransactItems: [
                    {
                        Update: {
                            TableName,
                            Key,
                            UpdateExpression: 'SET stock = stock - :one',
                            ConditionExpression: 'stock > :one',
                            ExpressionAttributeValues: { ':one': 1 },
                        },
                    },
                    { Delete: { TableName, Key: { customer: name, placed: 2 } } },
                ],
            }),
            'TransactionCanceledException',
            400,
            /^Transaction cancelled, please refer cancellation reasons for specific reasons \[ConditionalCheckFailed, None\]$/,
        );
        assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ['ConditionalCheckFailed', 'None']);
        const read = await ask(lib.TransactGetCommand, {
            TransactItems: [1, 2, 3].map((placed) => ({ Get: { TableName, Key: { customer: name, placed } } })),
        });
        assert.equal(read.Responses[0].Item.stock, 1);
        assert.equal(read.Responses[1].Item.placed, 2);
        assert.equal(read.Responses[2].Item, undefined);
    });

    test('a transaction with a token runs once', async () => {
        const Key = { customer: unique('customer'), placed: 1 };
        const input = {
            ClientRequestToken: unique('token').slice(0, 36),
            TransactItems: [
                {
                    Update: {
                        TableName,
                        Key,
                        UpdateExpression: 'ADD stock :one',
                        ExpressionAttributeValues: { ':one': 1 },
                    },
                },
            ],
        };
        await ask(lib.TransactWriteCommand, input);
        await ask(lib.TransactWriteCommand, input);
        assert.equal((await ask(lib.GetCommand, { TableName, Key, ConsistentRead: true })).Item.stock, 1);
        input.TransactItems[0].Update.ExpressionAttributeValues[':one'] = 2;
        await fails(ask(lib.TransactWriteCommand, input), 'IdempotentParameterMismatchException', 400);
    });

    test('concurrent increments are all counted', async () => {
        const Key = { customer: unique('customer'), placed: 1 };
        const retrying = lib.DynamoDBDocumentClient.from(clientOf(dynamodb.DynamoDBClient, { maxAttempts: 5 }));
        await Promise.all(
            Array.from({ length: 40 }, () =>
                retrying.send(
                    new lib.UpdateCommand({
                        TableName,
                        Key,
                        UpdateExpression: 'ADD hits :one',
                        ExpressionAttributeValues: { ':one': 1 },
                    }),
                ),
            ),
        );
        assert.equal((await ask(lib.GetCommand, { TableName, Key, ConsistentRead: true })).Item.hits, 40);
    });
});
