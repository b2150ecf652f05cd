// Credentials: kept, asked for, checked, and never seen.
import { inspect } from 'node:util';
import { createTestRegistrar, reply } from '../../dist/testing.js';
import { accept, alice, challenge, createWorld, header, turn } from './world.mjs';

const ha1 = '939e7578ed9e3c518a452acee763bce9';

/** Registers with these credentials up to the answer to the challenge. */
async function challenged(credentials, more = {}) {
  const world = await createWorld(more.client);
  const registration = world.client.createRegistration({ ...alice, credentials });
  const done = registration.register();
  world.socket.open();
  const first = world.socket.last;
  world.socket.receive((more.challenge ?? challenge)(first));
  return { ...world, socket: world.socket, registration, done };
}

describe('static credentials', () => {
  test('DIG-28 a username of their own, a realm, several', async () => {
    const { client, socket, done } = await challenged([
      { username: 'other', password: 'x', realm: 'elsewhere.example' },
      { username: 'auth-user', password: 'secret-marker', realm: 'example.com' },
    ]);
    expect(header(socket.last, 'Authorization')).toContain('username="auth-user"');
    socket.receive(accept(socket.last));
    await done;
    await client.close();
  });

  test('T1 fault 34 a foreign realm gets nothing', async () => {
    const { client, socket, registration, done } = await challenged({
      password: 'secret-marker',
      realm: 'elsewhere.example',
    });
    await expect(done).rejects.toMatchObject({ code: 'auth-failed', status: 401 });
    expect(socket.sent).toHaveLength(1);
    expect(registration.state).toBe('failed');
    await client.close();
  });

  test('a hash instead of a password', async () => {
    const { client, socket } = await challenged({ ha1, realm: 'example.com' });
    expect(header(socket.last, 'Authorization')).toMatch(/response="[\da-f]{32}"/);
    await client.close();
  });

  test('fault 87 a password of any octets', async () => {
    for (const password of ['', 'a:b"c\\', 'größe😀', 'x'.repeat(10_000)]) {
      const registrar = createTestRegistrar({ users: { alice: password } });
      const { client } = await createWorld({ webSocket: registrar.webSocket });
      const registration = await client.register({ ...alice, credentials: { password } });
      expect(registration.info.auth.scheme).toBe('Digest');
      await client.close();
    }
  });

  test('DIG-23 a name and a password are the same composed and decomposed', async () => {
    const registrar = createTestRegistrar({ users: { jürgen: 'größe' } });
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    const credentials = { username: 'ju\u0308rgen', password: 'gro\u0308ße' };
    const registration = await client.register({ aor: 'sip:j%C3%BCrgen@sipreg.test', credentials });
    expect(registration.state).toBe('registered');
    await client.close();
  });

  test('DIG-15 fault 28 refused ones are not tried again, until they are replaced', async () => {
    const registrar = createTestRegistrar({ users: { alice: 'right' } });
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    const registration = client.createRegistration({
      ...alice,
      credentials: { password: 'wrong' },
    });
    await expect(registration.register()).rejects.toMatchObject({ code: 'auth-failed' });
    expect(registrar.requests).toHaveLength(2);
    registration.setCredentials({ password: 'right' });
    expect(await registration.register()).toMatchObject({ expires: 600 });
    registration.setCredentials(undefined);
    await client.close();
  });

  test('none: a challenge fails at once', async () => {
    const { client, socket, done } = await challenged(undefined);
    await expect(done).rejects.toThrow(/credentials/);
    expect(socket.sent).toHaveLength(1);
    await client.close();
  });

  test('what the application does to its object later changes nothing', async () => {
    const credentials = { password: 'secret-marker' };
    const world = await createWorld();
    const registration = world.client.createRegistration({ ...alice, credentials });
    credentials.password = 7;
    const done = registration.register();
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    world.socket.receive(accept(world.socket.last));
    await done;
    await world.client.close();
  });
});

