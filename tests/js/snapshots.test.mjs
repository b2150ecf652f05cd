// What outlives a reload, and what a page can still do while it is left.
import { accept, alice, challenge, createWorld, header, turn } from './world.mjs';

function memory() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

const identity = (frame) => ['Call-ID', 'Contact'].map((name) => header(frame, name));
const cseq = (frame) => Number.parseInt(header(frame, 'CSeq'), 10);

async function registered(options, settings) {
  const world = await createWorld(options);
  const registration = await world.registered(settings);
  return { ...world, registration, socket: world.sockets.at(-1) };
}

test.each([
  ['a synchronous', (storage) => storage],
  [
    'an asynchronous',
    ({ getItem, setItem, removeItem }) => ({
      getItem: async (key) => getItem(key),
      setItem: async (key, value) => setItem(key, value),
      removeItem: async (key) => removeItem(key),
    }),
  ],
])('API-10 with %s storage a reload goes on where the page before it ended', async (_, wrap) => {
  const storage = memory();
  const before = await registered({ storage: wrap(storage) });
  const last = before.socket.last;
  await turn();
  // No close(): the page is gone.
  const after = await createWorld({ storage: wrap(storage) });
  const registration = after.client.createRegistration(alice);
  expect(registration).toMatchObject({ state: 'unregistered', bound: false, info: null });
  const done = registration.register();
  after.socket.open();
  expect(identity(after.socket.last)).toEqual(identity(last));
  expect(cseq(after.socket.last)).toBeGreaterThan(cseq(last));
  after.socket.receive(challenge(after.socket.last));
  after.socket.receive(accept(after.socket.last));
  await done;
  await after.client.close();
  await before.client.close();
});

test('API-10 a second registration of an account, and another registrar, have identities of their own', async () => {
  const storage = memory();
  const before = await registered({ storage });
  const after = await createWorld({ storage });
  const frames = [];
  for (const settings of [{}, {}, { registrar: 'sip:other.example.com' }]) {
    const registration = after.client.createRegistration({ ...alice, ...settings });
    registration.register().catch(() => {});
    if (after.socket.readyState === 0) after.socket.open();
    frames.push(after.socket.last);
  }
  const ids = frames.map((frame) => header(frame, 'Call-ID'));
  expect(new Set(ids).size).toBe(3);
  expect(ids[0]).toBe(header(before.socket.last, 'Call-ID'));
  await after.client.close();
  await before.client.close();
});

test('SEC-02 no secret is stored, and storage: null stores nothing', async () => {
  const storage = memory();
  const { client } = await registered({ storage });
  expect([...storage.kept.keys()]).toEqual(['sipreg.instance', 'sipreg.instance.registrations']);
  expect(JSON.stringify([...storage.kept])).not.toContain('secret-marker');
  await client.close();
});

test.each([
  ['rubbish', () => 'rubbish\r\n'],
  ['another shape', () => '["1 1 1", {"a": 1}]'],
  [
    'an error',
    () => {
      throw new Error('denied');
    },
  ],
])('API-10 a storage that gives %s for registrations does no harm', async (_, getItem) => {
  const storage = memory();
  const world = await createWorld({
    storage: {
      ...storage,
      getItem: (key) => (key.endsWith('.registrations') ? getItem() : storage.getItem(key)),
      setItem(key, value) {
        if (key.endsWith('.registrations')) throw new Error('full');
        storage.setItem(key, value);
      },
    },
  });
  const registration = await world.registered();
  expect(registration.state).toBe('registered');
  await world.client.close();
});

test('API-10 what is kept stays bounded', async () => {
  const storage = memory();
  const world = await createWorld({ storage });
  for (let i = 0; i < 100; i += 1) {
    const registration = world.client.createRegistration({
      ...alice,
      aor: `sip:a${i}@example.com`,
    });
    registration.register().catch(() => {});
    if (world.socket.readyState === 0) world.socket.open();
    registration.remove();
  }
  const kept = JSON.parse(storage.kept.get('sipreg.instance.registrations'));
  expect(Object.keys(kept)).toHaveLength(64);
  await world.client.close();
});

/** A storage whose writes end when the test says so, and take effect only then. */
function slowStorage() {
  const storage = memory();
  const writes = [];
  const setItem = (key, value) => {
    if (!key.endsWith('.registrations')) return storage.setItem(key, value);
    return new Promise((resolve, reject) => {
      const finish = () => resolve(storage.setItem(key, value));
      writes.push({ accounts: Object.keys(JSON.parse(value)), finish, reject });
    });
  };
  return { ...storage, setItem, writes };
}

/** Clients that have begun with as many accounts; each makes something to be written. */
async function writing(count) {
  const storage = slowStorage();
  const world = await createWorld({ storage });
  for (let i = 0; i < count; i += 1) {
    const aor = `sip:a${i}@example.com`;
    world.client
      .createRegistration({ ...alice, aor })
      .register()
      .catch(() => {});
    if (world.socket.readyState === 0) world.socket.open();
  }
  await turn();
  return { ...world, storage, writes: storage.writes };
}

test('API-10 an asynchronous storage gets one write at a time, and the newest at last', async () => {
  const { client, storage, writes } = await writing(5);
  expect(writes.map(({ accounts }) => accounts.length)).toEqual([1]);
  writes[0].finish();
  await turn();
  expect(writes.map(({ accounts }) => accounts.length)).toEqual([1, 5]);
  writes[1].finish();
  await turn();
  expect(writes).toHaveLength(2);
  expect(Object.keys(JSON.parse(storage.kept.get('sipreg.instance.registrations')))).toHaveLength(
    5,
  );
  await client.close();
});

