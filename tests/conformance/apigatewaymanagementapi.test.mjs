// @connections: what backends do with WebSocket connections, at every address that an API has.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as management from '@aws-sdk/client-apigatewaymanagementapi';
import { clientOf, endpoint, eventually, fails, onAws } from './support.mjs';
import { connect, echoApi, makeEcho, next, undo } from './web-sockets.mjs';

before(makeEcho);
after(undo.all);

describe('@connections', () => {
    let created;
    before(async () => { created = await echoApi(); });

    const clientFor = (base) => clientOf(management.ApiGatewayManagementApiClient, { endpoint: base });
    const bases = () => (onAws ? [created.ApiEndpoint.replace('wss', 'https') + '/prod']
        : [`${endpoint}/_aws/execute-api/${created.ApiId}/prod`, `${endpoint}/restapis/${created.ApiId}/prod/_user_request_`, endpoint]);

    async function connected() {
        const socket = await connect(created);
        socket.send('who am I');
        return { socket, ConnectionId: JSON.parse(await next(socket)).requestContext.connectionId };
    }

    test('messages are posted, and connections looked at and ended', async () => {
        for (const base of bases()) {
            const at = clientFor(base);
            const { socket, ConnectionId } = await connected();
            await at.send(new management.PostToConnectionCommand({ ConnectionId, Data: 'Grüße' }));
            assert.equal(await next(socket), 'Grüße');
            const read = await at.send(new management.GetConnectionCommand({ ConnectionId }));
            assert.ok(read.ConnectedAt instanceof Date && read.LastActiveAt >= read.ConnectedAt);
            assert.ok(read.Identity.SourceIp);
            await at.send(new management.DeleteConnectionCommand({ ConnectionId }));
            await socket.ended;
            await eventually(() => at.send(new management.GetConnectionCommand({ ConnectionId })).then(() => false, () => true));
            for (const Command of [management.PostToConnectionCommand, management.GetConnectionCommand, management.DeleteConnectionCommand]) {
                await fails(at.send(new Command({ ConnectionId, Data: 'x' })), 'GoneException', 410);
            }
        }
    });

    test('what is too large, and another API\'s connection, are refused', async () => {
        const { ConnectionId } = await connected();
        const at = clientFor(bases()[0]);
        await fails(at.send(new management.PostToConnectionCommand({ ConnectionId, Data: 'x'.repeat(131_073) })), 'PayloadTooLargeException', 413);
        await at.send(new management.PostToConnectionCommand({ ConnectionId, Data: 'x'.repeat(131_072) }));
        const other = await echoApi();
        const elsewhere = clientFor(bases()[0].replace(created.ApiId, other.ApiId));
        await fails(elsewhere.send(new management.PostToConnectionCommand({ ConnectionId, Data: 'x' })), 'GoneException', 410);
    });

    test('the API\'s own host takes them too', { skip: onAws }, async () => {
        const { socket, ConnectionId } = await connected();
        const target = new URL(endpoint);
        const status = await new Promise((resolve, reject) => {
            request({ hostname: target.hostname, port: target.port, method: 'POST', path: `/prod/@connections/${ConnectionId}`,
                headers: { host: new URL(created.ApiEndpoint).host } }, (answer) => resolve(answer.resume().statusCode)).on('error', reject).end('by host');
        });
        assert.equal(status, 200);
        assert.equal(await next(socket), 'by host');
    });

    test('many connections each hear their own', async () => {
        const all = await Promise.all(Array.from({ length: 20 }, connected));
        const at = clientFor(bases()[0]);
        await Promise.all(all.map(({ ConnectionId }, i) => at.send(new management.PostToConnectionCommand({ ConnectionId, Data: `${i}` }))));
        for (const [i, { socket }] of all.entries()) assert.equal(await next(socket), `${i}`);
    });
});
