// Tables and what surrounds them: indexes of live tables, throughput, backups, restores, exports and imports.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as s3 from '@aws-sdk/client-s3';
import { clientOf, eventually, fails, onAws, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const storage = clientOf(s3.S3Client, { forcePathStyle: true });
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const put = (TableName, pk, more = {}) =>
    send(dynamodb.PutItemCommand, { TableName, Item: { pk: { S: pk }, ...more } });
const describeTable = async (TableName) => (await send(dynamodb.DescribeTableCommand, { TableName })).Table;

/** The table, once neither it nor an index of it changes any more. */
const atRest = (TableName, seconds = 1800) =>
    eventually(async () => {
        const table = await describeTable(TableName);
        const rests = (table.GlobalSecondaryIndexes ?? []).every((index) => index.IndexStatus === 'ACTIVE');
        return table.TableStatus === 'ACTIVE' && rests && table;
    }, seconds);

/** Removes a table however it came to be. */
function undoTable(TableName) {
    undo.add(async () => {
        await atRest(TableName);
        await send(dynamodb.DeleteTableCommand, { TableName });
    });
}

async function newTable(input = {}) {
    const TableName = unique('table');
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        ...input,
    });
    undoTable(TableName);
    await atRest(TableName);
    return TableName;
}

const byState = {
    IndexName: 'by-state',
    KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
};
const countByState = async (TableName, state) =>
    (await send(dynamodb.QueryCommand, {
        TableName,
        IndexName: 'by-state',
        KeyConditionExpression: '#s = :s',
        ExpressionAttributeNames: { '#s': 'state' },
        ExpressionAttributeValues: { ':s': { S: state } },
    })).Count;

async function enableRecovery(TableName, days) {
    await eventually(async () => {
        try {
            return await send(dynamodb.UpdateContinuousBackupsCommand, {
                TableName,
                PointInTimeRecoverySpecification: {
                    PointInTimeRecoveryEnabled: true,
                    ...(days ? { RecoveryPeriodInDays: days } : {}),
                },
            });
        } catch (error) {
            if (error.name !== 'ContinuousBackupsUnavailableException') throw error;
        }
    }, 60);
}

describe('indexes of a live table', () => {
    test('an index is added, filled and taken away', async () => {
        const TableName = await newTable();
        for (const pk of ['a', 'b', 'c']) await put(TableName, pk, { state: { S: pk === 'c' ? 'closed' : 'open' } });
        await put(TableName, 'd', { state: { N: '1' } });
        const { TableDescription } = await send(dynamodb.UpdateTableCommand, {
            TableName,
            AttributeDefinitions: [{ AttributeName: 'state', AttributeType: 'S' }],
            GlobalSecondaryIndexUpdates: [{ Create: byState }],
        });
        assert.equal(TableDescription.TableStatus, 'UPDATING');
        assert.equal(TableDescription.GlobalSecondaryIndexes[0].IndexStatus, 'CREATING');
        const table = await atRest(TableName);
        assert.equal(table.GlobalSecondaryIndexes[0].Backfilling, undefined);
        assert.equal(table.AttributeDefinitions.length, 2);
        assert.equal(await countByState(TableName, 'open'), 2);
        await fails(put(TableName, 'e', { state: { N: '1' } }), 'ValidationException', 400, /mismatch/);
        await fails(
            send(dynamodb.UpdateTableCommand, {
                TableName,
                AttributeDefinitions: [{ AttributeName: 'state', AttributeType: 'S' }],
                GlobalSecondaryIndexUpdates: [{ Create: byState }],
            }),
            'ValidationException', 400, /already exists/,
        );
        await fails(
            send(dynamodb.UpdateTableCommand, {
                TableName,
                AttributeDefinitions: [{ AttributeName: 'state', AttributeType: 'N' }],
                GlobalSecondaryIndexUpdates: [{ Create: { ...byState, IndexName: 'by-number' } }],
            }),
            'ValidationException', 400, /Attributes cannot be redefined/,
        );
        await send(dynamodb.UpdateTableCommand, {
            TableName,
            GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-state' } }],
        });
        await eventually(async () => !(await describeTable(TableName)).GlobalSecondaryIndexes, 120);
        await fails(countByState(TableName, 'open'), 'ValidationException', 400, /by-state/);
        await put(TableName, 'e', { state: { N: '1' } });
    });

    test('one index at a time', async () => {
        const TableName = await newTable();
        await fails(
            send(dynamodb.UpdateTableCommand, {
                TableName,
                AttributeDefinitions: [{ AttributeName: 'state', AttributeType: 'S' }],
                GlobalSecondaryIndexUpdates: [{ Create: byState }, { Create: { ...byState, IndexName: 'second' } }],
            }),
            'LimitExceededException', 400, /Only 1 online index can be created or deleted simultaneously per table/,
        );
        await fails(
            send(dynamodb.UpdateTableCommand, { TableName, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'none' } }] }),
            'ResourceNotFoundException', 400,
        );
        await fails(
            send(dynamodb.UpdateTableCommand, { TableName, GlobalSecondaryIndexUpdates: [{ Create: byState }] }),
            'ValidationException', 400, /AttributeDefinitions/,
        );
        await fails(send(dynamodb.UpdateTableCommand, { TableName }), 'ValidationException', 400, /At least one of/);
    });
});

