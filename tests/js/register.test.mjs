// What the calls of a registration do, and in which order things are told.
import { RegistrationError } from '../../dist/index.js';
import { createTestRegistrar, reply } from '../../dist/testing.js';
import { accept, alice, challenge, createWorld, header, listen, turn } from './world.mjs';

describe('register()', () => {
  test('API-04 resolves with what the registrar granted', async () => {
    const { client, sockets, clock } = await createWorld();
    const registration = client.createRegistration(alice);
    expect(registration.state).toBe('unregistered');
    expect(registration.info).toBeNull();
    expect(registration.lastError).toBeNull();
    expect(sockets).toHaveLength(0);
    const done = registration.register();
    expect(registration.state).toBe('connecting');
    sockets[0].open();
    expect(registration.state).toBe('registering');
    sockets[0].receive(challenge(sockets[0].last));
    const frame = sockets[0].last;
    const sentAt = clock.wall;
    await clock.advance(200);
    sockets[0].receive(
      accept(frame, {
        expires: 300,
        'Service-Route': '<sip:p1.example.com;lr>, <sip:p2.example.com;lr>',
        Path: '<sip:edge.example.com;lr>',
        'P-Associated-URI': '<sip:alice@example.com>',
        'X-Note': 'grün "quoted" \\ \t',
      }),
    );
    const info = await done;
    const uri = /<(.*?)>/.exec(header(frame, 'Contact'))[1];
    expect(info).toEqual({
      expires: 300,
      expiresAt: sentAt + 300_000,
      contact: uri,
      bindings: [
        {
          uri,
          expires: 300,
          q: null,
          instanceId: expect.stringMatching(/^urn:uuid:[\da-f-]{36}$/),
          regId: 1,
          params: expect.objectContaining({ 'reg-id': '1', expires: '300' }),
          own: true,
        },
      ],
      serviceRoute: ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>'],
      path: ['<sip:edge.example.com;lr>'],
      associatedUris: ['<sip:alice@example.com>'],
      outbound: false,
      auth: { scheme: 'Digest', algorithm: 'MD5', realm: 'example.com', mutual: false },
      response: { status: 200, reason: 'OK', headers: expect.any(Array) },
    });
    expect(info.response.headers).toContainEqual(['X-Note', 'grün "quoted" \\']);
    expect(registration.info).toBe(info);
    expect(registration).toMatchObject({
      aor: 'sip:alice@example.com',
      state: 'registered',
      bound: true,
      expiresAt: sentAt + 300_000,
      retryAt: null,
      flows: [
        {
          regId: 1,
          url: 'wss://edge.example.com/ws',
          connected: true,
          expiresAt: sentAt + 300_000,
        },
      ],
    });
    expect(registration.refreshAt).toBeGreaterThan(sentAt);
    expect(registration.refreshAt).toBeLessThan(sentAt + 300_000);
    await client.close();
  });

  test('the info is plain data: JSON, clones and spreads have all of it', async () => {
    const world = await createWorld();
    const { info } = await world.registered();
    expect(structuredClone(info)).toEqual(info);
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
    expect({ ...info }).toEqual(info);
    await world.client.close();
  });

  test('API-11 tells the properties, statechange, the event and the promise in that order', async () => {
    const { client, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    const log = [];
    registration.addEventListener('statechange', ({ detail }) => {
      log.push(`${detail.previous} > ${detail.state}`);
      if (detail.state !== 'registered') return;
      expect(registration).toMatchObject({ state: 'registered', bound: true });
      expect(registration.info.expires).toBe(600);
    });
    registration.addEventListener('registered', ({ detail }) => {
      log.push('registered');
      expect(detail).toBe(registration.info);
    });
    const done = registration.register().then((info) => {
      log.push('promise');
      expect(info).toBe(registration.info);
    });
    sockets[0].open();
    sockets[0].receive(challenge(sockets[0].last));
    sockets[0].receive(accept(sockets[0].last));
    expect(log).not.toContain('promise');
    await done;
    expect(log).toEqual([
      'unregistered > connecting',
      'connecting > registering',
      'registering > registered',
      'registered',
      'promise',
    ]);
    await client.close();
  });

  test('a failure is one error: property, event and rejection', async () => {
    const { client, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    const log = [];
    registration.addEventListener('statechange', ({ detail }) => {
      log.push(detail.state);
      if (detail.state === 'failed') expect(registration.lastError.status).toBe(403);
    });
    registration.addEventListener('failed', ({ detail }) => log.push(detail));
    const done = registration.register();
    sockets[0].open();
    sockets[0].receive(reply(sockets[0].last, 403, 'Not <b>here</b>', { 'X-Why': 'because' }));
    const error = await done.catch((reason) => reason);
    expect(error).toBeInstanceOf(RegistrationError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'RegistrationError',
      code: 'rejected',
      status: 403,
      reason: 'Not <b>here</b>',
      retryable: false,
      response: { status: 403, headers: expect.arrayContaining([['X-Why', 'because']]) },
    });
    expect(error.message).toMatch(/^403 Not <b>here<\/b>: \w/);
    expect(error.retryAfter).toBeUndefined();
    expect(log).toEqual(['connecting', 'registering', 'failed', error]);
    expect(registration.lastError).toBe(error);
    await client.close();
  });

  test('fault 67 a long reason phrase is cut in the message, and whole in the error', async () => {
    const { client, sockets } = await createWorld();
    const done = client.createRegistration(alice).register();
    sockets[0].open();
    sockets[0].receive(reply(sockets[0].last, 403, 'r'.repeat(60_000)));
    const error = await done.catch((each) => each);
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).toMatch(/^403 r{200}: \w/);
    expect(error.reason).toHaveLength(60_000);
    expect(error.response.reason).toBe(error.reason);
    await client.close();
  });

  test('an error that the application makes has a code', () => {
    expect(new RegistrationError('mine')).toMatchObject({
      name: 'RegistrationError',
      message: 'mine',
      code: 'internal',
      retryable: false,
    });
    expect(new RegistrationError('mine', { cause: 7 }).cause).toBe(7);
  });

  test('RSP-09 a retryable failure rejects, and the retry succeeds in the background', async () => {
    const { client, clock, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    const retries = [];
    registration.addEventListener('retry', ({ detail }) => retries.push(detail));
    const done = registration.register();
    sockets[0].open();
    sockets[0].receive(reply(sockets[0].last, 503, 'Busy', { 'Retry-After': '20 (soon)' }));
    const error = await done.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'rejected', status: 503, retryAfter: 20, retryable: true });
    expect(error.retryAt).toBeGreaterThanOrEqual(clock.wall + 20_000);
    expect(registration).toMatchObject({ state: 'waiting', retryAt: error.retryAt });
    expect(retries).toEqual([{ attempt: 1, retryAt: error.retryAt, error }]);
    const registered = registration.whenRegistered();
    await clock.advance(error.retryAt - clock.wall);
    expect(sockets[0].sent).toHaveLength(2);
    sockets[0].receive(accept(sockets[0].last));
    expect(await registered).toBe(registration.info);
    expect(registration.retryAt).toBeNull();
    await client.close();
  });
});

