// register(): what goes out, what it resolves with, which properties and events it leaves.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  answer,
  aor,
  asked,
  checkInvariants,
  cseq,
  errorOf,
  granted,
  instanceId,
  makeRegistered,
  makeRegistration,
  makeWorld,
  record,
  settle,
  start,
  watch,
  withExpires,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

describe('the REGISTER', () => {
  test('WS-03 has the header fields of RFC 3261 §10.2, one message a frame, as text', async () => {
    const { network } = await makeRegistered();
    expect(network.socket.frames).toHaveLength(1);
    expect(typeof network.socket.frames[0]).toBe('string');
    const request = network.last;
    expect(request.startLine).toBe('REGISTER sip:example.com SIP/2.0');
    expect(request.one('Via')).toMatch(/^SIP\/2\.0\/WSS [a-z0-9]+\.invalid;branch=z9hG4bK\w{8,}$/);
    expect(request.one('Max-Forwards')).toBe('70');
    expect(request.one('From')).toMatch(/^<sip:alice@example\.com>;tag=\w{8,}$/);
    expect(request.one('To')).toBe('<sip:alice@example.com>');
    expect(request.one('Call-ID')).toMatch(/^\S{16,}$/);
    expect(request.one('CSeq')).toMatch(/^\d+ REGISTER$/);
    expect(request.one('Expires')).toBe('600');
    expect(request.one('User-Agent')).toMatch(/^sipreg\/\d+\.\d+\.\d+/);
    expect(request.one('Content-Length')).toBe('0');
    expect(request.headers.at(-1)[0]).toBe('Content-Length');
    expect(request.body).toBe('');
    expect(request.all('Require')).toEqual([]);
    expect(request.all('Authorization')).toEqual([]);
    const tags = request.one('Supported').split(/,\s*/);
    expect(tags.sort()).toEqual(['gruu', 'outbound', 'path']);
  });

  test('WS-08 WS-09 has a Contact with a random .invalid host, transport=ws, instance, reg-id and expires', async () => {
    const { network } = await makeRegistered();
    const contact = network.last.one('Contact');
    expect(contact).toMatch(/^<sip:\w+@[a-z0-9]+\.invalid;transport=ws>;/);
    expect(contact).toContain(`;+sip.instance="<${instanceId}>"`);
    expect(contact).toMatch(/;reg-id=1(;|$)/);
    expect(contact).toMatch(/;expires=600(;|$)/);
  });

  test.each([
    ['sip:alice@example.com', 'sip:example.com'],
    ['sip:alice@example.com:5070', 'sip:example.com:5070'],
    ['sip:alice@192.0.2.1', 'sip:192.0.2.1'],
    ['sip:alice@[2001:db8::1]', 'sip:[2001:db8::1]'],
    ['sips:alice@example.com', 'sips:example.com'],
  ])('of %s goes to %s', async (address, uri) => {
    const { network } = await makeRegistered({ aor: address });
    expect(network.last.uri).toBe(uri);
    expect(network.last.one('To')).toBe(`<${address}>`);
    expect(network.last.one('From')).toMatch(new RegExp('^<' + address.replace(/[[\].]/g, '\\$&')));
  });

  test('REG-16 of a sips AOR has a sips Contact', async () => {
    const { network } = await makeRegistered({ aor: 'sips:alice@example.com' });
    expect(network.last.one('Contact')).toMatch(/^<sips:/);
  });

  test('goes to `registrar`', async () => {
    const { network } = await makeRegistered({ registrar: 'sip:registrar.example.net' });
    expect(network.last.uri).toBe('sip:registrar.example.net');
    expect(network.last.one('To')).toBe('<sip:alice@example.com>');
  });

  test('REG-01 never has userinfo in its Request-URI', async () => {
    const { client, network } = await makeWorld();
    let registration;
    try {
      registration = client.createRegistration({ aor, registrar: 'sip:bob@example.com' });
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-argument', option: 'registrar' });
      return;
    }
    await registration.register();
    expect(network.last.uri).not.toContain('@');
  });

  test('REG-02 OB-02 is From someone else with `from`, and has no reg-id then (RFC 5626 §4.2)', async () => {
    const { network } = await makeRegistered({ from: 'sip:boss@example.com' });
    expect(network.last.one('From')).toMatch(/^<sip:boss@example\.com>;tag=/);
    expect(network.last.one('To')).toBe('<sip:alice@example.com>');
    expect(network.last.one('Contact')).not.toContain('reg-id');
  });

  test.each([
    ['Alice', '"Alice"'],
    ['a "b" \\c', '"a \\"b\\" \\\\c"'],
    ['Jürgen 😀', '"Jürgen 😀"'],
  ])('quotes and escapes the display name %p', async (displayName, quoted) => {
    const { network } = await makeRegistered({ displayName });
    expect(network.last.one('From').startsWith(`${quoted} <sip:alice@example.com>;tag=`)).toBe(
      true,
    );
  });

  test.each([1, 60, 3600, 2 ** 32 - 1])(
    'asks for expires %d in Contact and Expires',
    async (expires) => {
      const { network, info } = await makeRegistered({ expires });
      expect(network.last.one('Expires')).toBe(String(expires));
      expect(asked(network.last)).toBe(expires);
      expect(info.expires).toBe(expires);
    },
  );

  test('REG-09 REG-11 takes every part of `contact`', async () => {
    const { network } = await makeRegistered({
      contact: {
        user: 'bob',
        displayName: 'Bob "B"',
        q: 0.5,
        uriParams: { ob: true, foo: 'bar' },
        params: { audio: true, 'x-note': 'a;b' },
      },
    });
    const contact = network.last.one('Contact');
    expect(contact).toMatch(/^"Bob \\"B\\"" ?<sip:bob@[a-z0-9]+\.invalid;/);
    const [, inside, outside] = /<([^>]*)>(.*)$/.exec(contact);
    expect(inside).toMatch(/;transport=ws/);
    expect(inside).toMatch(/;ob(;|$)/);
    expect(inside).toMatch(/;foo=bar(;|$)/);
    expect(outside).toMatch(/;q=0\.5(;|$)/);
    expect(outside).toMatch(/;audio(;|$)/);
    expect(outside).toMatch(/;x-note="a;b"(;|$)/);
  });

  test.each([
    [0, /;q=0(\.0{1,3})?(;|$)/],
    [1, /;q=1(\.0{1,3})?(;|$)/],
    [0.125, /;q=0\.125(;|$)/],
  ])('writes q %d as RFC 3261 §25 has it', async (q, pattern) => {
    const { network } = await makeRegistered({ contact: { q } });
    expect(network.last.one('Contact')).toMatch(pattern);
  });

  test('has extra headers in order, several values as several rows', async () => {
    const { network } = await makeRegistered({
      headers: { 'X-B': '2', 'X-A': ['1', 'é, "x"'], Allow: 'INVITE, ACK' },
    });
    const extra = network.last.headers.filter(([name]) => /^(X-|Allow)/.test(name));
    expect(extra).toEqual([
      ['X-B', '2'],
      ['X-A', '1'],
      ['X-A', 'é, "x"'],
      ['Allow', 'INVITE, ACK'],
    ]);
  });

  test('REG-12 has the option tags of `supported` besides its own', async () => {
    const { network } = await makeRegistered({ supported: ['100rel', 'timer'] });
    const tags = network.last.all('Supported').join(',').split(/,\s*/);
    expect(tags.sort()).toEqual(['100rel', 'gruu', 'outbound', 'path', 'timer']);
  });

  test('REG-13 has the pre-loaded Route set in order', async () => {
    const route = ['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>'];
    const { network } = await makeRegistered({ route });
    expect(network.last.all('Route').flatMap((row) => row.split(/,\s*/))).toEqual(route);
  });

  test('without outbound has neither instance (unless GRUU asks for it), reg-id nor the tag', async () => {
    const { network } = await makeRegistered({ outbound: false, gruu: false });
    const contact = network.last.one('Contact');
    expect(contact).not.toContain('reg-id');
    expect(contact).not.toContain('+sip.instance');
    expect(network.last.all('Supported').join()).not.toMatch(/outbound|gruu/);
  });

  test('without gruu lacks that tag only', async () => {
    const { network } = await makeRegistered({ gruu: false });
    expect(network.last.one('Supported')).not.toContain('gruu');
    expect(network.last.one('Supported')).toContain('outbound');
  });

  test('OB-02 takes a reg-id', async () => {
    const { network, registration } = await makeRegistered({ outbound: { regId: 7 } });
    expect(network.last.one('Contact')).toMatch(/;reg-id=7(;|$)/);
    expect(registration.flows[0].regId).toBe(7);
  });

  test('takes one flow', async () => {
    const { network } = await makeRegistered({ outbound: { flows: 1 } });
    expect(network.last.one('Contact')).toMatch(/;reg-id=1(;|$)/);
  });

  test('PN-01 has the push parameters inside the Contact URI, escaped (RFC 8599)', async () => {
    const { network } = await makeRegistered({
      push: { provider: 'fcm', prid: 'a?b=c#d', param: 'project' },
    });
    const [, inside] = /<([^>]*)>/.exec(network.last.one('Contact'));
    expect(inside).toMatch(/;pn-provider=fcm(;|$)/);
    expect(inside).toMatch(/;pn-prid=a%3[fF]b%3[dD]c%23d(;|$)/);
    expect(inside).toMatch(/;pn-param=project(;|$)/);
  });

  test('REG-20 has the User-Agent that was asked for, or none', async () => {
    const named = await makeRegistered({}, { userAgent: 'phone/2 (x)' });
    expect(named.network.last.one('User-Agent')).toBe('phone/2 (x)');
    const none = await makeRegistered({}, { userAgent: false });
    expect(none.network.last.all('User-Agent')).toEqual([]);
  });

  test('has expires, headers and supported of the call, for that call alone', async () => {
    const { registration, network } = await makeRegistration({
      headers: { 'X-A': 'always' },
      supported: ['timer'],
    });
    await registration.register({
      expires: 90,
      headers: { 'X-B': 'once' },
      supported: ['100rel'],
    });
    expect(network.last.one('Expires')).toBe('90');
    expect(network.last.one('X-A')).toBe('always');
    expect(network.last.one('X-B')).toBe('once');
    expect(network.last.one('Supported')).toContain('100rel');
    await registration.refresh();
    // "Requested lifetime for this call and the refreshes after it"
    expect(network.last.one('Expires')).toBe('90');
    expect(network.last.one('X-A')).toBe('always');
    expect(network.last.all('X-B')).toEqual([]);
    expect(network.last.one('Supported')).not.toContain('100rel');
    expect(network.last.one('Supported')).toContain('timer');
  });

  test('REG-04 REG-05 REG-08 keeps Call-ID, tag, Contact and Via host over register, refresh, unregister; CSeq rises; the branch is new', async () => {
    const { registration, network } = await makeRegistered();
    await registration.refresh();
    await registration.unregister();
    await registration.register();
    expect(network.requests).toHaveLength(4);
    const same = (part) => expect(new Set(network.requests.map(part)).size).toBe(1);
    same((request) => request.one('Call-ID'));
    same((request) => request.one('From'));
    same((request) => request.one('To'));
    same((request) => /<[^>]*>/.exec(request.one('Contact'))[0]);
    same((request) => request.one('Via').split(';')[0]);
    const numbers = network.requests.map(cseq);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0] + index));
    expect(new Set(network.requests.map((request) => request.one('Via'))).size).toBe(4);
  });
});

