// REST APIs as documents, what documents bring, models as one schema, certificates, and tests of authorizers.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { X509Certificate } from 'node:crypto';
import * as api from '@aws-sdk/client-api-gateway';
import * as lambda from '@aws-sdk/client-lambda';
import { clientOf, eventually, fails, unique } from './support.mjs';
import { call, importApi, mock, replace, send, undo } from './rest-api.mjs';
import { zip } from './zip.mjs';

after(undo.all);

const exported = async (restApiId, exportType, accepts = 'application/json', extensions = 'apigateway') => {
    const answer = await send(api.GetExportCommand, { restApiId, stageName: 'live', exportType, accepts, parameters: { extensions } });
    assert.equal(answer.contentType, accepts);
    assert.match(answer.contentDisposition, /^attachment; filename=/);
    return Buffer.from(answer.body).toString();
};

describe('documents', () => {
    test('an exported API is imported again', async () => {
        const id = await importApi({ '/pets': { get: mock('hello') }, '/pets/{id}': { delete: mock('gone') } });
        for (const type of ['oas30', 'swagger']) {
            const document = JSON.parse(await exported(id, type));
            assert.equal(document[type === 'swagger' ? 'swagger' : 'openapi'].slice(0, 1), type === 'swagger' ? '2' : '3');
            const again = await send(api.ImportRestApiCommand, { body: Buffer.from(JSON.stringify(document)) });
            undo.add(() => send(api.DeleteRestApiCommand, { restApiId: again.id }));
            await send(api.CreateDeploymentCommand, { restApiId: again.id, stageName: 'live' });
            assert.deepEqual(JSON.parse(await exported(again.id, type)).paths, document.paths);
            assert.equal((await call(again.id, '/pets')).text, 'hello');
        }
        const yaml = await exported(id, 'oas30', 'application/yaml');
        assert.match(yaml, /^openapi: "3\.0\.1"$/m);
        const fromYaml = await send(api.ImportRestApiCommand, { body: Buffer.from(yaml) });
        undo.add(() => send(api.DeleteRestApiCommand, { restApiId: fromYaml.id }));
        const listed = await send(api.GetResourcesCommand, { restApiId: fromYaml.id });
        assert.deepEqual(listed.items.map(({ path }) => path).sort(), ['/', '/pets', '/pets/{id}']);
        const plain = await send(api.GetExportCommand, { restApiId: id, stageName: 'live', exportType: 'swagger' });
        assert.doesNotMatch(Buffer.from(plain.body).toString(), /x-amazon-apigateway/);
        await fails(send(api.GetExportCommand, { restApiId: id, stageName: 'none', exportType: 'oas30' }), 'NotFoundException', 404);
    });

    test('a base path is ignored, put in front or split', async () => {
        const document = { swagger: '2.0', info: { title: 't', version: '1' }, basePath: '/a/b/c', paths: { '/e': { get: mock('e') } } };
        for (const [basepath, expected] of [['ignore', ['/', '/e']], ['prepend', ['/', '/a', '/a/b', '/a/b/c', '/a/b/c/e']],
            ['split', ['/', '/b', '/b/c', '/b/c/e']]]) {
            const made = await send(api.ImportRestApiCommand, { parameters: { basepath }, body: Buffer.from(JSON.stringify(document)) });
            undo.add(() => send(api.DeleteRestApiCommand, { restApiId: made.id }));
            const { items } = await send(api.GetResourcesCommand, { restApiId: made.id });
            assert.deepEqual(items.map(({ path }) => path).sort(), expected, basepath);
        }
    });

    test('documentation is imported', async () => {
        const restApiId = await importApi({ '/': { get: mock('x') } });
        const part = (description) => Buffer.from(JSON.stringify({ openapi: '3.0.1', info: { title: 't', version: '1' }, paths: {},
            'x-amazon-apigateway-documentation': { documentationParts: [{ location: { type: 'API' }, properties: { description } }] } }));
        const first = await send(api.ImportDocumentationPartsCommand, { restApiId, mode: 'merge', body: part('one') });
        assert.equal(first.ids.length, 1);
        await send(api.ImportDocumentationPartsCommand, { restApiId, mode: 'overwrite', body: part('two') });
        const { items } = await send(api.GetDocumentationPartsCommand, { restApiId });
        assert.deepEqual(items.map(({ properties }) => JSON.parse(properties)), [{ description: 'two' }]);
    });

    test('SDKs are not generated, and that is said', async () => {
        const restApiId = await importApi({ '/': { get: mock('x') } });
        await fails(send(api.GetSdkCommand, { restApiId, stageName: 'live', sdkType: 'javascript' }), 'NotImplemented', 501, /GetSdk/);
    });
});

