const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Asking the platform for random bytes costs more than using them, so they are asked for in lots. */
const lotSize = 1024;

/** Strings that are new at every call: a counter makes them so even where the platform's randomness is scripted. */
export class Uniques {
  readonly #random: (length: number) => Uint8Array;
  readonly #prefix: string;
  #lot: Uint8Array = new Uint8Array(0);
  #used = 0;
  #count = 0;

  /** `random` gives that many random bytes. */
  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
    this.#prefix = this.#hex(4);
  }

  /** For To tags: random for each registrar (RFC 3261 §19.3). */
  tag(): string {
    return this.#prefix + this.#next();
  }

  /** For nonces and temporary GRUUs: 128 random bits. */
  token(): string {
    return this.#hex(16) + this.#next();
  }

  #next(): string {
    this.#count += 1;
    return this.#count.toString(36);
  }

  #hex(length: number): string {
    if (this.#used + length > this.#lot.length) {
      this.#lot = this.#random(lotSize);
      this.#used = 0;
    }
    let hex = '';
    for (const end = this.#used + length; this.#used < end; this.#used += 1) {
      hex += hexBytes[this.#lot[this.#used] ?? 0] ?? '';
    }
    return hex;
  }
}
