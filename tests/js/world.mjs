// A client, a clock that only the test moves, and sockets whose other end the test holds.
import { createClient } from '../../dist/index.js';
import { reply } from '../../dist/testing.js';

/** One turn of the event loop: every microtask that was due has run then. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Both clocks and the timers of a Platform. */
export class FakeClock {
  wall = 1_700_000_000_000;
  steady = 5_000;
  timers = new Map();
  #lastTimer = 0;

  get platform() {
    return {
      now: () => this.wall,
      monotonic: () => this.steady,
      setTimeout: (callback, ms) => {
        if (!(ms >= 0 && ms <= 2 ** 31 - 1)) throw new Error(`setTimeout(${ms})`);
        this.timers.set(++this.#lastTimer, { at: this.steady + ms, callback });
        return this.#lastTimer;
      },
      clearTimeout: (timer) => {
        this.timers.delete(timer);
      },
    };
  }

  /** Lets that much time pass, timer by timer. */
  async advance(ms) {
    const end = this.steady + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end);
      if (due.length === 0) break;
      const [timer, { at, callback }] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.timers.delete(timer);
      this.#pass(Math.max(at - this.steady, 0));
      callback();
      await turn();
    }
    this.#pass(end - this.steady);
    await turn();
  }

  #pass(ms) {
    this.steady += ms;
    this.wall += ms;
  }
}

/** The client's end of a WebSocket; the test is the server. */
export class FakeSocket {
  readyState = 0;
  protocol = '';
  bufferedAmount = 0;
  binaryType = 'blob';
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  sent = [];
  /** Codes that close() was called with. */
  closes = [];
  /** Whether pings are answered, and kept out of what was sent. */
  answersPings = true;
  pings = 0;
  /** Whether close() is answered. */
  answersClose = true;

  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
  }

  open(protocol = 'sip') {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.({});
  }

  receive(data) {
    this.onmessage?.({ data });
  }

  error(event = {}) {
    this.onerror?.(event);
  }

  finish(code = 1006, reason = '') {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }

  send(data) {
    if (this.readyState === 0) throw new Error('InvalidStateError');
    if (data === '\r\n\r\n' && this.answersPings) {
      this.pings += 1;
      queueMicrotask(() => this.receive('\r\n'));
      return;
    }
    this.sent.push(data);
  }

  close(code) {
    this.closes.push(code);
    this.readyState = 2;
    if (this.answersClose) queueMicrotask(() => this.finish(code));
  }

  /** The frame that was sent last. */
  get last() {
    return this.sent.at(-1);
  }
}

/** The value of the first header of that name; undefined without one. */
export function header(frame, name) {
  const row = frame.split('\r\n').find((each) => each.startsWith(`${name}: `));
  return row?.slice(name.length + 2);
}

/** 200 that grants the request's own Contact. */
export function accept(frame, { expires = header(frame, 'Expires'), ...headers } = {}) {
  const contact = header(frame, 'Contact').replace(/;expires=\d+/, `;expires=${expires}`);
  return reply(frame, 200, 'OK', { Contact: contact, ...headers });
}

export function challenge(frame, nonce = 'n1', more = '') {
  return reply(frame, 401, 'Unauthorized', {
    'WWW-Authenticate': `Digest realm="example.com", nonce="${nonce}", qop="auth"${more}`,
  });
}

export const alice = {
  aor: 'sip:alice@example.com',
  credentials: { password: 'secret-marker' },
};

/** Everything that a registration says, in order: "statechange registering", "registered", … */
export function listen(registration, log = []) {
  const types = ['registered', 'refreshed', 'unregistered', 'failed', 'retry', 'warning'];
  registration.addEventListener('statechange', ({ detail }) => log.push(`state ${detail.state}`));
  for (const type of types) registration.addEventListener(type, () => log.push(type));
  return log;
}

export async function createWorld(options = {}) {
  const clock = new FakeClock();
  const sockets = [];
  const client = await createClient({
    server: 'wss://edge.example.com/ws?token=query-marker',
    webSocket: (url, protocols) => {
      const socket = new FakeSocket(url, protocols);
      sockets.push(socket);
      return socket;
    },
    storage: null,
    ...options,
    platform: { ...clock.platform, ...options.platform },
  });
  return {
    client,
    clock,
    sockets,
    get socket() {
      return sockets.at(-1);
    },
    /** A registration that is registered. */
    async registered(settings = {}) {
      const registration = client.createRegistration({ ...alice, ...settings });
      const done = registration.register();
      if (this.socket?.readyState !== 1) this.socket.open();
      this.socket.receive(challenge(this.socket.last));
      this.socket.receive(accept(this.socket.last));
      await done;
      return registration;
    },
  };
}