describe('refresh()', () => {
  test('API-06 is the same registration again, with a lifetime of its own', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const log = listen(registration);
    const first = world.socket.last;
    const done = registration.refresh({ expires: 1200, headers: { 'X-A': ['1', '2'] } });
    const frame = world.socket.last;
    expect(header(frame, 'Call-ID')).toBe(header(first, 'Call-ID'));
    expect(header(frame, 'Expires')).toBe('1200');
    expect(frame).toContain('\r\nX-A: 1\r\nX-A: 2\r\n');
    world.socket.receive(accept(frame));
    expect(await done).toMatchObject({ expires: 1200 });
    expect(log).toEqual(['state refreshing', 'state registered', 'refreshed']);
    await world.client.close();
  });

  test('happens by itself before the end, in one round trip', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const { refreshAt } = registration;
    await world.clock.advance(refreshAt - world.clock.wall);
    expect(registration.state).toBe('refreshing');
    expect(world.socket.last).toContain('nc=00000002');
    const frames = world.socket.sent.length;
    world.socket.receive(accept(world.socket.last));
    expect(registration.state).toBe('registered');
    expect(world.socket.sent).toHaveLength(frames);
    await world.client.close();
  });

  test('fault 96 before register() it registers', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const done = registration.refresh();
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    await done;
    expect(registration.state).toBe('registered');
    await world.client.close();
  });
});