test('API-10 a write that fails does not hold up the next', async () => {
  const { client, writes } = await writing(2);
  writes[0].reject(new Error('full'));
  await turn();
  expect(writes).toHaveLength(2);
  writes[1].reject(new Error('full'));
  await turn();
  await client.close();
});

/** Refreshes until CSeqs are set aside anew, and then some. */
async function refreshOften({ registration, socket }) {
  for (let i = 0; i < 20; i += 1) {
    const done = registration.refresh();
    socket.receive(accept(socket.last));
    await done;
  }
}

const full = () => {
  throw new Error('full');
};
const never = () => new Promise(() => {});

test.each([
  ['refuses', { setItem: full }],
  ['refuses later', { setItem: async () => full() }],
  ['never answers', { setItem: never }],
  ['refuses to remove it, too', { setItem: (_, value) => value && full(), removeItem: full }],
])('API-10 a storage that %s keeps no CSeq that was used since', async (_, broken) => {
  const storage = memory();
  let breaks = false;
  const fragile = { ...storage };
  for (const name of ['setItem', 'removeItem']) {
    fragile[name] = (...all) => {
      const answer = breaks ? broken[name]?.(...all) : undefined;
      return answer || storage[name](...all);
    };
  }
  const before = await registered({ storage: fragile });
  breaks = true;
  await refreshOften(before);
  await before.clock.advance(5000);
  // No close(): the page is gone.
  const after = await createWorld({ storage });
  after.client
    .createRegistration(alice)
    .register()
    .catch(() => {});
  after.socket.open();
  expect(header(after.socket.last, 'Call-ID')).not.toBe(header(before.socket.last, 'Call-ID'));
  await after.client.close();
  const closed = before.client.close();
  await turn();
  await before.clock.advance(5000);
  await closed;
});

test('API-10 a write that was given up and comes to pass after all is followed by the newest', async () => {
  const storage = slowStorage();
  const { client, clock, registration, socket } = await registered({ storage });
  await clock.advance(5000);
  await refreshOften({ registration, socket });
  expect(storage.writes).toHaveLength(1);
  storage.writes[0].finish();
  await turn();
  expect(storage.writes).toHaveLength(2);
  storage.writes[1].finish();
  await client.close();
  const [text] = Object.values(JSON.parse(storage.kept.get('sipreg.instance.registrations')));
  expect(Number(text.split(' ')[2])).toBeGreaterThanOrEqual(cseq(socket.last));
});

test('API-10 a storage that is always late is not written for ever', async () => {
  const storage = slowStorage();
  const { client, clock } = await registered({ storage });
  for (let i = 0; i < 10; i += 1) {
    await clock.advance(6000);
    storage.writes.at(-1).finish();
    await turn();
  }
  expect(storage.writes).toHaveLength(1);
  await client.close();
  expect(clock.timers.size).toBe(0);
});

test('API-10 close() ends when everything is written', async () => {
  const { client, writes, clock } = await writing(2);
  let closed = false;
  const closing = client.close().then(() => (closed = true));
  await turn();
  writes[0].finish();
  await turn();
  expect(closed).toBe(false);
  writes[1].finish();
  await closing;
  expect(clock.timers.size).toBe(0);
});

test('API-10 close() gives up a storage that never ends', async () => {
  const { client, clock } = await writing(1);
  let closed = false;
  void client.close({ timeoutMs: 1000 }).then(() => (closed = true));
  await turn();
  await clock.advance(999);
  expect(closed).toBe(false);
  await clock.advance(1);
  expect(closed).toBe(true);
});

test('API-09 close({ unregister }) in an unload handler sends one authorised frame at once', async () => {
  const { client, socket } = await registered();
  const sent = socket.sent.length;
  void client.close({ unregister: true }); // nothing after this line runs in a page that is left
  expect(socket.sent).toHaveLength(sent + 1);
  expect(header(socket.last, 'Expires')).toBe('0');
  expect(header(socket.last, 'Authorization')).toMatch(/nc=00000002/);
  socket.receive(accept(socket.last));
  await turn();
});

test('fault 83 behind CSeq 2^31-1 it goes on with another Call-ID', async () => {
  const storage = memory();
  const before = await registered({ storage });
  const [oldId] = identity(before.socket.last);
  for (const [key, text] of storage.kept)
    storage.kept.set(key, text.replace(/"1 (\d+) \d+ /, '"1 $1 2147483645 '));
  const after = await createWorld({ storage });
  const registration = after.client.createRegistration(alice);
  const exchange = async (call, ...replies) => {
    const numbered = [];
    after.socket?.open();
    for (const reply of replies) {
      const { last } = after.socket;
      numbered.push([header(last, 'Call-ID') === oldId, cseq(last)]);
      after.socket.receive(reply(last));
    }
    await call;
    return numbered;
  };
  expect(await exchange(registration.register(), challenge, accept)).toEqual([
    [true, 2147483646],
    [true, 2147483647],
  ]);
  expect(await exchange(registration.refresh(), accept)).toEqual([[false, 1]]);
  expect(registration.state).toBe('registered');
  await after.client.close();
  await before.client.close();
});
