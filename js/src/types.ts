/// <reference lib="esnext.disposable" preserve="true" />
/* eslint-disable @typescript-eslint/no-explicit-any -- listeners and sockets of other libraries must fit as they are */
import type { RegistrationError } from './errors.js';

/*
 * What users see. Lifetimes in SIP terms are seconds, names that end in `Ms` are milliseconds, points in time are
 * milliseconds since the Unix epoch.
 *
 * A malformed option gives a TypeError with `code: 'invalid-argument'` and `option`, the option's name. Functions that
 * return promises reject with it, the others throw it; nothing is sent and nothing changed.
 */

// ------------------------------------------------------------------------------------------------------------ client

/**
 * A ws: or wss: URL, or a function that is asked for one before every connection attempt (short-lived tokens). What the
 * function throws counts as a server that cannot be reached.
 */
export type ServerUrl = string | URL | (() => string | URL | Promise<string | URL>);

/** What createClient() takes. */
export interface ClientOptions {
  /**
   * One edge or several in order of preference: when one fails the next is tried. ws: or wss: (RFC 7118), without
   * userinfo and fragment. A string goes to the socket as it is. Events and errors show it without its query.
   */
  server: ServerUrl | ServerUrl[];
  /**
   * Where the WebAssembly comes from: bytes, a WebAssembly.Module, a Response, a promise of one of these, or a URL (http:,
   * https:, blob:, data:; file: on Node). It must be of the same version. Default: in `sipreg` the copy
   * inside it, in `sipreg/external` sipreg.wasm beside it.
   */
  wasm?: string | URL | ArrayBuffer | ArrayBufferView | object;
  /**
   * Makes the socket; `protocols` is ['sip'] (RFC 7118 §4.1). Default: the global WebSocket; where there is none
   * (Node 20), the package `ws`.
   */
  webSocket?: (url: string, protocols: string[]) => WebSocketLike;
  /** The User-Agent header (RFC 3261 §20.41); false leaves it out. Default "sipreg/<version>". */
  userAgent?: string | false;
  /** "urn:uuid:…", stable for this device (RFC 5626 §4.1). Default: from `storage`, else a random one kept there. */
  instanceId?: string;
  /**
   * Where the instance id and the registrations' identities (Call-ID, CSeq, Contact; no secrets) live across reloads.
   * Default: localStorage, one slot for each open tab, where that can be used; null: nowhere. A storage that is given
   * here is taken to be this client's alone; createClient() rejects when it fails, or does not answer within 5 s, unless
   * `instanceId` is given.
   */
  storage?: KeyValueStorage | null;
  /** Time to open a socket, in ms. Default 10 000. */
  connectTimeoutMs?: number;
  /** Timer F (RFC 3261 §17.1.2): time for a final response, in ms. Default 32 000. */
  transactionTimeoutMs?: number;
  /** Time that a credentials function may take, in ms. Default 120 000. */
  credentialsTimeoutMs?: number;
  /** Pings on an idle connection (RFC 5626 §4.4.1), sent while a registration is to be kept up. false: none. */
  keepAlive?: KeepAliveOptions | false;
  /**
   * How long to wait between attempts to connect. false: a lost or refused socket is final, and the registrations go to
   * `failed` with code 'transport'.
   */
  reconnect?: ReconnectOptions | false;
  /** Allow ws: to a host that is not loopback: passwords' digests and tokens then travel in clear. Default false. */
  allowInsecure?: boolean;
  /** Clocks, timers and entropy, for tests. Default: those of the platform. */
  platform?: Partial<Platform>;
}

/** When and how an idle connection is probed. */
export interface KeepAliveOptions {
  /** Idle time before a ping, in ms. Default: 95 to 120 s at random; a Flow-Timer header of the server wins. */
  intervalMs?: number;
  /** Time for the answer, in ms; then the connection is given up. Default 10 000; enforced once the server is known to answer. */
  pongTimeoutMs?: number;
  /** "auto" (default): CRLF CRLF (RFC 5626 §3.5.1), and OPTIONS with Max-Forwards 0 where that stays unanswered. */
  method?: 'auto' | 'crlf' | 'options';
}

