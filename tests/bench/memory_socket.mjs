// The network of the benchmark: WebSockets in memory with a scripted registrar
// behind them. All libraries run on the same class, each through its own
// WebSocket transport. An answer is delivered in a microtask.

/** What every socket of this process is connected to. */
export const server = {
  /** Every message that was sent, when set to an array. */
  recording: null,
  /** Called when a client has taken a 2xx. */
  onsuccess: null,
};

export class MemoryWebSocket {
  static CONNECTING = 0;
  static OPEN = 1;
  static CLOSING = 2;
  static CLOSED = 3;
  CONNECTING = 0;
  OPEN = 1;
  CLOSING = 2;
  CLOSED = 3;

  readyState = MemoryWebSocket.CONNECTING;
  protocol = 'sip';
  bufferedAmount = 0;
  binaryType = 'arraybuffer';
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;

  constructor(url) {
    this.url = String(url);
    queueMicrotask(() => {
      this.readyState = MemoryWebSocket.OPEN;
      this.onopen?.({ type: 'open' });
    });
  }

  // One listener a type is all that SIP.js needs.
  addEventListener(type, listener) {
    this[`on${type}`] = listener;
  }

  removeEventListener(type) {
    this[`on${type}`] = null;
  }

  send(data) {
    server.recording?.push(data);
    const answer = respond(data);
    if (answer !== null) queueMicrotask(() => this.#deliver(answer));
  }

  #deliver(answer) {
    this.onmessage?.({ type: 'message', data: answer });
    if (server.onsuccess !== null && answer.startsWith('SIP/2.0 200')) server.onsuccess();
  }

  close(code = 1000, reason = '') {
    if (this.readyState >= MemoryWebSocket.CLOSING) return;
    this.readyState = MemoryWebSocket.CLOSED;
    queueMicrotask(() => this.onclose?.({ type: 'close', code, reason, wasClean: true }));
  }
}

const decoder = new TextDecoder();
let nonces = 0;

/**
 * A registrar reduced to what a client can see: it challenges a request without
 * credentials, takes any credentials (no nonce count is checked, so that a
 * client that replays its credentials is spared the second round trip) and
 * grants what is asked for.
 */
function respond(data) {
  const request = typeof data === 'string' ? data : decoder.decode(data);
  if (!request.startsWith('REGISTER ')) return request === '\r\n\r\n' ? '\r\n' : null;
  const head =
    line(request, '\r\nVia: ') +
    line(request, '\r\nFrom: ') +
    line(request, '\r\nTo: ') +
    ';tag=37GkEhwl6' +
    line(request, '\r\nCall-ID: ') +
    line(request, '\r\nCSeq: ');
  return flat(
    request.includes('\r\nAuthorization: ')
      ? `SIP/2.0 200 OK${head}${binding(request)}\r\nContent-Length: 0\r\n\r\n`
      : `SIP/2.0 401 Unauthorized${head}\r\nWWW-Authenticate: Digest realm="example.com", nonce="${nonce()}", algorithm=MD5, qop="auth"\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** The header line of that name, from the line break before it. */
function line(request, name) {
  const start = request.indexOf(name);
  if (start < 0) return '';
  return request.slice(start, request.indexOf('\r\n', start + name.length));
}

function binding(request) {
  const contact = line(request, '\r\nContact: ');
  if (contact === '\r\nContact: *' || /expires[=:] ?0\b/i.test(request)) return '';
  return contact.includes(';expires=') ? contact : `${contact};expires=600`;
}

function nonce() {
  return (++nonces).toString(16).padStart(32, '0');
}

/** As a socket delivers it: a string in one piece, not a tree of concatenations. */
function flat(text) {
  text.charCodeAt(0);
  return text;
}