describe('unregister() and query()', () => {
  test('UNR-01 removes the binding and says that it was confirmed', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const log = [];
    registration.addEventListener('unregistered', ({ detail }) => log.push(detail));
    const done = registration.unregister();
    expect(registration.state).toBe('unregistering');
    expect(header(world.socket.last, 'Expires')).toBe('0');
    world.socket.receive(reply(world.socket.last, 200, 'OK'));
    expect(await done).toEqual({ sent: true, confirmed: true });
    expect(log).toEqual([{ reason: 'user', confirmed: true }]);
    expect(registration).toMatchObject({ state: 'unregistered', bound: false, expiresAt: null });
    expect(registration.info).not.toBeNull();
    await world.client.close();
  });

  test('UNR-06 fault 97 with nothing bound it sends nothing, and opens no socket', async () => {
    const { client, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(sockets).toHaveLength(0);
    await client.close();
  });

  test('fault 93 before anything was sent it cancels register()', async () => {
    const { client, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    const pending = registration.register();
    const removal = registration.unregister();
    await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
    expect(await removal).toEqual({ sent: false, confirmed: false });
    expect(registration.state).toBe('unregistered');
    expect(registration.lastError).toBeNull();
    expect(sockets[0].sent).toEqual([]);
    await client.close();
  });

  test('UNR-02 all: Contact: * opens the socket by itself', async () => {
    const { client, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    const done = registration.unregister({ all: true });
    sockets[0].open();
    expect(sockets[0].last).toContain('\r\nContact: *\r\nExpires: 0\r\n');
    sockets[0].receive(reply(sockets[0].last, 200, 'OK'));
    expect(await done).toEqual({ sent: true, confirmed: true });
    await client.close();
  });

  test('UNR-05 query() lists what the registrar holds', async () => {
    const registrar = createTestRegistrar();
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    const registration = client.createRegistration({ ...alice, contact: { user: 'desk', q: 0.5 } });
    await registration.register();
    const [own, ...others] = await registration.query();
    expect(own).toMatchObject({ own: true, regId: 1, q: 0.5, expires: 600 });
    expect(own.uri).toContain('sip:desk@');
    expect(others).toEqual([]);
    expect(registrar.bindings(alice.aor)).toHaveLength(1);
    await client.close();
  });

  test('removeBinding() removes the one that is named', async () => {
    const registrar = createTestRegistrar();
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    const device = await createWorld({ webSocket: registrar.webSocket });
    await device.client.register(alice);
    const first = await client.register(alice);
    const other = (await first.query()).find((each) => !each.own);
    const left = await first.removeBinding(other.uri);
    expect(left.map((each) => each.own)).toEqual([true]);
    await expect(first.removeBinding(7)).rejects.toMatchObject({ option: 'uri' });
    await client.close();
    await device.client.close();
  });
});

describe('client.register()', () => {
  test('creates and registers in one', async () => {
    const registrar = createTestRegistrar({ users: { alice: 'secret-marker' } });
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    const registration = await client.register(alice);
    expect(registration.state).toBe('registered');
    expect(client.registrations).toEqual([registration]);
    await client.close();
  });

  test('a refusal removes the registration and sends nothing more', async () => {
    const world = await createWorld();
    const done = world.client.register(alice);
    world.socket.open();
    world.socket.receive(reply(world.socket.last, 403, 'Forbidden'));
    await expect(done).rejects.toMatchObject({ code: 'rejected' });
    expect(world.client.registrations).toEqual([]);
    expect(world.socket.sent).toHaveLength(1);
    await world.client.close();
  });

  test('a retryable refusal has no retryAt: nobody is left to retry', async () => {
    const world = await createWorld();
    const done = world.client.register(alice);
    world.socket.open();
    world.socket.receive(reply(world.socket.last, 503, 'Busy', { 'Retry-After': '60' }));
    const error = await done.catch((each) => each);
    expect(error).toMatchObject({ status: 503, retryable: true, retryAfter: 60 });
    expect('retryAt' in error).toBe(false);
    await world.client.close();
  });

  test('after a timeout one REGISTER takes back what the registrar may have taken', async () => {
    const world = await createWorld();
    const done = world.client.register(alice);
    world.socket.open();
    const rejected = expect(done).rejects.toMatchObject({ code: 'timeout', retryable: true });
    await world.clock.advance(32_000);
    await rejected;
    const removals = world.socket.sent.filter((frame) => header(frame, 'Expires') === '0');
    expect(removals).toHaveLength(1);
    world.socket.receive(reply(removals[0], 200, 'OK'));
    await turn();
    expect(world.client.registrations).toEqual([]);
    await world.client.close();
  });

  test('DIG-21 a success that it does not take is taken back', async () => {
    const registrar = createTestRegistrar({
      users: { alice: 'secret-marker' },
      rspauth: 'wrong',
    });
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    const done = client.register({ ...alice, digest: { requireMutual: true } });
    await expect(done).rejects.toMatchObject({ code: 'auth-failed', status: 200 });
    await turn();
    expect(client.registrations).toEqual([]);
    expect(registrar.bindings(alice.aor)).toEqual([]);
    await client.close();
  });

  test('nothing is taken back while the last answer was a challenge', async () => {
    const world = await createWorld({ credentialsTimeoutMs: 1000 });
    const credentials = () => new Promise(() => undefined);
    const done = world.client.register({ ...alice, credentials });
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    const rejected = expect(done).rejects.toMatchObject({ code: 'timeout' });
    await world.clock.advance(1000);
    await rejected;
    expect(world.client.registrations).toEqual([]);
    expect(world.socket.sent).toHaveLength(1);
    await world.client.close();
  });

  test.each([
    ['answered last', 1],
    ['answered first', 0],
  ])(
    'a binding of a flow that was lost is taken back, though the refusal of the other %s',
    async (_, lost) => {
      const server = ['wss://a.example.com/ws', 'wss://b.example.com/ws'];
      const world = await createWorld({ server });
      const { sockets } = world;
      const done = world.client.register({ ...alice, outbound: { flows: 2 } });
      for (const socket of sockets) socket.open();
      const rejected = expect(done).rejects.toThrow();
      const ends = [
        () => sockets[0].finish(1006),
        () => sockets[1].receive(reply(sockets[1].last, 403, 'Forbidden')),
      ];
      ends[lost]();
      ends[1 - lost]();
      await rejected;
      await world.clock.advance(5000);
      expect(sockets[2].url).toBe(server[0]);
      sockets[2].open();
      expect(header(sockets[2].last, 'Expires')).toBe('0');
      sockets[2].receive(reply(sockets[2].last, 200, 'OK'));
      await world.client.close();
    },
  );

  test("a binding is taken back after a proxy's word that no answer came", async () => {
    const world = await createWorld();
    const done = world.client.register(alice);
    world.socket.open();
    const rejected = expect(done).rejects.toMatchObject({ status: 504 });
    world.socket.receive(reply(world.socket.last, 504, 'Server Time-out'));
    await rejected;
    expect(header(world.socket.last, 'Expires')).toBe('0');
    world.socket.receive(reply(world.socket.last, 200, 'OK'));
    await world.client.close();
  });

  test('nothing is taken back where every flow was refused', async () => {
    const world = await createWorld({ server: ['wss://a.example.com', 'wss://b.example.com'] });
    const done = world.client.register({ ...alice, outbound: { flows: 2 } });
    for (const socket of world.sockets) {
      socket.open();
      socket.receive(reply(socket.last, 403, 'Forbidden'));
    }
    await expect(done).rejects.toMatchObject({ code: 'rejected' });
    expect(world.client.registrations).toEqual([]);
    for (const socket of world.sockets) expect(socket.sent).toHaveLength(1);
    await world.client.close();
  });

  test('API-08 an abort in flight rejects with its reason and takes the registration back', async () => {
    const world = await createWorld();
    const abort = new AbortController();
    const done = world.client.register(alice, { signal: abort.signal });
    world.socket.open();
    const reason = new Error('changed my mind');
    abort.abort(reason);
    await expect(done).rejects.toBe(reason);
    world.socket.receive(accept(world.socket.last));
    expect(header(world.socket.last, 'Expires')).toBe('0');
    world.socket.receive(reply(world.socket.last, 200, 'OK'));
    await turn();
    expect(world.client.registrations).toEqual([]);
    await world.client.close();
  });

  test('a malformed option rejects with a TypeError and creates nothing', async () => {
    const { client, sockets } = await createWorld();
    await expect(client.register({ aor: 'alice' })).rejects.toThrow(TypeError);
    expect(client.registrations).toEqual([]);
    expect(sockets).toEqual([]);
    await client.close();
  });
});

describe('AbortSignal', () => {
  test('fault 98 one that was aborted before sends nothing', async () => {
    const { client, sockets } = await createWorld();
    const registration = client.createRegistration(alice);
    const signal = AbortSignal.abort('never');
    for (const call of ['register', 'refresh', 'unregister', 'query', 'whenRegistered']) {
      await expect(registration[call]({ signal })).rejects.toBe('never');
    }
    await expect(client.register(alice, { signal })).rejects.toBe('never');
    expect(client.registrations).toEqual([registration]);
    expect(sockets).toEqual([]);
    await client.close();
  });

  test('fault 98 an abort detaches the caller; the operation runs on', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const abort = new AbortController();
    const done = registration.register({ signal: abort.signal });
    world.socket.open();
    abort.abort();
    await expect(done).rejects.toMatchObject({ name: 'AbortError' });
    world.socket.receive(accept(world.socket.last));
    expect(registration.state).toBe('registered');
    await world.client.close();
  });

  test('an abort after the end changes nothing', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const abort = new AbortController();
    const done = registration.refresh({ signal: abort.signal });
    world.socket.receive(accept(world.socket.last));
    await done;
    abort.abort();
    expect(registration.state).toBe('registered');
    await world.client.close();
  });
});

