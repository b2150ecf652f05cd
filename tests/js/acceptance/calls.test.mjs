// Calls while others are under way: joining, queueing, merging, aborting; whenRegistered() and update().
import {
  answer,
  asked,
  checkInvariants,
  errorOf,
  granted,
  keeping,
  makeRegistered,
  makeRegistration,
  script,
  settle,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const silent = () => undefined;

/** Lets the server answer the newest request of the newest socket. */
async function respond(network, make = granted) {
  network.socket.receive(make(network.last));
  await settle();
}

describe('register() and refresh() while a REGISTER is in flight', () => {
  test.each([
    ['register', 'register'],
    ['register', 'refresh'],
    ['refresh', 'register'],
    ['refresh', 'refresh'],
  ])('%s, then %s without arguments: one request, both resolve with it', async (first, second) => {
    const { registration, network, log } = await makeRegistration({}, { handler: silent });
    const calls = [watch(registration[first]()), watch(registration[second]())];
    await settle();
    expect(network.requests).toHaveLength(1);
    await respond(network);
    expect(calls.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
    expect(calls[0].value).toEqual(calls[1].value);
    expect(network.requests).toHaveLength(1);
    expect(log.of('registered')).toHaveLength(1);
    expect(log.of('refreshed')).toHaveLength(0);
  });

  test('API-05 equal arguments join', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const call = () => ({ expires: 90, headers: { 'X-A': '1' }, supported: ['100rel'] });
    const calls = [watch(registration.register(call())), watch(registration.register(call()))];
    await settle();
    await respond(network);
    expect(calls.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
    expect(network.requests).toHaveLength(1);
  });

  test.each([
    ['expires', { expires: 90 }],
    ['headers', { headers: { 'X-A': '1' } }],
    ['supported', { supported: ['100rel'] }],
  ])('other %s go out next, never beside', async (_, call) => {
    const { registration, network, log } = await makeRegistration({}, { handler: silent });
    const first = watch(registration.register());
    await settle();
    const second = watch(registration.register(call));
    await settle();
    expect(network.requests).toHaveLength(1);
    await respond(network);
    expect(first.state).toBe('fulfilled');
    expect(second.state).toBe('pending');
    expect(network.requests).toHaveLength(2);
    await respond(network);
    expect(second.state).toBe('fulfilled');
    expect(log.of('registered')).toHaveLength(1);
    expect(log.of('refreshed')).toHaveLength(1);
    if (call.expires) expect(asked(network.requests[1])).toBe(90);
    if (call.headers) expect(network.requests[1].one('X-A')).toBe('1');
    if (call.supported) expect(network.requests[1].one('Supported')).toContain('100rel');
  });

  test('API-05 waiting calls of one kind merge: the last expires wins', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const calls = [watch(registration.register())];
    await settle();
    for (const expires of [100, 200, 300]) calls.push(watch(registration.refresh({ expires })));
    await settle();
    await respond(network);
    await respond(network);
    expect(network.requests.map(asked)).toEqual([600, 300]);
    expect(calls.map(({ state }) => state)).toEqual(Array(4).fill('fulfilled'));
  });

  test('API-05 waiting calls with differing headers stay apart, in order', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const calls = [watch(registration.register())];
    await settle();
    for (const value of ['1', '2', '3']) {
      calls.push(watch(registration.refresh({ headers: { 'X-A': value } })));
    }
    await settle();
    for (let count = 0; count < 4; count += 1) await respond(network);
    expect(network.requests.map((request) => request.one('X-A'))).toEqual([
      undefined,
      '1',
      '2',
      '3',
    ]);
    expect(calls.map(({ state }) => state)).toEqual(Array(4).fill('fulfilled'));
  });

  test('ten thousand calls make no ten thousand requests', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const calls = Array.from({ length: 10_000 }, () => watch(registration.register()));
    await settle();
    await respond(network);
    expect(network.requests).toHaveLength(1);
    expect(calls.every(({ state }) => state === 'fulfilled')).toBe(true);
  });

  test('a failure rejects all that joined', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const calls = [watch(registration.register()), watch(registration.register())];
    await settle();
    await respond(network, (request) => answer(request, 403, 'Forbidden'));
    for (const call of calls) {
      expect(call).toMatchObject({ state: 'rejected', error: { code: 'rejected', status: 403 } });
    }
  });

  test('register() while registered is a refresh', async () => {
    const { registration, network, log } = await makeRegistered();
    await registration.register();
    expect(network.requests).toHaveLength(2);
    expect(log.of('refreshed')).toHaveLength(1);
    expect(log.of('registered')).toHaveLength(1);
    expect(log.states().slice(-2)).toEqual(['refreshing', 'registered']);
  });

  test('API-06 refresh({ expires }) changes the requested lifetime, for the refreshes after it too', async () => {
    const { registration, network, clock } = await makeRegistered();
    const info = await registration.refresh({ expires: 1800 });
    expect(info.expires).toBe(1800);
    expect(asked(network.last)).toBe(1800);
    await clock.advance(registration.refreshAt - clock.wall);
    expect(network.requests).toHaveLength(3);
    expect(asked(network.last)).toBe(1800);
  });

  test('a refresh by timer that is in flight is joined', async () => {
    const { registration, network, clock } = await makeRegistered(
      {},
      { handler: script(granted, silent) },
    );
    await clock.advance(registration.refreshAt - clock.wall);
    expect(registration.state).toBe('refreshing');
    const done = watch(registration.refresh());
    await settle();
    expect(network.requests).toHaveLength(2);
    await respond(network);
    expect(done.state).toBe('fulfilled');
    expect(network.requests).toHaveLength(2);
  });

  test('register() again while the socket is awaited joins', async () => {
    const { registration, network } = await makeRegistration({}, { connect: silent });
    const calls = [watch(registration.register()), watch(registration.register())];
    await settle();
    expect(network.sockets).toHaveLength(1);
    network.socket.open();
    await settle();
    expect(calls.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
    expect(network.requests).toHaveLength(1);
  });

  test('REG-06 INV-01 there is never more than one REGISTER in flight', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const calls = [
      registration.register(),
      registration.query(),
      registration.refresh({ expires: 100 }),
      registration.removeBinding('sip:other@host.invalid'),
      registration.unregister({ all: true }),
      registration.register({ headers: { 'X-A': '1' } }),
      registration.unregister(),
    ].map(watch);
    const { handler } = { handler: keeping() };
    await settle();
    let answered = 0;
    while (answered < network.requests.length) {
      expect(network.requests.length).toBe(answered + 1);
      network.socket.receive(handler(network.requests[answered]));
      answered += 1;
      await settle();
    }
    expect(calls.map(({ state }) => state)).not.toContain('pending');
    expect(registration.state).toBe('unregistered');
  });
});

