// Digest authentication: which challenges are answered, how, and when it ends.
import {
  answers,
  challenge,
  challenged,
  expectedResponse,
  guarded,
  ha1,
  hash,
  isRight,
} from './digest.mjs';
import {
  answer,
  aor,
  asked,
  checkInvariants,
  cseq,
  errorOf,
  granted,
  keeping,
  makeRegistered,
  makeRegistration,
  makeWorld,
  record,
  script,
  settle,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const credentials = { password: 'secret' };
const md5 = { algorithm: 'MD5', qop: 'auth' };

describe('a challenge', () => {
  test('DIG-01 is answered with the next CSeq, a new branch and the same Call-ID, From, To', async () => {
    const { network, log, info } = await makeRegistered(
      { credentials },
      { handler: guarded(granted) },
    );
    expect(network.requests).toHaveLength(2);
    const [first, second] = network.requests;
    expect(first.all('Authorization')).toEqual([]);
    expect(cseq(second)).toBe(cseq(first) + 1);
    for (const name of ['Call-ID', 'From', 'To', 'Contact', 'Expires']) {
      expect(second.one(name)).toBe(first.one(name));
    }
    expect(second.one('Via')).not.toBe(first.one('Via'));
    expect(log.states()).toEqual(['connecting', 'registering', 'registered']);
    expect(log.of('failed')).toEqual([]);
    expect(info.auth).toEqual({
      scheme: 'Digest',
      algorithm: 'MD5',
      realm: 'example.com',
      mutual: false,
    });
  });

  test('DIG-12 is answered in the syntax of RFC 7616 §3.4', async () => {
    const { network } = await makeRegistered(
      { credentials },
      { handler: guarded(granted, { ...md5, opaque: 'op"aque' }) },
    );
    const [{ scheme, parameters, quoted }] = answers(network.last);
    expect(scheme).toBe('Digest');
    expect(parameters).toMatchObject({
      username: 'alice',
      realm: 'example.com',
      nonce: 'n1',
      uri: network.last.uri,
      qop: 'auth',
      nc: '00000001',
      algorithm: 'MD5',
      opaque: 'op"aque',
    });
    expect([...quoted].sort()).toEqual(
      ['cnonce', 'nonce', 'opaque', 'realm', 'response', 'uri', 'username'].sort(),
    );
    expect(parameters.cnonce.length).toBeGreaterThanOrEqual(16);
  });

  test('DIG-01 of a proxy (407) is answered in Proxy-Authorization', async () => {
    const { network, info } = await makeRegistered(
      { credentials },
      { handler: guarded(granted, md5, { proxy: true }) },
    );
    expect(network.last.all('Authorization')).toEqual([]);
    expect(isRight(network.last, { proxy: true })).toBe(true);
    expect(info.auth.realm).toBe('example.com');
  });

  test('RSP-05 of a proxy and then of the registrar are both answered', async () => {
    const { network } = await makeRegistered(
      {
        credentials: [
          { password: 'proxy', realm: 'edge' },
          { password: 'secret', realm: 'example.com' },
        ],
      },
      {
        handler: (request) => {
          if (answers(request, true).length === 0) {
            return challenged(request, { ...md5, realm: 'edge', nonce: 'p1' }, { proxy: true });
          }
          return isRight(request) ? granted(request) : challenged(request, md5);
        },
      },
    );
    expect(network.requests).toHaveLength(3);
    expect(isRight(network.last)).toBe(true);
    expect(isRight(network.last, { proxy: true, password: 'proxy' })).toBe(true);
  });

  test.each(['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess', 'SHA-512-256', 'SHA-512-256-sess'])(
    'with %s is answered, and refreshes after it',
    async (algorithm) => {
      const { registration, network, info } = await makeRegistered(
        { credentials },
        { handler: guarded(granted, { algorithm, qop: 'auth' }) },
      );
      expect(info.auth).toMatchObject({ scheme: 'Digest', algorithm, realm: 'example.com' });
      await registration.refresh();
      await registration.refresh();
      expect(network.requests).toHaveLength(4);
    },
  );

  test.each(['MD5', 'SHA-256', 'SHA-512-256'])(
    'with %s is answered from ha1',
    async (algorithm) => {
      const { network } = await makeRegistered(
        {
          credentials: {
            ha1: { [algorithm]: ha1(algorithm, 'alice', 'example.com', 'secret') },
            realm: 'example.com',
          },
        },
        {
          handler: guarded(
            granted,
            ['MD5', 'SHA-256', 'SHA-512-256'].map((each) => ({
              algorithm: each,
              qop: 'auth',
              nonce: `n-${each}`,
            })),
          ),
        },
      );
      expect(answers(network.last)).toHaveLength(1);
      expect(answers(network.last)[0].parameters).toMatchObject({
        algorithm,
        nonce: `n-${algorithm}`,
      });
    },
  );

  test.each([
    ['no algorithm', { qop: 'auth' }, {}],
    ['algorithm=md5', { algorithm: 'md5', qop: 'auth' }, {}],
    ['algorithm="MD5"', { algorithm: '"MD5"', qop: 'auth' }, {}],
    ['no qop', { algorithm: 'MD5' }, { qop: undefined, nc: undefined, cnonce: undefined }],
    ['qop "auth,auth-int"', { algorithm: 'MD5', qop: 'auth,auth-int' }, { qop: 'auth' }],
    ['qop "auth-int, auth"', { algorithm: 'MD5', qop: 'auth-int, auth' }, { qop: 'auth' }],
    ['qop "x-new,auth"', { algorithm: 'MD5', qop: 'x-new,auth' }, { qop: 'auth' }],
    ['qop "auth-int" only', { algorithm: 'MD5', qop: 'auth-int' }, { qop: 'auth-int' }],
    ['an empty realm', { ...md5, realm: '' }, { realm: '' }],
    ['a realm with quotes and backslashes', { ...md5, realm: 'a"b\\c' }, { realm: 'a"b\\c' }],
    ['a nonce with quotes', { ...md5, nonce: 'a"b\\c' }, { nonce: 'a"b\\c' }],
    ['unknown parameters and domain', { ...md5, domain: 'sip:x', 'x-new': 'y' }, {}],
    ['an opaque', { ...md5, opaque: 'abc' }, { opaque: 'abc' }],
    ['no opaque', md5, { opaque: undefined }],
    ['a long nonce', { ...md5, nonce: 'n'.repeat(1000) }, { nonce: 'n'.repeat(1000) }],
  ])('with %s is answered', async (_, parameters, expected) => {
    const { network, info } = await makeRegistered(
      { credentials },
      { handler: guarded(granted, parameters) },
    );
    expect(network.requests).toHaveLength(2);
    const got = answers(network.last)[0].parameters;
    for (const [name, value] of Object.entries(expected)) expect(got[name]).toBe(value);
    expect(info.auth.algorithm).toBe('MD5');
  });

  test.each([
    ['with unquoted qop', 'Digest realm="example.com", nonce="n1", qop=auth, algorithm=MD5'],
    [
      'with empty list elements',
      'Digest realm="example.com", , nonce="n1",, qop="auth", algorithm=MD5',
    ],
    ['with odd case and blanks', 'DIGEST  Realm = "example.com" ,NONCE="n1",Qop="auth"'],
    ['folded over lines', 'Digest realm="example.com",\r\n nonce="n1",\r\n\tqop="auth"'],
  ])('%s is answered', async (_, value) => {
    const { network } = await makeRegistered({ credentials }, { handler: guarded(granted, value) });
    expect(network.requests).toHaveLength(2);
  });

  test.each([
    ['a colon in the password', 'alice', 'a:b:c'],
    ['an empty password', 'alice', ''],
    ['UTF-8', 'jäsøn', 'pä"ss\\wörd😀'],
    ['10 kB', 'alice', 'x'.repeat(10_240)],
    ['a username with quotes', 'a"l\\ice', 'secret'],
  ])('with %s is answered', async (_, username, password) => {
    const { network } = await makeRegistered(
      { credentials: { username, password } },
      { handler: guarded(granted, md5, { username, password }) },
    );
    expect(network.requests).toHaveLength(2);
  });

  test('DIG-29 uses the user part of the AOR as username, or the one that is given', async () => {
    const own = await makeRegistered({ credentials }, { handler: guarded(granted) });
    expect(answers(own.network.last)[0].parameters.username).toBe('alice');
    const given = await makeRegistered(
      { credentials: { username: '4711', password: 'secret' } },
      { handler: guarded(granted, md5, { username: '4711' }) },
    );
    expect(answers(given.network.last)[0].parameters.username).toBe('4711');
  });

  test.each([
    ['a string, the MD5 one', (hex) => hex],
    ['an object', (hex) => ({ MD5: hex })],
  ])('is answered from ha1 as %s', async (_, make) => {
    const hex = ha1('MD5', 'alice', 'example.com', 'secret');
    const { network } = await makeRegistered(
      { credentials: { ha1: make(hex), realm: 'example.com' } },
      { handler: guarded(granted) },
    );
    expect(isRight(network.last)).toBe(true);
  });

  test('DIG-06 DIG-28 takes the topmost that one of the ha1 values can answer', async () => {
    const { network } = await makeRegistered(
      { credentials: { ha1: ha1('MD5', 'alice', 'example.com', 'secret'), realm: 'example.com' } },
      {
        handler: guarded(granted, [
          { algorithm: 'SHA-256', qop: 'auth', nonce: 's1' },
          { algorithm: 'MD5', qop: 'auth', nonce: 'm1' },
        ]),
      },
    );
    expect(answers(network.last)).toHaveLength(1);
    expect(answers(network.last)[0].parameters).toMatchObject({ algorithm: 'MD5', nonce: 'm1' });
  });

  test('DIG-22 that offers userhash is answered with the hash of the name (RFC 7616 §3.4.4)', async () => {
    const offered = { algorithm: 'SHA-256', qop: 'auth', userhash: 'true' };
    const { network } = await makeRegistered(
      { credentials },
      {
        handler: (request) =>
          answers(request).length > 0 ? granted(request) : challenged(request, offered),
      },
    );
    const { parameters } = answers(network.last)[0];
    expect(parameters.userhash).toBe('true');
    expect(parameters.username).toBe(hash('SHA-256', 'alice:example.com'));
    const secret = ha1('SHA-256', 'alice', 'example.com', 'secret');
    expect(parameters.response).toBe(expectedResponse(parameters, secret));
  });

  test('of a realm that no other credentials name is answered by those without a realm', async () => {
    const { info } = await makeRegistered(
      { credentials: [{ password: 'other', realm: 'elsewhere' }, credentials] },
      { handler: guarded(granted) },
    );
    expect(info.auth.realm).toBe('example.com');
  });

  test('DIG-28 ha1 answers its realm only', async () => {
    const { registration, network } = await makeRegistration(
      { credentials: { ha1: 'a'.repeat(32), realm: 'elsewhere' } },
      { handler: guarded(granted) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    expect(network.requests).toHaveLength(1);
  });
});

describe('what ends it', () => {
  test('DIG-15 fault 28 a wrong password: auth-failed after exactly one try, final', async () => {
    const { registration, network, clock, log } = await makeRegistration(
      { credentials: { password: 'wrong' } },
      { handler: guarded(granted) },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'auth-failed', status: 401, retryable: false });
    expect(error.retryAt).toBeUndefined();
    expect(error.response.status).toBe(401);
    expect(network.requests).toHaveLength(2);
    expect(registration.state).toBe('failed');
    expect(log.of('failed')).toHaveLength(1);
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(2);
  });

  test('DIG-15 an explicit register() may try rejected credentials once more', async () => {
    const { registration, network } = await makeRegistration(
      { credentials: { password: 'wrong' } },
      { handler: guarded(granted) },
    );
    await errorOf(registration.register());
    const before = network.requests.length;
    expect(await errorOf(registration.register())).toMatchObject({ code: 'auth-failed' });
    const withCredentials = network.requests
      .slice(before)
      .filter((request) => answers(request).length > 0);
    expect(withCredentials.length).toBeLessThanOrEqual(1);
  });

  test('setCredentials() and register() make it work', async () => {
    const { registration, network } = await makeRegistration(
      { credentials: { password: 'wrong' } },
      { handler: guarded(granted) },
    );
    await errorOf(registration.register());
    registration.setCredentials({ password: 'secret' });
    await registration.register();
    expect(registration.state).toBe('registered');
    expect(isRight(network.last)).toBe(true);
  });

  test('no credentials: auth-failed, one request', async () => {
    const { registration, network } = await makeRegistration({}, { handler: guarded(granted) });
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'auth-failed', status: 401 });
    expect(error.message).toMatch(/credentials/);
    expect(network.requests).toHaveLength(1);
    expect(registration.state).toBe('failed');
  });

  test('407 gives status 407', async () => {
    const { registration } = await makeRegistration(
      {},
      { handler: guarded(granted, md5, { proxy: true }) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'auth-failed',
      status: 407,
    });
  });

  test.each([
    ['no challenge', []],
    ['Basic', ['Basic realm="example.com"']],
    ['an unknown scheme', ['NewScheme x="y"']],
    ['AKA', [{ algorithm: 'AKAv1-MD5', qop: 'auth' }]],
    ['an unknown algorithm', [{ algorithm: 'SHA-1', qop: 'auth' }]],
    ['no nonce', ['Digest realm="example.com", algorithm=MD5']],
    ['no realm', ['Digest nonce="n", algorithm=MD5']],
    ['an unterminated quote', ['Digest realm="example.com, nonce=x']],
    ['an unknown qop only', [{ algorithm: 'MD5', qop: 'x-new' }]],
  ])('401 with %s: auth-failed, no credentials on the wire', async (_, challenges) => {
    const { registration, network, clock } = await makeRegistration(
      { credentials },
      { handler: (request) => challenged(request, challenges) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    await clock.advance(60_000);
    expect(network.requests).toHaveLength(1);
    expect(network.last.all('Authorization')).toEqual([]);
  });

  test('DIG-27 an unknown challenge before a known one is skipped', async () => {
    const { network } = await makeRegistered(
      { credentials },
      { handler: guarded(granted, ['NewScheme x="y"', { algorithm: 'SHA-1', qop: 'auth' }, md5]) },
    );
    expect(answers(network.last)).toHaveLength(1);
  });

  test('DIG-16 fault 29 stale=true for ever: ends with auth-failed within the budget', async () => {
    let count = 0;
    const { registration, network } = await makeRegistration(
      { credentials },
      {
        handler: (request) => challenged(request, { ...md5, nonce: `n${++count}`, stale: 'true' }),
      },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'auth-failed' });
    expect(network.requests.length).toBeLessThanOrEqual(8);
    expect(network.requests.length).toBeGreaterThanOrEqual(2);
  });

  test('DIG-17 a new nonce for ever without stale: ends after few requests', async () => {
    let count = 0;
    const { registration, network } = await makeRegistration(
      { credentials },
      { handler: (request) => challenged(request, { ...md5, nonce: `n${++count}` }) },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'auth-failed' });
    expect(network.requests.length).toBeLessThanOrEqual(3);
  });

  test('DIG-16 stale=true once: answered with the new nonce, nc 1', async () => {
    const { network } = await makeRegistered(
      { credentials },
      {
        handler: script(
          (request) => challenged(request, { ...md5, nonce: 'old' }),
          (request) => challenged(request, { ...md5, nonce: 'new', stale: 'TRUE' }),
          (request) => (isRight(request) ? granted(request) : answer(request, 403)),
        ),
      },
    );
    expect(network.requests).toHaveLength(3);
    expect(answers(network.last)[0].parameters).toMatchObject({ nonce: 'new', nc: '00000001' });
  });

  test('SEC-05 fault 71 a challenge to something that was never asked answers nothing', async () => {
    const { network, registration, client } = await makeRegistered({ credentials });
    const before = network.requests.length;
    network.socket.receive(challenged(network.requests[0], md5));
    network.socket.receive(
      'OPTIONS sip:alice@x.invalid SIP/2.0\r\nVia: SIP/2.0/WS e.invalid;branch=z9hG4bKo\r\n' +
        'From: <sip:e@example.com>;tag=1\r\nTo: <sip:alice@example.com>\r\nCall-ID: o1\r\nCSeq: 1 OPTIONS\r\n' +
        `WWW-Authenticate: ${challenge(md5)}\r\nMax-Forwards: 5\r\nContent-Length: 0\r\n\r\n`,
    );
    await settle();
    expect(network.requests.length).toBe(before);
    const sent = network.socket.frames.join('');
    expect(sent).not.toMatch(/Authorization/i);
    expect(client.stats.dropped).toBe(1);
    expect(registration.state).toBe('registered');
  });

  test('RSP-06 403 after a challenge: rejected, final', async () => {
    const { registration, network, clock } = await makeRegistration(
      { credentials },
      {
        handler: script(
          (request) => challenged(request, md5),
          (request) => answer(request, 403, 'Forbidden'),
        ),
      },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'rejected', status: 403 });
    await clock.advance(3_600_000);
    expect(network.requests).toHaveLength(2);
  });
});

