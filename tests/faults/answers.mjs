// What goes wrong with the server's answers. Rows as in transport.mjs; `registers`: how many REGISTERs the call may take.
import { answer, asked } from '../js/acceptance/messages.mjs';
import { challenged, isRight } from '../js/acceptance/digest.mjs';
import { password, realm } from './world.mjs';

const refuse =
  (status, reason = 'No', headers = []) =>
  (request) =>
    answer(request, status, reason, headers);

/** 401 with these challenges, whatever comes. */
const ask =
  (...challenges) =>
  (request) =>
    challenged(request, challenges);

const repeat = (count, make) => Array.from({ length: count }, (_, n) => make(n));
const authFailed = { code: 'auth-failed' };

/** The call's first REGISTER that is authentic gets what `make` makes of the 200; what comes before is challenged. */
const instead = (make) => (request, context) => {
  const { world, socket, serve } = context;
  if (!world.isAuthentic(request)) return serve();
  return make(request, { ...context, grant: (options) => world.grant(request, socket, options) });
};

const contactOf = (request) => request.one('Contact').replace(/;expires=\d+/i, '');

/** 200 with these Contact rows and other headers; the registrar does hold the binding. */
const success = (rows, headers = [], expires) =>
  instead((request, { grant }) =>
    grant({ rows: rows.map((row) => row(request)), headers, expires }),
  );

/** A wrong answer first, then the right one. */
const strayFirst = (distort) =>
  instead((_, { grant }) => {
    const right = grant();
    return [distort(right.replace('SIP/2.0 200 OK', 'SIP/2.0 403 Forbidden')), right];
  });

const retryAfter = (value, least, most) => ({
  fault: 43,
  what: `503 with Retry-After: ${value}`,
  answer: refuse(503, 'Service Unavailable', [['Retry-After', value]]),
  lasts: 20,
  ends: { code: 'rejected', status: 503, retryable: true },
  registers: 1,
  waits: [least, most],
  gap: most,
});

const strays = [
  [56, 'another Call-ID', (text) => text.replace(/^Call-ID: /m, 'Call-ID: other-')],
  [57, 'another CSeq number', (text) => text.replace(/^CSeq: (\d+)/m, (_, n) => `CSeq: ${+n + 7}`)],
  [58, 'another CSeq method', (text) => text.replace(/^(CSeq: \d+) REGISTER/m, '$1 INVITE')],
  [59, 'another From tag', (text) => text.replace(/^(From: .*;tag=)/m, '$1other')],
  [60, 'two Vias', (text) => text.replace(/^Via: .*\r\n/m, (row) => row + row)],
  [61, 'another branch', (text) => text.replace(/branch=z9hG4bK/, 'branch=z9hG4bKother')],
  [61, 'no branch', (text) => text.replace(/;branch=[^;\r]+/, '')],
  [63, 'status 700', (text) => text.replace('403', '700')],
  [63, 'status 099', (text) => text.replace('403', '099')],
  [63, 'status 4294967301', (text) => text.replace('403', '4294967301')],
  [63, 'status "2 00"', (text) => text.replace('403', '2 00')],
  [64, 'SIP/7.0', (text) => text.replace('SIP/2.0 403', 'SIP/7.0 403')],
  [
    65,
    'a Content-Length above the body',
    (text) => text.replace(/Content-Length: 0/, 'Content-Length: 40'),
  ],
  [
    65,
    'a negative Content-Length',
    (text) => text.replace(/Content-Length: 0/, 'Content-Length: -1'),
  ],
  [
    65,
    'two values of Content-Length',
    (text) => text.replace(/Content-Length: 0/, 'Content-Length: 0\r\nContent-Length: 7'),
  ],
  [66, 'NUL before a colon', (text) => text.replace('Call-ID:', 'Call-ID\0:')],
].map(([fault, what, distort]) => ({
  fault,
  what,
  answer: strayFirst(distort),
  ends: 'registered',
  dropped: 1,
}));

const unusual = [
  [64, 'sip/2.0 in small letters', (text) => text.replace('SIP/2.0', 'sip/2.0')],
  [65, 'more body than the Content-Length says', (text) => `${text}and more`],
  [66, 'folded rows', (text) => text.replace(/^(CSeq: \d+) /m, '$1\r\n ')],
  [
    66,
    'compact names',
    (text) =>
      text
        .replace(/^Via:/m, 'v:')
        .replace(/^From:/m, 'f:')
        .replace(/^To:/m, 't:')
        .replace(/^Call-ID:/m, 'i:')
        .replace(/^Contact:/gm, 'm:')
        .replace(/^Content-Length:/m, 'l:'),
  ],
  [
    66,
    'other letter case and a blank before the colon',
    (text) => text.replace(/^Call-ID:/m, 'CALL-id :').replace(/^CSeq:/m, 'cseq\t:'),
  ],
].map(([fault, what, distort]) => ({
  fault,
  what,
  answer: instead((_, { grant }) => distort(grant())),
  ends: 'registered',
}));

