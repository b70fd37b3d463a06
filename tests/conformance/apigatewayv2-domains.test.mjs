// Custom domains: of HTTP APIs and of REST APIs, which share them.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, describe, test } from 'node:test';
import * as rest from '@aws-sdk/client-api-gateway';
import * as api from '@aws-sdk/client-apigatewayv2';
import { allPages, clientOf, endpoint, fails, undoList, unique } from './support.mjs';

const client = clientOf(api.ApiGatewayV2Client);
const restClient = clientOf(rest.APIGatewayClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const sendRest = (Command, input) => restClient.send(new Command(input));

const CertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555';
const regional = { EndpointType: 'REGIONAL', CertificateArn };

async function newDomain(input = {}) {
    const DomainName = input.DomainName ?? `${unique('api')}.example.com`;
    const created = await send(api.CreateDomainNameCommand, { DomainNameConfigurations: [regional], ...input, DomainName });
    undo.add(() => send(api.DeleteDomainNameCommand, { DomainName }));
    return created;
}

/** An HTTP API behind which an HTTP endpoint, of this test's own, tells what it was asked. */
async function newApi(uri, stage = '$default', input = {}) {
    const { ApiId } = await send(api.CreateApiCommand, { Name: unique('api'), ProtocolType: 'HTTP', ...input });
    undo.add(() => send(api.DeleteApiCommand, { ApiId }));
    const { IntegrationId } = await send(api.CreateIntegrationCommand, {
        ApiId, IntegrationType: 'HTTP_PROXY', IntegrationMethod: 'ANY', IntegrationUri: uri, PayloadFormatVersion: '1.0',
    });
    await send(api.CreateRouteCommand, { ApiId, RouteKey: 'ANY /{proxy+}', Target: `integrations/${IntegrationId}` });
    await send(api.CreateStageCommand, { ApiId, StageName: stage, AutoDeploy: true });
    return ApiId;
}

/** A REST API whose methods answer a text of their own. */
async function newRestApi(text) {
    const { id: restApiId, rootResourceId } = await sendRest(rest.CreateRestApiCommand, { name: unique('api') });
    undo.add(() => sendRest(rest.DeleteRestApiCommand, { restApiId }));
    const { id: resourceId } = await sendRest(rest.CreateResourceCommand, {
        restApiId, parentId: rootResourceId, pathPart: '{proxy+}' });
    const method = { restApiId, resourceId, httpMethod: 'GET' };
    await sendRest(rest.PutMethodCommand, { ...method, authorizationType: 'NONE' });
    await sendRest(rest.PutMethodResponseCommand, { ...method, statusCode: '200' });
    await sendRest(rest.PutIntegrationCommand, {
        ...method, type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } });
    await sendRest(rest.PutIntegrationResponseCommand, { ...method, statusCode: '200', responseTemplates: {
        'application/json': `${text} $context.domainName $input.params('proxy') $context.path` } });
    await sendRest(rest.CreateDeploymentCommand, { restApiId, stageName: 'prod' });
    return restApiId;
}

/** Requests `path` of whatever the host name means: it need not be known to DNS. */
function call(host, path, headers = {}) {
    const { hostname, port } = new URL(endpoint);
    return new Promise((resolve, reject) => {
        const sent = request({ hostname, port, path, headers: { host, ...headers } }, async (answer) => {
            const pieces = [];
            for await (const piece of answer) pieces.push(piece);
            resolve({ status: answer.statusCode, text: Buffer.concat(pieces).toString() });
        });
        sent.on('error', reject).end();
    });
}

