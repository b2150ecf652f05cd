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

/** A ws: or wss: URL, or a function that is asked for one before every connection attempt (short-lived tokens). */
export type ServerUrl = string | URL | (() => string | URL | Promise<string | URL>);

/** What createClient() takes. */
export interface ClientOptions {
  /**
   * One edge or several in order of preference: when one fails the next is tried. ws: or wss: (RFC 7118), without
   * userinfo and fragment. A string goes to the socket as it is.
   */
  server: ServerUrl | ServerUrl[];
  /**
   * Where the WebAssembly comes from: bytes, a WebAssembly.Module, a Response, a promise of one of these, or a URL (http:,
   * https:, blob:, data:; file: on Node). It must be of the same version. Default: in `sipreg` the copy
   * inside it, in `sipreg/external` sipreg.wasm beside it.
   */
  wasm?: string | URL | ArrayBuffer | ArrayBufferView | object;
  /** Makes the socket. Default: the global WebSocket; where there is none (Node 20), the package `ws`. */
  webSocket?: (url: string, protocols: string[]) => WebSocketLike;
  /** The User-Agent header (RFC 3261 §20.41); false leaves it out. Default "sipreg/<version>". */
  userAgent?: string | false;
  /** "urn:uuid:…", stable for this device (RFC 5626 §4.1). Default: from `storage`, else a random one kept there. */
  instanceId?: string;
  /**
   * Where the instance id lives across reloads. Default: localStorage, one slot for each open tab, where that can be
   * used; null: nowhere. A storage that is given here is taken to be this client's alone.
   */
  storage?: KeyValueStorage | null;
  /** Time to open a socket. Default 10 000. */
  connectTimeoutMs?: number;
  /** Timer F (RFC 3261 §17.1.2): time for a final response. Default 32 000. */
  transactionTimeoutMs?: number;
  /** Time that a credentials function may take. Default 120 000. */
  credentialsTimeoutMs?: number;
  /** Probes of an idle connection (RFC 5626 §4.4.1). This version has none yet: only false is taken. */
  keepAlive?: KeepAliveOptions | false;
  /** false: a lost or refused socket is final, the registrations go to `failed` with code 'transport'. */
  reconnect?: ReconnectOptions | false;
  /** Allow ws: to a host that is not loopback: passwords' digests and tokens then travel in clear. Default false. */
  allowInsecure?: boolean;
  /** Clocks, timers and entropy, for tests. Default: those of the platform. */
  platform?: Partial<Platform>;
}

/** When and how an idle connection is probed. */
export interface KeepAliveOptions {
  /** Idle time before a probe; a Flow-Timer header from the server wins. */
  intervalMs?: number;
  /** Time for the answer. Default 10 000; enforced once the server is known to answer. */
  pongTimeoutMs?: number;
  /** "auto" (default): CRLF CRLF, and OPTIONS where that stays unanswered. */
  method?: 'auto' | 'crlf' | 'options';
}

/** How long to wait between attempts to open a socket. */
export interface ReconnectOptions {
  /** "interactive" (default): quick first retries of the socket. "rfc5626": the times of RFC 5626 §4.5. */
  policy?: 'interactive' | 'rfc5626';
  /** First wait. Default: the policy's. */
  baseMs?: number;
  /** Longest wait. Default: the policy's. */
  maxMs?: number;
}

/** The part of a WebSocket that is used; the DOM's and the one of `ws` fit. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly protocol: string;
  readonly bufferedAmount: number;
  binaryType: any;
  send(data: any): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: any) => any) | null;
  onmessage: ((event: any) => any) | null;
  onerror: ((event: any) => any) | null;
  onclose: ((event: any) => any) | null;
}

/** A storage of strings, synchronous or not; localStorage fits. */
export interface KeyValueStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
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
  clearTimeout(handle: any): void;
  /** Fills `bytes` from a cryptographically secure source and returns it. */
  getRandomValues(bytes: Uint8Array): Uint8Array;
}

/** The best of the client's connections. 'waiting': the next attempt is scheduled. */
export type ConnectionState = 'disconnected' | 'connecting' | 'connected' | 'waiting' | 'closed';

