// unregister(), query(), removeBinding().
import {
  answer,
  aor,
  asked,
  checkInvariants,
  cseq,
  errorOf,
  granted,
  instanceId,
  keeping,
  makeRegistered,
  makeRegistration,
  record,
  script,
  settle,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const silent = () => undefined;

describe('unregister()', () => {
  test('UNR-01 sends this binding with expires 0 and resolves confirmed', async () => {
    const { registration, network, log, clock } = await makeRegistered();
    log.length = 0;
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    expect(network.requests).toHaveLength(2);
    const [first, second] = network.requests;
    expect(second.one('Expires')).toBe('0');
    expect(second.one('Contact')).toBe(first.one('Contact').replace('expires=600', 'expires=0'));
    expect(second.one('Call-ID')).toBe(first.one('Call-ID'));
    expect(cseq(second)).toBe(cseq(first) + 1);
    expect(registration).toMatchObject({
      state: 'unregistered',
      bound: false,
      expiresAt: null,
      refreshAt: null,
      retryAt: null,
    });
    expect(log.types()).toEqual(['statechange', 'statechange', 'unregistered']);
    expect(log.states()).toEqual(['unregistering', 'unregistered']);
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: true }]);
    await clock.advance(7_200_000);
    expect(network.requests).toHaveLength(2);
  });

  test('takes headers and option tags', async () => {
    const { registration, network } = await makeRegistered();
    await registration.unregister({ headers: { 'X-Why': 'bye' }, supported: ['100rel'] });
    expect(network.last.one('X-Why')).toBe('bye');
    expect(network.last.one('Supported')).toContain('100rel');
  });

  test('resolves when the 200 lists other bindings only, or none', async () => {
    const { registration } = await makeRegistered(
      {},
      {
        handler: script(granted, (request) =>
          answer(request, 200, 'OK', [['Contact', '<sip:desk@192.0.2.7>;expires=100']]),
        ),
      },
    );
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
  });

  test('STM-18 our Contact still listed: not confirmed, warning still-bound', async () => {
    const { registration, log } = await makeRegistered(
      {},
      {
        handler: script(granted, (request) =>
          answer(request, 200, 'OK', [
            ['Contact', request.one('Contact').replace('expires=0', 'expires=500')],
          ]),
        ),
      },
    );
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: false });
    expect(log.of('warning').map(({ code }) => code)).toEqual(['still-bound']);
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: false }]);
    expect(registration.state).toBe('unregistered');
  });

  test('UNR-06 fault 97 with nothing bound resolves { sent: false, confirmed: false } and sends nothing', async () => {
    const { registration, network, log } = await makeRegistration();
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(network.sockets).toEqual([]);
    expect(log).toEqual([]);
  });

  test('after it was unregistered already: the same', async () => {
    const { registration, network } = await makeRegistered();
    await registration.unregister();
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(network.requests).toHaveLength(2);
  });

  test('after failed: unregistered, nothing sent', async () => {
    const { registration, network } = await makeRegistration(
      {},
      { handler: (request) => answer(request, 403, 'No') },
    );
    await errorOf(registration.register());
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(registration.state).toBe('unregistered');
    expect(network.requests).toHaveLength(1);
  });

  test('after expiry: nothing sent', async () => {
    const { registration, network, clock } = await makeRegistered({ refresh: false });
    await clock.advance(600_000);
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(network.requests).toHaveLength(1);
  });

  test('UNR-07 fault 97 without an open socket resolves { sent: false, confirmed: false }, opens none, and is unregistered', async () => {
    const { registration, network, clock, log } = await makeRegistered();
    await clock.advance(60_000);
    network.connect = silent;
    network.socket.closed(1006);
    await settle();
    expect(await registration.unregister()).toEqual({ sent: false, confirmed: false });
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: false }]);
    const sockets = network.sockets.length;
    await clock.advance(3_600_000);
    expect(network.sockets.length).toBe(sockets);
    expect(network.requests).toHaveLength(1);
  });

  test('STM-20 socket lost after sending: { sent: true, confirmed: false }', async () => {
    const { registration, network, clock } = await makeRegistered(
      {},
      { handler: script(granted, silent) },
    );
    const done = watch(registration.unregister());
    await settle();
    network.socket.closed(1006);
    await settle();
    expect(done).toMatchObject({ state: 'fulfilled', value: { sent: true, confirmed: false } });
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(2);
  });

  test('STM-20 Timer F: rejects with timeout, unregistered locally', async () => {
    const { registration, clock, network, log } = await makeRegistered(
      {},
      { handler: script(granted, silent) },
    );
    const done = watch(registration.unregister());
    await clock.advance(32_000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: false }]);
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(2);
  });

  test.each([400, 403, 404, 423, 500, 503])(
    '%d: rejects, unregistered locally, no retry',
    async (status) => {
      const { registration, clock, network, log } = await makeRegistered(
        {},
        { handler: script(granted, (request) => answer(request, status, 'No')) },
      );
      const error = await errorOf(registration.unregister());
      expect(error).toMatchObject({ name: 'RegistrationError', status });
      expect(registration).toMatchObject({ state: 'unregistered', bound: false, retryAt: null });
      expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: false }]);
      await clock.advance(3_600_000);
      expect(network.requests).toHaveLength(2);
    },
  );

  test('register() after it is possible: same Call-ID, next CSeq', async () => {
    const { registration, network, log } = await makeRegistered();
    await registration.unregister();
    await registration.register();
    expect(registration.state).toBe('registered');
    expect(cseq(network.requests[2])).toBe(cseq(network.requests[1]) + 1);
    expect(log.of('registered')).toHaveLength(2);
    expect(network.sockets).toHaveLength(1);
  });
});

