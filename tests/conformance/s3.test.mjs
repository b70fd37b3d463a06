import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { allPages, clientOf, endpoint, fails, onAws, region, undoList, unique } from './support.mjs';

const client = clientOf(s3.S3Client);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const md5 = (bytes) => createHash('md5').update(bytes).digest('hex');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('base64');
const bytesOf = async (answer) => Buffer.from(await answer.Body.transformToByteArray());
const textOf = (answer) => answer.Body.transformToString();
const mebibyte = 1024 * 1024;

async function emptyBucket(Bucket) {
    const uploads = await send(s3.ListMultipartUploadsCommand, { Bucket });
    for (const { Key, UploadId } of uploads.Uploads ?? []) await send(s3.AbortMultipartUploadCommand, { Bucket, Key, UploadId });
    const { Contents } = await send(s3.ListObjectsV2Command, { Bucket });
    for (const { Key } of Contents ?? []) await send(s3.DeleteObjectCommand, { Bucket, Key });
}

async function newBucket(input = {}) {
    const Bucket = unique('bucket');
    await send(s3.CreateBucketCommand, { Bucket, ...input });
    undo.add(async () => {
        await emptyBucket(Bucket);
        await send(s3.DeleteBucketCommand, { Bucket });
    });
    return Bucket;
}

