// Digest on the registrar's side (RFC 3261 §22, RFC 7616, RFC 8760); the answers come from Node's own hashes.
import { createHash } from 'node:crypto';
import { createTestRegistrar, digestResponse } from '../../dist/testing.js';
import {
  aor,
  authorization,
  connect,
  password,
  readChallenge,
} from './testing-registrar-client.mjs';

const algorithms = [
  'MD5',
  'MD5-sess',
  'SHA-256',
  'SHA-256-sess',
  'SHA-512-256',
  'SHA-512-256-sess',
];

async function setUp(options = {}) {
  const clock = { now: 1_700_000_000_000 };
  const platform = { now: () => clock.now };
  const users = { alice: password, bob: 'bob' };
  const registrar = createTestRegistrar({ users, platform, ...options });
  const client = await connect(registrar);
  let cseq = 0;
  const register = (headers = [], rest = {}) => {
    cseq += 1;
    return client.register({ cseq, headers, ...rest });
  };
  /** A REGISTER without credentials; the challenges that come back. */
  const challenges = async () => {
    const response = await register();
    expect(response.status).toBe(401);
    return response.all('WWW-Authenticate').map(readChallenge);
  };
  return { registrar, clock, users, register, challenges };
}

/** The status, and whether the new challenge says stale. */
const outcome = (response) => [
  response.status,
  response.all('WWW-Authenticate').some((row) => row.includes('stale=true')),
];

