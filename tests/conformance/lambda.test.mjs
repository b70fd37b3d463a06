import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as sqs from '@aws-sdk/client-sqs';
import { newRole } from './roles.mjs';
import { allPages, clientOf, endpoint, eventually, fails, onAws, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(lambda.LambdaClient);
const queues = clientOf(sqs.SQSClient);
const tables = clientOf(dynamodb.DynamoDBClient);
const logGroups = clientOf(logs.CloudWatchLogsClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));

const node = `
import { setTimeout as sleep } from 'node:timers/promises';
export const handler = async (event, context) => {
    if (event.sleep) await sleep(event.sleep);
    if (event.exit) process.exit(event.exit);
    if (event.fail) { const error = new Error(event.fail); error.name = 'OrderError'; throw error; }
    console.log('seen ' + JSON.stringify(event));
    return {
        event,
        greeting: process.env.GREETING,
        name: process.env.AWS_LAMBDA_FUNCTION_NAME,
        version: context.functionVersion,
        arn: context.invokedFunctionArn,
        request: context.awsRequestId,
        memory: context.memoryLimitInMB,
        left: context.getRemainingTimeInMillis(),
        client: context.clientContext,
    };
};`;
const python = `
import os
class OrderError(Exception): pass
def handler(event, context):
    if 'fail' in event: raise OrderError(event['fail'])
    return {'event': event, 'name': context.function_name, 'region': os.environ['AWS_REGION'],
            'left': context.get_remaining_time_in_millis()}
`;
const bootstrap = `#!/bin/bash
set -euo pipefail
while true; do
    HEADERS="$(mktemp)"
    EVENT="$(curl -sS -LD "$HEADERS" "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next")"
    REQUEST="$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)"
    curl -sS -X POST "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/$REQUEST/response" -d "{\\"native\\":$EVENT}"
done
`;

let Role;
before(async () => {
    Role = await newRole(undo, 'lambda.amazonaws.com', {
        managed: ['service-role/AWSLambdaBasicExecutionRole', 'service-role/AWSLambdaSQSQueueExecutionRole'],
    });
});

async function newFunction(input = {}) {
    const FunctionName = unique('function');
    const created = await send(lambda.CreateFunctionCommand, {
        FunctionName,
        Role,
        Runtime: 'nodejs20.x',
        Handler: 'index.handler',
        Code: { ZipFile: zip({ 'index.mjs': node }) },
        Timeout: 10,
        ...input,
    });
    undo.add(() => logGroups.send(new logs.DeleteLogGroupCommand({ logGroupName: `/aws/lambda/${FunctionName}` })));
    undo.add(() => send(lambda.DeleteFunctionCommand, { FunctionName }));
    await lambda.waitUntilFunctionActiveV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
    return created;
}

async function invoke(FunctionName, event, input = {}) {
    const answer = await send(lambda.InvokeCommand, { FunctionName, Payload: JSON.stringify(event), ...input });
    const text = answer.Payload?.transformToString();
    return { ...answer, result: text ? JSON.parse(text) : undefined };
}

describe('runtimes', () => {
    test('a Node.js function sees its event, environment and context', async () => {
        const { FunctionName, FunctionArn } = await newFunction({
            Environment: { Variables: { GREETING: 'Grüße' } },
            MemorySize: 256,
            Timeout: 7,
        });
        const ClientContext = Buffer.from(JSON.stringify({ custom: { app: 'shop' } })).toString('base64');
        const answer = await invoke(FunctionName, { order: [1, null, 'ü'] }, { ClientContext });
        assert.equal(answer.StatusCode, 200);
        assert.equal(answer.FunctionError, undefined);
        assert.equal(answer.ExecutedVersion, '$LATEST');
        const { result } = answer;
        assert.deepEqual(result.event, { order: [1, null, 'ü'] });
        assert.equal(result.greeting, 'Grüße');
        assert.equal(result.name, FunctionName);
        assert.equal(result.version, '$LATEST');
        assert.equal(result.arn, FunctionArn);
        assert.match(result.request, /^[0-9a-f-]{36}$/);
        assert.equal(Number(result.memory), 256);
        assert.ok(result.left > 3000 && result.left <= 7000, `${result.left} ms left`);
        assert.deepEqual(result.client.custom, { app: 'shop' });
    });

    test('a Python function answers, and its errors have their type and message', async () => {
        const { FunctionName } = await newFunction({
            Runtime: 'python3.12',
            Handler: 'orders.handler',
            Code: { ZipFile: zip({ 'orders.py': python }) },
        });
        const { result } = await invoke(FunctionName, { a: 1.5 });
        assert.deepEqual(result.event, { a: 1.5 });
        assert.equal(result.name, FunctionName);
        assert.equal(result.region, process.env.AWS_REGION);
        const failed = await invoke(FunctionName, { fail: 'out of stock' });
        assert.equal(failed.StatusCode, 200);
        assert.equal(failed.FunctionError, 'Unhandled');
        assert.equal(failed.result.errorType, 'OrderError');
        assert.equal(failed.result.errorMessage, 'out of stock');
        assert.ok(Array.isArray(failed.result.stackTrace));
        assert.ok(failed.result.requestId);
    });

    test('provided.al2023 runs the bootstrap of the package', async () => {
        const { FunctionName } = await newFunction({
            Runtime: 'provided.al2023',
            Handler: 'unused',
            Code: { ZipFile: zip({ bootstrap }) },
        });
        assert.deepEqual((await invoke(FunctionName, { n: 1 })).result, { native: { n: 1 } });
        assert.deepEqual((await invoke(FunctionName, { n: 2 })).result, { native: { n: 2 } });
    });
});

