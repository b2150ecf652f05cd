// Clocks, the one timer, and hosts that wake up.
import { jest } from '@jest/globals';
import { createClient } from '../../dist/index.js';
import { reply } from '../../dist/testing.js';
import { accept, alice, createWorld, FakeSocket, listen } from './world.mjs';

test('a client keeps one timer at most, and none when nothing is to be done', async () => {
  const world = await createWorld();
  expect(world.clock.timers.size).toBe(0);
  const registration = await world.registered();
  expect(world.clock.timers.size).toBe(1);
  for (let i = 0; i < 5; i++) {
    registration.refresh();
    expect(world.clock.timers.size).toBe(1);
    world.socket.receive(accept(world.socket.last));
  }
  const removal = registration.unregister();
  world.socket.receive(reply(world.socket.last, 200, 'OK'));
  await removal;
  expect(world.clock.timers.size).toBe(0);
  await world.client.close();
});

test('a timer that fires before its time is set again, not at every frame', async () => {
  let set = 0;
  const world = await createWorld();
  const { setTimeout } = world.clock.platform;
  await world.client.close();
  const counting = await createWorld({
    platform: {
      setTimeout: (...all) => {
        set++;
        return setTimeout(...all);
      },
      clearTimeout: world.clock.platform.clearTimeout,
      now: world.clock.platform.now,
      monotonic: world.clock.platform.monotonic,
    },
  });
  const registration = await counting.registered();
  const before = set;
  for (let i = 0; i < 50; i++) {
    registration.refresh();
    counting.socket.receive(accept(counting.socket.last));
  }
  expect(set - before).toBeLessThanOrEqual(1);
  const { refreshAt } = registration;
  await world.clock.advance(refreshAt - world.clock.wall);
  expect(registration.state).toBe('refreshing');
  await counting.client.close();
  expect(world.clock.timers.size).toBe(0);
});

test('fault 48 fault 49 lifetimes past 2^31 ms arm no timer that wraps', async () => {
  const world = await createWorld();
  const registration = world.client.createRegistration({ ...alice, expires: 2 ** 32 - 1 });
  const done = registration.register();
  world.socket.open();
  world.socket.receive(accept(world.socket.last));
  expect((await done).expires).toBe(2 ** 32 - 1);
  const sent = world.socket.sent.length;
  await world.clock.advance(40 * 86_400_000);
  expect(world.socket.sent).toHaveLength(sent);
  expect(registration.state).toBe('registered');
  await world.client.close();
});

test('API-02 fault 73 a timer that comes late finds the binding expired, and recovers', async () => {
  const world = await createWorld();
  const registration = await world.registered();
  const log = listen(registration);
  world.clock.wall += 3_600_000;
  world.clock.steady += 3_600_000;
  await world.clock.advance(0);
  expect(log).toContain('unregistered');
  expect(registration.bound).toBe(false);
  world.socket.receive(accept(world.socket.last));
  expect(registration.state).toBe('registered');
  await world.client.close();
});

test('fault 81 a monotonic clock that stood still while the wall clock went on', async () => {
  const world = await createWorld();
  const registration = await world.registered();
  const reasons = [];
  registration.addEventListener('unregistered', ({ detail }) => reasons.push(detail.reason));
  world.clock.wall += 3_600_000;
  world.client.wake();
  expect(reasons).toEqual(['expired']);
  await world.client.close();
});

test('where only `now` is given, monotonic is `now` without its steps back', async () => {
  let now = 1_700_000_000_000;
  const timers = [];
  const sockets = [];
  const client = await createClient({
    server: 'wss://edge.example.com/ws',
    storage: null,
    webSocket: (url, protocols) => {
      const socket = new FakeSocket(url, protocols);
      sockets.push(socket);
      return socket;
    },
    platform: {
      now: () => now,
      setTimeout: (callback, ms) => {
        timers.push({ callback, ms });
        return timers.length;
      },
      clearTimeout: () => undefined,
    },
  });
  const registration = client.createRegistration(alice);
  const done = registration.register().catch((error) => error);
  sockets[0].open();
  now -= 86_400_000;
  timers.at(-1).callback();
  expect(registration.state).toBe('registering');
  now += 32_001;
  timers.at(-1).callback();
  expect(await done).toMatchObject({ code: 'timeout' });
  await client.close();
});

test('the default clocks and timers are looked up when they are used', async () => {
  const sockets = [];
  const client = await createClient({
    server: 'wss://edge.example.com/ws',
    storage: null,
    connectTimeoutMs: 1000,
    webSocket: (url, protocols) => {
      const socket = new FakeSocket(url, protocols);
      sockets.push(socket);
      return socket;
    },
  });
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'setImmediate', 'nextTick'] });
  try {
    const done = client.register(alice).catch((error) => error);
    jest.advanceTimersByTime(1000);
    expect(await done).toMatchObject({ code: 'timeout' });
    const closed = client.close();
    await closed;
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

describe('API-03 waking up', () => {
  const host = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  beforeEach(() => {
    globalThis.addEventListener = (...all) => host.addEventListener(...all);
    globalThis.removeEventListener = (...all) => host.removeEventListener(...all);
    globalThis.document = document;
  });
  afterEach(() => {
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
    delete globalThis.document;
  });

  test.each([
    ['online', host],
    ['pageshow', host],
    ['visibilitychange', document],
    ['resume', document],
  ])('fault 79 at %s what is overdue is done', async (type, target) => {
    const world = await createWorld();
    const registration = await world.registered();
    const { refreshAt } = registration;
    world.clock.wall = refreshAt + 1000;
    target.dispatchEvent(new Event(type));
    expect(registration.state).toBe('refreshing');
    await world.client.close();
    target.dispatchEvent(new Event(type));
  });

  test('a page that went out of sight is left alone', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    world.clock.wall = registration.refreshAt + 1000;
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(registration.state).toBe('registered');
    document.visibilityState = 'visible';
    await world.client.close();
  });
});

test('fault 82 thirty days of refreshes: the CSeq rises, the nonce count too, one frame each', async () => {
  const world = await createWorld();
  const registration = await world.registered({ expires: 3600 });
  world.socket.sent.splice(0);
  let cseq = 2;
  const end = world.clock.wall + 30 * 86_400_000;
  while (world.clock.wall < end) {
    await world.clock.advance(Math.max(registration.refreshAt - world.clock.wall, 0));
    expect(world.socket.sent).toHaveLength(1);
    const [frame] = world.socket.sent.splice(0);
    expect(frame).toContain(`\r\nCSeq: ${++cseq} REGISTER\r\n`);
    expect(frame).toContain(`nc=${(cseq - 1).toString(16).padStart(8, '0')}`);
    world.socket.receive(accept(frame));
  }
  expect(registration.state).toBe('registered');
  await world.client.close();
});
