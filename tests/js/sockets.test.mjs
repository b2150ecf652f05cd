// WebSockets of every kind: opened, refused, lost, silent, and what comes over them.
import { inspect } from 'node:util';
import { createServer as createTcpServer } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import WebSocket, { WebSocketServer } from 'ws';
import { createClient } from '../../dist/index.js';
import { createTestRegistrar } from '../../dist/testing.js';
import {
  accept,
  alice,
  challenge,
  createWorld,
  FakeSocket,
  header,
  listen,
  turn,
} from './world.mjs';

/** Starts register() and gives its rejection. */
async function failing(world, act) {
  const registration = world.client.createRegistration({ ...alice, retry: false });
  const done = registration.register().catch((reason) => reason);
  act(world.socket);
  return done;
}

const thrown = () => {
  throw new Error('SecurityError');
};

describe('opening', () => {
  test('WS-01 WS-11 offers sip alone, at the address as it was given', async () => {
    const world = await createWorld();
    world.client.register(alice);
    expect(world.socket.url).toBe('wss://edge.example.com/ws?token=query-marker');
    expect(world.socket.protocols).toEqual(['sip']);
    expect(world.socket.binaryType).toBe('arraybuffer');
    await world.client.close();
  });

  test.each(['', 'xmpp', 'sip, other'])(
    'WS-02 fault 6 fault 7 subprotocol "%s" is not spoken to',
    async (subprotocol) => {
      const world = await createWorld({ reconnect: false });
      const error = await failing(world, (socket) => socket.open(subprotocol));
      expect(error).toMatchObject({ code: 'protocol' });
      expect(error.message).toMatch(/subprotocol/);
      expect(world.socket.sent).toEqual([]);
      expect(world.socket.closes).toEqual([1000]);
      await world.client.close();
    },
  );

  test('WS-02 the subprotocol in capitals is the same', async () => {
    const world = await createWorld();
    world.client.register(alice);
    world.socket.open('SIP');
    expect(world.socket.sent).toHaveLength(1);
    await world.client.close();
  });

  const shapes = {
    'error and close': (socket) => {
      socket.error({ message: 'connect ECONNREFUSED' });
      socket.finish();
    },
    'fault 4 error alone (Node 22)': (socket) => socket.error(),
    'close alone': (socket) => socket.finish(),
  };
  test.each(Object.keys(shapes))('fault 1 refused: %s', async (shape) => {
    const world = await createWorld();
    const error = await failing(world, shapes[shape]);
    expect(error).toMatchObject({
      code: 'transport',
      retryable: true,
      retryAt: expect.any(Number),
    });
    expect(error.message).toMatch(/could not be opened/);
    expect(error.message).toContain('wss://edge.example.com/ws');
    expect(error.message).not.toContain('query-marker');
    if (shape === 'error and close') expect(error.message).toContain('ECONNREFUSED');
    expect(world.client.connectionState).toBe('waiting');
    await world.clock.advance(error.retryAt - world.clock.wall);
    expect(world.sockets).toHaveLength(2);
    await world.client.close();
  });

  test('a factory that throws is a failed attempt, with its error as the cause', async () => {
    const cause = new Error('SecurityError');
    const { client } = await createWorld({
      webSocket: () => {
        throw cause;
      },
      reconnect: false,
    });
    const registration = client.createRegistration(alice);
    await expect(registration.register()).rejects.toMatchObject({ code: 'transport', cause });
    expect(registration.state).toBe('failed');
    await client.close();
  });

  test.each([
    ['factory', { webSocket: () => thrown() }],
    ['server function', { server: () => thrown() }],
    ['server function that rejects', { server: async () => thrown() }],
  ])(
    'a %s that always throws lets the page go on when it is tried again at once',
    async (_, how) => {
      let attempts = 0;
      const turnsLeft = { count: 3 };
      const { client } = await createWorld({
        ...Object.fromEntries(
          Object.entries(how).map(([name, fail]) => [
            name,
            () => {
              attempts += 1;
              if (attempts > 1000) turnsLeft.count = 0; // would never end
              return fail();
            },
          ]),
        ),
      });
      const registration = client.createRegistration(alice);
      const again = () => {
        if (turnsLeft.count > 0) registration.register().catch(() => {});
      };
      registration.addEventListener('retry', again);
      again();
      while (turnsLeft.count > 0) {
        await new Promise((resolve) => setTimeout(resolve));
        turnsLeft.count -= 1;
      }
      expect(attempts).toBeLessThan(20);
      await client.close();
    },
  );

  test("SEC-02 an address's query in the platform's words reaches no event and no error", async () => {
    const { client, sockets } = await createWorld();
    const reasons = [];
    client.addEventListener('connectionchange', ({ detail }) => reasons.push(detail.reason));
    const done = client.createRegistration(alice).register();
    sockets[0].error({ message: `cannot open ${sockets[0].url}` });
    await expect(done).rejects.toMatchObject({
      message: expect.stringContaining('cannot open wss://edge.example.com/ws'),
    });
    expect(inspect([reasons, await done.catch((error) => error)])).not.toContain('query-marker');
    await client.close();
  });

  test('fault 5 TSX-12 one that never opens is given up after connectTimeoutMs', async () => {
    const world = await createWorld({ connectTimeoutMs: 3000, reconnect: false });
    const registration = world.client.createRegistration(alice);
    const done = registration.register().catch((reason) => reason);
    await world.clock.advance(2999);
    expect(registration.state).toBe('connecting');
    await world.clock.advance(1);
    expect(await done).toMatchObject({ code: 'timeout' });
    expect(world.socket.closes).toEqual([1000]);
    world.socket.open();
    expect(world.socket.sent).toEqual([]);
    await world.client.close();
  });

  test('WS-19 the next server is tried when one fails', async () => {
    const world = await createWorld({ server: ['wss://a.example.com/', 'wss://b.example.com/'] });
    const registration = world.client.createRegistration(alice);
    const done = registration.register();
    world.socket.error();
    expect(world.sockets.map(({ url }) => url)).toEqual([
      'wss://a.example.com/',
      'wss://b.example.com/',
    ]);
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    await done;
    expect(registration.flows[0].url).toBe('wss://b.example.com/');
    await world.client.close();
  });
});