describe('buckets', () => {
    test('a bucket is made, found, listed and deleted', async () => {
        const Bucket = await newBucket();
        const head = await send(s3.HeadBucketCommand, { Bucket });
        assert.equal(head.BucketRegion, region);
        const { Buckets, Owner } = await send(s3.ListBucketsCommand, { Prefix: Bucket });
        assert.deepEqual(Buckets.map(({ Name }) => Name), [Bucket]);
        assert.ok(Math.abs(Buckets[0].CreationDate - Date.now()) < 600_000);
        assert.ok(Owner.ID);
        assert.ok(!(await send(s3.GetBucketLocationCommand, { Bucket })).LocationConstraint, 'us-east-1 has no name here');
        await send(s3.PutObjectCommand, { Bucket, Key: 'x', Body: 'x' });
        await fails(send(s3.DeleteBucketCommand, { Bucket }), 'BucketNotEmpty', 409, /not empty/);
        await send(s3.DeleteObjectCommand, { Bucket, Key: 'x' });
        await send(s3.DeleteBucketCommand, { Bucket });
        await fails(send(s3.HeadBucketCommand, { Bucket }), 'NotFound', 404);
    });

    test('a bucket of another region says so', async () => {
        const elsewhere = clientOf(s3.S3Client, { region: 'eu-central-1' });
        const Bucket = unique('bucket');
        const CreateBucketConfiguration = { LocationConstraint: 'eu-central-1' };
        await elsewhere.send(new s3.CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
        undo.add(() => elsewhere.send(new s3.DeleteBucketCommand({ Bucket })));
        const { LocationConstraint } = await elsewhere.send(new s3.GetBucketLocationCommand({ Bucket }));
        assert.equal(LocationConstraint, 'eu-central-1');
    });

    test('names that S3 does not allow are refused; a bucket that is yours is yours', async () => {
        await fails(send(s3.CreateBucketCommand, { Bucket: 'Not_Valid' }), 'InvalidBucketName', 400);
        const Bucket = await newBucket();
        await send(s3.CreateBucketCommand, { Bucket }); // us-east-1 answers 200 to the owner
        const missing = unique('missing');
        await fails(send(s3.ListObjectsV2Command, { Bucket: missing }), 'NoSuchBucket', 404, /The specified bucket does not exist/);
        await fails(send(s3.PutObjectCommand, { Bucket: missing, Key: 'x', Body: 'x' }), 'NoSuchBucket', 404);
    });

    test('configurations that were never made have an error or a default each', async () => {
        const Bucket = await newBucket();
        await fails(send(s3.GetBucketPolicyCommand, { Bucket }), 'NoSuchBucketPolicy', 404);
        await fails(send(s3.GetBucketPolicyStatusCommand, { Bucket }), 'NoSuchBucketPolicy', 404);
        await fails(send(s3.GetBucketTaggingCommand, { Bucket }), 'NoSuchTagSet', 404);
        await fails(send(s3.GetBucketCorsCommand, { Bucket }), 'NoSuchCORSConfiguration', 404);
        await fails(send(s3.GetBucketLifecycleConfigurationCommand, { Bucket }), 'NoSuchLifecycleConfiguration', 404);
        await fails(send(s3.GetBucketReplicationCommand, { Bucket }), 'ReplicationConfigurationNotFoundError', 404);
        await fails(send(s3.GetBucketWebsiteCommand, { Bucket }), 'NoSuchWebsiteConfiguration', 404);
        await fails(send(s3.GetObjectLockConfigurationCommand, { Bucket }), 'ObjectLockConfigurationNotFoundError', 404);
        assert.equal((await send(s3.GetBucketVersioningCommand, { Bucket })).Status, undefined);
        assert.equal((await send(s3.GetBucketAccelerateConfigurationCommand, { Bucket })).Status, undefined);
        assert.equal((await send(s3.GetBucketLoggingCommand, { Bucket })).LoggingEnabled, undefined);
        assert.equal((await send(s3.GetBucketRequestPaymentCommand, { Bucket })).Payer, 'BucketOwner');
        const notifications = await send(s3.GetBucketNotificationConfigurationCommand, { Bucket });
        assert.equal(notifications.QueueConfigurations, undefined);
        const acl = await send(s3.GetBucketAclCommand, { Bucket });
        assert.deepEqual(acl.Grants.map(({ Permission }) => Permission), ['FULL_CONTROL']);
        assert.equal(acl.Grants[0].Grantee.ID, acl.Owner.ID);
    });

    test('policy, tags, encryption, ownership and public access can be set, read and deleted', async () => {
        const Bucket = await newBucket();
        const Policy = JSON.stringify({
            Version: '2012-10-17',
            Statement: [
                {
                    Effect: 'Deny',
                    Principal: '*',
                    Action: 's3:PutObject',
                    Resource: `arn:aws:s3:::${Bucket}/closed/*`,
                },
            ],
        });
        await send(s3.PutBucketPolicyCommand, { Bucket, Policy });
        assert.deepEqual(JSON.parse((await send(s3.GetBucketPolicyCommand, { Bucket })).Policy), JSON.parse(Policy));
        assert.equal((await send(s3.GetBucketPolicyStatusCommand, { Bucket })).PolicyStatus.IsPublic, false);
        await send(s3.DeleteBucketPolicyCommand, { Bucket });
        await fails(send(s3.GetBucketPolicyCommand, { Bucket }), 'NoSuchBucketPolicy', 404);
        await fails(send(s3.PutBucketPolicyCommand, { Bucket, Policy: 'not json' }), 'MalformedPolicy', 400);

        const TagSet = [{ Key: 'team', Value: 'orders & more' }];
        await send(s3.PutBucketTaggingCommand, { Bucket, Tagging: { TagSet } });
        assert.deepEqual((await send(s3.GetBucketTaggingCommand, { Bucket })).TagSet, TagSet);
        await send(s3.DeleteBucketTaggingCommand, { Bucket });
        await fails(send(s3.GetBucketTaggingCommand, { Bucket }), 'NoSuchTagSet', 404);

        const { ServerSideEncryptionConfiguration } = await send(s3.GetBucketEncryptionCommand, { Bucket });
        const [rule] = ServerSideEncryptionConfiguration.Rules;
        assert.equal(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm, 'AES256');
        await send(s3.PutBucketEncryptionCommand, {
            Bucket,
            ServerSideEncryptionConfiguration: {
                Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }],
            },
        });

        await send(s3.PutBucketOwnershipControlsCommand, {
            Bucket,
            OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        });
        const { OwnershipControls } = await send(s3.GetBucketOwnershipControlsCommand, { Bucket });
        assert.equal(OwnershipControls.Rules[0].ObjectOwnership, 'BucketOwnerEnforced');

        const PublicAccessBlockConfiguration = {
            BlockPublicAcls: true,
            IgnorePublicAcls: false,
            BlockPublicPolicy: true,
            RestrictPublicBuckets: false,
        };
        await send(s3.PutPublicAccessBlockCommand, { Bucket, PublicAccessBlockConfiguration });
        const block = await send(s3.GetPublicAccessBlockCommand, { Bucket });
        assert.deepEqual(block.PublicAccessBlockConfiguration, PublicAccessBlockConfiguration);
        await send(s3.DeletePublicAccessBlockCommand, { Bucket });
        await fails(send(s3.GetPublicAccessBlockCommand, { Bucket }), 'NoSuchPublicAccessBlockConfiguration', 404);
    });
});

