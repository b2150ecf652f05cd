// Refreshes, expiry, late timers, clocks that jump.
import {
  answer,
  asked,
  checkInvariants,
  cseq,
  errorOf,
  granted,
  makeRegistered,
  makeRegistration,
  script,
  settle,
  start,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const grants = (expires) => (request) => granted(request, { expires });
const silent = () => undefined;

describe('the time of a refresh', () => {
  test.each([
    [3600, 3210, 3240],
    [600, 505, 535],
    [300, 205, 235],
    [200, 115, 135],
    [140, 61, 75],
    [120, 48, 55],
    [90, 49, 58],
    [60, 48, 54],
    [30, 22, 25],
    [10, 5, 5],
  ])('adaptive, for a grant of %d s, is %d to %d s after sending', async (expires, least, most) => {
    const { registration, network, clock } = await makeRegistered({}, { handler: grants(expires) });
    const delay = (registration.refreshAt - start) / 1000;
    expect(delay).toBeGreaterThanOrEqual(least);
    expect(delay).toBeLessThanOrEqual(most);
    await clock.advance(registration.refreshAt - start - 1);
    expect(network.requests).toHaveLength(1);
    await clock.advance(1);
    expect(network.requests).toHaveLength(2);
    expect(cseq(network.requests[1])).toBe(cseq(network.requests[0]) + 1);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(registration.expiresAt).toBe(clock.wall + expires * 1000);
  });

  test('varies from one registration to the next', async () => {
    const times = new Set();
    for (let count = 0; count < 5; count += 1) {
      const { registration } = await makeRegistered();
      times.add(registration.refreshAt);
    }
    expect(times.size).toBeGreaterThan(1);
  });

  test.each([
    [{ policy: 'percent', value: 50 }, 600, 300],
    [{ policy: 'percent', value: 90 }, 3600, 3240],
    [{ policy: 'margin', value: 5 }, 600, 595],
    [{ policy: 'margin', value: 60 }, 300, 240],
  ])('%p, for a grant of %d s, is %d s after sending', async (refresh, expires, seconds) => {
    const { registration, network, clock } = await makeRegistered(
      { refresh },
      { handler: grants(expires) },
    );
    expect(registration.refreshAt).toBe(start + seconds * 1000);
    await clock.advance(seconds * 1000 - 1);
    expect(network.requests).toHaveLength(1);
    await clock.advance(1);
    expect(network.requests).toHaveLength(2);
  });

  test('TMR-04 a margin longer than the lifetime makes no storm', async () => {
    const { network, clock } = await makeRegistered(
      { refresh: { policy: 'margin', value: 700 } },
      { handler: grants(600) },
    );
    await clock.advance(60_000);
    expect(network.requests.length).toBeLessThanOrEqual(11);
  });

  test('BND-04 fault 53 follows the grant, and the request keeps asking for what the application wants', async () => {
    const { registration, network, clock } = await makeRegistered(
      { expires: 600 },
      { handler: (request) => granted(request, { expires: asked(request) - 1 }) },
    );
    for (let count = 0; count < 5; count += 1) await clock.advance(600_000);
    expect(network.requests.length).toBeGreaterThan(5);
    expect(network.requests.every((request) => asked(request) === 600)).toBe(true);
    expect(registration.info.expires).toBe(599);
  });

  test.each([2_592_000, 4_294_967_295])(
    'for a grant of %d s neither wraps nor storms',
    async (expires) => {
      const { network, clock, registration } = await makeRegistered(
        { expires },
        { handler: grants(expires), keepAlive: false },
      );
      expect(registration.refreshAt - start).toBeGreaterThan(2_000_000_000);
      await clock.advance(20 * 86_400_000);
      expect(network.requests).toHaveLength(1);
      expect(registration.state).toBe('registered');
      await clock.advance(11 * 86_400_000);
      expect(network.requests).toHaveLength(expires > 3_000_000 ? 1 : 2);
    },
  );

  test.each([1, 2, 5, 9])(
    'for a grant of %d s keeps to 10 in a minute and warns where it must',
    async (expires) => {
      const { network, clock, log } = await makeRegistered({}, { handler: grants(expires) });
      await clock.advance(60_000);
      expect(network.requests.length).toBeLessThanOrEqual(12);
      expect(network.requests.length).toBeGreaterThanOrEqual(5);
      const codes = new Set(log.of('warning').map(({ code }) => code));
      if (expires <= 2) expect(codes).toEqual(new Set(['short-grant']));
    },
  );

  test('events: statechange refreshing, statechange registered, refreshed', async () => {
    const { registration, clock, log } = await makeRegistered();
    log.length = 0;
    await clock.advance(registration.refreshAt - start);
    expect(log.types()).toEqual(['statechange', 'statechange', 'refreshed']);
    expect(log.states()).toEqual(['refreshing', 'registered']);
    expect(log.of('refreshed')[0]).toEqual(registration.info);
    expect(log[0]).toMatchObject({ state: 'refreshing', bound: true });
  });

  test('fault 82 goes on for thirty days of virtual time, five minutes each', async () => {
    const { registration, clock, network, log, client } = await makeRegistered(
      { expires: 86_400 },
      { handler: grants(86_400), keepAlive: false },
    );
    await clock.advance(30 * 86_400_000);
    expect(network.requests.length).toBeGreaterThanOrEqual(30);
    expect(network.requests.length).toBeLessThanOrEqual(40);
    expect(network.requests.map(cseq)).toEqual(network.requests.map((_, index) => index + 1));
    expect(log.of('unregistered')).toEqual([]);
    expect(registration.state).toBe('registered');
    expect(clock.armed).toBeLessThanOrEqual(1);
    expect(client.stats.registers).toBe(network.requests.length);
  });
});

describe('refresh: false', () => {
  test('sends nothing by itself; at expiry unregistered, reason expired', async () => {
    const { registration, network, clock, log } = await makeRegistered({ refresh: false });
    expect(registration.refreshAt).toBeNull();
    await clock.advance(599_999);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    await clock.advance(1);
    expect(registration).toMatchObject({
      state: 'unregistered',
      bound: false,
      expiresAt: null,
    });
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(1);
    expect(clock.armed).toBe(0);
  });

  test('refresh() still works', async () => {
    const { registration, clock } = await makeRegistered({ refresh: false });
    await clock.advance(500_000);
    await registration.refresh();
    await clock.advance(500_000);
    expect(registration.state).toBe('registered');
  });
});

describe('expiry', () => {
  test('BND-12 comes at its instant when no refresh succeeds: unregistered, expired', async () => {
    const { registration, clock, log } = await makeRegistered(
      {},
      { handler: script(granted, ...Array.from({ length: 50 }, () => silent)) },
    );
    await clock.advance(599_999);
    expect(registration.bound).toBe(true);
    expect(log.of('unregistered')).toEqual([]);
    await clock.advance(1);
    expect(registration.bound).toBe(false);
    expect(registration.expiresAt).toBeNull();
    expect(registration.state).not.toBe('registered');
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
  });

  test('with the socket lost: the same', async () => {
    const { registration, clock, network, log } = await makeRegistered();
    await clock.advance(100_000);
    network.connect = (socket) => socket.refuse();
    network.socket.closed(1006);
    await clock.advance(499_999);
    expect(registration.bound).toBe(true);
    await clock.advance(1);
    expect(registration.bound).toBe(false);
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
  });

  test('and then success again: event registered, not refreshed', async () => {
    const { registration, clock, network, log } = await makeRegistered();
    await clock.advance(100_000);
    network.connect = (socket) => socket.refuse();
    network.socket.closed(1006);
    await clock.advance(600_000);
    log.length = 0;
    network.connect = (socket) => socket.open();
    await clock.advance(60_000);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.of('registered')).toHaveLength(1);
    expect(log.of('refreshed')).toEqual([]);
  });

  test('TMR-02 counts from sending, however late the answer', async () => {
    const { registration, network, clock, log } = await makeRegistration(
      { refresh: false },
      { handler: silent },
    );
    const done = registration.register();
    await clock.advance(20_000);
    network.socket.receive(granted(network.last, { expires: 30 }));
    await done;
    await clock.advance(9_999);
    expect(registration.bound).toBe(true);
    await clock.advance(1);
    expect(registration.bound).toBe(false);
    expect(log.of('unregistered')).toHaveLength(1);
  });
});

