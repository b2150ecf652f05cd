import type { WebSocketLike } from '../types.js';
import { maxFrameLength, subprotocol, type Flow, type FlowListener } from './flow.js';

type Handler = ((event: unknown) => unknown) | null;

const states = { connecting: 0, open: 1, closing: 2, closed: 3 } as const;

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
 * A WebSocket whose other end is the registrar in the same process. It behaves as a browser's does, with `on…` handlers
 * only: opens, delivers and closes asynchronously (in microtasks, which no fake clock holds up), throws InvalidStateError
 * and InvalidAccessError where a browser throws, and fails when the `sip` subprotocol is not offered (RFC 7118 §4.1).
 */
export class MemorySocket implements WebSocketLike {
  readonly url: string;
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
    this.url = url;
    this.#listener = listener;
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
    this.onopen?.({ type: 'open', target: this });
  }

  #receive(frame: string): void {
    soon(() => {
      if (this.#state !== states.open) return;
      this.onmessage?.({ type: 'message', target: this, data: frame });
    });
  }

  #fail(): void {
    this.#state = states.closing;
    soon(() => {
      this.onerror?.({ type: 'error', target: this });
    });
    this.#finish(1006, '', false);
  }

  #finish(code: number, reason: string, wasClean: boolean): void {
    if (this.#state === states.closed) return;
    this.#state = states.closed;
    this.#listener.closed(this.#flow);
    soon(() => {
      this.onclose?.({ type: 'close', target: this, code, reason, wasClean });
    });
  }
}
