// The client's end of a WebSocket, complete enough for sipreg, JsSIP and SIP.js; the world holds the other end.

const decoder = new TextDecoder();
const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

/** When Linux takes a connection for broken whose other end acknowledges nothing (tcp_retries2). */
const lastRetransmissionMs = 924_600;

export class FaultSocket {
  static {
    Object.assign(this, states);
    Object.assign(this.prototype, states);
  }

  readyState = states.CONNECTING;
  protocol = '';
  extensions = '';
  bufferedAmount = 0;
  binaryType = 'blob';
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  /** Whether the server still has this connection, whatever the client thinks. */
  alive = false;
  /** Codes that close() was called with. */
  closes = [];
  #listeners = new Map();

  constructor(world, url, protocols) {
    this.world = world;
    this.url = String(url);
    this.protocols = [protocols].flat();
  }

  addEventListener(type, listener) {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  removeEventListener(type, listener) {
    const kept = (this.#listeners.get(type) ?? []).filter((each) => each !== listener);
    this.#listeners.set(type, kept);
  }

  send(data) {
    if (this.readyState === states.CONNECTING) throw new Error('InvalidStateError');
    if (this.readyState !== states.OPEN) return;
    const text = typeof data === 'string' ? data : decoder.decode(data);
    this.world.later(() => {
      if (this.alive) this.world.receive(text, this);
      else this.world.later(() => this.finish(1006), lastRetransmissionMs);
    });
  }

  close(code, reason = '') {
    this.closes.push(code);
    if (this.readyState >= states.CLOSING) return;
    const known = this.alive || this.readyState === states.CONNECTING;
    this.readyState = states.CLOSING;
    // A server that is gone answers no closing handshake; browsers give up after a minute.
    if (known) this.world.later(() => this.finish(code ?? 1005, reason));
    else this.world.later(() => this.finish(1006), 60_000);
  }

  // The server's side.

  open(protocol = 'sip') {
    if (this.readyState !== states.CONNECTING) return;
    this.alive = true;
    this.readyState = states.OPEN;
    this.protocol = protocol;
    this.#emit('open', {});
  }

  deliver(data) {
    if (this.readyState === states.OPEN) this.#emit('message', { data });
  }

  /** The connection could not be made: `error`, then `close` 1006. */
  refuse() {
    if (this.readyState !== states.CONNECTING) return;
    this.readyState = states.CLOSED;
    this.#emit('error', {});
    this.#emit('close', { code: 1006, reason: '', wasClean: false });
  }

  /** The same as Node 22 tells it: `error` and nothing else. */
  refuseSilently() {
    this.#emit('error', {});
  }

  finish(code = 1006, reason = '') {
    if (this.readyState === states.CLOSED) return;
    this.alive = false;
    this.readyState = states.CLOSED;
    this.#emit('close', { code, reason, wasClean: code !== 1006 });
  }

  /** The server forgets the connection, and the client is not told. */
  vanish() {
    this.alive = false;
  }

  #emit(type, rest) {
    const event = { type, target: this, currentTarget: this, ...rest };
    this[`on${type}`]?.(event);
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}