describe('register() and unregister()', () => {
  test('UNR-04 fault 93 unregister() during register(): goes out after its answer, and it ends unregistered', async () => {
    const { registration, network, log } = await makeRegistration({}, { handler: silent });
    const first = watch(registration.register());
    await settle();
    const second = watch(registration.unregister());
    await settle();
    expect(network.requests).toHaveLength(1);
    await respond(network);
    expect(first.state).toBe('fulfilled');
    expect(network.requests.map(asked)).toEqual([600, 0]);
    expect(registration.state).toBe('unregistering');
    await respond(network);
    expect(second).toMatchObject({ state: 'fulfilled', value: { sent: true, confirmed: true } });
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: true }]);
  });

  test('unregister() during register() that fails: nothing to remove, ends unregistered', async () => {
    const { registration, network, clock } = await makeRegistration({}, { handler: silent });
    const first = watch(registration.register());
    await settle();
    const second = watch(registration.unregister());
    await respond(network, (request) => answer(request, 503, 'Busy'));
    expect(first.state).toBe('rejected');
    expect(second).toMatchObject({ state: 'fulfilled', value: { sent: false, confirmed: false } });
    expect(registration).toMatchObject({ state: 'unregistered', bound: false, retryAt: null });
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(1);
  });

  test('STM-16 unregister() before anything was sent: register() rejects cancelled, nothing goes out', async () => {
    const { registration, network, clock } = await makeRegistration({}, { connect: silent });
    const first = watch(registration.register());
    await settle();
    const second = watch(registration.unregister());
    await settle();
    expect(first).toMatchObject({ state: 'rejected', error: { code: 'cancelled' } });
    expect(second).toMatchObject({ state: 'fulfilled', value: { sent: false, confirmed: false } });
    expect(registration.state).toBe('unregistered');
    network.socket.open();
    await clock.advance(3_600_000);
    expect(network.requests).toEqual([]);
  });

  test('unregister() in the same turn as register() on an open socket ends unregistered', async () => {
    const { registration, network } = await makeRegistered({}, { handler: keeping() });
    await registration.unregister();
    const calls = [watch(registration.register()), watch(registration.unregister())];
    await settle();
    expect(calls.map(({ state }) => state)).not.toContain('pending');
    expect(registration.state).toBe('unregistered');
    expect(network.handler.bindings.size).toBe(0);
  });

  test('unregister() while waiting for a retry cancels it', async () => {
    const { registration, network, clock, log } = await makeRegistration(
      {},
      { handler: script((request) => answer(request, 500, 'Oops')) },
    );
    await errorOf(registration.register());
    expect(registration.state).toBe('waiting');
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(registration).toMatchObject({ state: 'unregistered', retryAt: null });
    await clock.advance(7_200_000);
    expect(network.requests).toHaveLength(1);
    expect(log.of('unregistered')).toEqual([]);
    expect(clock.armed).toBeLessThanOrEqual(1);
  });

  test('STM-21 register() during unregister() goes after it', async () => {
    const { registration, network, log } = await makeRegistered(
      {},
      { handler: script(granted, silent, silent) },
    );
    const first = watch(registration.unregister());
    await settle();
    expect(registration.state).toBe('unregistering');
    const second = watch(registration.register());
    await settle();
    expect(network.requests).toHaveLength(2);
    await respond(network);
    expect(first).toMatchObject({ state: 'fulfilled', value: { sent: true, confirmed: true } });
    expect(network.requests.map(asked)).toEqual([600, 0, 600]);
    await respond(network);
    expect(second.state).toBe('fulfilled');
    expect(registration.state).toBe('registered');
    expect(log.of('registered')).toHaveLength(2);
  });

  test('unregister() twice is one removal', async () => {
    const { registration, network } = await makeRegistered(
      {},
      { handler: script(granted, silent) },
    );
    const calls = [watch(registration.unregister()), watch(registration.unregister())];
    await settle();
    await respond(network);
    for (const call of calls) {
      expect(call).toMatchObject({ state: 'fulfilled', value: { sent: true, confirmed: true } });
    }
    expect(network.requests).toHaveLength(2);
  });

  test('API-05 unregister({ all }) never merges into unregister()', async () => {
    const { registration, network } = await makeRegistered(
      {},
      { handler: script(granted, silent, silent) },
    );
    const calls = [watch(registration.unregister()), watch(registration.unregister({ all: true }))];
    await settle();
    await respond(network);
    expect(network.requests).toHaveLength(3);
    expect(network.last.all('Contact')).toEqual(['*']);
    await respond(network);
    expect(calls.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
  });
});