/** Spellings of a challenge that RFC 7616 §3.3 and RFC 3261 §25.1 allow. */
const spellings = [
  ', algorithm=md5, qop="auth"',
  ', algorithm="MD5", qop="auth"',
  ', qop="auth,auth-int"',
  ', qop=auth',
  ', algorithm=MD5',
  ', , algorithm=MD5,',
].map((rest) => ({
  fault: 36,
  what: `a challenge that ends with: ${rest}`,
  peers: false,
  answer: (request, { world, serve }) =>
    world.isAuthentic(request)
      ? serve()
      : challenged(request, `Digest realm="${realm}", nonce="${world.nonce}"${rest}`),
  ends: 'registered',
  registers: 2,
}));

/** A challenge with these values, and 200 for the right answer in which each stands as it was given. */
const echoes = (what, values, rest) => {
  const list = Object.entries(values).map(([name, value]) => `${name}="${value}"`);
  return {
    fault: 37,
    what,
    peers: false,
    answer: (request, { world, socket }) => {
      const given = request.one('Authorization');
      if (given === undefined)
        return challenged(request, `Digest ${list.join(', ')}, algorithm=MD5, qop="auth"`);
      const isEcho = list.every((each) => given.includes(each));
      return isEcho && isRight(request, { username: 'alice', password })
        ? world.grant(request, socket)
        : answer(request, 403, 'Forbidden');
    },
    ends: 'registered',
    registers: 2,
    ...rest,
  };
};

const escaped = String.raw`a\"b\\c`;

