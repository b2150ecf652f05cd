// Malformed options: a TypeError that names the option, code 'invalid-argument', and nothing is sent.
import { createClient } from './client.mjs';
import { FakeClock } from './clock.mjs';
import {
  aor,
  checkInvariants,
  errorOf,
  instanceId,
  makeRegistered,
  makeRegistration,
  makeWorld,
  server,
  settle,
  thrownBy,
} from './harness.mjs';
import { Network } from './network.mjs';

checkInvariants({ afterEach, expect });

const unprintable = [
  ['CR', 'a\rb'],
  ['LF', 'a\nb'],
  ['CRLF', 'a\r\nX-Injected: 1'],
  ['NUL', 'a\0b'],
  ['DEL', 'a\u007fb'],
  ['a lone high surrogate', 'a\ud800b'],
  ['a lone low surrogate', 'a\udc00'],
];

function expectOptionError(error, option) {
  expect(error).toBeInstanceOf(Error);
  expect({ name: error.name, code: error.code, option: error.option }).toEqual({
    name: 'TypeError',
    code: 'invalid-argument',
    option,
  });
  // It names the option for the person who reads it.
  expect(error.message).toContain(option.split('.').at(-1));
}

describe('createClient', () => {
  const refuse = async (options) => {
    const network = new Network();
    const clock = new FakeClock();
    const error = await errorOf(
      createClient({
        server,
        instanceId,
        storage: null,
        webSocket: network.webSocket,
        platform: clock.platform,
        ...options,
      }),
    );
    expect(network.sockets).toEqual([]);
    expect(clock.armed).toBe(0);
    return error;
  };

  test.each([
    ['server', undefined],
    ['server', null],
    ['server', 42],
    ['server', ''],
    ['server', 'edge.example.com'],
    ['server', 'https://edge.example.com'],
    ['server', 'wss://'],
    ['server', 'wss://user:secret@edge.example.com/'],
    ['server', 'wss://edge.example.com/#fragment'],
    ['server', []],
    ['server', {}],
    ['server', [server, 'ftp://x']],
    ['server', [server, 7]],
    ['server', new URL('http://edge.example.com/')],
    ['server', 'ws://edge.example.com/'],
    ['server', 'ws://localhost.example.com/'],
    ['server', 'ws://127.0.0.1.example.com/'],
    ['server', 'ws://128.0.0.1/'],
    ['server', 'ws://0.0.0.0/'],
    ['server', 'wss://edge.example.com/\r\nx'],
    ['wasm', 7],
    ['wasm', true],
    ['wasm', Symbol('x')],
    ['wasm', {}],
    ['webSocket', 'WebSocket'],
    ['webSocket', {}],
    ['userAgent', 5],
    ['userAgent', true],
    ['instanceId', 5],
    ['instanceId', ''],
    ['instanceId', 'not a urn'],
    ['storage', 'localStorage'],
    ['storage', {}],
    ['connectTimeoutMs', '10'],
    ['connectTimeoutMs', 0],
    ['connectTimeoutMs', -1],
    ['connectTimeoutMs', NaN],
    ['connectTimeoutMs', Infinity],
    ['transactionTimeoutMs', '10'],
    ['transactionTimeoutMs', -1],
    ['transactionTimeoutMs', NaN],
    ['credentialsTimeoutMs', {}],
    ['credentialsTimeoutMs', -1],
    ['credentialsTimeoutMs', NaN],
    ['keepAlive', 'yes'],
    ['keepAlive', 7],
    ['reconnect', 'yes'],
    ['reconnect', 1],
    ['reconnect.policy', { policy: 'fast' }],
    ['reconnect.baseMs', { baseMs: -1 }],
    ['reconnect.baseMs', { baseMs: 'soon' }],
    ['reconnect.maxMs', { maxMs: NaN }],
    ['allowInsecure', 'yes'],
    ['platform', 7],
    ['platform.now', { now: 7 }],
    ['platform.monotonic', { monotonic: 'x' }],
    ['platform.setTimeout', { setTimeout: 1, clearTimeout() {} }],
    ['platform.clearTimeout', { setTimeout() {}, clearTimeout: 1 }],
    ['platform.getRandomValues', { getRandomValues: 1 }],
  ])('refuses %s: %p', async (option, value) => {
    expectOptionError(await refuse({ [option.split('.')[0]]: value }), option);
  });

  test.each(unprintable)('refuses %s in userAgent', async (_, value) => {
    expectOptionError(await refuse({ userAgent: value }), 'userAgent');
  });

  test.each(unprintable)('refuses %s in instanceId', async (_, value) => {
    expectOptionError(await refuse({ instanceId: `urn:x:${value}` }), 'instanceId');
  });

  test.each([[undefined], [null], ['wss://edge.example.com'], [7]])(
    'refuses %p for its options',
    async (options) => {
      const error = await errorOf(createClient(options));
      expect(error).toMatchObject({ name: 'TypeError', code: 'invalid-argument' });
    },
  );

  test('refuses an insecure URL that a provider gives, without opening a socket', async () => {
    const { client, network } = await makeWorld({ server: () => 'ws://edge.example.com/' });
    const registration = client.createRegistration({ aor, retry: false });
    const error = await errorOf(registration.register());
    expect(error).toBeInstanceOf(Error);
    expect(network.sockets).toEqual([]);
  });

  test.each([
    ['ws://localhost:5080/'],
    ['ws://127.0.0.1/ws'],
    ['ws://127.8.9.10/ws'],
    ['ws://[::1]:8080/'],
  ])('takes %s without allowInsecure: it is loopback', async (url) => {
    const { client, network } = await makeWorld({ server: url });
    await client.createRegistration({ aor }).register();
    expect(network.socket.url).toBe(url);
  });

  test('takes ws: to another host with allowInsecure', async () => {
    const url = 'ws://edge.example.com/';
    const { client, network } = await makeWorld({ server: url, allowInsecure: true });
    await client.createRegistration({ aor }).register();
    expect(network.socket.url).toBe(url);
    expect(network.last.one('Via')).toMatch(/^SIP\/2\.0\/WS /);
  });

  test('opens no socket by itself', async () => {
    const { client, network, clock } = await makeWorld();
    await clock.advance(60_000);
    expect(network.sockets).toEqual([]);
    expect(client.connectionState).toBe('disconnected');
  });
});

