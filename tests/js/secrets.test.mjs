// Passwords, HA1 and tokens in the memory of the WebAssembly, which everything on a page can read: how long they are there.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reply } from '../../dist/testing.js';
import { accept, alice, createWorld, header, turn } from './world.mjs';

const wasm = readFileSync(new URL('../../dist/sipreg.wasm', import.meta.url));
const username = 'alice';
const realm = 'example.com';
const password = 'violet-Ünïcode-7493016528-harbour-quince-marmot-saddle-thimble-oyster';
const hashes = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };
const familyOf = (algorithm) => algorithm.replace('-sess', '');

const digest = (family, ...parts) =>
  createHash(hashes[family]).update(parts.join(':')).digest('hex');
const ha1Of = (family, secret = password) => digest(family, username, realm, secret);

/** A client on an instance of its own, and a look at that instance's whole memory. */
async function createTransparentWorld(options) {
  const { instantiate } = WebAssembly;
  let memory;
  WebAssembly.instantiate = async (...given) => {
    const instance = await instantiate(...given);
    memory = Object.values(instance.exports).find(
      (each) => Object.prototype.toString.call(each) === '[object WebAssembly.Memory]',
    );
    return instance;
  };
  try {
    const world = await createWorld({ ...options, wasm: Uint8Array.from(wasm) });
    return Object.assign(world, { heap: () => Buffer.from(memory.buffer) });
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/** As hash functions keep their blocks and states: the bytes of every word of that size the other way round. */
function swapWords(bytes, size) {
  const swapped = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % size)));
  return size === 4 ? swapped.swap32() : swapped.swap64();
}

/**
 * What gives a secret away: any 12 bytes of it in a row, and its beginning as it lies in the words of a hash function's
 * block, whichever of the eight ways it is aligned there.
 */
function tracesOf(secret) {
  const bytes = Buffer.from(secret);
  const traces = [];
  for (let start = 0; start + 8 <= bytes.length; start += 4) {
    traces.push(bytes.subarray(start, start + 8));
  }
  for (let start = 0; start < 8 && start + 8 <= bytes.length; start++) {
    const part = bytes.subarray(start, start + 8);
    traces.push(swapWords(part, 4), swapWords(part, 8));
  }
  return traces;
}

const rawTracesOf = (hex) => {
  const bytes = Buffer.from(hex, 'hex');
  return [0, 4].flatMap((start) => {
    const part = bytes.subarray(start, start + 8);
    return [part, swapWords(part, 4), swapWords(part, 8)];
  });
};

/** Says what of a secret is in memory, with what stands around it. */
function findTraces(heap, traces) {
  for (const trace of traces) {
    const at = heap.indexOf(trace);
    if (at >= 0)
      return `at ${at}: ${JSON.stringify(heap.toString('latin1', Math.max(at - 60, 0), at + 60))}`;
  }
  return 'nowhere';
}

function expectGone(heap, secrets) {
  for (const secret of secrets) {
    expect([secret, findTraces(heap, tracesOf(secret))]).toEqual([secret, 'nowhere']);
    if (!/^([\da-f]{32}){1,2}$/.test(secret)) continue;
    expect([secret, findTraces(heap, rawTracesOf(secret))]).toEqual([secret, 'nowhere']);
  }
}

const challenge = (frame, scheme, nonce = 'n1', more = '') =>
  reply(frame, 401, 'Unauthorized', {
    'WWW-Authenticate':
      scheme === 'Bearer'
        ? `Bearer realm="${realm}"`
        : `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=${scheme}${more}`,
  });

/** A1 of a -sess algorithm, as the frame's Authorization has it. */
function sessionHa1(frame, algorithm, ha1) {
  const [, nonce] = /[ ,]nonce="([^"]*)"/.exec(header(frame, 'Authorization'));
  const [, cnonce] = /cnonce="([^"]*)"/.exec(header(frame, 'Authorization'));
  return digest(familyOf(algorithm), ha1, nonce, cnonce);
}

/** What a case gives, what must never be in memory between calls, and what is kept until the registration ends. */
const cases = [
  ...['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess'].flatMap(
    (algorithm) => {
      const family = familyOf(algorithm);
      const ha1 = ha1Of(family);
      return [
        [algorithm, 'a password', { password }, [password], [ha1]],
        [algorithm, 'a function', () => Promise.resolve({ password }), [password], [ha1]],
        [algorithm, 'HA1', { ha1: { [family]: ha1 }, realm }, [], [ha1]],
      ];
    },
  ),
  [
    'Bearer',
    'a token',
    { token: 'mF-9.B5f-4.1JqM_walnut~kestrel' },
    [],
    ['mF-9.B5f-4.1JqM_walnut~kestrel'],
  ],
];

