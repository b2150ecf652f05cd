import { optionError, RegistrationError } from './errors.js';
import type { Platform } from './types.js';

type Given = Partial<Platform>;

/** Longer delays wrap to one millisecond in every host. */
const longestDelay = 2 ** 31 - 1;

/** The host's clocks, timers and entropy, with `given` in their places. getRandomValues() throws where there is none. */
export function createPlatform(option: unknown): Platform {
  const given = option ?? {};
  if (typeof given !== 'object') throw optionError('platform', 'must be an object');
  // Looked up at each call, so that fake timers that are installed later are used.
  const { now, monotonic, setTimeout, clearTimeout, getRandomValues } = read(given);
  if ((setTimeout === undefined) !== (clearTimeout === undefined)) {
    throw optionError('platform', 'give setTimeout and clearTimeout together');
  }
  return {
    now: now ?? (() => Date.now()),
    monotonic: monotonic ?? (now ? withoutStepsBack(now) : () => performance.now()),
    setTimeout: setTimeout ?? ((callback, ms) => globalThis.setTimeout(callback, ms)),
    clearTimeout:
      clearTimeout ??
      ((handle) => {
        globalThis.clearTimeout(handle as number);
      }),
    getRandomValues(bytes) {
      try {
        return getRandomValues
          ? getRandomValues(bytes)
          : globalThis.crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
      } catch (cause) {
        throw new RegistrationError(
          'crypto.getRandomValues does not work here. Serve the page over https, or give platform.getRandomValues.',
          { code: 'unsupported', cause },
        );
      }
    },
  };
}

/** Reads each function once and keeps its object. */
function read(given: Given): Given {
  const names = ['now', 'monotonic', 'setTimeout', 'clearTimeout', 'getRandomValues'] as const;
  const functions: Record<string, unknown> = {};
  for (const name of names) {
    const value: unknown = given[name];
    if (value === undefined) continue;
    if (typeof value !== 'function') throw optionError(`platform.${name}`, 'must be a function');
    functions[name] = value.bind(given);
  }
  return functions;
}

function withoutStepsBack(now: () => number): () => number {
  let last = now();
  let lost = 0;
  return () => {
    const wall = now();
    if (wall < last) lost += last - wall;
    last = wall;
    return wall + lost;
  };
}

/**
 * One timer for one deadline on the monotonic clock. A deadline that moves away leaves the timer as it is: it rings early,
 * and is set again, which is cheaper than setting it anew at every frame.
 */
export class Alarm {
  readonly #platform: Platform;
  readonly #ring: () => void;
  #handle: unknown;
  #firesAt = Infinity;
  #deadline = -1;
  #longest = longestDelay;

  constructor(platform: Platform, ring: () => void) {
    this.#platform = platform;
    this.#ring = ring;
  }

  /** `deadline` in monotonic ms; negative: none. It rings every `longest` ms, too, until the deadline. */
  set(deadline: number, longest = longestDelay): void {
    const isSooner = deadline < this.#firesAt || longest < this.#longest;
    this.#deadline = deadline;
    this.#longest = longest;
    if (deadline < 0) this.#clear();
    else if (isSooner) this.#arm();
  }

  #clear(): void {
    if (this.#firesAt === Infinity) return;
    this.#platform.clearTimeout(this.#handle);
    this.#handle = undefined;
    this.#firesAt = Infinity;
  }

  #arm(): void {
    this.#clear();
    const now = this.#platform.monotonic();
    const delay = Math.min(Math.max(Math.ceil(this.#deadline - now), 0), this.#longest);
    this.#firesAt = now + delay;
    this.#handle = this.#platform.setTimeout(() => {
      this.#fired();
    }, delay);
  }

  #fired(): void {
    this.#firesAt = Infinity;
    if (this.#deadline < 0) return;
    const isEarly = this.#platform.monotonic() < this.#deadline;
    if (isEarly && this.#longest === longestDelay) this.#arm();
    else this.#ring();
  }
}