describe('objects', () => {
    let Bucket;
    before(async () => (Bucket = await newBucket()));
    const put = (Key, Body, input = {}) => send(s3.PutObjectCommand, { Bucket, Key, Body, ...input });

    test('an object comes back with its headers and metadata', async () => {
        const Key = 'path/to/Zwölf Boxkämpfer+&?#%.txt';
        const Body = 'Grüße\n';
        const { ETag } = await put(Key, Body, {
            ContentType: 'text/plain; charset=utf-8',
            CacheControl: 'no-store',
            ContentDisposition: 'attachment; filename="x.txt"',
            ContentEncoding: 'identity',
            Metadata: { team: 'orders', 'with-dash': 'a b' },
        });
        assert.equal(ETag, `"${md5(Body)}"`);
        const read = await send(s3.GetObjectCommand, { Bucket, Key });
        assert.equal(await textOf(read), Body);
        assert.equal(read.ETag, ETag);
        assert.equal(read.ContentType, 'text/plain; charset=utf-8');
        assert.equal(read.CacheControl, 'no-store');
        assert.equal(read.ContentDisposition, 'attachment; filename="x.txt"');
        assert.equal(read.ContentLength, Buffer.byteLength(Body));
        assert.deepEqual(read.Metadata, { team: 'orders', 'with-dash': 'a b' });
        assert.equal(read.AcceptRanges, 'bytes');
        const head = await send(s3.HeadObjectCommand, { Bucket, Key });
        assert.equal(head.ETag, ETag);
        assert.equal(head.ContentLength, Buffer.byteLength(Body));
        assert.ok(Math.abs(head.LastModified - Date.now()) < 60_000);
    });

    test('an empty object is an object', async () => {
        await put('empty', '');
        const read = await send(s3.GetObjectCommand, { Bucket, Key: 'empty' });
        assert.equal(await textOf(read), '');
        assert.equal(read.ContentLength, 0);
        assert.equal(read.ETag, '"d41d8cd98f00b204e9800998ecf8427e"');
    });

    test('ranges return a part, or say what there is', async () => {
        await put('digits', '0123456789');
        const range = async (Range) => send(s3.GetObjectCommand, { Bucket, Key: 'digits', Range });
        for (const [asked, text, ContentRange] of [
            ['bytes=2-4', '234', 'bytes 2-4/10'],
            ['bytes=7-', '789', 'bytes 7-9/10'],
            ['bytes=-3', '789', 'bytes 7-9/10'],
            ['bytes=8-100', '89', 'bytes 8-9/10'],
        ]) {
            const read = await range(asked);
            assert.equal(read.$metadata.httpStatusCode, 206);
            assert.equal(await textOf(read), text);
            assert.equal(read.ContentRange, ContentRange);
            assert.equal(read.ContentLength, text.length);
        }
        await fails(range('bytes=10-12'), 'InvalidRange', 416, /The requested range is not satisfiable/);
    });

    test('conditions guard reading and writing', async () => {
        const { ETag } = await put('guarded', 'first');
        const read = (input) => send(s3.GetObjectCommand, { Bucket, Key: 'guarded', ...input });
        assert.equal(await textOf(await read({ IfMatch: ETag })), 'first');
        await fails(read({ IfMatch: '"other"' }), 'PreconditionFailed', 412);
        const unmodified = await read({ IfNoneMatch: ETag }).then(() => undefined, (error) => error);
        assert.equal(unmodified?.$metadata.httpStatusCode, 304);
        await fails(put('guarded', 'second', { IfNoneMatch: '*' }), 'PreconditionFailed', 412);
        await put('guarded', 'third', { IfMatch: ETag });
        await fails(put('guarded', 'fourth', { IfMatch: ETag }), 'PreconditionFailed', 412);
        assert.equal(await textOf(await read({})), 'third');
    });

    test('a streamed upload carries its checksum in a trailer', async () => {
        const body = randomBytes(3 * mebibyte + 17);
        const pieces = function* () {
            for (let at = 0; at < body.length; at += 100_000) yield body.subarray(at, at + 100_000);
        };
        const answer = await put('streamed', Readable.from(pieces()), { ContentLength: body.length, ChecksumAlgorithm: 'CRC32C' });
        assert.ok(answer.ChecksumCRC32C);
        const read = await send(s3.GetObjectCommand, { Bucket, Key: 'streamed', ChecksumMode: 'ENABLED' });
        assert.equal(read.ChecksumCRC32C, answer.ChecksumCRC32C);
        assert.equal(Buffer.compare(await bytesOf(read), body), 0);
        assert.equal(read.ContentEncoding, undefined, 'aws-chunked is how it travelled, not what it is');
    });

    test('checksums are kept, checked and shown', async () => {
        for (const [ChecksumAlgorithm, member] of [
            ['CRC32', 'ChecksumCRC32'],
            ['CRC32C', 'ChecksumCRC32C'],
            ['CRC64NVME', 'ChecksumCRC64NVME'],
            ['SHA1', 'ChecksumSHA1'],
            ['SHA256', 'ChecksumSHA256'],
        ]) {
            const stored = await put(`sum-${ChecksumAlgorithm}`, 'hello', { ChecksumAlgorithm });
            const head = await send(s3.HeadObjectCommand, { Bucket, Key: `sum-${ChecksumAlgorithm}`, ChecksumMode: 'ENABLED' });
            assert.ok(stored[member], ChecksumAlgorithm);
            assert.equal(head[member], stored[member]);
        }
        const attributes = await send(s3.GetObjectAttributesCommand, {
            Bucket,
            Key: 'sum-SHA256',
            ObjectAttributes: ['Checksum', 'ETag', 'ObjectSize'],
        });
        assert.equal(attributes.Checksum.ChecksumSHA256, sha256('hello'));
        assert.equal(attributes.ObjectSize, 5);
        assert.equal(attributes.ETag, md5('hello'));
        await fails(put('wrong', 'hello', { ChecksumSHA256: sha256('other') }), 'BadDigest', 400);
        await fails(
            put('wrong', 'hello', { ContentMD5: createHash('md5').update('other').digest('base64') }),
            'BadDigest',
            400,
            /The Content-MD5 you specified did not match what we received/,
        );
        await fails(send(s3.HeadObjectCommand, { Bucket, Key: 'wrong' }), 'NotFound', 404);
    });

    test('objects are copied, with their metadata or new', async () => {
        await put('source ü', 'copied', { Metadata: { a: '1' }, ContentType: 'text/x-a' });
        const CopySource = `${Bucket}/${encodeURIComponent('source ü')}`;
        const { CopyObjectResult } = await send(s3.CopyObjectCommand, { Bucket, Key: 'copy', CopySource });
        assert.equal(CopyObjectResult.ETag, `"${md5('copied')}"`);
        const kept = await send(s3.GetObjectCommand, { Bucket, Key: 'copy' });
        assert.equal(await textOf(kept), 'copied');
        assert.deepEqual(kept.Metadata, { a: '1' });
        assert.equal(kept.ContentType, 'text/x-a');
        await send(s3.CopyObjectCommand, {
            Bucket,
            Key: 'copy',
            CopySource,
            MetadataDirective: 'REPLACE',
            Metadata: { b: '2' },
        });
        assert.deepEqual((await send(s3.HeadObjectCommand, { Bucket, Key: 'copy' })).Metadata, { b: '2' });
        await fails(
            send(s3.CopyObjectCommand, { Bucket, Key: 'copy', CopySource: `${Bucket}/missing` }),
            'NoSuchKey',
            404,
        );
    });

    test('objects carry tags', async () => {
        await put('tagged', 'x', { Tagging: 'team=orders&stage=a%20b' });
        const tags = async () => {
            const { TagSet } = await send(s3.GetObjectTaggingCommand, { Bucket, Key: 'tagged' });
            return Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]));
        };
        assert.deepEqual(await tags(), { team: 'orders', stage: 'a b' });
        await send(s3.PutObjectTaggingCommand, { Bucket, Key: 'tagged', Tagging: { TagSet: [{ Key: 'c', Value: 'd' }] } });
        assert.deepEqual(await tags(), { c: 'd' });
        assert.equal((await send(s3.HeadObjectCommand, { Bucket, Key: 'tagged' })).TagCount ?? 1, 1);
        await send(s3.DeleteObjectTaggingCommand, { Bucket, Key: 'tagged' });
        assert.deepEqual(await tags(), {});
    });

    test("an object belongs to the bucket's owner", async () => {
        await put('owned', 'x');
        const { Grants, Owner } = await send(s3.GetObjectAclCommand, { Bucket, Key: 'owned' });
        assert.deepEqual(Grants.map(({ Grantee, Permission }) => [Grantee.ID, Permission]), [[Owner.ID, 'FULL_CONTROL']]);
        await fails(put('public', 'x', { ACL: 'public-read' }), 'AccessControlListNotSupported', 400);
    });

    test('deleted objects are gone, one by one or together', async () => {
        for (const key of ['d1', 'd2', 'd3']) await put(key, 'x');
        assert.equal((await send(s3.DeleteObjectCommand, { Bucket, Key: 'd1' })).$metadata.httpStatusCode, 204);
        assert.equal((await send(s3.DeleteObjectCommand, { Bucket, Key: 'd1' })).$metadata.httpStatusCode, 204);
        const { Deleted, Errors } = await send(s3.DeleteObjectsCommand, {
            Bucket,
            Delete: { Objects: [{ Key: 'd2' }, { Key: 'd3' }, { Key: 'never' }] },
        });
        assert.deepEqual(Deleted.map(({ Key }) => Key).sort(), ['d2', 'd3', 'never']);
        assert.equal(Errors, undefined);
        const error = await fails(
            send(s3.GetObjectCommand, { Bucket, Key: 'd2' }),
            'NoSuchKey',
            404,
            /The specified key does not exist/,
        );
        assert.equal(error.Key, 'd2');
        await fails(send(s3.HeadObjectCommand, { Bucket, Key: 'd2' }), 'NotFound', 404);
    });
});

