// Malformed options: a TypeError that names the option, at once, and nothing sent.
import { createClient } from '../../dist/index.js';
import { accept, alice, createWorld, FakeSocket, header } from './world.mjs';

const refusal = (option) =>
  expect.objectContaining({
    name: 'TypeError',
    code: 'invalid-argument',
    option,
    message: expect.stringMatching(/\w/),
  });

const controls = { CR: '\r', LF: '\n', CRLF: '\r\nX-Evil: 1', NUL: '\0', DEL: '\x7f' };

let world;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  expect(world.sockets).toEqual([]);
  await world.client.close();
});

const create = (options) => () => world.client.createRegistration({ ...alice, ...options });

describe('createRegistration()', () => {
  test.each([
    ['aor', { aor: undefined }],
    ['aor', { aor: 'alice' }],
    ['aor', { aor: 'http://example.com' }],
    ['aor', { aor: 7 }],
    ['aor', { aor: 'sip:alice@example.com:0' }],
    ['registrar', { registrar: 'sip:alice@example.com' }],
    ['registrar', { registrar: null }],
    ['registrar', { registrar: '' }],
    ['from', { from: '' }],
    ['contact.user', { contact: { user: '' } }],
    ['push.prid', { push: { provider: 'webpush', prid: '' } }],
    ['credentials.username', { credentials: { username: '', password: 'x' } }],
    ['credentials.ha1', { credentials: { ha1: '', password: 'x', realm: 'r' } }],
    ['credentials.token', { credentials: { token: '', password: 'x' } }],
    ['from', { from: 'alice' }],
    ['displayName', { displayName: 5 }],
    ['expires', { expires: 0 }],
    ['expires', { expires: -1 }],
    ['expires', { expires: NaN }],
    ['expires', { expires: 1.5 }],
    ['expires', { expires: 2 ** 32 }],
    ['expires', { expires: '60' }],
    ['contact', { contact: 'sip:a@b' }],
    ['contact.user', { contact: { user: 1 } }],
    ['contact.displayName', { contact: { displayName: {} } }],
    ['contact.q', { contact: { q: 1.5 } }],
    ['contact.q', { contact: { q: 0.1234 } }],
    ['contact.q', { contact: { q: NaN } }],
    ['contact.q', { contact: { q: '0.5' } }],
    ['contact.uriParams', { contact: { uriParams: { 'a b': '1' } } }],
    ['contact.uriParams', { contact: { uriParams: { a: 1 } } }],
    ['contact.uriParams', { contact: { uriParams: ['a'] } }],
    ['contact.params', { contact: { params: { 'a;b': '1' } } }],
    ['contact.params', { contact: { params: { expires: '1' } } }],
    ['contact.params', { contact: { params: { a: false } } }],
    ['headers', { headers: [] }],
    ['headers', { headers: { 'X-A': 1 } }],
    ['headers', { headers: { 'X-A': ['1', null] } }],
    ['headers', { headers: { 'X A': '1' } }],
    ['headers', { headers: { via: 'x' } }],
    ['headers', { headers: { m: 'x' } }],
    ['headers', { headers: { 'CONTENT-LENGTH': '1' } }],
    ['supported', { supported: '100rel' }],
    ['supported', { supported: [1] }],
    ['supported', { supported: ['a b'] }],
    ['route', { route: ['not a uri'] }],
    ['route', { route: 'sip:a' }],
    ['outbound', { outbound: 1 }],
    ['outbound.regId', { outbound: { regId: 0 } }],
    ['outbound.regId', { outbound: { regId: 2 ** 31 } }],
    ['outbound.flows', { outbound: { flows: 0 } }],
    ['outbound.flows', { outbound: { flows: 2 } }],
    ['gruu', { gruu: 'yes' }],
    ['push', { push: 'webpush' }],
    ['push.provider', { push: {} }],
    ['push.prid', { push: { provider: 'webpush', prid: 7 } }],
    ['digest.policy', { digest: { policy: 'weakest' } }],
    ['digest.algorithms', { digest: { algorithms: ['MD4'] } }],
    ['digest.algorithms', { digest: { algorithms: 'MD5' } }],
    ['digest.requireMutual', { digest: { requireMutual: 1 } }],
    ['refresh', { refresh: true }],
    ['refresh.policy', { refresh: { policy: 'never' } }],
    ['refresh.value', { refresh: { policy: 'percent' } }],
    ['refresh.value', { refresh: { policy: 'percent', value: 100 } }],
    ['refresh.value', { refresh: { policy: 'margin', value: -1 } }],
    ['retry', { retry: 0 }],
    ['credentials', { credentials: 'secret' }],
    ['credentials', { credentials: null }],
    ['credentials', { credentials: {} }],
    ['credentials', { credentials: [{ password: 'x' }, {}] }],
    ['credentials.username', { credentials: { username: 1, password: 'x' } }],
    ['credentials.password', { credentials: { password: 1 } }],
    ['credentials.ha1', { credentials: { ha1: 5, realm: 'r' } }],
    ['credentials.ha1', { credentials: { ha1: 'abc', realm: 'r' } }],
    ['credentials.ha1', { credentials: { ha1: 'G'.repeat(32), realm: 'r' } }],
    ['credentials.ha1', { credentials: { ha1: { 'SHA-256': '0'.repeat(32) }, realm: 'r' } }],
    ['credentials.realm', { credentials: { ha1: '0'.repeat(32) } }],
    ['credentials.token', { credentials: { token: {} } }],
    ['credentials.expiresAt', { credentials: { token: 't', expiresAt: 'soon' } }],
  ])('fault 90 refuses a wrong %s: %j', (option, options) => {
    expect(create(options)).toThrow(refusal(option));
    expect(world.client.registrations).toEqual([]);
  });

  test.each([undefined, null, 'sip:alice@example.com', [], 7])('fault 91 options %p', (options) => {
    expect(() => world.client.createRegistration(options)).toThrow(refusal('options'));
  });

  const places = {
    aor: (x) => ({ aor: `sip:ali${x}ce@example.com` }),
    registrar: (x) => ({ registrar: `sip:exam${x}ple.com` }),
    from: (x) => ({ from: `sip:bo${x}ss@example.com` }),
    displayName: (x) => ({ displayName: `Al${x}ice` }),
    'contact.user': (x) => ({ contact: { user: `de${x}sk` } }),
    'contact.displayName': (x) => ({ contact: { displayName: `De${x}sk` } }),
    'contact.uriParams': (x) => ({ contact: { uriParams: { a: `b${x}` } } }),
    'contact.params': (x) => ({ contact: { params: { [`a${x}`]: true } } }),
    headers: (x) => ({ headers: { 'X-A': `1${x}` } }),
    supported: (x) => ({ supported: [`100${x}rel`] }),
    route: (x) => ({ route: [`<sip:ed${x}ge.example.com;lr>`] }),
    'push.prid': (x) => ({ push: { provider: 'webpush', prid: `1${x}` } }),
    'credentials.username': (x) => ({ credentials: { username: `a${x}`, password: 'x' } }),
    'credentials.realm': (x) => ({ credentials: { realm: `a${x}`, password: 'x' } }),
  };
  const cases = Object.entries(places).flatMap(([option, make]) =>
    Object.entries({ ...controls, 'a lone surrogate': '\ud800' }).map(([name, text]) => [
      name,
      option,
      make(text),
    ]),
  );
  test.each(cases)('REG-19 fault 84 refuses %s in %s', (_, option, options) => {
    expect(create(options)).toThrow(refusal(option));
  });

  test('fault 91 hostile objects: getters, proxies, prototypes', () => {
    const throwing = {
      get aor() {
        throw new Error('no');
      },
    };
    expect(() => world.client.createRegistration(throwing)).toThrow(
      expect.objectContaining({ option: 'options', cause: expect.any(Error) }),
    );
    const trap = new Proxy({}, { ownKeys: () => 7 });
    expect(() => world.client.createRegistration(trap)).toThrow(refusal('options'));
    expect(() => world.client.createRegistration(Object.create(alice))).toThrow(refusal('aor'));
    let reads = 0;
    const counting = {
      get aor() {
        reads++;
        return 'sip:alice@example.com';
      },
      ...JSON.parse('{"__proto__": {"polluted": true}, "headers": {"X-A": "1"}}'),
    };
    world.client.createRegistration(counting).remove();
    expect(reads).toBe(1);
    expect({}.polluted).toBeUndefined();
    const named = JSON.parse('{"__proto__": "1"}');
    world.client.createRegistration({ ...alice, contact: { params: named } }).remove();
  });

  test('flows need servers', () => {
    expect(create({ outbound: { flows: 2 } })).toThrow(/as many servers/);
  });
});

