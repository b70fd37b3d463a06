// What DynamoDB says first of a request that is wrong in several ways, and of requests that no client would write.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import { clientOf, fails, undoList, unique } from './support.mjs';

const client = clientOf(dynamodb.DynamoDBClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

/** Sends `body` as it is: an object as JSON, text and bytes unchanged. The client signs it, and nothing else. */
function raw(operation, body, headers = {}) {
    const command = new dynamodb[`${operation}Command`]({});
    command.middlewareStack.add(
        (next) => (args) => {
            const isPlain = typeof body === 'string' || body instanceof Uint8Array;
            args.request.body = isPlain ? body : JSON.stringify(body);
            Object.assign(args.request.headers, headers);
            return next(args);
        },
        { step: 'build', priority: 'high' },
    );
    return client.send(command);
}

/** Asserts that the request is refused as invalid, with exactly this text. */
async function refused(operation, body, message) {
    const error = await fails(raw(operation, body), 'ValidationException', 400);
    assert.equal(error.message, message);
}

/** Asserts that the request cannot be read, with exactly this text. */
async function unreadable(operation, body, message) {
    const error = await fails(raw(operation, body), 'SerializationException', 400);
    assert.equal(error.message, message);
}

const S = (text) => ({ S: text });
const N = (number) => ({ N: String(number) });
const invalid = 'One or more parameter values were invalid: ';
const empty = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes';
const both = 'Can not use both expression and non-expression parameters in the same request: ';
const mismatch = 'The provided key element does not match the schema';
/** How PutItem, UpdateItem and DeleteItem introduce what is wrong with a request. */
const one = (message) => `1 validation error detected: ${message}`;

let TableName;
before(async () => {
    TableName = unique('order');
    const key = (hash, range) => [
        { AttributeName: hash, KeyType: 'HASH' },
        { AttributeName: range, KeyType: 'RANGE' },
    ];
    await send(dynamodb.CreateTableCommand, {
        TableName,
        KeySchema: key('pk', 'sk'),
        AttributeDefinitions: ['pk', 'sk', 'tag', 'rank'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        LocalSecondaryIndexes: [
            { IndexName: 'by-rank', KeySchema: key('pk', 'rank'), Projection: { ProjectionType: 'ALL' } },
        ],
        GlobalSecondaryIndexes: [
            {
                IndexName: 'by-tag',
                KeySchema: [{ AttributeName: 'tag', KeyType: 'HASH' }],
                Projection: { ProjectionType: 'ALL' },
            },
            { IndexName: 'by-both', KeySchema: key('rank', 'tag'), Projection: { ProjectionType: 'ALL' } },
        ],
        BillingMode: 'PAY_PER_REQUEST',
    });
    undo.add(() => send(dynamodb.DeleteTableCommand, { TableName }));
    await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
});

const Key = { pk: S('a'), sk: S('1') };

describe('what is said first', () => {
    test('missing members come before values', async () => {
        const missing = (name) =>
            `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`;
        await refused('PutItem', { Item: { pk: {} } }, missing('tableName'));
        await refused('PutItem', { TableName, Item: null }, missing('item'));
        await refused('GetItem', { TableName, Key: null }, missing('key'));
    });

    test('older parameters beside expressions come before values', async () => {
        await refused(
            'PutItem',
            { TableName, Item: { pk: {} }, Expected: { a: {} }, ConditionExpression: '' },
            one(`${both}Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}`),
        );
        await refused(
            'GetItem',
            { TableName, Key: { pk: {} }, AttributesToGet: ['a', 'a'], ProjectionExpression: '' },
            `${both}Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}`,
        );
        await refused(
            'PutItem',
            { TableName, Item: { pk: {} }, ExpressionAttributeNames: {} },
            one('ExpressionAttributeNames can only be specified when using expressions'),
        );
    });

    test('values come before return values, sizes, conditions and expressions', async () => {
        const wrong = { ReturnValues: 'ALL_NEW', ConditionExpression: '', ExpressionAttributeNames: {} };
        await refused('PutItem', { TableName, Item: { pk: {} }, ...wrong }, empty);
        await refused('PutItem', { TableName, Item: { pk: S('a') }, ...wrong }, one('ReturnValues can only be ALL_OLD or NONE'));
        const large = { pk: S('a'), text: S('x'.repeat(400 * 1024)) };
        await refused(
            'PutItem',
            { TableName: 'no-such-table', Item: large, ConditionExpression: '' },
            'Item size has exceeded the maximum allowed size',
        );
        await refused(
            'UpdateItem',
            { TableName, Key: { pk: N('x') }, UpdateExpression: '' },
            one('The parameter cannot be converted to a numeric value: x'),
        );
        await refused(
            'UpdateItem',
            { TableName, Key, AttributeUpdates: { a: { Action: 'PUT' }, b: { Value: {} } } },
            one(`${invalid}Only DELETE action is allowed when no attribute value is specified`),
        );
        await refused(
            'GetItem',
            { TableName, Key: { pk: {} }, ProjectionExpression: '', ExpressionAttributeNames: {} },
            empty,
        );
    });

    test('keys of placeholders come before their values, and both before expressions', async () => {
        const update = { TableName, Key, UpdateExpression: '' };
        await refused('UpdateItem', { ...update, ExpressionAttributeNames: {} }, one('ExpressionAttributeNames must not be empty'));
        await refused(
            'UpdateItem',
            { ...update, ExpressionAttributeValues: { ':a': {}, b: {} } },
            one('ExpressionAttributeValues contains invalid key: Syntax error; key: "b"'),
        );
        await refused(
            'UpdateItem',
            { ...update, ExpressionAttributeValues: { ':a': S('x'), ':b': { NS: ['1', 'x'] } } },
            one('The parameter cannot be converted to a numeric value: x'),
        );
        await refused('UpdateItem', update, one('Invalid UpdateExpression: The expression can not be empty;'));
    });

    test('a value says what is wrong inside before that it has several types', async () => {
        const item = (value) => ({ TableName, Item: { pk: value } });
        await refused('PutItem', item({ S: '', N: '' }), one('The parameter cannot be converted to a numeric value: '));
        await refused(
            'PutItem',
            item({ S: 'a', N: '1' }),
            'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes',
        );
        await refused('PutItem', item({ M: { a: { SS: [] } } }), one(`${invalid}An string set  may not be empty`));
    });

    test('of a Query: filter, attributes, starting key, conditions, expressions', async () => {
        const equal = (value) => ({ ComparisonOperator: 'EQ', AttributeValueList: [value] });
        const query = (more) => ({ TableName, ...more });
        const KeyConditions = { pk: equal({}) };
        await refused(
            'Query',
            query({ QueryFilter: { a: equal({}) }, AttributesToGet: ['a', 'a'], ExclusiveStartKey: { a: {} } }),
            empty,
        );
        await refused(
            'Query',
            query({ AttributesToGet: ['a', 'a'], ExclusiveStartKey: { a: {} } }),
            `${invalid}Duplicate value in attribute name: a`,
        );
        await refused('Query', query({ ExclusiveStartKey: { a: {} } }), `The provided starting key is invalid: ${empty}`);
        await refused(
            'Query',
            query({ ExclusiveStartKey: { a: N('x') } }),
            'The parameter cannot be converted to a numeric value: x',
        );
        await refused(
            'Query',
            query({}),
            'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
        );
        await refused('Query', query({ KeyConditions }), empty);
        await refused(
            'Query',
            query({ KeyConditions, KeyConditionExpression: 'pk = :a' }),
            `${both}Non-expression parameters: {KeyConditions} Expression parameters: {KeyConditionExpression}`,
        );
    });

    test('of a batch: duplicates before tables', async () => {
        await refused(
            'BatchGetItem',
            { RequestItems: { 'no-such-table': { Keys: [Key, Key] } } },
            'Provided list of item keys contains duplicates',
        );
        await refused('BatchWriteItem', { RequestItems: { 'no-such-table': [{ PutRequest: { Item: { pk: {} } } }] } }, empty);
        await refused('BatchWriteItem', { RequestItems: { [TableName]: [{ PutRequest: { Item: { pk: S('a') } } }] } }, mismatch);
    });
});

describe('requests of the wrong shape', () => {
    test('name the types that were expected as AWS does', async () => {
        const type = 'com.amazonaws.dynamodb.v20120810.';
        const map = 'Unrecognized collection type java.util.Map<java.lang.String, ';
        const put = (Item) => ['PutItem', { TableName, Item }];
        await unreadable(...put('x'), 'Unexpected field type');
        await unreadable(...put([]), `${map}${type}AttributeValue>`);
        await unreadable(...put({ a: 'x' }), 'Unexpected value type in payload');
        await unreadable(...put({ a: [] }), `Unrecognized collection type class ${type}AttributeValue`);
        await unreadable(...put({ a: { S: 5 } }), 'NUMBER_VALUE cannot be converted to String');
        await unreadable(...put({ a: { S: 5.5 } }), 'DECIMAL_VALUE cannot be converted to String');
        await unreadable(...put({ a: { S: {} } }), 'Start of structure or map found where not expected');
        await unreadable('UpdateItem', { TableName, AttributeUpdates: [] }, `${map}${type}AttributeValueUpdate>`);
        await unreadable('PutItem', { TableName, ExpressionAttributeNames: [] }, `${map}java.lang.String>`);
        await unreadable('GetItem', { TableName, ConsistentRead: 'perhaps' }, 'Unexpected token received from parser');
    });

    test('words stand for truth values', async () => {
        await raw('PutItem', { TableName, Item: { ...Key, t: { BOOL: 'yes' } } });
        const { Item } = await raw('GetItem', { TableName, Key, ConsistentRead: 'TRUE' });
        assert.deepEqual(Item.t, { BOOL: true });
    });

    test('GZIP is unpacked, anything else is an internal error', async () => {
        const body = JSON.stringify({ TableName, Item: { ...Key, packed: N(1) } });
        const halves = Buffer.concat([gzipSync(body.slice(0, 10)), gzipSync(body.slice(10))]);
        for (const packed of [gzipSync(body), halves]) await raw('PutItem', packed, { 'content-encoding': 'gzip' });
        const { Item } = await send(dynamodb.GetItemCommand, { TableName, Key });
        assert.deepEqual(Item.packed, { N: '1' });
        for (const [encoding, wrong] of [
            ['gzip', body],
            ['gzip', gzipSync(body).subarray(0, -1)],
            ['garbage', body],
        ]) {
            const error = await raw('PutItem', wrong, { 'content-encoding': encoding }).catch((error) => error);
            assert.equal(error.$metadata?.httpStatusCode, 500, `${encoding} ${error}`);
        }
    });

    test('more than 16 MB is too much', async () => {
        const spaces = ' '.repeat(17 * 1024 * 1024);
        const error = await raw('PutItem', JSON.stringify({ TableName, Item: Key }) + spaces).catch((error) => error);
        assert.equal(error.$metadata?.httpStatusCode, 413, `${error}`);
    });

    test('answers carry their checksum, and those without members are empty', async () => {
        let seen;
        const command = new dynamodb.DescribeTableCommand({ TableName });
        command.middlewareStack.add(
            (next) => async (args) => {
                const result = await next(args);
                seen = result.response.headers;
                return result;
            },
            { step: 'deserialize', priority: 'low' },
        );
        const { Table } = await client.send(command);
        assert.match(seen['x-amz-crc32'], /^\d+$/);
        await raw('TagResource', { ResourceArn: Table.TableArn, Tags: [{ Key: 'a', Value: 'b' }] });
    });
});

describe('starting keys', () => {
    const equal = (text) => ({ ComparisonOperator: 'EQ', AttributeValueList: [S(text)] });
    const start = { pk: S('a'), sk: S('5') };
    const query = (KeyConditions, ExclusiveStartKey, more) => ({ TableName, KeyConditions, ExclusiveStartKey, ...more });

    test('of a Query fit its table and its conditions', async () => {
        const pk = equal('a');
        await refused('Query', query({ pk }, { pk: S('a') }), 'The provided starting key is invalid');
        await refused('Query', query({ pk }, { pk: S('a'), zz: S('5') }), 'The provided starting key is invalid');
        await refused('Query', query({ pk }, { pk: S('a'), sk: N(5) }), mismatch);
        await refused(
            'Query',
            query({ pk }, { ...start, pk: S('b') }),
            'The provided starting key is outside query boundaries based on provided conditions',
        );
        const sk = { ComparisonOperator: 'LT', AttributeValueList: [S('4')] };
        await refused('Query', query({ pk, sk }, start), 'The provided starting key does not match the range key predicate');
        await refused(
            'Query',
            query({ pk, sk: equal('5') }, { ...start, pk: S('b') }),
            'The query can return at most one row and cannot be restarted',
        );
        const both = { IndexName: 'by-both' };
        await refused('Query', query({ rank: pk }, { ...start, rank: S('a') }, both), 'The provided starting key is invalid');
        await refused(
            'Query',
            query({ rank: pk }, { pk: N(1), sk: S('5'), rank: S('a'), tag: S('t') }, both),
            `The provided starting key is invalid: ${mismatch}`,
        );
    });

    test('of a Scan fit its table and its index', async () => {
        const scan = (ExclusiveStartKey, IndexName) => ({ TableName, ExclusiveStartKey, IndexName });
        await refused('Scan', scan({ pk: S('a') }), `The provided starting key is invalid: ${mismatch}`);
        await refused('Scan', scan(start, 'by-tag'), 'The provided starting key is invalid');
        await refused('Scan', scan({ ...start, tag: N(1) }, 'by-tag'), mismatch);
        await refused(
            'Scan',
            scan({ pk: N(1), sk: S('5'), tag: S('t') }, 'by-tag'),
            `The provided starting key is invalid: ${mismatch}`,
        );
    });

    test('conditions fit the key they are about', async () => {
        const more = query({ tag: equal('a'), pk: equal('a') }, undefined, { IndexName: 'by-tag' });
        await fails(raw('Query', more), 'ValidationException', 400);
        await refused('Query', query({ sk: equal('a') }), 'Query condition missed key schema element: pk');
        await refused('Query', query({ pk: equal('a'), zz: equal('a') }), 'Query condition missed key schema element: sk');
        await refused(
            'Query',
            query({ pk: equal('a'), sk: { ComparisonOperator: 'NOT_NULL' } }),
            'Attempted conditional constraint is not an indexable operation',
        );
    });
});

describe('Select', () => {
    const pk = { ComparisonOperator: 'EQ', AttributeValueList: [S('a')] };
    const words = [
        [{ Select: 'ALL_PROJECTED_ATTRIBUTES' }, 'ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName'],
        [
            { Select: 'SPECIFIC_ATTRIBUTES' },
            'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
        ],
        [{ Select: 'COUNT', AttributesToGet: ['a'] }, 'Cannot specify the AttributesToGet when choosing to get only the Count'],
        [
            { Select: 'ALL_ATTRIBUTES', ProjectionExpression: 'a' },
            'Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES',
        ],
    ];

    test('fits the attributes that are asked for, and a Query says so as one error', async () => {
        for (const [more, message] of words) {
            await refused('Scan', { TableName, ...more }, message);
            await refused('Query', { TableName, KeyConditions: { pk }, ...more }, `1 validation error detected: ${message}`);
        }
    });
});

describe('paths', () => {
    const inside = (kind, name) =>
        `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: ${kind}: ${name}`;

    test('do not lead into key attributes', async () => {
        await refused('GetItem', { TableName, Key, ProjectionExpression: 'pk.x' }, inside('Key', 'pk'));
        await refused('GetItem', { TableName, Key, ProjectionExpression: 'tag[0]' }, inside('IndexKey', 'tag'));
        await refused(
            'BatchGetItem',
            { RequestItems: { [TableName]: { Keys: [Key], ProjectionExpression: 'sk.x' } } },
            inside('Key', 'sk'),
        );
        await refused('Scan', { TableName, FilterExpression: 'pk.x = sk' }, inside('Key', 'pk'));
        await refused('Scan', { TableName, ProjectionExpression: '#r.x', ExpressionAttributeNames: { '#r': 'rank' } }, inside('IndexKey', 'rank'));
        await refused('UpdateItem', { TableName, Key, UpdateExpression: 'SET a = pk[0]' }, inside('Key', 'pk'));
    });

    test('names begin with a letter', async () => {
        await refused(
            'UpdateItem',
            { TableName, Key, UpdateExpression: 'SET _123 = a' },
            one('Invalid UpdateExpression: Syntax error; token: "_", near: "SET _123"'),
        );
        await raw('UpdateItem', {
            TableName,
            Key,
            UpdateExpression: 'SET #_ = :_',
            ExpressionAttributeNames: { '#_': '_' },
            ExpressionAttributeValues: { ':_': N(1) },
        });
    });

    test('operands stand in parentheses, inside conditions in parentheses too', async () => {
        const condition = (ConditionExpression) =>
            raw('UpdateItem', {
                TableName,
                Key: { ...Key, sk: S('parentheses') },
                UpdateExpression: 'SET a = :one',
                ConditionExpression,
                ExpressionAttributeValues: { ':one': N(1) },
            });
        await condition('attribute_not_exists(a) or (a) = :one');
        await condition('((a) = :one)');
        await condition('(size(pk) = (:one)) and not ((a) <> :one)');
    });
});

describe('tags', () => {
    const arn = async () => (await send(dynamodb.DescribeTableCommand, { TableName })).Table.TableArn;
    const tag = (ResourceArn, Tags) => ['TagResource', { ResourceArn, Tags }];

    test('are given to an ARN, and are at least one', async () => {
        const ResourceArn = await arn();
        await refused(...tag('none', [{ Key: 'a', Value: 'b' }]), "ARNs must start with 'arn:'");
        await refused(...tag(ResourceArn, []), 'Atleast one Tag needs to be provided as Input.');
        await refused('UntagResource', { ResourceArn, TagKeys: [] }, 'Atleast one Tag Key needs to be provided as Input.');
    });

    test('have letters of any language, and few other characters', async () => {
        const ResourceArn = await arn();
        await raw(...tag(ResourceArn, [{ Key: 'законные буквы', Value: 'ѮѮ a+b-c=d.e_f:g/h@i' }]));
        for (const [Key, Value] of [
            ['ok', '#!%'],
            ['->>;', 'ok'],
        ]) {
            await fails(raw(...tag(ResourceArn, [{ Key, Value }])), 'ValidationException', 400);
        }
    });

    test('have each key once, and none that is reserved for AWS', async () => {
        const ResourceArn = await arn();
        for (const keys of [['a', 'a'], ['aws:a']]) {
            const Tags = keys.map((Key, index) => ({ Key, Value: String(index) }));
            await fails(raw(...tag(ResourceArn, Tags)), 'ValidationException', 400);
        }
    });

    test('are not given to indexes', async () => {
        const ResourceArn = `${await arn()}/index/by-rank`;
        const message =
            `${invalid}Invalid resource arn provided, only table or stream is accepted. ` +
            `Provided resource arn: ${ResourceArn}`;
        await refused(...tag(ResourceArn, [{ Key: 'a', Value: 'b' }]), message);
        await refused('ListTagsOfResource', { ResourceArn }, message);
    });

    test('are no more than 50, from the beginning', async () => {
        const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: 'v' }));
        const input = {
            TableName: unique('tagged'),
            KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
            BillingMode: 'PAY_PER_REQUEST',
            Tags,
        };
        await fails(send(dynamodb.CreateTableCommand, input), 'ValidationException', 400);
        await fails(send(dynamodb.DescribeTableCommand, input), 'ResourceNotFoundException', 400);
    });
});

