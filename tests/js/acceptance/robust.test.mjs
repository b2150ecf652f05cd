// Hosts and applications that behave oddly: sockets that call back inside send(), timers that fire early, listeners that end
// what they listen to.
import { guarded } from './digest.mjs';
import {
  answer,
  aor,
  asked,
  checkInvariants,
  cseq,
  errorOf,
  granted,
  keeping,
  makeRegistered,
  makeRegistration,
  makeWorld,
  record,
  script,
  settle,
  start,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const silent = () => undefined;

describe('a socket', () => {
  /** Answers inside send(), as a socket in the same process may do. */
  const answerInSend = (handler) => (socket) => {
    const { send } = socket;
    socket.network.handler = silent;
    socket.send = (data) => {
      send.call(socket, data);
      if (typeof data === 'string' && data.trim() !== '') {
        socket.receive(handler(socket.requests.at(-1), socket));
      }
    };
    socket.open();
  };

  test('that answers inside send() is served', async () => {
    const { registration, network, log } = await makeRegistered(
      { credentials: { password: 'secret' } },
      { connect: answerInSend(guarded(keeping())) },
    );
    await registration.refresh();
    await registration.query();
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    expect(network.requests).toHaveLength(5);
    expect(log.of('failed')).toEqual([]);
  });

  test('that answers inside send() keeps the order of events and promises', async () => {
    const order = [];
    const { registration } = await makeRegistration({}, { connect: answerInSend(granted) });
    registration.addEventListener('statechange', (event) => order.push(event.detail.state));
    registration.addEventListener('registered', () => order.push('event'));
    await registration.register().then(() => order.push('promise'));
    expect(order).toEqual(['connecting', 'registering', 'registered', 'event', 'promise']);
  });

  test('that closes inside send() is lost: transport', async () => {
    const { registration } = await makeRegistration(
      {},
      {
        connect: (socket, number) => {
          if (number === 1) socket.send = () => socket.closed(1006);
          socket.open();
        },
        reconnect: false,
      },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'transport' });
  });

  test('that calls onclose inside close() is closed once', async () => {
    const { client, network, registration } = await makeRegistered();
    const { socket } = network;
    socket.close = () => {
      socket.closeCalls.push({});
      socket.closed(1000);
    };
    await client.close();
    expect(socket.closeCalls).toHaveLength(1);
    expect(registration.state).toBe('removed');
  });

  test('whose close() throws does not keep the client from closing', async () => {
    const { client, network, clock } = await makeRegistered();
    network.socket.close = () => {
      throw new Error('InvalidStateError');
    };
    const done = watch(client.close());
    await clock.advance(5000);
    expect(done.state).toBe('fulfilled');
  });

  test('that reports an error and then closes is lost once', async () => {
    const { network, clock, registration, log } = await makeRegistered();
    await clock.advance(60_000);
    log.length = 0;
    network.socket.onerror?.({ type: 'error' });
    network.socket.closed(1006);
    await clock.advance(3000);
    expect(network.sockets).toHaveLength(2);
    expect(log.of('registered')).toHaveLength(1);
    expect(registration.state).toBe('registered');
  });

  test('that closes without an error while it opens: transport', async () => {
    const { registration } = await makeRegistration(
      { retry: false },
      { connect: (socket) => socket.closed(1006), reconnect: false },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'transport' });
  });

  test.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['an object that is no socket', () => ({})],
    ['a promise', () => Promise.resolve({})],
  ])('factory that gives %s: the call rejects in time', async (_, webSocket) => {
    const { registration, clock } = await makeRegistration({}, { webSocket, reconnect: false });
    const done = watch(registration.register());
    await clock.advance(10_000);
    expect(done.state).toBe('rejected');
    expect(['transport', 'timeout']).toContain(done.error.code);
  });

  test.each([1000, 1001, 1008, 1011, 1012, 1013, 3000, 4001])(
    'closed with %d: the code is shown and the binding comes back',
    async (code) => {
      const { client, network, clock, registration } = await makeRegistered();
      await clock.advance(60_000);
      const seen = [];
      client.addEventListener('connectionchange', (event) => seen.push(event.detail));
      network.socket.closed(code, `reason ${code}`);
      await clock.advance(120_000);
      expect(seen.find((detail) => detail.code !== undefined)).toMatchObject({
        code,
        reason: `reason ${code}`,
      });
      expect(registration.state).toBe('registered');
    },
  );
});