describe('listings', () => {
    let Bucket;
    const keys = ['a.txt', 'b/1', 'b/2', 'b/c/3', 'd e+f&ü', 'z'];
    before(async () => {
        Bucket = await newBucket();
        for (const Key of keys) await send(s3.PutObjectCommand, { Bucket, Key, Body: Key });
    });

    test('ListObjectsV2 pages through all keys in order', async () => {
        const found = await allPages(async (ContinuationToken) => {
            const page = await send(s3.ListObjectsV2Command, { Bucket, MaxKeys: 2, ContinuationToken });
            assert.equal(page.KeyCount, page.Contents.length);
            assert.equal(page.IsTruncated, page.NextContinuationToken !== undefined);
            return [page.Contents, page.NextContinuationToken];
        });
        assert.deepEqual(found.map(({ Key }) => Key), keys);
        assert.equal(found[0].Size, 5);
        assert.equal(found[0].ETag, `"${md5('a.txt')}"`);
        assert.equal(found[0].StorageClass, 'STANDARD');
    });

    test('a delimiter folds keys into common prefixes', async () => {
        const list = (input) => send(s3.ListObjectsV2Command, { Bucket, Delimiter: '/', ...input });
        const top = await list({});
        assert.deepEqual(top.CommonPrefixes, [{ Prefix: 'b/' }]);
        assert.deepEqual(top.Contents.map(({ Key }) => Key), ['a.txt', 'd e+f&ü', 'z']);
        const inside = await list({ Prefix: 'b/' });
        assert.deepEqual(inside.Contents.map(({ Key }) => Key), ['b/1', 'b/2']);
        assert.deepEqual(inside.CommonPrefixes, [{ Prefix: 'b/c/' }]);
        const later = await list({ StartAfter: 'b/2' });
        assert.deepEqual(later.Contents.map(({ Key }) => Key), ['d e+f&ü', 'z']);
    });

    test('the first version of the listing goes by markers', async () => {
        const found = await allPages(async (Marker) => {
            const page = await send(s3.ListObjectsCommand, { Bucket, MaxKeys: 4, Marker });
            return [page.Contents, page.IsTruncated ? (page.NextMarker ?? page.Contents.at(-1).Key) : undefined];
        });
        assert.deepEqual(found.map(({ Key }) => Key), keys);
    });
});