describe('domain names', () => {
    test('a domain is made, read, changed, listed, tagged and deleted', async () => {
        const { DomainName, DomainNameArn, ...created } = await newDomain({ Tags: { team: 'orders' } });
        assert.equal(created.ApiMappingSelectionExpression, '$request.basepath');
        assert.match(DomainNameArn, new RegExp(`:/domainnames/${DomainName}$`));
        const [configuration] = created.DomainNameConfigurations;
        assert.match(configuration.ApiGatewayDomainName, /^d-[a-z0-9]{10}\.execute-api\./);
        assert.equal(configuration.DomainNameStatus, 'AVAILABLE');
        assert.equal(configuration.EndpointType, 'REGIONAL');
        assert.equal(configuration.CertificateArn, CertificateArn);
        assert.ok(configuration.HostedZoneId);

        const read = await send(api.GetDomainNameCommand, { DomainName });
        assert.deepEqual(read.DomainNameConfigurations, created.DomainNameConfigurations);
        assert.deepEqual(read.Tags, { team: 'orders' });
        await send(api.TagResourceCommand, { ResourceArn: DomainNameArn, Tags: { stage: 'prod' } });
        await send(api.UntagResourceCommand, { ResourceArn: DomainNameArn, TagKeys: ['team'] });
        assert.deepEqual((await send(api.GetTagsCommand, { ResourceArn: DomainNameArn })).Tags, { stage: 'prod' });

        const changed = await send(api.UpdateDomainNameCommand, {
            DomainName, DomainNameConfigurations: [{ ...regional, SecurityPolicy: 'TLS_1_2' }],
            RoutingMode: 'ROUTING_RULE_THEN_API_MAPPING' });
        assert.equal(changed.RoutingMode, 'ROUTING_RULE_THEN_API_MAPPING');
        const other = await newDomain();
        const names = (await allPages(async (NextToken) => {
            const page = await send(api.GetDomainNamesCommand, { MaxResults: '1', NextToken });
            return [page.Items, page.NextToken];
        })).map((item) => item.DomainName);
        assert.ok(names.includes(DomainName) && names.includes(other.DomainName));

        await send(api.DeleteDomainNameCommand, { DomainName });
        await fails(send(api.GetDomainNameCommand, { DomainName }), 'NotFoundException', 404,
            /Invalid domain name identifier specified/);
    });

    test('a name is given once, and must be one', async () => {
        const { DomainName } = await newDomain();
        await fails(newDomain({ DomainName }), 'ConflictException', 409, /already exists/);
        for (const wrong of ['API.example.com', 'nodots', 'a..example.com', 'x.amazonaws.com']) {
            await fails(newDomain({ DomainName: wrong }), 'BadRequestException', 400);
        }
    });

    test('both services show the same domain', async () => {
        const { DomainName: domainName } = await newDomain({ Tags: { team: 'orders' } });
        const read = await sendRest(rest.GetDomainNameCommand, { domainName });
        assert.equal(read.regionalCertificateArn, CertificateArn);
        assert.deepEqual(read.endpointConfiguration.types, ['REGIONAL']);
        assert.deepEqual(read.tags, { team: 'orders' });
        await fails(sendRest(rest.CreateDomainNameCommand, {
            domainName, regionalCertificateArn: CertificateArn, endpointConfiguration: { types: ['REGIONAL'] },
        }), 'BadRequestException', 400, /The domain name you provided already exists/);
    });
});

