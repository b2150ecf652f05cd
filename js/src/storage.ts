import { optionError } from './errors.js';
import { inTime, nothing, within } from './promises.js';
import { Snapshots } from './snapshots.js';
import type { KeyValueStorage, Platform } from './types.js';

const key = 'sipreg.instance';

/** Where this client alone keeps things. */
export interface Slot {
  storage: KeyValueStorage;
  /** What the names of its keys begin with. */
  name: string;
}

/** An instance id (RFC 5626 §4.1), what is kept beside it if anything is, and what gives it up when the client ends. */
export interface Instance {
  id: string;
  snapshots: Snapshots | null;
  release: () => void;
}

/** The id that was given, else the one that `storage` keeps; makes one where there is none. */
export async function takeInstance(
  given: string | undefined,
  storage: KeyValueStorage | null | undefined,
  platform: Platform,
): Promise<Instance> {
  if (storage) {
    try {
      return await read({ storage, name: key }, given, platform, nothing);
    } catch (cause) {
      throw optionError(
        'storage',
        'failed or did not answer within 5 s; mend it, give instanceId, or set storage: null',
        cause,
      );
    }
  }
  const fresh = { id: given ?? randomUrn(platform), snapshots: null, release: nothing };
  // Pages only: Node has a localStorage too, which warns when it is touched, and all processes would share it.
  const { document, navigator } = globalThis as Partial<typeof globalThis>;
  const locks = navigator?.locks;
  if (storage === null || document === undefined || locks === undefined) return fresh;
  const slot = takeSlot(locks, given, platform);
  if (await within(platform, slot)) return slot.catch(() => fresh);
  slot.then(({ release }) => {
    release();
  }, nothing);
  return fresh;
}

/**
 * Two tabs with one instance id would take each other's binding. So a tab takes the lowest slot whose Web Lock is free and
 * holds it while it lives; a reload finds its own again. Without locks nothing outlives the client.
 */
async function takeSlot(
  locks: LockManager,
  given: string | undefined,
  platform: Platform,
): Promise<Instance> {
  const { localStorage } = globalThis;
  for (let number = 0; ; number++) {
    const name = `${key}.${number}`;
    const release = await hold(locks, name);
    if (release !== null) return read({ storage: localStorage, name }, given, platform, release);
  }
}

async function read(
  slot: Slot,
  given: string | undefined,
  platform: Platform,
  release: () => void,
): Promise<Instance> {
  // At once, as each may take its time.
  const [id, snapshots] = await Promise.all([
    given ?? inTime(platform, keep(slot, platform)),
    Snapshots.open(slot, platform),
  ]);
  return { id, snapshots, release };
}

/** Resolves with what gives the lock back, or null when somebody has it. */
function hold(locks: LockManager, name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const held = locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => {
        resolve(release);
      });
    });
    held.catch(reject);
  });
}

async function keep({ storage, name }: Slot, platform: Platform): Promise<string> {
  const kept = await storage.getItem(name);
  if (typeof kept === 'string' && /^urn:uuid:[\da-f-]{36}$/.test(kept)) return kept;
  const id = randomUrn(platform);
  await storage.setItem(name, id);
  return id;
}

/** A version 4 UUID (RFC 9562 §5.4). */
function randomUrn(platform: Platform): string {
  const bytes = platform.getRandomValues(new Uint8Array(16));
  let id = 'urn:uuid:';
  bytes.forEach((byte, i) => {
    let value = byte;
    if (i === 6) value = 0x40 | (byte & 0x0f);
    if (i === 8) value = 0x80 | (byte & 0x3f);
    if (i === 4 || i === 6 || i === 8 || i === 10) id += '-';
    id += value.toString(16).padStart(2, '0');
  });
  return id;
}
