import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-api-gateway';
import { allPages, clientOf, fails, undoList, unique } from './support.mjs';

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
