// Custom domains that let in callers with certificates only: run.py --serve=--tls.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as rest from '@aws-sdk/client-api-gateway';
import * as api from '@aws-sdk/client-apigatewayv2';
import * as logs from '@aws-sdk/client-cloudwatch-logs';
import * as s3 from '@aws-sdk/client-s3';
import { clientOf, endpoint, eventually, fails, undoList, unique } from './support.mjs';

const { hostname, port } = new URL(endpoint);
const client = clientOf(api.ApiGatewayV2Client);
const restClient = clientOf(rest.APIGatewayClient);
const objects = clientOf(s3.S3Client, { forcePathStyle: true });
const send = (Command, input) => client.send(new Command(input));
const sendRest = (Command, input) => restClient.send(new Command(input));

const folder = mkdtempSync(join(tmpdir(), 'mutual-tls-'));
const undo = undoList();
after(async () => {
    await undo.all();
    rmSync(folder, { recursive: true });
});

const CertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/11111111-2222-3333-4444-555555555555';
const Bucket = unique('trust');
const file = (name) => join(folder, name);
const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
const identity = (name) => ({ key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`)) });

function authority(name) {
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '30',
        '-subj', `/O=Example/CN=${name}`);
}

function caller(name, by) {
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/O=Example/CN=${name}`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', '30',
        '-sha256', '-out', `${name}.pem`);
}

before(async () => {
    for (const name of ['root', 'stranger']) authority(name);
    caller('client', 'root');
    caller('intruder', 'stranger');
    await objects.send(new s3.CreateBucketCommand({ Bucket }));
    await objects.send(new s3.PutObjectCommand({ Bucket, Key: 'roots.pem', Body: readFileSync(file('root.pem')) }));
    undo.add(() => objects.send(new s3.DeleteBucketCommand({ Bucket })));
    undo.add(() => objects.send(new s3.DeleteObjectCommand({ Bucket, Key: 'roots.pem' })));
});