describe('a credentials function', () => {
  test('is asked with what the server wants, at once', async () => {
    const asked = [];
    const { client, socket } = await challenged((info, { signal }) => {
      asked.push(info);
      expect(signal.aborted).toBe(false);
      return { password: 'secret-marker' };
    });
    expect(asked).toEqual([
      { scheme: 'Digest', realm: 'example.com', proxy: false, algorithms: ['MD5'] },
    ]);
    expect(header(socket.last, 'Authorization')).toContain('username="alice"');
    await client.close();
  });

  test('sees a proxy, and the order of what it offers', async () => {
    const asked = [];
    const { client } = await challenged(
      (info) => {
        asked.push(info);
        return null;
      },
      {
        challenge: (frame) =>
          reply(frame, 407, 'Proxy', {
            'Proxy-Authenticate': [
              'Digest realm="p", nonce="1", qop="auth", algorithm=SHA-256',
              'Digest realm="p", nonce="2", qop="auth", algorithm=MD5',
            ],
          }),
      },
    );
    expect(asked).toEqual([expect.objectContaining({ proxy: true, realm: 'p' })]);
    expect(asked[0].algorithms).toEqual(['SHA-256', 'MD5']);
    await client.close();
  });

  test('may answer later, or with null', async () => {
    let answer;
    const later = await challenged(() => new Promise((resolve) => (answer = resolve)));
    expect(later.socket.sent).toHaveLength(1);
    answer({ password: 'secret-marker' });
    await turn();
    expect(later.socket.sent).toHaveLength(2);
    await later.client.close();
    const none = await challenged(async () => null);
    await expect(none.done).rejects.toMatchObject({ code: 'auth-failed', status: 401 });
    await none.client.close();
  });

  test('is told why it is asked again', async () => {
    const previous = [];
    const { client, socket, done } = await challenged(async (info) => {
      previous.push(info.previous);
      return info.previous === undefined ? { password: 'wrong' } : null;
    });
    await turn();
    socket.receive(challenge(socket.last, 'n1'));
    await expect(done).rejects.toMatchObject({ code: 'auth-failed' });
    expect(previous).toEqual([undefined, 'rejected']);
    await client.close();
  });

  const mine = new Error('vault is locked: marker-of-the-application');
  test.each([
    [
      'throws',
      () => {
        throw mine;
      },
    ],
    ['rejects', () => Promise.reject(mine)],
  ])('one that %s is the cause of the error', async (_, credentials) => {
    const { client, done } = await challenged(credentials);
    const error = await done.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'auth-failed', cause: mine });
    expect(error.message).not.toContain('marker-of-the-application');
    await client.close();
  });

  test.each([
    ['a string', 'secret'],
    ['a malformed hash', { ha1: 'x', realm: 'example.com' }],
    ['nothing in it', {}],
    ['another function', () => null],
  ])('one that gives %s fails the call', async (_, value) => {
    const { client, done } = await challenged(async () => value);
    const error = await done.catch((reason) => reason);
    expect(error).toMatchObject({
      code: 'auth-failed',
      cause: { option: expect.stringMatching(/^credentials/) },
    });
    expect(error.message).toMatch(/\(credentials/);
    await client.close();
  });

  test('one that says nothing times out, and its signal aborts', async () => {
    let signal;
    const { client, clock, done } = await challenged(
      (_, options) => {
        ({ signal } = options);
        return new Promise(() => undefined);
      },
      { client: { credentialsTimeoutMs: 5000 } },
    );
    const rejected = expect(done).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(4999);
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    await rejected;
    expect(signal.aborted).toBe(true);
    await client.close();
  });

  test('API-04 an expiry meanwhile does not take the question back', async () => {
    let answer;
    let asked;
    const world = await createWorld();
    const registration = await world.registered({
      expires: 60,
      credentials: (_, { signal }) => {
        if (world.socket.sent.length < 3) return { password: 'secret-marker' };
        asked = signal;
        return new Promise((resolve) => (answer = resolve));
      },
    });
    await world.clock.advance(55_000);
    const request = world.socket.last;
    world.socket.receive(
      reply(request, 401, 'Unauthorized', {
        'WWW-Authenticate': 'Digest realm="other.example", nonce="n9", qop="auth"',
      }),
    );
    await turn();
    await world.clock.advance(30_000);
    expect(registration.bound).toBe(false);
    expect(asked.aborted).toBe(false);
    answer({ password: 'secret-marker', realm: 'other.example' });
    await turn();
    world.socket.receive(accept(world.socket.last));
    expect(registration.state).toBe('registered');
    await world.client.close();
  });

  test('API-04 setCredentials() answers what a function was asked, and takes its question back', async () => {
    let signal;
    const { client, socket, registration, done } = await challenged((_, options) => {
      signal = options.signal;
      return new Promise(() => undefined);
    });
    registration.setCredentials({ password: 'secret-marker' });
    expect(header(socket.last, 'Authorization')).toContain('username="alice"');
    expect(signal.aborted).toBe(true);
    socket.receive(accept(socket.last));
    await done;
    await client.close();
  });

  test('API-08 client.register() that is aborted while it asks leaves nothing and asks no more', async () => {
    const world = await createWorld();
    const aborter = new AbortController();
    let asked = 0;
    const credentials = () => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const done = world.client.register({ ...alice, credentials }, { signal: aborter.signal });
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    await turn();
    aborter.abort();
    await expect(done).rejects.toBe(aborter.signal.reason);
    await turn();
    expect(world.client.registrations).toHaveLength(0);
    expect(world.socket.sent).toHaveLength(1);
    expect(asked).toBe(1);
    await world.client.close();
  });

  test('remove() aborts its signal; a late answer changes nothing', async () => {
    let signal;
    let answer;
    const { client, socket, registration, done } = await challenged((_, options) => {
      ({ signal } = options);
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    registration.remove();
    expect(signal.aborted).toBe(true);
    await expect(done).rejects.toMatchObject({ code: 'removed' });
    answer({ password: 'secret-marker' });
    await turn();
    expect(socket.sent).toHaveLength(1);
    await client.close();
    answer({ password: 'secret-marker' });
  });

  test('may call the registration from where it is', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration({
      ...alice,
      credentials: () => {
        registration.remove();
        return { password: 'secret-marker' };
      },
    });
    const done = registration.register();
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    await expect(done).rejects.toMatchObject({ code: 'removed' });
    expect(world.socket.sent).toHaveLength(1);
    await world.client.close();
  });
});