/** How long to wait between attempts to open a socket. */
export interface ReconnectOptions {
  /**
   * "interactive" (default): 1 s, doubled up to 30 s. "rfc5626": 30 s, doubled up to 30 min (RFC 5626 §4.5). Each wait is
   * drawn from the upper half. REGISTERs that fail follow RFC 5626 and Retry-After with both.
   */
  policy?: 'interactive' | 'rfc5626';
  /** The wait before doubling, in ms. Default: the policy's. */
  baseMs?: number;
  /** The longest wait, in ms. Default: the policy's. */
  maxMs?: number;
}

/** The part of a WebSocket that is used; the DOM's and the one of `ws` fit. */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** The subprotocol that the server chose; must be "sip". */
  readonly protocol: string;
  /** Bytes that send() has taken and the network has not. */
  readonly bufferedAmount: number;
  /** sipreg sets "arraybuffer". */
  binaryType: any;
  /** Sends one message: a Uint8Array for a binary one, a string for a text one. */
  send(data: any): void;
  /** Begins the closing handshake. */
  close(code?: number, reason?: string): void;
  /** It is open. */
  onopen: ((event: any) => any) | null;
  /** A message came; `data` of the event is a string or an ArrayBuffer. */
  onmessage: ((event: any) => any) | null;
  /** It failed; `onclose` follows. */
  onerror: ((event: any) => any) | null;
  /** It is closed; `code` and `reason` of the event say why (RFC 6455 §7.4). */
  onclose: ((event: any) => any) | null;
}

/** A storage of strings, synchronous or not; localStorage fits. */
export interface KeyValueStorage {
  /** What is stored under the key; null: nothing. */
  getItem(key: string): string | null | Promise<string | null>;
  /** Stores, in the place of what was there. */
  setItem(key: string, value: string): void | Promise<void>;
  /** Forgets. */
  removeItem(key: string): void | Promise<void>;
}

/** What sipreg asks of its host. Give all of it or parts; tests give a fake clock. */
export interface Platform {
  /** Wall clock, ms since the epoch; may jump (sleep, NTP). */
  now(): number;
  /** Monotonic ms of any origin; may stand still while the machine sleeps. Where only `now` is given: `now` without its steps back. */
  monotonic(): number;
  /** Calls back once after about `ms`. Give clearTimeout with it. */
  setTimeout(callback: () => void, ms: number): unknown;
  /** Ends what setTimeout() began; `handle` is what that returned. */
  clearTimeout(handle: any): void;
  /** Fills `bytes` from a cryptographically secure source and returns it. */
  getRandomValues(bytes: Uint8Array): Uint8Array;
}

/**
 * The best of the client's connections.
 *
 * - `disconnected`: nobody needs one
 * - `connecting`: a socket is being opened
 * - `connected`: a socket is open
 * - `waiting`: the next attempt is scheduled
 * - `closed`: the client has ended
 */
export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'waiting' | 'closed';

/** The client's events. `url` has its query and userinfo cut, `data` has its secrets redacted. */
export interface ClientEventMap {
  /** `connectionState` has changed. */
  connectionchange: CustomEvent<{
    /** The new state. */
    state: ConnectionState;
    /** The server. */
    url: string;
    /** Where a socket was lost: its close code (RFC 6455 §7.4), 1006 when there was none. */
    code?: number;
    /** Where a socket was lost: the platform's or the server's words; absent when there were none. */
    reason?: string;
    /** When the next attempt begins, in ms since the epoch. */
    retryAt?: number;
  }>;
  /** A SIP message as it went out or came in. Costs a copy of each while somebody listens. */
  message: CustomEvent<{
    /** 'out': to the server. */
    direction: 'in' | 'out';
    /** The message, secrets redacted. */
    data: string;
    /** The server. */
    url: string;
  }>;
  /** A request from the server. Cancelable: preventDefault() to answer it yourself. */
  request: CustomEvent<IncomingRequest>;
}