/** A REST API that answers who called. */
async function newRestApi() {
    const { id: restApiId, rootResourceId: resourceId } = await sendRest(rest.CreateRestApiCommand, { name: unique('api') });
    undo.add(() => sendRest(rest.DeleteRestApiCommand, { restApiId }));
    const method = { restApiId, resourceId, httpMethod: 'GET' };
    await sendRest(rest.PutMethodCommand, { ...method, authorizationType: 'NONE' });
    await sendRest(rest.PutMethodResponseCommand, { ...method, statusCode: '200' });
    await sendRest(rest.PutIntegrationCommand, {
        ...method, type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode": 200}' } });
    await sendRest(rest.PutIntegrationResponseCommand, { ...method, statusCode: '200', responseTemplates: {
        'application/json': '$context.identity.clientCert.subjectDN|$context.identity.clientCert.issuerDN' } });
    await sendRest(rest.CreateDeploymentCommand, { restApiId, stageName: 'prod' });
    return restApiId;
}

async function newDomain() {
    const DomainName = `${unique('api')}.example.com`;
    const made = await send(api.CreateDomainNameCommand, {
        DomainName,
        DomainNameConfigurations: [{ EndpointType: 'REGIONAL', CertificateArn }],
        MutualTlsAuthentication: { TruststoreUri: `s3://${Bucket}/roots.pem` },
    });
    undo.add(() => send(api.DeleteDomainNameCommand, { DomainName }));
    assert.equal(made.MutualTlsAuthentication.TruststoreUri, `s3://${Bucket}/roots.pem`);
    await send(api.CreateApiMappingCommand, { DomainName, ApiId: await newRestApi(), Stage: 'prod' });
    return DomainName;
}

describe('access logs', () => {
    test('tell what TLS a request came through', async () => {
        const restApiId = await newRestApi();
        const logGroupName = unique('/api/access');
        const logged = clientOf(logs.CloudWatchLogsClient);
        await logged.send(new logs.CreateLogGroupCommand({ logGroupName }));
        undo.add(() => logged.send(new logs.DeleteLogGroupCommand({ logGroupName })));
        const { logGroups: [group] } = await logged.send(new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
        await sendRest(rest.UpdateStageCommand, { restApiId, stageName: 'prod', patchOperations: [
            { op: 'replace', path: '/accessLogSettings/destinationArn', value: group.arn.replace(/:\*$/, '') },
            { op: 'replace', path: '/accessLogSettings/format', value: '$context.requestId $context.tlsVersion $context.cipherSuite' }] });
        const host = `${restApiId}.execute-api.localhost.localstack.cloud`;
        const expected = new Set();
        for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
            const answer = await ask({ path: '/prod', headers: { host }, maxVersion });
            expected.add(`${answer.requestId} ${maxVersion} ${answer.cipher}`);
        }
        expected.add(`${(await ask({ path: '/prod', headers: { host } }, plainRequest)).requestId} - -`);
        await eventually(async () => {
            const { events } = await logged.send(new logs.FilterLogEventsCommand({ logGroupName }));
            const lines = events.map((event) => event.message);
            return [...expected].every((line) => lines.includes(line)) || (lines.length === 3 && assert.deepEqual(new Set(lines), expected));
        });
    });
});

function ask(options, over = https.request) {
    return new Promise((resolve, reject) => {
        const sent = over({ hostname, port, path: '/', agent: false, rejectUnauthorized: false, ...options }, async (answer) => {
            const pieces = [];
            for await (const piece of answer) pieces.push(piece);
            resolve({ status: answer.statusCode, text: Buffer.concat(pieces).toString(), requestId: answer.headers['x-amzn-requestid'],
                cipher: answer.socket.getCipher?.().standardName });
        });
        sent.on('error', reject).end();
    });
}
const visit = (domain, options = {}) => ask({ servername: domain, headers: { host: domain }, ...options });

describe('a domain with a truststore', () => {
    test('lets in whom it vouches for, and tells the API who that is', async () => {
        const domain = await newDomain();
        const answer = await visit(domain, identity('client'));
        assert.deepEqual([answer.status, answer.text], [200, 'CN=client,O=Example|CN=root,O=Example']);
    });

    test('ends the handshake of whoever shows nothing', async () => {
        const domain = await newDomain();
        for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) await assert.rejects(visit(domain, { maxVersion }));
    });

    test('answers 403 to whom it does not know, and to who comes another way', async () => {
        const domain = await newDomain();
        assert.equal((await visit(domain, identity('intruder'))).status, 403);
        assert.equal((await ask({ headers: { host: domain } }, plainRequest)).status, 403);
        const other = await newDomain();
        assert.equal((await ask({ servername: other, headers: { host: domain }, ...identity('client') })).status, 403);
    });

    test('asks nobody once it has no truststore, and nobody else before', async () => {
        const domain = await newDomain();
        assert.equal((await visit('localhost', { path: '/_localstack/health', headers: {} })).status, 200);
        const changed = await send(api.UpdateDomainNameCommand, {
            DomainName: domain, MutualTlsAuthentication: { TruststoreUri: '' } });
        assert.equal(changed.MutualTlsAuthentication, undefined);
        assert.equal((await visit(domain)).status, 200);
    });

    test('takes the truststore by REST APIs\' operations too', async () => {
        const domain = await newDomain();
        const patch = (value) => sendRest(rest.UpdateDomainNameCommand, { domainName: domain, patchOperations: [
            { op: 'replace', path: '/mutualTlsAuthentication/truststoreUri', value }] });
        await fails(patch(`s3://${Bucket}/none.pem`), 'BadRequestException', 400);
        writeFileSync(file('empty.pem'), 'nothing');
        await objects.send(new s3.PutObjectCommand({ Bucket, Key: 'empty.pem', Body: readFileSync(file('empty.pem')) }));
        undo.add(() => objects.send(new s3.DeleteObjectCommand({ Bucket, Key: 'empty.pem' })));
        await fails(patch(`s3://${Bucket}/empty.pem`), 'BadRequestException', 400);
        assert.equal((await patch('')).mutualTlsAuthentication, undefined);
    });
});
