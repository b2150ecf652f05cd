/**
 * --flows: a command has done what it says when every flow has its binding.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from './connect.js';
import { CommandFailure } from './failure.js';
import { hostOf } from './sockets.js';

/** No event tells of one flow among several, so they are looked at. */
const LOOK_MS = 20;
/** To connect, and for an answer, as the library has them. */
const PATIENCE_MS = 42_000;

/**
 * Waits for the flows that register() did not wait for. Throws when the time is up, when the library has given up, and,
 * where nothing is tried again (`keep` false), when no server is left.
 */
export async function awaitFlows(session: Session, keep: boolean): Promise<void> {
  const { args, registration, signal, sockets } = session;
  const start = performance.now();
  for (;;) {
    const { flows } = registration;
    const held = flows.filter((each) => each.connected && each.expiresAt !== null);
    const missing = flows.filter((each) => !held.includes(each));
    if (missing.length === 0) return;
    if (registration.state === 'failed') throw registration.lastError ?? new CommandFailure('');
    const isLate = !keep && performance.now() - start > PATIENCE_MS;
    const isHopeless =
      !keep &&
      args.urls.every(
        (url) => sockets.failure(url) ?? held.some((each) => each.url === url.split('?', 1)[0]),
      );
    if (isHopeless || isLate || signal.aborted) {
      const { reason } = signal as { reason: unknown };
      if (signal.aborted && !(reason instanceof CommandFailure)) throw reason;
      const says = signal.aborted ? [(reason as CommandFailure).message] : [];
      const problems = missing.map(({ url }) =>
        [`no binding over ${hostOf(url)}`, sockets.failure(url) ?? []].flat().join(': '),
      );
      throw new CommandFailure([...problems, ...says].join('; '));
    }
    await sleep(LOOK_MS);
  }
}