/** Registrations that share connections. Made by createClient(); ends with close(). */
export interface Client extends EventTarget {
  /** Changes with the event `connectionchange`. */
  readonly connectionState: ConnectionState;
  /** Those that were not removed, oldest first. */
  readonly registrations: readonly Registration[];
  /** A copy of the counts as they are now. */
  readonly stats: ClientStats;
  /**
   * Builds a registration and sends nothing.
   * @throws TypeError for a malformed option; RegistrationError 'closed' or 'internal' when the client has ended.
   */
  createRegistration(options: RegistrationOptions): Registration;
  /**
   * createRegistration() and register() in one. On failure or abort the registration is removed; where the registrar may
   * have taken it, one REGISTER that removes the binding goes out first. For retries in the background use
   * createRegistration(). Rejects as those two do.
   */
  register(options: RegistrationOptions, call?: CallOptions): Promise<Registration>;
  /** The host woke up, came online or became visible: what is overdue is done now. Pages do this by themselves. */
  wake(): void;
  /**
   * Stops all timers, closes the sockets and frees the WASM objects; with `unregister` it removes the bindings first, for
   * at most `timeoutMs` (default 5000). Registrations end 'removed', what is pending rejects 'closed'. Resolves when the
   * sockets are closed, or given up after 5 s, and `storage` has written, for which it waits `timeoutMs` too. Idempotent;
   * never rejects.
   */
  close(options?: { unregister?: boolean; timeoutMs?: number }): Promise<void>;
  /** close(), for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** As of every EventTarget; the event's type follows from its name. */
  addEventListener<K extends keyof ClientEventMap>(
    type: K,
    listener: (event: ClientEventMap[K]) => void,
    options?: ListenerOptions,
  ): void;
  /** For names that are not known to the types. */
  addEventListener(type: string, listener: any, options?: any): void;
  /** As of every EventTarget. */
  removeEventListener(type: string, listener: any, options?: any): void;
}

/** What addEventListener() of the host's EventTarget takes as options: a boolean, or an object. */
export type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];

/** Counts since the client was made. */
export interface ClientStats {
  /** WebSocket messages that came in, keep-alives included. */
  framesIn: number;
  /** WebSocket messages that went out, keep-alives included. */
  framesOut: number;
  /** Frames and responses that were dropped: malformed, too large, matching no transaction. */
  dropped: number;
  /** Sockets that opened. */
  connects: number;
  /** REGISTERs that went out, answers to challenges included. */
  registers: number;
}

/** A SIP request that the server sent. */
export interface IncomingRequest {
  /** "OPTIONS", "NOTIFY", "INVITE", … */
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  /** In the request's order; names as they were written, compact ones included. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What follows the header; mostly empty. */
  readonly body: string;
  /** The whole message as it came in. */
  readonly text: string;
  /** The registration whose Contact or AOR it is for. */
  readonly registration: Registration | null;
  /**
   * Answers it, where preventDefault() was called or before the listener returns; provisional answers (100 to 199) leave it
   * open. Via, From, To with a tag, Call-ID, CSeq, Record-Route and Content-Length are written for you (RFC 3261 §8.2.6); a
   * body needs a Content-Type among `headers`. What is still open 10 s after the request (INVITE: 180 s) gets the default
   * answer: OPTIONS 200, INVITE 480, NOTIFY and everything with a To tag 481, other methods 405. A CANCEL that is left to
   * the default ends its INVITE with 487. An ACK has no answer.
   * @throws TypeError for a malformed argument; RegistrationError 'closed' when the request is not open any more: it was
   * answered, its time is over, or its connection was lost.
   */
  respond(status: number, reason?: string, headers?: Record<string, string>, body?: string): void;
}

// ------------------------------------------------------------------------------------------------------ registration

/** Digest algorithms of RFC 7616 and RFC 8760, weakest first. */
export type DigestAlgorithm =
  'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess' | 'SHA-512-256' | 'SHA-512-256-sess';

