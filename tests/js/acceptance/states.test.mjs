// Transitions between states that the other files leave out; flows; what the server asks of us.
import { answers, challenged, guarded, isRight } from './digest.mjs';
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
  parse,
  script,
  settle,
  start,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const silent = () => undefined;
const busy = (request) => answer(request, 503, 'Busy');
const credentials = { password: 'secret' };

describe('waiting', () => {
  test('bound, flow up: unregister() sends', async () => {
    const { registration, network } = await makeRegistered({}, { handler: script(granted, busy) });
    await errorOf(registration.refresh());
    expect(registration).toMatchObject({ state: 'waiting', bound: true });
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    expect(asked(network.last)).toBe(0);
    expect(registration).toMatchObject({ state: 'unregistered', bound: false, retryAt: null });
  });

  test('STM-14 bound: it expires there, keeps its state and its retry', async () => {
    const { registration, clock, log } = await makeRegistered(
      {},
      {
        handler: script(granted, (request) =>
          answer(request, 503, 'Busy', [['Retry-After', '700']]),
        ),
      },
    );
    await errorOf(registration.refresh());
    const { retryAt } = registration;
    await clock.advance(600_000);
    expect(registration).toMatchObject({ state: 'waiting', bound: false });
    expect(registration.retryAt).toBe(retryAt);
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
    await clock.advance(retryAt - clock.wall);
    expect(registration.state).toBe('registered');
    expect(log.of('registered')).toHaveLength(2);
  });
});

describe('while waiting on a back-off', () => {
  test.each([
    ['query', keeping(), (registration) => registration.query()],
    ['removeBinding', keeping(), (registration) => registration.removeBinding('sip:x@y.invalid')],
    [
      'a query that is refused',
      (request) => answer(request, 403, 'No'),
      (registration) => registration.query().catch(() => undefined),
    ],
  ])('%s is answered and the retry stays', async (_, reply, call) => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: script(busy, reply) },
    );
    const { retryAt } = await errorOf(registration.register());
    await call(registration);
    expect(network.requests).toHaveLength(2);
    expect(registration.state).toBe('waiting');
    expect(registration.retryAt).toBe(retryAt);
    await clock.advance(60_001);
    expect(registration.state).toBe('registered');
    expect(network.requests).toHaveLength(3);
  });

  test('bound: the refresh is tried again before expiry', async () => {
    const handler = keeping();
    const { registration, network, clock } = await makeRegistered({}, { handler });
    network.handler = busy;
    await errorOf(registration.refresh());
    network.handler = handler;
    await registration.query();
    await clock.advance(599_000);
    expect(network.requests.length).toBeGreaterThanOrEqual(4);
    expect([registration.state, registration.bound]).toEqual(['registered', true]);
  });
});

test.each([
  ['403', {}, (request) => answer(request, 403, 'No')],
  ['500 with retry: false', { retry: false }, (request) => answer(request, 500, 'Oops')],
])(
  'a call that waits behind one that fails with %s goes out and counts',
  async (_, options, refusal) => {
    const { registration, log } = await makeRegistration(options, { handler: script(refusal) });
    const first = watch(registration.register());
    const second = watch(registration.register({ headers: { 'X-A': '1' } }));
    await settle();
    expect([first.state, second.state]).toEqual(['rejected', 'fulfilled']);
    expect([registration.state, registration.bound]).toEqual(['registered', true]);
    expect(log.states()).toEqual([
      'connecting',
      'registering',
      'failed',
      'registering',
      'registered',
    ]);
  },
);

describe('failed', () => {
  test('bound, flow up: unregister() sends', async () => {
    const { registration, network } = await makeRegistered(
      {},
      { handler: script(granted, (request) => answer(request, 400, 'Bad')) },
    );
    await errorOf(registration.refresh());
    expect(registration).toMatchObject({ state: 'failed', bound: true });
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    expect(asked(network.last)).toBe(0);
  });

  test('query() works and leaves it failed', async () => {
    const { registration } = await makeRegistration(
      {},
      { handler: script((request) => answer(request, 403, 'No'), keeping()) },
    );
    await errorOf(registration.register());
    expect(await registration.query()).toEqual([]);
    expect(registration.state).toBe('failed');
  });

  test('refresh() starts again as register() does', async () => {
    const { registration } = await makeRegistration(
      {},
      { handler: script((request) => answer(request, 403, 'No')) },
    );
    await errorOf(registration.register());
    await registration.refresh();
    expect(registration.state).toBe('registered');
  });

  test('a lost socket does not bring it back', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: (request) => answer(request, 403, 'No') },
    );
    await errorOf(registration.register());
    network.socket.closed(1006);
    await clock.advance(3_600_000);
    expect(network.sockets).toHaveLength(1);
    expect(registration.state).toBe('failed');
  });
});

