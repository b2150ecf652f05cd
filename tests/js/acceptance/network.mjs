// Sockets in memory, with a server behind them that a test scripts.
import { parse } from './messages.mjs';

const decoder = new TextDecoder();

export class FakeSocket {
  readyState = 0;
  protocol = '';
  bufferedAmount = 0;
  binaryType = 'blob';
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  /** What was sent, as it was given to send(). */
  frames = [];
  /** The SIP requests among it, taken apart. */
  requests = [];
  /** The responses among it. */
  responses = [];
  /** How many pings (RFC 5626 §3.5.1) were answered; those are not among the frames. */
  pings = 0;
  /** What close() was called with. */
  closeCalls = [];

  constructor(network, url, protocols) {
    this.network = network;
    this.url = url;
    this.protocols = protocols;
  }

  send(data) {
    if (this.readyState !== 1) throw new Error(`send() with readyState ${this.readyState}`);
    if (data === '\r\n\r\n' && this.network.answersPings) {
      this.pings += 1;
      queueMicrotask(() => this.receive('\r\n'));
      return;
    }
    this.frames.push(data);
    const text = typeof data === 'string' ? data : decoder.decode(data);
    if (text.trim() === '') return;
    const message = parse(text);
    if (message.status !== undefined) {
      this.responses.push(message);
      return;
    }
    this.requests.push(message);
    this.network.requests.push(message);
    queueMicrotask(() => {
      const reply = this.network.handler(message, this);
      for (const frame of [reply].flat()) if (frame !== undefined) this.receive(frame);
    });
  }

  close(code, reason) {
    this.closeCalls.push({ code, reason });
    if (this.readyState >= 2) return;
    this.readyState = 2;
    if (this.network.closeAnswered) queueMicrotask(() => this.closed(code ?? 1005, reason ?? ''));
  }

  // The server's side.

  open(protocol = 'sip') {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen?.({ type: 'open' });
  }

  receive(data) {
    if (this.readyState === 1) this.onmessage?.({ type: 'message', data });
  }

  /** The connection could not be made: `error`, then `close` 1006. */
  refuse() {
    if (this.readyState !== 0) return;
    this.readyState = 3;
    this.onerror?.({ type: 'error' });
    this.onclose?.({ type: 'close', code: 1006, reason: '', wasClean: false });
  }

  /** As Node 22's global WebSocket does it: `error` and nothing else. */
  refuseSilently() {
    this.onerror?.({ type: 'error' });
  }

  closed(code = 1006, reason = '') {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ type: 'close', code, reason, wasClean: code !== 1006 });
  }
}

export class Network {
  sockets = [];
  /** The requests of all sockets, in order. */
  requests = [];
  /** (request, socket) => frame, frames or undefined. */
  handler = () => undefined;
  /** What becomes of a new socket: (socket, number) => void, run as a microtask. Default: it opens. */
  connect = (socket) => socket.open();
  /** false: a socket that was closed by the client stays in CLOSING. */
  closeAnswered = true;
  /** false: pings are frames like others, and nobody answers them. */
  answersPings = true;

  webSocket = (url, protocols) => {
    const socket = new FakeSocket(this, url, protocols);
    this.sockets.push(socket);
    const number = this.sockets.length;
    queueMicrotask(() => this.connect(socket, number));
    return socket;
  };

  /** The newest socket. */
  get socket() {
    return this.sockets.at(-1);
  }

  /** The newest request. */
  get last() {
    return this.requests.at(-1);
  }
}