describe('what register() resolves with', () => {
  test('API-04 is the RegistrationInfo of the contract', async () => {
    const { info, network, registration } = await makeRegistered(
      {},
      {
        handler: (request) =>
          granted(request, {
            expires: 300,
            others: [
              '"Desk" <sip:desk@192.0.2.7:5060>;q=0.7;expires=120;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000009>";reg-id=3;audio',
            ],
            headers: [
              ['Service-Route', '<sip:p1.example.com;lr>, <sip:p2.example.com;lr>'],
              ['Path', '<sip:edge.example.com;lr;ob>'],
              ['P-Associated-URI', '<sip:alice@example.com>, <tel:+15551234>'],
              ['Require', 'outbound'],
            ],
          }),
      },
    );
    const contact = /<([^>]*)>/.exec(network.last.one('Contact'))[1];
    expect(info.expires).toBe(300);
    expect(info.expiresAt).toBe(start + 300_000);
    expect(info.contact).toBe(contact);
    expect(info.serviceRoute).toEqual(['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>']);
    expect(info.path).toEqual(['<sip:edge.example.com;lr;ob>']);
    expect(info.associatedUris).toEqual(['<sip:alice@example.com>', '<tel:+15551234>']);
    expect(info.outbound).toBe(true);
    expect(info.pubGruu).toBeUndefined();
    expect(info.auth).toBeUndefined();
    expect(info.bindings).toHaveLength(2);
    expect(info.bindings[0]).toMatchObject({
      uri: contact,
      expires: 300,
      q: null,
      instanceId,
      regId: 1,
      own: true,
    });
    expect(info.bindings[1]).toMatchObject({
      uri: 'sip:desk@192.0.2.7:5060',
      displayName: 'Desk',
      expires: 120,
      q: 0.7,
      instanceId: 'urn:uuid:00000000-0000-4000-8000-000000000009',
      regId: 3,
      own: false,
    });
    expect(info.bindings[1].params.audio).toBe(true);
    expect(info.bindings[1].params.q).toBe('0.7');
    expect(info.response.status).toBe(200);
    expect(info.response.reason).toBe('OK');
    expect(info.response.headers).toContainEqual(['Require', 'outbound']);
    expect(registration.info).toEqual(info);
  });

  test('GRU-01 has the GRUUs of our Contact only (RFC 5627)', async () => {
    const { info } = await makeRegistered(
      {},
      {
        handler: (request) =>
          answer(request, 200, 'OK', [
            ['Contact', '<sip:x@other.invalid>;expires=5;pub-gruu="sip:bob@example.com;gr=1"'],
            [
              'Contact',
              `${request.one('Contact')};pub-gruu="sip:alice@example.com;gr=u";temp-gruu="sip:tgruu.a=/+@example.com;gr"`,
            ],
          ]),
      },
    );
    expect(info.pubGruu).toBe('sip:alice@example.com;gr=u');
    expect(info.tempGruu).toBe('sip:tgruu.a=/+@example.com;gr');
    expect(info.bindings.map(({ own }) => own)).toEqual([false, true]);
  });

  test('can be written as JSON and structurally cloned', async () => {
    const { info } = await makeRegistered();
    const copy = JSON.parse(JSON.stringify(info));
    expect(copy.expires).toBe(600);
    expect(copy.bindings[0].own).toBe(true);
    expect(copy.response.status).toBe(200);
    const clone = structuredClone(info);
    expect(clone.expires).toBe(600);
    expect(clone.bindings).toHaveLength(1);
  });

  test('TMR-02 counts expiresAt from when the request was sent', async () => {
    const { registration, network, clock } = await makeRegistration(
      {},
      { handler: () => undefined },
    );
    const done = registration.register();
    await settle();
    await clock.advance(5000);
    network.socket.receive(granted(network.last));
    expect((await done).expiresAt).toBe(start + 600_000);
    expect(registration.expiresAt).toBe(start + 600_000);
  });

  test.each([
    [
      'the Contact',
      (request) => [
        ['Contact', withExpires(request.one('Contact'), 120)],
        ['Expires', '900'],
      ],
      120,
    ],
    [
      'the Expires header',
      (request) => [
        ['Contact', request.one('Contact').replace(';expires=600', '')],
        ['Expires', '900'],
      ],
      900,
    ],
    [
      'what was asked',
      (request) => [['Contact', request.one('Contact').replace(';expires=600', '')]],
      600,
    ],
    [
      'the Expires header, where expires is not a number',
      (request) => [
        ['Contact', request.one('Contact').replace('expires=600', 'expires=abc')],
        ['Expires', '200'],
      ],
      200,
    ],
    [
      '2^32-1 where it is larger than that',
      (request) => [['Contact', withExpires(request.one('Contact'), '99999999999')]],
      2 ** 32 - 1,
    ],
    [
      'the larger, where one of two of ours is under 7 s',
      (request) => [
        ['Contact', withExpires(request.one('Contact'), 3)],
        ['Contact', request.one('Contact')],
      ],
      600,
    ],
    [
      'the smaller of two of ours',
      (request) => [
        ['Contact', withExpires(request.one('Contact'), 90)],
        ['Contact', request.one('Contact')],
      ],
      90,
    ],
  ])('takes the lifetime from %s', async (_, rows, expires) => {
    const { info } = await makeRegistered(
      {},
      { handler: (request) => answer(request, 200, 'OK', rows(request)) },
    );
    expect(info.expires).toBe(expires);
  });

  test.each([
    [
      'rewritten host and no instance',
      (c) =>
        c
          .replace(/@[a-z0-9]+\.invalid/, '@198.51.100.7:53951')
          .replace(/;\+sip\.instance="[^"]*"/, '')
          .replace(';reg-id=1', ''),
    ],
    [
      'an alias added (Kamailio)',
      (c) => c.replace('transport=ws>', 'transport=ws;alias=1.2.3.4~58860~6>'),
    ],
    ['no reg-id (OpenSIPS)', (c) => c.replace(';reg-id=1', '')],
    [
      'neither instance nor reg-id (Asterisk)',
      (c) => c.replace(/;\+sip\.instance="[^"]*"/, '').replace(';reg-id=1', ''),
    ],
    [
      'a display name, other case and blanks',
      (c) => `"x" ${c.replace('transport=ws', 'Transport=WS').replace(/;expires/, ' ; Expires ')}`,
    ],
    ['the compact name', (c) => c, 'm'],
  ])('finds our binding with %s', async (_, change, name = 'Contact') => {
    const { info } = await makeRegistered(
      {},
      {
        handler: (request) =>
          answer(request, 200, 'OK', [
            ['Contact', '<sip:desk@192.0.2.7>;expires=77'],
            [name, change(request.one('Contact').replace('=600', '=480'))],
          ]),
      },
    );
    expect(info.expires).toBe(480);
    expect(info.bindings.filter(({ own }) => own)).toHaveLength(1);
  });

  test.each([202, 204, 299])('BND-13 comes with a %d as with a 200', async (status) => {
    const { info } = await makeRegistered(
      {},
      {
        handler: (request) =>
          answer(request, status, 'Fine', [['Contact', request.one('Contact')]]),
      },
    );
    expect(info.response.status).toBe(status);
  });

  test('BND-07 fault 45 comes for a 200 without any Contact, with the Expires header, and a warning', async () => {
    const { info, log, registration } = await makeRegistered(
      {},
      { handler: (request) => answer(request, 200, 'OK', [['Expires', '120']]) },
    );
    expect(info.expires).toBe(120);
    expect(info.bindings).toEqual([]);
    expect(registration.state).toBe('registered');
    expect(log.of('warning').map(({ code }) => code)).toEqual(['no-own-contact']);
    expect(log.of('warning')[0].message.length).toBeGreaterThan(10);
  });

  test('BND-07 fault 47 comes for a 200 without any Contact or Expires with the requested lifetime', async () => {
    const { info } = await makeRegistered(
      { expires: 300 },
      { handler: (request) => answer(request, 200, 'OK') },
    );
    expect(info.expires).toBe(300);
  });

  test('BND-09 survives a Contact that cannot be parsed beside ours', async () => {
    const { info } = await makeRegistered(
      {},
      {
        handler: (request) =>
          answer(request, 200, 'OK', [
            ['Contact', '<sip:broken;expires=390'],
            ['Contact', request.one('Contact')],
          ]),
      },
    );
    expect(info.expires).toBe(600);
  });
});