describe('an AbortSignal', () => {
  const methods = {
    register: (registration, signal) => registration.register({ signal }),
    refresh: (registration, signal) => registration.refresh({ signal }),
    unregister: (registration, signal) => registration.unregister({ signal }),
    query: (registration, signal) => registration.query({ signal }),
    removeBinding: (registration, signal) =>
      registration.removeBinding('sip:x@y.invalid', { signal }),
    whenRegistered: (registration, signal) => registration.whenRegistered({ signal }),
  };

  test.each(Object.keys(methods))(
    'API-08 fault 98 aborted already: %s rejects with its reason',
    async (name) => {
      const { registration, network } = await makeRegistration();
      const reason = new Error('stop');
      expect(await errorOf(methods[name](registration, AbortSignal.abort(reason)))).toBe(reason);
      await settle();
      expect(network.requests).toEqual([]);
      expect(registration.state).toBe('unregistered');
    },
  );

  test.each(Object.keys(methods).filter((name) => name !== 'whenRegistered'))(
    'aborted in flight: %s rejects at once with its reason, the operation runs on',
    async (name) => {
      const { registration, network } = await makeRegistered(
        {},
        { handler: script(granted, silent) },
      );
      const controller = new AbortController();
      const done = watch(methods[name](registration, controller.signal));
      await settle();
      expect(network.requests).toHaveLength(2);
      const reason = { mine: true };
      controller.abort(reason);
      await settle();
      expect(done.state).toBe('rejected');
      expect(done.error).toBe(reason);
      const { state } = registration;
      expect(state).toBe(name === 'unregister' ? 'unregistering' : 'refreshing');
      await respond(network);
      expect(registration.state).toBe(name === 'unregister' ? 'unregistered' : 'registered');
    },
  );

  test('the default reason is an AbortError', async () => {
    const { registration } = await makeRegistration({}, { handler: silent });
    const controller = new AbortController();
    const done = watch(registration.register({ signal: controller.signal }));
    await settle();
    controller.abort();
    await settle();
    expect(done.error).toMatchObject({ name: 'AbortError' });
  });

  test('API-08 of one caller does not reject another that joined', async () => {
    const { registration, network } = await makeRegistration({}, { handler: silent });
    const controller = new AbortController();
    const first = watch(registration.register({ signal: controller.signal }));
    const second = watch(registration.register());
    await settle();
    controller.abort();
    await settle();
    expect(first.state).toBe('rejected');
    expect(second.state).toBe('pending');
    await respond(network);
    expect(second.state).toBe('fulfilled');
    expect(registration.state).toBe('registered');
  });

  test('API-08 fault 78 the only caller of register() aborts: a 200 still counts', async () => {
    const { registration, network, log } = await makeRegistration({}, { handler: silent });
    const controller = new AbortController();
    const done = watch(registration.register({ signal: controller.signal }));
    await settle();
    controller.abort();
    await respond(network);
    expect(done.state).toBe('rejected');
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.of('registered')).toHaveLength(1);
  });

  test('a signal after the end changes nothing and keeps no listener', async () => {
    const { registration } = await makeRegistration();
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...rest) => {
      listeners += 1;
      return addEventListener.apply(signal, rest);
    };
    signal.removeEventListener = (...rest) => {
      listeners -= 1;
      return removeEventListener.apply(signal, rest);
    };
    await registration.register({ signal });
    expect(listeners).toBe(0);
    controller.abort();
    await settle();
    expect(registration.state).toBe('registered');
  });

  test('AbortSignal.timeout and any() fit', async () => {
    const { registration } = await makeRegistration({}, { handler: silent });
    const controller = new AbortController();
    const done = watch(
      registration.register({
        signal: AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]),
      }),
    );
    controller.abort(new Error('x'));
    await settle();
    expect(done.error.message).toBe('x');
  });
});