describe('vectors', () => {
  const rfc = { realm: 'testrealm@host.com', method: 'GET', username: 'Mufasa', qop: 'auth' };
  const rfc2617 = {
    ...rfc,
    algorithm: 'MD5',
    password: 'Circle Of Life',
    uri: '/dir/index.html',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    nc: '00000001',
    cnonce: '0a4f113b',
  };
  const rfc7616 = {
    ...rfc2617,
    realm: 'http-auth@example.org',
    password: 'Circle of Life',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const erratum4897 = {
    ...rfc7616,
    algorithm: 'SHA-512-256',
    username: 'Jäsøn Doe',
    realm: 'api@example.org',
    password: 'Secret, or not?',
    uri: '/doe.json',
    nonce: '5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK',
    cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
  };
  const sip = {
    ...rfc2617,
    username: 'alice',
    realm: 'example.com',
    password: 'secret',
    method: 'REGISTER',
    uri: 'sip:example.com',
  };
  const sha256 = { ...sip, algorithm: 'SHA-256' };

  test.each([
    ['RFC 2617 §3.5', rfc2617, '6629fae49393a05397450978507c4ef1'],
    ['RFC 7616 §3.9.1 MD5', rfc7616, '8ca523f5e9506fed4657c9700eebdbec'],
    [
      'RFC 7616 §3.9.1 SHA-256',
      { ...rfc7616, algorithm: 'SHA-256' },
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    [
      'RFC 7616 §3.9.2, erratum 4897',
      erratum4897,
      '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
    ],
    [
      'SIP MD5 without qop',
      { ...sip, qop: undefined, nc: undefined, cnonce: undefined },
      'b75dc11e0cde1fc2f921ce28378036bb',
    ],
    ['SIP MD5', sip, '7fd96a22ed1d64a974701dbd8f92a14e'],
    ['SIP MD5-sess', { ...sip, algorithm: 'MD5-sess' }, 'f017e479dbee9ec264fe1118766c910d'],
    ['SIP SHA-256', sha256, 'a55e42ad87e94eb5b9c03f5942cc829f83420868db57acc6f2dfb1f1084ae6cd'],
    [
      'SIP SHA-256, second use',
      { ...sha256, nc: '00000002' },
      '09ff5a616ea06b6ebf53cd4862dc0afcec54cbfc925807b59a7a800e5cc37f89',
    ],
    [
      'SIP SHA-256-sess',
      { ...sip, algorithm: 'SHA-256-sess' },
      'c8056e9b20073f71d54f466a0927ac81f5a052f5824731301eb6534707304a98',
    ],
    [
      'SIP SHA-512-256',
      { ...sip, algorithm: 'SHA-512-256' },
      'ba423c8f9ca4dacdea50a9e561267b5d880eb52942e82ea10ab3f9c14bb9cbcd',
    ],
    [
      'SIP SHA-512-256-sess',
      { ...sip, algorithm: 'SHA-512-256-sess' },
      '6676d1f0880382b3055a21ef34e4acf826e5ecef511ea7af5282aaa7a2042d21',
    ],
  ])('%s', (_name, input, expected) => {
    expect(digestResponse(input)).toBe(expected);
  });
});

describe('challenges', () => {
  test('by default one, MD5, realm sipreg.test, qop auth', async () => {
    const { register } = await setUp();
    expect((await register()).all('WWW-Authenticate')).toEqual([
      expect.stringMatching(
        /^Digest realm="sipreg\.test", nonce="[0-9a-z]{33,}", algorithm=MD5, qop="auth"$/,
      ),
    ]);
  });

  test('one row an algorithm in the given order, each with its own nonce', async () => {
    const { challenges } = await setUp({ algorithms, realm: 'a "b" \\c' });
    const rows = await challenges();
    expect(rows.map(({ algorithm }) => algorithm)).toEqual(algorithms);
    expect(new Set(rows.map(({ nonce }) => nonce)).size).toBe(algorithms.length);
  });

  test('nonces stay new where the platform gives the same random bytes for ever', async () => {
    const platform = { getRandomValues: (bytes) => bytes.fill(7) };
    const { challenges } = await setUp({ platform });
    const [[first], [second]] = [await challenges(), await challenges()];
    expect(first.nonce).toMatch(/^(?:07){16}/);
    expect(first.nonce).not.toBe(second.nonce);
  });

  test('a realm with quotes is escaped and read back', async () => {
    const { register, registrar } = await setUp({ realm: 'a "b" \\c' });
    const row = (await register()).one('WWW-Authenticate');
    expect(row).toContain('realm="a \\"b\\" \\\\c"');
    const nonce = /nonce="(\w+)"/.exec(row)[1];
    const challenge = { realm: 'a "b" \\c', nonce, algorithm: 'MD5' };
    const answer = authorization(challenge).replace('realm="a "b" \\c"', 'realm="a \\"b\\" \\\\c"');
    expect((await register([answer])).status).toBe(200);
    expect(registrar.bindings(aor)).toHaveLength(1);
  });
});

describe('answers', () => {
  test.each(algorithms)('%s, and again with a higher nc', async (algorithm) => {
    const { register, challenges } = await setUp({ algorithms });
    const challenge = (await challenges()).find((each) => each.algorithm === algorithm);
    expect((await register([authorization(challenge)])).status).toBe(200);
    expect((await register([authorization(challenge, { nc: '0000000a' })])).status).toBe(200);
  });

  test('a used nc is stale, whether equal or lower', async () => {
    const { register, challenges } = await setUp();
    const [challenge] = await challenges();
    await register([authorization(challenge, { nc: '00000003' })]);
    for (const nc of ['00000003', '00000002']) {
      expect(outcome(await register([authorization(challenge, { nc })]))).toEqual([401, true]);
    }
    const [fresh] = (await register([authorization(challenge)]))
      .all('WWW-Authenticate')
      .map(readChallenge);
    expect((await register([authorization(fresh)])).status).toBe(200);
  });

  test('a nonce is stale when its lifetime is over', async () => {
    const { register, challenges, clock } = await setUp({ nonceLifetime: 30 });
    const [challenge] = await challenges();
    clock.now += 29_999;
    expect((await register([authorization(challenge)])).status).toBe(200);
    clock.now += 1;
    const late = authorization(challenge, { nc: '00000002' });
    expect(outcome(await register([late]))).toEqual([401, true]);
    const wrong = authorization(challenge, { nc: '00000002', secret: 'x' });
    expect(outcome(await register([wrong]))).toEqual([401, false]);
  });

  test('without qop a nonce serves once', async () => {
    const { register, challenges } = await setUp();
    const [challenge] = await challenges();
    const answer = authorization(challenge, { nc: null });
    expect((await register([answer])).status).toBe(200);
    expect(outcome(await register([answer]))).toEqual([401, true]);
  });

  test('the algorithm may be left out for MD5 and written in any case', async () => {
    const { register, challenges } = await setUp({ algorithms: ['MD5', 'SHA-256'] });
    const [md5, sha256] = await challenges();
    const bare = authorization(md5).replace(', algorithm=MD5', '');
    expect((await register([bare])).status).toBe(200);
    const lower = authorization(sha256).replace('algorithm=SHA-256', 'algorithm="sha-256"');
    expect((await register([lower])).status).toBe(200);
  });

  test.each([
    ['a wrong password', { secret: 'x' }],
    ['an unknown user', { user: 'mallory' }],
    ['a name of Object.prototype', { user: 'toString', secret: String({}.toString) }],
  ])('%s: new challenge without stale', async (_name, options) => {
    const { register, challenges, registrar } = await setUp();
    const [challenge] = await challenges();
    expect(outcome(await register([authorization(challenge, options)]))).toEqual([401, false]);
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('a foreign nonce, or one of another algorithm, is not stale', async () => {
    const { register, challenges } = await setUp({ algorithms: ['SHA-256', 'MD5'] });
    const [sha256, md5] = await challenges();
    const foreign = authorization({ ...md5, nonce: 'f00d' });
    expect(outcome(await register([foreign]))).toEqual([401, false]);
    const weaker = authorization({ ...sha256, algorithm: 'MD5' });
    expect(outcome(await register([weaker]))).toEqual([401, false]);
    const unasked = authorization({ ...md5, algorithm: 'MD5-sess' });
    expect(outcome(await register([unasked]))).toEqual([401, false]);
  });

  test.each([
    ['another uri', (row) => row.replace('uri="sip:example.com"', 'uri="sip:example.org"')],
    ['no response', (row) => row.replace(/response="\w+", /, '')],
    ['no username', (row) => row.replace(/username="\w+", /, '')],
    ['no cnonce', (row) => row.replace(/, cnonce="\w+"/, '')],
    ['a short nc', (row) => row.replace('nc=00000001', 'nc=1')],
    ['qop=auth-int', (row) => row.replace('qop=auth', 'qop=auth-int')],
    ['a parameter twice', (row) => `${row}, nc=00000001`],
    ['an open quote', (row) => `${row}, x="`],
  ])('%s is 400', async (_name, edit) => {
    const { register, challenges } = await setUp();
    const [challenge] = await challenges();
    expect((await register([edit(authorization(challenge))])).status).toBe(400);
  });

  test('-sess without qop is 400', async () => {
    const { register, challenges } = await setUp({ algorithms: ['SHA-256-sess'] });
    const [challenge] = await challenges();
    expect((await register([authorization(challenge, { nc: null })])).status).toBe(400);
  });

  test('credentials of other realms and schemes are passed over', async () => {
    const { register, challenges } = await setUp();
    const [challenge] = await challenges();
    const rows = [
      'Authorization: Basic YTpi',
      authorization({ ...challenge, realm: 'elsewhere' }),
      authorization(challenge),
    ];
    expect((await register(rows)).status).toBe(200);
    expect((await register(rows.slice(0, 2))).status).toBe(401);
  });
});

describe('users', () => {
  test("nobody changes another user's bindings; a name of its own may", async () => {
    const { register, challenges, users, registrar } = await setUp();
    users.desk = 'desk';
    const as = async (user, secret, to) => {
      const [challenge] = await challenges();
      return register([authorization(challenge, { user, secret })], { to: `<${to}>` });
    };
    expect((await as('bob', 'bob', aor)).status).toBe(403);
    expect(registrar.bindings(aor)).toEqual([]);
    expect((await as('bob', 'bob', 'sip:bob@example.org')).status).toBe(200);
    expect((await as('desk', 'desk', 'sip:carol@example.com')).status).toBe(200);
  });

  test('a password changed during the test counts at once', async () => {
    const { register, challenges, users } = await setUp();
    const [challenge] = await challenges();
    await register([authorization(challenge)]);
    users.alice = 'changed';
    const old = authorization(challenge, { nc: '00000002' });
    expect(outcome(await register([old]))).toEqual([401, false]);
    const changed = authorization(challenge, { nc: '00000003', secret: 'changed' });
    expect((await register([changed])).status).toBe(200);
  });

  test('no users at all: everybody is challenged, nobody gets in', async () => {
    const { register, challenges } = await setUp({ users: {} });
    const [challenge] = await challenges();
    expect((await register([authorization(challenge)])).status).toBe(401);
  });

  test('queries and removals are authenticated too, OPTIONS is not', async () => {
    const { register, registrar } = await setUp();
    expect((await register([], { contact: [] })).status).toBe(401);
    expect((await register(['Expires: 0'], { contact: ['*'] })).status).toBe(401);
    const client = await connect(registrar);
    const { requests } = registrar;
    const options = requests[0].replaceAll('REGISTER', 'OPTIONS').replace(/Contact: .*\r\n/, '');
    expect((await client.exchange(options)).status).toBe(200);
  });
});

describe('Authentication-Info (RFC 7616 §3.5)', () => {
  const answered = async (options, nc) => {
    const { register, challenges } = await setUp(options);
    const [challenge] = await challenges();
    const response = await register([authorization(challenge, { nc })]);
    expect(response.status).toBe(200);
    const [row] = response.all('Authentication-Info');
    return { register, challenge, info: row && readChallenge(row) };
  };

  test('nextNonce gives a nonce that serves', async () => {
    const { register, challenge, info } = await answered({ nextNonce: true });
    expect(Object.keys(info)).toEqual(['nextnonce']);
    const next = { ...challenge, nonce: info.nextnonce };
    const response = await register([authorization(next)]);
    expect(response.status).toBe(200);
    expect(readChallenge(response.one('Authentication-Info')).nextnonce).not.toBe(next.nonce);
  });

  test.each(['MD5', 'SHA-256-sess'])('rspauth proves the password with %s', async (algorithm) => {
    const { challenge, info } = await answered({ rspauth: true, algorithms: [algorithm] });
    const hash = (text) =>
      createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const { realm, nonce } = challenge;
    let a1 = hash(`alice:${realm}:${password}`);
    if (algorithm.endsWith('-sess')) a1 = hash(`${a1}:${nonce}:0a4f113b`);
    expect(info).toEqual({
      rspauth: hash(`${a1}:${nonce}:00000001:0a4f113b:auth:${hash(':sip:example.com')}`),
      qop: 'auth',
      cnonce: '0a4f113b',
      nc: '00000001',
    });
  });

  test("rspauth: 'wrong' gives a proof of something else", async () => {
    const right = await answered({ rspauth: true });
    const wrong = await answered({ rspauth: 'wrong' });
    expect(wrong.info.rspauth).toMatch(/^[0-9a-f]{32}$/);
    const digest = digestResponse({
      ...{ algorithm: 'MD5', username: 'alice', realm: 'sipreg.test', password, method: '' },
      ...{ uri: 'sip:example.com', qop: 'auth', nc: '00000001', cnonce: '0a4f113b' },
      nonce: wrong.challenge.nonce,
    });
    expect(wrong.info.rspauth).not.toBe(digest);
    expect(right.info.rspauth).not.toBe(wrong.info.rspauth);
  });

  test('none by default, none without qop', async () => {
    expect((await answered({})).info).toBeUndefined();
    expect((await answered({ rspauth: true }, null)).info).toBeUndefined();
  });
});