describe('a first registration', () => {
  test('STM-01 goes from unregistered over connecting and registering to registered', async () => {
    const { registration, log, network, client } = await makeRegistration(
      {},
      { handler: () => undefined, connect: () => undefined },
    );
    expect(registration).toMatchObject({
      aor,
      state: 'unregistered',
      bound: false,
      expiresAt: null,
      refreshAt: null,
      retryAt: null,
      info: null,
      lastError: null,
    });
    expect(Number.isInteger(registration.id)).toBe(true);
    expect(client.registrations).toEqual([registration]);

    const done = watch(registration.register());
    await settle();
    expect(registration.state).toBe('connecting');
    expect(client.connectionState).toBe('connecting');
    expect(network.requests).toEqual([]);

    network.socket.open();
    await settle();
    expect(registration.state).toBe('registering');
    expect(registration.bound).toBe(false);
    expect(client.connectionState).toBe('connected');
    expect(done.state).toBe('pending');

    network.socket.receive(answer(network.last, 100, 'Trying'));
    await settle();
    expect(registration.state).toBe('registering');

    network.socket.receive(granted(network.last));
    await settle();
    expect(done.state).toBe('fulfilled');
    expect(registration.state).toBe('registered');
    expect(registration.bound).toBe(true);
    expect(registration.expiresAt).toBe(start + 600_000);
    expect(registration.info).toEqual(done.value);
    expect(registration.lastError).toBeNull();
    expect(registration.flows).toEqual([
      { regId: 1, url: 'wss://edge.example.com/ws', connected: true, expiresAt: start + 600_000 },
    ]);
    expect(log.map(({ type, detail }) => [type, detail.state, detail.previous])).toEqual([
      ['statechange', 'connecting', 'unregistered'],
      ['statechange', 'registering', 'connecting'],
      ['statechange', 'registered', 'registering'],
      ['registered', undefined, undefined],
    ]);
  });

  test('API-11 sets the properties, then fires statechange, then registered, then resolves', async () => {
    const order = [];
    const { registration } = await makeRegistration();
    const snapshot = () => [registration.state, registration.bound, registration.info !== null];
    registration.addEventListener('statechange', (event) => {
      if (event.detail.state === 'registered') order.push(['statechange', ...snapshot()]);
    });
    registration.addEventListener('registered', (event) => {
      order.push(['registered', ...snapshot()]);
      expect(event.detail).toEqual(registration.info);
    });
    await registration.register().then(() => order.push(['promise', ...snapshot()]));
    expect(order).toEqual([
      ['statechange', 'registered', true, true],
      ['registered', 'registered', true, true],
      ['promise', 'registered', true, true],
    ]);
  });

  test('API-11 sets the properties, then fires statechange, then failed, then rejects', async () => {
    const order = [];
    const { registration } = await makeRegistration(
      {},
      { handler: (request) => answer(request, 403, 'Forbidden') },
    );
    const snapshot = () => [registration.state, registration.lastError?.status];
    registration.addEventListener('statechange', (event) => {
      if (event.detail.state === 'failed') order.push(['statechange', ...snapshot()]);
    });
    let failure;
    registration.addEventListener('failed', (event) => {
      failure = event.detail;
      order.push(['failed', ...snapshot()]);
    });
    const error = await errorOf(registration.register());
    order.push(['promise', ...snapshot()]);
    expect(order).toEqual([
      ['statechange', 'failed', 403],
      ['failed', 'failed', 403],
      ['promise', 'failed', 403],
    ]);
    expect(failure).toMatchObject({ name: 'RegistrationError', code: 'rejected', status: 403 });
    expect(error).toMatchObject({ code: 'rejected', status: 403 });
  });

  test('API-11 sets the properties, then fires statechange, then retry, then rejects', async () => {
    const order = [];
    const { registration } = await makeRegistration(
      {},
      { handler: (request) => answer(request, 500, 'Server Error') },
    );
    registration.addEventListener('statechange', (event) => {
      if (event.detail.state === 'waiting')
        order.push(['statechange', registration.retryAt !== null]);
    });
    registration.addEventListener('retry', () => order.push(['retry', registration.state]));
    await errorOf(registration.register());
    order.push(['promise', registration.state]);
    expect(order).toEqual([
      ['statechange', true],
      ['retry', 'waiting'],
      ['promise', 'waiting'],
    ]);
  });

  test('events are CustomEvents whose target is the registration', async () => {
    const { registration } = await makeRegistration();
    const events = [];
    for (const type of ['statechange', 'registered']) {
      registration.addEventListener(type, (event) => events.push(event));
    }
    await registration.register();
    expect(events.length).toBe(4);
    for (const event of events) {
      expect(event).toBeInstanceOf(CustomEvent);
      expect(event.target).toBe(registration);
    }
  });

  test('fault 99 a listener that throws disturbs nobody else', () => {
    // In a process of its own: the host reports such errors as uncaught exceptions, and Jest would take them.
    const script = fileURLToPath(new URL('throwing-listener.mjs', import.meta.url));
    const { stdout, status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      seen: ['connecting', 'registering', 'registered'],
      uncaught: ['mine', 'mine', 'mine'],
      state: 'registered',
      requests: 1,
    });
  });

  test('a listener may call the registration', async () => {
    const { registration, network } = await makeRegistration();
    const calls = [];
    registration.addEventListener('registered', () => calls.push(registration.unregister()), {
      once: true,
    });
    await registration.register();
    expect(await calls[0]).toEqual({ sent: true, confirmed: true });
    expect(asked(network.last)).toBe(0);
    expect(registration.state).toBe('unregistered');
  });

  test('fault 100 a listener may remove the registration', async () => {
    const { registration, log } = await makeRegistration();
    registration.addEventListener('registered', () => registration.remove(), { once: true });
    const done = watch(registration.register());
    await settle();
    expect(done.state).not.toBe('pending');
    expect(registration.state).toBe('removed');
    const after = log.length;
    await settle();
    expect(log.length).toBe(after);
  });

  test('removeEventListener takes a listener off', async () => {
    const { registration } = await makeRegistration();
    const seen = [];
    const listener = (event) => seen.push(event.type);
    registration.addEventListener('registered', listener);
    registration.removeEventListener('registered', listener);
    await registration.register();
    expect(seen).toEqual([]);
  });

  test('ids are not used twice', async () => {
    const { client } = await makeWorld();
    const first = client.createRegistration({ aor });
    first.remove();
    const second = client.createRegistration({ aor });
    expect(second.id).not.toBe(first.id);
    expect(client.registrations).toEqual([second]);
  });

  test('createRegistration sends nothing', async () => {
    const { network, clock, registration } = await makeRegistration();
    await clock.advance(3_600_000);
    expect(network.sockets).toEqual([]);
    expect(registration.state).toBe('unregistered');
    expect(clock.armed).toBe(0);
  });
});