/** One account's secret: a password, its hash, or a bearer token; one of the three is needed. */
export interface Credentials {
  /** Digest username. Default: the user part of the AOR. */
  username?: string;
  /** May be empty. Hashed in Unicode's normalization form C (RFC 7616 §4). */
  password?: string;
  /**
   * H(username:realm:password) in lower-case hex; needs `realm`. A plain string is the MD5 one. The topmost challenge that
   * one of them can answer is used.
   */
  ha1?: string | Partial<Record<'MD5' | 'SHA-256' | 'SHA-512-256', string>>;
  /** Bearer token (RFC 8898); sent over wss: and to loopback only. */
  token?: string;
  /** When the token ends, in ms since the epoch; it is not sent after that, and a function is asked for the next one. */
  expiresAt?: number;
  /**
   * Absent: they answer the first realm that challenges and are then pinned to it, 401 and 407 separately, until
   * setCredentials(). '*': any realm.
   */
  realm?: string;
}

/** What a server asks to be authenticated with. */
export interface ChallengeInfo {
  /** Digest: RFC 7616. Bearer: RFC 8898. */
  scheme: 'Digest' | 'Bearer';
  /** The protection domain that `Credentials.realm` must name; absent where a Bearer challenge has none. */
  realm?: string;
  /** A proxy asks (407), not the registrar (401). */
  proxy: boolean;
  /** Digest: what was offered and is allowed, in the order in which it would be answered. */
  algorithms?: DigestAlgorithm[];
  /**
   * Why it is asked again: the last credentials were refused ('rejected'), only the nonce was ('stale'), or the token's
   * time is over ('expired'). Absent: it is the first time.
   */
  previous?: 'rejected' | 'stale' | 'expired';
  /** Bearer: the scopes that the token needs, separated by spaces (RFC 8898 §4). */
  scope?: string;
  /** Bearer: where tokens are had. Check it against those you trust before asking it for one. */
  authzServer?: string;
  /** Bearer: what was wrong with the last token, such as "invalid_token". */
  error?: string;
}

/**
 * Asked when a challenge arrives; null means that there are none. `signal` aborts when the answer is not wanted any more.
 * What it throws becomes the `cause` of the error.
 */
export type CredentialsProvider = (
  challenge: ChallengeInfo,
  options: { signal: AbortSignal },
) => Credentials | null | Promise<Credentials | null>;

/** What createRegistration() takes. Options are read once, own properties only. */
export interface RegistrationOptions {
  /** Address of record, "sip:alice@example.com" (RFC 3261 §10.2); sips: needs a wss: server. */
  aor: string;
  /** Request-URI, "sip:example.com", without a user. Default: the AOR's host. */
  registrar?: string;
  /** From, for a third-party registration. Default: the AOR. */
  from?: string;
  /** Display name of From. */
  displayName?: string;
  /** One, several (told apart by realm), or a function that is asked when a challenge arrives. */
  credentials?: Credentials | Credentials[] | CredentialsProvider;
  /** Requested lifetime in seconds, 1 … 2^32-1. Default 600. */
  expires?: number;
  /** What the Contact looks like. */
  contact?: ContactOptions;
  /**
   * Extra headers, in order. Those that sipreg writes itself are refused, in any case and compact form: Via, Max-Forwards,
   * Route, From, To, Call-ID, CSeq, Contact, Expires, Supported, Require, Proxy-Require, User-Agent, Authorization,
   * Proxy-Authorization, Content-Length, Content-Type.
   */
  headers?: Record<string, string | string[]>;
  /** Option tags added to Supported, for example ['100rel']. */
  supported?: string[];
  /** Pre-loaded Route set, as name-addrs. */
  route?: string[];
  /** RFC 5626: instance id, reg-id and Supported: outbound. Default true. */
  outbound?:
    | boolean
    | {
        /** How many servers hold a binding at the same time; not more than there are. Default 1. */
        flows?: number;
        /** The reg-id of the first flow, 1 … 2^31-1. Default: the first that is free. */
        regId?: number;
      };
  /** Asks for addresses of this very device (RFC 5627). Default true. */
  gruu?: boolean;
  /** Push notifications that wake the device (RFC 8599): parameters of the Contact URI. */
  push?: {
    /** pn-provider, such as "webpush", "fcm" or "apns". */
    provider: string;
    /** pn-prid: what the push service knows the device by; with web push the subscription's endpoint. */
    prid?: string;
    /** pn-param; must be left out with "webpush". */
    param?: string;
  };
  /** How Digest challenges are answered. */
  digest?: {
    /** "server-order" (default, RFC 8760 §2.4: the topmost supported) or "strongest". */
    policy?: 'server-order' | 'strongest';
    /** Algorithms that may be answered at all. Default: all. */
    algorithms?: DigestAlgorithm[];
    /** Treat a wrong rspauth as failure (RFC 7616 §3.5). Default false: a warning only. */
    requireMutual?: boolean;
  };
  /** When to refresh. false: never by itself; at expiry `unregistered` with reason 'expired'. */
  refresh?: RefreshOptions | false;
  /**
   * Retry in the background after a REGISTER that failed in a retryable way. Default true. Lost sockets are the client's
   * option `reconnect`: with false a new flow still gets its one REGISTER.
   */
  retry?: boolean;
}