describe('whenRegistered()', () => {
  test('resolves now, at the next success, or rejects when it is given up', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration({ ...alice, retry: false });
    const waiting = registration.whenRegistered();
    const failing = registration.register();
    world.socket.open();
    world.socket.receive(reply(world.socket.last, 500, 'Oops'));
    const error = await failing.catch((reason) => reason);
    await expect(waiting).rejects.toBe(error);
    expect(registration.state).toBe('failed');
    await expect(registration.whenRegistered()).rejects.toBe(error);
    const again = registration.register();
    const next = registration.whenRegistered();
    world.socket.receive(accept(world.socket.last));
    expect(await next).toBe(await again);
    expect(await registration.whenRegistered()).toBe(registration.info);
    await world.client.close();
  });

  test('an abort ends the wait', async () => {
    const { client } = await createWorld();
    const registration = client.createRegistration(alice);
    const abort = new AbortController();
    const waiting = registration.whenRegistered({ signal: abort.signal });
    abort.abort('enough');
    await expect(waiting).rejects.toBe('enough');
    await client.close();
  });
});

describe('several calls', () => {
  test('fault 92 two register() calls are one REGISTER', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const both = Promise.all([registration.register(), registration.register()]);
    world.socket.open();
    expect(world.socket.sent).toHaveLength(1);
    world.socket.receive(accept(world.socket.last));
    const [first, second] = await both;
    expect(first).toEqual(second);
    expect(world.socket.sent).toHaveLength(1);
    await world.client.close();
  });

  test('API-12 two accounts share one socket', async () => {
    const world = await createWorld();
    const a = await world.registered();
    const b = await world.registered({ aor: 'sip:bob@example.com' });
    expect(world.sockets).toHaveLength(1);
    expect(a.id).not.toBe(b.id);
    a.remove();
    expect(b.state).toBe('registered');
    expect(world.socket.readyState).toBe(1);
    await world.client.close();
  });
});