describe('unregistered', () => {
  test('a lost socket is not opened again when nothing wants it', async () => {
    const { registration, network, clock, client } = await makeRegistered();
    await registration.unregister();
    network.socket.closed(1006);
    await clock.advance(3_600_000);
    expect(network.sockets).toHaveLength(1);
    expect(client.connectionState).toBe('disconnected');
    expect(registration.state).toBe('unregistered');
  });

  test('refresh() is as register()', async () => {
    const { registration, log } = await makeRegistration();
    await registration.refresh();
    expect(registration.state).toBe('registered');
    expect(log.of('registered')).toHaveLength(1);
    expect(log.of('refreshed')).toEqual([]);
  });
});

describe('connecting, the flow lost', () => {
  async function lost(worldOptions) {
    const world = await makeRegistered({}, worldOptions);
    await world.clock.advance(60_000);
    world.network.socket.closed(1006);
    await settle();
    return world;
  }

  test('unregister({ all }) opens the socket and sends', async () => {
    const { registration, network, clock } = await lost();
    const done = watch(registration.unregister({ all: true }));
    await clock.advance(3000);
    expect(done).toMatchObject({ state: 'fulfilled', value: { sent: true, confirmed: true } });
    expect(network.last.one('Contact')).toBe('*');
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
  });

  test('unregister({ force }) opens the socket and sends', async () => {
    const { registration, network, clock } = await lost();
    const done = watch(registration.unregister({ force: true }));
    await clock.advance(3000);
    expect(done).toMatchObject({ state: 'fulfilled', value: { sent: true, confirmed: true } });
    expect(asked(network.last)).toBe(0);
    await clock.advance(3_600_000);
    expect(registration.state).toBe('unregistered');
  });

  test('query() opens the socket', async () => {
    const { registration, clock, log } = await lost({ handler: keeping() });
    const done = watch(registration.query());
    await clock.advance(3000);
    expect(done.state).toBe('fulfilled');
    expect(done.value.map(({ own }) => own)).toEqual([true]);
    expect(log.of('unregistered')).toEqual([]);
    expect(registration.state).toBe('registered');
  });

  test('register() opens it at once instead of waiting', async () => {
    const { registration, network } = await lost();
    const done = watch(registration.register());
    await settle();
    expect(done.state).toBe('fulfilled');
    expect(network.sockets).toHaveLength(2);
  });

  test('a 401 on the new flow is answered', async () => {
    const { registration, network, clock } = await lost({ handler: granted });
    registration.setCredentials(credentials);
    network.handler = guarded(granted);
    await clock.advance(3000);
    expect(registration.state).toBe('registered');
    expect(isRight(network.last)).toBe(true);
  });
});

describe('a socket lost in the middle', () => {
  test('fault 9 of a challenge: rejects with transport, and the next flow starts afresh', async () => {
    const { registration, network, clock } = await makeRegistration(
      { credentials },
      {
        handler: script(
          (request) => challenged(request, { algorithm: 'MD5', qop: 'auth' }),
          (request, socket) => socket.closed(1006),
        ),
      },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'transport',
      retryable: true,
    });
    network.handler = guarded(granted);
    await clock.advance(120_000);
    expect(registration.state).toBe('registered');
    const branches = network.requests.map((request) => request.one('Via'));
    expect(new Set(branches).size).toBe(branches.length);
  });

  test('of a query: rejects with transport, the binding is kept up', async () => {
    const { registration, network, clock } = await makeRegistered(
      {},
      { handler: script(granted, silent) },
    );
    await clock.advance(60_000);
    const done = watch(registration.query());
    await settle();
    network.socket.closed(1006);
    await settle();
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'transport' } });
    await clock.advance(3000);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
  });
});

