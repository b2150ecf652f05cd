import type { Binding, DigestAlgorithm, Platform, WebSocketLike } from '../types.js';
import { digestAlgorithms } from './digest.js';
import type { Listener } from './listener.js';

export interface TestRegistrarOptions {
  /** Digest realm. Default "sipreg.test". */
  realm?: string;
  /**
   * Passwords by digest username. Absent: everybody is let in without a challenge. Read at every request, so a test may
   * change it. A user may register any AOR but one whose user part is another entry here (403).
   */
  users?: Record<string, string>;
  /** One challenge each, in this order. Default ['MD5']. */
  algorithms?: DigestAlgorithm[];
  /** Shorter lifetimes get 423 with this Min-Expires, in seconds. Default 0: none is too short. */
  minExpires?: number;
  /** Longer lifetimes are cut to this, in seconds. Default 2^32-1. */
  maxExpires?: number;
  /** How long a nonce can be used, in seconds; then the answer is 401 with stale=true. Default 86 400. */
  nonceLifetime?: number;
  /**
   * Sees every request before the registrar does. A string goes out as the answer, just as it is (see reply()); '' is no
   * answer at all; undefined leaves the request to the registrar.
   */
  respond?: (request: string) => string | undefined;
  /** `now` (lifetimes, nonces, Date) and `getRandomValues` are used; the registrar runs no timers. */
  platform?: Partial<Platform>;
}

/** A registrar for tests (RFC 3261 §10.3), made by createTestRegistrar(). */
export interface TestRegistrar {
  /** For `createClient({ webSocket })`: sockets to this registrar without a network; the URL is not looked at. */
  webSocket: (url: string, protocols: string[]) => WebSocketLike;
  /** Every request as it came in, in order: keep-alives and responses are left out. */
  readonly requests: readonly string[];
  /** Connections that are open now, in memory and on ports. */
  readonly connections: number;
  /** Empties `requests`, for runs so long that keeping all frames matters. */
  forgetRequests(): void;
  /** What is registered now for an address of record, "sip:alice@example.com". `own` is always false. */
  bindings(aor: string): Binding[];
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

/** TestRegistrarOptions, checked and complete. */
export interface Settings {
  realm: string;
  users: Record<string, string> | undefined;
  algorithms: readonly DigestAlgorithm[];
  minExpires: number;
  maxExpires: number;
  nonceLifetimeMs: number;
  respond: (request: string) => string | undefined;
  now: () => number;
  /** That many random bytes. */
  random: (length: number) => Uint8Array;
}

const longestExpires = 2 ** 32 - 1;

function invalid(option: string, rule: string): TypeError {
  return new TypeError(`createTestRegistrar: ${option} must be ${rule}`);
}

function seconds(option: string, value: unknown, least: number, fallback: number): number {
  if (value === undefined) return fallback;
  const whole = typeof value === 'number' && Number.isInteger(value);
  if (!whole || value < least || value > longestExpires) {
    throw invalid(option, `an integer from ${least} to 2^32-1 (seconds)`);
  }
  return value;
}

function checkShapes(options: TestRegistrarOptions): void {
  const { realm, users, algorithms, respond, platform = {} } = options;
  // eslint-disable-next-line no-control-regex -- a realm with control characters would break the header
  if (realm !== undefined && (typeof realm !== 'string' || /[\u0000-\u001f\u007f]/.test(realm))) {
    throw invalid('realm', 'a string without control characters');
  }
  if (users !== undefined && (typeof users !== 'object' || (users as unknown) === null)) {
    throw invalid('users', 'an object of passwords by username');
  }
  for (const password of Object.values(users ?? {})) {
    if (typeof password !== 'string') throw invalid('users', 'an object of passwords by username');
  }
  const known = (algorithm: DigestAlgorithm) => digestAlgorithms.includes(algorithm);
  const listed = Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every(known);
  if (algorithms !== undefined && !listed) {
    throw invalid('algorithms', `a list of ${digestAlgorithms.join(', ')}`);
  }
  if (respond !== undefined && typeof respond !== 'function')
    throw invalid('respond', 'a function');
  for (const name of ['now', 'getRandomValues'] as const) {
    const isFunction = typeof platform[name] === 'function';
    if (platform[name] !== undefined && !isFunction)
      throw invalid(`platform.${name}`, 'a function');
  }
}

/** Checks the options and fills in the defaults; throws a TypeError that names the option. */
export function readOptions(options: TestRegistrarOptions): Settings {
  checkShapes(options);
  const minExpires = seconds('minExpires', options.minExpires, 0, 0);
  const maxExpires = seconds('maxExpires', options.maxExpires, 1, longestExpires);
  if (minExpires > maxExpires) throw invalid('minExpires', 'no more than maxExpires');
  const { platform } = options;
  return {
    realm: options.realm ?? 'sipreg.test',
    users: options.users,
    algorithms: options.algorithms ?? ['MD5'],
    minExpires,
    maxExpires,
    nonceLifetimeMs: seconds('nonceLifetime', options.nonceLifetime, 1, 86_400) * 1000,
    respond: (request) => options.respond?.(request),
    now: () => (platform?.now ? platform.now() : Date.now()),
    random: (length) => {
      const bytes = new Uint8Array(length);
      return platform?.getRandomValues
        ? platform.getRandomValues(bytes)
        : crypto.getRandomValues(bytes);
    },
  };
}