describe.each(cases)('T14 %s with %s', (scheme, _, credentials, passing, kept) => {
  /** Registers; says what must be in memory no more: A1 of this session besides, which no request but its own needs. */
  async function register(world) {
    const registration = world.client.createRegistration({ ...alice, credentials });
    expectGone(world.heap(), [...passing, ...kept]);
    const done = registration.register();
    world.socket.open();
    world.socket.receive(challenge(world.socket.last, scheme));
    await turn();
    expect(world.socket.sent).toHaveLength(2);
    expectGone(world.heap(), passing);
    const session = scheme.endsWith('-sess')
      ? [sessionHa1(world.socket.last, scheme, kept[0])]
      : [];
    world.socket.receive(accept(world.socket.last));
    await done;
    const gone = [...passing, ...session];
    expectGone(world.heap(), gone);
    return { registration, gone };
  }

  test('a whole life, then remove()', async () => {
    const world = await createTransparentWorld();
    const { registration, gone } = await register(world);
    // The search finds what is there.
    for (const secret of kept) expect(world.heap().includes(secret)).toBe(true);

    let done = registration.refresh();
    const rest = { 'Authentication-Info': 'nextnonce="n2", qop=auth' };
    world.socket.receive(accept(world.socket.last, scheme === 'Bearer' ? {} : rest));
    await done;
    done = registration.refresh();
    world.socket.receive(challenge(world.socket.last, scheme, 'n3', ', stale=true'));
    await turn();
    if (scheme !== 'Bearer') world.socket.receive(accept(world.socket.last));
    await done.catch(() => {});
    expectGone(world.heap(), gone);

    registration.setCredentials({ password: 'mauve-Q81-otter-V07-lantern' });
    expectGone(world.heap(), [...gone, ...kept]);
    done = registration.register();
    world.socket.receive(challenge(world.socket.last, 'SHA-512-256', 'n4'));
    world.socket.receive(accept(world.socket.last));
    await done;
    expectGone(world.heap(), ['mauve-Q81-otter-V07-lantern']);

    done = registration.unregister();
    world.socket.receive(accept(world.socket.last));
    await done;
    registration.remove();
    expectGone(world.heap(), [
      ...gone,
      ...kept,
      'mauve-Q81-otter-V07-lantern',
      ha1Of('SHA-512-256', 'mauve-Q81-otter-V07-lantern'),
    ]);
    await world.client.close();
  });

  test.each(['remove', 'close', 'reject', 'forbid'])(
    '%s while a request is in flight',
    async (end) => {
      const world = await createTransparentWorld();
      const { registration, gone } = await register(world);
      const done = registration.refresh().catch((error) => error);
      expect(world.socket.sent).toHaveLength(3);
      const { last } = world.socket;
      if (end === 'remove') registration.remove();
      if (end === 'close') await world.client.close();
      if (end === 'reject') {
        for (const nonce of ['n7', 'n8', 'n9'])
          world.socket.receive(challenge(world.socket.last, scheme, nonce));
        await turn();
        world.socket.receive(challenge(world.socket.last, scheme, 'n10'));
      }
      if (end === 'forbid') world.socket.receive(reply(last, 403, 'Forbidden'));
      expect(await done).toBeInstanceOf(Error);
      expectGone(world.heap(), [...gone, ...kept]);
      await world.client.close();
      expectGone(world.heap(), [...gone, ...kept]);
    },
  );
});

/** A client with one registration whose first REGISTER has gone out. */
async function begin(settings, options) {
  const world = await createTransparentWorld(options);
  const registration = world.client.createRegistration({ ...alice, ...settings });
  const done = registration.register().catch((error) => error);
  world.socket.open();
  return { ...world, socket: world.socket, registration, done };
}

