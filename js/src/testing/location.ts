import type { Flow } from './flow.js';
import { aorKey, type Uri } from './uri.js';

/** One binding of an address of record, as the registrar keeps it. */
export interface StoredBinding {
  uri: Uri;
  /** As written, quotes included; '' when there is none. */
  displayName: string;
  /** The Contact's parameters as written, without expires and GRUUs. */
  params: readonly (readonly [name: string, value: string | true])[];
  q: number | null;
  /** The URN of +sip.instance, without <>. */
  instanceId: string | null;
  regId: number | null;
  /** Registered as a flow of RFC 5626: instance and reg-id, not the URI, say which binding it is. */
  outbound: boolean;
  /** The latest temporary GRUU (RFC 5627 §3.1.2); null: none was asked for. */
  tempGruu: string | null;
  /** What orders updates (RFC 3261 §10.3). */
  callId: string;
  cseq: number;
  expiresAt: number;
  /** The connection that it was registered over. */
  flow: Flow;
}

/** The location service: bindings by address of record. Nothing is timed; what has expired is left out when read. */
export class LocationService {
  readonly #bindings = new Map<string, readonly StoredBinding[]>();

  /** The bindings of `aor` that are alive at `now`, in the order of their first registration. */
  bindings(aor: Uri, now: number): readonly StoredBinding[] {
    const stored = this.#bindings.get(aorKey(aor)) ?? [];
    return stored.every((binding) => binding.expiresAt > now)
      ? stored
      : stored.filter((binding) => binding.expiresAt > now);
  }

  replace(aor: Uri, bindings: readonly StoredBinding[]): void {
    if (bindings.length === 0) this.#bindings.delete(aorKey(aor));
    else this.#bindings.set(aorKey(aor), bindings);
  }
}

/** The seconds a binding has left at `now`, rounded up: a fresh one shows what it was granted. */
export function secondsLeft(binding: StoredBinding, now: number): number {
  return Math.ceil((binding.expiresAt - now) / 1000);
}
