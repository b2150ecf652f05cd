/** What the adapters for call stacks share. */
import { optionError } from './errors.js';
import type { Channel, Registration } from './types.js';

/** What a stack asks before it is connected. */
export type Facts = Pick<Channel, 'url' | 'viaTransport'>;

/** Looks without taking anything over: requests go on where they went. */
export function look(registration: Registration): Facts {
  const given = registration as Partial<Registration> | null | undefined;
  if (typeof given?.openChannel !== 'function') {
    throw optionError('registration', 'must be one of a client');
  }
  const channel = registration.openChannel();
  const { url, viaTransport } = channel;
  channel.detach();
  return { url, viaTransport };
}

/** Where a handler that must not throw here has its errors reported. */
export function report(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
