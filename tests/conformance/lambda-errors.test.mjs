// How Lambda refuses: the names, statuses and words that AWS gives, which programs and their tests match on.
import { after, before, describe, test } from 'node:test';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as sqs from '@aws-sdk/client-sqs';
import { newRole } from './roles.mjs';
import { clientOf, fails, onAws, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(lambda.LambdaClient);
const queues = clientOf(sqs.SQSClient);
const tables = clientOf(dynamodb.DynamoDBClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const code = { ZipFile: zip({ 'index.mjs': 'export const handler = async (event) => event;' }) };

let Role;
let FunctionName;
let FunctionArn;

const create = (input) =>
    send(lambda.CreateFunctionCommand, {
        FunctionName: unique('function'), Role, Runtime: 'nodejs20.x', Handler: 'index.handler', Code: code, ...input,
    });

before(async () => {
    Role = await newRole(undo, 'lambda.amazonaws.com', {
        managed: ['service-role/AWSLambdaSQSQueueExecutionRole', 'service-role/AWSLambdaDynamoDBExecutionRole'],
    });
    ({ FunctionName, FunctionArn } = await create());
    undo.add(() => send(lambda.DeleteFunctionCommand, { FunctionName }));
    await lambda.waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
    await send(lambda.PublishVersionCommand, { FunctionName });
});

const arnOf = (name, qualifier) => FunctionArn.replace(FunctionName, qualifier ? `${name}:${qualifier}` : name);
const invalid = (call, words) => fails(call, 'InvalidParameterValueException', 400, words);
const unknown = (call, words) => fails(call, 'ResourceNotFoundException', 404, words);
const malformed = (call, words) => fails(call, 'ValidationException', 400, words);
const escaped = (text) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

describe('functions', () => {
    test('what a package may not be', async () => {
        await malformed(create({ Role: 'nobody' }), /'role' failed to satisfy constraint: Member must satisfy regular expression/);
        await malformed(create({ Architectures: ['z80'] }), /architectures.*enum value set/s);
        await malformed(create({ Architectures: ['x86_64', 'arm64'] }), /architectures.*length less than or equal to 1/s);
        await invalid(create({ Handler: undefined }), /^Runtime and Handler are mandatory parameters/);
        await invalid(create({ Runtime: 'nodejs12.x' }), /^The runtime parameter of nodejs12.x is no longer supported/);
        await invalid(
            create({ Environment: { Variables: { AWS_REGION: 'here' } } }),
            /^Lambda was unable to configure your environment variables .* reserved keys .*AWS_REGION/,
        );
        const missing = `arn:aws:lambda:us-east-1:${FunctionArn.split(':')[4]}:layer:${unique('layer')}:1`;
        await fails(create({ Layers: [missing] }), onAws ? 'AccessDeniedException' : 'InvalidParameterValueException', onAws ? 403 : 400);
    });

    test('what an update may not ask for', async () => {
        const update = (input) => send(lambda.UpdateFunctionCodeCommand, { FunctionName, ...input });
        await invalid(
            update({ ImageUri: '123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1' }),
            escaped("Please don't provide ImageUri when updating a function with packageType Zip."),
        );
        const stale = '00000000-0000-4000-8000-000000000000';
        const advice = escaped(
            'The Revision Id provided does not match the latest Revision Id. ' +
                'Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
        );
        await fails(update({ ...code, RevisionId: stale }), 'PreconditionFailedException', 412, advice);
        const configure = (input) => send(lambda.UpdateFunctionConfigurationCommand, { FunctionName, ...input });
        await fails(configure({ Timeout: 4, RevisionId: stale }), 'PreconditionFailedException', 412, advice);
        await malformed(configure({ Timeout: 5401 }), /timeout.*less than or equal to/s);
        await invalid(configure({ Runtime: 'fortran77' }), /^Value fortran77 at 'runtime' failed to satisfy constraint/);
        const missing = unique('missing');
        const gone = escaped(`Function not found: ${arnOf(missing)}`);
        await unknown(send(lambda.UpdateFunctionCodeCommand, { FunctionName: missing, ...code }), gone);
        await unknown(send(lambda.UpdateFunctionConfigurationCommand, { FunctionName: missing, Timeout: 4 }), gone);
        await unknown(send(lambda.GetFunctionCommand, { FunctionName: missing }), gone);
        await unknown(
            send(lambda.GetFunctionCommand, { FunctionName, Qualifier: '99' }),
            escaped(`Function not found: ${arnOf(FunctionName, '99')}`),
        );
        await invalid(
            send(lambda.DeleteFunctionCommand, { FunctionName, Qualifier: '$LATEST' }),
            escaped('$LATEST version cannot be deleted without deleting the function.'),
        );
        await invalid(
            send(lambda.GetFunctionCommand, { FunctionName: `${FunctionName}:1`, Qualifier: '2' }),
            escaped('The derived qualifier from the function name does not match the specified qualifier.'),
        );
        await unknown(
            send(lambda.GetFunctionCommand, { FunctionName: FunctionArn.replace(/:lambda:[^:]+:/, ':lambda:eu-north-1:') }),
            /^Functions from 'eu-north-1' are not reachable in this region \('[a-z0-9-]+'\)$/,
        );
    });
});

describe('versions and aliases', () => {
    test('what an alias may not point at', async () => {
        const alias = (input) => send(lambda.CreateAliasCommand, { FunctionName, Name: 'live', FunctionVersion: '1', ...input });
        const split = (weights) => ({ RoutingConfig: { AdditionalVersionWeights: weights } });
        await unknown(alias({ FunctionVersion: '99' }), escaped(`Function not found: ${arnOf(FunctionName, '99')}`));
        await malformed(alias({ Name: '7' }), /'name' failed to satisfy constraint: Member must satisfy regular expression/);
        await invalid(alias(split({ 1: 0.5 })), /^Invalid function version 1. Function version 1 is already included/);
        await invalid(
            alias({ FunctionVersion: '$LATEST', ...split({ 1: 0.5 }) }),
            escaped('$LATEST is not supported for an alias pointing to more than 1 version'),
        );
        await invalid(
            alias(split({ 2: 0.5, 3: 0.1 })),
            escaped('Number of items in AdditionalVersionWeights cannot be greater than 1'),
        );
        await malformed(
            alias(split({ 2: 2 })),
            escaped(
                "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy " +
                    'constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, ' +
                    'Member must have value greater than or equal to 0.0, Member must not be null]',
            ),
        );
        await malformed(alias(split({ live: 0.5 })), /routingConfig.additionalVersionWeights.*regular expression/s);
        await unknown(alias(split({ 99: 0.5 })), escaped(`Function not found: ${arnOf(FunctionName, '99')}`));
        const cannot = escaped(`Cannot find alias arn: ${arnOf(FunctionName, 'absent')}`);
        await unknown(send(lambda.GetAliasCommand, { FunctionName, Name: 'absent' }), cannot);
        await unknown(send(lambda.UpdateAliasCommand, { FunctionName, Name: 'absent' }), cannot);
    });

    test('what cannot be published, and what cannot be provisioned', async () => {
        await invalid(
            send(lambda.PublishVersionCommand, { FunctionName, CodeSha256: 'other' }),
            /^CodeSHA256 \(other\) is different from current CodeSHA256 in \$LATEST \(.*\). Please try again/,
        );
        const provision = (Qualifier) =>
            send(lambda.PutProvisionedConcurrencyConfigCommand, { FunctionName, Qualifier, ProvisionedConcurrentExecutions: 1 });
        await invalid(provision('$LATEST'), escaped('Provisioned Concurrency Configs cannot be applied to unpublished function versions.'));
        await unknown(provision('absent'), escaped(`Cannot find alias arn: ${arnOf(FunctionName, 'absent')}`));
        await unknown(provision('99'), escaped(`Function not found: ${arnOf(FunctionName, '99')}`));
        await fails(
            send(lambda.GetProvisionedConcurrencyConfigCommand, { FunctionName, Qualifier: '1' }),
            'ProvisionedConcurrencyConfigNotFoundException',
            404,
            escaped('No Provisioned Concurrency Config found for this function'),
        );
    });
});

describe('permissions', () => {
    const permission = (input) =>
        send(lambda.AddPermissionCommand, {
            FunctionName, StatementId: 'events', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com', ...input,
        });

    test('what a policy does not take', async () => {
        await invalid(permission({ Qualifier: '$LATEST' }), escaped('We currently do not support adding policies for $LATEST.'));
        await invalid(
            permission({ Principal: 'invalid.nonaws.com' }),
            escaped('The provided principal was invalid. Please check the principal and try again.'),
        );
        await malformed(permission({ StatementId: 'not.a.name' }), /'statementId' failed to satisfy constraint/);
        await malformed(permission({ Action: 'sqs:SendMessage' }), /'action' failed to satisfy constraint/);
        await unknown(permission({ Qualifier: '99' }), escaped(`Function not found: ${arnOf(FunctionName, '99')}`));
        await unknown(send(lambda.GetPolicyCommand, { FunctionName }), escaped('The resource you requested does not exist.'));
        await unknown(
            send(lambda.RemovePermissionCommand, { FunctionName, StatementId: 'events' }),
            escaped('No policy is associated with the given resource.'),
        );
        const missing = unique('missing');
        await unknown(
            send(lambda.RemovePermissionCommand, { FunctionName: missing, StatementId: 'events' }),
            escaped(`No policy found for: ${arnOf(missing)}`),
        );
        await permission();
        await fails(
            permission(), 'ResourceConflictException', 409,
            escaped(
                'The statement id (events) provided already exists. Please provide a new statement id, or remove the existing statement.',
            ),
        );
        await fails(
            permission({ StatementId: 'more', RevisionId: '00000000-0000-4000-8000-000000000000' }),
            'PreconditionFailedException', 412,
            escaped(
                'The Revision Id provided does not match the latest Revision Id. ' +
                    'Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
            ),
        );
        await unknown(
            send(lambda.RemovePermissionCommand, { FunctionName, StatementId: 'others' }),
            escaped('Statement others is not found in resource policy.'),
        );
        await send(lambda.RemovePermissionCommand, { FunctionName, StatementId: 'events' });
    });
});

describe('layers', () => {
    test('what is not there', async () => {
        const LayerName = unique('layer');
        await unknown(
            send(lambda.GetLayerVersionCommand, { LayerName, VersionNumber: 1 }),
            escaped('The resource you requested does not exist.'),
        );
        await invalid(
            send(lambda.GetLayerVersionCommand, { LayerName, VersionNumber: 0 }),
            escaped('Layer Version Cannot be less than 1'),
        );
        await malformed(
            send(lambda.PublishLayerVersionCommand, { LayerName, Content: code, CompatibleRuntimes: ['cobol85'] }),
            /compatibleRuntimes.*enum value set/s,
        );
        await send(lambda.DeleteLayerVersionCommand, { LayerName, VersionNumber: 1 });
    });
});

describe('function URLs and event configurations', () => {
    test('what they do not take', async () => {
        const missing = unique('missing');
        const url = (input) => send(lambda.CreateFunctionUrlConfigCommand, { FunctionName, AuthType: 'NONE', ...input });
        await unknown(url({ FunctionName: missing }), escaped('Function does not exist'));
        await unknown(url({ Qualifier: 'absent' }), escaped('Function does not exist'));
        await malformed(url({ AuthType: 'SOME' }), /'authType' failed to satisfy constraint/);
        for (const Qualifier of ['1', '$LATEST']) await malformed(url({ Qualifier }), /'qualifier' failed to satisfy constraint/);
        await unknown(
            send(lambda.GetFunctionUrlConfigCommand, { FunctionName }),
            escaped('The resource you requested does not exist.'),
        );
        const configure = (input) => send(lambda.PutFunctionEventInvokeConfigCommand, { FunctionName, ...input });
        await invalid(configure({}), escaped('You must specify at least one of error handling or destination setting.'));
        await malformed(configure({ MaximumRetryAttempts: 3 }), /maximumRetryAttempts.*less than or equal to 2/s);
        await unknown(
            configure({ FunctionName: missing, MaximumRetryAttempts: 1 }),
            escaped("The function doesn't exist."),
        );
        await invalid(
            configure({ DestinationConfig: { OnFailure: { Destination: FunctionArn } } }),
            escaped("You can't specify the function as a destination for itself."),
        );
        const odd = 'arn:aws:iam::123456789012:role/nothing';
        await invalid(
            configure({ DestinationConfig: { OnFailure: { Destination: odd } } }),
            escaped(
                `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${odd})) is invalid.`,
            ),
        );
        await unknown(
            send(lambda.GetFunctionEventInvokeConfigCommand, { FunctionName }),
            /^The function .* doesn't have an EventInvokeConfig$/,
        );
    });
});

describe('event source mappings', () => {
    const map = (input) => send(lambda.CreateEventSourceMappingCommand, { FunctionName, ...input });

    test('what a queue does not take', async () => {
        const { QueueUrl } = await queues.send(
            new sqs.CreateQueueCommand({ QueueName: unique('queue'), Attributes: { VisibilityTimeout: '30' } }),
        );
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const { Attributes } = await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
        const EventSourceArn = Attributes.QueueArn;
        await invalid(map({}), escaped('Unrecognized event source.'));
        await invalid(map({ FunctionName: unique('missing'), EventSourceArn }), escaped('Function does not exist'));
        await invalid(
            map({ EventSourceArn, StartingPosition: 'LATEST' }),
            escaped('StartingPosition is not valid for SQS event sources.'),
        );
        await invalid(
            map({ EventSourceArn, BatchSize: 11 }),
            escaped('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10'),
        );
        await invalid(
            map({ EventSourceArn, FilterCriteria: { Filters: [{ Pattern: '{' }] } }),
            escaped('Invalid filter pattern definition.'),
        );
        await invalid(
            map({ EventSourceArn, DestinationConfig: { OnFailure: { Destination: EventSourceArn } } }),
            escaped('Unsupported DestinationConfig parameter for given event source mapping type.'),
        );
        const { UUID } = await map({ EventSourceArn, Enabled: false });
        undo.add(() => send(lambda.DeleteEventSourceMappingCommand, { UUID }));
        await fails(
            map({ EventSourceArn }), 'ResourceConflictException', 409,
            escaped(
                `An event source mapping with SQS arn (" ${EventSourceArn} ") and function (" ${FunctionName} ") already exists. ` +
                    `Please update or delete the existing mapping with UUID ${UUID}`,
            ),
        );
        await unknown(
            send(lambda.GetEventSourceMappingCommand, { UUID: '00000000-0000-4000-8000-000000000000' }),
            escaped('The resource you requested does not exist.'),
        );
    });

    test('what a stream does not take', async () => {
        const TableName = unique('table');
        const { TableDescription } = await tables.send(
            new dynamodb.CreateTableCommand({
                TableName,
                AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
                KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
                BillingMode: 'PAY_PER_REQUEST',
                StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
            }),
        );
        undo.add(() => tables.send(new dynamodb.DeleteTableCommand({ TableName })));
        await dynamodb.waitUntilTableExists({ client: tables, maxWaitTime: 60 }, { TableName });
        const EventSourceArn = TableDescription.LatestStreamArn;
        const StartingPosition = 'LATEST';
        await invalid(
            map({ EventSourceArn }),
            escaped(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
            ),
        );
        await malformed(
            map({ EventSourceArn, StartingPosition: 'MIDDLE' }),
            /Value 'MIDDLE' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set/,
        );
        await invalid(
            map({ EventSourceArn, StartingPosition, StartingPositionTimestamp: new Date() }),
            escaped('Timestamp only valid with StartingPosition AT_TIMESTAMP'),
        );
        await invalid(
            map({ EventSourceArn, StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: new Date() }),
            escaped(`Unsupported starting position for arn type: ${EventSourceArn}`),
        );
        await invalid(
            map({ EventSourceArn, StartingPosition, DestinationConfig: { OnSuccess: { Destination: FunctionArn } } }),
            escaped('Unsupported DestinationConfig parameter for given event source mapping type.'),
        );
        const gone = EventSourceArn.replace(/[^/]*$/, '2020-01-01T00:00:00.000');
        await invalid(map({ EventSourceArn: gone, StartingPosition }), escaped(`Stream not found: ${gone}`));
        await invalid(map({ EventSourceArn, StartingPosition, TumblingWindowInSeconds: 30, ParallelizationFactor: 2 }));
        await malformed(map({ EventSourceArn, StartingPosition, ParallelizationFactor: 11 }), /parallelizationFactor.*less than or equal to 10/s);
        await malformed(map({ EventSourceArn, StartingPosition, TumblingWindowInSeconds: 901 }), /tumblingWindowInSeconds.*less than or equal to 900/s);
        await malformed(map({ EventSourceArn, StartingPosition, BatchSize: 10_001 }), /batchSize.*less than or equal to 10000/s);
    });

    test('sources and destinations that are not built are named', { skip: onAws }, async () => {
        const account = FunctionArn.split(':')[4];
        const stream = `arn:aws:kinesis:us-east-1:${account}:stream/clicks`;
        await fails(map({ EventSourceArn: stream, StartingPosition: 'LATEST' }), 'NotImplemented', 501, /kinesis as a source/);
        await fails(
            map({ SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['kafka:9092'] } }, Topics: ['clicks'] }),
            'NotImplemented', 501, /CreateEventSourceMapping: Topics/,
        );
        const bus = `arn:aws:events:us-east-1:${account}:event-bus/default`;
        await fails(
            send(lambda.PutFunctionEventInvokeConfigCommand, { FunctionName, DestinationConfig: { OnSuccess: { Destination: bus } } }),
            'NotImplemented', 501, /event buses as destinations/,
        );
    });

    test('images and packages do not mix', async () => {
        const invalid = (request, message) => fails(request, 'InvalidParameterValueException', 400, message);
        const ImageUri = '000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1';
        await invalid(
            create({ PackageType: 'Image', Code: { ImageUri } }),
            /Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image\./,
        );
        await invalid(create({ Code: { ImageUri } }), /Please provide a source for function code\./);
        await invalid(
            create({ PackageType: 'Image', Runtime: undefined, Handler: undefined, Code: { ImageUri: 'no such name' } }),
            /Source image no such name is not valid\. Provide a valid source image\./,
        );
        await invalid(
            send(lambda.UpdateFunctionCodeCommand, { FunctionName, ImageUri }),
            /Please don't provide ImageUri when updating a function with packageType Zip\./,
        );
    });
});