describe('client.register()', () => {
  test('resolves with a registration that is registered', async () => {
    const { client } = await makeWorld();
    const registration = await client.register({ aor }, { expires: 90 });
    expect(registration.state).toBe('registered');
    expect(registration.info.expires).toBe(90);
    expect(client.registrations).toEqual([registration]);
  });

  test('removes the registration when it is rejected for good, and sends nothing more', async () => {
    const { client, network, clock } = await makeWorld({
      handler: (request) => answer(request, 403, 'Forbidden'),
    });
    const error = await errorOf(client.register({ aor }));
    expect(error).toMatchObject({ code: 'rejected', status: 403 });
    await clock.advance(4_000_000);
    expect(client.registrations).toEqual([]);
    expect(network.requests).toHaveLength(1);
  });

  test('removes the registration when it fails in a retryable way: no retries in the background', async () => {
    const { client, network, clock } = await makeWorld({
      handler: (request) => answer(request, 500, 'Oops'),
    });
    await errorOf(client.register({ aor }));
    expect(client.registrations).toEqual([]);
    await clock.advance(4_000_000);
    expect(network.requests.filter((request) => asked(request) > 0)).toHaveLength(1);
  });

  test('sends one best-effort removal where the REGISTER may have succeeded: Timer F', async () => {
    const { client, network, clock } = await makeWorld({
      handler: (request) => (asked(request) > 0 ? undefined : granted(request)),
    });
    const done = watch(client.register({ aor }));
    await clock.advance(32_000);
    await clock.advance(40_000);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
    expect(network.requests.map(asked)).toEqual([600, 0]);
    expect(client.registrations).toEqual([]);
    expect(clock.armed).toBe(0);
  });

  test('API-08 on abort in flight rejects at once, removes the registration and what it may have made', async () => {
    const controller = new AbortController();
    const { client, network, clock } = await makeWorld({
      handler: (request) => (asked(request) > 0 ? undefined : granted(request)),
    });
    const done = watch(client.register({ aor }, { signal: controller.signal }));
    await settle();
    expect(network.requests).toHaveLength(1);
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await settle();
    expect(done).toMatchObject({ state: 'rejected', error: reason });
    network.socket.receive(granted(network.requests[0]));
    await clock.advance(100_000);
    expect(network.requests.map(asked)).toEqual([600, 0]);
    expect(client.registrations).toEqual([]);
  });

  test('on abort before anything was sent removes the registration and sends nothing', async () => {
    const controller = new AbortController();
    const { client, network, clock } = await makeWorld({ connect: () => undefined });
    const done = watch(client.register({ aor }, { signal: controller.signal }));
    await settle();
    controller.abort();
    await settle();
    expect(done.state).toBe('rejected');
    expect(done.error).toBe(controller.signal.reason);
    network.socket.open();
    await clock.advance(100_000);
    expect(network.requests).toEqual([]);
    expect(client.registrations).toEqual([]);
  });

  test('with a signal that is aborted already sends nothing', async () => {
    const { client, network } = await makeWorld();
    const reason = new Error('too late');
    const error = await errorOf(client.register({ aor }, { signal: AbortSignal.abort(reason) }));
    expect(error).toBe(reason);
    await settle();
    expect(network.sockets).toEqual([]);
    expect(client.registrations).toEqual([]);
  });
});