describe('T14 nothing stays of', () => {
  test('credentials that come when the time for them is over', async () => {
    let give;
    const credentials = () => new Promise((resolve) => (give = resolve));
    const { client, clock, socket, heap, done } = await begin({ credentials });
    socket.receive(challenge(socket.last, 'MD5'));
    await clock.advance(120_000);
    expect(await done).toMatchObject({ code: 'timeout' });
    give({ password });
    await turn();
    expect(socket.sent).toHaveLength(1);
    expectGone(heap(), [password, ha1Of('MD5')]);
    await client.close();
  });

  test('credentials that are malformed', async () => {
    const malformed = [
      { password, username: 'a\0b' },
      { password, realm: 'a\r\nb' },
      { password, ha1: 'x', realm },
    ];
    const { client, heap, registration, socket, done } = await begin({
      credentials: () => ({ password, username: 'a\r\nb' }),
    });
    for (const credentials of malformed) {
      expect(() => client.createRegistration({ ...alice, credentials })).toThrow(TypeError);
      expect(() => registration.setCredentials(credentials)).toThrow(TypeError);
      expectGone(heap(), [password]);
    }
    socket.receive(challenge(socket.last, 'MD5'));
    expect(await done).toMatchObject({ code: 'auth-failed' });
    expectGone(heap(), [password]);
    await client.close();
  });

  test('passwords of any length, for several realms at once', async () => {
    const secrets = [1, 2, 3].map((n) =>
      createHash('sha512')
        .update(`${n}`)
        .digest('base64')
        .repeat(n * 40),
    );
    const credentials = [
      { username: 'somebody', password: secrets[0], realm: 'elsewhere' },
      { username, password: secrets[1], realm },
      { username: 'proxy', password: secrets[2], realm: 'proxy.example' },
    ];
    const { client, heap, registration, socket, done } = await begin({ credentials });
    socket.receive(
      reply(socket.last, 401, 'Unauthorized', {
        'WWW-Authenticate': `Digest realm="${realm}", nonce="n", algorithm=SHA-256`,
        'Proxy-Authenticate': 'Digest realm="proxy.example", nonce="p", algorithm=SHA-512-256',
      }),
    );
    socket.receive(accept(socket.last));
    await done;
    const kept = [
      ha1Of('SHA-256', secrets[1]),
      digest('SHA-512-256', 'proxy', 'proxy.example', secrets[2]),
    ];
    for (const ha1 of kept) expect(heap().includes(ha1)).toBe(true);
    expectGone(heap(), secrets);
    registration.remove();
    expectGone(heap(), [...secrets, ...kept]);
    await client.close();
  });

  test('a token that has been replaced, before its end or after a refusal', async () => {
    const tokens = ['one-1111-1111', 'two-2222-2222', 'three-3333-3333'];
    let given = 0;
    const credentials = () => ({ token: tokens[given++], expiresAt: clock.wall + 300_000 });
    const { client, clock, heap, registration, socket, done } = await begin({ credentials });
    socket.receive(challenge(socket.last, 'Bearer'));
    socket.receive(accept(socket.last));
    await done;
    expect(heap().includes(tokens[0])).toBe(true);
    await clock.advance(535_500);
    expect(header(socket.last, 'Authorization')).toBe(`Bearer ${tokens[1]}`);
    expectGone(heap(), [tokens[0]]);
    socket.receive(challenge(socket.last, 'Bearer'));
    await turn();
    expect(header(socket.last, 'Authorization')).toBe(`Bearer ${tokens[2]}`);
    expectGone(heap(), tokens.slice(0, 2));
    socket.receive(accept(socket.last));
    registration.remove();
    expectGone(heap(), tokens);
    await client.close();
  });

  test('many accounts that came back together, once their client is closed', async () => {
    const world = await createTransparentWorld();
    const made = (n) => createHash('sha512').update(`${n}`).digest('base64');
    const passwords = Array.from({ length: 30 }, (_, n) => made(n));
    const tokens = Array.from({ length: 30 }, (_, n) => made(`token ${n}`).repeat(8));
    for (const each of [
      ...passwords.map((password) => ({ password })),
      ...tokens.map((token) => ({ token })),
    ]) {
      const registration = world.client.createRegistration({ ...alice, credentials: each });
      registration.register().catch(() => {});
    }
    world.socket.open();
    [...world.socket.sent].forEach((frame, n) => {
      world.socket.receive(challenge(frame, n < passwords.length ? 'SHA-256' : 'Bearer'));
      world.socket.receive(accept(world.socket.last));
    });
    // All of them go out again in one batch, for which the buffers have to grow.
    world.socket.finish(1006);
    await world.clock.advance(2_000);
    world.socket.open();
    expect(world.socket.sent.filter((frame) => header(frame, 'Authorization'))).toHaveLength(60);
    const kept = [...passwords.map((password) => ha1Of('SHA-256', password)), ...tokens];
    for (const each of kept) expect(world.heap().includes(each)).toBe(true);
    expectGone(world.heap(), passwords);
    await world.client.close();
    expectGone(world.heap(), [...passwords, ...kept]);
  });
});