describe('nonces', () => {
  test('DIG-13 DIG-19 are used again with a rising nc: a refresh is one round trip', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      { handler: guarded(granted) },
    );
    for (let count = 0; count < 10; count += 1) await registration.refresh();
    expect(network.requests).toHaveLength(12);
    expect(network.requests.slice(1).map((request) => answers(request)[0].parameters.nc)).toEqual(
      Array.from({ length: 11 }, (_, index) => (index + 1).toString(16).padStart(8, '0')),
    );
  });

  test('DIG-19 are used for unregister() and query() too', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      { handler: guarded(keeping()) },
    );
    await registration.query();
    await registration.unregister();
    expect(network.requests).toHaveLength(4);
  });

  test('DIG-20 fault 38 nextnonce is used for the next request, with nc 1 (RFC 7616 §3.5)', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      {
        handler: guarded((request) =>
          granted(request, { headers: [['Authentication-Info', 'nextnonce="n2"']] }),
        ),
      },
    );
    await registration.refresh();
    expect(network.requests).toHaveLength(3);
    expect(answers(network.last)[0].parameters).toMatchObject({ nonce: 'n2', nc: '00000001' });
  });

  test('DIG-17 a server that wants a new one at each refresh costs two round trips and no failure', async () => {
    let count = 0;
    let valid = null;
    const { registration, network, log } = await makeRegistered(
      { credentials },
      {
        handler: (request) => {
          const [got] = answers(request);
          if (got?.parameters.nonce === valid && isRight(request)) {
            valid = null;
            return granted(request);
          }
          valid = `n${++count}`;
          return challenged(request, { ...md5, nonce: valid });
        },
      },
    );
    await registration.refresh();
    await registration.refresh();
    expect(network.requests).toHaveLength(6);
    expect(log.of('failed')).toEqual([]);
  });
});

