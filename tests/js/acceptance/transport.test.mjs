// Sockets: opening them, several servers, the subprotocol, frames, losing and regaining a connection.
import {
  answer,
  aor,
  asked,
  checkInvariants,
  cseq,
  errorOf,
  granted,
  makeRegistered,
  makeRegistration,
  makeWorld,
  record,
  script,
  server,
  settle,
  start,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

/** Every connectionchange of a client. */
function recordConnection(client) {
  const log = [];
  client.addEventListener('connectionchange', (event) => {
    log.push({ ...event.detail, seen: client.connectionState });
  });
  return log;
}

describe('opening a socket', () => {
  test('WS-01 WS-11 offers the subprotocol sip and that one only, at the URL as it was given', async () => {
    const url = 'wss://edge.example.com:8443/ws?token=a%20b&x=1';
    const { network } = await makeRegistered({}, { server: url });
    expect(network.sockets).toHaveLength(1);
    expect(network.socket.url).toBe(url);
    expect(network.socket.protocols).toEqual(['sip']);
    expect(network.socket.binaryType).toBe('arraybuffer');
  });

  test('takes a URL object', async () => {
    const { network } = await makeRegistered({}, { server: new URL(server) });
    expect(network.socket.url).toBe(server);
  });

  test('goes disconnected, connecting, connected; the state is set before the event', async () => {
    const { client, registration } = await makeRegistration();
    const log = recordConnection(client);
    expect(client.connectionState).toBe('disconnected');
    await registration.register();
    expect(log.map(({ state }) => state)).toEqual(['connecting', 'connected']);
    expect(log.map(({ seen }) => seen)).toEqual(['connecting', 'connected']);
    expect(log[1].url).toBe('wss://edge.example.com/ws');
    expect(client.stats).toMatchObject({
      connects: 1,
      framesOut: 1,
      framesIn: 1,
      registers: 1,
      dropped: 0,
    });
  });

  test('cuts the query from URLs in events', async () => {
    const { client, registration } = await makeRegistration(
      {},
      { server: `${server}?token=S3CRET` },
    );
    const log = recordConnection(client);
    const messages = [];
    client.addEventListener('message', (event) => messages.push(event.detail.url));
    await registration.register();
    for (const { url } of log) expect(url).toBe('wss://edge.example.com/ws');
    expect(new Set(messages)).toEqual(new Set(['wss://edge.example.com/ws']));
    expect(registration.flows[0].url).toBe('wss://edge.example.com/ws');
  });

  test('fault 1 refused: rejects with transport, retryable, with a message that lists causes; a retry follows', async () => {
    const { registration, network, client, clock, log } = await makeRegistration(
      {},
      { connect: (socket, number) => (number === 1 ? socket.refuse() : socket.open()) },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ name: 'RegistrationError', code: 'transport', retryable: true });
    expect(error.status).toBeUndefined();
    expect(error.message.length).toBeGreaterThan(40);
    expect(registration).toMatchObject({ state: 'waiting', retryAt: error.retryAt });
    expect(client.connectionState).toBe('waiting');
    // Interactive: base 1 s, so the first wait is U(1, 2) s.
    expect(error.retryAt - start).toBeLessThanOrEqual(2000);
    expect(log.of('retry')).toHaveLength(1);
    expect(log.of('failed')).toEqual([]);
    await clock.advance(2001);
    expect(network.sockets).toHaveLength(2);
    expect(registration.state).toBe('registered');
  });

  test('fault 4 refused as Node 22 does it, with an error and no close: the same', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { connect: (socket, number) => (number === 1 ? socket.refuseSilently() : socket.open()) },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'transport' });
    await clock.advance(2001);
    expect(network.sockets).toHaveLength(2);
    expect(registration.state).toBe('registered');
  });

  test('a webSocket() that throws: the same', async () => {
    let calls = 0;
    const { registration, clock } = await makeRegistration(
      {},
      {
        webSocket: () => {
          calls += 1;
          throw new Error('no sockets here');
        },
      },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'transport' });
    await clock.advance(10_000);
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(10);
  });

  test('fault 5 hanging: timeout after connectTimeoutMs, and the socket is closed', async () => {
    const { registration, network, clock } = await makeRegistration(
      { retry: false },
      { connect: () => undefined, connectTimeoutMs: 4000, reconnect: false },
    );
    const done = watch(registration.register());
    await clock.advance(3999);
    expect(done.state).toBe('pending');
    await clock.advance(1);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout', retryable: true } });
    expect(network.socket.closeCalls).toHaveLength(1);
    network.socket.readyState = 0;
    network.socket.open();
    await settle();
    expect(network.requests).toEqual([]);
  });

  test('hanging: the default is 10 s', async () => {
    const { registration, clock } = await makeRegistration({}, { connect: () => undefined });
    const done = watch(registration.register());
    await clock.advance(9999);
    expect(done.state).toBe('pending');
    await clock.advance(1);
    expect(done.state).toBe('rejected');
  });

  test('TSX-12 Timer F starts when the request is sent, not when the socket is asked for', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { connect: () => undefined, handler: () => undefined },
    );
    const done = watch(registration.register());
    await clock.advance(9000);
    network.socket.open();
    await clock.advance(31_000);
    network.socket.receive(granted(network.last));
    await settle();
    expect(done.state).toBe('fulfilled');
  });

  test('with reconnect: false a refused socket is final: failed, transport', async () => {
    const { registration, network, clock, log } = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse(), reconnect: false },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'transport' });
    expect(registration).toMatchObject({ state: 'failed', retryAt: null });
    expect(log.of('failed')).toHaveLength(1);
    await clock.advance(3_600_000);
    expect(network.sockets).toHaveLength(1);
  });

  test('OB-08 attempts back off to 30 s and keep their jitter', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse() },
    );
    const times = [];
    const { connect } = network;
    network.connect = (socket) => {
      times.push(clock.mono);
      connect(socket);
    };
    await errorOf(registration.register());
    await clock.advance(600_000);
    const waits = times.slice(1).map((time, index) => time - times[index]);
    expect(waits[0]).toBeLessThanOrEqual(2000);
    expect(waits.length).toBeLessThan(45);
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(30_001);
    const last = waits.slice(-10);
    for (const wait of last) expect(wait).toBeGreaterThanOrEqual(15_000);
    expect(new Set(last).size).toBeGreaterThan(5);
  });

  test('policy rfc5626 waits 30 to 60 s first; baseMs and maxMs are kept to', async () => {
    const slow = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse(), reconnect: { policy: 'rfc5626' } },
    );
    const first = await errorOf(slow.registration.register());
    expect(first.retryAt - start).toBeGreaterThanOrEqual(30_000);
    expect(first.retryAt - start).toBeLessThanOrEqual(60_000);

    const quick = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse(), reconnect: { baseMs: 100, maxMs: 400 } },
    );
    await errorOf(quick.registration.register());
    await quick.clock.advance(10_000);
    expect(quick.network.sockets.length).toBeGreaterThanOrEqual(25);
    expect(quick.registration.retryAt - quick.clock.wall).toBeLessThanOrEqual(400);
  });
});