describe('whenRegistered()', () => {
  test('resolves now if registered', async () => {
    const { registration, info, network } = await makeRegistered();
    expect(await registration.whenRegistered()).toEqual(info);
    expect(network.requests).toHaveLength(1);
  });

  test('sends nothing, and resolves at the next success', async () => {
    const { registration, network } = await makeRegistration();
    const done = watch(registration.whenRegistered());
    await settle();
    expect(done.state).toBe('pending');
    expect(network.sockets).toEqual([]);
    await registration.register();
    await settle();
    expect(done).toMatchObject({ state: 'fulfilled', value: { expires: 600 } });
  });

  test('waits through failures that are retried', async () => {
    const { registration, clock } = await makeRegistration(
      {},
      { handler: script((request) => answer(request, 500, 'Oops')) },
    );
    const done = watch(registration.whenRegistered());
    await errorOf(registration.register());
    await settle();
    expect(done.state).toBe('pending');
    await clock.advance(60_001);
    expect(done.state).toBe('fulfilled');
  });

  test('rejects when the registration fails for good', async () => {
    const { registration } = await makeRegistration(
      {},
      { handler: (request) => answer(request, 403, 'Forbidden') },
    );
    const done = watch(registration.whenRegistered());
    await errorOf(registration.register());
    await settle();
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'rejected', status: 403 } });
  });

  test('rejects when it is removed, or the client is closed', async () => {
    const { registration, client } = await makeRegistration();
    const first = watch(registration.whenRegistered());
    registration.remove();
    await settle();
    expect(first).toMatchObject({ state: 'rejected', error: { code: 'removed' } });
    const second = watch(client.createRegistration({ aor: 'sip:b@c.org' }).whenRegistered());
    await client.close();
    await settle();
    expect(second).toMatchObject({ state: 'rejected', error: { code: 'closed' } });
  });

  test('aborts with the reason', async () => {
    const { registration } = await makeRegistration();
    const controller = new AbortController();
    const done = watch(registration.whenRegistered({ signal: controller.signal }));
    controller.abort(new Error('enough'));
    await settle();
    expect(done).toMatchObject({ state: 'rejected', error: { message: 'enough' } });
  });

  test('while the flow is lost waits for the new one', async () => {
    const { registration, network, clock } = await makeRegistered();
    await clock.advance(60_000);
    network.socket.closed(1006);
    await settle();
    const done = watch(registration.whenRegistered());
    await settle();
    expect(done.state).toBe('pending');
    await clock.advance(3000);
    expect(done.state).toBe('fulfilled');
  });
});

