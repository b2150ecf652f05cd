// The SIP ladder that the command line and the demo page draw: golden text.
import { createLadder } from '../../dist/ladder.js';

const message = (...lines) => [...lines, '', ''].join('\r\n');

const register = (sequence, ...lines) =>
  message(
    'REGISTER sip:example.com SIP/2.0',
    'Via: SIP/2.0/WS d.invalid;branch=z9hG4bK1',
    `CSeq: ${sequence} REGISTER`,
    ...lines,
  );

const contact = 'Contact: <sip:a@d.invalid;transport=ws>;reg-id=1;expires=600';

const challenge = message(
  'SIP/2.0 401 Unauthorized',
  'CSeq: 1 REGISTER',
  'WWW-Authenticate: Digest realm="example.com", nonce="n1", algorithm=SHA-256, qop="auth"',
  'WWW-Authenticate: Digest realm="example.com", nonce="n2", qop="auth"',
);

const authorization =
  'Authorization: Digest username="alice", realm="example.com", nonce="n2", uri="sip:example.com", ' +
  'response="0123456789abcdef0123456789abcdef", cnonce="marker", qop=auth, nc=00000001';

const granted = message(
  'SIP/2.0 200 OK',
  'CSeq: 2 REGISTER',
  contact,
  'm: <sip:b@other.invalid>;expires=32',
);

function draw(entries, options = {}) {
  const ladder = createLadder({ left: 'sipreg', right: '127.0.0.1:5066', ...options });
  const drawn = entries.map(([direction, data, time = 0]) =>
    ladder.add({ direction, data, time, url: 'ws://127.0.0.1:5066' }),
  );
  return [ladder.header(), ...drawn].join('\n');
}

/** The rows of one message, without the header. */
const rows = (...entry) => draw([entry]).split('\n').slice(2);

const golden = (text) => text.replace(/^\n|\n$/g, '');

test('a registration with its challenge fits 80 columns', () => {
  const text = draw([
    ['out', register(1, contact), 1000],
    ['in', challenge, 1001.2],
    ['out', register(2, contact, authorization), 1003],
    ['in', granted, 2250],
  ]);
  expect(text).toBe(
    golden(`
  sipreg                                                   127.0.0.1:5066
    │                                                            │
    │ REGISTER sip:example.com                            CSeq 1 │
    │ Contact expires=600                                        │
    │───────────────────────────────────────────────────────────▶│  +0 ms
    │ CSeq 1                                    401 Unauthorized │
    │                WWW-Authenticate Digest SHA-256, Digest MD5 │
    │◀───────────────────────────────────────────────────────────│  +1 ms
    │ REGISTER sip:example.com                            CSeq 2 │
    │ Contact expires=600 · Authorization Digest MD5 nc=00000001 │
    │───────────────────────────────────────────────────────────▶│  +3 ms
    │ CSeq 2                                              200 OK │
    │                                 Contact ×2 expires=600, 32 │
    │◀───────────────────────────────────────────────────────────│  +1.25 s
`),
  );
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('a wider and a narrower ladder keep their lifelines in line', () => {
  for (const width of [48, 60, 100]) {
    const [names, ...lines] = draw(
      [
        ['out', register(1, contact, 'Expires: 600'), 0],
        ['in', challenge, 0],
      ],
      { width },
    ).split('\n');
    expect(names).toMatch(/^ {2}sipreg {2,}127\.0\.0\.1:5066$/);
    for (const line of lines) {
      expect(line[4]).toBe('│');
      expect(line.lastIndexOf('│')).toBe(width - 15);
    }
  }
});

test.each([
  ['unregister all', ['Contact: *', 'Expires: 0'], 'Contact * · Expires 0'],
  ['query', [], 'no Contact: a query'],
  ['unregister', ['Contact: <sip:a@d.invalid>;expires=0'], 'Contact expires=0'],
  [
    'proxy credentials',
    ['Proxy-Authorization: Digest username="a", algorithm=SHA-512-256, nc=0000000a'],
    'Proxy-Authorization Digest SHA-512-256 nc=0000000a',
  ],
  ['a bearer token', ['Authorization: Bearer marker'], 'Authorization Bearer'],
  ['one lifetime, said twice', [contact, 'Expires: 600'], 'Contact expires=600  '],
  ['two lifetimes', [contact, 'Expires: 700'], 'Contact expires=600 · Expires 700'],
  ['a folded header', ['Contact: <sip:a@d.invalid>', '  ;expires=77'], 'Contact expires=77'],
])('a request shows its facts: %s', (_, lines, fact) => {
  const [title, ...facts] = rows('out', register(7, ...lines));
  expect(title).toMatch(/^ {4}│ REGISTER sip:example\.com +CSeq 7 │$/);
  expect(facts.join('\n')).toContain(fact);
});

test.each([
  ['423 Interval Too Brief', ['Min-Expires: 120'], 'Min-Expires 120'],
  ['503 Service Unavailable', ['Retry-After: 30 (busy)'], 'Retry-After 30 (busy)'],
  [
    '407 Proxy Authentication Required',
    ['Proxy-Authenticate: Digest realm="r", nonce="n", stale=TRUE'],
    'Proxy-Authenticate Digest MD5 stale',
  ],
])('a response shows its facts at the right: %s', (status, lines, fact) => {
  const [title, facts] = rows('in', message(`SIP/2.0 ${status}`, 'CSeq: 3 REGISTER', ...lines));
  expect(title).toMatch(new RegExp(`^ {4}│ CSeq 3 +${status} │$`));
  expect(facts.endsWith(`${fact} │`)).toBe(true);
});

test('keep-alives are named and nothing else is said about them', () => {
  expect(rows('out', '\r\n\r\n')[0]).toContain('keep-alive ping');
  expect(rows('in', '\r\n')[0]).toContain('keep-alive pong');
  expect(rows('out', '\r\n\r\n')).toHaveLength(2);
});

test.each([
  [0, '+0 ms'],
  [999, '+999 ms'],
  [1500, '+1.50 s'],
  [59_900, '+1 min'],
  [744_000, '+12 min 24 s'],
  [7_500_000, '+2 h 5 min'],
  [-5, '+0 ms'],
])('%d ms after the first message', (elapsed, text) => {
  const drawn = draw([
    ['out', '\r\n\r\n', 100],
    ['in', '\r\n', 100 + elapsed],
  ]);
  expect(drawn.split('\n').at(-1).endsWith(`  ${text}`)).toBe(true);
});

test('nothing from the peer can act on a terminal or break the lines', () => {
  const hostile =
    'SIP/2.0 200 \u001b]0;owned\u0007\u009b31m\u202egnp\u200b\u2028x\ud800 漢字\tx' +
    '!'.repeat(200);
  const data = message(
    hostile,
    'CSeq: \u001b[2J REGISTER',
    'Retry-After: 5\u001b[1A',
    'X: \u0000\u007f\u{e0041}',
  );
  for (const options of [{}, { full: true }]) {
    const text = draw([['in', data]], { right: 'evil\u001b[5m', ...options });
    expect(text).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?!\n)\p{Cc}/u);
    expect(text).toContain('Retry-After 5\\x1b[1A');
    expect(text).toContain('200 \\x1b]0;owned\\x07\\x9b31m');
  }
  expect(draw([['in', data]], { full: true })).toContain('X: \\x00\\x7f\\u{e0041}');
});