describe('invocation', () => {
    let FunctionName;
    before(async () => ({ FunctionName } = await newFunction({ Timeout: 1 })));

    test('an error of the function is an answer with FunctionError', async () => {
        const answer = await invoke(FunctionName, { fail: 'out of stock' });
        assert.equal(answer.StatusCode, 200);
        assert.equal(answer.FunctionError, 'Unhandled');
        assert.equal(answer.result.errorType, 'OrderError');
        assert.equal(answer.result.errorMessage, 'out of stock');
        assert.ok(Array.isArray(answer.result.trace));
    });

    test('a function that takes too long is stopped', async () => {
        const answer = await invoke(FunctionName, { sleep: 20_000 });
        assert.equal(answer.StatusCode, 200);
        assert.equal(answer.FunctionError, 'Unhandled');
        assert.match(answer.result.errorMessage, /Task timed out after 1\.00 seconds/);
        assert.equal((await invoke(FunctionName, { after: true })).result.event.after, true);
    });

    test('a process that ends is reported, and replaced', async () => {
        const answer = await invoke(FunctionName, { exit: 3 });
        assert.equal(answer.FunctionError, 'Unhandled');
        assert.equal(answer.result.errorType, 'Runtime.ExitError');
        assert.match(answer.result.errorMessage, /Runtime exited with error: exit status 3/);
        assert.equal((await invoke(FunctionName, { after: true })).result.event.after, true);
    });

    test('DryRun only asks; Event answers before the function has run', async () => {
        const dry = await invoke(FunctionName, {}, { InvocationType: 'DryRun' });
        assert.equal(dry.StatusCode, 204);
        const marker = unique('marker');
        const event = await invoke(FunctionName, { marker }, { InvocationType: 'Event' });
        assert.equal(event.StatusCode, 202);
        assert.equal(event.result, undefined);
        const logGroupName = `/aws/lambda/${FunctionName}`;
        await eventually(async () => {
            const found = await logGroups
                .send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: `"${marker}"` }))
                .catch(() => ({ events: [] }));
            return found.events.length > 0;
        });
    });

    test('InvokeAsync queues an event', async () => {
        const { Status } = await send(lambda.InvokeAsyncCommand, { FunctionName, InvokeArgs: '{"late":1}' });
        assert.equal(Status, 202);
        await fails(
            send(lambda.InvokeAsyncCommand, { FunctionName: unique('none'), InvokeArgs: '{}' }),
            'ResourceNotFoundException',
            404,
        );
    });

    test('LogType Tail returns what the function logged, between START and REPORT', async () => {
        const answer = await invoke(FunctionName, { tail: 1 }, { LogType: 'Tail' });
        const tail = Buffer.from(answer.LogResult, 'base64').toString();
        const { request } = answer.result;
        assert.match(tail, new RegExp(`START RequestId: ${request} Version: \\$LATEST`));
        assert.match(tail, /seen \{"tail":1\}/);
        assert.match(tail, new RegExp(`END RequestId: ${request}`));
        assert.match(tail, /REPORT RequestId: .*Duration: [\d.]+ ms\s+Billed Duration: \d+ ms\s+Memory Size: 128 MB/);
    });

    test('calls at the same time run beside each other', async () => {
        const results = await Promise.all([1, 2, 3].map((n) => invoke(FunctionName, { n, sleep: 200 })));
        assert.deepEqual(results.map(({ result }) => result.event.n), [1, 2, 3]);
        assert.equal(new Set(results.map(({ result }) => result.request)).size, 3);
    });

    test('invocations that cannot be are refused', async () => {
        const missing = unique('missing');
        await fails(
            invoke(missing, {}),
            'ResourceNotFoundException',
            404,
            new RegExp(`^Function not found: arn:aws:lambda:[a-z0-9-]+:\\d{12}:function:${missing}:\\$LATEST$`),
        );
        await fails(
            send(lambda.InvokeCommand, { FunctionName, Payload: 'not json' }),
            'InvalidRequestContentException',
            400,
            /Could not parse request body into json/,
        );
        await fails(
            send(lambda.InvokeCommand, { FunctionName, Qualifier: '77', Payload: '{}' }),
            'ResourceNotFoundException',
            404,
        );
        await fails(
            send(lambda.InvokeCommand, { FunctionName, Payload: JSON.stringify('x'.repeat(6 * 1024 * 1024 + 1)) }),
            'RequestTooLargeException',
            413,
        );
    });
});

