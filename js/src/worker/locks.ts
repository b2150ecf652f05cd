/** Web Locks as signs of life: whoever waits for one learns that its holder ended, however that came about. */
import { within } from '../promises.js';
import type { Platform } from '../types.js';

interface Held {
  name: string;
  release: () => void;
}

function locks(): LockManager | undefined {
  const { navigator } = globalThis as Partial<typeof globalThis>;
  return (navigator as Partial<Navigator> | undefined)?.locks;
}

/** Takes a lock of a new name. Resolves with null where there are none, as on pages without TLS, or where they say nothing. */
export async function holdLock(platform: Platform): Promise<Held | null> {
  const manager = locks();
  if (manager === undefined) return null;
  const name = `sipreg.${crypto.randomUUID()}`;
  const held = new Promise<Held | null>((resolve) => {
    manager
      .request(
        name,
        () =>
          new Promise<void>((release) => {
            resolve({ name, release });
          }),
      )
      .catch(() => {
        resolve(null);
      });
  });
  return (await within(platform, held)) ? held : null;
}

/** Calls back once the holder of that lock has let it go or has died, until what is returned is called. */
export function awaitRelease(name: string, released: () => void): () => void {
  const waiting = new AbortController();
  const { signal } = waiting;
  locks()
    ?.request(name, { mode: 'shared', signal }, () => {
      if (!signal.aborted) released();
    })
    .catch(() => undefined); // aborted
  return () => {
    waiting.abort();
  };
}
