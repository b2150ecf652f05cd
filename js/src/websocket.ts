import { RegistrationError } from './errors.js';
import { nothing, within } from './promises.js';
import type { Endpoint } from './server.js';
import type { Frame } from './session.js';
import type { Platform, WebSocketLike } from './types.js';

export type SocketFactory = (url: string, protocols: string[]) => WebSocketLike;

/** What a socket tells its owner. After lost() nothing more comes. */
export interface SocketOwner {
  opened(socket: Socket, subprotocol: boolean): void;
  received(socket: Socket, frame: Frame): void;
  /** `code` is the WebSocket close code, 1006 when there is none; `detail` is the platform's text, mostly empty. */
  lost(socket: Socket, code: number, detail: string, cause?: unknown): void;
}

const subprotocol = 'sip'; // RFC 7118 §4.1
const normalClosure = 1000;
const abnormalClosure = 1006;
/** More than this in the send buffer: the other end does not read any more. */
const fullBuffer = 1 << 20;
/** `ws` closes on longer messages before it has buffered them; without a limit it takes 100 MiB. */
const maxPayload = 1 << 20;

/** The platform's WebSocket, else the one of the package `ws`. Rejects with code 'unsupported' when there is neither. */
export async function defaultFactory(): Promise<SocketFactory> {
  if (typeof globalThis.WebSocket === 'function') {
    return (url, protocols) => new globalThis.WebSocket(url, protocols);
  }
  try {
    const { WebSocket } = await import('ws');
    return (url, protocols) => new WebSocket(url, protocols, { maxPayload });
  } catch (cause) {
    throw new RegistrationError(
      'This host has no WebSocket. On Node 20 install the package ws, or give option webSocket.',
      { code: 'unsupported', cause },
    );
  }
}

/**
 * One WebSocket from its opening to its end, the same on every platform: some report a failure as error and close, some
 * as error alone, some as close alone; some never finish closing. Whichever comes first counts, and the rest is ignored.
 */
export class Socket {
  endpoint: Endpoint | null = null;
  #webSocket: WebSocketLike | null = null;
  #open = false;

  constructor(
    readonly flow: number,
    readonly owner: SocketOwner,
  ) {}

  /** Throws what the factory throws. */
  open(factory: SocketFactory, endpoint: Endpoint): void {
    this.endpoint = endpoint;
    const webSocket = factory(endpoint.url, [subprotocol]);
    webSocket.binaryType = 'arraybuffer';
    this.#webSocket = webSocket;
    webSocket.onopen = () => {
      this.#open = true;
      this.owner.opened(this, webSocket.protocol.toLowerCase() === subprotocol);
    };
    webSocket.onmessage = (event: { data: unknown }) => {
      this.owner.received(this, toFrame(event.data));
    };
    webSocket.onerror = (event?: { message?: unknown; error?: unknown }) => {
      const detail = typeof event?.message === 'string' ? event.message : '';
      this.#fail(abnormalClosure, detail, event?.error);
    };
    webSocket.onclose = (event?: { code?: number; reason?: string }) => {
      this.#fail(event?.code ?? abnormalClosure, event?.reason ?? '');
    };
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Open, and of a platform that may say nothing of a close until the connection below has ended. */
  get mayHang(): boolean {
    return this.#open && isSilentInClosing(this.#webSocket);
  }

  /** It was open, and has begun to close. */
  get hangs(): boolean {
    return this.#open && (this.#webSocket?.readyState ?? 0) > 1;
  }

  /** False when it cannot be sent; then the socket is of no use any more. */
  send(frame: Frame): boolean {
    const webSocket = this.#webSocket;
    if (webSocket === null || webSocket.readyState > 1) return false;
    if (webSocket.bufferedAmount > fullBuffer) return false;
    try {
      webSocket.send(frame);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Closes it, after which its owner hears nothing. Resolves when it is closed, or given up because it does not close: some
   * platforms wait for the other end's goodbye for a minute or for ever.
   */
  retire(platform: Platform): Promise<void> {
    const webSocket = this.#webSocket;
    if (webSocket === null) return Promise.resolve();
    const closed = new Promise<void>((resolve) => {
      this.#silence(webSocket, resolve);
      // One that was not open yet has nobody to say goodbye to, and not every platform tells its end.
      if (!this.#open || webSocket.readyState > 2) resolve();
      close(webSocket);
    });
    return within(platform, closed).then((inTime) => {
      if (!inTime) (webSocket as { terminate?: () => void }).terminate?.();
    });
  }

  #fail(code: number, detail: string, cause?: unknown): void {
    const webSocket = this.#webSocket;
    if (webSocket !== null) {
      this.#silence(webSocket);
      close(webSocket);
    }
    this.owner.lost(this, code, detail, cause);
  }

  /** `ws` throws errors that nobody listens to, so the handlers stay and do nothing. */
  #silence(webSocket: WebSocketLike, ended: () => void = nothing): void {
    webSocket.onopen = webSocket.onmessage = null;
    webSocket.onerror = webSocket.onclose = ended;
  }
}

/** Node's own does so. Browsers end it themselves after some seconds, and so does `ws`. */
function isSilentInClosing(webSocket: WebSocketLike | null): boolean {
  const { WebSocket, document, WorkerGlobalScope } = globalThis as Record<string, unknown>;
  if (document !== undefined || WorkerGlobalScope !== undefined) return false;
  return typeof WebSocket === 'function' && webSocket instanceof WebSocket;
}

function close(webSocket: WebSocketLike): void {
  try {
    if (webSocket.readyState < 2) webSocket.close(normalClosure);
  } catch {
    // It is given up either way.
  }
}

/** Text as it is; bytes whatever their realm. What is neither becomes an empty message, which the core ignores. */
function toFrame(data: unknown): Frame {
  if (typeof data === 'string') return data;
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const length = (data as { byteLength?: unknown } | null)?.byteLength;
  return typeof length === 'number' ? new Uint8Array(data as ArrayBuffer) : '';
}