describe('a server function', () => {
  test('is asked before every attempt', async () => {
    let token = 0;
    const world = await createWorld({
      server: () => Promise.resolve(new URL(`wss://edge.example.com/ws?token=${++token}`)),
    });
    world.client.createRegistration(alice).register();
    await turn();
    expect(world.socket.url).toBe('wss://edge.example.com/ws?token=1');
    world.socket.error();
    await world.clock.advance(60_000);
    expect(world.sockets[1].url).toBe('wss://edge.example.com/ws?token=2');
    await world.client.close();
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('token-marker');
      },
    ],
    ['rejects', () => Promise.reject(new Error('token-marker'))],
    ['gives no address', () => 'edge?token-marker'],
    ['gives the wrong kind', async () => 'https://edge/token-marker'],
  ])('one that %s is a failed attempt', async (_, server) => {
    const world = await createWorld({ server, reconnect: false });
    const error = await world.client.register(alice).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'transport', cause: expect.any(Error) });
    expect(error.message).toContain('server function');
    expect(error.message).not.toContain('token-marker');
    expect(world.sockets).toEqual([]);
    await world.client.close();
  });

  test('one that answers after it was given up opens nothing', async () => {
    let answer;
    const world = await createWorld({
      server: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      connectTimeoutMs: 1000,
    });
    const done = world.client.register(alice);
    await world.clock.advance(1000);
    await expect(done).rejects.toMatchObject({ code: 'timeout' });
    answer('wss://edge.example.com/ws');
    await turn();
    expect(world.sockets).toEqual([]);
    await world.client.close();
  });
});

