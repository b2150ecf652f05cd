/**
 * The same API as `sipreg`, with the WebAssembly as a file of its own: sipreg.wasm beside this one.
 *
 * @module sipreg/external
 */
import locate from 'sipreg:location';
import { openClient } from './client.js';
import type { Client, ClientOptions } from './types.js';

export { RegistrationError } from './errors.js';
export type * from './types.js';

/**
 * As in `sipreg`, but the WebAssembly is fetched, on Node read from the disk, when the first client is made. Where a
 * bundler does not copy it, option `wasm` says where it is.
 */
export function createClient(options: ClientOptions): Promise<Client> {
  return openClient(options, locate);
}