describe('unregister({ force })', () => {
  test('UNR-06 sends with nothing bound, opening the socket', async () => {
    const { registration, network } = await makeRegistration();
    expect(await registration.unregister({ force: true })).toEqual({ sent: true, confirmed: true });
    expect(network.requests).toHaveLength(1);
    expect(asked(network.last)).toBe(0);
    expect(registration.state).toBe('unregistered');
  });

  test('rejects with transport when no socket can be had', async () => {
    const { registration } = await makeRegistration({}, { connect: (socket) => socket.refuse() });
    const error = await errorOf(registration.unregister({ force: true }));
    expect(error).toMatchObject({ code: 'transport' });
    expect(registration.state).toBe('unregistered');
  });
});

describe('unregister({ all })', () => {
  test('UNR-02 sends exactly `Contact: *` with Expires: 0', async () => {
    const { registration, network, log } = await makeRegistered({
      contact: { params: { x: '1' } },
    });
    expect(await registration.unregister({ all: true })).toEqual({ sent: true, confirmed: true });
    expect(network.last.text).toContain('\r\nContact: *\r\n');
    expect(network.last.all('Contact')).toEqual(['*']);
    expect(network.last.one('Expires')).toBe('0');
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
    expect(log.of('unregistered')).toEqual([{ reason: 'user', confirmed: true }]);
  });

  test('with nothing bound opens the socket and sends all the same', async () => {
    const { registration, network } = await makeRegistration();
    expect(await registration.unregister({ all: true })).toEqual({ sent: true, confirmed: true });
    expect(network.requests).toHaveLength(1);
    expect(network.last.one('Contact')).toBe('*');
  });

  test('every registration of that AOR stops refreshing; others go on', async () => {
    const { client, registration, network, clock } = await makeRegistered();
    const twin = client.createRegistration({ aor });
    const bob = client.createRegistration({ aor: 'sip:bob@example.com' });
    const twinLog = record(twin);
    await twin.register();
    await bob.register();
    await registration.unregister({ all: true });
    await settle();
    expect(twin).toMatchObject({ state: 'unregistered', bound: false, refreshAt: null });
    expect(twinLog.of('unregistered')).toHaveLength(1);
    expect(bob.state).toBe('registered');
    const before = network.requests.length;
    await clock.advance(3_600_000);
    const later = network.requests.slice(before);
    expect(later.length).toBeGreaterThan(0);
    expect(later.every((request) => request.one('To').includes('bob'))).toBe(true);
  });

  test('our Contact still listed: not confirmed', async () => {
    const { registration, log } = await makeRegistered(
      {},
      {
        handler: script(granted, (request) =>
          answer(request, 200, 'OK', [
            [
              'Contact',
              `<sip:x@y.invalid;transport=ws>;+sip.instance="<${instanceId}>";reg-id=1;expires=9`,
            ],
          ]),
        ),
      },
    );
    const result = await registration.unregister({ all: true });
    expect(result.sent).toBe(true);
    expect(result.confirmed).toBe(false);
    expect(log.of('warning').map(({ code }) => code)).toEqual(['still-bound']);
  });
});