describe('losing', () => {
  test('fault 8 before the answer: rejects, and registers on the next flow', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const done = registration.register().catch((reason) => reason);
    world.socket.open();
    world.socket.finish(1006);
    const error = await done;
    expect(error).toMatchObject({ code: 'transport', retryable: true });
    const registered = registration.whenRegistered();
    await world.clock.advance(error.retryAt - world.clock.wall);
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    await registered;
    await world.client.close();
  });

  test('fault 9 a refresh rides on the next flow', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const done = registration.refresh();
    const lost = world.socket;
    lost.error();
    lost.finish(1006);
    await world.clock.advance(5000);
    expect(world.sockets).toHaveLength(2);
    world.socket.open();
    expect(header(world.socket.last, 'Call-ID')).toBe(header(lost.last, 'Call-ID'));
    world.socket.receive(accept(world.socket.last));
    expect(await done).toMatchObject({ expires: 600 });
    await world.client.close();
  });

  const useless = {
    'fault 15 WS-16 send() throws': (socket) => {
      socket.send = () => {
        throw new Error('boom');
      };
    },
    'fault 15 the send buffer is full': (socket) => {
      socket.bufferedAmount = 2 ** 21;
    },
    'fault 11 the socket is closing': (socket) => {
      socket.readyState = 2;
    },
  };
  test.each(Object.keys(useless))(
    'WS-16 %s: the flow is lost, and another one found',
    async (how) => {
      const world = await createWorld();
      const registration = await world.registered();
      const [lost] = world.sockets;
      const frames = lost.sent.length;
      useless[how](lost);
      const done = registration.refresh();
      expect(lost.sent).toHaveLength(frames);
      expect(world.client.connectionState).not.toBe('connected');
      await world.clock.advance(5000);
      expect(world.sockets).toHaveLength(2);
      world.socket.open();
      world.socket.receive(accept(world.socket.last));
      expect(await done).toMatchObject({ expires: 600 });
      await world.client.close();
    },
  );

  test('fault 16 events of a retired socket change nothing', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const retired = world.socket;
    const { onmessage, onclose, onopen, onerror } = retired;
    retired.finish(1006);
    await world.clock.advance(5000);
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    const log = listen(registration);
    const { stats } = world.client;
    onmessage({ data: accept(retired.last) });
    onopen({});
    onerror({});
    onclose({ code: 1000 });
    retired.onerror?.({});
    retired.onclose?.({ code: 1000 });
    expect(log).toEqual([]);
    expect(world.client.connectionState).toBe('connected');
    expect(world.client.stats.connects).toBe(stats.connects);
    await world.client.close();
  });

  describe('fault 11 one that closes and never ends', () => {
    const { WebSocket: platformsOwn } = globalThis;
    afterEach(() => {
      globalThis.WebSocket = platformsOwn;
    });

    test.each([
      ["the platform's own", 5000],
      ["the application's", 121_000], // by the next ping
    ])('%s is given up within %i ms', async (whose, time) => {
      if (whose === "the platform's own") globalThis.WebSocket = FakeSocket;
      const world = await createWorld();
      const registration = await world.registered();
      const { socket } = world;
      socket.answersClose = false;
      socket.readyState = 2;
      await world.clock.advance(time);
      expect(registration.state).not.toBe('registered');
      await world.clock.advance(2000);
      expect(world.socket).not.toBe(socket);
      registration.remove();
      await world.clock.advance(5000);
      expect(world.clock.timers.size).toBe(0);
      await world.client.close();
    });
  });

  test('reconnect: false makes it final', async () => {
    const world = await createWorld({ reconnect: false });
    const registration = await world.registered();
    const errors = [];
    registration.addEventListener('failed', ({ detail }) => errors.push(detail));
    world.socket.finish(1001, 'going away');
    expect(errors).toEqual([expect.objectContaining({ code: 'transport' })]);
    expect(registration.state).toBe('failed');
    await world.clock.advance(3_600_000);
    expect(world.sockets).toHaveLength(1);
    await world.client.close();
  });
});