/** Every option of createRegistration() with values of the wrong type or syntax. */
const malformed = [
  ['aor', undefined],
  ['aor', null],
  ['aor', 5],
  ['aor', ''],
  ['aor', 'alice'],
  ['aor', 'alice@example.com'],
  ['aor', 'sip:'],
  ['aor', 'sip:alice@'],
  ['aor', 'tel:+15551234'],
  ['aor', 'mailto:alice@example.com'],
  ['aor', 'sip:alice@exa mple.com'],
  ['aor', 'sip:alice@example.com:65536'],
  ['aor', 'sip:al<ice@example.com'],
  ['registrar', 5],
  ['registrar', ''],
  ['registrar', 'example.com'],
  ['registrar', 'https://example.com'],
  ['from', 5],
  ['from', 'alice'],
  ['displayName', 5],
  ['credentials', 'secret'],
  ['credentials', 5],
  ['credentials', {}],
  ['credentials', [{}]],
  ['credentials.username', { username: 5, password: 'x' }],
  ['credentials.password', { password: 5 }],
  ['credentials.realm', { password: 'x', realm: 5 }],
  ['credentials.ha1', { ha1: 5, realm: 'r' }],
  ['credentials.ha1', { ha1: 'abc', realm: 'r' }],
  ['credentials.ha1', { ha1: 'g'.repeat(32), realm: 'r' }],
  ['credentials.ha1', { ha1: { MD5: 'a'.repeat(31) }, realm: 'r' }],
  ['credentials.ha1', { ha1: { 'SHA-256': 'a'.repeat(32) }, realm: 'r' }],
  ['credentials.ha1', { ha1: { 'SHA-512-256': 'a'.repeat(128) }, realm: 'r' }],
  ['credentials', { ha1: { 'SHA-1': 'a'.repeat(40) }, realm: 'r' }],
  ['credentials', { ha1: {}, realm: 'r' }],
  ['credentials.realm', { ha1: 'a'.repeat(32) }],
  ['credentials.token', { token: 5 }],
  ['credentials.expiresAt', { token: 'abc', expiresAt: 'soon' }],
  ['expires', 0],
  ['expires', -1],
  ['expires', 1.5],
  ['expires', NaN],
  ['expires', Infinity],
  ['expires', 2 ** 32],
  ['expires', 2 ** 53],
  ['expires', '600'],
  ['expires', null],
  ['contact', 'sip:a@b'],
  ['contact', 5],
  ['contact.user', { user: 5 }],
  ['contact.displayName', { displayName: 5 }],
  ['contact.q', { q: 1.5 }],
  ['contact.q', { q: -0.1 }],
  ['contact.q', { q: NaN }],
  ['contact.q', { q: '0.5' }],
  ['contact.q', { q: 0.1234 }],
  ['contact.uriParams', { uriParams: 'ob' }],
  ['contact.uriParams', { uriParams: { 'a b': '1' } }],
  ['contact.uriParams', { uriParams: { a: 5 } }],
  ['contact.uriParams', { uriParams: { a: false } }],
  ['contact.uriParams', { uriParams: { '': 'x' } }],
  ['contact.params', { params: 5 }],
  ['contact.params', { params: { 'a;b': '1' } }],
  ['contact.params', { params: { a: 5 } }],
  ['contact.params', { params: { a: 'x\r\nEvil: 1' } }],
  ['headers', 'X: y'],
  ['headers', 5],
  ['headers', { 'X-A': 5 }],
  ['headers', { 'X-A': ['ok', 5] }],
  ['headers', { 'X A': 'y' }],
  ['headers', { 'X:A': 'y' }],
  ['headers', { '': 'y' }],
  ['supported', '100rel'],
  ['supported', [5]],
  ['supported', ['100 rel']],
  ['supported', ['a,b']],
  ['supported', ['']],
  ['route', '<sip:p.example.com;lr>'],
  ['route', [5]],
  ['route', ['']],
  ['route', ['<sip:p.example.com']],
  ['outbound', 'yes'],
  ['outbound', 5],
  ['outbound.regId', { regId: 0 }],
  ['outbound.regId', { regId: 2 ** 31 }],
  ['outbound.regId', { regId: 1.5 }],
  ['outbound.regId', { regId: '1' }],
  ['outbound.flows', { flows: 0 }],
  ['outbound.flows', { flows: 2 }],
  ['outbound.flows', { flows: 'two' }],
  ['gruu', 'yes'],
  ['gruu', 1],
  ['push', 'fcm'],
  ['push.provider', {}],
  ['push.provider', { provider: 5 }],
  ['push.provider', { provider: '' }],
  ['push.prid', { provider: 'fcm', prid: 5 }],
  ['push.param', { provider: 'fcm', prid: 'x', param: 5 }],
  ['digest', 'SHA-256'],
  ['digest.policy', { policy: 'weakest' }],
  ['digest.policy', { policy: 5 }],
  ['digest.algorithms', { algorithms: 'MD5' }],
  ['digest.algorithms', { algorithms: ['SHA-1'] }],
  ['digest.requireMutual', { requireMutual: 'yes' }],
  ['refresh', true],
  ['refresh', 'adaptive'],
  ['refresh.policy', { policy: 'late' }],
  ['refresh.value', { policy: 'percent' }],
  ['refresh.value', { policy: 'percent', value: 0 }],
  ['refresh.value', { policy: 'percent', value: 101 }],
  ['refresh.value', { policy: 'percent', value: NaN }],
  ['refresh.value', { policy: 'margin', value: -1 }],
  ['refresh.value', { policy: 'margin', value: '5' }],
  ['retry', 'no'],
  ['retry', 0],
];