/** What the Contact looks like. Its host is a random name under .invalid (RFC 7118 appendix A.1). */
export interface ContactOptions {
  /** User part. Default: a random token, stable for the life of the registration. */
  user?: string;
  /** Display name of the Contact. */
  displayName?: string;
  /** Preference, 0 … 1 with at most three decimals. */
  q?: number;
  /** URI parameters, inside <>; true for one without a value. */
  uriParams?: Record<string, string | true>;
  /** Header parameters, outside <>. */
  params?: Record<string, string | true>;
}

/** When a binding is refreshed. */
export interface RefreshOptions {
  /**
   * "adaptive" (default): a tenth of the granted lifetime before its end or earlier, with jitter, such that a hidden tab's
   * late timer does no harm. "percent": after `value` percent of it. "margin": `value` seconds before its end, half-way at
   * the earliest. None sends more than ten REGISTERs a minute.
   */
  policy?: 'adaptive' | 'percent' | 'margin';
  /** "percent": 1 to 99. "margin": seconds, from 1. Needed by those two. */
  value?: number;
}

/** Options of one call. */
export interface CallOptions {
  /** Rejects the promise with signal.reason. The caller is detached; what was begun runs on. */
  signal?: AbortSignal;
  /** Requested lifetime for this call and the refreshes after it, in seconds, 1 … 2^32-1. */
  expires?: number;
  /** Extra headers for this operation only, the answers to its challenges included. */
  headers?: Record<string, string | string[]>;
  /** Extra option tags, likewise. */
  supported?: string[];
}

/**
 * What a registration is doing; `bound` says whether the registrar holds a binding meanwhile.
 *
 * - `unregistered`: nothing is wanted, no timer runs
 * - `connecting`: waiting for a socket
 * - `registering`: the first REGISTER, or the one after a loss, is in flight
 * - `registered`: a binding is held and its flow is up
 * - `refreshing`: the same, and a REGISTER is in flight
 * - `unregistering`: the removal is in flight
 * - `waiting`: a retry is scheduled, see `retryAt`
 * - `failed`: given up; register() starts again
 * - `removed`: the handle is dead
 */
export type RegistrationState =
  | 'unregistered'
  | 'connecting'
  | 'registering'
  | 'registered'
  | 'refreshing'
  | 'unregistering'
  | 'waiting'
  | 'failed'
  | 'removed';