describe('several registrations of one client', () => {
  test('API-12 share the socket and do not touch each other', async () => {
    const { client, network } = await makeWorld({
      handler: (request) =>
        request.one('To').includes('bob') ? answer(request, 403, 'Forbidden') : granted(request),
    });
    const alice = client.createRegistration({ aor });
    const bob = client.createRegistration({ aor: 'sip:bob@example.com' });
    const aliceLog = record(alice);
    const [first, second] = await Promise.allSettled([alice.register(), bob.register()]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { status: 403 } });
    expect(network.sockets).toHaveLength(1);
    expect(alice.state).toBe('registered');
    expect(bob.state).toBe('failed');
    expect(alice.id).not.toBe(bob.id);
    expect(new Set(network.requests.map((request) => request.one('Call-ID'))).size).toBe(2);
    const length = aliceLog.length;
    bob.remove();
    await settle();
    expect(aliceLog.length).toBe(length);
    expect(alice.state).toBe('registered');
    expect(network.socket.readyState).toBe(1);
    expect(client.registrations).toEqual([alice]);
  });

  test('have tokens, tags and Call-IDs of their own and the same instance id', async () => {
    const { client, network } = await makeWorld();
    const all = ['a', 'b', 'c'].map((name) =>
      client.createRegistration({ aor: `sip:${name}@x.org` }),
    );
    await Promise.all(all.map((registration) => registration.register()));
    const distinct = (part) => new Set(network.requests.map(part)).size;
    expect(distinct((request) => request.one('Call-ID'))).toBe(3);
    expect(distinct((request) => /tag=(\w+)/.exec(request.one('From'))[1])).toBe(3);
    expect(distinct((request) => /<sip:(\w+)@/.exec(request.one('Contact'))[1])).toBe(3);
    expect(distinct((request) => /\+sip\.instance="[^"]*"/.exec(request.one('Contact'))[0])).toBe(
      1,
    );
  });

  test('TSX-11 one with an account that is silent does not delay another', async () => {
    const { client, clock, network } = await makeWorld({
      handler: (request) => (request.one('To').includes('bob') ? undefined : granted(request)),
    });
    const bob = client.createRegistration({ aor: 'sip:bob@example.com' });
    const alice = client.createRegistration({ aor });
    const silent = watch(bob.register());
    await alice.register();
    expect(alice.state).toBe('registered');
    await clock.advance(32_000);
    expect(silent).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
    expect(alice.state).toBe('registered');
    expect(network.sockets).toHaveLength(1);
    expect(network.socket.readyState).toBe(1);
  });
});
