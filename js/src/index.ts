/** SIP registration for web apps. Start with createClient(). */
import wasm from 'sipreg:wasm';
import { openClient } from './client.js';
import type { Client, ClientOptions } from './types.js';

export { RegistrationError } from './errors.js';
export type * from './types.js';

/**
 * Makes a client; no socket is opened before the first call that needs one.
 *
 * Rejects with a TypeError for a malformed option (see the head of types.ts), and with a RegistrationError of code
 * 'unsupported' where the host has no WebAssembly, forbids it, or has no secure randomness or WebSocket.
 */
export function createClient(options: ClientOptions): Promise<Client> {
  return openClient(options, decode);
}

/** The WebAssembly inlined in this file. */
function decode(): Uint8Array {
  const text = atob(wasm);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
