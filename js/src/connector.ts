import { isThenable } from './promises.js';
import { toEndpoint, type Endpoint, type Server } from './server.js';
import type { Frame } from './session.js';
import type { Platform } from './types.js';
import { Socket, type SocketFactory, type SocketOwner } from './websocket.js';

/** What the connector tells of the flows that it was asked for. */
export interface FlowEvents {
  flowOpened(flow: number, endpoint: Endpoint, subprotocol: boolean): void;
  flowReceived(flow: number, frame: Frame): void;
  flowLost(flow: number, code: number): void;
}

const abnormalClosure = 1006;

/** Of a query: fewer characters are no token, and may stand anywhere. */
const shortestSecret = 8;

/** Whether an error, which may be anything, shows the secret. */
function tells(error: unknown, secret: string): boolean {
  try {
    const { stack, cause } = (error ?? {}) as Error;
    return [error, stack, cause].join(' ').includes(secret);
  } catch {
    return true; // it has no text
  }
}

/** The client's sockets by flow: opens them, and asks the functions among the servers for their addresses. */
export class Connector implements SocketOwner {
  readonly #servers: Server[];
  readonly #allowInsecure: boolean;
  readonly #platform: Platform;
  readonly #factory: SocketFactory;
  readonly #events: FlowEvents;
  readonly #sockets = new Map<number, Socket>();
  readonly #retiring = new Set<Promise<void>>();
  /** Public address last used for each server. */
  readonly #urls: string[];
  /** Why the last socket was lost, in the platform's words; mostly empty. */
  reason = '';
  cause: unknown;
  /** Where that was. */
  lostUrl = '';

  constructor(
    { servers, allowInsecure }: { servers: Server[]; allowInsecure: boolean },
    factory: SocketFactory,
    platform: Platform,
    events: FlowEvents,
  ) {
    this.#platform = platform;
    this.#servers = servers;
    this.#allowInsecure = allowInsecure;
    this.#factory = factory;
    this.#events = events;
    this.#urls = servers.map((each) => (typeof each === 'function' ? '' : each.publicUrl));
  }

  url(server: number): string {
    return this.#urls[server] ?? '';
  }

  urlOf(flow: number): string {
    return this.#sockets.get(flow)?.endpoint?.publicUrl ?? '';
  }

  connect(flow: number, server: number): void {
    const socket = new Socket(flow, this);
    this.#sockets.set(flow, socket);
    const source = this.#servers[server];
    const open = (value: unknown): void => {
      if (this.#sockets.get(flow) !== socket) return; // given up meanwhile
      const endpoint = typeof source === 'object' ? source : toEndpoint(value, this.#allowInsecure);
      this.#urls[server] = endpoint.publicUrl;
      socket.open(this.#factory, endpoint);
    };
    const fail = (cause: unknown): void => {
      const reason = socket.endpoint ? '' : 'the server function gave no usable address';
      // In a turn of its own: who tries again at once would let nothing else run. A clock that only a test moves is not
      // waited for.
      const tell = (): void => {
        this.#platform.clearTimeout(timer);
        this.lost(socket, abnormalClosure, reason, cause);
      };
      const timer = this.#platform.setTimeout(tell, 0);
      globalThis.setTimeout(tell);
    };
    try {
      const value = typeof source === 'function' ? source() : undefined;
      if (isThenable(value)) value.then(open).then(undefined, fail);
      else open(value);
    } catch (cause) {
      fail(cause);
    }
  }

  send(flow: number, frame: Frame): void {
    const socket = this.#sockets.get(flow);
    if (socket === undefined || socket.send(frame)) return;
    this.#giveUp(socket, 'the socket takes no more data');
  }

  disconnect(flow: number): void {
    const socket = this.#sockets.get(flow);
    if (socket === undefined) return;
    this.#sockets.delete(flow);
    this.#retire(socket);
  }

  /** Loses every socket that is open; one that is being opened has its own deadline. */
  abandon(reason: string): void {
    for (const socket of [...this.#sockets.values()].filter(({ isOpen }) => isOpen)) {
      this.#giveUp(socket, reason);
    }
  }

  /** Whether check() has to be called now and then. */
  get mayHang(): boolean {
    return [...this.#sockets.values()].some(({ mayHang }) => mayHang);
  }

  /** Loses the sockets that close and do not say so. */
  check(): void {
    for (const socket of this.#sockets.values()) {
      if (socket.hangs) this.#giveUp(socket, 'the other end closes and does not finish it');
    }
  }

  /** Ends every socket; resolves when they are closed or given up. */
  async close(): Promise<void> {
    for (const flow of this.#sockets.keys()) this.disconnect(flow);
    await Promise.all(this.#retiring);
  }

  #giveUp(socket: Socket, reason: string): void {
    this.#retire(socket);
    this.lost(socket, abnormalClosure, reason);
  }

  #retire(socket: Socket): void {
    const retired = socket.retire(this.#platform).then(() => {
      this.#retiring.delete(retired);
    });
    this.#retiring.add(retired);
  }

  opened(socket: Socket, subprotocol: boolean): void {
    if (socket.endpoint) this.#events.flowOpened(socket.flow, socket.endpoint, subprotocol);
  }

  received(socket: Socket, frame: Frame): void {
    this.#events.flowReceived(socket.flow, frame);
  }

  lost(socket: Socket, code: number, reason: string, cause?: unknown): void {
    if (!this.#sockets.delete(socket.flow)) return;
    const { endpoint } = socket;
    // What an address carries besides, a token in its query above all, stays out of events and errors.
    // Platforms spell the rest of the address as they like.
    const url = endpoint?.url ?? '';
    const queries = endpoint ? [url.slice(endpoint.publicUrl.length), new URL(url).search] : [];
    this.reason = reason;
    this.cause = cause;
    for (const query of queries.filter((each) => each.length > 1)) {
      this.reason = this.reason.replaceAll(query, '');
      // A word of a few letters stands in many places.
      const secret = query.length > shortestSecret ? query.slice(1) : query;
      this.reason = this.reason.replaceAll(secret, '…');
      if (tells(cause, secret)) this.cause = undefined;
    }
    this.lostUrl = socket.endpoint?.publicUrl ?? '';
    this.#events.flowLost(socket.flow, code);
  }
}
