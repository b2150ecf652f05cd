// Final responses to REGISTER other than success: error code, status, retryable, retryAt, state, and what goes out next.
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

const respond =
  (status, headers = []) =>
  (request) =>
    answer(request, status, 'Some Reason', headers);

describe('a final answer that ends it', () => {
  test.each([400, 403, 404, 405, 410, 429, 481, 482, 483, 484, 485, 488, 494, 501, 604, 606])(
    '%d rejects, is not retryable, and nothing more is sent',
    async (status) => {
      const { registration, network, clock, log } = await makeRegistration(
        {},
        { handler: respond(status) },
      );
      const error = await errorOf(registration.register());
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name: 'RegistrationError',
        code: 'rejected',
        status,
        reason: 'Some Reason',
        retryable: false,
      });
      expect(error.retryAt).toBeUndefined();
      expect(error.retryAfter).toBeUndefined();
      expect(error.response.status).toBe(status);
      expect(error.response.headers.map(([name]) => name)).toContain('Call-ID');
      expect(error.message).toContain(String(status));
      expect(registration.state).toBe('failed');
      expect(registration.lastError).toMatchObject({ code: 'rejected', status });
      expect(registration.retryAt).toBeNull();
      expect(log.of('failed')).toHaveLength(1);
      await clock.advance(7_200_000);
      expect(network.requests).toHaveLength(1);
      expect(log.of('retry')).toEqual([]);
    },
  );

  test.each([300, 301, 302, 305, 380])(
    '%d rejects, is not followed, and carries the Contacts',
    async (status) => {
      const { registration, network, clock } = await makeRegistration(
        {},
        { handler: respond(status, [['Contact', '<sip:other.example.com>']]) },
      );
      const error = await errorOf(registration.register());
      expect(error).toMatchObject({ code: 'rejected', status });
      expect(error.response.headers).toContainEqual(['Contact', '<sip:other.example.com>']);
      await clock.advance(100_000);
      expect(network.requests.every((request) => request.uri === 'sip:example.com')).toBe(true);
    },
  );

  test('STM-01 register() starts again from failed', async () => {
    const { registration, network, log } = await makeRegistration(
      {},
      { handler: script(respond(404)) },
    );
    await errorOf(registration.register());
    expect(registration.state).toBe('failed');
    await registration.register();
    expect(registration.state).toBe('registered');
    expect(network.sockets).toHaveLength(1);
    expect(cseq(network.requests[1])).toBe(cseq(network.requests[0]) + 1);
    expect(network.requests[1].one('Call-ID')).toBe(network.requests[0].one('Call-ID'));
    expect(log.states()).toEqual([
      'connecting',
      'registering',
      'failed',
      'registering',
      'registered',
    ]);
  });

  test('RSP-06 a 403 to a refresh ends the binding: unregistered, then failed', async () => {
    const { registration, log } = await makeRegistered(
      {},
      { handler: script(granted, respond(403)) },
    );
    log.length = 0;
    const error = await errorOf(registration.refresh());
    expect(error).toMatchObject({ code: 'rejected', status: 403 });
    expect(registration).toMatchObject({
      state: 'failed',
      bound: false,
      expiresAt: null,
      refreshAt: null,
    });
    expect(log.of('unregistered')).toEqual([
      { reason: 'rejected', confirmed: expect.any(Boolean) },
    ]);
    expect(log.of('failed')).toHaveLength(1);
    expect(log.states()).toEqual(['refreshing', 'failed']);
  });

  test('STM-07 a 400 to a refresh leaves the binding until its expiry', async () => {
    const { registration, log, clock } = await makeRegistered(
      {},
      { handler: script(granted, respond(400)) },
    );
    await clock.advance(10_000);
    await errorOf(registration.refresh());
    expect(registration).toMatchObject({
      state: 'failed',
      bound: true,
      expiresAt: start + 600_000,
    });
    await clock.advance(589_999);
    expect(registration.bound).toBe(true);
    expect(log.of('unregistered')).toEqual([]);
    await clock.advance(1);
    expect(registration).toMatchObject({ state: 'failed', bound: false, expiresAt: null });
    expect(log.of('unregistered')).toEqual([{ reason: 'expired', confirmed: false }]);
  });
});