export const answers = [
  {
    fault: 25,
    what: 'no answer',
    answer: () => undefined,
    ends: { code: 'timeout', retryable: true },
    registers: 1,
    gap: 200,
  },
  {
    fault: 26,
    what: 'nothing but 100 Trying',
    answer: (request) => repeat(5, () => answer(request, 100, 'Trying')),
    ends: { code: 'timeout', retryable: true },
    registers: 1,
    gap: 200,
  },
  { fault: 27, what: '401, then 200', ends: 'registered', registers: 2 },
  {
    fault: 28,
    what: '401 with the same nonce again',
    answer: ask({ realm, nonce: 'same', algorithm: 'MD5', qop: 'auth' }),
    ends: { code: 'auth-failed', status: 401, retryable: false },
    registers: 2,
    then: 'failed',
  },
  {
    fault: 29,
    what: 'stale=true with a new nonce, for ever',
    answer: (request, { number }) =>
      challenged(request, {
        realm,
        nonce: `n${number}`,
        algorithm: 'MD5',
        qop: 'auth',
        stale: 'true',
      }),
    ends: authFailed,
    registers: 8,
    then: ['failed', 'registered'],
  },
  {
    fault: 30,
    what: '401 without a challenge',
    answer: refuse(401, 'Unauthorized'),
    ends: authFailed,
    registers: 1,
    then: 'failed',
  },
  ...[
    ['Basic', 'Basic realm="example.com"'],
    ['AKA', 'Digest realm="example.com", nonce="AAAA", algorithm=AKAv1-MD5, qop="auth"'],
    ['an unknown scheme', 'Mystery realm="example.com", nonce="n"'],
  ].map(([what, value]) => ({
    fault: 31,
    what: `401 with ${what} only`,
    answer: ask(value),
    ends: authFailed,
    registers: 1,
    silent: true,
    then: 'failed',
  })),
  {
    fault: 34,
    what: 'a challenge for a foreign realm',
    options: { credentials: { realm } },
    answer: ask({ realm: 'evil.example', nonce: 'n', algorithm: 'MD5', qop: 'auth' }),
    ends: authFailed,
    registers: 1,
    silent: true,
    then: 'failed',
  },
  ...spellings,
  echoes('escapes in realm, nonce and opaque', { realm: escaped, nonce: escaped, opaque: escaped }),
  echoes('a nonce of 8 KB', { realm, nonce: 'n'.repeat(8000) }),
  echoes(
    'a nonce of 9 KB',
    { realm, nonce: 'n'.repeat(9000) },
    { ends: authFailed, registers: 1, silent: true, then: 'failed' },
  ),
  {
    fault: 39,
    what: '423 with the same Min-Expires for ever',
    answer: refuse(423, 'Interval Too Brief', [['Min-Expires', '1800']]),
    ends: { code: 'interval', status: 423 },
    registers: 2,
    then: ['failed', 'registered'],
  },
  ...[
    ['none', []],
    ['abc', [['Min-Expires', 'abc']]],
    ['4294967296', [['Min-Expires', '4294967296']]],
    ['60, less than asked for', [['Min-Expires', '60']]],
  ].map(([what, headers]) => ({
    fault: 40,
    what: `423 with Min-Expires: ${what}`,
    answer: refuse(423, 'Interval Too Brief', headers),
    ends: { code: 'interval', status: 423 },
    registers: 1,
    then: ['failed', 'registered'],
  })),
  ...[301, 302, 305, 380].map((status) => ({
    fault: 41,
    what: `${status}`,
    answer: refuse(status, 'Elsewhere', [['Contact', '<sip:other@elsewhere.example>']]),
    ends: { code: 'rejected', status },
    registers: 1,
    contacts: '<sip:other@elsewhere.example>',
    then: ['failed', 'registered'],
  })),
  ...[403, 404].map((status) => ({
    fault: 42,
    what: `${status}`,
    answer: refuse(status),
    ends: { code: 'rejected', status, retryable: false },
    registers: 1,
    then: 'failed',
  })),
  ...[405, 480, 486, 600, 603, 606].map((status) => ({
    fault: 42,
    what: `${status}`,
    answer: refuse(status),
    ends: { code: 'rejected', status },
    registers: 1,
    then: ['failed', 'registered'],
  })),
  retryAfter('120', 120, 132),
  retryAfter('0', 0, 65),
  {
    fault: 43,
    what: '503 with Retry-After: 1000000000',
    answer: refuse(503, 'Service Unavailable', [['Retry-After', '1000000000']]),
    ends: { code: 'rejected', status: 503, retryable: false },
    registers: 1,
    then: 'failed',
  },
  retryAfter('-1', 1, 65),
  retryAfter('Sat, 01 Jan 2035 00:00:00 GMT', 1, 65),
  retryAfter('90 (back soon);duration=5', 90, 99),
  ...[420, 421, 439, 494, 430].map((status) => ({
    fault: 44,
    what: `${status}`,
    answer: refuse(
      status,
      'No',
      status === 420 ? [['Unsupported', 'mystery']] : [['Require', 'mystery']],
    ),
    ends: { code: 'rejected', status },
    registers: 3,
    then: ['failed', 'waiting', 'registered'],
  })),
  {
    fault: 45,
    what: '200 without a Contact',
    answer: success([]),
    ends: 'registered',
    warning: 'no-own-contact',
  },
  {
    fault: 45,
    what: '200 with Contact: *',
    answer: success([() => '*']),
    ends: 'registered',
    warning: 'no-own-contact',
  },
  {
    fault: 46,
    what: '200 that lists another binding and not ours',
    answer: instead((request) =>
      answer(request, 200, 'OK', [['Contact', '<sip:somebody@192.0.2.7>;expires=300']]),
    ),
    ends: { code: 'protocol', retryable: true },
    gap: 200,
  },
  {
    fault: 47,
    what: 'our Contact without a lifetime, and an Expires header',
    answer: success([contactOf], [['Expires', '3600']], 3600),
    ends: 'registered',
    grants: 3600,
    lasts: 60,
  },
  {
    fault: 47,
    what: 'no lifetime at all',
    answer: success([contactOf]),
    ends: 'registered',
    grants: 600,
    lasts: 60,
  },
  ...['4294967295', '100000000000000000000'].map((value) => ({
    fault: 48,
    what: `a lifetime of ${value}`,
    answer: success([(request) => `${contactOf(request)};expires=${value}`], [], 2 ** 31),
    ends: 'registered',
    registers: 2,
    quiet: true,
    lasts: 60,
  })),
  {
    fault: 49,
    what: 'a lifetime of 30 days',
    answer: success([(request) => `${contactOf(request)};expires=2592000`], [], 2_592_000),
    ends: 'registered',
    grants: 2_592_000,
    registers: 2,
    quiet: true,
    lasts: 60,
  },
  {
    fault: 50,
    what: 'a lifetime of 0',
    answer: instead((request) =>
      answer(request, 200, 'OK', [['Contact', `${contactOf(request)};expires=0`]]),
    ),
    ends: { code: 'protocol', retryable: true },
    gap: 200,
  },
  ...[1, 5, 10].map((seconds) => ({
    fault: 51,
    what: `a lifetime of ${seconds} s`,
    answer: success([(request) => `${contactOf(request)};expires=${seconds}`], [], seconds),
    ends: 'registered',
    grants: seconds,
    warning: 'short-grant',
    gap: 60,
  })),
  ...[
    ['-5', 600],
    ['abc', 600],
    ['"60"', 600],
    ['60;expires=90', 60],
  ].map(([value, seconds]) => ({
    fault: 52,
    what: `a lifetime of ${value}`,
    peers: false,
    answer: success([(request) => `${contactOf(request)};expires=${value}`], [], seconds),
    ends: 'registered',
    grants: seconds,
    registers: 2,
    gap: 60,
  })),
  {
    fault: 53,
    what: 'a second less each time',
    expires: 120,
    lasts: 1800,
    answer: instead((request, { grant }) => grant({ expires: asked(request) - 1 })),
    ends: 'registered',
    asks: 120,
    gap: 0,
  },
  {
    fault: 54,
    what: '10 000 Contacts in one row',
    answer: success([
      (request) =>
        [...repeat(10_000, (n) => `<sip:u${n}@192.0.2.1>;expires=60`), contactOf(request)].join(
          ', ',
        ),
    ]),
    ends: ['registered', { retryable: true }],
    lasts: 60,
    gap: 200,
  },
  {
    fault: 54,
    what: '10 000 rows of Contact',
    answer: success([
      ...repeat(10_000, (n) => () => `<sip:u${n}@192.0.2.1>;expires=60`),
      contactOf,
    ]),
    ends: ['registered', { retryable: true }],
    lasts: 60,
    gap: 200,
  },
  {
    fault: 55,
    what: '200 000 parameters in a challenge',
    answer: ask(
      `Digest realm="${realm}", nonce="n", ${repeat(200_000, (n) => `p${n % 10}=1`).join(', ')}`,
    ),
    ends: [authFailed, { retryable: true }],
    silent: true,
    lasts: 20,
    then: ['failed', 'registered'],
    gap: 200,
  },
  ...strays,
  ...unusual,
  {
    fault: 62,
    what: 'a second answer, and a third that differs',
    answer: instead((request, { grant }) => {
      const first = grant();
      return [first, first, answer(request, 403, 'Forbidden')];
    }),
    ends: 'registered',
    dropped: 2,
  },
  ...[
    ['empty', ''],
    ['UTF-8', 'Verboten – ☎ 禁止'],
    ['markup', '<img src=x onerror=alert(1)>'],
    ['60 KB long', 'x'.repeat(60_000)],
  ].map(([what, reason]) => ({
    fault: 67,
    what: `a reason that is ${what}`,
    answer: refuse(403, reason),
    ends: [{ code: 'rejected', status: 403 }, { retryable: true }],
    lasts: 20,
    then: ['failed', 'registered'],
    gap: 200,
  })),
  {
    fault: 70,
    what: 'requests from the server, each with a challenge in it',
    when: 'registered',
    lasts: 10,
    begin: (world) => {
      for (const method of ['OPTIONS', 'NOTIFY', 'INVITE', 'MESSAGE', 'BYE']) {
        world.send(serverRequest(method, world));
      }
    },
    answered: 5,
    silent: true,
    gap: 0,
  },
  {
    fault: 71,
    what: 'a challenge to nothing that is in flight',
    when: 'registered',
    lasts: 10,
    begin: (world) => {
      const last = world.registers.at(-1);
      world.send(challenged(last, { realm, nonce: 'late', algorithm: 'MD5', qop: 'auth' }));
      world.send(challenged(world.registers[0], { realm, nonce: 'later', algorithm: 'MD5' }));
    },
    quiet: true,
    dropped: 2,
    gap: 0,
  },
  {
    fault: 72,
    what: 'another To tag each time, and a thousand Service-Routes',
    expires: 120,
    lasts: 600,
    answer: instead((_, { number, grant }) =>
      grant({
        headers: repeat(1000, (n) => ['Service-Route', `<sip:p${n}.example.com;lr>`]),
      }).replace(';tag=server', `;tag=server-${number}`),
    ),
    ends: ['registered', { retryable: true }],
    gap: 600,
  },
];

function serverRequest(method, { socket, registers }) {
  const uri = /<([^>]*)>/.exec(registers.at(-1).one('Contact'))[1];
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/WSS edge.example.com;branch=z9hG4bK-${method}-${socket.closes.length}`,
    'Max-Forwards: 70',
    'From: <sip:mallory@evil.example>;tag=1',
    'To: <sip:alice@example.com>',
    `Call-ID: ${method}@evil.example`,
    `CSeq: 1 ${method}`,
    'WWW-Authenticate: Digest realm="evil.example", nonce="n"',
    'Proxy-Authenticate: Digest realm="evil.example", nonce="n"',
    'Contact: <sip:mallory@evil.example>',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
