import { isThenable } from './promises.js';
import type { Slot } from './storage.js';

/** Whoever registers ever new accounts must not fill the storage. */
const largestNumber = 64;

/**
 * The registrations' identities at their registrars, kept over reloads: as text that only the core reads, by account and
 * flow. An account that has a registration already gives nothing to a second one.
 */
export class Snapshots {
  readonly #slot: Slot;
  readonly #kept: Map<string, string>;
  /** The accounts of registrations, by id, and all of them. */
  readonly #accounts = new Map<number, string>();
  readonly #inUse = new Set<string>();
  /** Ends with the last write to an asynchronous storage; null: everything is written. */
  writing: Promise<void> | null = null;
  #isStale = false;

  private constructor(slot: Slot, kept: Map<string, string>) {
    this.#slot = slot;
    this.#kept = kept;
  }

  /** Rubbish in the storage, or a storage that fails, counts as nothing kept. */
  static async open(slot: Slot): Promise<Snapshots> {
    const kept = new Map<string, string>();
    try {
      const value: unknown = JSON.parse((await slot.storage.getItem(nameIn(slot))) ?? '{}');
      for (const [name, text] of Object.entries(value as object)) {
        if (typeof text === 'string') kept.set(name, text);
      }
    } catch {
      kept.clear();
    }
    return new Snapshots(slot, kept);
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
   * One at a time, and then the newest: of several at once an asynchronous storage may take the oldest last. A storage that
   * refuses costs a second binding after a reload, and no more.
   */
  #write(): void {
    this.#isStale = false;
    try {
      const text = JSON.stringify(Object.fromEntries(this.#kept));
      const written: unknown = this.#slot.storage.setItem(nameIn(this.#slot), text);
      // What writes at once is not waited for: the page may be about to go.
      if (!isThenable(written)) return;
      const next = (): Promise<void> | null => {
        this.writing = null;
        if (this.#isStale) this.#write();
        return this.writing;
      };
      this.writing = Promise.resolve(written).then(next, next) as Promise<void>;
    } catch {
      // Full, or forbidden.
    }
  }
}

const nameIn = ({ name }: Slot): string => `${name}.registrations`;
const nameOf = (account: string, flow: number): string => `${account} ${flow}`;
