// A raw SIP client for the tests of the registrar: builds frames by hand and reads what comes back.
import { createHash } from 'node:crypto';

export const password = 'secret';
export const aor = 'sip:alice@example.com';
export const instance = '"<urn:uuid:00000000-0000-4000-8000-000000000001>"';

/** One turn of the event loop: every microtask that was due has run then. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

let branch = 0;

/** A REGISTER; `contact` is a list of rows, `headers` are rows that are added. */
export function registerRequest({
  to = `<${aor}>`,
  uri = 'sip:example.com',
  callId = 'call-1',
  cseq = 1,
  contact = ['<sip:alice@a1.invalid;transport=ws>'],
  headers = [],
} = {}) {
  branch += 1;
  return [
    `REGISTER ${uri} SIP/2.0`,
    `Via: SIP/2.0/WS a1.invalid;branch=z9hG4bK${branch}`,
    'Max-Forwards: 70',
    `From: ${to};tag=from1`,
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} REGISTER`,
    ...contact.map((value) => `Contact: ${value}`),
    ...headers,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** Reads a response: status, reason, and all values of a header field by its name. */
export function readResponse(text) {
  const [head] = text.split('\r\n\r\n', 1);
  const [statusLine, ...rows] = head.split('\r\n');
  const [, status, reason] = /^SIP\/2\.0 (\d{3}) (.*)$/.exec(statusLine);
  const fields = rows.map((row) => [
    row.slice(0, row.indexOf(':')),
    row.slice(row.indexOf(':') + 2),
  ]);
  const all = (name) => fields.filter(([field]) => field === name).map(([, value]) => value);
  return { text, status: Number(status), reason, all, one: (name) => all(name)[0] };
}

/** Opens a socket of the registrar and gives send() and exchange(), which resolves with the response. */
export async function connect(registrar, protocols = ['sip']) {
  const socket = registrar.webSocket('ws://registrar.test', protocols);
  const frames = [];
  const waiting = [];
  socket.onmessage = ({ data }) => {
    const next = waiting.shift();
    if (next) next(data);
    else frames.push(data);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
  });
  socket.onclose = null;
  const exchange = async (text) => {
    const response = new Promise((resolve) => waiting.push(resolve));
    socket.send(text);
    return readResponse(await response);
  };
  return { socket, frames, exchange, register: (options) => exchange(registerRequest(options)) };
}

/** The parameters of a challenge, unquoted. */
export function readChallenge(value) {
  const params = {};
  for (const [, name, quoted, plain] of value.matchAll(/(\w+)=(?:"([^"]*)"|([^,\s]+))/g)) {
    params[name] = quoted ?? plain;
  }
  return params;
}

const hashNames = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

/** An Authorization value computed with Node's own hashes; `nc` null: the form without qop. */
export function authorization(challenge, options = {}) {
  const { user = 'alice', secret = password, uri = 'sip:example.com', nc = '00000001' } = options;
  const { realm, nonce, algorithm } = challenge;
  const cnonce = '0a4f113b';
  const name = hashNames[algorithm.replace('-sess', '')];
  const hash = (text) => createHash(name).update(text).digest('hex');
  let a1 = hash(`${user}:${realm}:${secret}`);
  if (algorithm.endsWith('-sess')) a1 = hash(`${a1}:${nonce}:${cnonce}`);
  const middle = nc === null ? nonce : `${nonce}:${nc}:${cnonce}:auth`;
  const response = hash(`${a1}:${middle}:${hash(`REGISTER:${uri}`)}`);
  const qop = nc === null ? '' : `, qop=auth, nc=${nc}, cnonce="${cnonce}"`;
  return (
    `Authorization: Digest username="${user}", realm="${realm}", nonce="${nonce}", ` +
    `uri="${uri}", response="${response}", algorithm=${algorithm}${qop}`
  );
}

/** The lifetime in a Contact row of a response. */
export const expiresOf = (row) => Number(/;expires=(\d+)/.exec(row)[1]);