describe('timers', () => {
  test('that fire a little early neither storm nor end things early', async () => {
    const { clock, registration, network } = await makeRegistration();
    const arm = clock.platform.setTimeout;
    let armed = 0;
    clock.platform.setTimeout = (callback, ms) => {
      armed += 1;
      return arm(callback, Math.max(0, ms - 1));
    };
    await registration.register();
    await clock.advance(599_000);
    expect(network.requests).toHaveLength(2);
    expect(armed).toBeLessThan(30);
  });

  test('whose callback runs after clearTimeout() do nothing', async () => {
    const callbacks = [];
    const { registration, network, clock, client } = await makeRegistration();
    const arm = clock.platform.setTimeout;
    clock.platform.setTimeout = (callback, ms) => {
      callbacks.push(callback);
      return arm(callback, ms);
    };
    await registration.register();
    await registration.refresh();
    for (const callback of callbacks) callback();
    await settle();
    expect(network.requests).toHaveLength(2);
    expect(registration.state).toBe('registered');
    await client.close();
    for (const callback of callbacks) callback();
    await settle();
    expect(network.requests).toHaveLength(2);
  });

  test('one is armed at most, whatever the number of registrations', async () => {
    const { client, clock } = await makeWorld();
    for (let count = 0; count < 50; count += 1) {
      await client.createRegistration({ aor: `sip:u${count}@example.com` }).register();
    }
    expect(clock.armed).toBe(1);
  });
});

describe('a listener', () => {
  test.each([
    'statechange',
    'registered',
    'failed',
    'retry',
    'warning',
    'unregistered',
    'refreshed',
  ])('of %s may remove the registration: nothing follows, every promise settles', async (type) => {
    const { registration, clock, log, network } = await makeRegistration(
      {},
      { handler: keeping() },
    );
    network.handler = script(
      (request) => answer(request, 200, 'OK', [['Expires', '120']]),
      granted,
      (request) => answer(request, 500, 'Oops'),
      (request) => answer(request, 403, 'No'),
    );
    registration.addEventListener(type, () => registration.remove(), { once: true });
    const steps = [
      () => registration.register(),
      () => registration.refresh(),
      () => registration.refresh(),
      () => registration.register(),
    ];
    const done = [];
    for (const step of steps) {
      done.push(watch(step()));
      await settle();
    }
    expect(done.map(({ state }) => state)).not.toContain('pending');
    expect(registration.state).toBe('removed');
    const { length } = log;
    await clock.advance(1_000_000);
    expect(log.length).toBe(length);
    expect(clock.armed).toBe(0);
  });

  test.each(['statechange', 'registered'])('of %s may close the client', async (type) => {
    const { registration, client, clock } = await makeRegistration();
    const closes = [];
    registration.addEventListener(type, () => closes.push(client.close()), { once: true });
    const done = watch(registration.register());
    await settle();
    await Promise.all(closes);
    expect(done.state).not.toBe('pending');
    expect(client.connectionState).toBe('closed');
    expect(clock.armed).toBe(0);
  });

  test.each(['connectionchange', 'message'])("of the client's %s may close it", async (type) => {
    const { registration, client, clock } = await makeRegistration();
    const closes = [];
    client.addEventListener(type, () => closes.push(client.close()), { once: true });
    const done = watch(registration.register());
    await settle();
    await Promise.all(closes);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'closed' } });
    expect(clock.armed).toBe(0);
  });

  test('may call every method from every event', async () => {
    const { registration, clock } = await makeRegistration({}, { handler: keeping() });
    const done = [];
    let budget = 20;
    for (const type of ['statechange', 'registered', 'refreshed', 'unregistered']) {
      registration.addEventListener(type, () => {
        budget -= 1;
        if (budget < 0) return;
        done.push(
          ...[
            registration.register(),
            registration.query(),
            registration.unregister(),
            registration.refresh({ expires: 90 }),
            registration.whenRegistered(),
          ].map(watch),
        );
      });
    }
    done.push(watch(registration.register()));
    await settle();
    await clock.advance(1000);
    for (let count = 0; count < 20; count += 1) await settle();
    if (registration.state !== 'registered') await registration.register();
    await settle();
    expect(done.length).toBeGreaterThan(20);
    expect(done.map(({ state }) => state)).not.toContain('pending');
  });

  test('may be an object with handleEvent, and once', async () => {
    const { registration } = await makeRegistration();
    const seen = [];
    registration.addEventListener(
      'statechange',
      { handleEvent: (event) => seen.push(event.detail.state) },
      { once: true },
    );
    await registration.register();
    expect(seen).toEqual(['connecting']);
  });

  test("of 'message' sees messages from then on, until it is taken off", async () => {
    const { client, registration } = await makeRegistered();
    const seen = [];
    const listener = (event) => seen.push(event.detail.direction);
    client.addEventListener('message', listener);
    await registration.refresh();
    client.removeEventListener('message', listener);
    await registration.refresh();
    expect(seen).toEqual(['out', 'in']);
  });

  test('may remove another registration', async () => {
    const { client, registration } = await makeRegistration();
    const other = client.createRegistration({ aor: 'sip:bob@example.com' });
    const log = record(other);
    registration.addEventListener('registered', () => other.remove());
    const both = [watch(registration.register()), watch(other.register())];
    await settle();
    expect(both[0].state).toBe('fulfilled');
    expect(both[1].state).not.toBe('pending');
    expect(log.states().at(-1)).toBe('removed');
  });
});