describe('transactions', () => {
    const put = (item, more) => ({ Put: { TableName, Item: item, ...more } });

    test('say what is wrong with their first wrong part, before any condition', async () => {
        const error = await fails(
            send(dynamodb.TransactWriteItemsCommand, {
                TransactItems: [
                    put(Key),
                    put({ ...Key, pk: N(7) }),
                    put({ ...Key, pk: N(8) }),
                    put({ ...Key, pk: S('none') }, { ConditionExpression: 'attribute_exists(pk)' }),
                ],
            }),
            'TransactionCanceledException',
            400,
        );
        assert.deepEqual(
            error.CancellationReasons.map(({ Code }) => Code),
            ['None', 'ValidationError', 'None', 'None'],
        );
        assert.ok(error.CancellationReasons[1].Message);
        assert.equal(error.CancellationReasons[0].Message, undefined);
    });

    test('carry 4 MB, however large the items that they delete', async () => {
        const keys = Array.from({ length: 50 }, (_, index) => ({ pk: S(`large-${index}`), sk: S('1') }));
        const parts = keys.map((key) => put({ ...key, text: S('x'.repeat(100_000)) }));
        const error = await fails(
            send(dynamodb.TransactWriteItemsCommand, { TransactItems: parts }),
            'ValidationException',
            400,
        );
        assert.match(error.message, /size cannot exceed/);
        for (const some of [parts.slice(0, 25), parts.slice(25)]) {
            await send(dynamodb.TransactWriteItemsCommand, { TransactItems: some });
        }
        const TransactItems = keys.map((key) => ({ Delete: { TableName, Key: key } }));
        await send(dynamodb.TransactWriteItemsCommand, { TransactItems });
    });
});