describe('models', () => {
    test('are flattened, and sampled', async () => {
        const restApiId = await importApi({ '/': { get: mock('x') } });
        const put = (name, schema) => send(api.CreateModelCommand, { restApiId, name, contentType: 'application/json', schema: JSON.stringify(schema) });
        await put('Owner', { type: 'object', properties: { name: { type: 'string' } } });
        const reference = { $ref: `https://apigateway.amazonaws.com/restapis/${restApiId}/models/Owner` };
        await put('Pet', { type: 'object', properties: { age: { type: 'integer' }, owner: reference } });
        const kept = await send(api.GetModelCommand, { restApiId, modelName: 'Pet' });
        assert.deepEqual(JSON.parse(kept.schema).properties.owner, reference);
        const flat = JSON.parse((await send(api.GetModelCommand, { restApiId, modelName: 'Pet', flatten: true })).schema);
        assert.equal(flat.definitions.Owner.properties.name.type, 'string');
        assert.match(flat.properties.owner.$ref, /^#\/definitions\/Owner$/);
        const { value } = await send(api.GetModelTemplateCommand, { restApiId, modelName: 'Pet' });
        assert.match(value, /^#set\(\$inputRoot = \$input\.path\('\$'\)\)/);
        assert.match(value, /"age" : 42/);
    });
});

test('client certificates are made, described and deleted', async () => {
    const made = await send(api.GenerateClientCertificateCommand, { description: 'ours', tags: { team: 'pets' } });
    const clientCertificateId = made.clientCertificateId;
    const certificate = new X509Certificate(made.pemEncodedCertificate);
    assert.equal(certificate.subject, 'CN=ApiGateway');
    assert.ok(certificate.verify(certificate.publicKey), 'it is signed by itself');
    assert.ok(made.expirationDate > made.createdDate);
    const changed = await send(api.UpdateClientCertificateCommand, { clientCertificateId, patchOperations: [replace('/description', 'theirs')] });
    assert.equal(changed.description, 'theirs');
    assert.equal((await send(api.GetClientCertificateCommand, { clientCertificateId })).description, 'theirs');
    const { items } = await send(api.GetClientCertificatesCommand, { limit: 500 });
    assert.ok(items.some((each) => each.clientCertificateId === clientCertificateId));
    await send(api.DeleteClientCertificateCommand, { clientCertificateId });
    await fails(send(api.GetClientCertificateCommand, { clientCertificateId }), 'NotFoundException', 404);
});

test('an authorizer is tried before anything is deployed', async () => {
    const functions = clientOf(lambda.LambdaClient);
    const FunctionName = unique('authorizer');
    const made = await functions.send(new lambda.CreateFunctionCommand({ FunctionName, Runtime: 'nodejs20.x', Handler: 'index.handler',
        Role: process.env.CUMULET_FUNCTION_ROLE ?? 'arn:aws:iam::000000000000:role/any', Code: { ZipFile: zip({ 'index.js':
            `exports.handler = async (event) => ({ principalId: 'ada', context: { token: event.authorizationToken }, policyDocument: {
                Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn }] } });` }) } }));
    undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
    await functions.send(new lambda.AddPermissionCommand({ FunctionName, StatementId: 'api', Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' }));
    await eventually(async () => (await functions.send(new lambda.GetFunctionCommand({ FunctionName }))).Configuration.State === 'Active');
    const restApiId = await importApi({ '/': { get: mock('x') } });
    const { id: authorizerId } = await send(api.CreateAuthorizerCommand, { restApiId, name: 'tokens', type: 'TOKEN',
        identitySource: 'method.request.header.Authorization',
        authorizerUri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${made.FunctionArn}/invocations` });
    const said = await send(api.TestInvokeAuthorizerCommand, { restApiId, authorizerId, headers: { Authorization: 'secret' } });
    assert.equal(said.clientStatus, 0);
    assert.equal(said.principalId, 'ada');
    assert.equal(JSON.parse(said.policy).Statement[0].Effect, 'Allow');
    assert.match(said.log, /Execution log for request/);
    assert.equal((await send(api.TestInvokeAuthorizerCommand, { restApiId, authorizerId, headers: {} })).clientStatus, 401);
});