describe('the subprotocol', () => {
  test.each([[''], ['other']])(
    '%p instead of sip: protocol, closed with 1000, final',
    async (protocol) => {
      const { registration, network, clock, log } = await makeRegistration(
        {},
        { connect: (socket) => socket.open(protocol) },
      );
      const error = await errorOf(registration.register());
      expect(error).toMatchObject({ code: 'protocol' });
      expect(error.message).toContain('sip');
      expect(network.socket.closeCalls.map(({ code }) => code)).toEqual([1000]);
      expect(registration.state).toBe('failed');
      expect(log.of('failed')).toHaveLength(1);
      expect(network.requests).toEqual([]);
      await clock.advance(3_600_000);
      expect(network.sockets).toHaveLength(1);
    },
  );

  test('WS-02 is compared without regard to case', async () => {
    const { registration } = await makeRegistered({}, { connect: (socket) => socket.open('SIP') });
    expect(registration.state).toBe('registered');
  });

  test('WS-02 wrong on one server of two: the other is used', async () => {
    const { network, registration } = await makeRegistered(
      {},
      {
        server: ['wss://a.example.com/', 'wss://b.example.com/'],
        connect: (socket) => socket.open(socket.url.includes('a.example') ? '' : 'sip'),
      },
    );
    expect(network.sockets.map(({ url }) => url)).toEqual([
      'wss://a.example.com/',
      'wss://b.example.com/',
    ]);
    expect(registration.state).toBe('registered');
  });
});

