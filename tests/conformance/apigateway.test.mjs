import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-api-gateway';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import { newRole } from './roles.mjs';
import { allPages, clientOf, endpoint, eventually, fails, onAws, region, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(api.APIGatewayClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const replace = (path, value) => ({ op: 'replace', path, value });

async function newApi(input = {}) {
    const created = await send(api.CreateRestApiCommand, { name: unique('api'), ...input });
    undo.add(() => send(api.DeleteRestApiCommand, { restApiId: created.id }));
    return created;
}

/** The id of the resource at `path`, which is made with all above it. */
async function resourceAt(restApiId, rootResourceId, path) {
    let id = rootResourceId;
    for (const pathPart of path.split('/').filter(Boolean)) {
        const listed = await send(api.GetResourcesCommand, { restApiId, limit: 500 });
        const known = listed.items.find((item) => item.parentId === id && item.pathPart === pathPart);
        id = known?.id ?? (await send(api.CreateResourceCommand, { restApiId, parentId: id, pathPart })).id;
    }
    return id;
}

/** Adds a method with an integration, and its responses by status: [selection pattern, template, headers]. */
async function addMethod(created, httpMethod, path, { method = {}, integration, responses = {} }) {
    const where = { restApiId: created.id, httpMethod, resourceId: await resourceAt(created.id, created.rootResourceId, path) };
    await send(api.PutMethodCommand, { ...where, authorizationType: 'NONE', ...method });
    await send(api.PutIntegrationCommand, { ...where, ...integration });
    for (const [statusCode, [selectionPattern, template, headers = {}]] of Object.entries(responses)) {
        await send(api.PutMethodResponseCommand, { ...where, statusCode,
            responseParameters: Object.fromEntries(Object.keys(headers).map((name) => [`method.response.header.${name}`, true])) });
        await send(api.PutIntegrationResponseCommand, { ...where, statusCode, selectionPattern,
            responseParameters: Object.fromEntries(Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, value])),
            responseTemplates: template === undefined ? undefined : { 'application/json': template } });
    }
    return where;
}

/** Requests `path` of a stage by the API's own host, or by another way to name it. */
function call(restApiId, path, { method = 'GET', headers = {}, body, by = 'host' } = {}) {
    const host = onAws ? `${restApiId}.execute-api.${region}.amazonaws.com` : `${restApiId}.execute-api.localhost.localstack.cloud`;
    if (onAws) return fetch(`https://${host}${path}`, { method, headers, body }).then(async (answer) => ({
        status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() }));
    const [, stage, ...rest] = path.split('/');
    const paths = { host: path, path: `/_aws/execute-api/${restApiId}${path}`,
        request: `/restapis/${restApiId}/${stage}/_user_request_/${rest.join('/')}` };
    const target = new URL(endpoint);
    return new Promise((resolve, reject) => {
        const sent = request({ hostname: target.hostname, port: target.port, path: paths[by], method,
            headers: by === 'host' ? { host, ...headers } : headers }, async (answer) => {
            const pieces = [];
            for await (const piece of answer) pieces.push(piece);
            const bytes = Buffer.concat(pieces);
            resolve({ status: answer.statusCode, headers: answer.headers, text: bytes.toString(), bytes });
        });
        sent.on('error', reject).end(body);
    });
}

/** A method with a MOCK integration that answers 200. */
async function mock(restApiId, resourceId, httpMethod = 'GET') {
    const where = { restApiId, resourceId, httpMethod };
    await send(api.PutMethodCommand, { ...where, authorizationType: 'NONE' });
    await send(api.PutIntegrationCommand, { ...where, type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } });
    await send(api.PutMethodResponseCommand, { ...where, statusCode: '200' });
    await send(api.PutIntegrationResponseCommand, { ...where, statusCode: '200' });
    return where;
}

