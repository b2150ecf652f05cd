// Broken requests: the registrar answers 400 (or what fits better) and goes on.
import { createTestRegistrar } from '../../dist/testing.js';
import {
  aor,
  authorization,
  connect,
  instance,
  readChallenge,
  registerRequest,
  turn,
} from './testing-registrar-client.mjs';

const replaced = (from, to) => registerRequest().replace(from, to);
const withContact = (...contact) => registerRequest({ contact });

describe('requests that break a rule', () => {
  test.each([
    ['no text that makes sense', 'hello', 400],
    ['a request line of two words', replaced(' SIP/2.0', ''), 400],
    ['a request line of four words', replaced(' SIP/2.0', '  SIP/2.0'), 400],
    ['no version', replaced('SIP/2.0\r', 'HTTP/1.1\r'), 400],
    ['another version', replaced('SIP/2.0\r', 'SIP/3.0\r'), 505],
    ['no token as method', replaced('REGISTER sip', 'REG@ISTER sip'), 400],
    ['no end of the header', 'REGISTER sip:example.com SIP/2.0\r\nVia: x', 400],
    ['no empty line', registerRequest().slice(0, -2), 400],
    ['a line end without CR', replaced('\r\nCall-ID', '\nCall-ID'), 400],
    ['a CR inside a line', replaced('call-1', 'ca\rll'), 400],
    ['NUL', replaced('Max-Forwards: 70', 'Max-Forwards: 70\r\nX: \0'), 400],
    ['a row without a colon', replaced('Max-Forwards: 70', 'Max-Forwards'), 400],
    ['a row without a name', replaced('Max-Forwards', ''), 400],
    ['a folded first row', replaced('\r\nVia', '\r\n Via'), 400],
    ['no Via', replaced(/Via: .*\r\n/, ''), 400],
    ['a Via of HTTP', replaced('SIP/2.0/WS', 'HTTP/1.1'), 400],
    ['no From', replaced(/From: .*\r\n/, ''), 400],
    ['From without a tag', replaced(';tag=from1', ''), 400],
    ['no To', replaced(/To: .*\r\n/, ''), 400],
    ['two Tos', replaced(/To: .*\r\n/, '$&$&'), 400],
    ['To with a tag', replaced(/To: .*/, '$&;tag=1'), 481],
    ['To without >', replaced(`To: <${aor}>`, `To: <${aor}`), 400],
    ['To with junk after >', replaced(`To: <${aor}>`, `To: <${aor}> x`), 400],
    ['To of tel:', replaced(`To: <${aor}>`, 'To: <tel:+1>'), 400],
    ['no Call-ID', replaced(/Call-ID: .*\r\n/, ''), 400],
    ['Call-ID of two words', replaced('call-1', 'call 1'), 400],
    ['no CSeq', replaced(/CSeq: .*\r\n/, ''), 400],
    ['two CSeqs', replaced(/CSeq: .*\r\n/, '$&$&'), 400],
    ['CSeq of 2^31', replaced('CSeq: 1', 'CSeq: 2147483648'), 400],
    ['CSeq below 0', replaced('CSeq: 1', 'CSeq: -1'), 400],
    ['CSeq of another method', replaced('1 REGISTER', '1 OPTIONS'), 400],
    ['Max-Forwards of 256', replaced('Max-Forwards: 70', 'Max-Forwards: 256'), 400],
    ['two Expires', registerRequest({ headers: ['Expires: 1', 'Expires: 1'] }), 400],
    ['Content-Length beyond the frame', replaced('Length: 0', 'Length: 1'), 400],
    ['Content-Length below 0', replaced('Length: 0', 'Length: -1'), 400],
    ['two Content-Lengths', replaced('Content-Length: 0', 'Content-Length: 0\r\nl: 0'), 400],
    ['an unknown extension', registerRequest({ headers: ['Require: path, foo'] }), 420],
    ['a tel: Request-URI', replaced('sip:example.com', 'tel:+1'), 416],
    ['a Request-URI with a user', replaced('sip:example.com', aor), 400],
    ['a Request-URI without a host', replaced('sip:example.com', 'sip:'), 400],
    ['a Request-URI with an impossible port', replaced('example.com', 'example.com:65536'), 400],
    ['an empty Contact', withContact(''), 400],
    ['an empty element of Contact', withContact('<sip:a@a.invalid>,'), 400],
    ['Contact without a scheme', withContact('<alice>'), 400],
    ['Contact without a host', withContact('<sip:alice@>'), 400],
    ['Contact without a user before @', withContact('<sip:@a.invalid>'), 400],
    ['Contact with a blank in its URI', withContact('<sip:a b@a.invalid>'), 400],
    ['Contact without >', withContact('<sip:a@a.invalid'), 400],
    ['Contact with ? and no <>', withContact('sip:a@a.invalid?x=y'), 400],
    ['an open quote', withContact('"A <sip:a@a.invalid>'), 400],
    ['an escape at the end of a quote', withContact('"A\\" <sip:a@a.invalid>'), 400],
    ['a display name that needs quotes', withContact('A;b <sip:a@a.invalid>'), 400],
    ['a parameter twice', withContact('<sip:a@a.invalid>;q=1;Q=1'), 400],
    ['a parameter without a name', withContact('<sip:a@a.invalid>;=1'), 400],
    ['a parameter without its value', withContact('<sip:a@a.invalid>;q='), 400],
    ['a URI parameter twice', withContact('<sip:a@a.invalid;x;X>'), 400],
    [
      '65 parameters',
      withContact(`<sip:a@a.invalid>${[...Array(65).keys()].map((n) => `;p${n}`).join('')}`),
      400,
    ],
    ['65 Contacts', withContact(Array(65).fill('<sip:a@a.invalid>').join(',')), 400],
    ['q above 1', withContact('<sip:a@a.invalid>;q=1.5'), 400],
    ['q with four decimals', withContact('<sip:a@a.invalid>;q=0.1234'), 400],
    ['an instance without <>', withContact('<sip:a@a.invalid>;+sip.instance="urn:x"'), 400],
    ['an instance without quotes', withContact('<sip:a@a.invalid>;+sip.instance=x'), 400],
    [
      'an instance that is no URN',
      withContact('<sip:a@a.invalid>;+sip.instance="<urn:\uD800>"'),
      400,
    ],
    ['reg-id 0', withContact('<sip:a@a.invalid>;reg-id=0'), 400],
    ['reg-id of 2^31', withContact('<sip:a@a.invalid>;reg-id=2147483648'), 400],
  ])('%s', async (_name, frame, status) => {
    const registrar = createTestRegistrar();
    const { exchange } = await connect(registrar);
    const response = await exchange(frame);
    expect(response.status).toBe(status);
    expect(response.reason).not.toBe('');
    expect(registrar.bindings(aor)).toEqual([]);
    expect(registrar.requests).toEqual([frame]);
    expect((await exchange(registerRequest())).status).toBe(200);
  });

  test('an answer carries what could be read', async () => {
    const { exchange } = await connect(createTestRegistrar());
    const response = await exchange(replaced('CSeq: 1', 'CSeq: x'));
    expect(response.one('Via')).toMatch(/^SIP\/2\.0\/WS a1\.invalid/);
    expect([response.one('Call-ID'), response.one('CSeq')]).toEqual(['call-1', 'x REGISTER']);
    expect(response.one('To')).toMatch(/;tag=/);
  });

  test('a line break cannot be smuggled into a response', async () => {
    const { exchange } = await connect(createTestRegistrar());
    const response = await exchange(replaced('call-1', 'a\rEvil: 1'));
    expect(response.text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(response.one('Call-ID')).toBe('a Evil: 1');
  });

  test('bytes behind the body are ignored (RFC 3261 §18.3)', async () => {
    const { exchange } = await connect(createTestRegistrar());
    expect((await exchange(`${registerRequest()}surplus`)).status).toBe(200);
    const withBody = replaced('Content-Length: 0\r\n\r\n', 'Content-Length: 2\r\n\r\nä');
    expect((await exchange(withBody.replace('CSeq: 1', 'CSeq: 2'))).status).toBe(200);
  });
});

/** xorshift32: small, and the same everywhere for a seed. */
function randomFrom(seed) {
  let state = seed || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const snippets =
  '\r\n|\r\n |\r|\n|\0|"|\\|<|>|,|;|=|:|*|%|%0|%zz|é|😀|\uD800|[|]|@|?|\t|  |tag=|;expires=|;gr|Contact: *\r\n|Contact:\r\n|SIP/2.0|-1|4294967296|99999999999999999999'.split(
    '|',
  );

/** `text` with up to five random edits. */
function mutated(text, random) {
  let result = text;
  for (let edits = 1 + random(5); edits > 0; edits -= 1) {
    const at = random(result.length + 1);
    const length = random(4) === 0 ? random(40) : random(3);
    const kind = random(4);
    const insert =
      kind === 0
        ? snippets[random(snippets.length)]
        : kind === 1
          ? String.fromCharCode(random(256))
          : kind === 2
            ? result.slice(at, at + random(60))
            : '';
    result = result.slice(0, at) + insert + result.slice(at + length);
  }
  return result;
}

const seed = Number(process.env.SIPREG_SEED) || Date.now() & 0x7fffffff;

test(`5000 damaged requests are survived (SIPREG_SEED=${seed})`, async () => {
  const random = randomFrom(seed);
  const registrar = createTestRegistrar({
    users: { alice: 'secret' },
    algorithms: ['SHA-256', 'MD5'],
  });
  const { socket, exchange, frames } = await connect(registrar);
  const challenge = readChallenge((await exchange(registerRequest())).all('WWW-Authenticate')[1]);
  const statuses = new Map();
  let answers = 0;
  socket.onmessage = ({ data }) => frames.push(data);
  for (let i = 1; i <= 5000; i += 1) {
    const nc = i.toString(16).padStart(8, '0');
    const valid = registerRequest({
      cseq: i,
      contact: [
        `"A, \\"b\\"" <sip:a@h${i % 5}.invalid;transport=ws>;+sip.instance=${instance};reg-id=${1 + (i % 3)};q=0.5`,
      ],
      headers: [
        'Supported: outbound, gruu',
        `Expires: ${i % 4 ? 600 : 0}`,
        authorization(challenge, { nc }),
      ],
    });
    socket.send(i % 10 === 0 ? valid : mutated(valid, random));
    await turn();
    for (const frame of frames.splice(0)) {
      // Strict on what goes out, whatever came in: one head, no stray line ends, nothing after it.
      expect(frame).toMatch(/^SIP\/2\.0 [1-6]\d\d [^\r\n]+\r\n(?:[\w-]+: [^\r\n]*\r\n)+\r\n$/);
      const status = frame.slice(8, 11);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      answers += 1;
    }
  }
  // A blank, a response or an ACK can come out of an edit; nearly all must have been answered.
  expect(answers).toBeGreaterThan(4900);
  for (const status of ['200', '400', '401']) expect(statuses.get(status)).toBeGreaterThan(20);
  expect(socket.readyState).toBe(1);
});
