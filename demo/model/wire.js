const closed = 3;

/**
 * What lies between the client and its server, whichever that is. 'up': all is well. 'silent': connections open and the
 * server hears us, but its messages get lost. 'frozen': nothing comes through either way, not even new connections, until
 * it thaws. 'down': connections are cut and new ones are refused.
 */
export class Wire {
  #condition = 'up';
  #sockets = new Set();

  /** Wraps a WebSocket factory, as option `webSocket` of createClient() takes it. */
  through(connect) {
    return (url, protocols) => {
      const socket = new WireSocket(this, () => connect(url, protocols));
      this.#sockets.add(socket);
      // As a browser: what becomes of it is told later, when the handlers are set.
      Promise.resolve().then(() => socket.follow());
      return socket;
    };
  }

  get condition() {
    return this.#condition;
  }

  set condition(condition) {
    this.#condition = condition;
    for (const socket of [...this.#sockets]) socket.follow();
  }

  /** Cuts every connection, as when a network goes. */
  cut() {
    for (const socket of [...this.#sockets]) socket.lose();
  }

  forget(socket) {
    this.#sockets.delete(socket);
  }
}

/** A WebSocket that behaves as the wire's condition says. */
class WireSocket {
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  #wire;
  #connect;
  #inner = null;
  #binaryType = 'blob';
  #ended = false;
  /** What waits for the thaw: what came, as calls, and what is to go. */
  #arrived = [];
  #unsent = [];

  constructor(wire, connect) {
    this.#wire = wire;
    this.#connect = connect;
  }

  get readyState() {
    return this.#ended ? closed : (this.#inner?.readyState ?? 0);
  }

  get protocol() {
    return this.#inner?.protocol ?? '';
  }

  get bufferedAmount() {
    const waiting = this.#unsent.reduce((sum, data) => sum + (data.length ?? data.byteLength), 0);
    return waiting + (this.#inner?.bufferedAmount ?? 0);
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(type) {
    this.#binaryType = type;
    if (this.#inner) this.#inner.binaryType = type;
  }

  send(data) {
    if (this.#wire.condition === 'frozen') this.#unsent.push(data);
    else this.#inner.send(data);
  }

  close(code, reason) {
    if (this.#inner) this.#inner.close(code, reason);
    else this.lose();
  }

  /** Does what the wire's condition now asks for. */
  follow() {
    const { condition } = this.#wire;
    if (this.#ended || condition === 'frozen') return;
    if (condition === 'down') return this.lose();
    if (!this.#inner) this.#open();
    if (this.#ended) return;
    for (const data of this.#unsent.splice(0)) this.#inner.send(data);
    for (const tell of this.#arrived.splice(0)) tell();
  }

  /** Ends without a closing handshake; `error` is what the host threw, if it did. */
  lose(error) {
    if (this.#ended) return;
    this.#end();
    this.onerror?.({ type: 'error', target: this, error, message: error?.message });
    this.onclose?.({ type: 'close', target: this, code: 1006, reason: '', wasClean: false });
  }

  #open() {
    let inner;
    try {
      inner = this.#connect();
    } catch (error) {
      // A page on https may not open ws:, for example.
      return this.lose(error);
    }
    this.#inner = inner;
    inner.binaryType = this.#binaryType;
    inner.onopen = (event) => this.#arrive(() => this.onopen?.(event));
    inner.onerror = (event) => this.#arrive(() => this.onerror?.(event));
    inner.onmessage = (event) => {
      if (this.#wire.condition !== 'silent') this.#arrive(() => this.onmessage?.(event));
    };
    inner.onclose = (event) =>
      this.#arrive(() => {
        this.#end();
        this.onclose?.(event);
      });
  }

  #arrive(tell) {
    if (this.#wire.condition === 'frozen') this.#arrived.push(tell);
    else tell();
  }

  #end() {
    this.#ended = true;
    this.#wire.forget(this);
    const inner = this.#inner;
    if (!inner) return;
    inner.onopen = inner.onmessage = inner.onerror = inner.onclose = null;
    if (inner.readyState < 2) inner.close();
  }
}