describe('frames', () => {
  const text = (frame) => accept(frame);
  test.each([
    ['text', (frame) => text(frame)],
    ['fault 17 WS-04 an ArrayBuffer', (frame) => new TextEncoder().encode(text(frame)).buffer],
    ['a Uint8Array', (frame) => new TextEncoder().encode(text(frame))],
    [
      'a Buffer that is part of a larger one',
      (frame) =>
        Buffer.concat([Buffer.from('xx'), Buffer.from(text(frame)), Buffer.from('yy')]).subarray(
          2,
          -2,
        ),
    ],
    ['a DataView', (frame) => new DataView(new TextEncoder().encode(text(frame)).buffer)],
    ['text that is not ASCII', (frame) => accept(frame, { 'X-Note': `${'grün'.repeat(700)}😀` })],
  ])('%s', async (_, make) => {
    const world = await createWorld();
    const done = world.client.register(alice);
    world.socket.open();
    world.socket.receive(make(world.socket.last));
    const { info } = await done;
    const note = info.response.headers.find(([name]) => name === 'X-Note');
    if (note) expect(note[1]).toBe(`${'grün'.repeat(700)}😀`);
    await world.client.close();
  });

  test('fault 18 fault 21 fault 22 what is no message is dropped and counted', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const log = listen(registration);
    const { framesIn, dropped } = world.client.stats;
    const frames = [
      'garbage',
      new Uint8Array([0xff, 0xfe, 0x00]),
      'x'.repeat(65_537),
      new Uint8Array(5_000_000),
      accept(world.socket.last),
    ];
    for (const frame of frames) world.socket.receive(frame);
    for (const blank of ['', '\r\n', new ArrayBuffer(0), null, {}]) world.socket.receive(blank);
    expect(log).toEqual([]);
    expect(world.client.stats.framesIn).toBeGreaterThanOrEqual(framesIn + frames.length);
    expect(world.client.stats.dropped).toBe(dropped + frames.length);
    expect(registration.state).toBe('registered');
    await world.client.close();
  });

  test('WS-05 a frame that is not UTF-8 goes out as bytes', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const done = registration.register();
    world.socket.open();
    const realm = Uint8Array.from('SIP/2.0 401 Unauthorized\r\n', (c) => c.charCodeAt(0));
    const rows = challenge(world.socket.last).split('\r\n').slice(1).join('\r\n');
    const bytes = Buffer.concat([
      realm,
      Buffer.from(rows.replace('example.com"', 'ex\xe4mple.com"'), 'latin1'),
    ]);
    world.socket.receive(bytes);
    const answer = world.socket.last;
    expect(ArrayBuffer.isView(answer)).toBe(true);
    expect(Buffer.from(answer).toString('latin1')).toContain('realm="ex\xe4mple.com"');
    world.socket.receive(accept(Buffer.from(answer).toString('latin1')));
    await done;
    await world.client.close();
  });
});

describe('real sockets (ws)', () => {
  const servers = [];
  const serve = (server) => {
    servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve(server.address().port));
    });
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections?.();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  const rejection = async (port, options = {}) => {
    const client = await createClient({
      server: `ws://127.0.0.1:${port}/ws?token=query-marker`,
      storage: null,
      reconnect: false,
      ...options,
    });
    const error = await client.register(alice).catch((reason) => reason);
    await client.close();
    return error;
  };

  test('registers over a port, through a challenge', async () => {
    const registrar = createTestRegistrar({ users: { alice: 'secret-marker' } });
    const { url, close } = await registrar.listen();
    const client = await createClient({ server: url, storage: null });
    const registration = await client.register(alice);
    expect(registration.info.auth).toMatchObject({ scheme: 'Digest', algorithm: 'MD5' });
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    await client.close();
    await close();
  });

  test('fault 1 refused', async () => {
    const port = await serve(createTcpServer());
    await new Promise((resolve) => servers.pop().close(resolve));
    const error = await rejection(port);
    expect(error).toMatchObject({ code: 'transport' });
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('WS-12 fault 3 an HTTP status instead of a WebSocket', async () => {
    const port = await serve(createHttpServer((_, response) => response.writeHead(401).end()));
    const error = await rejection(port);
    expect(error).toMatchObject({ code: 'transport' });
    expect(error.message).toContain('401');
    expect(error.message).not.toContain('query-marker');
  });

  test("WS-12 headers of the upgrade are the application's socket's business", async () => {
    const http = createHttpServer();
    const cookies = [];
    http.on('upgrade', (request) => cookies.push(request.headers.cookie));
    const server = new WebSocketServer({ server: http, handleProtocols: () => 'sip' });
    server.on('connection', (socket) => {
      socket.on('message', (request) => socket.send(accept(request.toString())));
    });
    const port = await serve(http);
    const client = await createClient({
      server: `ws://127.0.0.1:${port}/ws`,
      storage: null,
      webSocket: (url, protocols) =>
        new WebSocket(url, protocols, { headers: { Cookie: 'session=1' } }),
    });
    const registration = await client.register(alice);
    expect(registration.state).toBe('registered');
    expect(cookies).toEqual(['session=1']);
    await client.close();
    for (const socket of server.clients) socket.terminate();
  });

  test('fault 6 no subprotocol', async () => {
    const http = createHttpServer();
    const server = new WebSocketServer({ server: http, handleProtocols: () => false });
    const port = await serve(http);
    const error = await rejection(port);
    expect(error).toMatchObject({ code: 'transport' });
    expect(error.message).toMatch(/subprotocol/);
    for (const socket of server.clients) socket.terminate();
  });

  test('fault 5 a server that says nothing', async () => {
    const port = await serve(createTcpServer(() => undefined));
    const sockets = [];
    servers.at(-1).on('connection', (socket) => sockets.push(socket));
    expect(await rejection(port, { connectTimeoutMs: 50 })).toMatchObject({ code: 'timeout' });
    for (const socket of sockets) socket.destroy();
  });

  test('fault 24 the longest message is bounded', async () => {
    const http = createHttpServer();
    const server = new WebSocketServer({ server: http, handleProtocols: () => 'sip' });
    const port = await serve(http);
    const closed = new Promise((resolve) => {
      server.on('connection', (socket) => {
        socket.on('close', resolve);
        socket.on('message', () => socket.send('x'.repeat(3_000_000)));
      });
    });
    expect(await rejection(port)).toMatchObject({ code: 'transport' });
    expect(await closed).toBe(1009);
  });
});