describe('timers that come late', () => {
  test('API-02 fault 76 after two hours frozen: expired first, then recovered, one REGISTER', async () => {
    const { registration, network, clock, log } = await makeRegistered();
    log.length = 0;
    clock.freeze(7_200_000);
    await clock.advance(0);
    await settle();
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
    expect(log.types().indexOf('unregistered')).toBeLessThan(log.types().indexOf('registered'));
    await clock.advance(5000);
    expect(network.requests).toHaveLength(2);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
  });

  test('fault 75 a minute late over a day: no lapse at 120 s', async () => {
    const { registration, clock, log } = await makeRegistered(
      { expires: 120 },
      { handler: granted },
    );
    // Timers fire at whole minutes only.
    for (let minute = 0; minute < 1440; minute += 1) {
      clock.freeze(60_000);
      await clock.advance(0);
    }
    expect(registration.state).toBe('registered');
    expect(log.of('unregistered')).toEqual([]);
  });

  test('fault 81 asleep with the monotonic clock at rest: wake() finds the expiry by the wall clock', async () => {
    const { registration, client, network, clock, log } = await makeRegistered();
    log.length = 0;
    clock.jump(7_200_000);
    client.wake();
    await clock.advance(5000);
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(network.requests.length).toBeGreaterThanOrEqual(2);
    expect(network.requests.length).toBeLessThanOrEqual(3);
    expect(registration.expiresAt).toBeGreaterThan(clock.wall);
  });

  test('wake() pulls an overdue refresh forward', async () => {
    const { registration, client, network, clock, log } = await makeRegistered();
    clock.jump(registration.refreshAt - start + 1000);
    client.wake();
    await settle();
    expect(network.requests).toHaveLength(2);
    expect(log.of('unregistered')).toEqual([]);
  });

  test('wake() with nothing registered does nothing', async () => {
    const { client, network, registration } = await makeRegistration();
    client.wake();
    await settle();
    expect(network.sockets).toEqual([]);
    expect(registration.state).toBe('unregistered');
  });

  test('wake() while connected neither fails nor storms', async () => {
    const { client, network, registration, clock } = await makeRegistered();
    await clock.advance(60_000);
    for (let count = 0; count < 100; count += 1) client.wake();
    await clock.advance(1000);
    expect(registration.state).toBe('registered');
    expect(network.requests.length).toBeLessThanOrEqual(2);
    expect(network.sockets).toHaveLength(1);
  });

  test('wake() cuts the wait for a socket short', async () => {
    const { client, network, registration, clock } = await makeRegistration(
      {},
      { connect: (socket) => socket.refuse(), reconnect: { policy: 'rfc5626' } },
    );
    await errorOf(registration.register());
    expect(network.sockets).toHaveLength(1);
    network.connect = (socket) => socket.open();
    await clock.advance(11_000);
    client.wake();
    await settle();
    expect(network.sockets).toHaveLength(2);
    expect(registration.state).toBe('registered');
  });
});

