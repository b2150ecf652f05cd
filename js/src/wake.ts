/**
 * What a host tells of its life. 'awake': it woke up, came online or came to the front; 'restored': the page comes from
 * the back/forward cache, where browsers close sockets and some do not say so.
 */
export type HostEvent = 'awake' | 'offline' | 'restored';

/**
 * Tells what the host does. Returns what ends that. Does nothing where there are no such events, as in Node. `freeze` is
 * not among them: it may last a moment, so that nothing is given up for it; an answer would not be seen any more; and what
 * ends in the meantime is found out at `resume`, by the clocks and by asking over the connection.
 */
export function watchHost(tell: (event: HostEvent) => void): () => void {
  const { document } = globalThis as Partial<typeof globalThis>;
  const awake = (): void => {
    tell('awake');
  };
  const listeners: Record<string, (event: Event) => void> = {
    online: awake,
    resume: awake,
    visibilitychange: () => {
      if (document?.visibilityState !== 'hidden') awake();
    },
    pageshow: (event) => {
      if ('persisted' in event && event.persisted === true) tell('restored');
      else awake();
    },
    offline: () => {
      tell('offline');
    },
  };
  const targets = [
    globalThis as Partial<EventTarget>,
    document as Partial<EventTarget> | undefined,
  ];
  for (const target of targets) {
    for (const type in listeners) target?.addEventListener?.(type, listeners[type] ?? null);
  }
  return () => {
    for (const target of targets) {
      for (const type in listeners) target?.removeEventListener?.(type, listeners[type] ?? null);
    }
  };
}