/** The options that are text, as a function of a bad value. */
const texts = [
  ['aor', (bad) => ({ aor: `sip:${bad}@example.com` })],
  ['aor', (bad) => ({ aor: `sip:alice@${bad}.com` })],
  ['registrar', (bad) => ({ registrar: `sip:${bad}.com` })],
  ['from', (bad) => ({ from: `sip:${bad}@example.com` })],
  ['displayName', (bad) => ({ displayName: bad })],
  ['credentials.username', (bad) => ({ credentials: { username: bad, password: 'x' } })],
  ['credentials.realm', (bad) => ({ credentials: { password: 'x', realm: bad } })],
  ['credentials.token', (bad) => ({ credentials: { token: bad } })],
  ['contact.user', (bad) => ({ contact: { user: bad } })],
  ['contact.displayName', (bad) => ({ contact: { displayName: bad } })],
  ['contact.uriParams', (bad) => ({ contact: { uriParams: { a: bad } } })],
  ['contact.uriParams', (bad) => ({ contact: { uriParams: { [bad]: 'a' } } })],
  ['contact.params', (bad) => ({ contact: { params: { a: bad } } })],
  ['contact.params', (bad) => ({ contact: { params: { [bad]: 'a' } } })],
  ['headers', (bad) => ({ headers: { 'X-A': bad } })],
  ['headers', (bad) => ({ headers: { 'X-A': ['fine', bad] } })],
  ['headers', (bad) => ({ headers: { [bad]: 'x' } })],
  ['supported', (bad) => ({ supported: [bad] })],
  ['route', (bad) => ({ route: [`<sip:${bad}.example.com;lr>`] })],
  ['push.provider', (bad) => ({ push: { provider: bad } })],
  ['push.prid', (bad) => ({ push: { provider: 'fcm', prid: bad } })],
  ['push.param', (bad) => ({ push: { provider: 'fcm', prid: 'x', param: bad } })],
];