describe('a final answer that can be retried', () => {
  test.each([408, 430, 480, 491, 500, 502, 503, 504, 600, 603])(
    '%d rejects with retryable and retryAt, and a retry follows',
    async (status) => {
      const { registration, network, clock, log } = await makeRegistration(
        {},
        { handler: script(respond(status)) },
      );
      const error = await errorOf(registration.register());
      expect(error).toMatchObject({ code: 'rejected', status, retryable: true });
      expect(error.retryAt).toBeGreaterThanOrEqual(start);
      expect(registration).toMatchObject({
        state: 'waiting',
        retryAt: error.retryAt,
        bound: false,
      });
      expect(registration.lastError).toMatchObject({ code: 'rejected', status });
      expect(log.of('retry')).toEqual([
        { attempt: 1, retryAt: error.retryAt, error: expect.objectContaining({ status }) },
      ]);
      expect(log.of('failed')).toEqual([]);
      await clock.advance(error.retryAt - start - 1);
      expect(network.requests).toHaveLength(1);
      await clock.advance(2);
      expect(network.requests).toHaveLength(2);
      expect(registration).toMatchObject({ state: 'registered', retryAt: null });
      expect(log.of('registered')).toHaveLength(1);
    },
  );

  test('TMR-07 the first wait is 30 to 60 s (RFC 5626 §4.5, base 30)', async () => {
    const { registration } = await makeRegistration({}, { handler: respond(500) });
    const { retryAt } = await errorOf(registration.register());
    expect(retryAt - start).toBeGreaterThanOrEqual(30_000);
    expect(retryAt - start).toBeLessThanOrEqual(60_000);
  });

  test('OB-08 waits grow as U(W/2, W), W = min(1800, 30·2^n), and keep their jitter at the cap', async () => {
    const { registration, clock, log } = await makeRegistration({}, { handler: respond(500) });
    await errorOf(registration.register());
    await clock.advance(4 * 3_600_000);
    const retries = log.filter(({ type }) => type === 'retry');
    expect(retries.length).toBeGreaterThanOrEqual(8);
    expect(retries.map(({ detail }) => detail.attempt)).toEqual(
      retries.map((_, index) => index + 1),
    );
    let previous = start;
    const waits = retries.map(({ detail }) => {
      const wait = (detail.retryAt - previous) / 1000;
      previous = detail.retryAt;
      return wait;
    });
    waits.forEach((wait, index) => {
      const most = Math.min(1800, 30 * 2 ** (index + 1));
      expect(wait).toBeGreaterThanOrEqual(most / 2);
      expect(wait).toBeLessThanOrEqual(most + 1);
    });
    expect(new Set(waits.slice(6)).size).toBe(waits.slice(6).length);
  });

  test('STM-09 with retry: false it is final', async () => {
    const { registration, network, clock, log } = await makeRegistration(
      { retry: false },
      { handler: respond(503) },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'rejected', status: 503, retryable: true });
    expect(error.retryAt).toBeUndefined();
    expect(registration).toMatchObject({ state: 'failed', retryAt: null });
    expect(log.of('failed')).toHaveLength(1);
    await clock.advance(7_200_000);
    expect(network.requests).toHaveLength(1);
  });

  test('STM-22 register() cuts a plain back-off short', async () => {
    const { registration, network } = await makeRegistration({}, { handler: script(respond(500)) });
    await errorOf(registration.register());
    expect(registration.state).toBe('waiting');
    await registration.register();
    expect(network.requests).toHaveLength(2);
    expect(registration).toMatchObject({ state: 'registered', retryAt: null });
  });

  test('refresh() cuts a plain back-off short too', async () => {
    const { registration, network } = await makeRegistration({}, { handler: script(respond(500)) });
    await errorOf(registration.register());
    await registration.refresh();
    expect(network.requests).toHaveLength(2);
  });

  test('TMR-06 after a failed refresh at least two tries fit before expiry, and the state is honest', async () => {
    const { registration, clock, network, log } = await makeRegistered(
      {},
      { handler: script(granted, respond(500), respond(500)) },
    );
    const refreshAt = registration.refreshAt;
    await clock.advance(refreshAt - start);
    expect(network.requests).toHaveLength(2);
    expect(registration).toMatchObject({
      state: 'waiting',
      bound: true,
      expiresAt: start + 600_000,
    });
    await clock.advance(start + 599_999 - clock.wall);
    expect(network.requests.length).toBeGreaterThanOrEqual(4);
    expect(registration).toMatchObject({ state: 'registered', bound: true });
    expect(log.of('unregistered')).toEqual([]);
    expect(log.of('refreshed').length).toBeGreaterThanOrEqual(1);
  });
});

