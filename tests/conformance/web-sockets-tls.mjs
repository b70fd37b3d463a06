// WebSockets over TLS, on the port that speaks plain HTTP too.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { endpoint, eventually } from './support.mjs';
import { deploy, echoApi, makeEcho, mock, newApi, next, route, undo } from './web-sockets.mjs';

before(makeEcho);
after(undo.all);

test('messages of all sizes pass, and the end is told', async () => {
    const created = await echoApi();
    const socket = new WebSocket(`${endpoint.replace(/^https?/, 'wss')}/_aws/execute-api/${created.ApiId}/prod`, { rejectUnauthorized: false });
    socket.messages = [];
    socket.on('message', (text) => socket.messages.push(text.toString()));
    await once(socket, 'open');
    for (const size of [0, 1, 125, 126, 16_384, 32_000]) {
        socket.send('x'.repeat(size));
        assert.equal(JSON.parse(await next(socket)).body.length, size);
    }
    const part = 'y'.repeat(32_768);
    for (let i = 0; i < 3; ++i) socket.send(part, { fin: i === 2 });
    assert.equal(JSON.parse(await next(socket)).body, part.repeat(3));
    socket.ping();
    await once(socket, 'pong');
    socket.send('z'.repeat(32_769));
    const [code] = await once(socket, 'close');
    assert.equal(code, 1009);
});

test('many open at once', async () => {
    const created = await newApi();
    await route(created, '$default', await mock(created, '$context.connectionId'), { twoWay: true });
    await deploy(created);
    const url = `${endpoint.replace(/^https?/, 'wss')}/_aws/execute-api/${created.ApiId}/prod`;
    const heard = new Set();
    const sockets = Array.from({ length: 50 }, () => {
        const socket = new WebSocket(url, { rejectUnauthorized: false });
        socket.on('open', () => socket.send('who am I'));
        socket.on('message', (text) => heard.add(text.toString()));
        return socket;
    });
    await eventually(async () => heard.size === sockets.length);
    for (const socket of sockets) socket.terminate();
});