/** sipreg's own headers, long and compact, and in other cases. */
const reserved = [
  'Via',
  'v',
  'Max-Forwards',
  'Route',
  'From',
  'f',
  'To',
  't',
  'Call-ID',
  'i',
  'CSeq',
  'Contact',
  'm',
  'Expires',
  'Supported',
  'k',
  'Require',
  'Proxy-Require',
  'User-Agent',
  'Authorization',
  'Proxy-Authorization',
  'Content-Length',
  'l',
  'Content-Type',
  'c',
].flatMap((name) => [name, name.toUpperCase(), name.toLowerCase()]);

describe('createRegistration', () => {
  test.each(malformed)('throws for %s: %p', async (option, value) => {
    const { client, network, clock } = await makeWorld();
    const name = option.split('.')[0];
    expectOptionError(
      thrownBy(() => client.createRegistration({ aor, [name]: value })),
      option,
    );
    await settle();
    expect(network.sockets).toEqual([]);
    expect(client.registrations).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  test.each(texts)(
    'throws for control characters and lone surrogates in %s (%#)',
    async (option, make) => {
      const { client, network } = await makeWorld();
      for (const [, bad] of unprintable) {
        expectOptionError(
          thrownBy(() => client.createRegistration({ aor, ...make(bad) })),
          option,
        );
      }
      await settle();
      expect(network.sockets).toEqual([]);
      expect(client.registrations).toEqual([]);
    },
  );

  test('REG-19 fault 86 throws for the headers that it writes itself, in any case and compact form', async () => {
    const { client } = await makeWorld();
    for (const name of reserved) {
      const error = thrownBy(() => client.createRegistration({ aor, headers: { [name]: 'x' } }));
      expectOptionError(error, 'headers');
    }
  });

  test.each([[undefined], [null], [aor], [7]])('throws for %p as its options', async (options) => {
    const { client } = await makeWorld();
    const error = thrownBy(() => client.createRegistration(options));
    expect(error).toMatchObject({ name: 'TypeError', code: 'invalid-argument' });
  });

  test('fault 91 leaves a getter that throws visible, and changes nothing', async () => {
    const { client } = await makeWorld();
    const options = {
      aor,
      get expires() {
        throw new RangeError('mine');
      },
    };
    expect(thrownBy(() => client.createRegistration(options))).toBeInstanceOf(Error);
    expect(client.registrations).toEqual([]);
  });

  test('fault 91 does not read options from a polluted prototype', async () => {
    const { client, network } = await makeWorld();
    const options = Object.create({ expires: 77 });
    options.aor = aor;
    await client.createRegistration(options).register();
    expect(network.last.one('Expires')).toBe('600');
    const parsed = JSON.parse(`{"aor":"${aor}","__proto__":{"expires":77}}`);
    await client.createRegistration(parsed).register();
    expect(network.last.one('Expires')).toBe('600');
  });

  test('takes its options once: a later change has no effect', async () => {
    const options = { aor, headers: { 'X-A': 'one' }, supported: ['100rel'] };
    const { client, network } = await makeWorld();
    const registration = client.createRegistration(options);
    options.headers['X-A'] = 'two';
    options.supported.push('timer');
    options.aor = 'sip:mallory@example.com';
    await registration.register();
    expect(network.last.one('X-A')).toBe('one');
    expect(network.last.one('Supported')).not.toContain('timer');
    expect(registration.aor).toBe(aor);
  });
});

describe('setCredentials', () => {
  test.each(malformed.filter(([option]) => option.startsWith('credentials')))(
    'throws for %s: %p and keeps the old ones',
    async (option, value) => {
      const { registration, network } = await makeRegistration({ credentials: { password: 'x' } });
      expectOptionError(
        thrownBy(() => registration.setCredentials(value)),
        option,
      );
      await settle();
      expect(network.sockets).toEqual([]);
    },
  );
});

describe('update', () => {
  test.each(
    malformed.filter(([option]) =>
      ['push', 'headers', 'supported', 'displayName', 'refresh', 'retry'].includes(
        option.split('.')[0],
      ),
    ),
  )('throws for %s: %p and changes nothing', async (option, value) => {
    const { registration, network } = await makeRegistered({ headers: { 'X-A': 'one' } });
    expectOptionError(
      thrownBy(() => registration.update({ [option.split('.')[0]]: value })),
      option,
    );
    await registration.refresh();
    expect(network.last.headers.map(([name]) => name)).toEqual(
      network.requests[0].headers.map(([name]) => name),
    );
  });
});

describe('calls', () => {
  const calls = {
    register: (registration, call) => registration.register(call),
    refresh: (registration, call) => registration.refresh(call),
    unregister: (registration, call) => registration.unregister({ force: true, ...call }),
    query: (registration, call) => registration.query(call),
    removeBinding: (registration, call) =>
      registration.removeBinding('sip:other@host.invalid', call),
  };
  const headerCases = [
    ['headers', { headers: 'X: y' }],
    ['headers', { headers: { 'X-A': 5 } }],
    ['headers', { headers: { Via: 'x' } }],
    ['headers', { headers: { 'X-A': 'a\r\nb' } }],
    ['supported', { supported: '100rel' }],
    ['supported', { supported: ['100 rel'] }],
    ['signal', { signal: 'stop' }],
    ['signal', { signal: {} }],
  ];

  test.each(Object.keys(calls).flatMap((name) => headerCases.map((entry) => [name, ...entry])))(
    '%s rejects for %s: %p',
    async (name, option, call) => {
      const { registration, network, log } = await makeRegistered();
      const before = network.requests.length;
      log.length = 0;
      let promise;
      expect(() => {
        promise = calls[name](registration, call);
      }).not.toThrow();
      expectOptionError(await errorOf(promise), option);
      await settle();
      expect(network.requests.length).toBe(before);
      expect(log).toEqual([]);
      expect(registration.state).toBe('registered');
    },
  );

  test.each(
    ['register', 'refresh'].flatMap((name) =>
      [0, -1, 1.5, NaN, 2 ** 32, '600', null].map((expires) => [name, expires]),
    ),
  )('%s rejects for expires: %p', async (name, expires) => {
    const { registration, network } = await makeRegistration();
    expectOptionError(await errorOf(calls[name](registration, { expires })), 'expires');
    await settle();
    expect(network.sockets).toEqual([]);
    expect(registration.state).toBe('unregistered');
  });

  test.each([[5], [''], [undefined], ['not a uri'], ['sip:a@b\r\nEvil: 1'], ['sip:a@b>;x=<']])(
    'removeBinding rejects for the uri %p',
    async (uri) => {
      const { registration, network } = await makeRegistered();
      const before = network.requests.length;
      expectOptionError(await errorOf(registration.removeBinding(uri)), 'uri');
      expect(network.requests.length).toBe(before);
    },
  );

  test.each(['all', 'force'])('unregister rejects when %s is not a boolean', async (option) => {
    const { registration, network } = await makeRegistered();
    expectOptionError(await errorOf(registration.unregister({ [option]: 'yes' })), option);
    expect(network.requests.length).toBe(1);
  });

  test('whenRegistered rejects for a signal that is none', async () => {
    const { registration } = await makeRegistration();
    expectOptionError(await errorOf(registration.whenRegistered({ signal: 'stop' })), 'signal');
  });

  test.each([['register'], ['query'], ['unregister']])(
    '%s rejects when its options are no object',
    async (name) => {
      const { registration } = await makeRegistration();
      const error = await errorOf(registration[name](7));
      expect(error).toMatchObject({ name: 'TypeError', code: 'invalid-argument' });
    },
  );

  test('client.register rejects for a malformed option and leaves no registration', async () => {
    const { client, network } = await makeWorld();
    expectOptionError(await errorOf(client.register({ aor: 'nobody' })), 'aor');
    expectOptionError(await errorOf(client.register({ aor }, { expires: 0 })), 'expires');
    await settle();
    expect(client.registrations).toEqual([]);
    expect(network.sockets).toEqual([]);
  });

  test.each([
    ['unregister', { unregister: 'yes' }],
    ['timeoutMs', { timeoutMs: -1 }],
    ['timeoutMs', { timeoutMs: '5' }],
    ['timeoutMs', { timeoutMs: NaN }],
  ])('client.close rejects for %s: %p and stays open', async (option, value) => {
    const { client } = await makeWorld();
    expectOptionError(await errorOf(client.close(value)), option);
    expect(client.connectionState).toBe('disconnected');
    expect(client.createRegistration({ aor }).state).toBe('unregistered');
  });
});