/** The registration's events. Order at every change: the properties, statechange, the specific event, then the promise. */
export interface RegistrationEventMap {
  /** `state` has changed. */
  statechange: CustomEvent<{
    /** The new state. */
    state: RegistrationState;
    /** The one before. */
    previous: RegistrationState;
  }>;
  /** The first success, and the first success on each new flow or after the binding was lost. */
  registered: CustomEvent<RegistrationInfo>;
  /** Every other success. */
  refreshed: CustomEvent<RegistrationInfo>;
  /** The binding is gone. */
  unregistered: CustomEvent<{
    /**
     * 'user': unregister(). 'expired': it was not refreshed in time. 'rejected': the registrar refused for good (403, 404).
     * 'cleared': the registrar does not list it any more, or all bindings of the AOR were removed.
     */
    reason: 'user' | 'expired' | 'rejected' | 'cleared';
    /** The registrar said so. */
    confirmed: boolean;
  }>;
  /** Given up; register() starts again. */
  failed: CustomEvent<RegistrationError>;
  /** A REGISTER has failed, and another one is scheduled. */
  retry: CustomEvent<{
    /** Failures in a row, from 1. */
    attempt: number;
    /** When it goes out, in ms since the epoch. */
    retryAt: number;
    /** What has failed. */
    error: RegistrationError;
  }>;
  /** Something is odd, and sipreg went on. */
  warning: CustomEvent<{
    /**
     * Which oddity: 'no-own-contact', 'still-bound', 'rspauth-mismatch', 'weak-digest', 'short-grant', 'idle-close',
     * 'several-messages' or 'many-contacts'; docs/troubleshooting.md has a section for each. There may be more in later versions.
     */
    code: string;
    /** What it means, in English. */
    message: string;
  }>;
}

/** One address of record at one registrar. Made by Client.createRegistration(); ends with remove() or the client. */
export interface Registration extends EventTarget {
  /** Never used twice by a client. */
  readonly id: number;
  /** The address of record, as it was given. */
  readonly aor: string;
  /** With several flows, the best of theirs. Changes with the event `statechange`. */
  readonly state: RegistrationState;
  /** True while an unexpired binding is known to the registrar, whatever the state. */
  readonly bound: boolean;
  /** When the binding ends unless it is refreshed, in ms since the epoch; null: none is held. */
  readonly expiresAt: number | null;
  /** When the next refresh goes out, in ms since the epoch; null: none is scheduled. */
  readonly refreshAt: number | null;
  /** When the next retry begins, in ms since the epoch; null: none is scheduled. */
  readonly retryAt: number | null;
  /** The last success. */
  readonly info: RegistrationInfo | null;
  /** The last failure; a later success does not clear it. */
  readonly lastError: RegistrationError | null;
  /** Its flows (RFC 5626 §4.2), one unless option `outbound.flows` asks for more. */
  readonly flows: readonly {
    /** The reg-id; 0: RFC 5626 is not used. */
    regId: number;
    /** The server. */
    url: string;
    /** Its socket is open. */
    connected: boolean;
    /** When its binding ends, in ms since the epoch; null: none is held. */
    expiresAt: number | null;
  }[];

  /**
   * Resolves with the registrar's final 2xx; rejects with a RegistrationError on the first failure, after every server was
   * tried once where sockets fail (a retry may go on, see `retryable`). Opens the socket when there is none. Waits for the
   * end of a Retry-After, and cuts a plain back-off short. On a registration that is bound already: as refresh().
   * RFC 3261 §10.2.
   */
  register(call?: CallOptions): Promise<RegistrationInfo>;
  /**
   * The same registration again: same Call-ID, next CSeq (RFC 3261 §10.2.4). Not registered yet: as register(). Where the
   * flow was lost it rides on the next one, and rejects 'transport' when the first round of reconnects fails.
   */
  refresh(call?: CallOptions): Promise<RegistrationInfo>;
  /**
   * REGISTER with expires 0 for this binding, or with `all` for every binding of the AOR (RFC 3261 §10.2.2). With nothing
   * bound or no open socket it resolves { sent: false, confirmed: false } and sends nothing; `all` and `force` open the
   * socket and send in any case. A socket that is lost after sending: { sent: true, confirmed: false }. No answer in time,
   * or a final one that is no 2xx: rejects. In every case the registration is unregistered locally.
   */
  unregister(
    call?: Omit<CallOptions, 'expires'> & {
      /** Every binding of the AOR, whoever made it; all local registrations of it stop refreshing. */
      all?: boolean;
      /** Send although nothing is bound or no socket is open. */
      force?: boolean;
    },
  ): Promise<{
    /** A REGISTER went out. */
    sent: boolean;
    /** The registrar answered that the binding is gone. */
    confirmed: boolean;
  }>;
  /**
   * REGISTER without Contact (RFC 3261 §10.2.3): what the registrar holds. Changes nothing there. Opens the socket, and
   * waits its turn like any call. Where our own unexpired binding is not listed, it is recovered: `unregistered` with
   * reason 'cleared', then REGISTER.
   */
  query(call?: Omit<CallOptions, 'expires'>): Promise<Binding[]>;
  /** Removes another binding of this AOR; `uri` is one that query() lists. Resolves with those that are left. */
  removeBinding(uri: string, call?: Omit<CallOptions, 'expires'>): Promise<Binding[]>;
  /** Resolves now if registered, else at the next success; rejects when the registration fails for good or is removed. */
  whenRegistered(options?: { signal?: AbortSignal }): Promise<RegistrationInfo>;
  /**
   * Drops the registration and sends nothing: the binding stays at the registrar until it expires. Pending promises reject
   * with code 'removed', and so does every later call.
   */
  remove(): void;
  /** remove(), for `using`. */
  [Symbol.dispose](): void;