describe('uploads in parts', () => {
    let Bucket;
    before(async () => (Bucket = await newBucket()));
    const part = (PartNumber, UploadId, Key, Body) =>
        send(s3.UploadPartCommand, { Bucket, Key, UploadId, PartNumber, Body });

    test('lib-storage uploads a stream of unknown length', async () => {
        const body = randomBytes(11 * mebibyte);
        const upload = new Upload({
            client,
            params: { Bucket, Key: 'large', Body: Readable.from([body]), ContentType: 'application/x-large' },
            partSize: 5 * mebibyte,
        });
        const { ETag } = await upload.done();
        assert.match(ETag, /^"[0-9a-f]{32}-3"$/);
        const read = await send(s3.GetObjectCommand, { Bucket, Key: 'large' });
        assert.equal(read.ContentType, 'application/x-large');
        assert.equal(Buffer.compare(await bytesOf(read), body), 0);
        const across = await send(s3.GetObjectCommand, { Bucket, Key: 'large', Range: 'bytes=5242870-5242889' });
        assert.equal(Buffer.compare(await bytesOf(across), body.subarray(5242870, 5242890)), 0);
        const second = await send(s3.HeadObjectCommand, { Bucket, Key: 'large', PartNumber: 2 });
        assert.equal(second.ContentLength, 5 * mebibyte);
        assert.equal(second.PartsCount, 3);
    });

    test('parts become an object only when it is completed', async () => {
        const Key = 'parts';
        const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Bucket, Key, Metadata: { kept: 'yes' } });
        const bodies = [randomBytes(5 * mebibyte), randomBytes(100)];
        const etags = [];
        for (const [index, body] of bodies.entries()) etags.push((await part(index + 1, UploadId, Key, body)).ETag);
        assert.deepEqual(etags, bodies.map((body) => `"${md5(body)}"`));

        const uploads = await send(s3.ListMultipartUploadsCommand, { Bucket });
        assert.deepEqual(uploads.Uploads.map((upload) => [upload.Key, upload.UploadId]), [[Key, UploadId]]);
        const { Parts } = await send(s3.ListPartsCommand, { Bucket, Key, UploadId });
        assert.deepEqual(Parts.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, 5 * mebibyte], [2, 100]]);
        await fails(send(s3.HeadObjectCommand, { Bucket, Key }), 'NotFound', 404);

        const complete = (Parts) => send(s3.CompleteMultipartUploadCommand, { Bucket, Key, UploadId, MultipartUpload: { Parts } });
        const numbered = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
        await fails(complete([...numbered].reverse()), 'InvalidPartOrder', 400);
        await fails(complete([{ ...numbered[0], ETag: '"0"' }]), 'InvalidPart', 400);
        const done = await complete(numbered);
        const expected = createHash('md5');
        for (const body of bodies) expected.update(createHash('md5').update(body).digest());
        assert.equal(done.ETag, `"${expected.digest('hex')}-2"`);
        const read = await send(s3.GetObjectCommand, { Bucket, Key });
        assert.equal(Buffer.compare(await bytesOf(read), Buffer.concat(bodies)), 0);
        assert.deepEqual(read.Metadata, { kept: 'yes' });
        assert.equal((await send(s3.ListMultipartUploadsCommand, { Bucket })).Uploads, undefined);
    });

    test('parts that are too small, and uploads that are not there, are refused', async () => {
        const Key = 'small';
        const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Bucket, Key });
        const etags = [await part(1, UploadId, Key, 'tiny'), await part(2, UploadId, Key, 'last')].map(({ ETag }) => ETag);
        const Parts = etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
        await fails(
            send(s3.CompleteMultipartUploadCommand, { Bucket, Key, UploadId, MultipartUpload: { Parts } }),
            'EntityTooSmall',
            400,
        );
        await send(s3.AbortMultipartUploadCommand, { Bucket, Key, UploadId });
        await fails(part(1, UploadId, Key, 'x'), 'NoSuchUpload', 404);
        await fails(send(s3.ListPartsCommand, { Bucket, Key, UploadId }), 'NoSuchUpload', 404);
    });

    test('a part can be copied from an object', async () => {
        await send(s3.PutObjectCommand, { Bucket, Key: 'origin', Body: '0123456789' });
        const { UploadId } = await send(s3.CreateMultipartUploadCommand, { Bucket, Key: 'assembled' });
        const { CopyPartResult } = await send(s3.UploadPartCopyCommand, {
            Bucket,
            Key: 'assembled',
            UploadId,
            PartNumber: 1,
            CopySource: `${Bucket}/origin`,
            CopySourceRange: 'bytes=3-5',
        });
        await send(s3.CompleteMultipartUploadCommand, {
            Bucket,
            Key: 'assembled',
            UploadId,
            MultipartUpload: { Parts: [{ PartNumber: 1, ETag: CopyPartResult.ETag }] },
        });
        assert.equal(await textOf(await send(s3.GetObjectCommand, { Bucket, Key: 'assembled' })), '345');
    });
});