/** The client's events. `url` has its query and userinfo cut, `data` has its secrets redacted. */
export interface ClientEventMap {
  /** `code` and `reason` are the WebSocket's where one was lost; `retryAt` is the next attempt. */
  connectionchange: CustomEvent<{
    state: ConnectionState;
    url: string;
    code?: number;
    reason?: string;
    retryAt?: number;
  }>;
  /** A SIP message as it went out or came in. */
  message: CustomEvent<{ direction: 'in' | 'out'; data: string; url: string }>;
  /** A request from the server. Cancelable: preventDefault() to answer it yourself. */
  request: CustomEvent<IncomingRequest>;
}

/** Registrations that share connections. Made by createClient(); ends with close(). */
export interface Client extends EventTarget {
  readonly connectionState: ConnectionState;
  /** Those that were not removed, oldest first. */
  readonly registrations: readonly Registration[];
  readonly stats: ClientStats;
  /**
   * Builds a registration and sends nothing.
   * @throws TypeError for a malformed option; RegistrationError 'closed' or 'internal' when the client has ended.
   */
  createRegistration(options: RegistrationOptions): Registration;
  /**
   * createRegistration() and register() in one. On failure or abort the registration is removed; where the registrar may
   * have taken it, one REGISTER that removes the binding goes out first. For retries in the background use
   * createRegistration().
   */
  register(options: RegistrationOptions, call?: CallOptions): Promise<Registration>;
  /** The host woke up, came online or became visible: what is overdue is done now. Pages do this by themselves. */
  wake(): void;
  /**
   * Stops all timers, closes the sockets and frees the WASM objects; with `unregister` it removes the bindings first, for
   * at most `timeoutMs` (default 5000). Registrations end 'removed', what is pending rejects 'closed'. Resolves when the
   * sockets are closed, or given up after 5 s. Idempotent; never rejects.
   */
  close(options?: { unregister?: boolean; timeoutMs?: number }): Promise<void>;
  /** close() */
  [Symbol.asyncDispose](): Promise<void>;
  addEventListener<K extends keyof ClientEventMap>(
    type: K,
    listener: (event: ClientEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: any, options?: any): void;
  removeEventListener(type: string, listener: any, options?: any): void;
}

/** Counts since the client was made. */
export interface ClientStats {
  framesIn: number;
  framesOut: number;
  /** Frames and responses that were dropped: malformed, too large, matching no transaction. */
  dropped: number;
  connects: number;
  registers: number;
}

/** A SIP request that the server sent. */
export interface IncomingRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly text: string;
  /** The registration whose Contact or AOR it is for. */
  readonly registration: Registration | null;
  /** Answers it. Unanswered requests get a default answer in time. */
  respond(status: number, reason?: string, headers?: Record<string, string>, body?: string): void;
}

// ------------------------------------------------------------------------------------------------------ registration

/** Digest algorithms of RFC 7616 and RFC 8760. */
export type DigestAlgorithm =
  'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess' | 'SHA-512-256' | 'SHA-512-256-sess';

/** One account's secret: a password, its hash, or a bearer token. */
export interface Credentials {
  /** Digest username. Default: the user part of the AOR. */
  username?: string;
  /** May be empty. */
  password?: string;
  /**
   * H(username:realm:password) in lower-case hex; needs `realm`. A plain string is the MD5 one. The topmost challenge that
   * one of them can answer is used.
   */
  ha1?: string | Partial<Record<'MD5' | 'SHA-256' | 'SHA-512-256', string>>;
  /** Bearer token (RFC 8898); sent over wss: and to loopback only. */
  token?: string;
  /** When the token ends; before that it is asked for again. */
  expiresAt?: number;
  /**
   * Absent: they answer the first realm that challenges and are then pinned to it, 401 and 407 separately, until
   * setCredentials(). '*': any realm.
   */
  realm?: string;
}

