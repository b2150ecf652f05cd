// Bearer tokens on the registrar's side (RFC 8898).
import { createTestRegistrar } from '../../dist/testing.js';
import {
  aor,
  authorization,
  connect,
  password,
  readChallenge,
} from './testing-registrar-client.mjs';

async function setUp(options = {}) {
  const tokens = { alice: 'tok-alice', bob: ['tok-1', 'tok/2+3=='] };
  const registrar = createTestRegistrar({ tokens, ...options });
  const client = await connect(registrar);
  let cseq = 0;
  const register = (headers = [], rest = {}) => {
    cseq += 1;
    return client.register({ cseq, headers, ...rest });
  };
  return { registrar, tokens, register };
}

const bearer = (token) => [`Authorization: Bearer ${token}`];

test('without a token: a challenge with realm, and what else was given', async () => {
  const { register, registrar } = await setUp();
  const plain = await register();
  expect(plain.status).toBe(401);
  expect(plain.all('WWW-Authenticate')).toEqual(['Bearer realm="sipreg.test"']);
  expect(registrar.bindings(aor)).toEqual([]);
  const full = await setUp({
    realm: 'r "1"',
    scope: 'sip register',
    authzServer: 'https://login.example.com',
  });
  expect((await full.register()).all('WWW-Authenticate')).toEqual([
    'Bearer realm="r \\"1\\"", scope="sip register", authz_server="https://login.example.com"',
  ]);
});

test.each([
  ['alice', 'tok-alice'],
  ['bob', 'tok-1'],
  ['bob', 'tok/2+3=='],
])('%s gets in with %s', async (user, token) => {
  const { register, registrar } = await setUp();
  const to = `sip:${user}@example.com`;
  expect((await register(bearer(token), { to: `<${to}>` })).status).toBe(200);
  expect(registrar.bindings(to)).toHaveLength(1);
});

test.each(['tok-alic', 'tok-alicex', '"tok-alice"', 'tok-alice x', ''])(
  '%p is refused',
  async (token) => {
    const { register, registrar } = await setUp();
    expect((await register(bearer(token))).status).toBe(401);
    expect(registrar.bindings(aor)).toEqual([]);
  },
);

test('a token that is not known gets error="invalid_token"; the scheme is of any case', async () => {
  const { register } = await setUp();
  const response = await register(bearer('other'));
  expect(response.all('WWW-Authenticate')).toEqual([
    'Bearer realm="sipreg.test", error="invalid_token"',
  ]);
  expect((await register(['Authorization: bearer  tok-alice'])).status).toBe(200);
});

test('a token that the test takes away is invalid from then on', async () => {
  const { register, tokens } = await setUp();
  expect((await register(bearer('tok-alice'))).status).toBe(200);
  tokens.alice = 'fresh';
  const response = await register(bearer('tok-alice'));
  expect(response.one('WWW-Authenticate')).toContain('error="invalid_token"');
  expect((await register(bearer('fresh'))).status).toBe(200);
});

test("nobody changes another user's bindings", async () => {
  const { register, registrar } = await setUp();
  expect((await register(bearer('tok-1'))).status).toBe(403);
  expect(registrar.bindings(aor)).toEqual([]);
});

test('with users as well: both are asked for, Digest first, and either is enough', async () => {
  const { register } = await setUp({ users: { alice: password, carol: 'c' } });
  const rows = (await register()).all('WWW-Authenticate');
  expect(rows.map((row) => row.split(' ')[0])).toEqual(['Digest', 'Bearer']);
  expect((await register(bearer('tok-alice'))).status).toBe(200);
  expect((await register([authorization(readChallenge(rows[0]))])).status).toBe(200);
  expect((await register(bearer('tok-alice'), { to: '<sip:carol@example.com>' })).status).toBe(403);
});
