import { checkCloseCode } from './flow.js';

/** What goes wrong with one request; an empty one: nothing. */
export interface Fault {
  /** The answer is this status, and the request is not served. 300 to 699. */
  status?: number;
  /** Reason phrase of `status`. */
  reason?: string;
  /** Header fields of `status`, such as { 'Retry-After': '5' }. */
  headers?: Record<string, string | string[]>;
  /** 'request': it never arrives. 'answer': the request is served, and what it is answered gets lost. */
  lose?: 'request' | 'answer';
  /** The answer comes this much later. The request is served at once. */
  delayMs?: number;
  /** Then the connection is closed with that code; 1006: without a closing handshake, as when a network goes. */
  disconnect?: number;
  /** Before all that, every nonce given so far becomes stale. */
  stale?: boolean;
}

/** Throws a TypeError that names what is wrong; `place` says where it was given. */
export function checkFault(fault: Fault, place: string): void {
  const refuse = (rule: string): never => {
    throw new TypeError(`${place}: ${rule}`);
  };
  if (typeof fault !== 'object' || (fault as unknown) === null) refuse('a fault must be an object');
  const { status, lose, delayMs, disconnect } = fault;
  if (status !== undefined && !(Number.isInteger(status) && status >= 300 && status <= 699)) {
    refuse('status must be an integer from 300 to 699');
  }
  if (lose !== undefined && lose !== 'request' && (lose as unknown) !== 'answer') {
    refuse("lose must be 'request' or 'answer'");
  }
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs < 2 ** 31)) {
    refuse('delayMs must be from 0 to 2^31-1');
  }
  if (disconnect !== undefined) checkCloseCode(disconnect, `${place}: disconnect`);
}