/** What a server asks to be authenticated with. */
export interface ChallengeInfo {
  scheme: 'Digest' | 'Bearer';
  realm?: string;
  /** A proxy asks (407), not the registrar (401). */
  proxy: boolean;
  /** Digest: what was offered and is allowed, in the order in which it would be answered. */
  algorithms?: DigestAlgorithm[];
  /** Why it is asked again. */
  previous?: 'rejected' | 'stale' | 'expired';
  /** Bearer: see RFC 8898 §3. Check `authzServer` against those you trust before asking it for a token. */
  scope?: string;
  authzServer?: string;
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
  /** Address of record, "sip:alice@example.com" (RFC 3261 §10.2). */
  aor: string;
  /** Request-URI, "sip:example.com". Default: the AOR's host. */
  registrar?: string;
  /** From, for a third-party registration. Default: the AOR. */
  from?: string;
  /** Display name of From. */
  displayName?: string;
  /** One, several (told apart by realm), or a function that is asked when a challenge arrives. */
  credentials?: Credentials | Credentials[] | CredentialsProvider;
  /** Requested lifetime in seconds, 1 … 2^32-1. Default 600. */
  expires?: number;
  contact?: ContactOptions;
  /** Extra headers, in order. Those that sipreg writes itself are refused, in any case and compact form. */
  headers?: Record<string, string | string[]>;
  /** Option tags added to Supported, for example ['100rel']. */
  supported?: string[];
  /** Pre-loaded Route set, as name-addrs. */
  route?: string[];
  /** RFC 5626: instance id, reg-id and Supported: outbound. More than one flow is not available yet. Default true. */
  outbound?: boolean | { flows?: number; regId?: number };
  /** RFC 5627. Default true. */
  gruu?: boolean;
  /** RFC 8599: parameters of the Contact URI. */
  push?: { provider: string; prid?: string; param?: string };
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
  /** Retry in the background after a REGISTER that failed in a retryable way. Default true. */
  retry?: boolean;
}

/** What the Contact looks like. Its host is a random name under .invalid (RFC 7118 appendix A.1). */
export interface ContactOptions {
  /** User part. Default: a random token, stable for the life of the registration. */
  user?: string;
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
  /** "adaptive" (default), "percent" of the granted lifetime, or "margin" seconds before its end. */
  policy?: 'adaptive' | 'percent' | 'margin';
  /** Percent or seconds; needed by those two policies. */
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
 * unregistered: nothing wanted, no timers · connecting: waiting for a socket · registering: first or recovery REGISTER in
 * flight · registered: a binding is held and its flow is up · refreshing: the same, and a REGISTER is in flight ·
 * unregistering: the removal is in flight · waiting: a retry is scheduled, see retryAt · failed: given up, register()
 * starts again · removed: the handle is dead
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
  statechange: CustomEvent<{ state: RegistrationState; previous: RegistrationState }>;
  /** The first success, and the first success on each new flow or after the binding was lost. */
  registered: CustomEvent<RegistrationInfo>;
  /** Every other success. */
  refreshed: CustomEvent<RegistrationInfo>;
  /** The binding is gone. `confirmed`: the registrar said so. */
  unregistered: CustomEvent<{
    reason: 'user' | 'expired' | 'rejected' | 'cleared';
    confirmed: boolean;
  }>;
  /** Given up. */
  failed: CustomEvent<RegistrationError>;
  /** A retry is scheduled. */
  retry: CustomEvent<{ attempt: number; retryAt: number; error: RegistrationError }>;
  /** Something is odd, and went on; `code` names it, for example 'no-own-contact'. */
  warning: CustomEvent<{ code: string; message: string }>;
}

/** One address of record at one registrar. Made by Client.createRegistration(); ends with remove() or the client. */
export interface Registration extends EventTarget {
  /** Never used twice by a client. */
  readonly id: number;
  readonly aor: string;
  readonly state: RegistrationState;
  /** True while an unexpired binding is known to the registrar, whatever the state. */
  readonly bound: boolean;
  readonly expiresAt: number | null;
  readonly refreshAt: number | null;
  readonly retryAt: number | null;
  /** The last success. */
  readonly info: RegistrationInfo | null;
  readonly lastError: RegistrationError | null;
  readonly flows: readonly {
    regId: number;
    url: string;
    connected: boolean;
    expiresAt: number | null;
  }[];

