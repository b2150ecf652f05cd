import { readMessage, writeReply } from './message.js';
import type { HeaderRow } from './refusal.js';

function randomTag(): string {
  const [tag = 0] = crypto.getRandomValues(new Uint32Array(1));
  return tag.toString(16).padStart(8, '0');
}

/**
 * A response to `request`, for use in respond(): copies Via, From, To (with a tag of its own), Call-ID and CSeq
 * (RFC 3261 §8.2.6.2), then puts `headers` in order, one row for each value of a list. There is no body.
 *
 * @example
 * respond: (request) => reply(request, 503, 'Service Unavailable', { 'Retry-After': '120' })
 */
export function reply(
  request: string,
  status: number,
  reason: string,
  headers: Record<string, string | string[]> = {},
): string {
  const rows = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): HeaderRow => [name, value]),
  );
  return writeReply(readMessage(request), status, reason, randomTag(), rows);
}
