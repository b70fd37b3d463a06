// Notifications before AWS's own validator of their signatures, which insists on certificates from HTTPS: run.py --serve=--tls.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import https from 'node:https';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';
import * as sns from '@aws-sdk/client-sns';
import MessageValidator from 'sns-validator';
import { clientOf, endpoint, eventually, undoList, unique } from './support.mjs';

const { hostname, port, host } = new URL(endpoint);
const undo = undoList();
after(undo.all);

/** Where SNS is at AWS: the name leads to the cloud under test, which shows its own certificate. */
const awsName = `sns.${process.env.AWS_REGION}.amazonaws.com`;

before(async () => {
    const ca = await certificateOf();
    // What the validator asks for certificates with.
    https.globalAgent = new CloudAgent({ ca, keepAlive: false, checkServerIdentity: () => undefined });
});

/** The certificate that the server made for itself. Everything after this trusts no other. */
async function certificateOf() {
    const socket = tls.connect({ host: hostname, port, rejectUnauthorized: false });
    const { raw } = await new Promise((resolve, reject) => {
        socket.once('secureConnect', () => resolve(socket.getPeerX509Certificate()));
        socket.once('error', reject);
    });
    socket.destroy();
    return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

class CloudAgent extends https.Agent {
    createConnection(options, connected) {
        return super.createConnection({ ...options, host: hostname, port, servername: 'localhost' }, connected);
    }
}

/** A client that calls `url`, whose answers and notifications name it. */
const clientAt = (url) => clientOf(sns.SNSClient, { endpoint: url, requestHandler: { httpsAgent: https.globalAgent } });

/** An HTTP endpoint that keeps what it is sent, and a subscription of it to a new topic. */
async function newSubscriber(client, SignatureVersion) {
    const bodies = [];
    const server = createServer(async (request, response) => {
        bodies.push((await request.toArray()).join(''));
        response.end();
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.add(async () => server.close());
    const { TopicArn } = await client.send(new sns.CreateTopicCommand({ Name: unique('topic'), Attributes: { SignatureVersion } }));
    undo.add(() => client.send(new sns.DeleteTopicCommand({ TopicArn })));
    const Endpoint = `http://127.0.0.1:${server.address().port}/`;
    await client.send(new sns.SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint }));
    return { TopicArn, next: (count) => eventually(async () => bodies[count - 1]) };
}

async function acceptsAll(client, validator, SignatureVersion) {
    const validate = promisify(validator.validate.bind(validator));
    const { TopicArn, next } = await newSubscriber(client, SignatureVersion);
    const confirmation = await validate(await next(1));
    assert.equal(confirmation.Type, 'SubscriptionConfirmation');
    assert.equal(confirmation.SignatureVersion, SignatureVersion);
    await client.send(new sns.ConfirmSubscriptionCommand({ TopicArn, Token: confirmation.Token }));
    const messages = [{ Message: 'hello' }, { Message: 'Größe ✓\n"quoted"', Subject: 'news' }];
    for (const [index, message] of messages.entries()) {
        await client.send(new sns.PublishCommand({ TopicArn, ...message }));
        const body = await next(2 + index);
        const { Type, Message, Subject } = await validate(body);
        assert.deepEqual({ Type, Message, Subject }, { Type: 'Notification', Subject: undefined, ...message });
        await assert.rejects(validate({ ...JSON.parse(body), Message: 'forged' }), /signature is invalid/);
    }
}

for (const version of ['1', '2']) {
    test(`the validator accepts signatures of version ${version} where it is told the cloud's host`, async () => {
        const itself = new RegExp(`^${host.replaceAll('.', '\\.')}$`);
        await acceptsAll(clientAt(`https://${host}`), new MessageValidator(itself), version);
    });

    test(`the validator as it is accepts signatures of version ${version} where AWS's name leads to the cloud`, async () => {
        await acceptsAll(clientAt(`https://${awsName}`), new MessageValidator(), version);
    });
}

test('the validator as it is refuses certificates from elsewhere', async () => {
    const { next } = await newSubscriber(clientAt(`https://${host}`), '1');
    const validator = new MessageValidator();
    const validate = promisify(validator.validate.bind(validator));
    await assert.rejects(validate(await next(1)), /invalid domain/);
});