describe('functions', () => {
    test('GetFunction and its relatives show what CreateFunction was told', async () => {
        const created = await newFunction({ Description: 'reads orders', Tags: { team: 'orders' }, MemorySize: 512 });
        const { FunctionName } = created;
        assert.match(created.FunctionArn, /^arn:aws:lambda:[a-z0-9-]+:\d{12}:function:function-/);
        assert.equal(created.Version, '$LATEST');
        assert.equal(created.CodeSize, zip({ 'index.mjs': node }).length);
        const found = await send(lambda.GetFunctionCommand, { FunctionName });
        assert.equal(found.Configuration.FunctionArn, created.FunctionArn);
        assert.equal(found.Configuration.State, 'Active');
        assert.equal(found.Code.RepositoryType, 'S3');
        assert.deepEqual(found.Tags, { team: 'orders' });
        const fetched = Buffer.from(await (await fetch(found.Code.Location)).arrayBuffer());
        assert.equal(Buffer.compare(fetched, zip({ 'index.mjs': node })), 0);

        const configuration = await send(lambda.GetFunctionConfigurationCommand, { FunctionName });
        assert.equal(configuration.Description, 'reads orders');
        assert.equal(configuration.MemorySize, 512);
        assert.equal(configuration.Handler, 'index.handler');
        assert.equal(configuration.PackageType, 'Zip');
        assert.equal(configuration.CodeSha256, created.CodeSha256);
        assert.deepEqual(configuration.Architectures, ['x86_64']);
        const byArn = await send(lambda.GetFunctionConfigurationCommand, { FunctionName: created.FunctionArn });
        assert.equal(byArn.FunctionName, FunctionName);
    });

    test('settings that were never made read as such', async () => {
        const { FunctionName, FunctionArn } = await newFunction();
        const signing = await send(lambda.GetFunctionCodeSigningConfigCommand, { FunctionName });
        assert.ok(!signing.CodeSigningConfigArn);
        const concurrency = await send(lambda.GetFunctionConcurrencyCommand, { FunctionName });
        assert.equal(concurrency.ReservedConcurrentExecutions, undefined);
        const recursion = await send(lambda.GetFunctionRecursionConfigCommand, { FunctionName });
        assert.equal(recursion.RecursiveLoop, 'Terminate');
        const runtime = await send(lambda.GetRuntimeManagementConfigCommand, { FunctionName });
        assert.equal(runtime.UpdateRuntimeOn, 'Auto');
        assert.equal(runtime.FunctionArn, FunctionArn);
        const { AccountLimit } = await send(lambda.GetAccountSettingsCommand, {});
        assert.ok(AccountLimit.ConcurrentExecutions > 0);
    });

    test('reserved concurrency bounds what runs at once', async () => {
        const { FunctionName } = await newFunction();
        const ReservedConcurrentExecutions = 0;
        await send(lambda.PutFunctionConcurrencyCommand, { FunctionName, ReservedConcurrentExecutions });
        const read = await send(lambda.GetFunctionConcurrencyCommand, { FunctionName });
        assert.equal(read.ReservedConcurrentExecutions, 0);
        await eventually(() => invoke(FunctionName, {}).then(() => false, () => true));
        const error = await fails(invoke(FunctionName, {}), 'TooManyRequestsException', 429, /Rate Exceeded/i);
        assert.equal(error.Reason, 'ReservedFunctionConcurrentInvocationLimitExceeded');
        await send(lambda.DeleteFunctionConcurrencyCommand, { FunctionName });
        assert.ok(await eventually(() => invoke(FunctionName, { again: true }).catch(() => undefined)));
    });

    test('code and configuration change in place', async () => {
        const { FunctionName, CodeSha256 } = await newFunction();
        const code = `export const handler = async () => 'second';`;
        const updated = await send(lambda.UpdateFunctionCodeCommand, { FunctionName, ZipFile: zip({ 'index.mjs': code }) });
        assert.notEqual(updated.CodeSha256, CodeSha256);
        await lambda.waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
        assert.equal((await invoke(FunctionName, {})).result, 'second');
        await send(lambda.UpdateFunctionConfigurationCommand, {
            FunctionName,
            Timeout: 20,
            Environment: { Variables: { LEVEL: 'debug' } },
        });
        await lambda.waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
        const configuration = await send(lambda.GetFunctionConfigurationCommand, { FunctionName });
        assert.equal(configuration.Timeout, 20);
        assert.deepEqual(configuration.Environment.Variables, { LEVEL: 'debug' });
        assert.equal(configuration.LastUpdateStatus, 'Successful');
    });

    test('ListFunctions pages', async () => {
        const made = [(await newFunction()).FunctionName, (await newFunction()).FunctionName];
        const found = await allPages(async (Marker) => {
            const page = await send(lambda.ListFunctionsCommand, { MaxItems: 1, Marker });
            return [page.Functions, page.NextMarker];
        });
        const names = found.map(({ FunctionName }) => FunctionName);
        for (const name of made) assert.equal(names.filter((other) => other === name).length, 1);
    });

    test('functions carry tags', async () => {
        const { FunctionArn: Resource } = await newFunction({ Tags: { team: 'orders' } });
        await send(lambda.TagResourceCommand, { Resource, Tags: { stage: 'test' } });
        await send(lambda.UntagResourceCommand, { Resource, TagKeys: ['team'] });
        await eventually(async () => {
            const { Tags } = await send(lambda.ListTagsCommand, { Resource });
            return JSON.stringify(Tags) === '{"stage":"test"}';
        });
    });

    test('errors of functions', async () => {
        const { FunctionName } = await newFunction();
        const Code = { ZipFile: zip({ 'index.mjs': node }) };
        const create = (input) =>
            send(lambda.CreateFunctionCommand, {
                FunctionName: unique('function'),
                Role,
                Runtime: 'nodejs20.x',
                Handler: 'index.handler',
                Code,
                ...input,
            });
        await fails(create({ FunctionName }), 'ResourceConflictException', 409, /^Function already exist: /);
        await fails(create({ Timeout: 0 }), 'ValidationException', 400, /timeout.*greater than or equal to 1/s);
        await fails(create({ MemorySize: 64 }), 'ValidationException', 400, /memorySize.*greater than or equal to 128/s);
        await fails(
            create({ Code: { ZipFile: Buffer.from('not an archive') } }),
            'InvalidParameterValueException',
            400,
            /Could not unzip uploaded file/,
        );
        await fails(
            create({ Runtime: 'cobol85' }),
            'InvalidParameterValueException',
            400,
            /^Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[/,
        );
        const missing = unique('missing');
        await fails(send(lambda.GetFunctionCommand, { FunctionName: missing }), 'ResourceNotFoundException', 404);
        await fails(send(lambda.DeleteFunctionCommand, { FunctionName: missing }), 'ResourceNotFoundException', 404);
    });

    test('a deleted function is gone', async () => {
        const { FunctionName } = await newFunction();
        await send(lambda.DeleteFunctionCommand, { FunctionName });
        await fails(send(lambda.GetFunctionCommand, { FunctionName }), 'ResourceNotFoundException', 404);
        await fails(invoke(FunctionName, {}), 'ResourceNotFoundException', 404);
    });
});

describe('versions, aliases and permissions', () => {
    test('a published version stays as it was', async () => {
        const { FunctionName } = await newFunction({ Environment: { Variables: { GREETING: 'first' } } });
        const version = await send(lambda.PublishVersionCommand, { FunctionName, Description: 'one' });
        assert.equal(version.Version, '1');
        assert.ok(version.FunctionArn.endsWith(`:${FunctionName}:1`));
        await eventually(async () => {
            const published = await send(lambda.GetFunctionConfigurationCommand, { FunctionName, Qualifier: '1' });
            return published.State === 'Active';
        });
        await send(lambda.UpdateFunctionConfigurationCommand, {
            FunctionName,
            Environment: { Variables: { GREETING: 'second' } },
        });
        await lambda.waitUntilFunctionUpdatedV2({ client, maxWaitTime: 60, minDelay: 1 }, { FunctionName });
        const old = await invoke(FunctionName, {}, { Qualifier: '1' });
        assert.equal(old.result.greeting, 'first');
        assert.equal(old.result.version, '1');
        assert.equal(old.ExecutedVersion, '1');
        assert.equal((await invoke(FunctionName, {})).result.greeting, 'second');
        const { Versions } = await send(lambda.ListVersionsByFunctionCommand, { FunctionName });
        assert.deepEqual(Versions.map(({ Version }) => Version), ['$LATEST', '1']);
    });

    test('an alias names a version, and may be moved', async () => {
        const { FunctionName } = await newFunction();
        await send(lambda.PublishVersionCommand, { FunctionName });
        const alias = await send(lambda.CreateAliasCommand, { FunctionName, Name: 'live', FunctionVersion: '1' });
        assert.ok(alias.AliasArn.endsWith(`:${FunctionName}:live`));
        const viaAlias = await eventually(() => invoke(`${FunctionName}:live`, {}));
        assert.equal(viaAlias.ExecutedVersion, '1');
        assert.equal(viaAlias.result.arn, alias.AliasArn);
        await send(lambda.UpdateAliasCommand, { FunctionName, Name: 'live', FunctionVersion: '$LATEST' });
        const moved = await send(lambda.GetAliasCommand, { FunctionName, Name: 'live' });
        assert.equal(moved.FunctionVersion, '$LATEST');
        const { Aliases } = await send(lambda.ListAliasesCommand, { FunctionName });
        assert.deepEqual(Aliases.map(({ Name }) => Name), ['live']);
        await fails(
            send(lambda.CreateAliasCommand, { FunctionName, Name: 'live', FunctionVersion: '1' }),
            'ResourceConflictException',
            409,
        );
        await send(lambda.DeleteAliasCommand, { FunctionName, Name: 'live' });
        await fails(send(lambda.GetAliasCommand, { FunctionName, Name: 'live' }), 'ResourceNotFoundException', 404);
    });

    test('permissions make up the policy of a function', async () => {
        const { FunctionName, FunctionArn } = await newFunction();
        await fails(send(lambda.GetPolicyCommand, { FunctionName }), 'ResourceNotFoundException', 404);
        const SourceArn = FunctionArn.replace(':lambda:', ':execute-api:').replace(/function:.*/, 'abc/*');
        const permission = {
            FunctionName,
            StatementId: 'api',
            Action: 'lambda:InvokeFunction',
            Principal: 'apigateway.amazonaws.com',
            SourceArn,
        };
        const { Statement } = await send(lambda.AddPermissionCommand, permission);
        assert.equal(JSON.parse(Statement).Sid, 'api');
        const [statement] = JSON.parse((await send(lambda.GetPolicyCommand, { FunctionName })).Policy).Statement;
        assert.equal(statement.Effect, 'Allow');
        assert.deepEqual(statement.Principal, { Service: 'apigateway.amazonaws.com' });
        assert.equal(statement.Resource, FunctionArn);
        assert.deepEqual(statement.Condition, { ArnLike: { 'AWS:SourceArn': SourceArn } });
        await fails(send(lambda.AddPermissionCommand, permission), 'ResourceConflictException', 409);
        await send(lambda.RemovePermissionCommand, { FunctionName, StatementId: 'api' });
        await fails(send(lambda.GetPolicyCommand, { FunctionName }), 'ResourceNotFoundException', 404);
    });
});

describe('resource policies', () => {
    test('a policy is put, read and deleted as a whole', async () => {
        const { FunctionArn } = await newFunction();
        const Policy = JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Sid: 'a', Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' }, Action: 'lambda:InvokeFunction', Resource: FunctionArn }],
        });
        const made = await send(lambda.PutResourcePolicyCommand, { ResourceArn: FunctionArn, Policy });
        const read = await send(lambda.GetResourcePolicyCommand, { ResourceArn: FunctionArn });
        assert.equal(read.RevisionId, made.RevisionId);
        assert.equal(JSON.parse(read.Policy).Statement[0].Sid, 'a');
        await fails(
            send(lambda.PutResourcePolicyCommand, { ResourceArn: FunctionArn, Policy, RevisionId: '00000000-0000-0000-0000-000000000000' }),
            'PreconditionFailedException',
            412,
        );
        await send(lambda.DeleteResourcePolicyCommand, { ResourceArn: FunctionArn });
        await fails(send(lambda.GetResourcePolicyCommand, { ResourceArn: FunctionArn }), 'ResourceNotFoundException', 404);
    });
});