describe('rspauth', () => {
  const withInfo = (make) =>
    guarded((request) => {
      const { parameters } = answers(request)[0];
      const secret = ha1('MD5', 'alice', 'example.com', 'secret');
      const rspauth = expectedResponse(parameters, secret, '');
      return granted(request, { headers: [['Authentication-Info', make(rspauth, parameters)]] });
    });
  const right = (rspauth, { cnonce, nc }) =>
    `qop=auth, rspauth="${rspauth}", cnonce="${cnonce}", nc=${nc}`;
  const wrong = (_, { cnonce, nc }) =>
    `qop=auth, rspauth="${'0'.repeat(32)}", cnonce="${cnonce}", nc=${nc}`;

  test('DIG-21 that is right: auth.mutual is true', async () => {
    const { info, log } = await makeRegistered({ credentials }, { handler: withInfo(right) });
    expect(info.auth.mutual).toBe(true);
    expect(log.of('warning').map(({ code }) => code)).toEqual(['weak-digest']);
  });

  test('DIG-21 fault 38 that is wrong: a warning, no failure', async () => {
    const { info, log } = await makeRegistered({ credentials }, { handler: withInfo(wrong) });
    expect(info.auth.mutual).toBe(false);
    expect(log.of('warning').map(({ code }) => code)).toEqual(['rspauth-mismatch', 'weak-digest']);
  });

  test('DIG-21 that is wrong, with requireMutual: failure', async () => {
    const { registration } = await makeRegistration(
      { credentials, digest: { requireMutual: true } },
      { handler: withInfo(wrong) },
    );
    const error = await errorOf(registration.register());
    expect(error.code).toMatch(/^(auth-failed|protocol)$/);
    expect(registration.bound).toBe(false);
  });
});