describe('unregistering', () => {
  test('STM-19 a challenge is answered', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      { handler: script(granted, guarded(granted), guarded(granted)) },
    );
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    expect(network.requests).toHaveLength(3);
    expect(asked(network.last)).toBe(0);
    expect(isRight(network.last)).toBe(true);
  });

  test('STM-19 a challenge that cannot be answered: rejects with auth-failed, unregistered', async () => {
    const { registration } = await makeRegistered(
      {},
      { handler: script(granted, guarded(granted)) },
    );
    expect(await errorOf(registration.unregister())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
  });

  test('credentials that are refused are not tried for ever', async () => {
    const { registration, network } = await makeRegistered(
      { credentials: { password: 'wrong' } },
      { handler: script(granted, guarded(granted), guarded(granted), guarded(granted)) },
    );
    expect(await errorOf(registration.unregister())).toMatchObject({ code: 'auth-failed' });
    expect(network.requests.length).toBeLessThanOrEqual(3);
    expect(registration.state).toBe('unregistered');
  });
});

describe('counting failures', () => {
  test('OB-09 attempts start again after a success on a flow that lived 30 s', async () => {
    const { registration, clock, log, network } = await makeRegistration(
      {},
      { handler: script(busy, busy) },
    );
    await errorOf(registration.register());
    await clock.advance(300_000);
    expect(registration.state).toBe('registered');
    await clock.advance(31_000);
    network.handler = script(busy);
    await errorOf(registration.refresh());
    expect(log.of('retry').map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
  });

  test('a provider that fails, a refused socket and a silent server are all retried', async () => {
    let calls = 0;
    const { registration, clock, log } = await makeRegistration(
      {},
      {
        server: () => {
          calls += 1;
          if (calls === 1) throw new Error('no token yet');
          return 'wss://edge.example.com/';
        },
        connect: (socket, number) => (number === 1 ? socket.refuse() : socket.open()),
        handler: script(silent),
      },
    );
    await errorOf(registration.register());
    await clock.advance(600_000);
    expect(registration.state).toBe('registered');
    expect(log.of('retry').map(({ error }) => error.code)).toEqual([
      'transport',
      'transport',
      'timeout',
    ]);
  });

  test('every retry event tells what the properties say', async () => {
    const { registration, clock, log } = await makeRegistration({}, { handler: busy });
    await errorOf(registration.register());
    await clock.advance(1_000_000);
    for (const { type, detail, state, retryAt } of log) {
      if (type !== 'retry') continue;
      expect(state).toBe('waiting');
      expect(detail.retryAt).toBe(retryAt);
      expect(detail.error.retryAt).toBe(detail.retryAt);
      expect(detail.error.name).toBe('RegistrationError');
    }
    expect(log.of('retry').length).toBeGreaterThan(3);
  });
});

describe('properties', () => {
  test('client and registration are EventTargets', async () => {
    const { registration, client } = await makeRegistration();
    expect(registration).toBeInstanceOf(EventTarget);
    expect(client).toBeInstanceOf(EventTarget);
  });

  test('are read-only', async () => {
    const { registration, client } = await makeRegistered();
    for (const [target, names] of [
      [
        registration,
        [
          'id',
          'aor',
          'state',
          'bound',
          'expiresAt',
          'refreshAt',
          'retryAt',
          'info',
          'lastError',
          'flows',
        ],
      ],
      [client, ['connectionState', 'registrations', 'stats']],
    ]) {
      for (const name of names) {
        const before = target[name];
        try {
          target[name] = 'other';
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
        }
        expect(target[name]).toEqual(before);
      }
    }
  });

  test('client.registrations is the oldest first, and a copy', async () => {
    const { client, registration } = await makeRegistration();
    const second = client.createRegistration({ aor: 'sip:b@c.org' });
    expect(client.registrations).toEqual([registration, second]);
    try {
      client.registrations.pop();
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
    }
    expect(client.registrations).toHaveLength(2);
  });

  test('expiresAt and refreshAt are milliseconds since the epoch', async () => {
    const { registration } = await makeRegistered();
    expect(registration.expiresAt).toBe(start + 600_000);
    expect(registration.refreshAt).toBeGreaterThan(start);
    expect(registration.refreshAt).toBeLessThan(registration.expiresAt);
    expect(registration.aor).toBe(aor);
  });
});

describe('flows', () => {
  const only = { regId: 1, url: 'wss://edge.example.com/ws' };

  test('say whether each is connected and until when its binding lasts', async () => {
    const { registration, network } = await makeRegistration();
    expect(registration.flows).toEqual([{ ...only, connected: false, expiresAt: null }]);
    await registration.register();
    expect(registration.flows).toEqual([{ ...only, connected: true, expiresAt: start + 600_000 }]);
    network.connect = silent;
    network.socket.closed(1006);
    await settle();
    expect(registration.flows).toEqual([{ ...only, connected: false, expiresAt: start + 600_000 }]);
    await registration.unregister();
    expect(registration.flows).toEqual([{ ...only, connected: false, expiresAt: null }]);
  });
});

describe('connectionchange', () => {
  test('tells of the wait for a socket, and until when', async () => {
    const { registration, client } = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse() },
    );
    const seen = [];
    client.addEventListener('connectionchange', (event) => seen.push(event.detail));
    await errorOf(registration.register());
    expect(seen.map(({ state }) => state)).toContain('connecting');
    expect(seen.at(-1)).toMatchObject({ state: 'waiting', retryAt: registration.retryAt });
    expect(client.connectionState).toBe('waiting');
  });
});

