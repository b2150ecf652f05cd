import type { Platform } from './types.js';

export const nothing = (): void => undefined;

/** A promise whose rejection nobody has to handle: the events tell of it too. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(nothing);
  return promise;
}

export function rejected(error: unknown): Promise<never> {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- signal.reason may be anything
  return quiet(Promise.reject(error));
}

/** A promise for a caller who may lose interest: an abort rejects it with the signal's reason. */
export class Pending<T> {
  readonly promise: Promise<T>;
  settled = false;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #aborted: (() => void) | undefined;

  constructor(signal?: AbortSignal) {
    this.promise = quiet(
      new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      }),
    );
    if (signal === undefined) return;
    this.#signal = signal;
    this.#aborted = () => {
      this.reject(signal.reason);
    };
    signal.addEventListener('abort', this.#aborted);
  }

  resolve(value: T): void {
    this.#settle();
    this.#resolve(value);
  }

  reject(error: unknown): void {
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.settled = true;
    if (this.#aborted) this.#signal?.removeEventListener('abort', this.#aborted);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** How long may take what mostly takes no time: storages, locks, the goodbye of a socket; ms. */
const patience = 5000;

/** Resolves with true once `promise` has settled, with false if that takes longer than `ms`. Leaves no timer behind. */
export function within(
  platform: Platform,
  promise: Promise<unknown>,
  ms = patience,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = platform.setTimeout(() => {
      resolve(false);
    }, ms);
    const settled = (): void => {
      platform.clearTimeout(timer);
      resolve(true);
    };
    promise.then(settled, settled);
  });
}

/** The same promise, or a rejection where it takes too long. */
export async function inTime<T>(platform: Platform, promise: Promise<T>): Promise<T> {
  if (!(await within(platform, promise))) throw new Error('No answer within 5 s.');
  return promise;
}
