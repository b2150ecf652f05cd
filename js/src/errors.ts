import type { RegistrationErrorCode, SipResponse } from './types.js';

/**
 * What a RegistrationError carries besides its message.
 *
 * @internal
 */
export interface ErrorDetails {
  code: RegistrationErrorCode;
  status?: number;
  reason?: string;
  retryAfter?: number;
  retryable?: boolean;
  retryAt?: number;
  response?: SipResponse;
  cause?: unknown;
}

/** Why a registration, one of its calls or the client failed. Tell errors apart by `code`: copies of this class may coexist. */
export class RegistrationError extends Error {
  /** Always "RegistrationError". */
  declare readonly name: 'RegistrationError';
  /** What it is about. */
  readonly code: RegistrationErrorCode;
  /** Status of the final response that led to this. */
  declare readonly status?: number;
  /** Its reason phrase, as the server wrote it. */
  declare readonly reason?: string;
  /** Seconds, from Retry-After (RFC 3261 §20.33). */
  declare readonly retryAfter?: number;
  /** A retry can help; with `retry: true` one is scheduled at retryAt. */
  readonly retryable: boolean;
  /** When it is tried again by itself, in ms since the epoch. */
  declare readonly retryAt?: number;
  /** The final response that led to this. */
  declare readonly response?: SipResponse;

  /**
   * sipreg makes them.
   *
   * @internal
   */
  constructor(message?: string, { cause, ...known }: Partial<ErrorDetails> = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = 'internal';
    this.retryable = false;
    Object.assign(this, known);
  }

  static {
    Object.defineProperty(this.prototype, 'name', { value: 'RegistrationError' });
  }
}

/** A refused option. `option` is its name as in the documentation, nested ones with dots. */
export interface OptionError extends TypeError {
  readonly code: 'invalid-argument';
  readonly option: string;
}

export function optionError(option: string, message: string, cause?: unknown): OptionError {
  const error = new TypeError(`${option}: ${message}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: 'invalid-argument' as const, option });
}

/** What a call on an ended client or registration gets. */
export function endedError(
  code: 'removed' | 'closed' | 'internal',
  cause?: unknown,
): RegistrationError {
  const messages = {
    removed: 'The registration was removed; create a new one.',
    closed: 'The client was closed; make a new one.',
    internal: 'The WebAssembly core has trapped, or its worker is gone; make a new client.',
  };
  return new RegistrationError(messages[code], { code, cause });
}