describe('requests of the server', () => {
  const request = (method, { to = '<sip:alice@example.com>', extra = '' } = {}) =>
    [
      `${method} sip:alice@x.invalid;transport=ws SIP/2.0`,
      `Via: SIP/2.0/UDP edge.example.com;branch=z9hG4bK${method}`,
      'Via: SIP/2.0/WSS core.example.com;branch=z9hG4bKcore',
      'From: <sip:edge@example.com>;tag=f1',
      `To: ${to}`,
      `Call-ID: call-${method}`,
      `CSeq: 7 ${method}`,
      'Max-Forwards: 70',
      'Content-Length: 0',
      extra,
      '',
    ].join('\r\n');

  test.each([
    ['OPTIONS', 200],
    ['INVITE', 480],
    ['NOTIFY', 481],
    ['MESSAGE', 405],
    ['CANCEL', 481],
    ['WHATEVER', 405],
  ])('%s without a listener is answered with %d on the same socket', async (method, status) => {
    const { network, registration } = await makeRegistered();
    network.socket.receive(request(method));
    await settle();
    expect(network.socket.responses).toHaveLength(1);
    const [response] = network.socket.responses;
    expect(response.status).toBe(status);
    const sent = parse(request(method));
    expect(response.all('Via')).toEqual(sent.all('Via'));
    for (const name of ['From', 'Call-ID', 'CSeq']) expect(response.one(name)).toBe(sent.one(name));
    expect(response.one('To')).toMatch(/;tag=\w+/);
    if (status === 405 || status === 200) expect(response.one('Allow')).toEqual(expect.any(String));
    expect(registration.state).toBe('registered');
  });

  test('UAS-02 anything with a To tag is answered with 481', async () => {
    const { network } = await makeRegistered();
    network.socket.receive(request('BYE', { to: '<sip:alice@example.com>;tag=t1' }));
    await settle();
    expect(network.socket.responses.map(({ status }) => status)).toEqual([481]);
    expect(network.socket.responses[0].one('To')).toBe('<sip:alice@example.com>;tag=t1');
  });

  test('UAS-02 ACK is never answered', async () => {
    const { network } = await makeRegistered();
    network.socket.receive(request('ACK'));
    await settle();
    expect(network.socket.responses).toEqual([]);
  });

  test('fault 70 none is answered with credentials', async () => {
    const { network } = await makeRegistered({ credentials }, { handler: guarded(granted) });
    for (const method of ['OPTIONS', 'INVITE', 'REGISTER']) network.socket.receive(request(method));
    await settle();
    expect(network.socket.responses).toHaveLength(3);
    for (const response of network.socket.responses) {
      expect(response.text).not.toMatch(/Authorization|response=/);
    }
    expect(answers(network.last)).toHaveLength(1);
  });
});