describe('query()', () => {
  test('UNR-05 sends a REGISTER without Contact and Expires, and resolves with all bindings', async () => {
    const handler = keeping();
    const { registration, network, log } = await makeRegistered({}, { handler });
    handler.bindings.set(
      `${aor} sip:desk@192.0.2.7`,
      '"Desk" <sip:desk@192.0.2.7>;q=0.3;expires=77;audio',
    );
    const before = log.length;
    const bindings = await registration.query();
    expect(network.requests).toHaveLength(2);
    expect(network.last.all('Contact')).toEqual([]);
    expect(network.last.all('Expires')).toEqual([]);
    expect(bindings).toHaveLength(2);
    expect(bindings[0]).toMatchObject({ own: true, expires: 600, instanceId, regId: 1 });
    expect(bindings[1]).toMatchObject({
      uri: 'sip:desk@192.0.2.7',
      displayName: 'Desk',
      expires: 77,
      q: 0.3,
      own: false,
    });
    expect(bindings[1].instanceId).toBeUndefined();
    expect(bindings[1].regId).toBeUndefined();
    expect(bindings[1].params).toMatchObject({ audio: true });
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(
      log
        .types()
        .slice(before)
        .filter((type) => type !== 'statechange'),
    ).toEqual([]);
  });

  test('does not move expiresAt or info', async () => {
    const { registration, clock, info } = await makeRegistered({}, { handler: keeping() });
    const { expiresAt } = registration;
    await clock.advance(100_000);
    await registration.query();
    expect(registration.expiresAt).toBe(expiresAt);
    expect(registration.info).toEqual(info);
  });

  test('works unregistered: opens the socket, changes nothing, ends unregistered', async () => {
    const handler = keeping(
      new Map([[`${aor} sip:desk@192.0.2.7`, '<sip:desk@192.0.2.7>;expires=77']]),
    );
    const { registration, network, clock } = await makeRegistration({}, { handler });
    const bindings = await registration.query();
    expect(bindings.map(({ uri, own }) => [uri, own])).toEqual([['sip:desk@192.0.2.7', false]]);
    expect(registration).toMatchObject({ state: 'unregistered', bound: false });
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(1);
  });

  test('of nothing is an empty list', async () => {
    const { registration } = await makeRegistration({}, { handler: keeping() });
    expect(await registration.query()).toEqual([]);
  });

  test('a Contact without expires has null', async () => {
    const handler = keeping(new Map([[`${aor} sip:desk@192.0.2.7`, '<sip:desk@192.0.2.7>']]));
    const { registration } = await makeRegistration({}, { handler });
    const [binding] = await registration.query();
    expect(binding).toMatchObject({ expires: null, q: null, own: false });
  });

  test('UNR-05 our own unexpired binding not listed: unregistered cleared, then registered again', async () => {
    const handler = keeping();
    const { registration, log, network, clock } = await makeRegistered({}, { handler });
    handler.bindings.clear();
    log.length = 0;
    expect(await registration.query()).toEqual([]);
    await clock.advance(0);
    expect(log.of('unregistered')).toEqual([{ reason: 'cleared', confirmed: expect.any(Boolean) }]);
    await clock.advance(60_000);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.of('registered')).toHaveLength(1);
    expect(asked(network.last)).toBe(600);
  });

  test.each([403, 404, 500])('%d: rejects and leaves the registration as it is', async (status) => {
    const { registration, log } = await makeRegistered(
      {},
      { handler: script(granted, (request) => answer(request, status, 'No')) },
    );
    log.length = 0;
    const error = await errorOf(registration.query());
    expect(error).toMatchObject({ code: 'rejected', status });
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.types().filter((type) => type !== 'statechange')).toEqual([]);
  });

  test('Timer F: rejects with timeout', async () => {
    const { registration, clock } = await makeRegistered({}, { handler: script(granted, silent) });
    const done = watch(registration.query());
    await clock.advance(32_000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
    expect(registration.bound).toBe(true);
  });

  test('takes headers', async () => {
    const { registration, network } = await makeRegistered({}, { handler: keeping() });
    await registration.query({ headers: { 'X-A': '1' } });
    expect(network.last.one('X-A')).toBe('1');
  });
});

describe('removeBinding()', () => {
  test('sends that Contact with expires 0 and resolves with what is left', async () => {
    const handler = keeping();
    const { registration, network, log } = await makeRegistered({}, { handler });
    handler.bindings.set(`${aor} sip:desk@192.0.2.7`, '<sip:desk@192.0.2.7>;expires=77');
    const listed = await registration.query();
    const other = listed.find(({ own }) => !own);
    log.length = 0;
    const left = await registration.removeBinding(other.uri);
    expect(left.map(({ own }) => own)).toEqual([true]);
    expect(handler.bindings.size).toBe(1);
    expect(network.last.one('Contact')).toContain('<sip:desk@192.0.2.7>');
    expect(network.last.one('Contact')).toMatch(/;expires=0(;|$)/);
    expect(network.last.one('Contact')).not.toContain('+sip.instance');
    expect(network.last.one('Contact')).not.toContain('reg-id');
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.types().filter((type) => type !== 'statechange')).toEqual([]);
  });

  test('works unregistered', async () => {
    const handler = keeping(
      new Map([[`${aor} sip:desk@192.0.2.7`, '<sip:desk@192.0.2.7>;expires=77']]),
    );
    const { registration } = await makeRegistration({}, { handler });
    expect(await registration.removeBinding('sip:desk@192.0.2.7')).toEqual([]);
    expect(handler.bindings.size).toBe(0);
    expect(registration.state).toBe('unregistered');
  });

  test('rejects when the server refuses', async () => {
    const { registration } = await makeRegistered(
      {},
      { handler: script(granted, (request) => answer(request, 403, 'No')) },
    );
    const error = await errorOf(registration.removeBinding('sip:desk@192.0.2.7'));
    expect(error).toMatchObject({ code: 'rejected', status: 403 });
    expect(registration.bound).toBe(true);
  });
});