describe('layers', () => {
    const content = (files) => ({ ZipFile: zip(files) });

    test('a layer lies at /opt, and its versions are listed', async () => {
        const LayerName = unique('layer');
        const layer = await send(lambda.PublishLayerVersionCommand, {
            LayerName,
            Description: 'tools',
            Content: content({ 'nodejs/node_modules/tool/index.js': "exports.name = 'from the layer';" }),
            CompatibleRuntimes: ['nodejs20.x'],
            LicenseInfo: 'MIT',
        });
        undo.add(() => send(lambda.DeleteLayerVersionCommand, { LayerName, VersionNumber: layer.Version }));
        assert.equal(layer.Version, 1);
        assert.ok(layer.LayerVersionArn.endsWith(`:layer:${LayerName}:1`));
        assert.equal((await fetch(layer.Content.Location)).status, 200);
        const { FunctionName } = await newFunction({
            Layers: [layer.LayerVersionArn],
            Handler: 'index.handler',
            Code: { ZipFile: zip({ 'index.js': "exports.handler = async () => require('tool').name;" }) },
        });
        assert.equal((await invoke(FunctionName, {})).result, 'from the layer');
        const { Layers } = await send(lambda.GetFunctionConfigurationCommand, { FunctionName });
        assert.equal(Layers[0].Arn, layer.LayerVersionArn);

        const found = await send(lambda.GetLayerVersionCommand, { LayerName, VersionNumber: 1 });
        assert.equal(found.Description, 'tools');
        assert.deepEqual(found.CompatibleRuntimes, ['nodejs20.x']);
        const byArn = await send(lambda.GetLayerVersionByArnCommand, { Arn: layer.LayerVersionArn });
        assert.equal(byArn.Content.CodeSha256, layer.Content.CodeSha256);
        const { LayerVersions } = await send(lambda.ListLayerVersionsCommand, { LayerName });
        assert.deepEqual(LayerVersions.map(({ Version }) => Version), [1]);
        const all = await allPages(async (Marker) => {
            const page = await send(lambda.ListLayersCommand, { MaxItems: 1, Marker });
            return [page.Layers, page.NextMarker];
        });
        assert.ok(all.some((each) => each.LayerName === LayerName));
    });

    test('permissions let others have a layer', async () => {
        const LayerName = unique('layer');
        await send(lambda.PublishLayerVersionCommand, { LayerName, Content: content({ x: 'y' }) });
        const version = { LayerName, VersionNumber: 1 };
        await fails(send(lambda.GetLayerVersionPolicyCommand, version), 'ResourceNotFoundException', 404);
        await send(lambda.AddLayerVersionPermissionCommand, {
            ...version,
            StatementId: 'all',
            Action: 'lambda:GetLayerVersion',
            Principal: '*',
        });
        const { Policy } = await send(lambda.GetLayerVersionPolicyCommand, version);
        assert.equal(JSON.parse(Policy).Statement[0].Principal, '*');
        await send(lambda.RemoveLayerVersionPermissionCommand, { ...version, StatementId: 'all' });
        await send(lambda.DeleteLayerVersionCommand, version);
        await fails(send(lambda.GetLayerVersionCommand, version), 'ResourceNotFoundException', 404);
    });
});

