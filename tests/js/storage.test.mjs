// A storage, or the browser's locks, that do not answer: a client is made all the same, or it is said why not.
import { createClient } from '../../dist/index.js';
import { accept, alice, createWorld, FakeClock, FakeSocket, header, turn } from './world.mjs';

const never = () => new Promise(() => {});
const storageOf = (members) => ({
  getItem: () => null,
  setItem: () => undefined,
  removeItem: () => undefined,
  ...members,
});

/** How createClient() ends, and after how much of the clock's time; it has 20 s. */
async function create(options) {
  await (await createWorld()).client.close(); // the core is loaded from here on
  const clock = new FakeClock();
  const begun = clock.steady;
  const sockets = [];
  const outcome = { state: 'pending', clock, sockets };
  const settle = (state) => (value) => {
    Object.assign(outcome, { state, value, took: clock.steady - begun });
  };
  createClient({
    server: 'wss://edge.example.com/ws',
    webSocket: (...all) => (sockets[sockets.length] = new FakeSocket(...all)),
    ...options,
    platform: clock.platform,
  }).then(settle('made'), settle('refused'));
  for (let i = 0; i < 40 && outcome.state === 'pending'; i += 1) {
    await turn();
    await clock.advance(500);
  }
  return outcome;
}

test.each([
  ['getItem', storageOf({ getItem: never })],
  ['setItem', storageOf({ setItem: never })],
])('API-10 createClient() gives up a storage whose %s never ends', async (_, storage) => {
  const { state, value, took, clock } = await create({ storage });
  expect(state).toBe('refused');
  expect(took).toBeLessThanOrEqual(5000);
  expect(value).toMatchObject({ code: 'invalid-argument', option: 'storage' });
  expect(value.message).toMatch(/5 s.* instanceId.* storage: null/);
  expect(value.cause.message).toMatch('5 s');
  expect(clock.timers.size).toBe(0);
});

const instanceId = 'urn:uuid:00000000-0000-4000-8000-000000000001';

test.each([
  ['getItem never ends', { getItem: never }, 5000],
  ['setItem never ends', { setItem: never }, 500],
])('API-10 with instanceId a storage whose %s is done without', async (_, members, most) => {
  const { state, value, took } = await create({ instanceId, storage: storageOf(members) });
  expect(state).toBe('made');
  expect(took).toBeLessThanOrEqual(most);
  await value.close();
});

test('API-10 a storage that gives the instance id and then no registrations is one without any', async () => {
  const getItem = (key) => (key.endsWith('.registrations') ? never() : instanceId);
  const { state, value, took } = await create({ storage: storageOf({ getItem }) });
  expect(state).toBe('made');
  expect(took).toBeLessThanOrEqual(5000);
  await value.close();
});

/** The globals of a page, for as long as `body` runs. */
async function inPage(globals, body) {
  const before = Object.keys(globals).map((name) => [
    name,
    Object.getOwnPropertyDescriptor(globalThis, name),
  ]);
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    await body();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  }
}

test('OB-12 where Web Locks never answer nothing is kept, and a lock that comes too late is given back', async () => {
  let grant;
  const locks = { request: (_name, _options, take) => new Promise(() => (grant = take)) };
  const kept = new Map();
  const localStorage = storageOf({ setItem: (key, value) => void kept.set(key, value) });
  await inPage({ document: new EventTarget(), navigator: { locks }, localStorage }, async () => {
    const { state, value: client, took, sockets } = await create({});
    expect(state).toBe('made');
    expect(took).toBeLessThanOrEqual(5000);
    const done = client.register({ aor: alice.aor });
    sockets[0].open();
    sockets[0].receive(accept(sockets[0].last));
    await done;
    expect(header(sockets[0].last, 'Contact')).toContain('+sip.instance="<urn:uuid:');
    expect(kept.size).toBe(0);
    await Promise.race([
      grant({}),
      turn()
        .then(turn)
        .then(() => Promise.reject(new Error('held'))),
    ]);
    await client.close();
  });
});