describe('APIs', () => {
    test('one is made, read, changed, listed and deleted', async () => {
        const created = await newApi({ description: 'orders', tags: { team: 'orders' }, binaryMediaTypes: ['image/png'], version: '1' });
        assert.match(created.id, /^[a-z0-9]{10}$/);
        assert.equal(created.apiKeySource, 'HEADER');
        assert.deepEqual(created.endpointConfiguration.types, ['EDGE']);
        assert.deepEqual(created.tags, { team: 'orders' });
        assert.ok(Math.abs(created.createdDate - Date.now()) < 600_000);
        assert.equal(created.$metadata.httpStatusCode, 201);
        const restApiId = created.id;
        const changed = await send(api.UpdateRestApiCommand, { restApiId, patchOperations: [
            replace('/name', 'renamed'), { op: 'add', path: '/binaryMediaTypes/image~1gif' },
            replace('/minimumCompressionSize', '100')] });
        assert.equal(changed.name, 'renamed');
        assert.deepEqual(changed.binaryMediaTypes, ['image/png', 'image/gif']);
        assert.equal((await send(api.GetRestApiCommand, { restApiId })).minimumCompressionSize, 100);
        const other = await newApi();
        const ids = (await allPages(async (position) => {
            const page = await send(api.GetRestApisCommand, { limit: 1, position });
            return [page.items, page.position];
        })).map((item) => item.id);
        assert.ok(ids.includes(restApiId) && ids.includes(other.id));
        const deleted = await send(api.DeleteRestApiCommand, { restApiId });
        assert.equal(deleted.$metadata.httpStatusCode, 202);
        await fails(send(api.GetRestApiCommand, { restApiId }), 'NotFoundException', 404, /Invalid API identifier specified \d{12}:/);
    });

    test('what cannot be an API is refused', async () => {
        await fails(newApi({ description: '' }), 'BadRequestException', 400, /Description cannot be an empty string/);
        const { id: restApiId } = await newApi();
        await fails(send(api.UpdateRestApiCommand, { restApiId, patchOperations: [replace('/minimumCompressionSize', 'x')] }),
            'BadRequestException', 400, /must be between 0 and 10485760/);
        await fails(send(api.UpdateRestApiCommand, { restApiId, patchOperations: [{ op: 'add', path: '/binaryMediaTypes', value: 'a' }] }),
            'BadRequestException', 400, /Invalid patch path \/binaryMediaTypes/);
    });

    test('tags are added, read and removed', async () => {
        const { id } = await newApi();
        const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${id}`;
        await send(api.TagResourceCommand, { resourceArn, tags: { a: '1', b: '2' } });
        await send(api.UntagResourceCommand, { resourceArn, tagKeys: ['a'] });
        assert.deepEqual((await send(api.GetTagsCommand, { resourceArn })).tags, { b: '2' });
        await fails(send(api.GetTagsCommand, { resourceArn: 'arn:aws:apigateway:us-east-1::/nothing' }), 'BadRequestException', 400);
    });
});

describe('what an API consists of', () => {
    let restApiId;
    let root;
    before(async () => {
        const created = await newApi();
        restApiId = created.id;
        root = created.rootResourceId;
    });

    test('resources', async () => {
        const pets = await send(api.CreateResourceCommand, { restApiId, parentId: root, pathPart: 'pets' });
        assert.equal(pets.path, '/pets');
        const pet = await send(api.CreateResourceCommand, { restApiId, parentId: pets.id, pathPart: '{id}' });
        await mock(restApiId, pet.id);
        const listed = await send(api.GetResourcesCommand, { restApiId });
        assert.deepEqual(listed.items.map((item) => item.path), ['/', '/pets', '/pets/{id}']);
        assert.deepEqual(listed.items[2].resourceMethods, { GET: {} });
        const whole = await send(api.GetResourceCommand, { restApiId, resourceId: pet.id, embed: ['methods'] });
        assert.equal(whole.resourceMethods.GET.methodIntegration.type, 'MOCK');
        const moved = await send(api.UpdateResourceCommand, { restApiId, resourceId: pets.id, patchOperations: [replace('/pathPart', 'dogs')] });
        assert.equal(moved.path, '/dogs');
        await fails(send(api.UpdateResourceCommand, { restApiId, resourceId: pets.id, patchOperations: [replace('/wrong', 'x')] }),
            'BadRequestException', 400, /Must be one of: \[\/parentId, \/pathPart\]/);
        await fails(send(api.CreateResourceCommand, { restApiId, parentId: root, pathPart: 'dogs' }), 'ConflictException', 409);
        await send(api.DeleteResourceCommand, { restApiId, resourceId: pets.id });
        await fails(send(api.GetResourceCommand, { restApiId, resourceId: pet.id }), 'NotFoundException', 404, /Invalid Resource identifier specified/);
    });

    test('methods and their responses', async () => {
        const where = { restApiId, resourceId: root, httpMethod: 'POST' };
        const made = await send(api.PutMethodCommand, { ...where, authorizationType: 'NONE',
            requestParameters: { 'method.request.header.a': true } });
        assert.equal(made.apiKeyRequired, false);
        const changed = await send(api.UpdateMethodCommand, { ...where, patchOperations: [
            replace('/apiKeyRequired', 'true'), { op: 'add', path: '/requestParameters/method.request.querystring.q', value: 'false' }] });
        assert.deepEqual(changed.requestParameters, { 'method.request.header.a': true, 'method.request.querystring.q': false });
        assert.equal((await send(api.GetMethodCommand, where)).apiKeyRequired, true);
        await fails(send(api.UpdateMethodCommand, { ...where, patchOperations: [replace('/httpMethod', 'GET')] }),
            'BadRequestException', 400, /Invalid patch path \/httpMethod/);

        const answer = { ...where, statusCode: '200' };
        await send(api.PutMethodResponseCommand, { ...answer, responseParameters: { 'method.response.header.x': true } });
        const response = await send(api.UpdateMethodResponseCommand, { ...answer, patchOperations: [
            { op: 'add', path: '/responseModels/application~1json', value: 'Empty' }] });
        assert.deepEqual(response.responseModels, { 'application/json': 'Empty' });
        assert.deepEqual((await send(api.GetMethodResponseCommand, answer)).responseParameters, { 'method.response.header.x': true });
        await send(api.DeleteMethodResponseCommand, answer);
        await fails(send(api.GetMethodResponseCommand, answer), 'NotFoundException', 404, /Invalid Response status code specified/);
        await send(api.DeleteMethodCommand, where);
        await fails(send(api.GetMethodCommand, where), 'NotFoundException', 404, /Invalid Method identifier specified/);
    });

    test('integrations and their responses', async () => {
        const where = { restApiId, resourceId: root, httpMethod: 'PUT' };
        await send(api.PutMethodCommand, { ...where, authorizationType: 'NONE' });
        await fails(send(api.GetIntegrationCommand, where), 'NotFoundException', 404, /Invalid Integration identifier specified/);
        const made = await send(api.PutIntegrationCommand, { ...where, type: 'HTTP', integrationHttpMethod: 'GET', uri: 'http://example.com/{a}' });
        assert.equal(made.timeoutInMillis, 29000);
        assert.deepEqual(made.cacheKeyParameters, []);
        const changed = await send(api.UpdateIntegrationCommand, { ...where, patchOperations: [
            replace('/timeoutInMillis', '1000'), { op: 'add', path: '/requestTemplates/application~1json', value: '{}' },
            { op: 'add', path: '/cacheKeyParameters/method.request.path.a' }] });
        assert.equal(changed.timeoutInMillis, 1000);
        assert.deepEqual(changed.cacheKeyParameters, ['method.request.path.a']);
        assert.equal((await send(api.GetIntegrationCommand, where)).uri, 'http://example.com/{a}');

        const answer = { ...where, statusCode: '200' };
        await fails(send(api.PutIntegrationResponseCommand, { ...answer, responseParameters: { 'method.response.header.x': "'1'" } }),
            'BadRequestException', 400, /Invalid mapping expression parameter specified/);
        await send(api.PutIntegrationResponseCommand, { ...answer, selectionPattern: '2\\d\\d' });
        const response = await send(api.UpdateIntegrationResponseCommand, { ...answer, patchOperations: [
            replace('/selectionPattern', '200'), { op: 'add', path: '/responseTemplates/application~1json', value: 'x' }] });
        assert.equal(response.selectionPattern, '200');
        assert.deepEqual((await send(api.GetIntegrationResponseCommand, answer)).responseTemplates, { 'application/json': 'x' });
        await send(api.DeleteIntegrationResponseCommand, answer);
        await fails(send(api.GetIntegrationResponseCommand, answer), 'NotFoundException', 404);
        await send(api.DeleteIntegrationCommand, where);
        await fails(send(api.GetIntegrationCommand, where), 'NotFoundException', 404);
    });

    test('models and request validators', async () => {
        const made = await send(api.CreateModelCommand, { restApiId, name: 'Pet', contentType: 'application/json', schema: '{"type":"object"}' });
        assert.equal(made.name, 'Pet');
        const listed = await send(api.GetModelsCommand, { restApiId });
        assert.deepEqual(listed.items.map((item) => item.name), ['Empty', 'Error', 'Pet']);
        await send(api.UpdateModelCommand, { restApiId, modelName: 'Pet', patchOperations: [replace('/description', 'a pet')] });
        assert.equal((await send(api.GetModelCommand, { restApiId, modelName: 'Pet' })).description, 'a pet');
        await send(api.DeleteModelCommand, { restApiId, modelName: 'Pet' });
        await fails(send(api.GetModelCommand, { restApiId, modelName: 'Pet' }), 'NotFoundException', 404, /Invalid model name specified: Pet/);

        const validator = await send(api.CreateRequestValidatorCommand, { restApiId, name: 'body', validateRequestBody: true });
        const requestValidatorId = validator.id;
        await send(api.UpdateRequestValidatorCommand, { restApiId, requestValidatorId, patchOperations: [replace('/validateRequestParameters', 'true')] });
        const read = await send(api.GetRequestValidatorCommand, { restApiId, requestValidatorId });
        assert.deepEqual([read.validateRequestBody, read.validateRequestParameters], [true, true]);
        assert.equal((await send(api.GetRequestValidatorsCommand, { restApiId })).items.length, 1);
        await send(api.DeleteRequestValidatorCommand, { restApiId, requestValidatorId });
        await fails(send(api.GetRequestValidatorCommand, { restApiId, requestValidatorId }), 'NotFoundException', 404,
            /Invalid Request Validator identifier specified/);
    });

    test('gateway responses', async () => {
        const responseType = 'QUOTA_EXCEEDED';
        const made = await send(api.PutGatewayResponseCommand, { restApiId, responseType, statusCode: '430' });
        assert.equal(made.defaultResponse, false);
        const changed = await send(api.UpdateGatewayResponseCommand, { restApiId, responseType, patchOperations: [
            { op: 'add', path: '/responseParameters/gatewayresponse.header.x', value: "'1'" }] });
        assert.deepEqual(changed.responseParameters, { 'gatewayresponse.header.x': "'1'" });
        const all = await send(api.GetGatewayResponsesCommand, { restApiId });
        assert.equal(all.items.length, 21);
        await send(api.DeleteGatewayResponseCommand, { restApiId, responseType });
        const usual = await send(api.GetGatewayResponseCommand, { restApiId, responseType });
        assert.equal(usual.statusCode, '429');
        assert.equal(usual.responseTemplates['application/json'], '{"message":$context.error.messageString}');
    });

    test('authorizers', async () => {
        const authorizerUri = 'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:auth/invocations';
        const made = await send(api.CreateAuthorizerCommand, { restApiId, name: 'tokens', type: 'TOKEN', authorizerUri,
            identitySource: 'method.request.header.Authorization' });
        assert.equal(made.authType, 'custom');
        const authorizerId = made.id;
        const changed = await send(api.UpdateAuthorizerCommand, { restApiId, authorizerId, patchOperations: [replace('/authorizerResultTtlInSeconds', '0')] });
        assert.equal(changed.authorizerResultTtlInSeconds, 0);
        assert.equal((await send(api.GetAuthorizerCommand, { restApiId, authorizerId })).name, 'tokens');
        assert.equal((await send(api.GetAuthorizersCommand, { restApiId })).items.length, 1);
        await send(api.DeleteAuthorizerCommand, { restApiId, authorizerId });
        await fails(send(api.GetAuthorizerCommand, { restApiId, authorizerId }), 'NotFoundException', 404);
    });
});

describe('beside an API', () => {
    test('documentation has parts and versions', async () => {
        const { id: restApiId } = await newApi();
        const part = await send(api.CreateDocumentationPartCommand, { restApiId, location: { type: 'API' }, properties: '{"description":"a"}' });
        const documentationPartId = part.id;
        await send(api.UpdateDocumentationPartCommand, { restApiId, documentationPartId, patchOperations: [replace('/properties', '{"description":"b"}')] });
        assert.equal((await send(api.GetDocumentationPartCommand, { restApiId, documentationPartId })).properties, '{"description":"b"}');
        assert.equal((await send(api.GetDocumentationPartsCommand, { restApiId, type: 'API' })).items.length, 1);
        assert.equal((await send(api.GetDocumentationPartsCommand, { restApiId, type: 'MODEL' })).items.length, 0);
        await send(api.DeleteDocumentationPartCommand, { restApiId, documentationPartId });
        await fails(send(api.GetDocumentationPartCommand, { restApiId, documentationPartId }), 'NotFoundException', 404,
            /Invalid Documentation part identifier specified/);
        const documentationVersion = 'v1';
        await send(api.CreateDocumentationVersionCommand, { restApiId, documentationVersion, description: 'first' });
        await send(api.UpdateDocumentationVersionCommand, { restApiId, documentationVersion, patchOperations: [replace('/description', 'changed')] });
        assert.equal((await send(api.GetDocumentationVersionCommand, { restApiId, documentationVersion })).description, 'changed');
        assert.equal((await send(api.GetDocumentationVersionsCommand, { restApiId })).items.length, 1);
        await send(api.DeleteDocumentationVersionCommand, { restApiId, documentationVersion });
        await fails(send(api.GetDocumentationVersionCommand, { restApiId, documentationVersion }), 'NotFoundException', 404);
    });

    test('VPC links are recorded', { skip: onAws }, async () => {
        const made = await send(api.CreateVpcLinkCommand, { name: unique('link'),
            targetArns: ['arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/x/1'] });
        const vpcLinkId = made.id;
        await send(api.UpdateVpcLinkCommand, { vpcLinkId, patchOperations: [replace('/description', 'changed')] });
        assert.equal((await send(api.GetVpcLinkCommand, { vpcLinkId })).description, 'changed');
        assert.ok((await send(api.GetVpcLinksCommand, {})).items.some((item) => item.id === vpcLinkId));
        await send(api.DeleteVpcLinkCommand, { vpcLinkId });
        await fails(send(api.GetVpcLinkCommand, { vpcLinkId }), 'NotFoundException', 404);
    });

    test('a method is tested before it is deployed', async () => {
        const created = await newApi();
        const where = await mock(created.id, created.rootResourceId);
        const tested = await send(api.TestInvokeMethodCommand, { ...where, pathWithQueryString: '/?a=1', headers: { Accept: 'application/json' } });
        assert.equal(tested.status, 200);
        assert.match(tested.log, /Execution log for request/);
        assert.match(tested.log, /Method completed with status: 200/);
    });
});

describe('deployments and stages', () => {
    test('a stage serves a deployment', async () => {
        const { id: restApiId, rootResourceId } = await newApi();
        await fails(send(api.CreateDeploymentCommand, { restApiId }), 'BadRequestException', 400, /doesn't contain any methods/);
        await mock(restApiId, rootResourceId);
        const deployment = await send(api.CreateDeploymentCommand, { restApiId, description: 'first' });
        const deploymentId = deployment.id;
        const stageName = 'prod';
        const stage = await send(api.CreateStageCommand, { restApiId, stageName, deploymentId, variables: { a: '1' } });
        assert.equal(stage.cacheClusterStatus, 'NOT_AVAILABLE');
        assert.deepEqual(stage.methodSettings, {});
        const changed = await send(api.UpdateStageCommand, { restApiId, stageName, patchOperations: [
            replace('/*/*/throttling/rateLimit', '10'), replace('/variables/b', '2'), replace('/description', 'live')] });
        assert.equal(changed.methodSettings['*/*'].throttlingRateLimit, 10);
        assert.deepEqual(changed.variables, { a: '1', b: '2' });
        assert.equal((await send(api.GetStageCommand, { restApiId, stageName })).description, 'live');
        assert.equal((await send(api.GetStagesCommand, { restApiId, deploymentId })).item.length, 1);
        await send(api.FlushStageCacheCommand, { restApiId, stageName });
        await send(api.FlushStageAuthorizersCacheCommand, { restApiId, stageName });
        await fails(send(api.DeleteDeploymentCommand, { restApiId, deploymentId }), 'BadRequestException', 400, /Active stages pointing to this deployment/);
        await send(api.UpdateDeploymentCommand, { restApiId, deploymentId, patchOperations: [replace('/description', 'second')] });
        const read = await send(api.GetDeploymentCommand, { restApiId, deploymentId, embed: ['apisummary'] });
        assert.equal(read.description, 'second');
        assert.deepEqual(read.apiSummary, { '/': { GET: { authorizationType: 'NONE', apiKeyRequired: false } } });
        assert.equal((await send(api.GetDeploymentsCommand, { restApiId })).items.length, 1);
        await send(api.DeleteStageCommand, { restApiId, stageName });
        await send(api.DeleteDeploymentCommand, { restApiId, deploymentId });
        await fails(send(api.GetStageCommand, { restApiId, stageName }), 'NotFoundException', 404);
    });
});

describe('usage plans', () => {
    test('keys belong to plans, and plans to stages', async () => {
        const { id: restApiId, rootResourceId } = await newApi();
        await mock(restApiId, rootResourceId);
        await send(api.CreateDeploymentCommand, { restApiId, stageName: 'prod' });
        const plan = await send(api.CreateUsagePlanCommand, { name: unique('plan'), quota: { limit: 5, period: 'DAY' } });
        const usagePlanId = plan.id;
        undo.add(() => send(api.DeleteUsagePlanCommand, { usagePlanId }));
        const updated = await send(api.UpdateUsagePlanCommand, { usagePlanId, patchOperations: [
            { op: 'add', path: '/apiStages', value: `${restApiId}:prod` }, replace('/throttle/rateLimit', '2.5')] });
        assert.deepEqual(updated.apiStages, [{ apiId: restApiId, stage: 'prod' }]);
        assert.equal(updated.throttle.rateLimit, 2.5);
        assert.equal((await send(api.GetUsagePlanCommand, { usagePlanId })).quota.limit, 5);

        const name = unique('key');
        const key = await send(api.CreateApiKeyCommand, { name, enabled: true });
        undo.add(() => send(api.DeleteApiKeyCommand, { apiKey: key.id }));
        assert.equal((await send(api.GetApiKeyCommand, { apiKey: key.id, includeValue: true })).value, key.value);
        await send(api.UpdateApiKeyCommand, { apiKey: key.id, patchOperations: [replace('/description', 'mine')] });
        const keys = await send(api.GetApiKeysCommand, { nameQuery: name });
        assert.deepEqual(keys.items.map((item) => item.description), ['mine']);
        const member = await send(api.CreateUsagePlanKeyCommand, { usagePlanId, keyId: key.id, keyType: 'API_KEY' });
        assert.equal(member.value, key.value);
        assert.equal((await send(api.GetUsagePlanKeyCommand, { usagePlanId, keyId: key.id })).name, name);
        assert.equal((await send(api.GetUsagePlanKeysCommand, { usagePlanId })).items.length, 1);
        assert.ok((await send(api.GetUsagePlansCommand, { keyId: key.id })).items.some((item) => item.id === usagePlanId));

        const today = new Date().toISOString().slice(0, 10);
        const usage = await send(api.GetUsageCommand, { usagePlanId, startDate: today, endDate: today });
        assert.deepEqual(usage.items[key.id], [[0, 5]]);
        const granted = await send(api.UpdateUsageCommand, { usagePlanId, keyId: key.id, patchOperations: [replace('/remaining', '50')] });
        assert.deepEqual(granted.items[key.id], [[0, 50]]);
        await send(api.DeleteUsagePlanKeyCommand, { usagePlanId, keyId: key.id });
        await send(api.UpdateUsagePlanCommand, { usagePlanId, patchOperations: [{ op: 'remove', path: '/apiStages', value: `${restApiId}:prod` }] });
    });

    test('keys come from a file', async () => {
        const value = unique('imported-key-value');
        const { ids } = await send(api.ImportApiKeysCommand, { format: 'csv', body: Buffer.from(`name,key,enabled\nbulk,${value},true\n`) });
        undo.add(() => send(api.DeleteApiKeyCommand, { apiKey: ids[0] }));
        assert.equal((await send(api.GetApiKeyCommand, { apiKey: ids[0], includeValue: true })).value, value);
    });
});

describe('documents', () => {
    const document = (title, paths) => Buffer.from(JSON.stringify({ swagger: '2.0', info: { title, version: '1' }, paths }));
    const mocked = { get: { responses: {}, 'x-amazon-apigateway-integration': { type: 'mock', requestTemplates: { 'application/json': '{"statusCode": 200}' },
        responses: { default: { statusCode: '200', responseTemplates: { 'application/json': 'imported' } } } } } };

    test('an API is imported, merged into and overwritten', async () => {
        const title = unique('imported');
        const created = await send(api.ImportRestApiCommand, { body: document(title, { '/a/{id}': mocked }), parameters: { endpointConfigurationTypes: 'REGIONAL' } });
        const restApiId = created.id;
        undo.add(() => send(api.DeleteRestApiCommand, { restApiId }));
        assert.equal(created.name, title);
        assert.deepEqual(created.endpointConfiguration.types, ['REGIONAL']);
        const paths = async () => (await send(api.GetResourcesCommand, { restApiId })).items.map((item) => item.path);
        assert.deepEqual(await paths(), ['/', '/a', '/a/{id}']);
        await send(api.PutRestApiCommand, { restApiId, mode: 'merge', body: document(title, { '/b': mocked }) });
        assert.deepEqual(await paths(), ['/', '/a', '/a/{id}', '/b']);
        await send(api.PutRestApiCommand, { restApiId, mode: 'overwrite', body: document(title, { '/b': mocked }) });
        assert.deepEqual(await paths(), ['/', '/b']);
        await send(api.CreateDeploymentCommand, { restApiId, stageName: 'dev' });
        assert.equal((await call(restApiId, '/dev/b')).text, 'imported');
        await fails(send(api.ImportRestApiCommand, { body: Buffer.from('{}') }), 'BadRequestException', 400);
    });

    test('the account has settings', async () => {
        const before = await send(api.GetAccountCommand, {});
        assert.equal(before.throttleSettings.rateLimit, 10000);
        const role = 'arn:aws:iam::000000000000:role/logs';
        if (onAws) return;
        const after = await send(api.UpdateAccountCommand, { patchOperations: [replace('/cloudwatchRoleArn', role)] });
        assert.equal(after.cloudwatchRoleArn, role);
        assert.equal((await send(api.GetAccountCommand, {})).cloudwatchRoleArn, role);
    });
});

describe('requests', () => {
    const functions = clientOf(lambda.LambdaClient);
    let role;

    before(async () => {
        role = await newRole(undo, ['lambda.amazonaws.com', 'apigateway.amazonaws.com'],
            { statements: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
    });

    /** The integration URI of a new function with this code. */
    async function newFunction(source) {
        const FunctionName = unique('fn');
        const made = await eventually(() => functions.send(new lambda.CreateFunctionCommand({ FunctionName, Runtime: 'nodejs20.x',
            Handler: 'index.handler', Role: role, Code: { ZipFile: zip({ 'index.mjs': source }) } })).catch((error) => {
            if (error.name !== 'InvalidParameterValueException') throw error;  // AWS: the role is not known yet
        }), 60);
        undo.add(() => functions.send(new lambda.DeleteFunctionCommand({ FunctionName })));
        await functions.send(new lambda.AddPermissionCommand({ FunctionName, StatementId: 'api', Action: 'lambda:InvokeFunction',
            Principal: 'apigateway.amazonaws.com' }));
        await lambda.waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 60 }, { FunctionName });
        return `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${made.FunctionArn}/invocations`;
    }

    const deploy = (created) => send(api.CreateDeploymentCommand, { restApiId: created.id, stageName: 'dev', variables: { colour: 'blue' } });

    test('a MOCK answers under every name of the API', async () => {
        const created = await newApi();
        await addMethod(created, 'GET', '/pets/{id}', {
            integration: { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } },
            responses: { 200: ['', '{"id": "$input.params(\'id\')", "colour": "$stageVariables.colour"}', { 'X-Stage': 'context.stage' }] } });
        await deploy(created);
        for (const by of onAws ? ['host'] : ['host', 'path', 'request']) {
            const answer = await call(created.id, '/dev/pets/7', { by });
            assert.equal(answer.status, 200, answer.text);
            assert.deepEqual(JSON.parse(answer.text), { id: '7', colour: 'blue' });
            assert.equal(answer.headers['x-stage'], 'dev');
            assert.match(answer.headers['x-amzn-requestid'], /^[0-9a-f-]{36}$/);
        }
        const missing = await call(created.id, '/dev/cats');
        assert.equal(missing.status, 403);
        assert.deepEqual(JSON.parse(missing.text), { message: 'Missing Authentication Token' });
        assert.equal((await call(created.id, '/prod/pets/7')).status, 403);
    });

    test('a function answers, with and without a mapping', async () => {
        const uri = await newFunction(`export const handler = async (event) => event.httpMethod
            ? ({ statusCode: 201, headers: { 'X-Path': event.path }, multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'] },
                 body: JSON.stringify({ body: event.body, proxy: event.pathParameters.proxy, stage: event.requestContext.stage }) })
            : { hello: event.name };`);
        const created = await newApi();
        await addMethod(created, 'ANY', '/proxy/{proxy+}', { integration: { type: 'AWS_PROXY', integrationHttpMethod: 'POST', uri } });
        await addMethod(created, 'POST', '/mapped', {
            integration: { type: 'AWS', integrationHttpMethod: 'POST', uri,
                requestTemplates: { 'application/json': '{"name": $input.json(\'$.who\')}' } },
            responses: { 200: [undefined, '{"said": $input.json(\'$.hello\')}'] } });
        await deploy(created);
        const proxied = await call(created.id, '/dev/proxy/a/b?x=1', { method: 'POST', body: 'text' });
        assert.equal(proxied.status, 201, proxied.text);
        assert.deepEqual(JSON.parse(proxied.text), { body: 'text', proxy: 'a/b', stage: 'dev' });
        assert.equal(proxied.headers['x-path'], '/proxy/a/b');
        const mapped = await call(created.id, '/dev/mapped', { method: 'POST', body: '{"who": "Ada"}', headers: { 'content-type': 'application/json' } });
        assert.deepEqual(JSON.parse(mapped.text), { said: 'Ada' });
    });

    test('queues, tables and buckets are written by mappings', async () => {
        const queues = clientOf(sqs.SQSClient);
        const tables = clientOf(dynamodb.DynamoDBClient);
        const buckets = clientOf(s3.S3Client, { forcePathStyle: true });
        const QueueName = unique('jobs');
        const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName }));
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const TableName = unique('table');
        await tables.send(new dynamodb.CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }));
        undo.add(() => tables.send(new dynamodb.DeleteTableCommand({ TableName })));
        await dynamodb.waitUntilTableExists({ client: tables, maxWaitTime: 60 }, { TableName });
        const Bucket = unique('bucket');
        await buckets.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(() => buckets.send(new s3.DeleteBucketCommand({ Bucket })));
        undo.add(() => buckets.send(new s3.DeleteObjectCommand({ Bucket, Key: 'a.txt' })));

        const created = await newApi();
        const account = new URL(QueueUrl).pathname.split('/')[1];
        await addMethod(created, 'POST', '/jobs', {
            integration: { type: 'AWS', integrationHttpMethod: 'POST', credentials: role, uri: `arn:aws:apigateway:${region}:sqs:path/${account}/${QueueName}`,
                requestParameters: { 'integration.request.header.Content-Type': "'application/x-www-form-urlencoded'" },
                requestTemplates: { 'application/json': 'Action=SendMessage&MessageBody=$util.urlEncode($input.body)' } },
            responses: { 200: ['200', '{"id": $input.json(\'$.SendMessageResponse.SendMessageResult.MessageId\')}'], 500: ['4\\d\\d'] } });
        await addMethod(created, 'PUT', '/items/{id}', {
            integration: { type: 'AWS', integrationHttpMethod: 'POST', credentials: role, uri: `arn:aws:apigateway:${region}:dynamodb:action/PutItem`,
                requestTemplates: { 'application/json': `{"TableName": "${TableName}", "Item": {"id": {"S": "$input.params('id')"}}}` } },
            responses: { 200: [] } });
        await addMethod(created, 'PUT', '/files/{key}', {
            method: { requestParameters: { 'method.request.path.key': true } },
            integration: { type: 'AWS', integrationHttpMethod: 'PUT', credentials: role, uri: `arn:aws:apigateway:${region}:s3:path/${Bucket}/{key}`,
                requestParameters: { 'integration.request.path.key': 'method.request.path.key' } },
            responses: { 200: [undefined, undefined, { ETag: 'integration.response.header.ETag' }] } });
        await deploy(created);

        const sent = await call(created.id, '/dev/jobs', { method: 'POST', body: '{"a": "b & c"}', headers: { 'content-type': 'application/json' } });
        assert.equal(sent.status, 200, sent.text);
        assert.match(JSON.parse(sent.text).id, /^[0-9a-f-]{36}$/);
        const received = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
        assert.equal(received.Messages[0].Body, '{"a": "b & c"}');
        const put = await call(created.id, '/dev/items/seven', { method: 'PUT', body: '{}', headers: { 'content-type': 'application/json' } });
        assert.equal(put.status, 200, put.text);
        const item = await tables.send(new dynamodb.GetItemCommand({ TableName, Key: { id: { S: 'seven' } }, ConsistentRead: true }));
        assert.deepEqual(item.Item, { id: { S: 'seven' } });
        const stored = await call(created.id, '/dev/files/a.txt', { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/plain' } });
        assert.equal(stored.status, 200, stored.text);
        assert.equal(stored.headers.etag, '"5d41402abc4b2a76b9719d911017c592"');
        const read = await buckets.send(new s3.GetObjectCommand({ Bucket, Key: 'a.txt' }));
        assert.equal(await read.Body.transformToString(), 'hello');
    });

    test('HTTP endpoints are reached, mapped or as they are', { skip: onAws }, async () => {
        const seen = [];
        const server = createServer((asked, answer) => {
            seen.push({ method: asked.method, url: asked.url, own: asked.headers['x-own'] });
            answer.writeHead(202, { 'X-Back': 'yes', 'Content-Type': 'text/plain' }).end('from there');
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        undo.add(async () => server.close());
        const backend = `http://127.0.0.1:${server.address().port}`;
        const created = await newApi();
        await addMethod(created, 'ANY', '/proxy/{proxy+}', {
            method: { requestParameters: { 'method.request.path.proxy': true } },
            integration: { type: 'HTTP_PROXY', integrationHttpMethod: 'ANY', uri: `${backend}/base/{proxy}`,
                requestParameters: { 'integration.request.path.proxy': 'method.request.path.proxy' } } });
        await addMethod(created, 'GET', '/mapped', { integration: { type: 'HTTP', integrationHttpMethod: 'PUT', uri: `${backend}/fixed` },
            responses: { 200: ['2\\d\\d', '{"was": "$input.body"}', { 'X-Back': 'integration.response.header.X-Back' }] } });
        await addMethod(created, 'GET', '/gone', { integration: { type: 'HTTP_PROXY', integrationHttpMethod: 'GET', uri: 'http://127.0.0.1:1/' } });
        await deploy(created);
        const proxied = await call(created.id, '/dev/proxy/a%20b/c?x=1', { method: 'DELETE', headers: { 'X-Own': '1' } });
        assert.equal(proxied.status, 202);
        assert.equal(proxied.text, 'from there');
        assert.deepEqual(seen.pop(), { method: 'DELETE', url: '/base/a%20b/c?x=1', own: '1' });
        const mapped = await call(created.id, '/dev/mapped', { headers: { 'X-Own': '1' } });
        assert.equal(mapped.text, '{"was": "from there"}');
        assert.equal(mapped.headers['x-back'], 'yes');
        assert.deepEqual(seen.pop(), { method: 'PUT', url: '/fixed', own: undefined });
        assert.equal((await call(created.id, '/dev/gone')).status, 504);
    });

    test('requests are validated, and keys are counted', async () => {
        const created = await newApi();
        const restApiId = created.id;
        await send(api.CreateModelCommand, { restApiId, name: 'Pet', contentType: 'application/json',
            schema: JSON.stringify({ type: 'object', required: ['name'], properties: { name: { type: 'string' } } }) });
        const validator = await send(api.CreateRequestValidatorCommand, { restApiId, name: 'all', validateRequestBody: true, validateRequestParameters: true });
        await addMethod(created, 'POST', '/pets', {
            method: { apiKeyRequired: true, requestValidatorId: validator.id, requestModels: { 'application/json': 'Pet' },
                requestParameters: { 'method.request.querystring.page': true } },
            integration: { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } }, responses: { 200: ['', 'good'] } });
        await deploy(created);
        const plan = await send(api.CreateUsagePlanCommand, { name: unique('plan'), apiStages: [{ apiId: restApiId, stage: 'dev' }], quota: { limit: 4, period: 'DAY' } });
        undo.add(() => send(api.DeleteUsagePlanCommand, { usagePlanId: plan.id }));
        undo.add(() => send(api.UpdateUsagePlanCommand, { usagePlanId: plan.id, patchOperations: [{ op: 'remove', path: '/apiStages', value: `${restApiId}:dev` }] }));
        const key = await send(api.CreateApiKeyCommand, { name: unique('key'), enabled: true });
        undo.add(() => send(api.DeleteApiKeyCommand, { apiKey: key.id }));
        await send(api.CreateUsagePlanKeyCommand, { usagePlanId: plan.id, keyId: key.id, keyType: 'API_KEY' });
        const post = async (path, body, headers = { 'x-api-key': key.value }) => {
            const answer = await call(restApiId, path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
            return [answer.status, answer.status === 200 ? answer.text : JSON.parse(answer.text).message];
        };
        assert.deepEqual(await post('/dev/pets?page=1', '{}', {}), [403, 'Forbidden']);
        assert.deepEqual(await post('/dev/pets', '{"name": "Rex"}'), [400, 'Missing required request parameters: [page]']);
        assert.deepEqual(await post('/dev/pets?page=1', '{"name": 7}'), [400, 'Invalid request body']);
        assert.deepEqual(await post('/dev/pets?page=1', '{"name": "Rex"}'), [200, 'good']);
        assert.deepEqual(await post('/dev/pets?page=1', '{"name": "Rex"}'), [200, 'good']);
        assert.deepEqual(await post('/dev/pets?page=1', '{"name": "Rex"}'), [429, 'Limit Exceeded']);
    });

    test('an authorizer decides by its policy', async () => {
        const authorizerUri = await newFunction(`export const handler = async (event) => {
            if (event.authorizationToken === 'stranger') throw new Error('Unauthorized');
            return { principalId: event.authorizationToken, context: { level: 3 }, policyDocument: { Version: '2012-10-17', Statement: [{
                Action: 'execute-api:Invoke', Effect: event.authorizationToken === 'friend' ? 'Allow' : 'Deny', Resource: event.methodArn }] } };
        };`);
        const created = await newApi();
        const authorizer = await send(api.CreateAuthorizerCommand, { restApiId: created.id, name: 'tokens', type: 'TOKEN', authorizerUri,
            identitySource: 'method.request.header.Authorization' });
        await addMethod(created, 'GET', '/secret', { method: { authorizationType: 'CUSTOM', authorizerId: authorizer.id },
            integration: { type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } },
            responses: { 200: ['', '$context.authorizer.principalId $context.authorizer.level'] } });
        await deploy(created);
        const ask = async (headers) => {
            const answer = await call(created.id, '/dev/secret', { headers });
            return [answer.status, answer.status === 200 ? answer.text : JSON.parse(answer.text).message];
        };
        assert.deepEqual(await ask({}), [401, 'Unauthorized']);
        assert.deepEqual(await ask({ authorization: 'friend' }), [200, 'friend 3']);
        assert.deepEqual(await ask({ authorization: 'enemy' }), [403, 'User is not authorized to access this resource with an explicit deny']);
        assert.deepEqual(await ask({ authorization: 'stranger' }), [401, 'Unauthorized']);
    });
});