describe('statements', () => {
    test('of a batch fail alone, also where a parameter is no value', async () => {
        const select = (parameter) => ({
            Statement: `SELECT * FROM "${TableName}" WHERE pk = ? AND sk = ?`,
            Parameters: [parameter, S('1')],
        });
        await raw('PutItem', { TableName, Item: Key });
        const { Responses } = await raw('BatchExecuteStatement', {
            Statements: [select(S('a')), select(N('x')), select({}), select({ SS: [] })],
        });
        assert.deepEqual(Responses[0].Item, Key);
        assert.deepEqual(
            Responses.slice(1).map(({ Error }) => [Error.Code, Error.Message]),
            [
                ['ValidationError', 'The parameter cannot be converted to a numeric value: x'],
                ['ValidationError', empty],
                ['ValidationError', `${invalid}An string set  may not be empty`],
            ],
        );
        await refused('ExecuteStatement', select({}), empty);
    });
});

describe('numbers', () => {
    test('that need more digits than there are overflow when they are added', async () => {
        await refused(
            'UpdateItem',
            {
                TableName,
                Key,
                UpdateExpression: 'SET n = :large + :small',
                ExpressionAttributeValues: { ':large': N('1e50'), ':small': N(1) },
            },
            'Number overflow. Attempting to store a number with magnitude larger than supported range',
        );
    });
});