describe('API mappings', () => {
    test('a mapping is made, read, changed, listed and deleted', async () => {
        const { DomainName } = await newDomain();
        const ApiId = await newApi('http://127.0.0.1:9/{proxy}');
        const mapping = await send(api.CreateApiMappingCommand, {
            DomainName, ApiId, Stage: '$default', ApiMappingKey: 'orders/v1' });
        const { ApiMappingId } = mapping;
        assert.equal(mapping.ApiMappingKey, 'orders/v1');
        await fails(send(api.CreateApiMappingCommand, { DomainName, ApiId, Stage: '$default', ApiMappingKey: 'orders/v1' }),
            'ConflictException', 409);
        await fails(send(api.CreateApiMappingCommand, { DomainName, ApiId: 'nowhere', Stage: 'prod' }),
            'BadRequestException', 400, /Invalid API identifier specified/);
        await fails(send(api.CreateApiMappingCommand, { DomainName, ApiId, Stage: 'none' }),
            'BadRequestException', 400, /Invalid stage identifier specified/);
        const read = await send(api.GetApiMappingCommand, { DomainName, ApiMappingId });
        assert.equal(read.ApiId, ApiId);
        const changed = await send(api.UpdateApiMappingCommand, { DomainName, ApiMappingId, ApiId, ApiMappingKey: 'v2' });
        assert.equal(changed.ApiMappingKey, 'v2');
        assert.equal(changed.Stage, '$default');
        const listed = await send(api.GetApiMappingsCommand, { DomainName });
        assert.deepEqual(listed.Items.map((item) => item.ApiMappingKey), ['v2']);
        await fails(send(api.DeleteApiCommand, { ApiId }), 'BadRequestException', 400, new RegExp(DomainName));
        await send(api.DeleteApiMappingCommand, { DomainName, ApiMappingId });
        await fails(send(api.GetApiMappingCommand, { DomainName, ApiMappingId }), 'NotFoundException', 404);
    });

    test('the longest base path leads to the API', async () => {
        const { DomainName } = await newDomain();
        const [orders, items, root] = await Promise.all(['orders', 'items', 'root'].map(newRestApi));
        const map = (ApiId, ApiMappingKey) =>
            send(api.CreateApiMappingCommand, { DomainName, ApiId, Stage: 'prod', ApiMappingKey });
        await map(orders, 'orders');
        await map(items, 'orders/v1/items');
        assert.equal((await call(DomainName, '/elsewhere')).status, 403);
        await map(root);
        const texts = {};
        for (const path of ['/orders/a', '/orders/v1/b', '/orders/v1/items/c', '/orders/v1/itemsx', '/ordersx']) {
            texts[path] = (await call(DomainName, path)).text;
        }
        assert.deepEqual(texts, {
            '/orders/a': `orders ${DomainName} a /orders/a`,
            '/orders/v1/b': `orders ${DomainName} v1/b /orders/v1/b`,
            '/orders/v1/items/c': `items ${DomainName} c /orders/v1/items/c`,
            '/orders/v1/itemsx': `orders ${DomainName} v1/itemsx /orders/v1/itemsx`,
            '/ordersx': `root ${DomainName} ordersx /ordersx`,
        });
        const { items: shown } = await sendRest(rest.GetBasePathMappingsCommand, { domainName: DomainName });
        assert.deepEqual(shown.map((item) => item.basePath), ['(none)', 'orders', 'orders/v1/items']);
    });

    test('a wildcard serves the names below it, and an exact name comes first', async () => {
        const suffix = `${unique('zone')}.example.com`;
        const [wild, exact] = await Promise.all(['wild', 'exact'].map(newRestApi));
        await newDomain({ DomainName: `*.${suffix}` });
        await newDomain({ DomainName: `exact.${suffix}` });
        await send(api.CreateApiMappingCommand, { DomainName: `*.${suffix}`, ApiId: wild, Stage: 'prod' });
        await send(api.CreateApiMappingCommand, { DomainName: `exact.${suffix}`, ApiId: exact, Stage: 'prod' });
        assert.equal((await call(`any.${suffix}:80`, '/x')).text, `wild any.${suffix} x /x`);
        assert.equal((await call(`exact.${suffix}`, '/x')).text, `exact exact.${suffix} x /x`);
        assert.notEqual((await call(`a.b.${suffix}`, '/x')).text.slice(0, 4), 'wild');
    });

    test('an API without its own endpoint is reached by its domain only', async () => {
        const { DomainName } = await newDomain();
        const restApiId = await newRestApi('closed');
        await sendRest(rest.UpdateRestApiCommand, { restApiId, patchOperations: [
            { op: 'replace', path: '/disableExecuteApiEndpoint', value: 'true' }] });
        await sendRest(rest.CreateDeploymentCommand, { restApiId, stageName: 'prod' });
        await send(api.CreateApiMappingCommand, { DomainName, ApiId: restApiId, Stage: 'prod' });
        const own = `${restApiId}.execute-api.localhost.localstack.cloud`;
        assert.equal((await call(own, '/prod/x')).status, 403);
        assert.equal((await call(DomainName, '/x')).status, 200);
    });
});