test('text that is too long is cut and wide characters count as two', () => {
  const [title] = rows('in', message(`SIP/2.0 486 ${'漢'.repeat(50)}`, 'CSeq: 3 REGISTER'));
  const wide = title.match(/漢/g).length;
  expect(title).toContain('…');
  expect(title.length + wide).toBe(66);
});

test('many headers of a kind make few rows', () => {
  const many = Array.from({ length: 200 }, (_, index) => `Retry-After: ${index}`);
  expect(rows('in', message('SIP/2.0 503 Busy', 'CSeq: 1 REGISTER', ...many)).length).toBeLessThan(
    7,
  );
});

test('hostile input takes no long time', () => {
  const start = performance.now();
  rows('in', `OPTIONS ${' '.repeat(65_000)}x\r\n${';'.repeat(65_000)}`);
  rows('in', message('SIP/2.0 200 OK', `Contact: ${'; expires '.repeat(6500)}`));
  rows('in', message('SIP/2.0 401 No', `WWW-Authenticate: Digest ${' algorithm '.repeat(6500)}`));
  expect(performance.now() - start).toBeLessThan(1000);
});

test('whole messages follow their arrow, with the answer to the challenge masked', () => {
  const text = draw([['out', register(2, contact, authorization)]], { full: true });
  expect(text.split('\n').slice(-6)).toEqual([
    expect.stringMatching(/▶│ {2}\+0 ms$/),
    '    │   REGISTER sip:example.com SIP/2.0',
    '    │   Via: SIP/2.0/WS d.invalid;branch=z9hG4bK1',
    '    │   CSeq: 2 REGISTER',
    `    │   ${contact}`,
    '    │   Authorization: Digest username="alice", realm="example.com", nonce="n2", ' +
      'uri="sip:example.com", response="…", cnonce="…", qop=auth, nc=00000001',
  ]);
});

test.each([
  'Authorization: Digest username="a",\r\n response="marker", cnonce=marker',
  'proxy-authorization : DIGEST response = "marker",cnonce="marker"',
  'Authorization: Bearer marker.marker',
  'Authorization: Basic marker=',
])('no credential gets into a whole message: %s', (line) => {
  expect(draw([['out', register(2, line)]], { full: true })).not.toContain('marker');
});

test('colours are there when asked for, and change nothing else', () => {
  const entries = [
    ['out', register(1, contact), 0],
    ['in', challenge, 1],
    ['in', granted, 2],
    ['in', message('SIP/2.0 403 Forbidden', 'CSeq: 3 REGISTER'), 3],
  ];
  const coloured = draw(entries, { colour: true });
  expect(coloured).toContain('\u001b[33m401 Unauthorized\u001b[0m');
  expect(coloured).toContain('\u001b[32m200 OK\u001b[0m');
  expect(coloured).toContain('\u001b[31m403 Forbidden\u001b[0m');
  // eslint-disable-next-line no-control-regex -- the colours are control sequences
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(draw(entries));
});

test('what is not SIP is shown as it is', () => {
  expect(rows('in', 'hello')[0]).toMatch(/^ {4}│ +hello │$/);
});
