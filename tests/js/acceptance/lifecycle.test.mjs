// remove(), close(), disposal; no promise pending, no timer left, nothing shown that is secret.
import { inspect } from 'node:util';
import { createClient, RegistrationError } from './client.mjs';
import { FakeClock } from './clock.mjs';
import { guarded, isRight } from './digest.mjs';
import {
  answer,
  aor,
  asked,
  checkInvariants,
  errorOf,
  granted,
  keeping,
  makeRegistered,
  makeRegistration,
  makeWorld,
  record,
  script,
  server,
  settle,
  thrownBy,
  watch,
} from './harness.mjs';
import { Network } from './network.mjs';

checkInvariants({ afterEach, expect });

const silent = () => undefined;

/** Worlds in every state of RegistrationState, with the calls that are pending there. */
const states = {
  unregistered: async () => {
    const world = await makeRegistration();
    return { ...world, pending: [watch(world.registration.whenRegistered())] };
  },
  connecting: async () => {
    const world = await makeRegistration({}, { connect: silent });
    return { ...world, pending: [watch(world.registration.register())] };
  },
  registering: async () => {
    const world = await makeRegistration({}, { handler: silent });
    const first = watch(world.registration.register());
    await settle();
    return {
      ...world,
      pending: [
        first,
        watch(world.registration.query()),
        watch(world.registration.unregister()),
        watch(world.registration.removeBinding('sip:x@y.invalid')),
      ],
    };
  },
  registered: async () => ({ ...(await makeRegistered()), pending: [] }),
  refreshing: async () => {
    const world = await makeRegistered({}, { handler: script(granted, silent) });
    return {
      ...world,
      pending: [
        watch(world.registration.refresh()),
        watch(world.registration.refresh({ expires: 90 })),
      ],
    };
  },
  unregistering: async () => {
    const world = await makeRegistered({}, { handler: script(granted, silent) });
    return {
      ...world,
      pending: [watch(world.registration.unregister()), watch(world.registration.register())],
    };
  },
  waiting: async () => {
    const world = await makeRegistration(
      {},
      { handler: script((request) => answer(request, 503, 'Busy', [['Retry-After', '60']])) },
    );
    await errorOf(world.registration.register());
    return { ...world, pending: [watch(world.registration.register())] };
  },
  failed: async () => {
    const world = await makeRegistration({}, { handler: (request) => answer(request, 403, 'No') });
    await errorOf(world.registration.register());
    return { ...world, pending: [] };
  },
};

const calls = {
  register: (registration) => registration.register(),
  refresh: (registration) => registration.refresh(),
  unregister: (registration) => registration.unregister(),
  'unregister all': (registration) => registration.unregister({ all: true }),
  query: (registration) => registration.query(),
  removeBinding: (registration) => registration.removeBinding('sip:x@y.invalid'),
  whenRegistered: (registration) => registration.whenRegistered(),
};