describe('routing rules', () => {
    test('a rule is made, read, replaced, listed and deleted', async () => {
        const { DomainName } = await newDomain({ RoutingMode: 'ROUTING_RULE_ONLY' });
        const ApiId = await newRestApi('ruled');
        const Actions = [{ InvokeApi: { ApiId, Stage: 'prod', StripBasePath: true } }];
        const Conditions = [{ MatchBasePaths: { AnyOf: ['v1'] } }];
        const rule = await send(api.CreateRoutingRuleCommand, { DomainName, Actions, Conditions, Priority: 10 });
        const { RoutingRuleId } = rule;
        assert.match(rule.RoutingRuleArn, new RegExp(`/domainnames/${DomainName}/routingrules/${RoutingRuleId}$`));
        assert.deepEqual((await send(api.GetRoutingRuleCommand, { DomainName, RoutingRuleId })).Conditions, Conditions);
        await fails(send(api.CreateRoutingRuleCommand, { DomainName, Actions, Conditions: [], Priority: 10 }),
            'ConflictException', 409);
        const replaced = await send(api.PutRoutingRuleCommand, {
            DomainName, RoutingRuleId, Actions, Conditions, Priority: 20 });
        assert.equal(replaced.Priority, 20);
        const listed = await send(api.ListRoutingRulesCommand, { DomainName });
        assert.deepEqual(listed.RoutingRules.map((each) => each.RoutingRuleId), [RoutingRuleId]);
        assert.equal((await call(DomainName, '/v1/x')).text, `ruled ${DomainName} x /v1/x`);
        assert.equal((await call(DomainName, '/v2/x')).status, 403);
        await send(api.DeleteRoutingRuleCommand, { DomainName, RoutingRuleId });
        await fails(send(api.GetRoutingRuleCommand, { DomainName, RoutingRuleId }), 'NotFoundException', 404);
    });

    test('the first rule that matches wins, then the mappings', async () => {
        const { DomainName } = await newDomain({ RoutingMode: 'ROUTING_RULE_THEN_API_MAPPING' });
        const [beta, late, mapped] = await Promise.all(['beta', 'late', 'mapped'].map(newRestApi));
        const rule = (ApiId, Priority, Conditions) => send(api.CreateRoutingRuleCommand, {
            DomainName, Actions: [{ InvokeApi: { ApiId, Stage: 'prod' } }], Conditions, Priority });
        await rule(late, 200, [{ MatchHeaders: { AnyOf: [{ Header: 'x-version', ValueGlob: '*' }] } }]);
        await rule(beta, 100, [{ MatchHeaders: { AnyOf: [{ Header: 'x-version', ValueGlob: 'beta-*' }] } }]);
        await send(api.CreateApiMappingCommand, { DomainName, ApiId: mapped, Stage: 'prod' });
        const word = async (headers) => (await call(DomainName, '/x', headers)).text.split(' ')[0];
        assert.equal(await word({ 'x-version': 'beta-7' }), 'beta');
        assert.equal(await word({ 'x-version': '1' }), 'late');
        assert.equal(await word({}), 'mapped');
    });
});

