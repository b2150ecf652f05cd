/** Web Locks as signs of life: whoever waits for one learns that its holder ended, however that came about. */

interface Held {
  name: string;
  release: () => void;
}

function locks(): LockManager | undefined {
  const { navigator } = globalThis as Partial<typeof globalThis>;
  return (navigator as Partial<Navigator> | undefined)?.locks;
}

/** Takes a lock of a new name. Resolves with null where there are none, as on pages without TLS. */
export function holdLock(): Promise<Held | null> {
  const manager = locks();
  if (manager === undefined) return Promise.resolve(null);
  const name = `sipreg.${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    const held = manager.request(
      name,
      () =>
        new Promise<void>((release) => {
          resolve({ name, release });
        }),
    );
    held.catch(() => {
      resolve(null);
    });
  });
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