describe('addresses', () => {
    test('presigned URLs read and write without credentials', async () => {
        const Bucket = await newBucket();
        const put = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key: 'signed ü', ContentType: 'text/plain' }));
        const written = await fetch(put, { method: 'PUT', body: 'by URL', headers: { 'content-type': 'text/plain' } });
        assert.equal(written.status, 200, await written.text());
        const get = await getSignedUrl(
            client,
            new s3.GetObjectCommand({ Bucket, Key: 'signed ü', ResponseContentDisposition: 'attachment' }),
            { expiresIn: 60 },
        );
        const read = await fetch(get);
        assert.equal(await read.text(), 'by URL');
        assert.equal(read.headers.get('content-disposition'), 'attachment');
    });

    test('the bucket may be in the path or in the host', { skip: onAws }, async () => {
        const Bucket = await newBucket();
        await send(s3.PutObjectCommand, { Bucket, Key: 'where', Body: 'here' });
        const { hostname, port } = new URL(endpoint);
        for (const forcePathStyle of [true, false]) {
            for (const host of ['s3.localhost.localstack.cloud', 's3.us-east-1.amazonaws.com']) {
                const named = clientOf(s3.S3Client, { endpoint: `http://${host}:${port}`, forcePathStyle });
                const url = new URL(await getSignedUrl(named, new s3.GetObjectCommand({ Bucket, Key: 'where' })));
                assert.equal(url.hostname, forcePathStyle ? host : `${Bucket}.${host}`);
                const text = await new Promise((resolve, reject) => {
                    const headers = { host: url.host, connection: 'close' };
                    request({ hostname, port, path: url.pathname + url.search, headers }, async (answer) => {
                        let text = `${answer.statusCode} `;
                        for await (const piece of answer) text += piece;
                        resolve(text);
                    })
                        .on('error', reject)
                        .end();
                });
                assert.equal(text, '200 here', url.href);
            }
        }
    });
});