describe('calls', () => {
  test.each([
    ['expires', 'register', { expires: 0 }],
    ['expires', 'refresh', { expires: 1e10 }],
    ['headers', 'register', { headers: { To: 'x' } }],
    ['headers', 'unregister', { headers: { 'X-A': 'a\r\nb' } }],
    ['headers', 'query', { headers: 'X' }],
    ['supported', 'register', { supported: ['a,b'] }],
    ['signal', 'register', { signal: {} }],
    ['signal', 'whenRegistered', { signal: 'abort' }],
    ['options', 'register', null],
    ['all', 'unregister', { all: 'yes' }],
    ['force', 'unregister', { force: 1 }],
  ])('a wrong %s rejects %s()', async (option, call, options) => {
    const registration = world.client.createRegistration(alice);
    await expect(registration[call](options)).rejects.toEqual(refusal(option));
    expect(registration.state).toBe('unregistered');
  });

  test('update() and setCredentials() throw, and change nothing', () => {
    const registration = world.client.createRegistration(alice);
    for (const [option, options] of [
      ['displayName', { displayName: 'a\nb' }],
      ['headers', { headers: { 'Call-ID': 'x' } }],
      ['supported', { supported: 'x' }],
      ['refresh.policy', { refresh: { policy: 'x' } }],
      ['push.provider', { push: { provider: '' } }],
      ['retry', { retry: null }],
      ['options', undefined],
    ]) {
      expect(() => registration.update(options)).toThrow(refusal(option));
    }
    expect(() => registration.setCredentials({ password: 1 })).toThrow(
      refusal('credentials.password'),
    );
  });
});