describe('Retry-After', () => {
  test.each([
    ['120', 120],
    ['18000;duration=3600', 18000],
    ["120 (I'm in a meeting)", 120],
    ['5', 5],
    ['0', 0],
  ])('%p is read and never cut short by the library', async (value, seconds) => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: script(respond(503, [['Retry-After', value]])) },
    );
    const error = await errorOf(registration.register());
    expect(error.retryAfter).toBe(seconds);
    if (seconds > 3600) return; // Its cap is 3600 s by default, above it the registration may give up.
    expect(error.retryAt - start).toBeGreaterThanOrEqual(seconds * 1000);
    await clock.advance(error.retryAt - start - 1);
    expect(network.requests).toHaveLength(1);
    await clock.advance(1);
    expect(registration.state).toBe('registered');
  });

  test('RSP-09 register() waits for its end', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: script(respond(503, [['Retry-After', '120']])) },
    );
    await errorOf(registration.register());
    const again = watch(registration.register());
    await settle();
    expect(again.state).toBe('pending');
    expect(registration.state).toBe('waiting');
    await clock.advance(119_999);
    expect(network.requests).toHaveLength(1);
    await clock.advance(30_000);
    expect(again.state).toBe('fulfilled');
    expect(network.requests).toHaveLength(2);
  });

  test('RSP-09 wake() does not cut it short', async () => {
    const { registration, network, clock, client } = await makeRegistration(
      {},
      { handler: script(respond(503, [['Retry-After', '120']])) },
    );
    await errorOf(registration.register());
    await clock.advance(1000);
    client.wake();
    await clock.advance(118_000);
    expect(network.requests).toHaveLength(1);
  });

  test.each([['-1'], ['Wed, 21 Oct 2030 07:28:00 GMT'], ['soon'], ['']])(
    '%p is ignored: the plain back-off holds',
    async (value) => {
      const { registration } = await makeRegistration(
        {},
        { handler: respond(503, [['Retry-After', value]]) },
      );
      const error = await errorOf(registration.register());
      expect(error.retryAfter).toBeUndefined();
      expect(error.retryAt - start).toBeGreaterThanOrEqual(30_000);
      expect(error.retryAt - start).toBeLessThanOrEqual(60_000);
    },
  );

  test('RSP-09 fault 43 of a year neither wraps nor hangs', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: respond(503, [['Retry-After', '99999999999']]) },
    );
    await errorOf(registration.register());
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(1);
  });

  test('RSP-07 on a 404 makes it retryable', async () => {
    const { registration } = await makeRegistration(
      {},
      { handler: script(respond(404, [['Retry-After', '60']])) },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ status: 404, retryable: true, retryAfter: 60 });
    expect(registration.state).toBe('waiting');
  });
});

