// The faults of tests/faults.md that need a real socket: which server, what the client does, and what must come of it.
import { challenged } from '../js/acceptance/digest.mjs';
import { answer, granted } from '../js/acceptance/messages.mjs';
import { closing, frame, opcodes } from './servers.mjs';

const lost = { code: ['transport'] };
/** As `lost`, of a handshake: no host says what the server answered. */
const hidden = { code: ['transport'], says: /Platforms hide why/ };
/** Where the host itself looks at the subprotocol it is a failed connection, else it is ours to refuse. */
const notSip = { code: ['transport', 'protocol'] };

/** The first connection is bad, those after it are good. */
const once = (act) => (socket, number) => (number === 1 ? act(socket) : undefined);

/** The same for a request: it goes unanswered on the first connection. */
const unanswered = (act) => (_, socket, number) => {
  if (number > 1) return undefined;
  act(socket);
  return null;
};

const later = (act) => once((socket) => setTimeout(() => act(socket), 300));

const flood = (count, make) => (request, socket, number) => {
  if (number === 1) for (let n = 0; n < count; n += 1) socket.send(make(n));
  return granted(request);
};

/** The 200 waits for the pong to a ping; a pong and an empty message came before. */
function afterPong() {
  let waiting;
  return {
    received(request, socket) {
      waiting = request;
      for (const blank of ['\r\n', '', '\r\n\r\n']) socket.send(blank);
      return null;
    },
    ponged: (socket) => socket.send(granted(waiting)),
  };
}

/** The first connection stops reading at a ping and is given up; beside the second one it has news. */
function twoLives() {
  let old;
  return {
    pinged: once((socket) => {
      socket.tcp.pause();
      old = socket;
    }),
    connected(_, number) {
      if (number !== 2) return;
      for (const each of ['SIP/2.0 200 OK\r\n\r\n', '\r\n\r\n'])
        old.tcp.write(frame(opcodes.text, each));
      setTimeout(() => old.tcp.write(frame(opcodes.close, closing(1011))), 100);
    },
  };
}

/**
 * flows: how many connections it takes. alone: not beside others, as it holds the process up.
 * do: 'register' (default) calls it, 'recover' waits besides until it is registered again, 'hold' stays for a while,
 * 'refresh' refreshes when the fault is there, within `refreshMs`. `rest`: how long it is looked at afterwards. `spoil`: what
 * becomes of the client's first socket before that. `ends`: codes of the call, none where it succeeds.
 */