  /**
   * Replaces the credentials and forgets what was learnt from the old ones: HA1, nonces, pinned realms, refusals. Sends
   * nothing. Throws a TypeError for malformed ones, and then keeps the old ones.
   */
  setCredentials(credentials: RegistrationOptions['credentials']): void;
  /** Takes effect with the next REGISTER. What is absent stays. Throws a TypeError for a malformed option. */
  update(
    options: Pick<
      RegistrationOptions,
      'push' | 'headers' | 'supported' | 'displayName' | 'refresh' | 'retry'
    >,
  ): void;
  /**
   * The client's connection for other SIP traffic of this account, such as calls; registration, keep-alive and reconnect go
   * on beside it. Responses to what a channel sent and requests in its dialogs come to that channel. New requests for this
   * registration's Contact or AOR come to the one opened last and not as `request` events, but for the OPTIONS that servers
   * ping with, which are answered as ever. It opens no socket by itself.
   * @throws RegistrationError when the registration has ended.
   */
  openChannel(): Channel;

  /** As of every EventTarget; the event's type follows from its name. */
  addEventListener<K extends keyof RegistrationEventMap>(
    type: K,
    listener: (event: RegistrationEventMap[K]) => void,
    options?: ListenerOptions,
  ): void;
  /** For names that are not known to the types. */
  addEventListener(type: string, listener: any, options?: any): void;
  /** As of every EventTarget. */
  removeEventListener(type: string, listener: any, options?: any): void;
}

/**
 * One SIP message per call, both ways, unredacted. Of several flows it is on one that is registered, and stays there until
 * that is lost.
 */
export interface Channel {
  /** The server's, with its query and userinfo cut. */
  readonly url: string;
  /** The transport of a Via (RFC 7118 §5.2.1). */
  readonly viaTransport: 'WS' | 'WSS';
  /** The sent-by of a Via: the host of the registered Contact. */
  readonly viaHost: string;
  /**
   * For dialogs: the public GRUU, else the registered Contact with ;ob where outbound is in force (RFC 5626 §4.3), in any
   * case without the parameters that wake the device by push.
   */
  readonly contactUri: string;
  /** Route for requests outside dialogs, in this order (RFC 3608 §6.1); empty where the registrar gave none. */
  readonly serviceRoute: readonly string[];
  /** The socket is open, so that send() sends. */
  readonly open: boolean;
  /**
   * Sends one SIP message as it is; a response goes back the way its request came.
   * @throws TypeError for what is not exactly one SIP message, and for a REGISTER; RegistrationError 'transport' while not
   * open, 'removed', 'closed' or 'internal' after the end.
   */
  send(message: string): void;
  /** Called with each SIP message for this account that is not the registration's own. */
  onmessage: ((message: string) => void) | null;
  /** When it opens again, or for the first time if `open` was false at first. */
  onopen: (() => void) | null;
  /** With code 'transport' when its flow was lost; it opens again on the next. 'removed', 'closed' and 'internal' are its end. */
  onclose: ((error?: RegistrationError) => void) | null;
  /** Ends the channel alone: the connection stays as it is, and no handler is called any more. */
  detach(): void;
}