describe('423 Interval Too Brief', () => {
  const tooBrief = (minimum) =>
    respond(423, minimum === undefined ? [] : [['Min-Expires', minimum]]);

  test('RSP-13 is answered with Min-Expires, which refreshes remember', async () => {
    const { registration, network, info, log } = await makeRegistered(
      { expires: 60 },
      { handler: script(tooBrief('300')) },
    );
    expect(network.requests.map(asked)).toEqual([60, 300]);
    expect(network.requests[1].one('Expires')).toBe('300');
    expect(cseq(network.requests[1])).toBe(cseq(network.requests[0]) + 1);
    expect(info.expires).toBe(300);
    expect(log.of('failed')).toEqual([]);
    await registration.refresh();
    expect(asked(network.last)).toBe(300);
  });

  test.each([['abc'], [undefined], ['30'], ['60'], ['4294967296'], ['100000']])(
    'with Min-Expires %p cannot be satisfied: interval',
    async (minimum) => {
      const { registration, network } = await makeRegistration(
        { expires: 60, retry: false },
        { handler: tooBrief(minimum) },
      );
      const error = await errorOf(registration.register());
      expect(error).toMatchObject({ code: 'interval', status: 423 });
      expect(network.requests).toHaveLength(1);
      expect(registration.state).toBe('failed');
    },
  );

  test('RSP-13 fault 39 twice with the same Min-Expires ends: interval, two requests', async () => {
    const { registration, network, clock } = await makeRegistration(
      { expires: 60 },
      { handler: tooBrief('300') },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'interval', status: 423 });
    await clock.advance(5000);
    expect(network.requests).toHaveLength(2);
  });

  test('RSP-13 that grows for ever ends', async () => {
    let minimum = 60;
    const { registration, network } = await makeRegistration(
      { expires: 60, retry: false },
      { handler: (request) => respond(423, [['Min-Expires', String((minimum += 60))]])(request) },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'interval', status: 423 });
    expect(network.requests.length).toBeLessThanOrEqual(3);
  });
});

describe('repairs', () => {
  test('RSP-11 420 is tried once more without the tags that are unsupported', async () => {
    const { network, registration } = await makeRegistered(
      {},
      { handler: script(respond(420, [['Unsupported', 'outbound']])) },
    );
    expect(network.requests).toHaveLength(2);
    expect(network.last.one('Supported')).not.toContain('outbound');
    expect(registration.state).toBe('registered');
  });

  test('420 again is final', async () => {
    const { network, registration } = await makeRegistration(
      {},
      { handler: respond(420, [['Unsupported', 'outbound']]) },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'rejected', status: 420 });
    expect(network.requests).toHaveLength(2);
  });

  test('RSP-15 439 is tried once more without reg-id and outbound, with path', async () => {
    const { network } = await makeRegistered({}, { handler: script(respond(439)) });
    expect(network.requests).toHaveLength(2);
    expect(network.last.one('Contact')).not.toContain('reg-id');
    expect(network.last.one('Supported')).not.toContain('outbound');
    expect(network.last.one('Supported')).toContain('path');
  });

  test('fault 44 421 with a tag that is not known is final', async () => {
    const { registration, network } = await makeRegistration(
      {},
      { handler: respond(421, [['Require', 'x-unknown']]) },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'rejected', status: 421 });
    expect(network.requests).toHaveLength(1);
  });

  test('555 is final', async () => {
    const { registration, network } = await makeRegistration(
      { push: { provider: 'fcm', prid: 'x' } },
      { handler: respond(555) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'rejected',
      status: 555,
      retryable: false,
    });
    expect(network.requests).toHaveLength(1);
  });
});

describe('a 2xx that is none', () => {
  test('BND-05 fault 46 without our binding among others rejects with protocol, retryable', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      {
        handler: script((request) =>
          answer(request, 200, 'OK', [
            [
              'Contact',
              '<sip:a@192.0.2.1>;expires=60;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>"',
            ],
            ['Contact', '<sip:b@192.0.2.2>;expires=60'],
          ]),
        ),
      },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'protocol', retryable: true });
    expect(registration).toMatchObject({ state: 'waiting', bound: false, info: null });
    await clock.advance(5000);
    expect(network.requests).toHaveLength(1);
    await clock.advance(60_000);
    expect(registration.state).toBe('registered');
  });

  test('BND-05 fault 50 with expires=0 rejects with protocol, retryable', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      {
        handler: (request) =>
          answer(request, 200, 'OK', [['Contact', request.one('Contact').replace('=600', '=0')]]),
      },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'protocol', retryable: true });
    expect(registration).toMatchObject({ state: 'waiting', bound: false });
    await clock.advance(29_999);
    expect(network.requests).toHaveLength(1);
  });

  test('STM-05 to a refresh, without ours, ends the binding: unregistered', async () => {
    const { registration, log } = await makeRegistered(
      {},
      {
        handler: script(granted, (request) =>
          answer(request, 200, 'OK', [
            ['Contact', '<sip:a@192.0.2.1>;expires=60'],
            ['Contact', '<sip:b@192.0.2.2>;expires=60'],
          ]),
        ),
      },
    );
    const error = await errorOf(registration.refresh());
    expect(error).toMatchObject({ code: 'protocol', retryable: true });
    expect(registration).toMatchObject({ state: 'waiting', bound: false, expiresAt: null });
    expect(log.of('unregistered')).toHaveLength(1);
    expect(log.of('unregistered')[0].reason).toMatch(/^(cleared|rejected)$/);
  });

  test('fault 45 with `Contact: *` settles with a warning, and the next register() works', async () => {
    const { registration, log } = await makeRegistration(
      {},
      { handler: script((request) => answer(request, 200, 'OK', [['Contact', '*']])) },
    );
    await registration.register();
    expect(log.of('warning').length).toBeGreaterThan(0);
    await registration.register();
    expect(registration.state).toBe('registered');
  });
});