describe('throughput', () => {
    test('provisioned throughput goes up and down, and is counted', async () => {
        const TableName = await newTable({
            BillingMode: 'PROVISIONED',
            ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
        });
        const change = (ReadCapacityUnits, WriteCapacityUnits) =>
            send(dynamodb.UpdateTableCommand, { TableName, ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits } });
        await fails(change(5, 5), 'ValidationException', 400, /will not change/);
        await change(4, 6);
        const { ProvisionedThroughput } = await atRest(TableName, 60);
        assert.equal(ProvisionedThroughput.NumberOfDecreasesToday, 1);
        assert.equal(ProvisionedThroughput.WriteCapacityUnits, 6);
        assert.ok(ProvisionedThroughput.LastDecreaseDateTime instanceof Date);
        await fails(change(40_001, 5), 'LimitExceededException', 400, /Per table maximum: 40000/);
    });

    test('on demand has maximums and warmth', async () => {
        const TableName = await newTable({ OnDemandThroughput: { MaxReadRequestUnits: 100, MaxWriteRequestUnits: 50 } });
        await send(dynamodb.UpdateTableCommand, { TableName, OnDemandThroughput: { MaxReadRequestUnits: -1 } });
        const table = await atRest(TableName, 60);
        assert.deepEqual(table.OnDemandThroughput, { MaxWriteRequestUnits: 50 });
        assert.equal(table.WarmThroughput.ReadUnitsPerSecond, 12_000);
        assert.equal(table.WarmThroughput.WriteUnitsPerSecond, 4_000);
        await fails(
            send(dynamodb.UpdateTableCommand, { TableName, WarmThroughput: { ReadUnitsPerSecond: 1 } }),
            'ValidationException', 400, /decreasing WarmThroughput is not supported/,
        );
    });
});