describe('update()', () => {
  test('sends nothing and takes effect with the next REGISTER', async () => {
    const { registration, network } = await makeRegistered({
      displayName: 'Old',
      headers: { 'X-A': '1' },
      supported: ['timer'],
    });
    registration.update({
      displayName: 'New',
      headers: { 'X-B': '2' },
      supported: ['100rel'],
      push: { provider: 'fcm', prid: 'p' },
    });
    await settle();
    expect(network.requests).toHaveLength(1);
    await registration.refresh();
    expect(network.last.one('From')).toContain('"New"');
    expect(network.last.one('X-B')).toBe('2');
    expect(network.last.all('X-A')).toEqual([]);
    expect(network.last.one('Supported')).toContain('100rel');
    expect(network.last.one('Supported')).not.toContain('timer');
    expect(network.last.one('Contact')).toContain(';pn-provider=fcm');
  });

  test('leaves what is absent', async () => {
    const { registration, network } = await makeRegistered({
      displayName: 'Old',
      headers: { 'X-A': '1' },
    });
    registration.update({ supported: ['100rel'] });
    await registration.refresh();
    expect(network.last.one('From')).toContain('"Old"');
    expect(network.last.one('X-A')).toBe('1');
  });

  test('of refresh moves the next refresh after the next REGISTER', async () => {
    const { registration, clock } = await makeRegistered();
    registration.update({ refresh: { policy: 'margin', value: 10 } });
    await registration.refresh();
    expect(registration.refreshAt).toBe(clock.wall + 590_000);
    registration.update({ refresh: false });
    await registration.refresh();
    expect(registration.refreshAt).toBeNull();
  });

  test('of retry', async () => {
    const { registration, network } = await makeRegistered();
    registration.update({ retry: false });
    network.handler = (request) => answer(request, 500, 'Oops');
    await errorOf(registration.refresh());
    expect(registration).toMatchObject({ state: 'failed', retryAt: null });
  });

  test('before register() is taken', async () => {
    const { registration, network } = await makeRegistration();
    registration.update({ headers: { 'X-A': '1' } });
    await registration.register();
    expect(network.last.one('X-A')).toBe('1');
  });
});