describe('digest options', () => {
  const offer = (...algorithms) =>
    algorithms.map((algorithm) => ({ algorithm, qop: 'auth', nonce: `n-${algorithm}` }));
  const chosen = async (digest, offered) => {
    const { network } = await makeRegistered(
      { credentials, digest },
      { handler: guarded(granted, offered) },
    );
    expect(network.requests).toHaveLength(2);
    expect(answers(network.last)).toHaveLength(1);
    const { algorithm, nonce } = answers(network.last)[0].parameters;
    expect(nonce).toBe(`n-${algorithm}`);
    return algorithm;
  };

  test('DIG-06 fault 32 server-order, the default, takes the topmost', async () => {
    expect(await chosen(undefined, offer('MD5', 'SHA-256'))).toBe('MD5');
    expect(await chosen(undefined, offer('SHA-256', 'MD5'))).toBe('SHA-256');
    expect(await chosen({ policy: 'server-order' }, offer('SHA-256', 'SHA-512-256'))).toBe(
      'SHA-256',
    );
  });

  test('DIG-06 fault 32 strongest takes the strongest, wherever it stands', async () => {
    const policy = 'strongest';
    expect(await chosen({ policy }, offer('MD5', 'SHA-256'))).toBe('SHA-256');
    expect(await chosen({ policy }, offer('SHA-256', 'MD5', 'SHA-512-256'))).toBe('SHA-512-256');
    expect(
      await chosen(
        { policy, algorithms: ['MD5', 'SHA-256'] },
        offer('SHA-512-256', 'MD5', 'SHA-256'),
      ),
    ).toBe('SHA-256');
  });

  test('a credentials function sees what is allowed, in the order in which it would be answered', async () => {
    const seen = [];
    const provider = ({ algorithms }) => seen.push(algorithms) && { password: 'secret' };
    const offered = offer('MD5', 'SHA-512-256', 'SHA-256');
    for (const digest of [{}, { policy: 'strongest' }, { algorithms: ['SHA-256', 'MD5'] }]) {
      await makeRegistered(
        { credentials: provider, digest },
        { handler: guarded(granted, offered) },
      );
    }
    expect(seen).toEqual([
      ['MD5', 'SHA-512-256', 'SHA-256'],
      ['SHA-512-256', 'SHA-256', 'MD5'],
      ['MD5', 'SHA-256'],
    ]);
  });

  test('after success with a stronger algorithm a weaker-only challenge is refused', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      { handler: guarded(granted, offer('SHA-256', 'MD5')) },
    );
    network.handler = (request) =>
      challenged(request, { algorithm: 'MD5', qop: 'auth', nonce: 'weak' });
    expect(await errorOf(registration.refresh())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    const sent = network.requests.flatMap((request) => answers(request));
    expect(sent.some(({ parameters }) => parameters.nonce === 'weak')).toBe(false);
  });

  test('DIG-06 fault 33 algorithms limits what may be answered', async () => {
    const offered = offer('MD5', 'MD5-sess');
    expect(await chosen({ algorithms: ['MD5-sess'] }, offered)).toBe('MD5-sess');
    const { registration, network } = await makeRegistration(
      { credentials, digest: { algorithms: ['SHA-256'] } },
      { handler: guarded(granted, offered) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    expect(network.requests).toHaveLength(1);
  });
});

describe('realms', () => {
  const inRealm = (realm, extra = {}) => ({ ...md5, realm, nonce: `n-${realm}`, ...extra });

  test('DIG-29 fault 34 credentials without a realm are pinned to the first that challenges', async () => {
    let realm = 'home';
    const { registration, network } = await makeRegistered(
      { credentials },
      {
        handler: (request) =>
          isRight(request) && answers(request)[0].parameters.realm === realm
            ? granted(request)
            : challenged(request, inRealm(realm)),
      },
    );
    realm = 'evil';
    const before = network.requests.length;
    expect(await errorOf(registration.refresh())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    const sent = network.requests.slice(before).flatMap((request) => answers(request));
    expect(sent.map(({ parameters }) => parameters.realm)).not.toContain('evil');
    registration.setCredentials({ password: 'secret' });
    await registration.register();
    expect(answers(network.last)[0].parameters.realm).toBe('evil');
  });

  test('DIG-29 401 and 407 are pinned separately', async () => {
    const { network } = await makeRegistered(
      { credentials },
      {
        handler: (request) => {
          if (answers(request, true).length === 0)
            return challenged(request, inRealm('edge'), { proxy: true });
          if (answers(request).length === 0) return challenged(request, inRealm('home'));
          return granted(request);
        },
      },
    );
    expect(network.requests).toHaveLength(3);
    expect(isRight(network.last)).toBe(true);
    expect(isRight(network.last, { proxy: true })).toBe(true);
  });

  test('DIG-29 credentials with a realm answer no other', async () => {
    const { registration, network } = await makeRegistration(
      { credentials: { password: 'secret', realm: 'home' } },
      { handler: (request) => challenged(request, inRealm('evil')) },
    );
    expect(await errorOf(registration.register())).toMatchObject({ code: 'auth-failed' });
    expect(network.requests).toHaveLength(1);
  });

  test("realm '*' answers any", async () => {
    let realm = 'one';
    const { registration } = await makeRegistered(
      { credentials: { password: 'secret', realm: '*' } },
      {
        handler: (request) =>
          answers(request).some(({ parameters }) => parameters.realm === realm)
            ? granted(request)
            : challenged(request, inRealm(realm)),
      },
    );
    realm = 'two';
    expect((await registration.refresh()).auth.realm).toBe('two');
  });

  test('DIG-29 several credentials are told apart by realm', async () => {
    const { network, info } = await makeRegistered(
      {
        credentials: [
          { username: 'x', password: 'wrong', realm: 'other' },
          { username: 'bob', password: 'secret', realm: 'home' },
        ],
      },
      {
        handler: (request) =>
          isRight(request, { username: 'bob' })
            ? granted(request)
            : challenged(request, inRealm('home')),
      },
    );
    expect(network.requests).toHaveLength(2);
    expect(info.auth.realm).toBe('home');
  });

  test('DIG-08 fault 35 challenges of several realms in one 401 are answered each', async () => {
    const { network } = await makeRegistered(
      {
        credentials: [
          { password: 'a', realm: 'one' },
          { password: 'b', realm: 'two' },
        ],
      },
      {
        handler: (request) =>
          answers(request).length === 2
            ? granted(request)
            : challenged(request, [inRealm('one'), inRealm('two')]),
      },
    );
    expect(answers(network.last).map(({ parameters }) => parameters.realm)).toEqual(['one', 'two']);
  });
});

describe('a credentials function', () => {
  test('DIG-28 is asked when a challenge arrives, with what the challenge says and a signal', async () => {
    const calls = [];
    const { network, info } = await makeRegistered(
      {
        credentials: (challengeInfo, options) => {
          calls.push([challengeInfo, options]);
          return { password: 'secret' };
        },
      },
      { handler: guarded(granted) },
    );
    expect(calls).toHaveLength(1);
    const [challengeInfo, { signal }] = calls[0];
    expect(challengeInfo).toMatchObject({
      scheme: 'Digest',
      realm: 'example.com',
      proxy: false,
      algorithms: ['MD5'],
    });
    expect(challengeInfo.previous).toBeUndefined();
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(signal.aborted).toBe(false);
    expect(isRight(network.last)).toBe(true);
    expect(info.auth.algorithm).toBe('MD5');
  });

  test('is not asked without a challenge', async () => {
    let calls = 0;
    await makeRegistered({ credentials: () => (calls += 1) && null });
    expect(calls).toBe(0);
  });

  test('is told of a proxy', async () => {
    const seen = [];
    await makeRegistered(
      { credentials: ({ proxy }) => seen.push(proxy) && { password: 'secret' } },
      { handler: guarded(granted, md5, { proxy: true }) },
    );
    expect(seen).toEqual([true]);
  });

  test('may take its time: the state stays, Timer F does not run', async () => {
    let give;
    const { registration, clock, network } = await makeRegistration(
      { credentials: () => new Promise((resolve) => (give = resolve)) },
      { handler: guarded(granted) },
    );
    const done = watch(registration.register());
    await clock.advance(60_000);
    expect(done.state).toBe('pending');
    expect(registration.state).toBe('registering');
    expect(network.requests).toHaveLength(1);
    give({ password: 'secret' });
    await settle();
    expect(done.state).toBe('fulfilled');
  });

  test('is not asked again at a refresh', async () => {
    let calls = 0;
    const { registration } = await makeRegistered(
      { credentials: () => (calls += 1) && { password: 'secret' } },
      { handler: guarded(granted) },
    );
    await registration.refresh();
    await registration.refresh();
    expect(calls).toBe(1);
  });

  test('is asked again when what it gave was rejected, and told so', async () => {
    const previous = [];
    const { network } = await makeRegistered(
      {
        credentials: (info) => {
          previous.push(info.previous);
          return { password: previous.length === 1 ? 'wrong' : 'secret' };
        },
      },
      { handler: guarded(granted) },
    );
    expect(previous).toEqual([undefined, 'rejected']);
    expect(isRight(network.last)).toBe(true);
  });

  test('that always gives the wrong password ends with auth-failed', async () => {
    let calls = 0;
    const { registration, network } = await makeRegistration(
      { credentials: () => (calls += 1) && { password: `wrong${calls}` } },
      { handler: guarded(granted) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    expect(network.requests.length).toBeLessThanOrEqual(8);
    expect(calls).toBeLessThanOrEqual(8);
  });

  test.each([
    ['null', () => null],
    ['a promise of null', async () => null],
  ])('that gives %s: auth-failed, nothing sent', async (_, provider) => {
    const { registration, network } = await makeRegistration(
      { credentials: provider },
      { handler: guarded(granted) },
    );
    expect(await errorOf(registration.register())).toMatchObject({
      code: 'auth-failed',
      status: 401,
    });
    expect(network.requests).toHaveLength(1);
    expect(registration.state).toBe('failed');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('vault is shut');
      },
    ],
    ['rejects', () => Promise.reject(new Error('vault is shut'))],
  ])('that %s: auth-failed, with its error as the cause', async (_, provider) => {
    const { registration, network } = await makeRegistration(
      { credentials: provider },
      { handler: guarded(granted) },
    );
    const error = await errorOf(registration.register());
    expect(error).toMatchObject({ code: 'auth-failed' });
    expect(error.cause?.message).toBe('vault is shut');
    expect(network.requests).toHaveLength(1);
  });

  test.each([
    ['nothing', undefined],
    ['a string', 'secret'],
    ['a number', 5],
    ['a list', []],
    ['an empty object', {}],
    ['CR LF in the username', { username: 'a\r\nb', password: 'x' }],
    ['a wrong ha1', { ha1: 'abc', realm: 'example.com' }],
  ])('that gives %s: the call rejects and nothing is sent', async (_, value) => {
    const { registration, network, clock } = await makeRegistration(
      { credentials: () => value },
      { handler: guarded(granted) },
    );
    const done = watch(registration.register());
    await settle();
    expect(done.state).toBe('rejected');
    expect(done.error).toBeInstanceOf(Error);
    await clock.advance(1000);
    expect(network.requests).toHaveLength(1);
  });

  test('TMR-01 that never answers: timeout after credentialsTimeoutMs, its signal aborts', async () => {
    let signal;
    const { registration, clock } = await makeRegistration(
      {
        credentials: (_, options) => {
          ({ signal } = options);
          return new Promise(() => undefined);
        },
      },
      { handler: guarded(granted), credentialsTimeoutMs: 15_000 },
    );
    const done = watch(registration.register());
    await clock.advance(14_999);
    expect(done.state).toBe('pending');
    expect(signal.aborted).toBe(false);
    await clock.advance(1);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
    expect(signal.aborted).toBe(true);
  });

  test('TMR-01 that never answers: the default is 120 s', async () => {
    const { registration, clock } = await makeRegistration(
      { credentials: () => new Promise(() => undefined) },
      { handler: guarded(granted) },
    );
    const done = watch(registration.register());
    await clock.advance(119_999);
    expect(done.state).toBe('pending');
    await clock.advance(1);
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'timeout' } });
  });

  test.each([
    ['remove()', ({ registration }) => registration.remove(), 'removed'],
    ['close()', ({ client }) => void client.close(), 'closed'],
  ])('its signal aborts at %s, and a late answer does nothing', async (_, end, code) => {
    let give;
    let signal;
    const world = await makeRegistration(
      {
        credentials: (__, options) => {
          ({ signal } = options);
          return new Promise((resolve) => (give = resolve));
        },
      },
      { handler: guarded(granted) },
    );
    const done = watch(world.registration.register());
    await settle();
    end(world);
    await settle();
    expect(done).toMatchObject({ state: 'rejected', error: { code } });
    expect(signal.aborted).toBe(true);
    give({ password: 'secret' });
    await settle();
    expect(world.network.requests).toHaveLength(1);
  });

  test('the connection lost while it is asked: the call rejects, a late answer does nothing', async () => {
    let give;
    const { registration, network } = await makeRegistration(
      { credentials: () => new Promise((resolve) => (give = resolve)), retry: false },
      { handler: guarded(granted), reconnect: false },
    );
    const done = watch(registration.register());
    await settle();
    network.socket.closed(1006);
    await settle();
    expect(done).toMatchObject({ state: 'rejected', error: { code: 'transport' } });
    give({ password: 'secret' });
    await settle();
    expect(network.requests).toHaveLength(1);
  });

  test('may call the registration: it is not re-entered', async () => {
    let registration;
    const world = await makeWorld({ handler: guarded(granted) });
    registration = world.client.createRegistration({
      aor,
      credentials: () => {
        registration.remove();
        return { password: 'secret' };
      },
    });
    expect(await errorOf(registration.register())).toMatchObject({ code: 'removed' });
    expect(world.network.requests).toHaveLength(1);
  });
});