describe('T15 SEC-02 secrets are never seen', () => {
  const marker = 'secret-marker';
  const shown = (value) =>
    [
      inspect(value, { depth: 10, showHidden: true, getters: true }),
      JSON.stringify(value) ?? '',
      String(value),
    ].join('\n');

  test('fault 104 in what is printed, serialised or cloned', async () => {
    const world = await createWorld();
    const registration = await world.registered({
      credentials: [{ password: marker }, { ha1, realm: 'r' }, { token: `${marker}-token` }],
    });
    for (const value of [world.client, registration, registration.info, registration.flows]) {
      expect(shown(value)).not.toContain(marker);
      expect(shown(value)).not.toContain(ha1);
    }
    for (const value of [world.client, registration]) {
      let clone = {};
      try {
        clone = structuredClone(value);
      } catch (error) {
        expect(error.name).toBe('DataCloneError');
      }
      expect(shown(clone)).not.toContain(marker);
    }
    await world.client.close();
  });

  test('in events, errors and traces', async () => {
    const world = await createWorld();
    const seen = [];
    const types = ['statechange', 'registered', 'refreshed', 'failed', 'retry', 'unregistered'];
    for (const type of ['connectionchange', 'message']) {
      world.client.addEventListener(type, ({ detail }) => seen.push(detail));
    }
    const registration = world.client.createRegistration(alice);
    for (const type of [...types, 'warning']) {
      registration.addEventListener(type, ({ detail }) => seen.push(detail));
    }
    registration.register().catch((error) => seen.push(error));
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    const response = /response="(\w+)"/.exec(world.socket.last)[1];
    world.socket.receive(reply(world.socket.last, 403, 'Forbidden'));
    const again = registration.register();
    world.socket.receive(challenge(world.socket.last, 'n2'));
    world.socket.receive(accept(world.socket.last));
    await again;
    world.socket.finish(1006);
    await turn();
    expect(seen.length).toBeGreaterThan(15);
    for (const each of seen) {
      expect(shown(each)).not.toContain(marker);
      expect(shown(each)).not.toContain(response);
      expect(shown(each)).not.toContain('query-marker');
    }
    await world.client.close();
  });
});
