// What goes wrong on purpose: next(), faults from respond(), the state of the network, and the trace that shows it.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { createFakeClock, createTestRegistrar } from '../../dist/testing.js';
import {
  aor,
  authorization,
  connect,
  password,
  readChallenge,
  readResponse,
  registerRequest,
  turn,
} from './testing-registrar-client.mjs';

async function setUp(options = {}) {
  const clock = createFakeClock();
  const registrar = createTestRegistrar({ platform: clock.platform, ...options });
  const client = await connect(registrar);
  const closed = [];
  client.socket.onclose = ({ code }) => closed.push(code);
  let cseq = 0;
  /** Sends a REGISTER; the answers and the close codes that came by now. */
  const attempt = async () => {
    cseq += 1;
    client.socket.send(registerRequest({ cseq }));
    await turn();
    return outcome();
  };
  const outcome = () => [
    ...client.frames.splice(0).map((frame) => readResponse(frame).status),
    ...closed.splice(0),
  ];
  return { ...client, clock, registrar, attempt, outcome };
}

describe('next()', () => {
  test('a status is the answer, its headers with it, and nothing is bound', async () => {
    const { registrar, register } = await setUp();
    registrar.next({ status: 503, reason: 'Busy', headers: { 'Retry-After': '5' } });
    const response = await register();
    expect([response.status, response.reason, response.one('Retry-After')]).toEqual([
      503,
      'Busy',
      '5',
    ]);
    expect(registrar.bindings(aor)).toEqual([]);
    expect((await register({ cseq: 2 })).status).toBe(200);
  });

  test('faults come one a REGISTER, in order, and {} lets one pass', async () => {
    const { registrar, attempt } = await setUp();
    registrar.next({ status: 500 }, {});
    registrar.next({ status: 404 });
    expect([await attempt(), await attempt(), await attempt(), await attempt()]).toEqual([
      [500],
      [200],
      [404],
      [200],
    ]);
  });

  test('other requests and keep-alives use none up', async () => {
    const { registrar, attempt, exchange, socket, frames } = await setUp();
    registrar.next({ status: 500 });
    const options = registerRequest({ contact: [] }).replaceAll('REGISTER', 'OPTIONS');
    expect((await exchange(options)).status).toBe(200);
    socket.send('\r\n\r\n');
    await turn();
    expect(frames.splice(0)).toEqual(['\r\n']);
    expect(await attempt()).toEqual([500]);
  });

  test.each([
    ['a lost request is not served', { lose: 'request' }, [], 0],
    ['a lost answer was served', { lose: 'answer' }, [], 1],
    ['dropped on the way', { lose: 'request', disconnect: 1006 }, [1006], 0],
    ['dropped in mid-exchange', { lose: 'answer', disconnect: 1001 }, [1001], 1],
    ['dropped after the answer', { disconnect: 4000 }, [200, 4000], 1],
    ['a refusal, then dropped', { status: 480, disconnect: 1000 }, [480, 1000], 0],
  ])('%s', async (_name, fault, expected, bindings) => {
    const { registrar, attempt } = await setUp();
    registrar.next(fault);
    expect(await attempt()).toEqual(expected);
    expect(registrar.bindings(aor)).toHaveLength(bindings);
    expect(registrar.requests).toHaveLength(1);
  });

  test('a delayed answer comes by the clock of the platform; the request is served at once', async () => {
    const { registrar, attempt, outcome, clock } = await setUp();
    registrar.next({ delayMs: 1000, disconnect: 1001 });
    expect(await attempt()).toEqual([]);
    expect(registrar.bindings(aor)).toHaveLength(1);
    await clock.advance(999);
    expect(outcome()).toEqual([]);
    await clock.advance(1);
    expect(outcome()).toEqual([200, 1001]);
    expect(clock.timers).toBe(0);
  });

  test('stale nonces get stale=true once', async () => {
    const { registrar, register } = await setUp({ users: { alice: password } });
    const answer = async (cseq, nc) => {
      const headers = [authorization(challenge, { nc })];
      const response = await register({ cseq, headers });
      const [row = ''] = response.all('WWW-Authenticate');
      if (row !== '') challenge = readChallenge(row);
      return [response.status, row.includes('stale=true')];
    };
    const first = await register({ cseq: 1 });
    let challenge = readChallenge(first.one('WWW-Authenticate'));
    expect(await answer(2, '00000001')).toEqual([200, false]);
    registrar.next({ stale: true });
    expect(await answer(3, '00000002')).toEqual([401, true]);
    expect(await answer(4, '00000001')).toEqual([200, false]);
  });

  test.each([
    [null, 'a fault must be an object'],
    [{ status: 200 }, 'status must be an integer from 300 to 699'],
    [{ status: 503.5 }, 'status must be an integer from 300 to 699'],
    [{ lose: 'both' }, "lose must be 'request' or 'answer'"],
    [{ delayMs: -1 }, 'delayMs must be from 0 to 2^31-1'],
    [{ delayMs: NaN }, 'delayMs must be from 0 to 2^31-1'],
    [{ disconnect: 1005 }, 'disconnect must be 1000 to 1014 or 3000 to 4999, not 1004 or 1005'],
  ])('%j is refused, and the faults beside it too', async (fault, rule) => {
    const { registrar, attempt } = await setUp();
    expect(() => registrar.next({ status: 500 }, fault)).toThrow(TypeError);
    expect(() => registrar.next(fault)).toThrow(`next(): ${rule}`);
    expect(await attempt()).toEqual([200]);
  });
});