/** One Contact that the registrar holds for the AOR. */
export interface Binding {
  /** The Contact URI, as the registrar wrote it. */
  uri: string;
  /** The Contact's display name, without quotes; absent: none. */
  displayName?: string;
  /** Seconds left when the registrar answered; null: it did not say. */
  expires: number | null;
  /** Preference, 0 … 1; null: it did not say. */
  q: number | null;
  /** "urn:uuid:…", the device (RFC 5626 §4.1). */
  instanceId?: string;
  /** The device's flow (RFC 5626 §4.2). */
  regId?: number;
  /** Header parameters; true for one without a value. */
  params: Record<string, string | true>;
  /** It is this registration's. */
  own: boolean;
}

/** What a registrar granted. */
export interface RegistrationInfo {
  /** Granted lifetime in seconds. */
  expires: number;
  /** When it ends, in ms since the epoch; counted from when the request was sent, so not later than the registrar thinks. */
  expiresAt: number;
  /** The Contact URI that is registered. */
  contact: string;
  /** All bindings of the AOR, whoever made them. */
  bindings: Binding[];
  /** The public GRUU (RFC 5627 §3.1.1): an address of this very device. */
  pubGruu?: string;
  /** A temporary GRUU (RFC 5627 §3.1.2): the same, and it does not tell who. */
  tempGruu?: string;
  /** Service-Route (RFC 3608) as received, one name-addr an element: "<sip:p1.example.com;lr>". */
  serviceRoute: string[];
  /** Path (RFC 3327), likewise. */
  path: string[];
  /** P-Associated-URI (RFC 7315 §4.1), likewise. */
  associatedUris: string[];
  /** The registrar confirmed RFC 5626 (Require: outbound). */
  outbound: boolean;
  /** What the server said to option `push` (RFC 8599 §4.1); absent: the option was not given. */
  push?: {
    /** It supports that push service. */
    accepted: boolean;
    /** Its VAPID key, for PushManager.subscribe(). */
    vapid?: string;
    /** It wants a refresh at least so many seconds before the end. */
    pnsreg?: number;
  };
  /** What authenticated the request; absent: the server did not ask. */
  auth?: {
    /** Digest: RFC 7616. Bearer: RFC 8898. */
    scheme: 'Digest' | 'Bearer';
    /** Digest: which one answered the challenge. */
    algorithm?: DigestAlgorithm;
    /** The protection domain. */
    realm?: string;
    /** Digest: the server proved that it knows the password (rspauth, RFC 7616 §3.5). */
    mutual: boolean;
  };
  /** The answer itself. */
  response: SipResponse;
}

/** A final response. */
export interface SipResponse {
  /** 200 … 699. */
  status: number;
  /** The reason phrase, as the server wrote it. */
  reason: string;
  /** All header fields in order, unfolded. */
  headers: readonly (readonly [name: string, value: string])[];
}

/**
 * What a RegistrationError is about; docs/troubleshooting.md has a section for each.
 *
 * - `rejected`: a final response, 403 included; see `status`
 * - `auth-failed`: 401 or 407; credentials were refused, missing, or fit no challenge
 * - `interval`: a 423 that cannot be satisfied
 * - `timeout`: no answer within Timer F, no socket within the connect timeout, or no answer of a credentials function
 * - `transport`: the socket could not be opened or was lost
 * - `protocol`: the server broke SIP or RFC 7118
 * - `removed`: remove() was called
 * - `closed`: the client was closed
 * - `cancelled`: unregister() before register() had anything on the wire
 * - `unsupported`: no WebAssembly, a Content-Security-Policy against it, no secure randomness or no WebSocket
 * - `internal`: the WebAssembly has trapped; make a new client
 */
export type RegistrationErrorCode =
  | 'rejected'
  | 'auth-failed'
  | 'interval'
  | 'timeout'
  | 'transport'
  | 'protocol'
  | 'removed'
  | 'closed'
  | 'cancelled'
  | 'unsupported'
  | 'internal';
