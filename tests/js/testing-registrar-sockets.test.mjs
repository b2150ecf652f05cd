// How the embedded registrar is reached: the in-memory WebSocket and the ws:// port of listen().
import { jest } from '@jest/globals';
import { once } from 'node:events';
import { connect as tcpConnect } from 'node:net';
import { get } from 'node:http';
import { WebSocket } from 'ws';
import { createTestRegistrar } from '../../dist/testing.js';
import { aor, connect, readResponse, registerRequest, turn } from './testing-registrar-client.mjs';

/** A socket of the registrar that notes the events it fires. */
function watched(registrar, protocols = ['sip']) {
  const socket = registrar.webSocket('ws://registrar.test/path?x=1', protocols);
  const events = [];
  socket.onopen = ({ type }) => events.push(type);
  socket.onerror = ({ type }) => events.push(type);
  socket.onmessage = ({ data }) => events.push(readResponse(data).status);
  socket.onclose = ({ code, reason, wasClean }) => events.push({ code, reason, wasClean });
  return { socket, events };
}

describe('the in-memory WebSocket', () => {
  test('opens with the subprotocol sip and delivers asynchronously', async () => {
    const registrar = createTestRegistrar();
    const { socket, events } = watched(registrar, ['other', 'sip']);
    expect([socket.readyState, socket.protocol, registrar.connections]).toEqual([0, '', 0]);
    await turn();
    expect([socket.readyState, socket.protocol, registrar.connections]).toEqual([1, 'sip', 1]);
    expect(socket.url).toBe('ws://registrar.test/path?x=1');
    const request = registerRequest();
    socket.send(request);
    expect(socket.bufferedAmount).toBe(request.length);
    expect(registrar.requests).toEqual([]);
    await turn();
    expect(socket.bufferedAmount).toBe(0);
    expect(events).toEqual(['open', 200]);
  });

  test.each([[[]], [['chat', 'SIP']]])('fails when %j is offered', async (protocols) => {
    const registrar = createTestRegistrar();
    const { socket, events } = watched(registrar, protocols);
    await turn();
    expect(events).toEqual(['error', { code: 1006, reason: '', wasClean: false }]);
    expect([socket.readyState, socket.protocol, registrar.connections]).toEqual([3, '', 0]);
  });

  test('is an event target, and what made it stands in for the class WebSocket', async () => {
    const { webSocket } = createTestRegistrar();
    const socket = new webSocket(new URL('wss://registrar.test/path'), 'sip');
    expect(socket).toBeInstanceOf(webSocket);
    expect(socket).toMatchObject({ url: 'wss://registrar.test/path', extensions: '' });
    for (const { CONNECTING, OPEN, CLOSING, CLOSED } of [webSocket, socket]) {
      expect([CONNECTING, OPEN, CLOSING, CLOSED]).toEqual([0, 1, 2, 3]);
    }
    const events = [];
    socket.onopen = (event) => events.push(event);
    const listener = (event) => events.push(event);
    for (const type of ['open', 'message', 'error', 'close']) {
      socket.addEventListener(type, listener);
    }
    await turn();
    socket.removeEventListener('open', listener);
    socket.dispatchEvent(new Event('open'));
    socket.send(registerRequest());
    await turn();
    socket.close(3000, 'bye');
    await turn();
    expect(events.map(({ type }) => type)).toEqual(['open', 'open', 'open', 'message', 'close']);
    expect(events.every(({ target }) => target === socket)).toBe(true);
    expect(readResponse(events[3].data).status).toBe(200);
    expect(events[4]).toMatchObject({ code: 3000, reason: 'bye', wasClean: true });
    const refused = new webSocket('wss://registrar.test');
    refused.addEventListener('error', listener);
    await turn();
    expect([refused.readyState, events.at(-1).type]).toEqual([refused.CLOSED, 'error']);
  });

  test('is not held up by fake clocks', async () => {
    jest.useFakeTimers();
    try {
      const { register } = await connect(createTestRegistrar());
      expect((await register()).status).toBe(200);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    ['an ArrayBuffer', (bytes) => bytes.buffer],
    ['a view', (bytes) => bytes],
  ])('takes %s as a frame', async (_name, as) => {
    const registrar = createTestRegistrar();
    const { socket, exchange } = await connect(registrar);
    const text = registerRequest({ contact: ['"Jäsøn" <sip:j@j.invalid>'] });
    expect((await exchange(as(new TextEncoder().encode(text)))).status).toBe(200);
    expect(registrar.requests).toEqual([text]);
    expect(registrar.bindings(aor)).toMatchObject([{ displayName: 'Jäsøn' }]);
    expect(() => socket.send(new Blob([text]))).toThrow(TypeError);
  });

  test('close() lets frames that were sent before arrive, and no answer back', async () => {
    const registrar = createTestRegistrar();
    const { socket, events } = watched(registrar);
    await turn();
    socket.send(registerRequest());
    socket.close(3001, 'bye');
    expect(socket.readyState).toBe(2);
    socket.send(registerRequest({ cseq: 2 }));
    await turn();
    expect(events).toEqual(['open', { code: 3001, reason: 'bye', wasClean: true }]);
    expect(registrar.requests).toHaveLength(1);
    expect(registrar.bindings(aor)).toHaveLength(1);
    socket.close();
    await turn();
    expect([socket.readyState, events.length]).toEqual([3, 2]);
  });

  test('close() without a code is 1005; before it opened, a failure', async () => {
    const registrar = createTestRegistrar();
    const first = watched(registrar);
    await turn();
    first.socket.close();
    const second = watched(registrar);
    second.socket.close();
    await turn();
    expect(first.events[1]).toEqual({ code: 1005, reason: '', wasClean: true });
    expect(second.events).toEqual(['error', { code: 1006, reason: '', wasClean: false }]);
    expect(registrar.connections).toBe(0);
  });

  test('throws what browsers throw', async () => {
    const { socket } = watched(createTestRegistrar());
    const name = (action) => {
      try {
        action();
        return 'nothing';
      } catch (error) {
        return error.name;
      }
    };
    expect(name(() => socket.send('x'))).toBe('InvalidStateError');
    for (const code of [0, 999, 1001, 1002, 1006, 2999, 5000, NaN]) {
      expect(name(() => socket.close(code))).toBe('InvalidAccessError');
    }
    expect(name(() => socket.close(1000, 'ä'.repeat(62)))).toBe('SyntaxError');
    await turn();
    expect(socket.readyState).toBe(1);
  });

  test('a frame of more than 64 KiB ends the connection with 1009', async () => {
    const registrar = createTestRegistrar();
    const { socket, events } = watched(registrar);
    await turn();
    socket.send('x'.repeat(65_537));
    await turn();
    expect(events[1]).toEqual({ code: 1009, reason: '', wasClean: true });
    expect(registrar.requests).toEqual([]);
  });
});

describe('the registrar towards its connections', () => {
  test.each([
    [undefined, 1006, false],
    [1001, 1001, true],
    [4000, 4000, true],
  ])('disconnect(%p) closes all with %i', async (given, code, wasClean) => {
    const registrar = createTestRegistrar();
    const sockets = [watched(registrar), watched(registrar)];
    await turn();
    sockets[0].socket.send(registerRequest());
    registrar.disconnect(given);
    expect(registrar.connections).toBe(0);
    await turn();
    for (const { events } of sockets)
      expect(events).toEqual(['open', { code, reason: '', wasClean }]);
    expect(registrar.requests).toEqual([]);
    expect((await (await connect(registrar)).register()).status).toBe(200);
  });

  test.each([[999], [1004], [1005], [1015], [2000], [5000], [1000.5]])(
    'disconnect(%p) is refused',
    (code) => {
      expect(() => createTestRegistrar().disconnect(code)).toThrow(/^disconnect\(\): code must be/);
    },
  );

  test('send() reaches every connection; forgetRequests() empties the record', async () => {
    const registrar = createTestRegistrar();
    const clients = [await connect(registrar), await connect(registrar)];
    registrar.send('OPTIONS sip:a@a.invalid SIP/2.0\r\n\r\n');
    await turn();
    for (const { frames } of clients) expect(frames).toHaveLength(1);
    await clients[0].register();
    const { requests } = registrar;
    expect(requests).toHaveLength(1);
    registrar.forgetRequests();
    expect(requests).toEqual([]);
  });
});

describe('listen()', () => {
  /** Runs `body` with a registrar on a free port and frees the port afterwards. */
  const onPort = (body) => async () => {
    const registrar = createTestRegistrar();
    const listener = await registrar.listen();
    try {
      await body(registrar, listener);
    } finally {
      await listener.close();
    }
  };

  const open = async (url) => {
    const socket = new WebSocket(url, ['sip']);
    await once(socket, 'open');
    return socket;
  };

  const portOf = (url) => Number(new URL(url).port);

  test(
    'serves real WebSocket clients in text and binary frames, beside in-memory ones',
    onPort(async (registrar, { url }) => {
      expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*$/);
      const socket = await open(`${url}/any/path`);
      expect(socket.protocol).toBe('sip');
      socket.send(registerRequest());
      const [text, isBinary] = await once(socket, 'message');
      expect([readResponse(text.toString()).status, isBinary]).toEqual([200, false]);
      socket.send(Buffer.from(registerRequest({ cseq: 2, headers: ['Expires: 7'] })));
      const [second] = await once(socket, 'message');
      expect(readResponse(second.toString()).status).toBe(200);
      expect(registrar.bindings(aor)).toMatchObject([{ expires: 7 }]);
      const memory = await connect(registrar);
      expect((await memory.register({ contact: [] })).all('Contact')).toHaveLength(1);
      expect(registrar.connections).toBe(2);
      socket.send('\r\n\r\n');
      expect((await once(socket, 'message'))[0].toString()).toBe('\r\n');
    }),
  );

  test.each([[undefined], [['chat']], [['SIP']]])('refuses a client that offers %j', (protocols) =>
    onPort(async (registrar, { url }) => {
      const [error] = await once(new WebSocket(url, protocols), 'error');
      expect(error.message).toContain('400');
      expect(registrar.connections).toBe(0);
    })(),
  );

  test(
    'answers plain HTTP with 426',
    onPort(async (_registrar, { url }) => {
      const [response] = await once(get(url.replace('ws:', 'http:')), 'response');
      expect(response.statusCode).toBe(426);
      response.resume();
      await once(response, 'end');
    }),
  );

  test(
    'ends a connection with 1009 on a frame of more than 64 KiB, and serves others',
    onPort(async (registrar, { url }) => {
      const [bad, good] = [await open(url), await open(url)];
      bad.send('x'.repeat(65_537));
      expect((await once(bad, 'close'))[0]).toBe(1009);
      good.send(registerRequest());
      expect(readResponse((await once(good, 'message'))[0].toString()).status).toBe(200);
      expect(registrar.requests).toHaveLength(1);
    }),
  );

  test.each([[1006], [1012]])('disconnect(%i) drops its connections', (code) =>
    onPort(async (registrar, { url }) => {
      const socket = await open(url);
      registrar.disconnect(code);
      expect((await once(socket, 'close'))[0]).toBe(code);
    })(),
  );

  test('close() ends all its connections, the idle ones too, and frees the port', async () => {
    const registrar = createTestRegistrar();
    const listener = await registrar.listen();
    const port = portOf(listener.url);
    const socket = await open(listener.url);
    const silent = tcpConnect(port, '127.0.0.1');
    await once(silent, 'connect');
    silent.on('error', () => undefined);
    const memory = await connect(registrar);
    const ended = Promise.all([once(socket, 'close'), once(silent, 'close')]);
    const closing = listener.close();
    expect(listener.close()).toBe(closing);
    await Promise.all([closing, ended]);
    expect(registrar.connections).toBe(1);
    expect((await memory.register()).status).toBe(200);
    const again = await createTestRegistrar().listen(port);
    expect(portOf(again.url)).toBe(port);
    await again.close();
  });

  test(
    'says when the port is taken or no port',
    onPort(async (registrar, { url }) => {
      const port = portOf(url);
      await expect(registrar.listen(port)).rejects.toThrow(`listen(): port ${port} is in use`);
      for (const bad of [-1, 65_536, 1.5, '80']) {
        await expect(registrar.listen(bad)).rejects.toThrow(/^listen\(\): port must be an integer/);
      }
    }),
  );
});