describe('remove()', () => {
  test.each(Object.entries(states))(
    'while %s: at once, sends nothing, rejects what is pending with removed',
    async (state, make) => {
      const { registration, network, pending, log, client, clock } = await make();
      await settle();
      expect(registration.state).toBe(state);
      const before = network.requests.length;
      log.length = 0;
      registration.remove();
      expect(registration).toMatchObject({
        state: 'removed',
        bound: false,
        refreshAt: null,
        retryAt: null,
      });
      expect(client.registrations).toEqual([]);
      await settle();
      for (const call of pending) {
        expect(call).toMatchObject({
          state: 'rejected',
          error: { name: 'RegistrationError', code: 'removed' },
        });
      }
      expect(log.types().filter((type) => type !== 'statechange')).toEqual([]);
      expect(log.states()).toEqual(['removed']);
      const length = log.length;
      for (const request of network.requests) network.socket?.receive(granted(request));
      network.socket?.open();
      await clock.advance(7_200_000);
      expect(network.requests.length).toBe(before);
      expect(log.length).toBe(length);
      expect(clock.armed).toBe(0);
    },
  );

  test.each(Object.entries(calls))(
    'API-07 fault 95 %s after it rejects with removed',
    async (_, call) => {
      const { registration, network } = await makeRegistered();
      registration.remove();
      expect(await errorOf(call(registration))).toMatchObject({
        name: 'RegistrationError',
        code: 'removed',
        retryable: false,
      });
      expect(network.requests).toHaveLength(1);
    },
  );

  test('API-07 is idempotent', async () => {
    const { registration, log } = await makeRegistered();
    registration.remove();
    const length = log.length;
    registration.remove();
    expect(log.length).toBe(length);
  });

  test('leaves setCredentials() and update() without effect: they throw removed or do nothing', async () => {
    const { registration, network } = await makeRegistered();
    registration.remove();
    for (const act of [
      () => registration.setCredentials({ password: 'x' }),
      () => registration.update({ retry: false }),
    ]) {
      try {
        act();
      } catch (error) {
        expect(error).toMatchObject({ code: 'removed' });
      }
    }
    expect(network.requests).toHaveLength(1);
  });

  test('leaves the socket to others', async () => {
    const { registration, client, network } = await makeRegistered();
    const bob = client.createRegistration({ aor: 'sip:bob@example.com' });
    await bob.register();
    registration.remove();
    await settle();
    expect(network.socket.readyState).toBe(1);
    await bob.refresh();
    expect(bob.state).toBe('registered');
  });

  test('API-07 fault 101 a 1000 times leaves nothing behind', async () => {
    const { client, clock } = await makeWorld();
    for (let count = 0; count < 1000; count += 1) {
      const registration = client.createRegistration({ aor });
      const done = watch(registration.register());
      registration.remove();
      await Promise.resolve();
      expect(done.state === 'rejected' || done.state === 'pending').toBe(true);
    }
    await settle();
    expect(client.registrations).toEqual([]);
    await clock.advance(100_000);
    expect(clock.armed).toBe(0);
  });

  test('[Symbol.dispose]() is the same', async () => {
    const { registration, network } = await makeRegistered();
    expect(typeof registration[Symbol.dispose]).toBe('function');
    registration[Symbol.dispose]();
    expect(registration.state).toBe('removed');
    expect(network.requests).toHaveLength(1);
  });
});

describe('close()', () => {
  test.each(Object.entries(states))(
    'while %s: registrations end removed, what is pending rejects with closed',
    async (_, make) => {
      const { client, registration, network, pending, log, clock } = await make();
      await settle();
      const before = network.requests.length;
      const done = watch(client.close());
      await settle();
      expect(done.state).toBe('fulfilled');
      expect(registration.state).toBe('removed');
      expect(registration.bound).toBe(false);
      expect(client.registrations).toEqual([]);
      expect(client.connectionState).toBe('closed');
      for (const call of pending) {
        expect(call).toMatchObject({
          state: 'rejected',
          error: { name: 'RegistrationError', code: 'closed' },
        });
      }
      expect(clock.armed).toBe(0);
      expect(network.requests.length).toBe(before);
      for (const socket of network.sockets) expect(socket.readyState).toBeGreaterThanOrEqual(2);
      const length = log.length;
      await clock.advance(7_200_000);
      expect(log.length).toBe(length);
    },
  );

  test('fires connectionchange closed once', async () => {
    const { client } = await makeRegistered();
    const seen = [];
    client.addEventListener('connectionchange', (event) => seen.push(event.detail.state));
    await client.close();
    await client.close();
    expect(seen).toEqual(['closed']);
  });

  test('is idempotent: a second call resolves too', async () => {
    const { client } = await makeRegistered();
    await Promise.all([client.close(), client.close()]);
    await client.close();
    expect(client.connectionState).toBe('closed');
  });

  test('closes the socket', async () => {
    const { client, network } = await makeRegistered();
    await client.close();
    expect(network.socket.closeCalls).toHaveLength(1);
    expect(network.socket.readyState).toBe(3);
  });

  test('while a socket is being opened closes that too', async () => {
    const { client, network, registration } = await makeRegistration({}, { connect: silent });
    const done = watch(registration.register());
    await settle();
    await client.close();
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'closed' } });
    expect(network.socket.closeCalls).toHaveLength(1);
  });

  test('createRegistration() after it throws closed; register() rejects with closed', async () => {
    const { client } = await makeWorld();
    await client.close();
    expect(thrownBy(() => client.createRegistration({ aor }))).toMatchObject({
      name: 'RegistrationError',
      code: 'closed',
    });
    expect(await errorOf(client.register({ aor }))).toMatchObject({ code: 'closed' });
  });

  test.each(Object.entries(calls))('%s on a registration after it rejects', async (_, call) => {
    const { client, registration } = await makeRegistered();
    await client.close();
    const error = await errorOf(call(registration));
    expect(['closed', 'removed']).toContain(error.code);
  });

  test('keeps stats readable, and wake() harmless', async () => {
    const { client } = await makeRegistered();
    await client.close();
    expect(client.stats).toMatchObject({ registers: 1, connects: 1 });
    client.wake();
  });

  test('[Symbol.asyncDispose]() is the same', async () => {
    const { client } = await makeRegistered();
    await client[Symbol.asyncDispose]();
    expect(client.connectionState).toBe('closed');
  });

  test('of one client leaves another alone', async () => {
    const one = await makeRegistered();
    const two = await makeRegistered();
    await one.client.close();
    await two.registration.refresh();
    expect(two.registration.state).toBe('registered');
  });

  test('without registrations resolves', async () => {
    const { client } = await makeWorld();
    await client.close();
    expect(client.connectionState).toBe('closed');
  });
});

