// The package against its own registrar (sipreg/testing), in memory and on a port, as ES module and as CommonJS.
import { createRequire } from 'node:module';
import * as esm from '../../../dist/index.js';
import * as esmTesting from '../../../dist/testing.js';
import { FakeClock } from './clock.mjs';
import { aor, asked, errorOf, parse, settle, watch } from './harness.mjs';

const require = createRequire(import.meta.url);

describe.each([
  ['ES module', () => [esm, esmTesting]],
  ['CommonJS', () => [require('../../../dist/index.cjs'), require('../../../dist/testing.cjs')]],
])('as %s', (_, load) => {
  const [{ createClient, RegistrationError }, { createTestRegistrar, reply }] = load();

  async function setUp(registrarOptions = {}, clientOptions = {}) {
    const clock = new FakeClock();
    const registrar = createTestRegistrar({ platform: clock.platform, ...registrarOptions });
    const client = await createClient({
      server: 'ws://localhost',
      storage: null,
      webSocket: registrar.webSocket,
      platform: clock.platform,
      ...clientOptions,
    });
    return { clock, registrar, client };
  }

  test('register, refresh by timer, query, unregister, with digest', async () => {
    const { clock, registrar, client } = await setUp({ users: { alice: 'secret' } });
    const registration = client.createRegistration({ aor, credentials: { password: 'secret' } });
    const info = await registration.register();
    expect(info.auth).toMatchObject({ scheme: 'Digest', algorithm: 'MD5', realm: 'sipreg.test' });
    expect(info.pubGruu).toEqual(expect.any(String));
    expect(registrar.bindings(aor)).toHaveLength(1);
    expect(registrar.bindings(aor)[0]).toMatchObject({
      uri: info.contact,
      expires: 600,
      own: false,
    });
    await clock.advance(registration.refreshAt - clock.wall);
    await clock.advance(0);
    expect(registrar.requests).toHaveLength(3);
    const bindings = await registration.query();
    expect(bindings.map(({ own, uri }) => [own, uri])).toEqual([[true, info.contact]]);
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    expect(registrar.bindings(aor)).toEqual([]);
    await client.close();
    expect(registrar.connections).toBe(0);
    expect(clock.armed).toBe(0);
  });

  test('a wrong password: auth-failed', async () => {
    const { client } = await setUp({ users: { alice: 'secret' } });
    const error = await errorOf(client.register({ aor, credentials: { password: 'wrong' } }));
    expect(error).toBeInstanceOf(RegistrationError);
    expect(error).toMatchObject({ code: 'auth-failed', status: 401 });
    await client.close();
  });

  test('423, shorter grants and scripted answers', async () => {
    const { client, registrar } = await setUp({ minExpires: 120, maxExpires: 1800 });
    const registration = client.createRegistration({ aor, expires: 60 });
    expect((await registration.register()).expires).toBe(120);
    expect((await registration.refresh({ expires: 7200 })).expires).toBe(1800);
    expect(registrar.requests.map((text) => asked(parse(text)))).toEqual([60, 120, 7200]);
    await client.close();

    const scripted = await setUp({
      respond: (request) => reply(request, 503, 'Busy', { 'Retry-After': '9' }),
    });
    const error = await errorOf(scripted.client.createRegistration({ aor }).register());
    expect(error).toMatchObject({ code: 'rejected', status: 503, retryAfter: 9 });
    await scripted.client.close();
  });

  test('unregister({ all }) clears the bindings of every client', async () => {
    const { client, registrar, clock } = await setUp();
    const other = await createClient({
      server: 'ws://localhost',
      storage: null,
      webSocket: registrar.webSocket,
      platform: clock.platform,
    });
    const one = client.createRegistration({ aor });
    const two = other.createRegistration({ aor });
    await one.register();
    await two.register();
    expect(registrar.bindings(aor)).toHaveLength(2);
    const bindings = await one.query();
    expect(bindings.map(({ own }) => own).sort()).toEqual([false, true]);
    await one.removeBinding(bindings.find(({ own }) => !own).uri);
    expect(registrar.bindings(aor)).toHaveLength(1);
    await two.register();
    expect(await one.unregister({ all: true })).toEqual({ sent: true, confirmed: true });
    expect(registrar.bindings(aor)).toEqual([]);
    await client.close();
    await other.close();
  });

  test('five lost connections leave one binding', async () => {
    const { client, registrar, clock } = await setUp();
    const registration = client.createRegistration({ aor });
    await registration.register();
    for (let count = 0; count < 5; count += 1) {
      await clock.advance(60_000);
      registrar.disconnect();
      await clock.advance(5000);
      expect(registration.state).toBe('registered');
      expect(registrar.bindings(aor)).toHaveLength(1);
    }
    await client.close({ unregister: true });
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('a nonce that runs out costs one more round trip and no failure', async () => {
    const { client, registrar, clock } = await setUp({
      users: { alice: 'secret' },
      nonceLifetime: 300,
    });
    const registration = client.createRegistration({ aor, credentials: { password: 'secret' } });
    await registration.register();
    const failures = [];
    registration.addEventListener('failed', (event) => failures.push(event.detail));
    await clock.advance(registration.refreshAt - clock.wall);
    await clock.advance(0);
    expect(registrar.requests).toHaveLength(4);
    expect(registration.state).toBe('registered');
    expect(failures).toEqual([]);
    await client.close();
  });

  test('over a real port, with the socket of the platform or of `ws`', async () => {
    const registrar = createTestRegistrar({ users: { alice: 'secret' } });
    const { url, close } = await registrar.listen();
    const client = await createClient({ server: url, storage: null });
    const registration = await client.register({ aor, credentials: { password: 'secret' } });
    expect(registration.state).toBe('registered');
    expect(registrar.bindings(aor)).toHaveLength(1);
    await client.close({ unregister: true });
    expect(registrar.bindings(aor)).toEqual([]);
    await close();
  });

  test('a port that refuses: transport', async () => {
    const registrar = createTestRegistrar();
    const { url, close } = await registrar.listen();
    await close();
    const client = await createClient({ server: url, storage: null });
    expect(await errorOf(client.register({ aor }))).toMatchObject({ code: 'transport' });
    await client.close();
  });
});

test('the two builds can be used side by side', async () => {
  const cjs = require('../../../dist/index.cjs');
  const registrar = esmTesting.createTestRegistrar();
  const clients = await Promise.all(
    [esm, cjs].map(({ createClient }) =>
      createClient({ server: 'ws://localhost', storage: null, webSocket: registrar.webSocket }),
    ),
  );
  const done = clients.map((client) => watch(client.register({ aor })));
  await settle();
  await settle();
  expect(done.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
  await Promise.all(clients.map((client) => client.close()));
});
