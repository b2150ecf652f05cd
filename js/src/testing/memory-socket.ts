import type { WebSocketLike } from '../types.js';
import { maxFrameLength, subprotocol, type Flow, type FlowListener } from './flow.js';

type Handler = ((event: unknown) => unknown) | null;

const states = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

const types = ['open', 'message', 'error', 'close'] as const;

const settled = Promise.resolve();

/** Runs `task` as a microtask of its own. Not queueMicrotask: fake clocks of test frameworks replace that one. */
function soon(task: () => void): void {
  void settled.then(task);
}

function fault(message: string, name: string): DOMException {
  return new DOMException(message, name);
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data))
    return new TextDecoder().decode(data);
  throw new TypeError('send() of the in-memory socket takes a string, an ArrayBuffer or a view');
}

/**
 * A WebSocket whose other end is the registrar in the same process. It behaves as a browser's does: opens, delivers and
 * closes asynchronously (in microtasks, which no fake clock holds up), throws InvalidStateError and InvalidAccessError where
 * a browser throws, and fails when the `sip` subprotocol is not offered (RFC 7118 §4.1).
 */
export class MemorySocket extends EventTarget implements WebSocketLike {
  static readonly CONNECTING = states.connecting;
  static readonly OPEN = states.open;
  static readonly CLOSING = states.closing;
  static readonly CLOSED = states.closed;
  readonly CONNECTING = states.connecting;
  readonly OPEN = states.open;
  readonly CLOSING = states.closing;
  readonly CLOSED = states.closed;
  readonly url: string;
  readonly extensions = '';
  binaryType = 'blob';
  onopen: Handler = null;
  onmessage: Handler = null;
  onerror: Handler = null;
  onclose: Handler = null;

  readonly #listener: FlowListener;
  readonly #flow: Flow;
  #state: 0 | 1 | 2 | 3 = states.connecting;
  #protocol = '';
  #buffered = 0;

  constructor(url: string, protocols: string | string[], listener: FlowListener) {
    super();
    this.url = url;
    this.#listener = listener;
    for (const type of types) {
      this.addEventListener(type, (event) => {
        this[`on${type}`]?.(event);
      });
    }
    this.#flow = {
      send: (frame) => {
        this.#receive(frame);
      },
      drop: (code) => {
        this.#listener.closed(this.#flow);
        // In a microtask, thus after the frames that the registrar sent before.
        soon(() => {
          this.#finish(code, '', code !== 1006);
        });
      },
    };
    const offered = [protocols].flat().includes(subprotocol);
    void listener.admit().then((admitted) => {
      this.#open(offered && admitted);
    });
  }

  get readyState(): number {
    return this.#state;
  }

  get protocol(): string {
    return this.#protocol;
  }

  /** What was sent and has not reached the registrar yet: UTF-16 units of text, bytes of binary frames. */
  get bufferedAmount(): number {
    return this.#buffered;
  }

  send(data: unknown): void {
    if (this.#state === states.connecting) {
      throw fault('send() before the socket is open', 'InvalidStateError');
    }
    const frame = textOf(data);
    this.#buffered += frame.length;
    if (this.#state !== states.open) return;
    soon(() => {
      this.#buffered -= frame.length;
      if (this.#state === states.closed) return;
      if (frame.length > maxFrameLength) this.#flow.drop(1009);
      else this.#listener.received(this.#flow, frame);
    });
  }

  close(code?: number, reason = ''): void {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw fault(`close(${code}): 1000 or 3000 to 4999 is allowed`, 'InvalidAccessError');
    }
    if (new TextEncoder().encode(reason).length > 123) {
      throw fault('close(): the reason is longer than 123 bytes', 'SyntaxError');
    }
    if (this.#state === states.connecting) {
      this.#fail();
    } else if (this.#state === states.open) {
      this.#state = states.closing;
      // In a microtask, thus after the frames that were sent before.
      soon(() => {
        this.#finish(code ?? 1005, reason, true);
      });
    }
  }

  #open(taken: boolean): void {
    if (this.#state !== states.connecting) return;
    if (!taken) {
      this.#fail();
      return;
    }
    this.#state = states.open;
    this.#protocol = subprotocol;
    this.#listener.opened(this.#flow);
    this.#fire('open');
  }

  #receive(frame: string): void {
    soon(() => {
      if (this.#state !== states.open) return;
      this.#fire('message', { data: frame });
    });
  }

  #fail(): void {
    this.#state = states.closing;
    soon(() => {
      this.#fire('error');
    });
    this.#finish(1006, '', false);
  }

  #finish(code: number, reason: string, wasClean: boolean): void {
    if (this.#state === states.closed) return;
    this.#state = states.closed;
    this.#listener.closed(this.#flow);
    soon(() => {
      this.#fire('close', { code, reason, wasClean });
    });
  }

  /** Not every host has MessageEvent and CloseEvent. */
  #fire(type: (typeof types)[number], more: object = {}): void {
    this.dispatchEvent(Object.assign(new Event(type), more));
  }
}

/** What makes sockets to one registrar: it can be called, and it can stand in for the class `WebSocket`. */
export interface MemoryWebSocket {
  /** As `new` does. */
  (url: string | URL, protocols?: string | string[]): WebSocketLike & EventTarget;
  /** A socket that is being opened. Without `sip` among the protocols it fails. */
  new (url: string | URL, protocols?: string | string[]): WebSocketLike & EventTarget;
  /** A `readyState`, as sockets have it too. */
  readonly CONNECTING: 0;
  /** A `readyState`. */
  readonly OPEN: 1;
  /** A `readyState`. */
  readonly CLOSING: 2;
  /** A `readyState`. */
  readonly CLOSED: 3;
}

/** A function where a class could not be called without `new`. */
export function memoryWebSocket(listener: FlowListener): MemoryWebSocket {
  function webSocket(url: string | URL, protocols: string | string[] = []): MemorySocket {
    return new MemorySocket(String(url), protocols, listener);
  }
  webSocket.prototype = MemorySocket.prototype;
  const { CONNECTING, OPEN, CLOSING, CLOSED } = MemorySocket;
  return Object.assign(webSocket, {
    CONNECTING,
    OPEN,
    CLOSING,
    CLOSED,
  }) as unknown as MemoryWebSocket;
}