describe('close({ unregister: true })', () => {
  test('removes every binding first', async () => {
    const handler = keeping();
    const { client, registration, network, log } = await makeRegistered({}, { handler });
    const bob = client.createRegistration({ aor: 'sip:bob@example.com' });
    await bob.register();
    const idle = client.createRegistration({ aor: 'sip:idle@example.com' });
    await client.close({ unregister: true });
    expect(handler.bindings.size).toBe(0);
    expect(network.requests.map(asked)).toEqual([600, 600, 0, 0]);
    expect([registration.state, bob.state, idle.state]).toEqual(['removed', 'removed', 'removed']);
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: true }]);
    expect(client.connectionState).toBe('closed');
  });

  test('answers challenges', async () => {
    const handler = keeping();
    const { client, network } = await makeRegistered(
      { credentials: { password: 'secret' } },
      { handler: guarded(handler) },
    );
    await client.close({ unregister: true });
    expect(handler.bindings.size).toBe(0);
    expect(isRight(network.last)).toBe(true);
  });

  test('ends after timeoutMs when the server is silent', async () => {
    const { client, clock, registration } = await makeRegistered(
      {},
      { handler: script(granted, silent) },
    );
    const done = watch(client.close({ unregister: true, timeoutMs: 700 }));
    await clock.advance(699);
    expect(done.state).toBe('pending');
    await clock.advance(1);
    expect(done.state).toBe('fulfilled');
    expect(registration.state).toBe('removed');
    expect(clock.armed).toBe(0);
  });

  test('ends by itself without timeoutMs', async () => {
    const { client, clock } = await makeRegistered({}, { handler: script(granted, silent) });
    const done = watch(client.close({ unregister: true }));
    await clock.advance(32_000);
    expect(done.state).toBe('fulfilled');
  });

  test('never rejects: the removal is refused', async () => {
    const { client } = await makeRegistered(
      {},
      { handler: script(granted, (request) => answer(request, 500, 'No')) },
    );
    await client.close({ unregister: true });
    expect(client.connectionState).toBe('closed');
  });

  test('opens no socket to do it', async () => {
    const { client, network, clock } = await makeRegistered();
    await clock.advance(60_000);
    network.connect = silent;
    network.socket.closed(1006);
    await settle();
    const sockets = network.sockets.length;
    await client.close({ unregister: true });
    expect(network.sockets.length).toBe(sockets);
  });

  test('then close() ends it at once', async () => {
    const { client, clock } = await makeRegistered({}, { handler: script(granted, silent) });
    const first = watch(client.close({ unregister: true, timeoutMs: 20_000 }));
    const second = watch(client.close());
    await clock.advance(20_000);
    expect([first.state, second.state]).toEqual(['fulfilled', 'fulfilled']);
  });
});

