// Custom domains as REST APIs know them: with base path mappings.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as api from '@aws-sdk/client-api-gateway';
import { allPages, clientOf, fails, undoList, unique } from './support.mjs';

const client = clientOf(api.APIGatewayClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const certificate = 'arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555';

async function newDomain(input = {}) {
    const domainName = `${unique('api')}.example.com`;
    const created = await send(api.CreateDomainNameCommand, {
        domainName, regionalCertificateArn: certificate, endpointConfiguration: { types: ['REGIONAL'] }, ...input });
    const { domainNameId } = created;
    undo.add(() => send(api.DeleteDomainNameCommand, { domainName, domainNameId }));
    return created;
}

async function newApi() {
    const { id: restApiId, rootResourceId: resourceId } = await send(api.CreateRestApiCommand, { name: unique('api') });
    undo.add(() => send(api.DeleteRestApiCommand, { restApiId }));
    const method = { restApiId, resourceId, httpMethod: 'GET' };
    await send(api.PutMethodCommand, { ...method, authorizationType: 'NONE' });
    await send(api.PutIntegrationCommand, { ...method, type: 'MOCK' });
    await send(api.CreateDeploymentCommand, { restApiId, stageName: 'prod' });
    return restApiId;
}

describe('domain names', () => {
    test('a domain is made, read, changed, listed, tagged and deleted', async () => {
        const created = await newDomain({ tags: { team: 'orders' }, securityPolicy: 'TLS_1_2' });
        const { domainName, domainNameArn } = created;
        assert.match(created.regionalDomainName, /^d-[a-z0-9]{10}\.execute-api\./);
        assert.equal(created.domainNameStatus, 'AVAILABLE');
        assert.equal(created.domainNameId, undefined);
        const read = await send(api.GetDomainNameCommand, { domainName });
        assert.equal(read.regionalDomainName, created.regionalDomainName);
        const changed = await send(api.UpdateDomainNameCommand, { domainName, patchOperations: [
            { op: 'replace', path: '/regionalCertificateArn', value: `${certificate}6` }] });
        assert.equal(changed.regionalCertificateArn, `${certificate}6`);
        await fails(send(api.UpdateDomainNameCommand, { domainName, patchOperations: [
            { op: 'replace', path: '/domainName', value: 'other.example.com' }] }), 'BadRequestException', 400);
        await send(api.TagResourceCommand, { resourceArn: domainNameArn, tags: { stage: 'prod' } });
        assert.deepEqual((await send(api.GetTagsCommand, { resourceArn: domainNameArn })).tags,
            { stage: 'prod', team: 'orders' });
        await newDomain();
        const names = (await allPages(async (position) => {
            const page = await send(api.GetDomainNamesCommand, { limit: 1, position });
            return [page.items, page.position];
        })).map((item) => item.domainName);
        assert.ok(names.includes(domainName));
        await send(api.DeleteDomainNameCommand, { domainName });
        await fails(send(api.GetDomainNameCommand, { domainName }), 'NotFoundException', 404,
            /Invalid domain name identifier specified/);
    });

    test('an edge-optimised domain has a distribution', async () => {
        const created = await newDomain({
            regionalCertificateArn: undefined, certificateArn: certificate, endpointConfiguration: { types: ['EDGE'] } });
        assert.match(created.distributionDomainName, /^d[a-z0-9]+\.cloudfront\.net$/);
        assert.equal(created.distributionHostedZoneId, 'Z2FDTNDATAQYW2');
    });

    test('a domain needs a certificate', async () => {
        await fails(newDomain({ regionalCertificateArn: undefined }), 'BadRequestException', 400);
    });
});

describe('base path mappings', () => {
    test('a mapping is made, read, changed, listed and deleted', async () => {
        const { domainName } = await newDomain();
        const restApiId = await newApi();
        const made = await send(api.CreateBasePathMappingCommand, { domainName, restApiId, stage: 'prod' });
        assert.equal(made.basePath, '(none)');
        await send(api.CreateBasePathMappingCommand, { domainName, restApiId, basePath: 'orders' });
        await fails(send(api.CreateBasePathMappingCommand, { domainName, restApiId, basePath: 'orders' }),
            'ConflictException', 409, /Base path already exists for this domain name/);
        await fails(send(api.CreateBasePathMappingCommand, { domainName, restApiId, basePath: 'a/b' }),
            'BadRequestException', 400, /doesn't support the slash character/);
        await fails(send(api.CreateBasePathMappingCommand, { domainName, restApiId, basePath: 'x', stage: 'none' }),
            'BadRequestException', 400, /Invalid stage identifier specified/);
        await fails(send(api.CreateBasePathMappingCommand, { domainName, restApiId: 'none', basePath: 'x' }),
            'BadRequestException', 400, /Invalid REST API identifier specified/);
        assert.equal((await send(api.GetBasePathMappingCommand, { domainName, basePath: '(none)' })).stage, 'prod');
        const changed = await send(api.UpdateBasePathMappingCommand, { domainName, basePath: 'orders', patchOperations: [
            { op: 'replace', path: '/basePath', value: 'purchases' }, { op: 'replace', path: '/stage', value: 'prod' }] });
        assert.deepEqual([changed.basePath, changed.stage], ['purchases', 'prod']);
        const { items } = await send(api.GetBasePathMappingsCommand, { domainName });
        assert.deepEqual(items.map((item) => item.basePath), ['(none)', 'purchases']);
        await fails(send(api.DeleteRestApiCommand, { restApiId }), 'BadRequestException', 400,
            new RegExp(`Please remove all base path mappings related to the RestApi in your domains: ${domainName}`));
        for (const basePath of ['(none)', 'purchases']) {
            await send(api.DeleteBasePathMappingCommand, { domainName, basePath });
        }
        await fails(send(api.GetBasePathMappingCommand, { domainName, basePath: 'purchases' }), 'NotFoundException', 404,
            /Invalid base path mapping identifier specified/);
    });
});

describe('private domains', () => {
    test('an access association is made, listed, rejected and deleted', async () => {
        const { domainName, domainNameId, domainNameArn } = await newDomain({
            regionalCertificateArn: undefined, certificateArn: certificate, endpointConfiguration: { types: ['PRIVATE'] } });
        assert.match(domainNameArn, new RegExp(`:/domainnames/${domainName}\\+${domainNameId}$`));
        await fails(send(api.GetDomainNameCommand, { domainName }), 'NotFoundException', 404);
        const make = (accessAssociationSource) => send(api.CreateDomainNameAccessAssociationCommand, {
            domainNameArn, accessAssociationSourceType: 'VPCE', accessAssociationSource });
        const first = await make('vpce-1');
        const second = await make('vpce-2');
        await fails(make('vpce-2'), 'ConflictException', 409);
        const { items } = await send(api.GetDomainNameAccessAssociationsCommand, {});
        assert.ok(items.some((item) => item.accessAssociationSource === 'vpce-1'));
        await send(api.RejectDomainNameAccessAssociationCommand, {
            domainNameAccessAssociationArn: first.domainNameAccessAssociationArn, domainNameArn });
        await send(api.DeleteDomainNameAccessAssociationCommand, {
            domainNameAccessAssociationArn: second.domainNameAccessAssociationArn });
        await fails(send(api.DeleteDomainNameAccessAssociationCommand, {
            domainNameAccessAssociationArn: second.domainNameAccessAssociationArn }), 'NotFoundException', 404);
    });
});