describe('createClient()', () => {
  const open = (options) =>
    createClient({
      server: 'wss://edge.example.com/ws',
      webSocket: (url, protocols) => new FakeSocket(url, protocols),
      storage: null,
      ...options,
    });

  test.each([
    ['server', { server: undefined }],
    ['server', { server: [] }],
    ['server', { server: 'edge.example.com' }],
    ['server', { server: 'https://edge.example.com' }],
    ['server', { server: '' }],
    ['server', { server: 7 }],
    ['server', { server: ['wss://a.example.com', 'sip:b'] }],
    ['server', { server: 'wss://alice:secret-marker@edge.example.com/ws' }],
    ['server', { server: 'wss://edge.example.com/ws#fragment' }],
    ['server', { server: 'wss://edge.example.com/\r\nX: 1' }],
    ['server', { server: 'ws://edge.example.com/ws' }],
    ['server', { server: 'ws://127.0.0.1.example.com/ws' }],
    ['allowInsecure', { allowInsecure: 'yes' }],
    ['userAgent', { userAgent: true }],
    ['userAgent', { userAgent: '' }],
    ['instanceId', { instanceId: '' }],
    ['userAgent', { userAgent: 'a\r\nX: 1' }],
    ['instanceId', { instanceId: 'not a urn' }],
    ['instanceId', { instanceId: 'urn:uuid:1">\r\n' }],
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['transactionTimeoutMs', { transactionTimeoutMs: Infinity }],
    ['credentialsTimeoutMs', { credentialsTimeoutMs: '1' }],
    ['keepAlive', { keepAlive: true }],
    ['keepAlive.intervalMs', { keepAlive: { intervalMs: 0 } }],
    ['keepAlive.pongTimeoutMs', { keepAlive: { pongTimeoutMs: NaN } }],
    ['keepAlive.method', { keepAlive: { method: 'ping' } }],
    ['reconnect', { reconnect: true }],
    ['reconnect.policy', { reconnect: { policy: 'off' } }],
    ['reconnect.baseMs', { reconnect: { baseMs: -1 } }],
    ['webSocket', { webSocket: {} }],
    ['storage', { storage: {} }],
    ['platform', { platform: 'node' }],
    ['platform', { platform: { setTimeout: () => 0 } }],
    ['platform.now', { platform: { now: 5 } }],
    ['wasm', { wasm: {} }],
    ['wasm', { wasm: 7 }],
  ])('refuses a wrong %s: %j', async (option, options) => {
    const error = await open(options).catch((reason) => reason);
    expect(error).toEqual(refusal(option));
    expect(error.message).not.toContain('secret-marker');
  });

  test('T16 ws: is for loopback, or where it is allowed', async () => {
    for (const server of [
      'ws://localhost:8080',
      'ws://edge.localhost/ws',
      'ws://127.0.0.1/ws',
      'ws://127.9.9.9/ws',
      'ws://[::1]:80/ws',
      new URL('wss://edge.example.com/ws'),
    ]) {
      await (await open({ server })).close();
    }
    await (await open({ server: 'ws://edge.example.com', allowInsecure: true })).close();
  });

  test('WS-18 a page over https: cannot use ws:, and says so', async () => {
    globalThis.location = { protocol: 'https:' };
    try {
      await expect(open({ server: 'ws://edge.example.com', allowInsecure: true })).rejects.toThrow(
        /https:.*wss:/,
      );
    } finally {
      delete globalThis.location;
    }
  });

  test('rejects without options', async () => {
    await expect(createClient()).rejects.toEqual(refusal('options'));
  });
});

