// createFakeClock(): a clock that only the test moves.
import { jest } from '@jest/globals';
import { createClient } from '../../dist/index.js';
import { createFakeClock, createTestRegistrar } from '../../dist/testing.js';

const aor = 'sip:alice@example.com';

/** Arms timers that note when they ran. */
function noted(clock) {
  const log = [];
  const { platform } = clock;
  const after = (ms, name, then = () => undefined) =>
    platform.setTimeout(() => {
      log.push([name, platform.monotonic()]);
      then();
    }, ms);
  return { log, after, platform };
}

test('stands still until it is moved; both clocks move together', async () => {
  const clock = createFakeClock({ now: 1000 });
  const { platform } = clock;
  expect([clock.now, platform.now(), platform.monotonic()]).toEqual([1000, 1000, 0]);
  await clock.advance(250);
  expect([clock.now, platform.now(), platform.monotonic()]).toEqual([1250, 1250, 250]);
  expect(createFakeClock().now).toBe(Date.UTC(2024, 0, 1));
});

test('advance() runs what is due, in order, the nested ones too, and not what is called off', async () => {
  const clock = createFakeClock();
  const { log, after, platform } = noted(clock);
  after(20, 'b');
  after(10, 'a', () => after(5, 'nested'));
  after(20, 'c');
  platform.clearTimeout(after(15, 'called off'));
  after(21, 'late');
  expect(clock.timers).toBe(4);
  await clock.advance(20);
  expect(log).toEqual([
    ['a', 10],
    ['nested', 15],
    ['b', 20],
    ['c', 20],
  ]);
  expect([clock.timers, platform.monotonic()]).toEqual([1, 20]);
});

test('advance() lets promises settle before, between and after', async () => {
  const clock = createFakeClock();
  const log = [];
  const { after } = noted(clock);
  void Promise.resolve().then(() => after(0, 'x', () => log.push('armed late')));
  after(10, 'y', () => void Promise.resolve().then(() => after(10, 'z', () => log.push('chain'))));
  await clock.advance(20);
  expect(log).toEqual(['armed late', 'chain']);
});

test('delays that no host can keep are due at once', async () => {
  const clock = createFakeClock();
  const { log, after } = noted(clock);
  for (const ms of [-5, NaN, 2 ** 31, Infinity]) after(ms, ms);
  await clock.advance(0);
  expect(log.map(([, at]) => at)).toEqual([0, 0, 0, 0]);
});

test('jump() moves the wall clock alone, both ways', async () => {
  const clock = createFakeClock({ now: 0 });
  const { log, after, platform } = noted(clock);
  after(1000, 'x');
  clock.jump(3_600_000);
  await clock.advance(0);
  expect([clock.now, platform.monotonic(), log]).toEqual([3_600_000, 0, []]);
  clock.jump(-3_600_000);
  expect(clock.now).toBe(0);
});

test('until() goes from timer to timer and gives the outcome', async () => {
  const clock = createFakeClock();
  const { after, platform } = noted(clock);
  const done = new Promise((resolve) => {
    after(90_000, 'x', () => after(30_000, 'y', () => resolve('result')));
  });
  expect(await clock.until(done)).toBe('result');
  expect(platform.monotonic()).toBe(120_000);
  const refused = new Promise((_resolve, reject) => {
    after(1, 'x', () => reject(new Error('no')));
  });
  await expect(clock.until(refused)).rejects.toThrow('no');
});

test('until() ends when nothing can settle it', async () => {
  const clock = createFakeClock();
  const never = new Promise(() => undefined);
  await expect(clock.until(never)).rejects.toThrow('until(): no timer is left');
  const again = () => clock.platform.setTimeout(again, 60_000);
  again();
  await expect(clock.until(never, 300_000)).rejects.toThrow('not settled within 300000 ms');
  expect(clock.platform.monotonic()).toBe(300_000);
});

test('a loop of timers at one moment is an error', async () => {
  const clock = createFakeClock();
  const again = () => clock.platform.setTimeout(again, 0);
  again();
  await expect(clock.advance(1)).rejects.toThrow('timers go on and on');
}, 30_000);

test('the same seed gives the same bytes, in place', () => {
  const bytesOf = (seed) => {
    const bytes = new Uint8Array(64);
    expect(createFakeClock({ seed }).platform.getRandomValues(bytes)).toBe(bytes);
    return [...bytes];
  };
  expect(bytesOf(7)).toEqual(bytesOf(7));
  expect(bytesOf(7)).not.toEqual(bytesOf(8));
  expect(new Set(bytesOf(7)).size).toBeGreaterThan(40);
});

test.each([
  [() => createFakeClock({ now: NaN }), 'createFakeClock: now'],
  [() => createFakeClock({ seed: 0.5 }), 'createFakeClock: seed'],
  [() => createFakeClock().jump('1'), 'jump(): ms'],
])('%s is refused', (make, message) => {
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});

test.each([[-1], [NaN], [Infinity], ['5']])('advance(%p) is refused', async (ms) => {
  await expect(createFakeClock().advance(ms)).rejects.toThrow('advance(): ms must be a number');
});

test('is not held up by the fake timers of a test framework', async () => {
  jest.useFakeTimers();
  try {
    const clock = createFakeClock();
    const { log, after } = noted(clock);
    after(5, 'x');
    await clock.advance(5);
    expect(log).toHaveLength(1);
  } finally {
    jest.useRealTimers();
  }
});

describe('with a client', () => {
  async function setUp() {
    const clock = createFakeClock();
    const registrar = createTestRegistrar({
      users: { alice: 'secret' },
      platform: clock.platform,
    });
    const client = await createClient({
      server: 'ws://localhost',
      webSocket: registrar.webSocket,
      platform: clock.platform,
      storage: null,
    });
    const credentials = { password: 'secret' };
    const registration = await client.register({ aor, credentials, expires: 600 });
    return { clock, registrar, client, registration };
  }

  test('a day of refreshes passes at once, and no binding lapses', async () => {
    const { clock, registrar, client, registration } = await setUp();
    let refreshes = 0;
    registration.addEventListener('refreshed', () => {
      refreshes += 1;
      expect(registrar.bindings(aor)).toHaveLength(1);
    });
    await clock.advance(86_400_000);
    expect(registration.state).toBe('registered');
    expect(refreshes).toBeGreaterThan(140);
    await client.close();
    expect(clock.timers).toBe(0);
  });

  test('a network that comes back is found again', async () => {
    const { clock, registrar, client, registration } = await setUp();
    registrar.network = 'down';
    await clock.advance(60_000);
    expect(registration.state).not.toBe('registered');
    registrar.network = 'up';
    await clock.until(registration.whenRegistered());
    expect(registration.state).toBe('registered');
    await client.close();
  });

  test('a machine that slept past the expiry registers again', async () => {
    const { clock, registrar, client, registration } = await setUp();
    clock.jump(3_600_000);
    expect(registrar.bindings(aor)).toEqual([]);
    client.wake();
    await clock.until(registration.whenRegistered());
    expect(registrar.bindings(aor)).toHaveLength(1);
    await client.close();
  });

  test('runs are the same byte by byte', async () => {
    const record = async () => {
      const { clock, registrar, client } = await setUp();
      await clock.advance(3_600_000);
      await client.close({ unregister: true });
      return registrar.requests;
    };
    const first = await record();
    expect(first.length).toBeGreaterThan(5);
    expect(await record()).toEqual(first);
  });
});