describe('answers that do not belong to the request', () => {
  const change = {
    'another Call-ID': (frame) => frame.replace(/Call-ID: /, 'Call-ID: x'),
    'another CSeq number': (frame) => frame.replace(/CSeq: \d+/, 'CSeq: 99'),
    'another CSeq method': (frame) => frame.replace(/CSeq: (\d+) REGISTER/, 'CSeq: $1 OPTIONS'),
    'another From tag': (frame) => frame.replace(/(From: [^\r]*tag=)/, '$1x'),
    'another branch': (frame) => frame.replace(/z9hG4bK/, 'z9hG4bKx'),
    'no branch': (frame) => frame.replace(/;branch=z9hG4bK\w+/, ''),
    'two Vias': (frame) => frame.replace(/\r\nVia: [^\r]*/, '$&$&'),
    'two Vias in one row': (frame) => frame.replace(/\r\nVia: ([^\r]*)/, '\r\nVia: $1, $1'),
    'another sent-by': (frame) => frame.replace(/WSS [^;]*/, 'WSS other.example.com'),
    'no Via': (frame) => frame.replace(/\r\nVia: [^\r]*/, ''),
    'no Call-ID': (frame) => frame.replace(/\r\nCall-ID: [^\r]*/, ''),
    'no CSeq': (frame) => frame.replace(/\r\nCSeq: [^\r]*/, ''),
    'two CSeqs': (frame) => frame.replace(/\r\nCSeq: [^\r]*/, '$&$&'),
    'status 700': (frame) => frame.replace('2.0 200', '2.0 700'),
    'status 099': (frame) => frame.replace('2.0 200', '2.0 099'),
    'status 4294967496': (frame) => frame.replace('2.0 200', '2.0 4294967496'),
    'status "2 00"': (frame) => frame.replace('2.0 200', '2.0 2 00'),
    'SIP/7.0': (frame) => frame.replace('SIP/2.0 200', 'SIP/7.0 200'),
    'a Content-Length beyond the frame': (frame) =>
      frame.replace('Content-Length: 0', 'Content-Length: 10'),
    'a negative Content-Length': (frame) =>
      frame.replace('Content-Length: 0', 'Content-Length: -1'),
    'two Content-Lengths that differ': (frame) =>
      frame.replace('Content-Length: 0', 'Content-Length: 0\r\nContent-Length: 1'),
    'half of it': (frame) => frame.slice(0, frame.length >> 1),
  };

  test.each(Object.entries(change))(
    '%s: dropped and counted, the real one still counts',
    async (_, make) => {
      const { registration, network, client, log } = await makeRegistration(
        {},
        { handler: () => undefined },
      );
      const done = watch(registration.register());
      await settle();
      const real = granted(network.last);
      const forged = make(real);
      expect(forged).not.toBe(real);
      const { dropped } = client.stats;
      network.socket.receive(forged);
      await settle();
      expect(done.state).toBe('pending');
      expect(registration.state).toBe('registering');
      expect(client.stats.dropped).toBe(dropped + 1);
      network.socket.receive(real);
      await settle();
      expect(done.state).toBe('fulfilled');
      expect(log.of('registered')).toHaveLength(1);
    },
  );

  const harmless = {
    'sip/2.0 in lower case': (frame) => frame.replace('SIP/2.0 200', 'sip/2.0 200'),
    'an empty reason': (frame) => frame.replace('200 OK', '200 '),
    'a UTF-8 reason': (frame) => frame.replace('200 OK', '200 Natürlich ☎'),
    'compact names': (frame) =>
      frame
        .replace('Via:', 'v:')
        .replace('From:', 'f:')
        .replace('To:', 't:')
        .replace('Call-ID:', 'i:')
        .replace('Contact:', 'm:')
        .replace('Content-Length:', 'l:'),
    'names in capitals and blanks before the colon': (frame) =>
      frame.replace('Call-ID:', 'CALL-ID \t:').replace('Contact:', 'CONTACT :'),
    'folded lines': (frame) =>
      frame.replace(';tag=server', '\r\n ;tag=server').replace(';expires', '\r\n\t;expires'),
    'received and rport added': (frame) =>
      frame.replace(/(Via: [^\r]*)/, '$1;rport=1234;received=192.0.2.1'),
    'CRLFs before the start line': (frame) => `\r\n\r\n${frame}`,
    'no Content-Length': (frame) => frame.replace('Content-Length: 0\r\n', ''),
    'a body longer than Content-Length': (frame) => `${frame}junk`,
    'bare LF line ends': (frame) => frame.replaceAll('\r\n', '\n'),
    'a damaged From': (frame) =>
      frame.replace('From: <sip:alice@example.com>', 'From: <sip:alice@>'),
    'octets above 0x7F in an unknown header': (frame) =>
      frame.replace('\r\nFrom', '\r\nX-Name: Ä€😀\r\nFrom'),
    'an unknown header with odd syntax': (frame) =>
      frame.replace('\r\nFrom', '\r\nX-Odd: "<;,\r\nFrom'),
  };

  test.each(Object.entries(harmless))('with %s is taken', async (_, make) => {
    const { info } = await makeRegistered({}, { handler: (request) => make(granted(request)) });
    expect(info.expires).toBe(600);
  });

  test('TSX-03 fault 62 a duplicate, and another final answer after the first, change nothing', async () => {
    const { registration, client, log } = await makeRegistered(
      {},
      { handler: (request) => [granted(request), granted(request), answer(request, 403, 'No')] },
    );
    await settle();
    expect(registration.state).toBe('registered');
    expect(client.stats.dropped).toBe(2);
    expect(log.of('registered')).toHaveLength(1);
    expect(log.of('failed')).toEqual([]);
  });
});