describe('a wall clock that jumps', () => {
  test('fault 74 forward past the expiry: expired and recovered', async () => {
    const { registration, clock, log, client } = await makeRegistered();
    clock.jump(10 * 365 * 86_400_000);
    client.wake();
    await clock.advance(5000);
    expect(log.of('unregistered')).toHaveLength(1);
    expect(registration.state).toBe('registered');
  });

  test('fault 74 forward by ten years: no storm', async () => {
    const { registration, clock, network } = await makeRegistered();
    clock.jump(10 * 365 * 86_400_000);
    await clock.advance(600_000);
    expect(network.requests.length).toBeLessThanOrEqual(5);
    expect(registration.state).toBe('registered');
  });

  test('fault 74 back: no extension, the binding is refreshed and ends by the monotonic clock', async () => {
    const { registration, clock, network, log } = await makeRegistered(
      {},
      { handler: script(granted, ...Array.from({ length: 50 }, () => silent)) },
    );
    clock.jump(-86_400_000);
    await clock.advance(540_000);
    expect(network.requests.length).toBeGreaterThanOrEqual(2);
    await clock.advance(60_000);
    expect(registration.bound).toBe(false);
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
  });

  test('back during a request does not move Timer F', async () => {
    const { registration, clock } = await makeRegistration({}, { handler: silent });
    const done = watch(registration.register());
    await settle();
    clock.jump(-3_600_000);
    await clock.advance(32_000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
  });
});

describe('a platform that is given in part', () => {
  test('only now: time goes by it without its steps back', async () => {
    let now = start;
    const timers = new Map();
    let handles = 0;
    const { registration, network, client } = await makeRegistered(
      {},
      {
        platform: {
          now: () => now,
          setTimeout: (callback, ms) => {
            handles += 1;
            timers.set(handles, { at: now + ms, callback });
            return handles;
          },
          clearTimeout: (handle) => timers.delete(handle),
        },
      },
    );
    now -= 3_600_000;
    now += 3_600_000 + 599_000;
    for (const [handle, timer] of [...timers]) {
      timers.delete(handle);
      timer.callback();
    }
    await settle();
    expect(network.requests).toHaveLength(2);
    expect(registration.state).toBe('registered');
    await client.close();
    expect(timers.size).toBe(0);
  });

  test('its timers are used through the object: `this` and the handle are kept', async () => {
    const seen = [];
    const handle = { mine: true };
    const platform = {
      now: () => start,
      monotonic: () => 0,
      setTimeout() {
        seen.push(['set', this === platform]);
        return handle;
      },
      clearTimeout(given) {
        seen.push(['clear', given === handle]);
      },
      getRandomValues: (bytes) => globalThis.crypto.getRandomValues(bytes),
    };
    const { client } = await makeRegistered({}, { platform });
    await client.close();
    expect(seen.some(([what]) => what === 'set')).toBe(true);
    expect(seen.filter(([what]) => what === 'clear').every(([, same]) => same)).toBe(true);
  });
});

describe('answers while refreshing', () => {
  test('a failed refresh while bound: waiting, bound, retry event, then recovered', async () => {
    const { registration, clock, log } = await makeRegistered(
      {},
      { handler: script(granted, (request) => answer(request, 503, 'Busy')) },
    );
    log.length = 0;
    const error = await errorOf(registration.refresh());
    expect(error).toMatchObject({ code: 'rejected', status: 503, retryable: true });
    expect(registration).toMatchObject({ state: 'waiting', bound: true, refreshAt: null });
    expect(log.states()).toEqual(['refreshing', 'waiting']);
    await clock.advance(registration.retryAt - clock.wall);
    expect(registration.state).toBe('registered');
    expect(log.of('refreshed')).toHaveLength(1);
    expect(log.of('registered')).toEqual([]);
  });
});

test('a call after the machine slept, the server silent, ends by Timer F, and the expiry is seen', async () => {
  const { registration, network, clock, log } = await makeRegistered();
  log.length = 0;
  clock.jump(3_600_000);
  network.handler = () => undefined;
  const done = watch(registration.register());
  await clock.advance(32_000);
  expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
  expect(registration.bound).toBe(false);
  expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
});

test.each(['register', 'refresh', 'query'])(
  '%s that waits for a Retry-After is sent at its end though the wall clock was set back',
  async (name) => {
    const { registration, network, clock } = await makeRegistration(
      { retry: false },
      { handler: script((request) => answer(request, 503, 'Busy', [['Retry-After', '100']])) },
    );
    await errorOf(registration.register());
    const done = watch(registration[name]());
    await settle();
    clock.jump(-3_600_000);
    await clock.advance(150_000);
    expect(done.state).toBe('fulfilled');
    expect(network.requests).toHaveLength(2);
  },
);