export const cases = [
  { name: 'fault 1 refused', server: (s) => s.refused(), ends: hidden },
  {
    name: 'fault 2 a name that cannot be resolved',
    server: () => 'ws://registrar.invalid/',
    options: { allowInsecure: true, connectTimeoutMs: 20_000 },
    ends: hidden,
  },
  { name: 'fault 3 404', server: (s) => s.status(404), ends: hidden },
  {
    name: 'fault 3 401',
    server: (s) => s.status(401, { 'WWW-Authenticate': 'Basic' }),
    ends: hidden,
  },
  {
    name: 'fault 3 302',
    server: (s) => s.status(302, { Location: 'ws://127.0.0.1:9/' }),
    ends: hidden,
  },
  { name: 'fault 3 no TLS', server: (s) => s.withoutTls(), ends: hidden },
  {
    name: 'fault 5 the handshake hangs',
    server: (s) => s.silent(),
    options: { connectTimeoutMs: 300 },
    ends: { code: ['timeout'] },
  },
  { name: 'fault 6 no subprotocol', server: (s) => s.registrar({ protocol: false }), ends: notSip },
  {
    name: 'fault 7 another subprotocol',
    server: (s) => s.registrar({ protocol: 'xmpp' }),
    ends: notSip,
  },
  {
    name: 'fault 8 RST in place of the answer',
    server: (s) =>
      s.registrar({
        received: unanswered((socket) => socket.tcp.resetAndDestroy()),
      }),
    ends: lost,
    do: 'recover',
    flows: 2,
  },
  {
    name: 'fault 8 FIN in place of the answer',
    server: (s) => s.registrar({ received: unanswered((socket) => socket.tcp.end()) }),
    ends: lost,
    do: 'recover',
    flows: 2,
  },
  {
    name: 'fault 9 FIN behind the challenge',
    server: (s) =>
      s.registrar({
        received(request, socket, number) {
          if (number > 1) return granted(request);
          if (request.one('Authorization') === undefined) {
            socket.send(challenged(request, { algorithm: 'MD5', qop: 'auth' }));
            socket.tcp.end();
          }
          return null;
        },
      }),
    ends: lost,
    do: 'recover',
    flows: 2,
  },
  ...[1000, 1001, 1011, 1012, 1013].map((code) => ({
    name: `fault 10 closed with ${code}`,
    server: (s) => s.registrar({ connected: later((socket) => socket.close(code)) }),
    do: 'recover',
    flows: 2,
    told: code,
  })),
  ...[1008, 4001].map((code) => ({
    name: `fault 10 closed with ${code}: no hurry to come back`,
    server: (s) => s.registrar({ connected: later((socket) => socket.close(code)) }),
    do: 'hold',
    told: code,
    state: 'waiting',
    connects: 1,
  })),
  {
    name: 'fault 11 a close frame and no end of the connection',
    server: (s) =>
      s.registrar({
        connected: later((socket) => {
          socket.tcp.write(frame(opcodes.close, closing(1001)));
          socket.tcp.removeAllListeners('data');
          socket.tcp.pause();
        }),
      }),
    do: 'refresh',
    // Not the half minute that ws waits, nor for ever as the global WebSocket does.
    refreshMs: 6000,
    flows: 2,
  },
  {
    name: 'fault 12 fault 14 the server stops reading: close() ends all the same',
    server: (s) =>
      s.registrar({
        connected: later((socket) => socket.tcp.pause()),
      }),
    do: 'hold',
    state: 'registered',
  },
  {
    name: 'fault 13 accepts and closes again and again',
    server: (s) =>
      s.registrar({
        connected: (socket) => setTimeout(() => socket.close(1001), 20),
        received: () => null,
      }),
    options: { reconnect: { baseMs: 1000 } },
    ends: lost,
    do: 'hold',
    atMost: 4,
  },
  {
    name: 'fault 14 half open: found by the ping that nobody answers',
    server: (s) => s.registrar({ pinged: once((socket) => socket.tcp.pause()) }),
    options: { keepAlive: { intervalMs: 100, pongTimeoutMs: 300 } },
    do: 'recover',
    flows: 2,
  },
  {
    name: 'fault 15 send() throws',
    server: (s) => s.registrar(),
    spoil: 'throws',
    do: 'refresh',
    refreshMs: 6000,
    flows: 2,
  },
  {
    name: 'fault 15 the server reads no more, and the send buffer is full',
    server: (s) => s.registrar({ connected: later((socket) => socket.tcp.pause()) }),
    spoil: 'full',
    do: 'refresh',
    refreshMs: 6000,
    flows: 2,
  },
  {
    name: 'fault 16 news of a connection that was given up',
    server: (s) => s.registrar(twoLives()),
    options: { keepAlive: { intervalMs: 100, pongTimeoutMs: 300 } },
    do: 'recover',
    flows: 2,
    rest: 1000,
    state: 'registered',
    connects: 2,
    dropped: 0,
  },
  {
    name: 'fault 17 SIP in binary messages',
    server: (s) => s.registrar({ received: (request) => Buffer.from(granted(request)) }),
    dropped: 0,
  },
  {
    name: 'fault 18 text that is no UTF-8',
    server: (s) =>
      s.registrar({
        received: unanswered((socket) =>
          socket.tcp.write(frame(opcodes.text, [0xff, 0xfe, 0xc0, 0x80])),
        ),
      }),
    ends: lost,
    do: 'recover',
    flows: 2,
  },
  {
    name: 'fault 18 a masked frame',
    server: (s) =>
      s.registrar({
        received: unanswered((socket) =>
          socket.tcp.write(frame(opcodes.text, 'SIP/2.0 200 OK\r\n\r\n', { masked: true })),
        ),
      }),
    ends: lost,
    do: 'recover',
    flows: 2,
  },
  {
    name: 'fault 19 one SIP message in two WebSocket messages, before the answer',
    server: (s) =>
      s.registrar({
        received(request, socket) {
          const whole = granted(request);
          for (const half of [whole.slice(0, 150), whole.slice(150)]) socket.send(half);
          return whole;
        },
      }),
    dropped: 2,
  },
  {
    name: 'fault 20 two SIP messages in one WebSocket message',
    server: (s) =>
      s.registrar({
        received: (request) => answer(request, 100, 'Trying') + granted(request),
      }),
    dropped: 0,
    warning: 'several-messages',
  },
  {
    name: 'fault 21 the answer waits for a pong, behind a pong and an empty message',
    server: (s) => s.registrar(afterPong()),
    dropped: 0,
  },
  {
    name: 'fault 22 a message of 5 MB before the answer',
    server: (s) => s.registrar({ received: flood(1, () => 'x'.repeat(5_000_000)) }),
    // ws is told the longest message, and closes; elsewhere it is dropped on arrival.
    ends: { code: ['transport', undefined] },
    do: 'recover',
  },
  {
    name: 'fault 23 a thousand messages of garbage before the answer',
    server: (s) => s.registrar({ received: flood(1000, (n) => `garbage ${n} <>"\r\n\r\n`) }),
    dropped: 1000,
  },
  {
    name: 'fault 24 a compressed message that unpacks to 60 MB',
    server: (s) =>
      s.registrar({ deflate: true, received: flood(1, () => Buffer.alloc(60_000_000, 'x')) }),
    ends: { code: ['transport', undefined] },
    alone: true,
    do: 'recover',
  },
];