describe('Timer F', () => {
  test('TSX-07 fault 25 ends a request without an answer after 32 s: timeout, retryable', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    await clock.advance(31_999);
    expect(done.state).toBe('pending');
    await clock.advance(1);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout', retryable: true } });
    expect(done.error.status).toBeUndefined();
    expect(network.requests).toHaveLength(1);
  });

  test('TSX-01 fault 26 is not restarted by 100 Trying', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    for (let second = 0; second < 31; second += 1) {
      await clock.advance(1000);
      network.socket.receive(answer(network.last, 100, 'Trying'));
    }
    await clock.advance(1000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
  });

  test('is transactionTimeoutMs', async () => {
    const { registration, clock } = await makeRegistration(
      { retry: false },
      { handler: () => undefined, transactionTimeoutMs: 5000 },
    );
    const done = watch(registration.register());
    await clock.advance(4999);
    expect(done.state).toBe('pending');
    await clock.advance(1);
    expect(done.state).toBe('rejected');
    expect(registration.state).toBe('failed');
  });

  test('TSX-08 is followed by a back-off, not by an immediate REGISTER', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: script(() => undefined) },
    );
    const done = watch(registration.register());
    await clock.advance(32_000);
    expect(done.state).toBe('rejected');
    await clock.advance(14_000);
    expect(network.requests).toHaveLength(1);
    await clock.advance(60_000);
    expect(network.requests.length).toBeGreaterThanOrEqual(2);
    expect(registration.state).toBe('registered');
  });

  test('fault 78 a 200 that comes after it does not flip the state', async () => {
    const { registration, network, clock, log } = await makeRegistration(
      { retry: false },
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    await clock.advance(32_000);
    expect(done.state).toBe('rejected');
    const late = granted(network.requests[0]);
    const events = log.length;
    network.sockets[0].receive(late);
    await settle();
    expect(registration.state).toBe('failed');
    expect(log.length).toBe(events);
  });
});
