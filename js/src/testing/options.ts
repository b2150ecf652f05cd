import type { Binding, DigestAlgorithm, Platform } from '../types.js';
import type { Fault } from './fault.js';
import type { Listener } from './listener.js';
import type { MemoryWebSocket } from './memory-socket.js';
import type { Network } from './network.js';
import type { ParsedRequest, ParsedResponse } from './parsed.js';

/** One frame of a connection, as it went over it: keep-alives too, and nothing redacted. */
export interface TraceMessage {
  /** Seen from the client, as in its own `message` events: 'out' goes to the registrar, 'in' comes from it. */
  direction: 'in' | 'out';
  /** The frame's text. */
  data: string;
  /** Which connection it was, counted from 1. */
  connection: number;
}

/** What createTestRegistrar() takes. */
export interface TestRegistrarOptions {
  /** Realm of the challenges. Default "sipreg.test". */
  realm?: string;
  /**
   * Passwords by digest username. Without `users` and `tokens` everybody is let in unchallenged. Read at every request, so a
   * test may change it. A user may register any AOR but one whose user part is another entry here or in `tokens` (403).
   */
  users?: Record<string, string>;
  /** One Digest challenge each, in this order. Default ['MD5']. */
  algorithms?: DigestAlgorithm[];
  /** How long a nonce can be used, in seconds; then the answer is 401 with stale=true. Default 86 400. */
  nonceLifetime?: number;
  /** Every 2xx to a Digest answer gives the next nonce (RFC 7616 §3.5). Default false. */
  nextNonce?: boolean;
  /** Every 2xx to a Digest answer proves that the registrar knows the password too; 'wrong': it fails to. Default false. */
  rspauth?: boolean | 'wrong';
  /**
   * Bearer tokens (RFC 8898) by username, one or several. A token that is not here is answered with error="invalid_token".
   * Read at every request. With `users` both are challenged for, Digest first.
   */
  tokens?: Record<string, string | string[]>;
  /** `scope` of the Bearer challenge. */
  scope?: string;
  /** `authz_server` of the Bearer challenge, an https: URL. */
  authzServer?: string;
  /** Shorter lifetimes get 423 with this Min-Expires, in seconds. Default 0: none is too short. */
  minExpires?: number;
  /** Longer lifetimes are cut to this, in seconds. Default 2^32-1. */
  maxExpires?: number;
  /** false: a registrar that does not know RFC 5626; no `Require: outbound`, and URIs alone tell bindings apart. Default true. */
  outbound?: boolean;
  /** The Flow-Timer of a 2xx to a flow (RFC 5626 §4.4), in seconds. Default: none. */
  flowTimer?: number;
  /** false: keep-alive pings (RFC 5626 §3.5.1) are not answered. Default true. */
  pong?: boolean;
  /**
   * Sees every request before the registrar does, as it came and read. A string goes out as the answer, just as it is (see
   * reply()); '' is no answer at all; a Fault says what goes wrong; undefined leaves the request to the registrar.
   */
  respond?: (request: string, parsed: ParsedRequest) => string | Fault | undefined;
  /** Sees every frame in both directions. */
  trace?: (message: TraceMessage) => void;
  /** `now` (lifetimes, nonces, Date), `setTimeout` and `clearTimeout` (delays, deadlines) and `getRandomValues` are used. */
  platform?: Partial<Platform>;
}

/** A request of the server. */
export interface ServerRequest {
  /** "OPTIONS", "NOTIFY", "INVITE", … but not ACK. */
  method: string;
  /** Header fields; they take the place of the usual From, To, Call-ID, CSeq and Max-Forwards. */
  headers?: Record<string, string | string[]>;
  /** Default: none. */
  body?: string;
  /** The Contact URI to send to, where the address of record has several. Default: the one registered last. */
  contact?: string;
  /** When to give up. Default 32 000 (Timer F). */
  timeoutMs?: number;
}

/** A registrar for tests (RFC 3261 §10.3), made by createTestRegistrar(). */
export interface TestRegistrar {
  /**
   * For `createClient({ webSocket })`: sockets to this registrar without a network; the URL is not looked at. For what takes
   * no such option, as JsSIP and SIP.js: `globalThis.WebSocket = registrar.webSocket`.
   */
  webSocket: MemoryWebSocket;
  /** Every request as it came in, in order: keep-alives and responses are left out. */
  readonly requests: readonly string[];
  /** The same, read. */
  readonly parsedRequests: readonly ParsedRequest[];
  /** Connections that are open now, in memory and on ports. */
  readonly connections: number;
  /** What lies between the clients and the registrar; a test changes it. Default 'up'. */
  network: Network;
  /** Empties `requests`, for runs so long that keeping all frames matters. */
  forgetRequests(): void;
  /** What is registered now for an address of record, "sip:alice@example.com". `own` is always false. */
  bindings(aor: string): Binding[];
  /**
   * What goes wrong with the coming REGISTERs, one fault each and in this order; {} lets one pass. Where the registrar
   * challenges, the REGISTER without credentials counts as well.
   *
   * @example
   * registrar.next({ status: 503, headers: { 'Retry-After': '5' } }, { lose: 'answer' });
   */
  next(...faults: Fault[]): void;
  /**
   * Sends a request to a client that is registered and resolves with its final response; an INVITE's is acknowledged.
   * Rejects when nothing is registered, when the connection is gone, and when no answer comes in time.
   *
   * @example
   * const { status } = await registrar.sendRequest('sip:alice@example.com', { method: 'OPTIONS' });
   */
  sendRequest(aor: string, request: ServerRequest): Promise<ParsedResponse>;
  /** Sends a frame to every connection: a request of the server, or an answer that respond() held back. */
  send(frame: string): void;
  /** Drops every connection with that close code. Default 1006: without a closing handshake, as when a network goes. */
  disconnect(code?: number): void;
  /**
   * Opens a ws:// port on 127.0.0.1 (default: any free one). Node only, needs the npm package `ws`. Clients that do not
   * offer the subprotocol `sip` are refused.
   */
  listen(port?: number): Promise<Listener>;
}