describe('backups', () => {
    let TableName;
    let BackupArn;

    before(async () => {
        TableName = await newTable({
            AttributeDefinitions: [
                { AttributeName: 'pk', AttributeType: 'S' },
                { AttributeName: 'state', AttributeType: 'S' },
            ],
            GlobalSecondaryIndexes: [byState],
        });
        for (const pk of ['a', 'b']) await put(TableName, pk, { state: { S: 'open' } });
        const { BackupDetails } = await eventually(async () => {
            try {
                return await send(dynamodb.CreateBackupCommand, { TableName, BackupName: 'nightly' });
            } catch (error) {
                if (error.name !== 'ContinuousBackupsUnavailableException') throw error;
            }
        }, 60);
        BackupArn = BackupDetails.BackupArn;
        assert.equal(BackupDetails.BackupStatus, 'CREATING');
        assert.match(BackupArn, new RegExp(`:table/${TableName}/backup/\\d{14}-[0-9a-f]{8}$`));
    });

    test('a backup is described and listed', async () => {
        const backup = await eventually(async () => {
            const { BackupDescription } = await send(dynamodb.DescribeBackupCommand, { BackupArn });
            return BackupDescription.BackupDetails.BackupStatus === 'AVAILABLE' && BackupDescription;
        });
        assert.equal(backup.SourceTableDetails.TableName, TableName);
        assert.equal(backup.SourceTableDetails.BillingMode, 'PAY_PER_REQUEST');
        assert.equal(backup.SourceTableFeatureDetails.GlobalSecondaryIndexes[0].IndexName, 'by-state');
        const { BackupSummaries } = await send(dynamodb.ListBackupsCommand, { TableName });
        assert.deepEqual(BackupSummaries.map((summary) => summary.BackupArn), [BackupArn]);
        await fails(send(dynamodb.DescribeBackupCommand, { BackupArn: BackupArn.slice(0, -8) + '00000001' }),
            'BackupNotFoundException', 400);
    });

    test('a backup is restored, with its indexes or without', async () => {
        await put(TableName, 'c', { state: { S: 'open' } });
        const TargetTableName = unique('restored');
        const { TableDescription } = await send(dynamodb.RestoreTableFromBackupCommand, { BackupArn, TargetTableName });
        undoTable(TargetTableName);
        assert.equal(TableDescription.TableStatus, 'CREATING');
        assert.equal(TableDescription.RestoreSummary.SourceBackupArn, BackupArn);
        await atRest(TargetTableName);
        assert.equal(await countByState(TargetTableName, 'open'), 2);
        await fails(send(dynamodb.RestoreTableFromBackupCommand, { BackupArn, TargetTableName }),
            'TableAlreadyExistsException', 400);

        const bare = unique('restored');
        await send(dynamodb.RestoreTableFromBackupCommand, {
            BackupArn,
            TargetTableName: bare,
            GlobalSecondaryIndexOverride: [],
            BillingModeOverride: 'PROVISIONED',
            ProvisionedThroughputOverride: { ReadCapacityUnits: 2, WriteCapacityUnits: 3 },
        });
        undoTable(bare);
        const table = await atRest(bare);
        assert.equal(table.GlobalSecondaryIndexes, undefined);
        assert.equal(table.ProvisionedThroughput.WriteCapacityUnits, 3);
        assert.equal((await send(dynamodb.ScanCommand, { TableName: bare })).Count, 2);
    });

    test('a backup is deleted', async () => {
        const { BackupDescription } = await eventually(async () => {
            try {
                return await send(dynamodb.DeleteBackupCommand, { BackupArn });
            } catch (error) {
                if (error.name !== 'BackupInUseException') throw error;
            }
        }, 600);
        assert.equal(BackupDescription.BackupDetails.BackupStatus, 'DELETED');
        await fails(send(dynamodb.DescribeBackupCommand, { BackupArn }), 'BackupNotFoundException', 400);
    });
});

describe('point-in-time recovery', () => {
    test('it is switched on with a period, and off', async () => {
        const TableName = await newTable();
        const recovery = async () =>
            (await send(dynamodb.DescribeContinuousBackupsCommand, { TableName })).ContinuousBackupsDescription
                .PointInTimeRecoveryDescription;
        await enableRecovery(TableName, 7);
        const enabled = await recovery();
        assert.equal(enabled.PointInTimeRecoveryStatus, 'ENABLED');
        assert.equal(enabled.RecoveryPeriodInDays, 7);
        assert.ok(enabled.EarliestRestorableDateTime <= enabled.LatestRestorableDateTime);
        await fails(
            send(dynamodb.RestoreTableToPointInTimeCommand, {
                SourceTableName: TableName,
                TargetTableName: unique('restored'),
                RestoreDateTime: new Date(Date.now() - 3_600_000),
            }),
            'InvalidRestoreTimeException', 400,
        );
        await send(dynamodb.UpdateContinuousBackupsCommand, {
            TableName,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
        });
        assert.deepEqual(await recovery(), { PointInTimeRecoveryStatus: 'DISABLED' });
        await fails(
            send(dynamodb.RestoreTableToPointInTimeCommand, {
                SourceTableName: TableName,
                TargetTableName: unique('restored'),
                UseLatestRestorableTime: true,
            }),
            'PointInTimeRecoveryUnavailableException', 400,
        );
    });

    test('a table is restored to the latest time', async () => {
        const TableName = await newTable();
        await put(TableName, 'a');
        await enableRecovery(TableName);
        const TargetTableName = unique('restored');
        await send(dynamodb.RestoreTableToPointInTimeCommand, {
            SourceTableName: TableName,
            TargetTableName,
            UseLatestRestorableTime: true,
        });
        undoTable(TargetTableName);
        const table = await atRest(TargetTableName);
        assert.equal(table.RestoreSummary, undefined);
        if (!onAws) assert.equal((await send(dynamodb.ScanCommand, { TableName: TargetTableName })).Count, 1);
    });
});