describe('several servers', () => {
  const servers = ['wss://a.example.com/', 'wss://b.example.com/', 'wss://c.example.com/'];

  test('WS-19 are tried in order, and the call resolves with the first that works', async () => {
    const { network, registration, client } = await makeRegistered(
      {},
      {
        server: servers,
        connect: (socket) => (socket.url.includes('c.') ? socket.open() : socket.refuse()),
      },
    );
    expect(network.sockets.map(({ url }) => url)).toEqual(servers);
    expect(registration.state).toBe('registered');
    expect(registration.flows[0].url).toBe(servers[2]);
    expect(network.requests).toHaveLength(1);
    expect(client.stats.connects).toBe(1);
  });

  test('all refused: the call rejects after each was tried once', async () => {
    const { network, registration } = await makeRegistration(
      {},
      { server: servers, connect: (socket) => socket.refuse() },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'transport', retryable: true });
    expect(network.sockets.map(({ url }) => url)).toEqual(servers);
    expect(registration.state).toBe('waiting');
  });

  test('one that hangs delays by its connect timeout only', async () => {
    const { network, registration, clock } = await makeRegistration(
      {},
      {
        server: servers,
        connect: (socket) => (socket.url.includes('a.') ? undefined : socket.open()),
      },
    );
    const done = watch(registration.register());
    await clock.advance(10_000);
    expect(done.state).toBe('fulfilled');
    expect(network.sockets.map(({ url }) => url)).toEqual(servers.slice(0, 2));
  });

  test('WS-07 the Via transport follows the URL that is used', async () => {
    const { network } = await makeRegistered(
      {},
      {
        server: ['wss://a.example.com/', 'ws://localhost/'],
        connect: (socket) => (socket.url.startsWith('wss') ? socket.refuse() : socket.open()),
      },
    );
    expect(network.last.one('Via')).toMatch(/^SIP\/2\.0\/WS /);
    expect(network.last.one('Contact')).toContain(';transport=ws>');
  });
});

describe('a URL provider', () => {
  test('is asked before every connection attempt, and not before', async () => {
    let asked = 0;
    const { registration, network, clock } = await makeRegistration(
      {},
      {
        server: () => `wss://edge.example.com/?t=${++asked}`,
        connect: (socket, number) => (number === 1 ? socket.refuse() : socket.open()),
      },
    );
    expect(asked).toBe(0);
    await errorOf(registration.register());
    expect(asked).toBe(1);
    await clock.advance(3000);
    expect(asked).toBe(2);
    expect(network.sockets.map(({ url }) => url)).toEqual([
      'wss://edge.example.com/?t=1',
      'wss://edge.example.com/?t=2',
    ]);
    await clock.advance(60_000);
    network.socket.closed(1006);
    await clock.advance(3000);
    expect(asked).toBe(3);
    expect(registration.state).toBe('registered');
  });

  test.each([
    ['a promise', () => Promise.resolve('wss://late.example.com/')],
    ['a URL', () => new URL('wss://late.example.com/')],
    ['a promise of a URL', async () => new URL('wss://late.example.com/')],
  ])('may give %s', async (_, provider) => {
    const { network } = await makeRegistered({}, { server: provider });
    expect(network.socket.url).toBe('wss://late.example.com/');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no token');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no token'))],
    ['gives no URL', () => 'nonsense'],
    ['gives https:', () => 'https://edge.example.com/'],
    ['gives nothing', () => undefined],
  ])('that %s: the call rejects, nothing is opened', async (_, provider) => {
    const { registration, network } = await makeRegistration({}, { server: provider });
    const error = await errorOf(registration.register());
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toEqual(expect.any(String));
    expect(network.sockets).toEqual([]);
    expect(['waiting', 'failed']).toContain(registration.state);
  });

  test('that never answers: the call rejects with timeout in bounded time', async () => {
    const { registration, clock, network } = await makeRegistration(
      {},
      { server: () => new Promise(() => undefined) },
    );
    const done = watch(registration.register());
    await clock.advance(10_000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
    expect(network.sockets).toEqual([]);
  });

  test('stands in a list beside strings', async () => {
    const { network } = await makeRegistered(
      {},
      {
        server: ['wss://a.example.com/', async () => 'wss://b.example.com/'],
        connect: (socket) => (socket.url.includes('a.') ? socket.refuse() : socket.open()),
      },
    );
    expect(network.socket.url).toBe('wss://b.example.com/');
  });
});

