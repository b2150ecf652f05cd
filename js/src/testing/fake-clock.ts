import type { Platform } from '../types.js';

/** A clock that only the test moves, made by createFakeClock(). */
export interface FakeClock {
  /** For createClient({ platform }) and createTestRegistrar({ platform }). */
  readonly platform: Platform;
  /** The wall clock, in milliseconds since the epoch. */
  readonly now: number;
  /** How many timers are armed. */
  readonly timers: number;
  /**
   * Lets that much time pass: both clocks move, timers run when they are due and in order, and after each of them, and at
   * the end, what waits for a promise goes on. advance(0) only lets things settle.
   */
  advance(ms: number): Promise<void>;
  /**
   * Lets time pass, from timer to timer, until the promise settles, and gives its outcome. Rejects when no timer is left
   * that it could wait for, or when more than `limitMs` (default: a day) would pass.
   *
   * @example
   * registrar.network = 'down';
   * …
   * registrar.network = 'up';
   * await clock.until(registration.whenRegistered());
   */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /**
   * Moves the wall clock alone, forwards or back: the machine has slept (timers and the monotonic clock stood still), or
   * its clock was set. Nothing runs by itself; see advance() and Client.wake().
   */
  jump(ms: number): void;
}

/** What createFakeClock() takes. */
export interface FakeClockOptions {
  /** Where the wall clock starts, in milliseconds since the epoch. Default 2024-01-01T00:00:00Z. */
  now?: number;
  /** Seed of the random bytes; the same seed gives the same bytes. Default 1. */
  seed?: number;
}

interface Timer {
  at: number;
  callback: () => void;
}

const day = 86_400_000;
const longestDelay = 2 ** 31 - 1;
/** So many timers at one moment are a loop. */
const maxTimersAtOnce = 10_000;

/** One turn of the event loop, after which promises have settled. A fake clock of a test framework does not hold it up. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Bytes by mulberry32: small, even enough for tests, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) & 0xff;
  };
}

function checkSpan(ms: number, name: string): void {
  if (!Number.isFinite(ms) || ms < 0) throw new TypeError(`${name} must be a number from 0`);
}

class Clock implements FakeClock {
  readonly platform: Platform;
  #wall: number;
  #steady = 0;
  #lastHandle = 0;
  readonly #timers = new Map<number, Timer>();

  constructor({ now = Date.UTC(2024, 0, 1), seed = 1 }: FakeClockOptions) {
    if (!Number.isFinite(now)) throw new TypeError('createFakeClock: now must be a number');
    if (!Number.isInteger(seed)) throw new TypeError('createFakeClock: seed must be an integer');
    this.#wall = now;
    const random = createRandom(seed);
    this.platform = {
      now: () => this.#wall,
      monotonic: () => this.#steady,
      setTimeout: (callback, ms) => this.#arm(callback, ms),
      clearTimeout: (handle: number) => {
        this.#timers.delete(handle);
      },
      getRandomValues: (bytes) => {
        for (let i = 0; i < bytes.length; i += 1) bytes[i] = random();
        return bytes;
      },
    };
  }

  get now(): number {
    return this.#wall;
  }

  get timers(): number {
    return this.#timers.size;
  }

  async advance(ms: number): Promise<void> {
    checkSpan(ms, 'advance(): ms');
    await turn();
    const end = this.#steady + ms;
    let atOnce = 0;
    for (let next = this.#next(); next !== null && next.at <= end; next = this.#next()) {
      atOnce = next.at > this.#steady ? 0 : atOnce + 1;
      if (atOnce > maxTimersAtOnce) throw new Error('advance(): timers go on and on at one moment');
      await this.#run(next);
    }
    this.#pass(end - this.#steady);
    await turn();
  }

  async until<T>(promise: Promise<T>, limitMs = day): Promise<T> {
    checkSpan(limitMs, 'until(): limitMs');
    const outcome = { isSettled: false };
    const settle = () => {
      outcome.isSettled = true;
    };
    promise.then(settle, settle);
    const end = this.#steady + limitMs;
    for (;;) {
      await turn();
      if (outcome.isSettled) return promise;
      const next = this.#next();
      if (next === null) throw new Error('until(): no timer is left, and it has not settled');
      if (next.at > end) throw new Error(`until(): it has not settled within ${limitMs} ms`);
      await this.#run(next);
    }
  }

  jump(ms: number): void {
    if (!Number.isFinite(ms)) throw new TypeError('jump(): ms must be a number');
    this.#wall += ms;
  }

  #arm(callback: () => void, ms: number): number {
    this.#lastHandle += 1;
    // As every host does: what does not fit is due at once.
    const delay = ms >= 1 && ms <= longestDelay ? ms : 0;
    this.#timers.set(this.#lastHandle, { at: this.#steady + delay, callback });
    return this.#lastHandle;
  }

  /** The timer that is due first; of several, the one armed first. */
  #next(): (Timer & { handle: number }) | null {
    let first: (Timer & { handle: number }) | null = null;
    for (const [handle, timer] of this.#timers) {
      if (first === null || timer.at < first.at) first = { ...timer, handle };
    }
    return first;
  }

  async #run({ at, callback, handle }: Timer & { handle: number }): Promise<void> {
    this.#timers.delete(handle);
    this.#pass(Math.max(at - this.#steady, 0));
    callback();
    await turn();
  }

  #pass(ms: number): void {
    this.#steady += ms;
    this.#wall += ms;
  }
}

/**
 * Makes a clock that stands still until the test moves it, with random bytes that are the same in every run. Use it with
 * the in-memory `webSocket` of a test registrar: a real network takes real time.
 *
 * @example
 * const clock = createFakeClock();
 * const registrar = createTestRegistrar({ users: { alice: 'secret' }, platform: clock.platform });
 * const client = await createClient({
 *   server: 'ws://localhost',
 *   webSocket: registrar.webSocket,
 *   platform: clock.platform,
 * });
 */
export function createFakeClock(options: FakeClockOptions = {}): FakeClock {
  return new Clock(options);
}