describe('exports and imports', () => {
    const Bucket = unique('files');
    let TableArn;
    let TableName;
    const object = async (Key) => Buffer.from(await (await storage.send(new s3.GetObjectCommand({ Bucket, Key })))
        .Body.transformToByteArray());
    const keys = async () =>
        ((await storage.send(new s3.ListObjectsV2Command({ Bucket }))).Contents ?? []).map((each) => each.Key);
    const finished = (ExportArn) =>
        eventually(async () => {
            const { ExportDescription } = await send(dynamodb.DescribeExportCommand, { ExportArn });
            return ExportDescription.ExportStatus !== 'IN_PROGRESS' && ExportDescription;
        }, 1800);
    const imported = (ImportArn) =>
        eventually(async () => {
            const { ImportTableDescription } = await send(dynamodb.DescribeImportCommand, { ImportArn });
            return ImportTableDescription.ImportStatus !== 'IN_PROGRESS' && ImportTableDescription;
        }, 1800);

    before(async () => {
        await storage.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(async () => {
            for (const Key of await keys()) await storage.send(new s3.DeleteObjectCommand({ Bucket, Key }));
            await storage.send(new s3.DeleteBucketCommand({ Bucket }));
        });
        TableName = await newTable();
        TableArn = (await describeTable(TableName)).TableArn;
        for (const pk of ['a', 'b', 'c']) await put(TableName, pk, { n: { N: '1.50' }, tags: { SS: ['x', 'y'] } });
        await enableRecovery(TableName);
    });

    for (const [ExportFormat, ending] of [['DYNAMODB_JSON', '.json.gz'], ['ION', '.ion.gz']]) {
        test(`a table goes out as ${ExportFormat} and comes back`, async () => {
            const { ExportDescription } = await send(dynamodb.ExportTableToPointInTimeCommand, {
                TableArn, S3Bucket: Bucket, S3Prefix: ExportFormat, ExportFormat,
            });
            assert.equal(ExportDescription.ExportStatus, 'IN_PROGRESS');
            const done = await finished(ExportDescription.ExportArn);
            assert.equal(done.ExportStatus, 'COMPLETED', done.FailureMessage);
            const summary = JSON.parse(await object(done.ExportManifest));
            assert.equal(summary.exportArn, ExportDescription.ExportArn);
            assert.equal(summary.outputFormat, ExportFormat);
            const files = (await object(summary.manifestFilesS3Key)).toString().trim().split('\n').map(JSON.parse);
            assert.equal(files.reduce((sum, file) => sum + file.itemCount, 0), done.ItemCount);
            for (const file of files) assert.ok(file.dataFileS3Key.endsWith(ending), file.dataFileS3Key);
            const folder = files[0].dataFileS3Key.replace(/[^/]*$/, '');
            const target = unique('imported');
            const { ImportTableDescription } = await send(dynamodb.ImportTableCommand, {
                S3BucketSource: { S3Bucket: Bucket, S3KeyPrefix: folder },
                InputFormat: ExportFormat,
                InputCompressionType: 'GZIP',
                TableCreationParameters: {
                    TableName: target,
                    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
                    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
                    BillingMode: 'PAY_PER_REQUEST',
                },
            });
            undoTable(target);
            const result = await imported(ImportTableDescription.ImportArn);
            assert.equal(result.ImportStatus, 'COMPLETED', result.FailureMessage);
            assert.equal(result.ImportedItemCount, done.ItemCount);
            if (!onAws) {
                const { Items } = await send(dynamodb.ScanCommand, { TableName: target });
                assert.equal(Items.length, 3);
                for (const item of Items) assert.deepEqual([item.n, item.tags], [{ N: '1.5' }, { SS: ['x', 'y'] }]);
            }
        });
    }

    test('an export into no bucket fails clearly, and is listed', async () => {
        const { ExportDescription } = await send(dynamodb.ExportTableToPointInTimeCommand, {
            TableArn, S3Bucket: unique('missing'),
        });
        const failed = await finished(ExportDescription.ExportArn);
        assert.equal(failed.ExportStatus, 'FAILED');
        assert.equal(failed.FailureCode, 'S3NoSuchBucket');
        const { ExportSummaries } = await send(dynamodb.ListExportsCommand, { TableArn });
        assert.ok(ExportSummaries.some((summary) => summary.ExportArn === failed.ExportArn));
        await fails(
            send(dynamodb.ExportTableToPointInTimeCommand, {
                TableArn, S3Bucket: Bucket, ExportTime: new Date(Date.now() + 3_600_000),
            }),
            'InvalidExportTimeException', 400,
        );
    });

    test('a CSV file is imported, and its bad lines are counted', async () => {
        await storage.send(new s3.PutObjectCommand({
            Bucket, Key: 'csv/people.csv.gz', Body: gzipSync('pk,name\n1,"Ada, Countess"\n,Nobody\n'),
        }));
        assert.equal(gunzipSync(await object('csv/people.csv.gz')).toString().split('\n').length, 4);
        const target = unique('imported');
        const { ImportTableDescription } = await send(dynamodb.ImportTableCommand, {
            S3BucketSource: { S3Bucket: Bucket, S3KeyPrefix: 'csv/' },
            InputFormat: 'CSV',
            InputCompressionType: 'GZIP',
            TableCreationParameters: {
                TableName: target,
                KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
                AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
                BillingMode: 'PAY_PER_REQUEST',
            },
        });
        undoTable(target);
        const result = await imported(ImportTableDescription.ImportArn);
        assert.equal(result.ImportStatus, 'FAILED');
        assert.equal(result.FailureCode, 'ItemValidationError');
        assert.equal(result.ErrorCount, 1);
        const { Item } = await send(dynamodb.GetItemCommand, { TableName: target, Key: { pk: { S: '1' } } });
        assert.deepEqual(Item.name, { S: 'Ada, Countess' });
        const { ImportSummaryList } = await send(dynamodb.ListImportsCommand, {});
        assert.ok(ImportSummaryList.some((summary) => summary.ImportArn === ImportTableDescription.ImportArn));
    });
});