describe('what is right reaches the wire', () => {
  test('fault 85 names with quotes, emoji and nothing', async () => {
    const other = await createWorld();
    const registration = other.client.createRegistration({
      ...alice,
      displayName: 'A "quoted" \\ 😀 שלום',
      headers: { 'X-One': ['1', '2'], 'X-Two': 'grün' },
      supported: ['100rel'],
    });
    const done = registration.register({ headers: { 'X-Three': '3' }, supported: ['timer'] });
    other.socket.open();
    const frame = other.socket.last;
    expect(header(frame, 'From')).toMatch(/^"A \\"quoted\\" \\\\ 😀 שלום" <sip:alice@/);
    expect(frame).toContain('\r\nX-One: 1\r\nX-One: 2\r\nX-Two: grün\r\n');
    expect(frame).toContain('\r\nX-Three: 3\r\n');
    expect(header(frame, 'Supported')).toBe('path, gruu, outbound, 100rel, timer');
    other.socket.receive(accept(frame));
    await done;
    registration.update({ displayName: '', headers: {}, supported: [] });
    registration.refresh();
    expect(header(other.socket.last, 'From')).toMatch(/^<sip:alice@/);
    expect(other.socket.last).not.toContain('X-One');
    expect(header(other.socket.last, 'Supported')).toBe('path, gruu, outbound');
    await other.client.close();
  });

  test('very long values', async () => {
    const other = await createWorld();
    const long = 'ä'.repeat(9000);
    const registration = other.client.createRegistration({
      ...alice,
      displayName: long,
      headers: { 'X-Long': 'x'.repeat(5000) },
    });
    registration.register();
    other.socket.open();
    expect(header(other.socket.last, 'From')).toContain(`"${long}"`);
    await other.client.close();
  });

  test('REG-20 the User-Agent', async () => {
    for (const [userAgent, expected] of [
      [undefined, /^sipreg\/\d+\.\d+\.\d+$/],
      ['phone/1', /^phone\/1$/],
      [false, null],
    ]) {
      const other = await createWorld({ userAgent });
      other.client.createRegistration(alice).register();
      other.socket.open();
      if (expected === null) expect(other.socket.last).not.toContain('User-Agent');
      else expect(header(other.socket.last, 'User-Agent')).toMatch(expected);
      await other.client.close();
    }
  });
});