describe('promises', () => {
  test('INV-03 settle within their bound when every server is silent', async () => {
    const { registration, clock } = await makeRegistration(
      { retry: false },
      {
        server: ['wss://a.example.com/', 'wss://b.example.com/', 'wss://c.example.com/'],
        connect: silent,
      },
    );
    const pending = [
      registration.register(),
      registration.query(),
      registration.refresh({ expires: 90 }),
    ].map(watch);
    await clock.advance(3 * 10_000 + 8 * 32_000);
    expect(pending.map(({ state }) => state)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  test('that nobody looks at make no unhandled rejection of their own kind: events() without calls', async () => {
    // A refresh by timer that fails has no caller: nothing may be rejected into the void.
    const { clock, registration } = await makeRegistered(
      {},
      { handler: script(granted, (request) => answer(request, 403, 'No')) },
    );
    await clock.advance(registration.refreshAt - clock.wall);
    expect(registration.state).toBe('failed');
  });
});

describe('RegistrationError', () => {
  test("API-04 is exported, is an Error and has the contract's properties", async () => {
    const { registration } = await makeRegistration(
      {},
      { handler: (request) => answer(request, 503, 'Busy', [['Retry-After', '7']]) },
    );
    const error = await errorOf(registration.register());
    expect(error).toBeInstanceOf(RegistrationError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'RegistrationError',
      code: 'rejected',
      status: 503,
      reason: 'Busy',
      retryAfter: 7,
      retryable: true,
      retryAt: expect.any(Number),
      response: { status: 503, reason: 'Busy' },
    });
    expect(error.response.headers).toContainEqual(['Retry-After', '7']);
    expect(error.stack).toContain('RegistrationError');
  });
});

describe('secrets', () => {
  const marker = 'pa55-MARKER';
  const token = 'T0KEN-marker';

  async function busyWorld() {
    const shown = [];
    const world = await makeRegistration(
      { credentials: { username: 'alice', password: marker } },
      {
        server: `wss://edge.example.com/ws?token=${token}`,
        handler: guarded(
          keeping(),
          { algorithm: 'MD5', qop: 'auth', nonce: 'NONCE', opaque: 'x' },
          { password: marker },
        ),
      },
    );
    const messages = [];
    world.client.addEventListener('message', (event) => messages.push(event.detail));
    world.client.addEventListener('connectionchange', (event) => shown.push(event.detail));
    await world.registration.register();
    await world.registration.refresh();
    await world.registration.query();
    shown.push(...world.log, ...messages);
    return { ...world, messages, shown };
  }

  test("SEC-02 'message' shows what goes out and comes in, in order, redacted", async () => {
    const { messages, network } = await busyWorld();
    expect(messages.map(({ direction }) => direction)).toEqual([
      'out',
      'in',
      'out',
      'in',
      'out',
      'in',
      'out',
      'in',
    ]);
    expect(messages[0].data).toBe(network.requests[0].text);
    const wire = network.requests[1].one('Authorization');
    const secrets = [/response="(\w+)"/.exec(wire)[1], /cnonce="(\w+)"/.exec(wire)[1]];
    const all = messages.map(({ data }) => data).join('');
    for (const secret of secrets) expect(all).not.toContain(secret);
    expect(messages[2].data).toMatch(/^REGISTER sip:example\.com SIP\/2\.0\r\n/);
    expect(messages[2].data).toMatch(/\r\nAuthorization: /);
    expect(messages[2].data).toContain('username="alice"');
  });

  test.each([
    ['util.inspect', (value) => inspect(value, { depth: 20, showHidden: true, getters: true })],
    ['JSON.stringify', (value) => JSON.stringify(value) ?? ''],
    ['String', String],
    ['Object.entries', (value) => inspect(Object.entries(value))],
  ])('%s of client, registration and events shows none', async (_, show) => {
    const { client, registration, shown, network } = await busyWorld();
    const wire = network.requests[1].one('Authorization');
    const response = /response="(\w+)"/.exec(wire)[1];
    for (const value of [
      client,
      registration,
      registration.info,
      client.stats,
      registration.flows,
      shown,
    ]) {
      const text = show(value);
      for (const secret of [marker, token, response]) expect(text).not.toContain(secret);
    }
  });

  test('structuredClone shows none, or refuses', async () => {
    const { client, registration } = await busyWorld();
    for (const value of [client, registration]) {
      let text = '';
      try {
        text = inspect(structuredClone(value), { depth: 20 });
      } catch (error) {
        expect(error.name).toBe('DataCloneError');
      }
      expect(text).not.toContain(marker);
    }
  });

  test('SEC-02 errors show none: message, stack, cause, response', async () => {
    const { registration } = await makeRegistration(
      { credentials: { password: marker } },
      {
        server: `wss://edge.example.com/ws?token=${token}`,
        handler: guarded(granted),
      },
    );
    const refused = await errorOf(registration.register());
    const { registration: lost } = await makeRegistration(
      { credentials: { password: marker } },
      {
        server: `wss://edge.example.com/ws?token=${token}`,
        connect: (socket) => socket.refuse(),
      },
    );
    const unreachable = await errorOf(lost.register());
    for (const error of [refused, unreachable]) {
      const text = inspect(error, { depth: 20, showHidden: true, getters: true });
      expect(text).not.toContain(marker);
      expect(text).not.toContain(token);
    }
  });

  test("SEC-02 'message' does not show the push resource id", async () => {
    const { client, registration, network } = await makeRegistration({
      push: { provider: 'fcm', prid: marker },
    });
    const seen = [];
    client.addEventListener('message', (event) => seen.push(event.detail.data));
    await registration.register();
    expect(network.last.text).toContain(marker);
    expect(seen).toHaveLength(2);
    expect(seen.join('')).not.toContain(marker);
  });

  test('a URL provider that gives a password is refused without repeating it', async () => {
    const { registration, network } = await makeRegistration(
      {},
      { server: () => `wss://alice:${marker}@edge.example.com/` },
    );
    const error = await errorOf(registration.register());
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(marker);
    expect(network.sockets).toEqual([]);
  });

  test('a TypeError for credentials does not repeat them', async () => {
    const { client } = await makeWorld();
    for (const credentials of [
      { password: marker, username: 'a\r\nb' },
      { ha1: `${marker}\n`, realm: 'r' },
      { password: [marker] },
      { token: `${marker}\ud800` },
      marker,
    ]) {
      const error = thrownBy(() => client.createRegistration({ aor, credentials }));
      expect(inspect(error, { depth: 10 })).not.toContain(marker);
    }
  });

  test('a server URL with a password is refused without repeating it', async () => {
    const clock = new FakeClock();
    const network = new Network();
    const error = await errorOf(
      createClient({
        server: `wss://alice:${marker}@edge.example.com/`,
        webSocket: network.webSocket,
        platform: clock.platform,
        storage: null,
      }),
    );
    expect(inspect(error, { depth: 10 })).not.toContain(marker);
  });

  test('SEC-02 nothing is written to the console', async () => {
    const written = [];
    const original = {};
    for (const name of ['log', 'info', 'warn', 'error', 'debug']) {
      original[name] = console[name];
      console[name] = (...rest) => written.push(rest);
    }
    try {
      await busyWorld();
    } finally {
      Object.assign(console, original);
    }
    expect(written).toEqual([]);
  });

  test('SEC-02 storage sees none, and snapshots hold no secret', async () => {
    const kept = new Map();
    const { registration, client } = await makeRegistration(
      { credentials: { password: marker } },
      {
        instanceId: undefined,
        storage: {
          getItem: (key) => kept.get(key) ?? null,
          setItem: (key, value) => void kept.set(key, value),
          removeItem: (key) => void kept.delete(key),
        },
        handler: guarded(granted, { algorithm: 'MD5', qop: 'auth' }, { password: marker }),
      },
    );
    await registration.register();
    await client.close();
    const text = JSON.stringify([...kept]);
    expect(text).not.toContain(marker);
    expect(kept.size).toBeGreaterThan(0);
  });
});

describe('instance ids', () => {
  const memory = () => {
    const kept = new Map();
    return {
      kept,
      getItem: async (key) => kept.get(key) ?? null,
      setItem: async (key, value) => void kept.set(key, value),
      removeItem: async (key) => void kept.delete(key),
    };
  };
  const instanceOf = (network) =>
    /\+sip\.instance="<([^>]*)>"/.exec(network.last.one('Contact'))[1];

  test('OB-01 without instanceId and storage a random UUID (v4) is made', async () => {
    const one = await makeRegistered({}, { instanceId: undefined });
    const two = await makeRegistered({}, { instanceId: undefined });
    const pattern =
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(instanceOf(one.network)).toMatch(pattern);
    expect(instanceOf(two.network)).toMatch(pattern);
    expect(instanceOf(one.network)).not.toBe(instanceOf(two.network));
  });

  test('OB-01 with a storage it is kept there, and found again', async () => {
    const storage = memory();
    const one = await makeRegistered({}, { instanceId: undefined, storage });
    await one.client.close();
    const two = await makeRegistered({}, { instanceId: undefined, storage });
    expect(instanceOf(two.network)).toBe(instanceOf(one.network));
  });

  test('a storage that holds rubbish does no harm', async () => {
    const storage = { getItem: () => 'rubbish\r\n', setItem: silent, removeItem: silent };
    const { network } = await makeRegistered({}, { instanceId: undefined, storage });
    expect(instanceOf(network)).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });

  test('a localStorage that cannot be used does no harm', async () => {
    Object.defineProperty(globalThis, 'localStorage', {
      configurable: true,
      get: () => {
        throw new Error('SecurityError');
      },
    });
    try {
      const { network } = await makeRegistered({}, { instanceId: undefined, storage: undefined });
      expect(instanceOf(network)).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    } finally {
      delete globalThis.localStorage;
    }
  });
});

describe('createClient without what it needs', () => {
  /** createClient() while a global is another. */
  async function without(name, value, options = {}) {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
    try {
      return await errorOf(createClient({ server, storage: null, webSocket: silent, ...options }));
    } finally {
      Object.defineProperty(globalThis, name, descriptor);
    }
  }

  test('SEC-03 fault 103 no secure randomness: unsupported', async () => {
    const error = await without('crypto', undefined);
    expect(error).toMatchObject({ name: 'RegistrationError', code: 'unsupported' });
  });

  test('randomness that throws: unsupported, with its error as the cause', async () => {
    const cause = new Error('no entropy');
    const error = await errorOf(
      makeWorld({
        platform: {
          getRandomValues: () => {
            throw cause;
          },
        },
      }),
    );
    expect(error).toMatchObject({ name: 'RegistrationError', code: 'unsupported' });
    expect(error.cause).toBe(cause);
  });

  test.each([
    ['bytes that are no wasm', new Uint8Array([1, 2, 3])],
    ['no bytes', new ArrayBuffer(0)],
  ])('wasm: %s: rejects, does not hang', async (_, wasm) => {
    const error = await errorOf(createClient({ server, wasm, storage: null }));
    expect(error).toBeInstanceOf(Error);
    expect(['unsupported', 'invalid-argument']).toContain(error.code);
  });
});

test('several registrations of the same AOR are independent', async () => {
  const handler = keeping();
  const { client, network } = await makeWorld({ handler });
  const one = client.createRegistration({ aor, outbound: { regId: 1 } });
  const two = client.createRegistration({ aor, outbound: { regId: 2 } });
  const log = record(two);
  await one.register();
  await two.register();
  expect(new Set(network.requests.map((request) => request.one('Call-ID'))).size).toBe(2);
  await one.unregister();
  expect(two).toMatchObject({ state: 'registered', bound: true });
  expect(log.of('unregistered')).toEqual([]);
  expect(handler.bindings.size).toBe(1);
});