describe('respond()', () => {
  test('is given the request as it came and read, and may give a fault', async () => {
    const seen = [];
    const respond = (text, parsed) => {
      seen.push([text === parsed.text, parsed.method, parsed.uri, parsed.header('m')]);
      return { status: 480, headers: { Warning: ['399 a "b"', '399 c "d"'] } };
    };
    const { register } = await setUp({ respond });
    const response = await register();
    expect(response.status).toBe(480);
    expect(response.all('Warning')).toHaveLength(2);
    expect(seen).toEqual([
      [true, 'REGISTER', 'sip:example.com', '<sip:alice@a1.invalid;transport=ws>'],
    ]);
  });

  test('comes before next(), whose faults stay for what it leaves alone', async () => {
    let isDown = true;
    const respond = () => (isDown ? { status: 503 } : undefined);
    const { registrar, attempt } = await setUp({ respond });
    registrar.next({ status: 404 });
    expect(await attempt()).toEqual([503]);
    isDown = false;
    expect([await attempt(), await attempt()]).toEqual([[404], [200]]);
  });
});

describe('the network', () => {
  test('frozen: connections stay, nothing comes through, new ones wait for its thaw', async () => {
    const { registrar, attempt, socket, outcome } = await setUp();
    registrar.network = 'frozen';
    expect(await attempt()).toEqual([]);
    socket.send('\r\n\r\n');
    registrar.send('\r\n');
    await turn();
    expect([outcome(), registrar.requests, registrar.connections]).toEqual([[], [], 1]);
    const late = registrar.webSocket('ws://x', ['sip']);
    await turn();
    expect(late.readyState).toBe(0);
    registrar.network = 'up';
    await turn();
    expect([late.readyState, registrar.connections]).toEqual([1, 2]);
    expect(await attempt()).toEqual([200]);
  });

  test('frozen: an answer that was on its way is lost', async () => {
    const { registrar, attempt, outcome, clock } = await setUp();
    registrar.next({ delayMs: 10 });
    await attempt();
    registrar.network = 'frozen';
    await clock.advance(10);
    registrar.network = 'up';
    await turn();
    expect(outcome()).toEqual([]);
  });

  test('down: all connections drop, new ones and those that waited fail', async () => {
    const { registrar, outcome } = await setUp();
    registrar.network = 'frozen';
    const waiting = connect(registrar);
    registrar.network = 'down';
    await expect(waiting).rejects.toThrow('closed with 1006');
    expect([outcome(), registrar.connections, registrar.network]).toEqual([[1006], 0, 'down']);
    await expect(connect(registrar)).rejects.toThrow('closed with 1006');
    registrar.network = 'up';
    expect((await (await connect(registrar)).register()).status).toBe(200);
  });

  test('down right after a thaw: connections that waited fail as well', async () => {
    const { registrar } = await setUp();
    registrar.network = 'frozen';
    const waiting = connect(registrar);
    registrar.network = 'up';
    registrar.network = 'down';
    await expect(waiting).rejects.toThrow('closed with 1006');
  });

  test('holds for ports too', async () => {
    const registrar = createTestRegistrar();
    const { url, close } = await registrar.listen();
    try {
      registrar.network = 'down';
      await once(new WebSocket(url, ['sip']), 'error');
      registrar.network = 'frozen';
      const socket = new WebSocket(url, ['sip']);
      const opened = once(socket, 'open');
      // The port serves this one after it has seen the other.
      expect((await fetch(url.replace('ws:', 'http:'))).status).toBe(426);
      expect(registrar.connections).toBe(0);
      registrar.network = 'up';
      await opened;
      expect(registrar.connections).toBe(1);
    } finally {
      await close();
    }
  });

  test('of another name is refused', () => {
    const registrar = createTestRegistrar();
    expect(() => {
      registrar.network = 'slow';
    }).toThrow('network must be up, frozen, down');
    expect(registrar.network).toBe('up');
  });
});