describe('function URLs and streaming', () => {
    const streamer = `
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-kind': 'streamed' } });
    for (const word of ['one ', 'two ', 'three']) out.write(word);
    out.end();
});`;
    const path = (url) => `/_aws/lambda-url/${new URL(url).hostname.split('.')[0]}`;
    const reached = (url, rest) => (onAws ? new URL(rest, url) : new URL(path(url) + rest, endpoint));

    /** A URL that everyone may use. */
    async function newUrl(FunctionName, input = {}) {
        const made = await send(lambda.CreateFunctionUrlConfigCommand, { FunctionName, AuthType: 'NONE', ...input });
        await send(lambda.AddPermissionCommand, {
            FunctionName,
            StatementId: 'url',
            Action: 'lambda:InvokeFunctionUrl',
            Principal: '*',
            FunctionUrlAuthType: 'NONE',
        });
        return made;
    }

    test('a URL is made, changed, listed, called and deleted', async () => {
        const { FunctionName } = await newFunction({
            Code: {
                ZipFile: zip({
                    'index.mjs':
                        'export const handler = async (event) => ({ statusCode: 202, body: event.requestContext.http.method + event.rawPath });',
                }),
            },
        });
        const made = await newUrl(FunctionName);
        assert.match(made.FunctionUrl, /^https?:\/\/[a-z0-9-]+\.lambda-url\./);
        await eventually(async () => {
            const answer = await fetch(reached(made.FunctionUrl, '/a/b'), { method: 'PUT' });
            return answer.status === 202 && (await answer.text()) === 'PUT/a/b';
        });
        await fails(send(lambda.CreateFunctionUrlConfigCommand, { FunctionName, AuthType: 'NONE' }), 'ResourceConflictException', 409);
        const Cors = { AllowOrigins: ['https://shop.example'] };
        await send(lambda.UpdateFunctionUrlConfigCommand, { FunctionName, Cors });
        const found = await send(lambda.GetFunctionUrlConfigCommand, { FunctionName });
        assert.deepEqual(found.Cors.AllowOrigins, Cors.AllowOrigins);
        const { FunctionUrlConfigs } = await send(lambda.ListFunctionUrlConfigsCommand, { FunctionName });
        assert.equal(FunctionUrlConfigs.length, 1);
        await send(lambda.DeleteFunctionUrlConfigCommand, { FunctionName });
        await fails(send(lambda.GetFunctionUrlConfigCommand, { FunctionName }), 'ResourceNotFoundException', 404);
    });

    test('a URL streams what the function writes as it writes it', async () => {
        const source = `
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
    const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-kind': 'streamed' } });
    out.write('early ');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    out.write('late');
    out.end();
});`;
        const { FunctionName } = await newFunction({ Handler: 'index.handler', Code: { ZipFile: zip({ 'index.js': source }) } });
        const { FunctionUrl } = await newUrl(FunctionName, { InvokeMode: 'RESPONSE_STREAM' });
        const answer = await eventually(async () => {
            const tried = await fetch(reached(FunctionUrl, '/'));
            return tried.status === 201 && tried;
        });
        assert.equal(answer.headers.get('x-kind'), 'streamed');
        const pieces = [];
        const decoder = new TextDecoder();
        for await (const piece of answer.body) pieces.push(decoder.decode(piece));
        assert.equal(pieces.join(''), 'early late');
        assert.ok(!pieces[0].includes('late'), 'the beginning came before the end was written');
    });

    test('a buffered URL answers whole, encodes binary bodies, and refuses events that are too long', async () => {
        const source = `
export const handler = async (event) => ({
    statusCode: 200, headers: { 'content-type': 'image/png' }, isBase64Encoded: true,
    body: Buffer.from([event.isBase64Encoded ? 1 : 0, ...Buffer.from(event.body ?? '', 'base64')]).toString('base64'),
});`;
        const { FunctionName } = await newFunction({ Code: { ZipFile: zip({ 'index.mjs': source }) } });
        const { FunctionUrl, InvokeMode } = await newUrl(FunctionName);
        if (InvokeMode) assert.equal(InvokeMode, 'BUFFERED');
        const post = (body) =>
            fetch(reached(FunctionUrl, '/'), { method: 'POST', headers: { 'content-type': 'image/png' }, body });
        const answer = await eventually(async () => {
            const tried = await post(Buffer.from([137, 0, 255]));
            return tried.status === 200 && tried;
        });
        assert.deepEqual([...new Uint8Array(await answer.arrayBuffer())], [1, 137, 0, 255]);
        assert.equal((await post(Buffer.alloc(7_000_000))).status, 413);
    });

    test('a URL answers browsers as its CORS configuration says', async () => {
        const { FunctionName } = await newFunction();
        const { FunctionUrl } = await newUrl(FunctionName, {
            Cors: {
                AllowOrigins: ['https://shop.example'],
                AllowMethods: ['PUT'],
                AllowHeaders: ['x-kind'],
                ExposeHeaders: ['x-seen'],
                AllowCredentials: true,
                MaxAge: 60,
            },
        });
        const preflight = (Origin) =>
            fetch(reached(FunctionUrl, '/'), {
                method: 'OPTIONS',
                headers: { Origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-kind' },
            });
        const allowed = await eventually(async () => {
            const tried = await preflight('https://shop.example');
            return tried.headers.get('access-control-allow-origin') && tried;
        });
        assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://shop.example');
        assert.match(allowed.headers.get('access-control-allow-methods'), /PUT/);
        assert.match(allowed.headers.get('access-control-allow-headers'), /x-kind/);
        assert.equal(allowed.headers.get('access-control-allow-credentials'), 'true');
        assert.equal(allowed.headers.get('access-control-max-age'), '60');
        assert.equal((await preflight('https://evil.example')).headers.get('access-control-allow-origin'), null);
        const answer = await eventually(async () => {
            const tried = await fetch(reached(FunctionUrl, '/'), { headers: { Origin: 'https://shop.example' } });
            return tried.status === 200 && tried;
        });
        assert.equal(answer.headers.get('access-control-allow-origin'), 'https://shop.example');
        assert.equal(answer.headers.get('access-control-expose-headers'), 'x-seen');
    });

    test('a response is streamed', async () => {
        const { FunctionName } = await newFunction({
            Handler: 'index.handler',
            Code: { ZipFile: zip({ 'index.js': streamer }) },
        });
        const answer = await send(lambda.InvokeWithResponseStreamCommand, { FunctionName, LogType: 'Tail' });
        let body = '';
        let complete;
        for await (const event of answer.EventStream) {
            if (event.PayloadChunk) body += Buffer.from(event.PayloadChunk.Payload).toString();
            if (event.InvokeComplete) complete = event.InvokeComplete;
        }
        assert.ok(body.endsWith('one two three'));
        assert.equal(complete.ErrorCode, undefined);
        assert.match(Buffer.from(complete.LogResult, 'base64').toString(), /REPORT RequestId/);
    });
});

describe('settings of functions', () => {
    test('event invoke configurations', async () => {
        const { FunctionName } = await newFunction();
        await fails(send(lambda.GetFunctionEventInvokeConfigCommand, { FunctionName }), 'ResourceNotFoundException', 404);
        await send(lambda.PutFunctionEventInvokeConfigCommand, { FunctionName, MaximumRetryAttempts: 0 });
        await send(lambda.UpdateFunctionEventInvokeConfigCommand, { FunctionName, MaximumEventAgeInSeconds: 120 });
        const config = await send(lambda.GetFunctionEventInvokeConfigCommand, { FunctionName });
        assert.equal(config.MaximumRetryAttempts, 0);
        assert.equal(config.MaximumEventAgeInSeconds, 120);
        const { FunctionEventInvokeConfigs } = await send(lambda.ListFunctionEventInvokeConfigsCommand, { FunctionName });
        assert.equal(FunctionEventInvokeConfigs.length, 1);
        await send(lambda.DeleteFunctionEventInvokeConfigCommand, { FunctionName });
    });

    test('provisioned concurrency becomes ready', async () => {
        const { FunctionName } = await newFunction();
        const { Version: Qualifier } = await send(lambda.PublishVersionCommand, { FunctionName });
        await send(lambda.PutProvisionedConcurrencyConfigCommand, {
            FunctionName,
            Qualifier,
            ProvisionedConcurrentExecutions: 1,
        });
        await eventually(async () => {
            const { Status } = await send(lambda.GetProvisionedConcurrencyConfigCommand, { FunctionName, Qualifier });
            return Status === 'READY';
        }, 240);
        const { ProvisionedConcurrencyConfigs } = await send(lambda.ListProvisionedConcurrencyConfigsCommand, { FunctionName });
        assert.equal(ProvisionedConcurrencyConfigs[0].RequestedProvisionedConcurrentExecutions, 1);
        await send(lambda.DeleteProvisionedConcurrencyConfigCommand, { FunctionName, Qualifier });
        await fails(
            send(lambda.GetProvisionedConcurrencyConfigCommand, { FunctionName, Qualifier }),
            'ProvisionedConcurrencyConfigNotFoundException',
            404,
        );
    });

    test('code signing configurations', async () => {
        const { FunctionName, FunctionArn } = await newFunction();
        const SigningProfileVersionArns = [FunctionArn.replace(':lambda:', ':signer:').replace(/function:.*/, '/signing-profiles/p/abcdefghij')];
        const { CodeSigningConfig } = await send(lambda.CreateCodeSigningConfigCommand, {
            AllowedPublishers: { SigningProfileVersionArns },
        });
        const { CodeSigningConfigArn } = CodeSigningConfig;
        assert.equal(CodeSigningConfig.CodeSigningPolicies.UntrustedArtifactOnDeployment, 'Warn');
        await send(lambda.UpdateCodeSigningConfigCommand, { CodeSigningConfigArn, Description: 'ours' });
        const found = await send(lambda.GetCodeSigningConfigCommand, { CodeSigningConfigArn });
        assert.equal(found.CodeSigningConfig.Description, 'ours');
        await send(lambda.PutFunctionCodeSigningConfigCommand, { FunctionName, CodeSigningConfigArn });
        const { FunctionArns } = await send(lambda.ListFunctionsByCodeSigningConfigCommand, { CodeSigningConfigArn });
        assert.deepEqual(FunctionArns, [FunctionArn]);
        const { CodeSigningConfigs } = await send(lambda.ListCodeSigningConfigsCommand, {});
        assert.ok(CodeSigningConfigs.some((config) => config.CodeSigningConfigArn === CodeSigningConfigArn));
        await send(lambda.DeleteFunctionCodeSigningConfigCommand, { FunctionName });
        await send(lambda.DeleteCodeSigningConfigCommand, { CodeSigningConfigArn });
        await fails(send(lambda.GetCodeSigningConfigCommand, { CodeSigningConfigArn }), 'ResourceNotFoundException', 404);
    });

    test('recursion and runtime management', async () => {
        const { FunctionName } = await newFunction();
        await send(lambda.PutFunctionRecursionConfigCommand, { FunctionName, RecursiveLoop: 'Allow' });
        const { RecursiveLoop } = await send(lambda.GetFunctionRecursionConfigCommand, { FunctionName });
        assert.equal(RecursiveLoop, 'Allow');
        await send(lambda.PutRuntimeManagementConfigCommand, { FunctionName, UpdateRuntimeOn: 'FunctionUpdate' });
        const { UpdateRuntimeOn } = await send(lambda.GetRuntimeManagementConfigCommand, { FunctionName });
        assert.equal(UpdateRuntimeOn, 'FunctionUpdate');
    });
});

describe('a queue as event source', () => {
    const consumer = `
export const handler = async ({ Records }) => {
    console.log('batch ' + JSON.stringify(Records.map(({ body, eventSource, eventSourceARN, messageAttributes }) =>
        ({ body, eventSource, eventSourceARN, kind: messageAttributes.kind?.stringValue }))));
    return { batchItemFailures: Records.filter(({ body, attributes }) =>
        body === 'flaky' && attributes.ApproximateReceiveCount === '1')
        .map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

    async function newQueue() {
        const { QueueUrl } = await queues.send(
            new sqs.CreateQueueCommand({ QueueName: unique('source'), Attributes: { VisibilityTimeout: '10' } }),
        );
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const { Attributes } = await queues.send(
            new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
        );
        return { QueueUrl, QueueArn: Attributes.QueueArn };
    }

    test('messages reach the function; those it reports as failed come again, the others are deleted', async () => {
        const { QueueUrl, QueueArn } = await newQueue();
        const { FunctionName, FunctionArn } = await newFunction({
            Timeout: 5,
            Code: { ZipFile: zip({ 'index.mjs': consumer }) },
        });
        const mapping = await send(lambda.CreateEventSourceMappingCommand, {
            FunctionName,
            EventSourceArn: QueueArn,
            BatchSize: 5,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
        });
        undo.add(() => send(lambda.DeleteEventSourceMappingCommand, { UUID: mapping.UUID }));
        assert.equal(mapping.FunctionArn, FunctionArn);
        await eventually(async () => {
            const { State } = await send(lambda.GetEventSourceMappingCommand, { UUID: mapping.UUID });
            return State === 'Enabled';
        }, 90);
        const body = unique('order');
        await queues.send(
            new sqs.SendMessageBatchCommand({
                QueueUrl,
                Entries: [
                    {
                        Id: 'a',
                        MessageBody: body,
                        MessageAttributes: { kind: { DataType: 'String', StringValue: 'new' } },
                    },
                    { Id: 'b', MessageBody: 'flaky' },
                ],
            }),
        );
        const logGroupName = `/aws/lambda/${FunctionName}`;
        const batches = await eventually(async () => {
            const { events } = await logGroups
                .send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: 'batch' }))
                .catch(() => ({ events: [] }));
            const records = events.flatMap(({ message }) => JSON.parse(message.match(/batch (\[.*\])/)[1]));
            return records.filter((record) => record.body === 'flaky').length >= 2 && records;
        }, 60);
        const [order] = batches.filter((record) => record.body === body);
        assert.deepEqual(order, { body, eventSource: 'aws:sqs', eventSourceARN: QueueArn, kind: 'new' });
        assert.equal(batches.filter((record) => record.body === body).length, 1);
        await eventually(async () => {
            const { Attributes } = await queues.send(
                new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
            );
            return Attributes.ApproximateNumberOfMessages === '0' && Attributes.ApproximateNumberOfMessagesNotVisible === '0';
        }, 90);
    });

    test('records of a table\'s stream reach the function; those it cannot handle end in the queue', async () => {
        const { QueueUrl, QueueArn } = await newQueue();
        const TableName = unique('streamed');
        const { TableDescription } = await tables.send(
            new dynamodb.CreateTableCommand({
                TableName,
                AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
                KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
                BillingMode: 'PAY_PER_REQUEST',
                StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
            }),
        );
        undo.add(() => tables.send(new dynamodb.DeleteTableCommand({ TableName })));
        const EventSourceArn = TableDescription.LatestStreamArn;
        await dynamodb.waitUntilTableExists({ client: tables, maxWaitTime: 60 }, { TableName });
        const put = (id, kind) =>
            tables.send(new dynamodb.PutItemCommand({ TableName, Item: { id: { S: id }, kind: { S: kind } } }));
        await put('first', 'order');
        const { FunctionName, FunctionArn } = await newFunction({
            Timeout: 5,
            Code: {
                ZipFile: zip({
                    'index.mjs': `
export const handler = async ({ Records }) => {
    console.log('batch ' + JSON.stringify(Records.map(({ eventName, eventSource, eventSourceARN, dynamodb }) =>
        ({ eventName, eventSource, eventSourceARN, id: dynamodb.Keys.id.S, kind: dynamodb.NewImage.kind.S,
           seconds: Number.isInteger(dynamodb.ApproximateCreationDateTime) }))));
    return { batchItemFailures: Records.filter(({ dynamodb }) => dynamodb.Keys.id.S === 'bad')
        .map(({ dynamodb }) => ({ itemIdentifier: dynamodb.SequenceNumber })) };
};`,
                }),
            },
        });
        const mapping = await send(lambda.CreateEventSourceMappingCommand, {
            FunctionName,
            EventSourceArn,
            StartingPosition: 'TRIM_HORIZON',
            BisectBatchOnFunctionError: true,
            MaximumRetryAttempts: 1,
            FunctionResponseTypes: ['ReportBatchItemFailures'],
            DestinationConfig: { OnFailure: { Destination: QueueArn } },
            FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ dynamodb: { NewImage: { kind: { S: ['order'] } } } }) }] },
        });
        undo.add(() => send(lambda.DeleteEventSourceMappingCommand, { UUID: mapping.UUID }));
        assert.equal(mapping.BatchSize, 100);
        assert.equal(mapping.MaximumRetryAttempts, 1);
        await eventually(async () => {
            const { State } = await send(lambda.GetEventSourceMappingCommand, { UUID: mapping.UUID });
            return State === 'Enabled';
        }, 90);
        await put('other', 'note');
        await put('bad', 'order');
        await put('last', 'order');
        const logGroupName = `/aws/lambda/${FunctionName}`;
        const records = await eventually(async () => {
            const { events } = await logGroups
                .send(new logs.FilterLogEventsCommand({ logGroupName, filterPattern: 'batch' }))
                .catch(() => ({ events: [] }));
            const found = events.flatMap(({ message }) => JSON.parse(message.match(/batch (\[.*\])/)[1]));
            return found.some((record) => record.id === 'last') && found;
        }, 90);
        assert.ok(!records.some((record) => record.kind === 'note'));
        assert.deepEqual(records[0], {
            eventName: 'INSERT', eventSource: 'aws:dynamodb', eventSourceARN: EventSourceArn, id: 'first', kind: 'order', seconds: true,
        });
        const lost = await eventually(async () => {
            const { Messages } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
            return Messages?.length && JSON.parse(Messages[0].Body);
        }, 90);
        assert.equal(lost.requestContext.condition, 'RetryAttemptsExhausted');
        assert.equal(lost.requestContext.functionArn, FunctionArn);
        assert.equal(lost.DDBStreamBatchInfo.streamArn, EventSourceArn);
        assert.ok(lost.DDBStreamBatchInfo.startSequenceNumber);
        const updated = await send(lambda.UpdateEventSourceMappingCommand, { UUID: mapping.UUID, Enabled: false });
        assert.equal(updated.UUID, mapping.UUID);
    });

    test('a table\'s stream is read by several batches at once, or through a window', async () => {
        const TableName = unique('windowed');
        const { TableDescription } = await tables.send(
            new dynamodb.CreateTableCommand({
                TableName,
                AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
                KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
                BillingMode: 'PAY_PER_REQUEST',
                StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
            }),
        );
        undo.add(() => tables.send(new dynamodb.DeleteTableCommand({ TableName })));
        const EventSourceArn = TableDescription.LatestStreamArn;
        await dynamodb.waitUntilTableExists({ client: tables, maxWaitTime: 60 }, { TableName });
        for (const [id, n] of [['a', 1], ['b', 1], ['a', 2], ['c', 1], ['b', 2], ['a', 3]]) {
            await tables.send(new dynamodb.PutItemCommand({ TableName, Item: { id: { S: id }, n: { N: String(n) } } }));
        }
        const reader = `
export const handler = async (event) => {
    for (const { dynamodb } of event.Records) console.log('record ' + dynamodb.Keys.id.S + dynamodb.NewImage.n.N);
    const seen = (event.state?.seen ?? 0) + event.Records.length;
    if (event.window) console.log('window ' + seen + ' ' + event.isFinalInvokeForWindow);
    return { state: { seen } };
};`;
        const readWith = async (settings, filterPattern, enough) => {
            const { FunctionName } = await newFunction({ Timeout: 5, Code: { ZipFile: zip({ 'index.mjs': reader }) } });
            const { UUID } = await send(lambda.CreateEventSourceMappingCommand, {
                FunctionName, EventSourceArn, StartingPosition: 'TRIM_HORIZON', ...settings,
            });
            undo.add(() => send(lambda.DeleteEventSourceMappingCommand, { UUID }));
            return eventually(async () => {
                const { events } = await logGroups
                    .send(new logs.FilterLogEventsCommand({ logGroupName: `/aws/lambda/${FunctionName}`, filterPattern }))
                    .catch(() => ({ events: [] }));
                const found = events.map(({ message }) => message.match(new RegExp(filterPattern + ' (.*)'))[1].trim());
                return enough(found) && found;
            }, 120);
        };
        const records = await readWith({ ParallelizationFactor: 3, BatchSize: 1 }, 'record', (found) => found.length >= 6);
        for (const id of ['a', 'b', 'c']) {
            const own = records.filter((record) => record.startsWith(id));
            assert.deepEqual(own, [...own].sort(), 'each key in its order');
        }
        const finals = (windows) => windows.filter((window) => window.endsWith('true'));
        const windows = await readWith({ TumblingWindowInSeconds: 2 }, 'window', (found) =>
            finals(found).reduce((sum, window) => sum + parseInt(window, 10), 0) >= 6);
        assert.ok(windows.length > finals(windows).length, 'records come before the end of their window');
    });

    test('mappings are listed, changed and deleted', async () => {
        const { QueueArn } = await newQueue();
        const { FunctionName } = await newFunction({ Timeout: 5 });
        const create = () => send(lambda.CreateEventSourceMappingCommand, { FunctionName, EventSourceArn: QueueArn, Enabled: false });
        const { UUID, BatchSize } = await create();
        undo.add(() => send(lambda.DeleteEventSourceMappingCommand, { UUID }));
        assert.equal(BatchSize, 10);
        const { EventSourceMappings } = await send(lambda.ListEventSourceMappingsCommand, { EventSourceArn: QueueArn });
        assert.deepEqual(EventSourceMappings.map((mapping) => mapping.UUID), [UUID]);
        await fails(create(), 'ResourceConflictException', 409);
        await eventually(async () =>
            (await send(lambda.GetEventSourceMappingCommand, { UUID })).State === 'Disabled', 90);
        const updated = await send(lambda.UpdateEventSourceMappingCommand, { UUID, BatchSize: 3 });
        assert.equal(updated.BatchSize, 3);
        await eventually(async () => {
            await send(lambda.DeleteEventSourceMappingCommand, { UUID }).catch(() => {});
            return send(lambda.GetEventSourceMappingCommand, { UUID }).then(() => false, (error) => error.name === 'ResourceNotFoundException');
        }, 90);
    });
});