describe('VPC links and models', () => {
    test('a VPC link is made, read, changed, listed and deleted', async () => {
        const made = await send(api.CreateVpcLinkCommand, {
            Name: unique('link'), SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'], Tags: { team: 'orders' } });
        const { VpcLinkId } = made;
        undo.add(() => send(api.DeleteVpcLinkCommand, { VpcLinkId }));
        assert.equal(made.VpcLinkVersion, 'V2');
        assert.deepEqual((await send(api.GetVpcLinkCommand, { VpcLinkId })).SubnetIds, ['subnet-1']);
        assert.equal((await send(api.UpdateVpcLinkCommand, { VpcLinkId, Name: 'other' })).Name, 'other');
        const { Items } = await send(api.GetVpcLinksCommand, {});
        assert.ok(Items.some((item) => item.VpcLinkId === VpcLinkId));
        const ResourceArn = `arn:aws:apigateway:us-east-1::/vpclinks/${VpcLinkId}`;
        assert.deepEqual((await send(api.GetTagsCommand, { ResourceArn })).Tags, { team: 'orders' });
        await send(api.DeleteVpcLinkCommand, { VpcLinkId });
        await fails(send(api.GetVpcLinkCommand, { VpcLinkId }), 'NotFoundException', 404);
    });

    test('a model is made, read, shown as a template, changed, listed and deleted', async () => {
        const ApiId = await newApi('http://127.0.0.1:9/{proxy}');
        const Schema = JSON.stringify({ type: 'object', properties: { id: { type: 'integer' }, name: { type: 'string' } } });
        const { ModelId, ContentType } = await send(api.CreateModelCommand, {
            ApiId, Name: 'Order', Schema, ContentType: 'application/json' });
        assert.equal(ContentType, 'application/json');
        assert.equal((await send(api.GetModelCommand, { ApiId, ModelId })).Schema, Schema);
        const { Value } = await send(api.GetModelTemplateCommand, { ApiId, ModelId });
        assert.match(Value, /^#set\(\$inputRoot = \$input\.path\('\$'\)\)/);
        assert.match(Value, /"id"/);
        assert.equal((await send(api.UpdateModelCommand, { ApiId, ModelId, Description: 'd' })).Description, 'd');
        assert.equal((await send(api.GetModelsCommand, { ApiId })).Items.length, 1);
        await fails(send(api.CreateModelCommand, { ApiId, Name: 'Bad', Schema: 'no' }), 'BadRequestException', 400);
        await send(api.DeleteModelCommand, { ApiId, ModelId });
        await fails(send(api.GetModelCommand, { ApiId, ModelId }), 'NotFoundException', 404);
    });
});

test('ids that callers choose are free among all kinds of APIs', async () => {
    const id = unique('own').replaceAll('-', '');
    const { ApiId } = await send(api.CreateApiCommand, {
        Name: 'first', ProtocolType: 'HTTP', Tags: { _custom_id_: id } });
    undo.add(() => send(api.DeleteApiCommand, { ApiId }));
    assert.equal(ApiId, id);
    await fails(sendRest(rest.CreateRestApiCommand, { name: 'second', tags: { _custom_id_: id } }), 'ConflictException', 409);
});

test('an API is exported, and imports to the same', async () => {
    const ApiId = await newApi('http://127.0.0.1:9/{proxy}', 'prod');
    const asked = { ApiId, Specification: 'OAS30', OutputType: 'JSON' };
    const text = async (input) => Buffer.from((await send(api.ExportApiCommand, input)).body).toString();
    const body = await text(asked);
    const document = JSON.parse(body);
    assert.equal(document.openapi, '3.0.1');
    assert.equal(document.paths['/{proxy+}']['x-amazon-apigateway-any-method']['x-amazon-apigateway-integration'].uri,
        'http://127.0.0.1:9/{proxy}');
    const other = (await send(api.ImportApiCommand, { Body: body })).ApiId;
    undo.add(() => send(api.DeleteApiCommand, { ApiId: other }));
    assert.deepEqual(JSON.parse(await text({ ...asked, ApiId: other })), document);
    assert.match(await text({ ...asked, OutputType: 'YAML', StageName: 'prod' }), /openapi: "3\.0\.1"/);
    assert.doesNotMatch(await text({ ...asked, IncludeExtensions: false }), /x-amazon/);
});