describe('API-12 a token in the address stays out of errors and events', () => {
  const told = async (server, happen) => {
    const seen = [];
    const { client, sockets } = await createWorld({
      server,
      reconnect: false,
      ...(happen.factory && { webSocket: happen.factory }),
    });
    client.addEventListener('connectionchange', ({ detail }) => seen.push(detail));
    const done = client.register(alice).catch((reason) => reason);
    if (happen.socket) happen.socket(sockets.at(-1));
    const error = await done;
    await client.close();
    expect(error.code).toBe('transport');
    const { cause } = error;
    return JSON.stringify([seen, error.message, error.stack, cause?.message, cause?.stack]);
  };

  test.each([
    ['wss://a.example.com?tok=query-marker', 'wss://a.example.com/?tok=query-marker'],
    ['WSS://A.example.com/ws?tok=query-marker', 'wss://a.example.com/ws?tok=query-marker'],
    ['wss://a.example.com/ws?tok=query-marker', '/ws?tok=query-marker'],
    ['wss://a.example.com/ws?tok=query-marker&b=other-marker', 'tok=query-marker&b=other-marker'],
    ['wss://a.example.com/ws?tok=query-marker', 'wss://a.example.com/ws?tok=query-marker'],
  ])('%s, told as %s', async (server, spelling) => {
    const text = `connection to '${spelling}' failed`;
    for (const happen of [
      { socket: (socket) => socket.error({ message: text, error: new Error(text) }) },
      { socket: (socket) => socket.finish(1006, text) },
      {
        factory: (url) => {
          throw new SyntaxError(`The URL '${url}' is invalid`);
        },
      },
    ]) {
      expect(await told(server, happen)).not.toContain('marker');
    }
  });

  test('a query of a few letters takes no words out of the reason', async () => {
    const text = 'connect ECONNREFUSED ws.example.com';
    const happen = { socket: (socket) => socket.error({ message: text, error: new Error(text) }) };
    const all = await told('wss://a.example.com/?ws', happen);
    expect(all.split(text).length - 1).toBeGreaterThan(1);
  });

  test.each([
    ['a symbol', Symbol('odd')],
    ['an object without a prototype', Object.create(null)],
    ['null', null],
  ])('what cannot be read, %s, is a failure like any other', async (_, thrown) => {
    const factory = () => {
      throw thrown;
    };
    expect(await told('wss://a.example.com/?tok=query-marker', { factory })).toContain('opened');
  });
});