  /**
   * Resolves with the registrar's final 2xx; rejects with a RegistrationError on the first failure, after every server was
   * tried once where sockets fail (a retry may go on, see `retryable`). Opens the socket when there is none. Waits for the
   * end of a Retry-After, and cuts a plain back-off short. On a registration that is bound already: as refresh().
   */
  register(call?: CallOptions): Promise<RegistrationInfo>;
  /** The same registration again: same Call-ID, next CSeq (RFC 3261 §10.2.4). Not registered yet: as register(). */
  refresh(call?: CallOptions): Promise<RegistrationInfo>;
  /**
   * REGISTER with expires 0 for this binding, or with `all` for every binding of the AOR (RFC 3261 §10.2.2). With nothing
   * bound or no open socket it resolves { sent: false, confirmed: false } and sends nothing; `all` and `force` open the
   * socket and send in any case. Rejects when no 2xx comes. In every case the registration is unregistered locally.
   */
  unregister(
    call?: Omit<CallOptions, 'expires'> & { all?: boolean; force?: boolean },
  ): Promise<{ sent: boolean; confirmed: boolean }>;
  /** REGISTER without Contact (RFC 3261 §10.2.3): what the registrar holds. Changes nothing there. */
  query(call?: Omit<CallOptions, 'expires'>): Promise<Binding[]>;
  /** Removes another binding of this AOR, as listed by query(). */
  removeBinding(uri: string, call?: Omit<CallOptions, 'expires'>): Promise<Binding[]>;
  /** Resolves now if registered, else at the next success; rejects when the registration fails for good or is removed. */
  whenRegistered(options?: { signal?: AbortSignal }): Promise<RegistrationInfo>;
  /** Drops the registration and sends nothing. Pending promises reject with code 'removed', and so does every later call. */
  remove(): void;
  /** remove() */
  [Symbol.dispose](): void;

  /** Replaces the credentials and forgets what was learnt from the old ones. */
  setCredentials(credentials: RegistrationOptions['credentials']): void;
  /** Takes effect with the next REGISTER. What is absent stays. */
  update(
    options: Pick<
      RegistrationOptions,
      'push' | 'headers' | 'supported' | 'displayName' | 'refresh' | 'retry'
    >,
  ): void;
  /** The client's connection for other SIP traffic of this account. Not available yet: throws a TypeError. */
  openChannel(): Channel;

  addEventListener<K extends keyof RegistrationEventMap>(
    type: K,
    listener: (event: RegistrationEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: any, options?: any): void;
  removeEventListener(type: string, listener: any, options?: any): void;
}

/** One SIP message per call, both ways, unredacted. detach() leaves the connection as it is. */
export interface Channel {
  readonly url: string;
  readonly viaTransport: 'WS' | 'WSS';
  readonly viaHost: string;
  /** For dialogs: the GRUU, else the registered Contact with ;ob where outbound is in force. */
  readonly contactUri: string;
  readonly serviceRoute: readonly string[];
  readonly open: boolean;
  send(message: string): void;
  onmessage: ((message: string) => void) | null;
  onopen: (() => void) | null;
  onclose: ((error?: RegistrationError) => void) | null;
  detach(): void;
}

/** One Contact that the registrar holds for the AOR. */
export interface Binding {
  uri: string;
  displayName?: string;
  /** Seconds left when the registrar answered; null: it did not say. */
  expires: number | null;
  q: number | null;
  /** RFC 5626 §4.1. */
  instanceId?: string;
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
  /** Counted from when the request was sent. */
  expiresAt: number;
  /** The Contact URI that is registered. */
  contact: string;
  bindings: Binding[];
  /** RFC 5627 */
  pubGruu?: string;
  tempGruu?: string;
  /** These three as received, one name-addr an element: "<sip:p1.example.com;lr>". */
  serviceRoute: string[];
  path: string[];
  associatedUris: string[];
  /** The registrar confirmed RFC 5626. */
  outbound: boolean;
  push?: { accepted: boolean; vapid?: string; pnsreg?: number };
  /** What authenticated the request. */
  auth?: {
    scheme: 'Digest' | 'Bearer';
    algorithm?: DigestAlgorithm;
    realm?: string;
    mutual: boolean;
  };
  response: SipResponse;
}

/** A final response. */
export interface SipResponse {
  status: number;
  reason: string;
  headers: readonly (readonly [name: string, value: string])[];
}

/**
 * rejected: a final response, see status · auth-failed: 401 or 407; credentials refused, missing, or no challenge that can
 * be answered · interval: a 423 that cannot be satisfied · timeout: Timer F, the connect timeout or a credentials function
 * · transport: the socket could not be opened or was lost · protocol: the server broke SIP or RFC 7118 · removed · closed ·
 * cancelled: unregister() before register() had anything on the wire · unsupported: no WebAssembly, a
 * Content-Security-Policy, no secure randomness · internal: a WASM trap, make a new client
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
