import { inTime, isThenable, nothing, within } from './promises.js';
import type { Slot } from './storage.js';
import type { Platform } from './types.js';

/** Whoever registers ever new accounts must not fill the storage. */
const largestNumber = 64;

/**
 * The registrations' identities at their registrars, kept over reloads: as text that only the core reads, by account and
 * flow. An account that has a registration already gives nothing to a second one.
 */
export class Snapshots {
  readonly #slot: Slot;
  readonly #platform: Platform;
  readonly #kept: Map<string, string>;
  /** The accounts of registrations, by id, and all of them. */
  readonly #accounts = new Map<number, string>();
  readonly #inUse = new Set<string>();
  /** Ends with the last write to an asynchronous storage; null: everything is written. */
  writing: Promise<void> | null = null;
  #isStale = false;

  private constructor(slot: Slot, platform: Platform, kept: Map<string, string>) {
    this.#slot = slot;
    this.#platform = platform;
    this.#kept = kept;
  }

  /** Rubbish in the storage, or a storage that fails or does not answer, counts as nothing kept. */
  static async open(slot: Slot, platform: Platform): Promise<Snapshots> {
    const kept = new Map<string, string>();
    try {
      const text = await inTime(platform, (async () => slot.storage.getItem(nameIn(slot)))());
      const value: unknown = JSON.parse(text ?? '{}');
      for (const [name, text] of Object.entries(value as object)) {
        if (typeof text === 'string') kept.set(name, text);
      }
    } catch {
      kept.clear();
    }
    return new Snapshots(slot, platform, kept);
  }

  /** What is kept for an account, a text for each of its flows; nothing when it is in use. */
  of(account: string, flows: number): string[] {
    if (this.#inUse.has(account)) return [];
    return Array.from({ length: flows }, (_, flow) => this.#kept.get(nameOf(account, flow)) ?? '');
  }

  /** A registration begins, and ends. */
  own(id: number, account: string): void {
    if (this.#inUse.has(account)) return;
    this.#inUse.add(account);
    this.#accounts.set(id, account);
  }
  disown(id: number): void {
    this.#inUse.delete(this.#accounts.get(id) ?? '');
    this.#accounts.delete(id);
  }

  keep(id: number, flow: number, text: string): void {
    const account = this.#accounts.get(id);
    if (account === undefined) return;
    const name = nameOf(account, flow);
    this.#kept.delete(name);
    this.#kept.set(name, text);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= largestNumber) break;
      this.#kept.delete(oldest);
    }
    this.#isStale = true;
    if (this.writing === null) this.#write();
  }

  /**
   * One at a time, and then the newest: of several at once an asynchronous storage may take the oldest last. What a storage
   * does not take in time must not leave the state before: a reload would use the CSeqs since then again.
   */
  #write(): void {
    this.#isStale = false;
    let written: unknown;
    try {
      const text = JSON.stringify(Object.fromEntries(this.#kept));
      written = this.#slot.storage.setItem(nameIn(this.#slot), text);
    } catch {
      written = this.#forget(); // full, or forbidden
    }
    // What writes at once is not waited for: the page may be about to go.
    if (!isThenable(written)) return;
    const done = Promise.resolve(written).catch(() => this.#forget());
    const next = (): Promise<void> | null => {
      this.writing = null;
      if (this.#isStale) this.#write();
      return this.writing;
    };
    this.writing = done.then(next, next) as Promise<void>;
    void within(this.#platform, done).then((inTime) => {
      if (!inTime) this.#forget().catch(nothing);
    });
  }

  /** Removes what is stored, as far as the storage lets it. */
  async #forget(): Promise<void> {
    const { storage } = this.#slot;
    const name = nameIn(this.#slot);
    try {
      await storage.removeItem(name);
    } catch {
      await storage.setItem(name, '');
    }
  }
}

const nameIn = ({ name }: Slot): string => `${name}.registrations`;
const nameOf = (account: string, flow: number): string => `${account} ${flow}`;