describe('setCredentials()', () => {
  test('takes effect with the next challenge and sends nothing', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      { handler: guarded(granted) },
    );
    const before = network.requests.length;
    registration.setCredentials({ password: 'new' });
    await settle();
    expect(network.requests.length).toBe(before);
    network.handler = guarded(granted, { ...md5, nonce: 'n2' }, { password: 'new' });
    await registration.refresh();
    expect(isRight(network.last, { password: 'new' })).toBe(true);
  });

  test('undefined takes the credentials away', async () => {
    const { registration, network } = await makeRegistered(
      { credentials },
      { handler: guarded(granted) },
    );
    registration.setCredentials(undefined);
    network.handler = (request) => challenged(request, { ...md5, nonce: 'n2' });
    expect(await errorOf(registration.refresh())).toMatchObject({ code: 'auth-failed' });
    expect(network.requests.slice(2).every((request) => answers(request).length === 0)).toBe(true);
  });

  test('takes a function', async () => {
    const { registration } = await makeRegistration({}, { handler: guarded(granted) });
    registration.setCredentials(() => ({ password: 'secret' }));
    await registration.register();
    expect(registration.state).toBe('registered');
  });
});

describe('several registrations', () => {
  test('have credentials of their own', async () => {
    const users = { alice: 'one', bob: 'two' };
    const { client, network } = await makeWorld({
      handler: (request) => {
        const username = /sip:(\w+)@/.exec(request.one('To'))[1];
        return isRight(request, { username, password: users[username] })
          ? granted(request)
          : challenged(request, md5);
      },
    });
    const all = Object.entries(users).map(([name, password]) =>
      client.createRegistration({ aor: `sip:${name}@example.com`, credentials: { password } }),
    );
    all.map(record);
    await Promise.all(all.map((registration) => registration.register()));
    expect(network.requests).toHaveLength(4);
    expect(network.requests.map(asked)).toEqual([600, 600, 600, 600]);
  });
});
