import type { DigestAlgorithm, Platform } from '../types.js';
import { digestAlgorithms } from './digest.js';
import { checkFault, type Fault } from './fault.js';
import type { TestRegistrarOptions, TraceMessage } from './options.js';
import { parseRequest } from './parsed.js';

/** TestRegistrarOptions, checked and complete. */
export interface Settings {
  realm: string;
  users: Record<string, string> | undefined;
  algorithms: readonly DigestAlgorithm[];
  nonceLifetimeMs: number;
  nextNonce: boolean;
  rspauth: boolean | 'wrong';
  tokens: Record<string, string | string[]> | undefined;
  scope: string | undefined;
  authzServer: string | undefined;
  minExpires: number;
  maxExpires: number;
  outbound: boolean;
  flowTimer: number | undefined;
  pong: boolean;
  respond: (request: string) => string | Fault | undefined;
  trace: (message: TraceMessage) => void;
  now: () => number;
  /** Calls back after that many milliseconds; gives a function that calls it off. */
  after: (ms: number, callback: () => void) => () => void;
  /** That many random bytes. */
  random: (length: number) => Uint8Array;
}

const longestExpires = 2 ** 32 - 1;

function invalid(option: string, rule: string): TypeError {
  return new TypeError(`createTestRegistrar: ${option} must be ${rule}`);
}

function seconds(
  option: string,
  value: unknown,
  least: number,
  most = longestExpires,
): number | undefined {
  if (value === undefined) return undefined;
  const whole = typeof value === 'number' && Number.isInteger(value);
  if (!whole || value < least || value > most) {
    const limit = most === longestExpires ? '2^32-1' : String(most);
    throw invalid(option, `an integer from ${least} to ${limit} (seconds)`);
  }
  return value;
}

/** What goes into a quoted string of a challenge. */
function checkQuotable(option: string, value: unknown): void {
  // eslint-disable-next-line no-control-regex -- control characters would break the header
  if (value !== undefined && (typeof value !== 'string' || /[\u0000-\u001f\u007f]/.test(value))) {
    throw invalid(option, 'a string without control characters');
  }
}

function checkRecord(option: string, value: unknown, what: string, lists: boolean): void {
  if (value === undefined) return;
  const rule = `an object of ${what} by username`;
  if (typeof value !== 'object' || value === null) throw invalid(option, rule);
  for (const each of Object.values(value) as unknown[]) {
    const texts: unknown[] = lists && Array.isArray(each) ? each : [each];
    if (!texts.every((text) => typeof text === 'string')) throw invalid(option, rule);
  }
}

function checkType(option: string, value: unknown, type: 'boolean' | 'function'): void {
  if (value !== undefined && typeof value !== type) {
    throw invalid(option, type === 'boolean' ? 'true or false' : 'a function');
  }
}

function checkObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw invalid(option, 'an object');
}

function checkShapes(options: TestRegistrarOptions): void {
  checkObject('options', options);
  const { algorithms, rspauth, platform = {} } = options;
  for (const name of ['realm', 'scope', 'authzServer'] as const) checkQuotable(name, options[name]);
  checkRecord('users', options.users, 'passwords', false);
  checkRecord('tokens', options.tokens, 'tokens', true);
  const known = (algorithm: DigestAlgorithm) => digestAlgorithms.includes(algorithm);
  const listed = Array.isArray(algorithms) && algorithms.length > 0 && algorithms.every(known);
  if (algorithms !== undefined && !listed) {
    throw invalid('algorithms', `a list of ${digestAlgorithms.join(', ')}`);
  }
  if (rspauth !== undefined && typeof rspauth !== 'boolean' && (rspauth as unknown) !== 'wrong') {
    throw invalid('rspauth', "true, false or 'wrong'");
  }
  for (const name of ['nextNonce', 'outbound', 'pong'] as const) {
    checkType(name, options[name], 'boolean');
  }
  for (const name of ['respond', 'trace'] as const) checkType(name, options[name], 'function');
  checkObject('platform', platform);
  for (const name of ['now', 'setTimeout', 'clearTimeout', 'getRandomValues'] as const) {
    checkType(`platform.${name}`, platform[name], 'function');
  }
  if ((platform.setTimeout === undefined) !== (platform.clearTimeout === undefined)) {
    throw invalid('platform', 'given setTimeout and clearTimeout together');
  }
}

/** What respond() gives, once it is checked: its mistakes must be seen. */
function readScript({ respond }: TestRegistrarOptions): Settings['respond'] {
  if (!respond) return () => undefined;
  return (request) => {
    const answer: unknown = respond(request, parseRequest(request));
    if (answer === undefined || typeof answer === 'string') return answer;
    if (typeof answer !== 'object' || answer === null || 'then' in answer) {
      throw new TypeError('respond() must give a string, a fault or undefined');
    }
    checkFault(answer, 'respond()');
    return answer;
  };
}

function readTimers(platform: Partial<Platform> | undefined): Settings['after'] {
  const set = platform?.setTimeout?.bind(platform);
  const clear = platform?.clearTimeout?.bind(platform);
  return (ms, callback) => {
    // Looked up at each call, so that fake timers that are installed later are used.
    const handle = set ? set(callback, ms) : globalThis.setTimeout(callback, ms);
    return () => {
      if (clear) clear(handle);
      else globalThis.clearTimeout(handle as number);
    };
  };
}

/** Checks the options and fills in the defaults; throws a TypeError that names the option. */
export function readOptions(options: TestRegistrarOptions): Settings {
  checkShapes(options);
  const minExpires = seconds('minExpires', options.minExpires, 0) ?? 0;
  const maxExpires = seconds('maxExpires', options.maxExpires, 1) ?? longestExpires;
  if (minExpires > maxExpires) throw invalid('minExpires', 'no more than maxExpires');
  const { platform } = options;
  return {
    realm: options.realm ?? 'sipreg.test',
    users: options.users,
    algorithms: options.algorithms ?? ['MD5'],
    nonceLifetimeMs: (seconds('nonceLifetime', options.nonceLifetime, 1) ?? 86_400) * 1000,
    nextNonce: options.nextNonce ?? false,
    rspauth: options.rspauth ?? false,
    tokens: options.tokens,
    scope: options.scope,
    authzServer: options.authzServer,
    minExpires,
    maxExpires,
    outbound: options.outbound ?? true,
    flowTimer: seconds('flowTimer', options.flowTimer, 1),
    pong: options.pong ?? true,
    respond: readScript(options),
    trace: (message) => options.trace?.(message),
    now: () => (platform?.now ? platform.now() : Date.now()),
    after: readTimers(platform),
    random: (length) => {
      const bytes = new Uint8Array(length);
      return platform?.getRandomValues
        ? platform.getRandomValues(bytes)
        : crypto.getRandomValues(bytes);
    },
  };
}
