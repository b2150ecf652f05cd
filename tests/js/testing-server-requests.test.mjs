// Requests that the test registrar sends to its clients.
import { createClient } from '../../dist/index.js';
import { createFakeClock, createTestRegistrar } from '../../dist/testing.js';
import { aor, connect, registerRequest, turn } from './testing-registrar-client.mjs';

async function setUp(options = {}) {
  const clock = createFakeClock();
  const registrar = createTestRegistrar({ platform: clock.platform, ...options });
  const client = await connect(registrar);
  await client.register();
  /** The last frame that came, and a function that answers it. */
  const received = async () => {
    await turn();
    const text = client.frames.at(-1);
    const rows = text.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq): /.test(line));
    const answer = (status, to = '') =>
      client.socket.send(
        [`SIP/2.0 ${status} Any`, ...rows, 'Content-Length: 0', '', '']
          .join('\r\n')
          .replace(/^(To: .*)$/m, `$1${to}`),
      );
    return { text, answer };
  };
  return { ...client, clock, registrar, received };
}

test('goes to the Contact over its connection, complete, and resolves with the final answer', async () => {
  const { registrar, received } = await setUp();
  await (await connect(registrar)).register({ to: '<sip:bob@example.com>' });
  const response = registrar.sendRequest(aor, {
    method: 'NOTIFY',
    headers: { Event: 'keep', 'X-Two': ['a', 'b'], f: '<sip:me@example.com>;tag=mine' },
    body: 'grüß',
  });
  const { text, answer } = await received();
  const [head, body] = text.split('\r\n\r\n');
  expect(head.split('\r\n').map((line) => line.replace(/[0-9a-f]{32}\w+/, '…'))).toEqual([
    'NOTIFY sip:alice@a1.invalid;transport=ws SIP/2.0',
    'Via: SIP/2.0/WS registrar.invalid;branch=z9hG4bK…',
    'Max-Forwards: 70',
    'To: <sip:alice@example.com>',
    'Call-ID: …',
    'CSeq: 1 NOTIFY',
    'Event: keep',
    'X-Two: a',
    'X-Two: b',
    'f: <sip:me@example.com>;tag=mine',
    'Content-Length: 6',
  ]);
  expect(body).toBe('grüß');
  answer(100);
  answer(481, ';tag=x');
  expect(await response).toMatchObject({ status: 481, reason: 'Any' });
  expect((await response).header('t')).toBe('<sip:alice@example.com>;tag=x');
});

test('every request has a branch, a Call-ID and a tag of its own', async () => {
  const { registrar, frames } = await setUp();
  const both = [1, 2].map(() => registrar.sendRequest(aor, { method: 'OPTIONS' }).catch(() => 0));
  await turn();
  for (const pattern of [/branch=(\S+)/, /Call-ID: (\S+)/, /From: .*tag=(\S+)/]) {
    const [one, other] = frames.map((frame) => pattern.exec(frame)[1]);
    expect(one).not.toBe(other);
  }
  registrar.disconnect();
  expect(await Promise.all(both)).toEqual([0, 0]);
});

test.each([
  [486, /^SIP\/2\.0\/WS registrar\.invalid;branch=(\S+)$/, true],
  [200, /^SIP\/2\.0\/WS registrar\.invalid;branch=(\S+)$/, false],
])('the %i of an INVITE is acknowledged', async (status, via, sameBranch) => {
  const { registrar, received, socket } = await setUp();
  const response = registrar.sendRequest(aor, { method: 'INVITE' });
  const { text, answer } = await received();
  answer(180);
  answer(status, ';tag=called');
  expect((await response).status).toBe(status);
  const { text: ack } = await received();
  const of = (frame, name) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(frame)[1];
  expect(ack).toMatch(/^ACK sip:alice@a1\.invalid;transport=ws SIP\/2\.0\r\n/);
  expect(of(ack, 'Via')).toMatch(via);
  expect(of(ack, 'Via') === of(text, 'Via')).toBe(sameBranch);
  expect(of(ack, 'To')).toBe('<sip:alice@example.com>;tag=called');
  expect([of(ack, 'CSeq'), of(ack, 'Call-ID')]).toEqual(['1 ACK', of(text, 'Call-ID')]);
  expect(of(ack, 'From')).toBe(of(text, 'From'));
  answer(status); // a retransmission is nobody's any more
  await turn();
  expect(socket.readyState).toBe(1);
});

