// The embedded registrar of sipreg/testing as a registrar: RFC 3261 §10.3, RFC 5626 §6, RFC 5627 §5.
import { createTestRegistrar, reply } from '../../dist/testing.js';
import {
  aor,
  connect,
  expiresOf,
  instance,
  readResponse,
  registerRequest,
  turn,
} from './testing-registrar-client.mjs';

const start = Date.UTC(2024, 0, 31, 12, 0, 0);

/** A registrar on a clock that only the test moves (`clock.now`). */
async function setUp(options = {}) {
  const clock = { now: start };
  const registrar = createTestRegistrar({ ...options, platform: { now: () => clock.now } });
  return { registrar, clock, ...(await connect(registrar)) };
}

describe('responses', () => {
  test('carry what RFC 3261 §8.2.6.2 copies, a To tag, Date and the binding', async () => {
    const { exchange, registrar } = await setUp();
    const request = registerRequest().replace('\r\nMax', '\r\nVia: SIP/2.0/WS b.invalid\r\nMax');
    const response = await exchange(request);
    expect(response.status).toBe(200);
    const rows = (text, name) => text.split('\r\n').filter((line) => line.startsWith(`${name}:`));
    for (const name of ['Via', 'From', 'Call-ID', 'CSeq']) {
      expect(rows(response.text, name)).toEqual(rows(request, name));
    }
    expect(response.all('Via')).toHaveLength(2);
    expect(response.one('To')).toMatch(/^<sip:alice@example\.com>;tag=[\w]{9,}$/);
    expect(response.one('Date')).toBe('Wed, 31 Jan 2024 12:00:00 GMT');
    expect(response.all('Contact')).toEqual(['<sip:alice@a1.invalid;transport=ws>;expires=3600']);
    expect(response.text.endsWith('\r\nContent-Length: 0\r\n\r\n')).toBe(true);
    expect(registrar.requests).toEqual([request]);
  });

  test('have a To tag of their own each', async () => {
    const { register } = await setUp();
    const first = await register({ cseq: 1 });
    const second = await register({ cseq: 2 });
    expect(first.one('To')).not.toBe(second.one('To'));
  });

  test('understand compact forms, folding, space before colons and leading CRLFs', async () => {
    const { exchange } = await setUp();
    const response = await exchange(
      [
        '\r\n\r\nREGISTER sip:example.com SIP/2.0',
        'v : SIP / 2.0 / WS a1.invalid ; branch = z9hG4bKx',
        'f: "A \\" <b>" <sip:alice@example.com> ; tag = 1',
        't: sip:alice@example.com',
        'i: compact',
        'cseq: 7',
        '\tREGISTER',
        'm: <sip:alice@a1.invalid>;',
        ' expires=90',
        'l: 0',
        '',
        '',
      ].join('\r\n'),
    );
    expect(response.status).toBe(200);
    expect(response.one('Via')).toBe('SIP / 2.0 / WS a1.invalid ; branch = z9hG4bKx');
    expect(response.all('Contact')).toEqual(['<sip:alice@a1.invalid>;expires=90']);
  });

  test('OPTIONS 200; other methods 405 with Allow; ACK and responses nothing', async () => {
    const { exchange, frames, socket, registrar } = await setUp();
    const as = (method) => registerRequest({ contact: [] }).replaceAll('REGISTER', method);
    const options = await exchange(as('OPTIONS').replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    expect(options.status).toBe(200);
    expect(options.one('Supported')).toBe('path, outbound, gruu');
    for (const method of ['INVITE', 'BYE', 'MESSAGE', 'register', 'X-NEW']) {
      const response = await exchange(as(method));
      expect([response.status, response.one('Allow')]).toEqual([405, 'REGISTER, OPTIONS']);
    }
    socket.send(as('ACK'));
    socket.send('SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\n\r\n');
    await turn();
    expect(frames).toEqual([]);
    expect(registrar.requests.at(-1)).toMatch(/^ACK /);
  });

  test('a double CRLF is answered with CRLF; a pong and blanks are not', async () => {
    const { frames, socket, registrar } = await setUp();
    for (const frame of ['\r\n', '', ' ', '\r\n\r\n\r\n', '\r\n\r\n']) socket.send(frame);
    await turn();
    expect(frames).toEqual(['\r\n']);
    expect(registrar.requests).toEqual([]);
  });
});

describe('lifetimes', () => {
  const lifetime = async (options, contact, headers = []) => {
    const { register } = await setUp(options);
    const response = await register({ contact: [`<sip:alice@a1.invalid>${contact}`], headers });
    return response.status === 200 ? expiresOf(response.one('Contact')) : response.status;
  };

  test.each([
    [';expires=90', [], 90],
    [';expires=90', ['Expires: 120'], 90],
    ['', ['Expires: 120'], 120],
    ['', [], 3600],
    [';expires=foo', ['Expires: 120'], 3600],
    [';expires=-1', [], 3600],
    [';expires', [], 3600],
    ['', ['Expires: 1e3'], 3600],
    [';expires=4294967296', [], 4294967295],
  ])('Contact "%s" with %j is granted %i', async (contact, headers, expected) => {
    expect(await lifetime({}, contact, headers)).toBe(expected);
  });

  test('too short: 423 with Min-Expires, and nothing is bound', async () => {
    const { register, registrar } = await setUp({ minExpires: 60 });
    const brief = await register({
      contact: ['<sip:a@b.invalid>', '<sip:c@d.invalid>;expires=59'],
    });
    expect([brief.status, brief.one('Min-Expires')]).toEqual([423, '60']);
    expect(registrar.bindings(aor)).toEqual([]);
    expect((await register({ cseq: 2, headers: ['Expires: 60'] })).status).toBe(200);
    expect((await register({ cseq: 3, headers: ['Expires: 0'] })).status).toBe(200);
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('too long: cut to maxExpires', async () => {
    expect(await lifetime({ maxExpires: 300 }, ';expires=301')).toBe(300);
    expect(await lifetime({ maxExpires: 300 }, '')).toBe(300);
  });

  test('a binding ends by the clock of the platform', async () => {
    const { register, registrar, clock } = await setUp();
    await register({ contact: ['<sip:alice@a1.invalid>;expires=60'] });
    clock.now += 59_001;
    expect(registrar.bindings(aor)).toMatchObject([{ expires: 1 }]);
    expect(expiresOf((await register({ cseq: 2, contact: [] })).one('Contact'))).toBe(1);
    clock.now = start + 60_000;
    expect(registrar.bindings(aor)).toEqual([]);
    expect((await register({ cseq: 3, contact: [] })).all('Contact')).toEqual([]);
  });
});

describe('bindings', () => {
  test('several per AOR, told apart by URI equality (RFC 3261 §19.1.4)', async () => {
    const { register, registrar } = await setUp();
    await register({ contact: ['<sip:alice@H1.invalid;transport=ws>, <sip:bob@h1.invalid>'] });
    await register({ cseq: 2, contact: ['<sip:%61lice@h1.INVALID;transport=WS;new=1>;q=0.5'] });
    await register({ cseq: 3, contact: ['<sip:Alice@h1.invalid;transport=ws>'] });
    await register({ cseq: 4, contact: ['<sip:alice@h1.invalid>'] });
    await register({ cseq: 5, contact: ['<sip:alice@h1.invalid:5060>'] });
    expect(registrar.bindings(aor).map(({ uri, q }) => [uri, q])).toEqual([
      ['sip:%61lice@h1.INVALID;transport=WS;new=1', 0.5],
      ['sip:bob@h1.invalid', null],
      ['sip:Alice@h1.invalid;transport=ws', null],
      ['sip:alice@h1.invalid', null],
      ['sip:alice@h1.invalid:5060', null],
    ]);
  });

  test('query lists all and changes nothing; expires 0 removes one', async () => {
    const { register, registrar } = await setUp();
    await register({ contact: ['<sip:a@a.invalid>', '<sip:b@b.invalid>'] });
    const query = await register({ cseq: 2, callId: 'other', contact: [] });
    expect(query.all('Contact')).toEqual([
      '<sip:a@a.invalid>;expires=3600',
      '<sip:b@b.invalid>;expires=3600',
    ]);
    const removal = await register({ cseq: 3, contact: ['<sip:a@a.invalid>;expires=0'] });
    expect(removal.all('Contact')).toEqual(['<sip:b@b.invalid>;expires=3600']);
    expect(registrar.bindings(aor)).toHaveLength(1);
    const unknown = await register({ cseq: 4, contact: ['<sip:x@x.invalid>;expires=0'] });
    expect(unknown.all('Contact')).toHaveLength(1);
  });

  test('AORs are compared in canonical form (§10.3)', async () => {
    const { register, registrar } = await setUp();
    await register({ to: '"Alice" <sip:%61lice@EXAMPLE.com;transport=ws?x=y>' });
    expect(registrar.bindings(aor)).toHaveLength(1);
    expect(registrar.bindings('SIP:alice@Example.Com;user=phone')).toHaveLength(1);
    for (const other of ['Alice@example.com', 'alice@example.com:5060', 'bob@example.com']) {
      expect(registrar.bindings(`sip:${other}`)).toEqual([]);
    }
    expect(registrar.bindings('sips:alice@example.com')).toEqual([]);
    await register({ to: '<sip:bob@example.com>', contact: ['<sip:b@b.invalid>'] });
    expect(registrar.bindings('sip:bob@example.com')).toMatchObject([{ uri: 'sip:b@b.invalid' }]);
    expect(() => registrar.bindings('alice')).toThrow(/^bindings\(\): aor must be a SIP URI/);
  });

  test('commas, semicolons and escapes in quotes and <> separate nothing', async () => {
    const { register, registrar } = await setUp();
    const first = `"a, \\"b\\" <c>;d" <sip:a;x,y@a.invalid;p=1>;q=1.0;+sip.instance=${instance};note="1, 2;3"`;
    const response = await register({ contact: [`${first}, sip:b@b.invalid;expires=5;flag`] });
    expect(registrar.bindings(aor)).toEqual([
      {
        uri: 'sip:a;x,y@a.invalid;p=1',
        displayName: 'a, "b" <c>;d',
        expires: 3600,
        q: 1,
        instanceId: 'urn:uuid:00000000-0000-4000-8000-000000000001',
        params: { note: '"1, 2;3"' },
        own: false,
      },
      { uri: 'sip:b@b.invalid', expires: 5, q: null, params: { flag: true }, own: false },
    ]);
    expect(response.all('Contact')).toEqual([
      `"a, \\"b\\" <c>;d" <sip:a;x,y@a.invalid;p=1>;expires=3600;q=1.0;+sip.instance=${instance};note="1, 2;3"`,
      '<sip:b@b.invalid>;expires=5;flag',
    ]);
  });
});

describe('order of updates (§10.3 step 7)', () => {
  test.each([
    ['lower', 4],
    ['equal', 5],
  ])('%s CSeq in the same Call-ID: 500, and nothing changes', async (_name, cseq) => {
    const { register, registrar } = await setUp();
    await register({ cseq: 5, contact: ['<sip:a@a.invalid>;expires=100'] });
    const contact = ['<sip:new@new.invalid>', '<sip:a@a.invalid>;expires=0'];
    expect((await register({ cseq, contact })).status).toBe(500);
    expect((await register({ cseq, contact: ['*'], headers: ['Expires: 0'] })).status).toBe(500);
    expect(registrar.bindings(aor)).toMatchObject([{ uri: 'sip:a@a.invalid', expires: 100 }]);
  });

  test('another Call-ID starts anew', async () => {
    const { register, registrar } = await setUp();
    await register({ cseq: 5 });
    expect((await register({ cseq: 1, callId: 'call-2', headers: ['Expires: 0'] })).status).toBe(
      200,
    );
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('the same URI twice in one request: the last one counts', async () => {
    const { register } = await setUp();
    const twice = ['<sip:a@a.invalid>;expires=100', '<sip:a@a.invalid>;expires=200'];
    expect((await register({ contact: twice })).all('Contact')).toEqual([
      '<sip:a@a.invalid>;expires=200',
    ]);
  });
});

describe('Contact: *', () => {
  test('with Expires: 0 removes all bindings', async () => {
    const { register, registrar } = await setUp();
    await register({ contact: ['<sip:a@a.invalid>', '<sip:b@b.invalid>'] });
    const response = await register({ cseq: 2, contact: ['*'], headers: ['Expires: 0'] });
    expect([response.status, response.all('Contact')]).toEqual([200, []]);
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test.each([
    ['without Expires', ['*'], []],
    ['with a lifetime', ['*'], ['Expires: 60']],
    ['beside another', ['*', '<sip:a@a.invalid>'], ['Expires: 0']],
    ['in a list', ['<sip:a@a.invalid>, *'], ['Expires: 0']],
    ['with parameters', ['*;expires=0'], ['Expires: 0']],
    ['as a URI', ['<*>'], ['Expires: 0']],
  ])('%s is 400 and changes nothing', async (_name, contact, headers) => {
    const { register, registrar } = await setUp();
    await register();
    expect((await register({ cseq: 2, contact, headers })).status).toBe(400);
    expect(registrar.bindings(aor)).toHaveLength(1);
  });
});

describe('outbound (RFC 5626 §6)', () => {
  const supported = ['Supported: path', 'Supported: gruu , OUTBOUND'];
  const flow = (host, regId, id = instance) => [
    `<sip:alice@${host}.invalid;transport=ws>;reg-id=${regId};+sip.instance=${id}`,
  ];

  test('instance and reg-id name the binding; the 2xx says Require: outbound', async () => {
    const { register, registrar } = await setUp();
    const first = await register({ contact: flow('h1', 1), headers: supported });
    expect(first.all('Require')).toEqual(['outbound']);
    const moved = await register({ callId: 'b', contact: flow('h2', 1), headers: supported });
    expect(moved.all('Contact')).toHaveLength(1);
    await register({ cseq: 2, contact: flow('h3', 2), headers: supported });
    await register({ cseq: 3, contact: flow('h4', 1, '"<urn:x:2>"'), headers: supported });
    expect(registrar.bindings(aor)).toMatchObject([
      { uri: 'sip:alice@h2.invalid;transport=ws', regId: 1 },
      { uri: 'sip:alice@h3.invalid;transport=ws', regId: 2 },
      { uri: 'sip:alice@h4.invalid;transport=ws', regId: 1, instanceId: 'urn:x:2' },
    ]);
    const headers = [...supported, 'Expires: 0'];
    const removal = await register({ cseq: 4, contact: flow('h9', 2), headers });
    expect(removal.all('Require')).toEqual(['outbound']);
    expect(removal.all('Contact')).toHaveLength(2);
  });

  test('without the option tag, or without both parameters, the URI does', async () => {
    const { register, registrar } = await setUp();
    const responses = [
      await register({ contact: flow('h1', 1) }),
      await register({ cseq: 2, contact: flow('h2', 1) }),
      await register({ cseq: 3, contact: ['<sip:a@h3.invalid>;reg-id=1'], headers: supported }),
    ];
    for (const response of responses) expect(response.all('Require')).toEqual([]);
    expect(registrar.bindings(aor)).toHaveLength(3);
  });
});

describe('a registrar without RFC 5626 (outbound: false)', () => {
  const contact = (host) => [`<sip:alice@${host}.invalid>;+sip.instance=${instance};reg-id=1`];
  const headers = ['Supported: outbound'];

  test('confirms nothing, and URIs alone tell bindings apart', async () => {
    const { register, registrar } = await setUp({ outbound: false, flowTimer: 30 });
    for (const [index, host] of ['h1', 'h2', 'h1'].entries()) {
      const response = await register({ cseq: index + 1, contact: contact(host), headers });
      expect([response.status, response.all('Require'), response.all('Flow-Timer')]).toEqual([
        200,
        [],
        [],
      ]);
    }
    expect(registrar.bindings(aor)).toHaveLength(2);
  });

  test('refuses a request that requires it', async () => {
    const { register, exchange } = await setUp({ outbound: false });
    const required = await register({ contact: contact('h1'), headers: ['Require: outbound'] });
    expect([required.status, required.one('Unsupported')]).toEqual([420, 'outbound']);
    const options = registerRequest({ contact: [] }).replaceAll('REGISTER', 'OPTIONS');
    expect((await exchange(options)).one('Supported')).toBe('path, gruu');
  });
});

test('flowTimer is said to flows, and to nobody else (RFC 5626 §4.4)', async () => {
  const { register } = await setUp({ flowTimer: 25 });
  const contact = [`<sip:alice@h1.invalid>;+sip.instance=${instance};reg-id=1`];
  const flow = await register({ contact, headers: ['Supported: outbound'] });
  expect(flow.all('Flow-Timer')).toEqual(['25']);
  expect((await register({ cseq: 2, contact })).all('Flow-Timer')).toEqual([]);
});

describe('GRUU (RFC 5627)', () => {
  const contact = [`<sip:alice@h1.invalid>;+sip.instance=${instance}`];
  const headers = ['Supported: gruu'];

  test('both GRUUs come for an instance that supports them; the temporary one changes', async () => {
    const { register, registrar } = await setUp();
    const [first] = (await register({ contact, headers })).all('Contact');
    const pattern =
      /^<sip:alice@h1\.invalid>;expires=3600;pub-gruu="sip:alice@example\.com;gr=urn:uuid:00000000-0000-4000-8000-000000000001";temp-gruu="sip:tgruu\.(\w{32,})@example\.com;gr";\+sip\.instance=/;
    expect(first).toMatch(pattern);
    const [second] = (await register({ cseq: 2, contact, headers })).all('Contact');
    expect(pattern.exec(second)[1]).not.toBe(pattern.exec(first)[1]);
    const [query] = (await register({ cseq: 3, contact: [], headers })).all('Contact');
    expect(query).toBe(second);
    expect(registrar.bindings(aor)[0].params).toEqual({});
  });

  test('none without Supported: gruu or without an instance', async () => {
    const { register } = await setUp();
    expect((await register({ contact })).one('Contact')).not.toContain('gruu');
    const plain = await register({ cseq: 2, contact: ['<sip:b@b.invalid>'], headers });
    expect(plain.all('Contact')).toHaveLength(2);
    expect(plain.text).not.toContain('gruu=');
  });

  test('a GRUU is not taken as a contact, and a client cannot set its own', async () => {
    const { register } = await setUp();
    const gruu = await register({ contact: ['<sip:alice@example.com;gr=urn:uuid:1>'] });
    expect(gruu.status).toBe(403);
    const own = await register({ cseq: 2, contact: ['<sip:a@a.invalid>;pub-gruu="sip:evil"'] });
    expect(own.all('Contact')).toEqual(['<sip:a@a.invalid>;expires=3600']);
  });
});

describe('respond()', () => {
  test('a string goes out as it is, "" is silence, undefined is normal service', async () => {
    const answers = ['SIP/2.0 100 Trying\r\n\r\n', '', undefined];
    const { registrar, exchange, frames, socket } = await setUp({ respond: () => answers.shift() });
    expect((await exchange(registerRequest())).text).toBe('SIP/2.0 100 Trying\r\n\r\n');
    socket.send(registerRequest());
    await turn();
    expect(frames).toEqual([]);
    expect(registrar.bindings(aor)).toEqual([]);
    expect((await exchange(registerRequest())).status).toBe(200);
    expect(registrar.requests).toHaveLength(3);
  });

  test('reply() builds a correct response', async () => {
    const headers = { 'Retry-After': '5', Warning: ['399 a "b"', '399 c "d"'] };
    const respond = (request) => reply(request, 503, 'Service Unavailable', headers);
    const { register } = await setUp({ respond });
    const response = await register();
    expect([response.status, response.reason]).toEqual([503, 'Service Unavailable']);
    expect(response.one('Via')).toMatch(/^SIP\/2\.0\/WS a1\.invalid;branch=z9hG4bK/);
    expect(response.one('To')).toMatch(/^<sip:alice@example\.com>;tag=[0-9a-f]{8}$/);
    expect(response.all('Warning')).toEqual(headers.Warning);
    expect(response.one('Retry-After')).toBe('5');
  });

  test('reply() keeps a To tag that is there, gives 100 none, and takes any text', () => {
    const tagged = registerRequest().replace(
      'To: <sip:alice@example.com>',
      'To: <sip:a@b> ; Tag=x',
    );
    expect(readResponse(reply(tagged, 200, 'OK')).one('To')).toBe('<sip:a@b> ; Tag=x');
    expect(readResponse(reply(registerRequest(), 100, 'Trying')).one('To')).toBe(`<${aor}>`);
    expect(reply('\0', 400, 'Bad Request')).toBe(
      'SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no\r\nway');
      },
      'respond() threw Error: no  way',
    ],
    [
      'gives a promise',
      async () => '',
      'respond() threw TypeError: respond() must give a string, a fault or undefined',
    ],
    [
      'gives a broken fault',
      () => ({ status: 99 }),
      'respond() threw TypeError: respond(): status must be an integer from 300 to 699',
    ],
  ])('what %s is answered 500 with the cause', async (_name, respond, reason) => {
    const { register } = await setUp({ respond });
    const response = await register();
    expect([response.status, response.reason]).toEqual([500, reason]);
  });
});

describe('options', () => {
  test.each([
    [{ realm: 'a\r\nb' }, 'realm'],
    [{ users: 'alice' }, 'users'],
    [{ users: { alice: 1 } }, 'users'],
    [{ algorithms: [] }, 'algorithms'],
    [{ algorithms: ['SHA-1'] }, 'algorithms'],
    [{ minExpires: -1 }, 'minExpires'],
    [{ maxExpires: 0 }, 'maxExpires'],
    [{ maxExpires: 1.5 }, 'maxExpires'],
    [{ minExpires: 61, maxExpires: 60 }, 'minExpires'],
    [{ nonceLifetime: 0 }, 'nonceLifetime'],
    [{ nextNonce: 1 }, 'nextNonce'],
    [{ rspauth: 'right' }, 'rspauth'],
    [{ tokens: { alice: [1] } }, 'tokens'],
    [{ tokens: null }, 'tokens'],
    [{ scope: 'a\nb' }, 'scope'],
    [{ authzServer: 5 }, 'authzServer'],
    [{ outbound: 'no' }, 'outbound'],
    [{ flowTimer: 0 }, 'flowTimer'],
    [{ pong: null }, 'pong'],
    [{ trace: true }, 'trace'],
    [{ platform: { setTimeout: () => 1 } }, 'platform'],
    [{ respond: 'x' }, 'respond'],
    [{ platform: { now: 5 } }, 'platform.now'],
    [{ platform: 5 }, 'platform'],
    [null, 'options'],
    [5, 'options'],
  ])('%j is refused by name', (options, name) => {
    const message = `createTestRegistrar: ${name} must be `;
    expect(() => createTestRegistrar(options)).toThrow(TypeError);
    expect(() => createTestRegistrar(options)).toThrow(message);
  });
});