describe('keep-alives', () => {
  test('pong: false leaves pings without an answer', async () => {
    const { socket, frames } = await setUp({ pong: false });
    socket.send('\r\n\r\n');
    await turn();
    expect(frames).toEqual([]);
  });
});

describe('the trace', () => {
  test('has every frame of every connection in order, both ways, unredacted', async () => {
    const messages = [];
    const trace = (message) => messages.push(message);
    const { registrar, socket, frames, attempt } = await setUp({ trace });
    await attempt();
    socket.send('\r\n\r\n');
    await turn();
    frames.length = 0;
    const other = await connect(registrar);
    await other.register({ callId: 'other' });
    registrar.next({ lose: 'answer' });
    await attempt();
    const starts = messages.map(({ direction, data, connection }) => [
      connection,
      direction,
      data.split('\r\n')[0],
    ]);
    const request = 'REGISTER sip:example.com SIP/2.0';
    expect(starts).toEqual([
      [1, 'out', request],
      [1, 'in', 'SIP/2.0 200 OK'],
      [1, 'out', ''],
      [1, 'in', ''],
      [2, 'out', request],
      [2, 'in', 'SIP/2.0 200 OK'],
      [1, 'out', request],
    ]);
    expect(messages[0].data).toBe(registrar.requests[0]);
  });
});

describe('parsedRequests', () => {
  test('reads names in any form, repeated rows, lists and bodies', async () => {
    const { registrar, socket } = await setUp();
    socket.send(
      [
        'MESSAGE sip:bob@example.com SIP/2.0',
        'v: SIP/2.0/WS a.invalid;branch=z9hG4bK1',
        'Via: SIP/2.0/WS b.invalid',
        'X-Note: one',
        '  two',
        'k: path, "a,b"',
        'Supported: gruu',
        'l: 5',
        '',
        'hello',
      ].join('\r\n'),
    );
    await turn();
    const [request] = registrar.parsedRequests;
    expect(request).toMatchObject({ method: 'MESSAGE', uri: 'sip:bob@example.com', body: 'hello' });
    expect(request.all('VIA')).toHaveLength(2);
    expect(request.header('x-note')).toBe('one two');
    expect(request.list('Supported')).toEqual(['path', '"a,b"', 'gruu']);
    expect(request.headers.map(([name]) => name)).toEqual([
      'via',
      'via',
      'x-note',
      'supported',
      'supported',
      'content-length',
    ]);
    expect([request.header('Contact'), request.all('Contact')]).toEqual([undefined, []]);
    expect(request.text).toBe(registrar.requests[0]);
  });

  test('reads what it can of a broken one', async () => {
    const { registrar, socket } = await setUp();
    socket.send('nonsense');
    await turn();
    expect(registrar.parsedRequests[0]).toMatchObject({ method: 'nonsense', uri: '', body: '' });
  });
});
