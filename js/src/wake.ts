/** When pages and workers come back to life: from sleep, from the back/forward cache, from behind, from being offline. */
const signals = ['online', 'pageshow', 'resume', 'visibilitychange'];

/** Calls `wake` when the host does. Returns what ends that. Does nothing where there are no such events, as in Node. */
export function watchHost(wake: () => void): () => void {
  const { document } = globalThis as Partial<typeof globalThis>;
  const targets = [
    globalThis as Partial<EventTarget>,
    document as Partial<EventTarget> | undefined,
  ];
  const woken = (): void => {
    if (document?.visibilityState !== 'hidden') wake();
  };
  for (const target of targets) {
    for (const signal of signals) target?.addEventListener?.(signal, woken);
  }
  return () => {
    for (const target of targets) {
      for (const signal of signals) target?.removeEventListener?.(signal, woken);
    }
  };
}
