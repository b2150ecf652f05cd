/**
 * SIP registration for web apps. Start with {@link createClient}.
 *
 * Lifetimes in SIP terms (`expires`, `retryAfter`) are seconds, names that end in `Ms` are milliseconds, points in time are
 * milliseconds since the Unix epoch.
 *
 * A malformed option gives a TypeError with `code: 'invalid-argument'` and `option`, the option's name. Functions that
 * return promises reject with it, the others throw it; nothing is sent and nothing changed.
 *
 * @module sipreg
 */
import { openClient } from './client.js';
import { decode } from './inlined.js';
import type { Client, ClientOptions } from './types.js';

export { RegistrationError } from './errors.js';
export type * from './types.js';

/**
 * Makes a client; no socket is opened before the first call that needs one.
 *
 * Rejects with a TypeError for a malformed option, and with a RegistrationError of code
 * 'unsupported' where the host has no WebAssembly, forbids it, or has no secure randomness or WebSocket.
 */
export function createClient(options: ClientOptions): Promise<Client> {
  return openClient(options, decode);
}