test('of several Contacts the last one is taken, or the one that is named', async () => {
  const { registrar, received, register } = await setUp();
  await register({ cseq: 2, contact: ['<sip:desk@b.invalid>'] });
  const uriOf = async (request) => {
    const response = registrar.sendRequest(aor, { method: 'OPTIONS', ...request });
    const { text, answer } = await received();
    answer(200);
    await response;
    return text.split(' ')[1];
  };
  expect(await uriOf({})).toBe('sip:desk@b.invalid');
  expect(await uriOf({ contact: 'sip:alice@A1.invalid;transport=ws' })).toBe(
    'sip:alice@a1.invalid;transport=ws',
  );
});

describe('rejects', () => {
  test.each([
    [aor, { method: 'ACK' }, 'method must be in capitals and not ACK'],
    [aor, { method: 'options' }, 'method must be in capitals and not ACK'],
    [aor, { method: 'OPTIONS', headers: { via: 'x' } }, "via is the registrar's own"],
    [aor, { method: 'OPTIONS', headers: { l: '1' } }, "l is the registrar's own"],
    [aor, { method: 'OPTIONS', headers: { A: 'x\r\nB: y' } }, 'headers must be single lines'],
    [aor, { method: 'OPTIONS', timeoutMs: 0 }, 'timeoutMs must be from 1 to 2^31-1'],
    [aor, { method: 'OPTIONS', contact: 'x' }, 'contact must be a SIP URI'],
    ['alice', { method: 'OPTIONS' }, 'aor must be a SIP URI'],
    ['sip:bob@example.com', { method: 'OPTIONS' }, 'nothing is registered for sip:bob'],
    [aor, { method: 'OPTIONS', contact: 'sip:x@y' }, 'nothing is registered for sip:x@y'],
  ])('%s %j', async (to, request, rule) => {
    const { registrar, frames } = await setUp();
    await expect(registrar.sendRequest(to, request)).rejects.toThrow(/^sendRequest\(\): /);
    await expect(registrar.sendRequest(to, request)).rejects.toThrow(rule);
    expect(frames).toEqual([]);
  });

  test('when no answer comes in time', async () => {
    const { registrar, clock } = await setUp();
    const short = registrar.sendRequest(aor, { method: 'OPTIONS', timeoutMs: 500 });
    const usual = registrar.sendRequest(aor, { method: 'INFO' });
    await expect(clock.until(short)).rejects.toThrow('no final response to OPTIONS within 500 ms');
    await expect(clock.until(usual)).rejects.toThrow('no final response to INFO within 32000 ms');
    expect(clock.timers).toBe(0);
  });

  test('when the connection goes, or has gone', async () => {
    const { registrar, clock } = await setUp();
    const pending = registrar.sendRequest(aor, { method: 'OPTIONS' });
    const rejected = expect(pending).rejects.toThrow('the connection was closed');
    await turn();
    registrar.disconnect();
    await rejected;
    expect(clock.timers).toBe(0);
    await expect(registrar.sendRequest(aor, { method: 'OPTIONS' })).rejects.toThrow(
      'the connection of sip:alice@a1.invalid;transport=ws is gone',
    );
  });

  test('an answer over another connection is not taken', async () => {
    const { registrar, received, clock } = await setUp();
    const pending = registrar.sendRequest(aor, { method: 'OPTIONS', timeoutMs: 100 });
    const { text } = await received();
    const stranger = await connect(registrar);
    stranger.socket.send(text.replace(/^.*/, 'SIP/2.0 200 OK'));
    await turn();
    await expect(clock.until(pending)).rejects.toThrow('no final response');
  });
});

test('sipreg answers as its contract says', async () => {
  const registrar = createTestRegistrar();
  const client = await createClient({
    server: 'ws://localhost',
    webSocket: registrar.webSocket,
    storage: null,
  });
  await client.register({ aor });
  const statusOf = async (method) => (await registrar.sendRequest(aor, { method })).status;
  expect([await statusOf('OPTIONS'), await statusOf('INVITE'), await statusOf('NOTIFY')]).toEqual([
    200, 480, 481,
  ]);
  expect(registrar.requests.filter((request) => !request.startsWith('REGISTER '))).toEqual([]);
  await client.close();
});

test('the registrar itself answers a frame that only looks like a response', async () => {
  const { socket, registrar } = await setUp();
  socket.send('SIP/2.0 200 OK\r\nVia: x;branch=nobody\r\n\r\n');
  socket.send(registerRequest({ cseq: 9 }));
  await turn();
  expect(registrar.requests).toHaveLength(2);
});