describe('options', () => {
  test('that are undefined are as absent', async () => {
    const names = [
      'registrar',
      'from',
      'displayName',
      'credentials',
      'expires',
      'contact',
      'headers',
      'supported',
      'route',
      'outbound',
      'gruu',
      'push',
      'digest',
      'refresh',
      'retry',
    ];
    const { network } = await makeRegistered(
      Object.fromEntries(names.map((name) => [name, undefined])),
      { userAgent: undefined, connectTimeoutMs: undefined, reconnect: undefined, wasm: undefined },
    );
    expect(network.last.one('Expires')).toBe('600');
    expect(network.last.one('User-Agent')).toMatch(/^sipreg\//);
  });

  test('may have no prototype', async () => {
    const { client, network } = await makeWorld();
    const options = Object.assign(Object.create(null), {
      aor,
      headers: Object.assign(Object.create(null), { 'X-A': '1' }),
    });
    await client.createRegistration(options).register();
    expect(network.last.one('X-A')).toBe('1');
  });

  test('may be frozen', async () => {
    const { client } = await makeWorld();
    const options = Object.freeze({
      aor,
      contact: Object.freeze({ q: 0.5 }),
      supported: Object.freeze(['timer']),
    });
    await client.createRegistration(options).register();
    expect(client.registrations[0].state).toBe('registered');
  });

  test.each([
    ['a display name in the AOR', { aor: '"A" <sip:alice@example.com>' }, 'aor'],
    ['parameters in the AOR', { aor: 'sip:alice@example.com;transport=tcp' }, 'aor'],
    ['a password in the AOR', { aor: 'sip:alice:pw@example.com' }, 'aor'],
    ['no user in the AOR', { aor: 'sip:example.com' }, 'aor'],
    ['an escaped NUL in the AOR', { aor: 'sip:a%00b@example.com' }, 'aor'],
    [
      'expires among the Contact parameters',
      { contact: { params: { expires: '5' } } },
      'contact.params',
    ],
    [
      'reg-id among the Contact parameters',
      { contact: { params: { 'reg-id': '5' } } },
      'contact.params',
    ],
  ])('%s are refused', async (_, options, option) => {
    const { client } = await makeWorld();
    expect(() => client.createRegistration({ aor, ...options })).toThrow(
      expect.objectContaining({ code: 'invalid-argument', option }),
    );
  });

  test('a sips AOR needs wss:', async () => {
    const { client, network } = await makeWorld({ server: 'ws://localhost/' });
    let error;
    try {
      error = await errorOf(
        client.createRegistration({ aor: 'sips:alice@example.com', retry: false }).register(),
      );
    } catch (thrown) {
      error = thrown;
    }
    expect(error.code).toEqual(expect.any(String));
    expect(network.requests).toEqual([]);
  });
});

describe('many registrations on one flow', () => {
  test('lost: one socket, one REGISTER each, registered each', async () => {
    const { client, network, clock } = await makeWorld();
    const all = Array.from({ length: 20 }, (_, index) =>
      client.createRegistration({ aor: `sip:u${index}@example.com` }),
    );
    await Promise.all(all.map((registration) => registration.register()));
    const logs = all.map(record);
    await clock.advance(60_000);
    network.socket.closed(1006);
    await clock.advance(3000);
    expect(network.sockets).toHaveLength(2);
    expect(network.sockets[1].requests).toHaveLength(20);
    expect(logs.every((log) => log.of('registered').length === 1)).toBe(true);
    expect(all.every(({ state }) => state === 'registered')).toBe(true);
  });

  test('refresh by themselves, each at its time', async () => {
    const { client, network, clock } = await makeWorld();
    const all = Array.from({ length: 20 }, (_, index) =>
      client.createRegistration({ aor: `sip:u${index}@example.com` }),
    );
    await Promise.all(all.map((registration) => registration.register()));
    expect(new Set(all.map(({ refreshAt }) => refreshAt)).size).toBeGreaterThan(10);
    await clock.advance(535_000);
    expect(network.requests).toHaveLength(40);
    expect(network.requests.every((request) => asked(request) === 600)).toBe(true);
  });
});

test('a registration goes through everything and ends as it began', async () => {
  const handler = keeping();
  const { registration, network, clock, log, client } = await makeRegistration({}, { handler });
  await registration.register();
  await clock.advance(registration.refreshAt - start);
  await registration.refresh({ expires: 1200 });
  await registration.query();
  await clock.advance(60_000);
  network.socket.closed(1001);
  await clock.advance(3000);
  await registration.unregister();
  await registration.register();
  await registration.unregister({ all: true });
  expect(handler.bindings.size).toBe(0);
  expect(registration).toMatchObject({ state: 'unregistered', bound: false, expiresAt: null });
  expect(log.of('registered')).toHaveLength(3);
  expect(log.of('unregistered').map(({ reason }) => reason)).toEqual(['user', 'user']);
  expect(log.of('failed')).toEqual([]);
  expect(new Set(network.requests.map((request) => request.one('Call-ID'))).size).toBe(1);
  expect(network.requests.map(cseq)).toEqual(network.requests.map((_, index) => index + 1));
  expect(client.stats.dropped).toBe(0);
  const states = log.filter(({ type }) => type === 'statechange').map(({ detail }) => detail);
  states.reduce((previous, change) => {
    expect(change.previous).toBe(previous);
    expect(change.state).not.toBe(previous);
    return change.state;
  }, 'unregistered');
});