describe('frames', () => {
  const encode = (text) => new TextEncoder().encode(text);

  test.each([
    ['an ArrayBuffer', (text) => encode(text).buffer],
    ['a Uint8Array', encode],
    ['a Buffer', (text) => Buffer.from(text)],
    [
      'a view into a larger buffer',
      (text) => {
        const bytes = encode(text);
        const larger = new Uint8Array(bytes.length + 20);
        larger.set(bytes, 7);
        return larger.subarray(7, 7 + bytes.length);
      },
    ],
    ['a string', (text) => text],
  ])('WS-04 fault 17 as %s are taken', async (_, make) => {
    const { registration, client } = await makeRegistered(
      {},
      { handler: (request) => make(granted(request)) },
    );
    expect(registration.state).toBe('registered');
    expect(client.stats.dropped).toBe(0);
  });

  test('WS-06 fault 20 two messages in one frame are both handled, with a warning', async () => {
    const { client, network } = await makeWorld({ handler: () => undefined });
    const alice = client.createRegistration({ aor });
    const bob = client.createRegistration({ aor: 'sip:bob@example.com' });
    const logs = [record(alice), record(bob)];
    const both = Promise.all([alice.register(), bob.register()]);
    await settle();
    network.socket.receive(network.requests.map((request) => granted(request)).join(''));
    await both;
    const codes = logs.flatMap((log) => log.of('warning').map(({ code }) => code));
    expect(codes).toContain('several-messages');
  });

  const garbage = [
    ['words', 'hello there'],
    ['HTML', '<html><body>502 Bad Gateway</body></html>'],
    ['JSON', '{"jsonrpc":"2.0"}'],
    ['NULs between text', 'SIP/2.0\0\0'],
    ['half a start line', 'SIP/2.0 200'],
    ['bytes that are no UTF-8', new Uint8Array([0xff, 0xfe, 0x00, 0x80]).buffer],
    ['a frame of 5 MB', 'x'.repeat(5_000_000)],
    ['a response of 70 KB', `SIP/2.0 200 OK\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`],
    ['a lone surrogate', 'SIP/2.0 200 \ud800\r\n\r\n'],
  ];

  test.each(garbage)('%s: counted as dropped, nothing else happens', async (_, frame) => {
    const { registration, network, client, log } = await makeRegistered();
    const { dropped, framesIn } = client.stats;
    const length = log.length;
    network.socket.receive(frame);
    await settle();
    expect(client.stats.dropped).toBe(dropped + 1);
    expect(client.stats.framesIn).toBe(framesIn + 1);
    expect(registration.state).toBe('registered');
    expect(log.length).toBe(length);
    expect(network.socket.readyState).toBe(1);
    await registration.refresh();
  });

  test('fault 23 1000 garbage frames delay no answer', async () => {
    const { registration, network, client } = await makeRegistration(
      {},
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    await settle();
    for (let count = 0; count < 1000; count += 1) network.socket.receive(`garbage ${count}`);
    network.socket.receive(granted(network.last));
    await settle();
    expect(done.state).toBe('fulfilled');
    expect(client.stats.dropped).toBe(1000);
  });

  test('WS-14 fault 21 a CRLF CRLF ping is answered with CRLF (RFC 5626 §3.5.1)', async () => {
    const { network, registration, client } = await makeRegistered();
    const { frames } = network.socket;
    const before = frames.length;
    network.socket.receive('\r\n\r\n');
    await settle();
    expect(frames.slice(before)).toEqual(['\r\n']);
    network.socket.receive(encode('\r\n\r\n').buffer);
    await settle();
    expect(frames.slice(before)).toHaveLength(2);
    expect(client.stats.dropped).toBe(0);
    expect(registration.state).toBe('registered');
  });

  test.each([
    ['a pong', '\r\n'],
    ['an empty frame', ''],
    ['blanks', '  '],
    ['NULs', '\0\0'],
  ])('%s is ignored and never answered', async (_, frame) => {
    const { network, registration } = await makeRegistered();
    const before = network.socket.frames.length;
    for (let count = 0; count < 3; count += 1) network.socket.receive(frame);
    await settle();
    expect(network.socket.frames.length).toBe(before);
    expect(registration.state).toBe('registered');
  });

  test('are counted in stats', async () => {
    const { client, registration, network } = await makeRegistered();
    await registration.refresh();
    network.socket.receive('rubbish');
    await settle();
    expect(client.stats).toMatchObject({
      framesOut: 2,
      framesIn: 3,
      dropped: 1,
      connects: 1,
      registers: 2,
    });
  });

  test('fault 16 of a socket that was given up are ignored', async () => {
    const { network, clock, registration } = await makeRegistered();
    const old = network.socket;
    old.closed(1006);
    await clock.advance(3000);
    expect(network.sockets).toHaveLength(2);
    expect(registration.state).toBe('registered');
    old.readyState = 1;
    old.receive(answer(network.last, 403, 'Forbidden'));
    old.onerror?.({ type: 'error' });
    old.onclose?.({ type: 'close', code: 1006, reason: '' });
    await settle();
    expect(registration.state).toBe('registered');
    expect(network.sockets).toHaveLength(2);
  });
});

describe('losing the socket', () => {
  test('STM-13 while registered: bound stays, connecting or waiting, then one REGISTER on the new flow, event registered', async () => {
    const { registration, network, clock, client, log } = await makeRegistered();
    await clock.advance(60_000);
    const connection = recordConnection(client);
    log.length = 0;
    network.socket.closed(1001, 'going away');
    await settle();
    expect(registration.bound).toBe(true);
    expect(['connecting', 'waiting']).toContain(registration.state);
    expect(registration.expiresAt).toBe(start + 600_000);
    expect(registration.flows.some(({ connected }) => connected)).toBe(false);
    expect(connection[0]).toMatchObject({ code: 1001, reason: 'going away' });
    await clock.advance(2000);
    expect(network.sockets).toHaveLength(2);
    expect(network.requests).toHaveLength(2);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.of('registered')).toHaveLength(1);
    expect(log.of('refreshed')).toEqual([]);
    expect(log.of('unregistered')).toEqual([]);
    const [first, second] = network.requests;
    expect(second.one('Call-ID')).toBe(first.one('Call-ID'));
    expect(cseq(second)).toBe(cseq(first) + 1);
    expect(second.one('Contact')).toBe(first.one('Contact'));
  });

  test('with retry: false the new flow still gets its one REGISTER', async () => {
    const { network, clock, registration } = await makeRegistered({ retry: false });
    await clock.advance(60_000);
    network.socket.closed(1006);
    await clock.advance(2500);
    expect(network.requests).toHaveLength(2);
    expect(registration.state).toBe('registered');
  });

  test('with reconnect: false is final: failed with transport', async () => {
    const { network, clock, registration, log } = await makeRegistered({}, { reconnect: false });
    network.socket.closed(1006);
    await settle();
    expect(registration).toMatchObject({ state: 'failed', bound: true });
    expect(registration.lastError).toMatchObject({ code: 'transport' });
    expect(log.of('failed')).toHaveLength(1);
    await clock.advance(500_000);
    expect(network.sockets).toHaveLength(1);
    await clock.advance(100_000);
    expect(registration.bound).toBe(false);
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
  });

  test('register() opens a new one after reconnect: false', async () => {
    const { network, registration } = await makeRegistered({}, { reconnect: false });
    network.socket.closed(1006);
    await settle();
    await registration.register();
    expect(network.sockets).toHaveLength(2);
    expect(registration.state).toBe('registered');
  });

  test('STM-10 fault 8 during register(): rejects with transport at once, retryable, and a retry succeeds', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    await settle();
    network.socket.closed(1006);
    await settle();
    expect(done).toMatchObject({
      state: 'rejected',
      error: { code: 'transport', retryable: true },
    });
    network.handler = granted;
    await clock.advance(120_000);
    expect(registration.state).toBe('registered');
  });

  test('STM-11 during refresh(): it rides on the next flow', async () => {
    const { registration, network, clock } = await makeRegistered(
      {},
      { handler: script(granted, () => undefined) },
    );
    await clock.advance(60_000);
    const done = watch(registration.refresh());
    await settle();
    expect(registration.state).toBe('refreshing');
    network.socket.closed(1006);
    await clock.advance(3000);
    expect(done.state).toBe('fulfilled');
    expect(network.sockets).toHaveLength(2);
  });

  test('refresh() while it is lost rejects with transport when the first round of reconnects fails', async () => {
    const { registration, network, clock } = await makeRegistered();
    await clock.advance(60_000);
    network.connect = (socket) => socket.refuse();
    network.socket.closed(1006);
    const done = watch(registration.refresh());
    await clock.advance(3000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'transport' } });
  });

  test('WS-16 fault 15 send() that throws: transport, not an exception', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      {
        connect: (socket, number) => {
          if (number === 1) {
            socket.send = () => {
              throw new Error('InvalidStateError');
            };
          }
          socket.open();
        },
      },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'transport', retryable: true });
    await clock.advance(120_000);
    expect(network.sockets.length).toBeGreaterThanOrEqual(2);
    expect(registration.state).toBe('registered');
  });

  test('fault 13 a server that accepts and closes again and again sees growing waits', async () => {
    const times = [];
    const { registration, clock, network } = await makeRegistration({}, {});
    network.connect = (socket) => {
      times.push(clock.mono);
      socket.open();
    };
    network.handler = (request, socket) => {
      queueMicrotask(() => socket.closed(1006));
      return undefined;
    };
    await errorOf(registration.register());
    await clock.advance(600_000);
    const waits = times.slice(1).map((time, index) => time - times[index]);
    expect(times.length).toBeLessThan(60);
    expect(Math.max(...waits.slice(0, 2))).toBeLessThan(Math.max(...waits.slice(-4)));
  });

  test('OB-09 a flow that grants and dies at once, again and again, is a failure: waits grow', async () => {
    const times = [];
    const { registration, clock, network } = await makeRegistration();
    network.connect = (socket) => {
      times.push(clock.mono);
      socket.open();
    };
    network.handler = (request, socket) => {
      setImmediate(() => socket.closed(1006));
      return granted(request);
    };
    await registration.register();
    await clock.advance(600_000);
    const waits = times.slice(1).map((time, index) => time - times[index]);
    expect(waits.length).toBeGreaterThan(3);
    expect(times.length).toBeLessThan(60);
    expect(Math.max(...waits.slice(-4))).toBeGreaterThan(10_000);
  });

  test('TMR-05 never more than 10 automatic REGISTERs in any minute', async () => {
    const { registration, clock, network } = await makeRegistration(
      {},
      { handler: (request) => granted(request, { expires: 1 }) },
    );
    const times = [];
    const { handler } = network;
    network.handler = (request, socket) => {
      times.push(clock.mono);
      return handler(request, socket);
    };
    await registration.register();
    await clock.advance(600_000);
    const automatic = times.slice(1);
    for (const time of automatic) {
      const minute = automatic.filter((other) => other >= time && other < time + 60_000);
      expect(minute.length).toBeLessThanOrEqual(10);
    }
    expect(automatic.length).toBeGreaterThan(50);
  });

  test('fault 11 a socket that never closes is given up: close() of the client resolves in 5 s', async () => {
    const { client, network, clock } = await makeRegistered();
    network.closeAnswered = false;
    const done = watch(client.close());
    await clock.advance(5000);
    expect(done.state).toBe('fulfilled');
  });
});

describe('one socket', () => {
  test('is asked for at a time: calls while it opens share it', async () => {
    const { client, network } = await makeWorld({ connect: () => undefined });
    const calls = ['a', 'b', 'c'].map((name) =>
      client.createRegistration({ aor: `sip:${name}@example.com` }).register(),
    );
    await settle();
    expect(network.sockets).toHaveLength(1);
    network.socket.open();
    await Promise.all(calls);
    expect(network.sockets).toHaveLength(1);
    expect(network.requests).toHaveLength(3);
    expect(network.requests.every((request) => asked(request) === 600)).toBe(true);
  });

  test('API-03 fault 80 a storm of wake() makes no storm of sockets', async () => {
    const { client, network, registration, clock } = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse() },
    );
    await errorOf(registration.register());
    for (let count = 0; count < 100; count += 1) client.wake();
    await settle();
    expect(network.sockets.length).toBeLessThanOrEqual(2);
    await clock.advance(1000);
    expect(network.sockets.length).toBeLessThanOrEqual(4);
  });
});