describe('resource policies', () => {
    test('a policy is put, read and deleted, by its revision', async () => {
        const TableName = await newTable();
        const { TableArn: ResourceArn } = await describeTable(TableName);
        const account = ResourceArn.split(':')[4];
        const Policy = JSON.stringify({
            Version: '2012-10-17',
            Statement: [{
                Effect: 'Allow',
                Principal: { AWS: `arn:aws:iam::${account}:root` },
                Action: 'dynamodb:GetItem',
                Resource: ResourceArn,
            }],
        });
        await fails(send(dynamodb.GetResourcePolicyCommand, { ResourceArn }), 'PolicyNotFoundException', 400);
        const { RevisionId } = await send(dynamodb.PutResourcePolicyCommand, { ResourceArn, Policy });
        const read = await eventually(async () => {
            try {
                return await send(dynamodb.GetResourcePolicyCommand, { ResourceArn });
            } catch (error) {
                if (error.name !== 'PolicyNotFoundException') throw error;
            }
        }, 60);
        assert.equal(read.RevisionId, RevisionId);
        assert.deepEqual(JSON.parse(read.Policy), JSON.parse(Policy));
        await fails(
            send(dynamodb.DeleteResourcePolicyCommand, { ResourceArn, ExpectedRevisionId: '1' }),
            'PolicyNotFoundException', 400, /^Resource-based policy not found for the provided ResourceArn: Requested/,
        );
        await send(dynamodb.DeleteResourcePolicyCommand, { ResourceArn, ExpectedRevisionId: RevisionId });
        await eventually(() => send(dynamodb.GetResourcePolicyCommand, { ResourceArn }).then(
            () => false, (error) => error.name === 'PolicyNotFoundException'), 60);
    });
});
