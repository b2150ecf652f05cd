import { RegistrationError, type ErrorDetails } from './errors.js';
import { FailureCode, type Field, type OutputKind } from './fields.js';
import type { ConnectionState, RegistrationState } from './types.js';

/** Options on their way to the bridge: fields and values in turn. */
export type FieldList = (Field | FieldValue)[];
export type FieldValue = string | number | boolean | Uint8Array;

/**
 * What the core asks for and tells. The calls come in the core's order while a session method runs; they must not call the
 * session.
 */
export interface Outputs {
  connect(flow: number, server: number): void;
  disconnect(flow: number): void;
  transmit(flow: number, data: string | Uint8Array): void;
  trace(flow: number, incoming: boolean, data: string): void;
  connection(state: ConnectionState, server: number, code: number, retryAt: number): void;
  registration(id: number, properties: Properties): void;
  /**
   * All other kinds. `reference` is the operation that ended, the challenge to be answered, or the number of the attempt
   * that failed.
   */
  happened(kind: OutputKind, id: number, reference: number, result: Result): void;
}

/** A registration's properties, as the core states them. Times are ms since the epoch. */
export class Properties {
  /** What led to this, when it comes with it. */
  success: Result | null = null;
  failure: Failure | null = null;

  constructor(
    readonly state: RegistrationState,
    readonly bound: boolean,
    readonly expiresAt: number | null,
    readonly refreshAt: number | null,
    readonly retryAt: number | null,
  ) {}
}

/** What comes with an output: JSON (see Record in bindings/record_writer.h), until somebody asks what is in it. */
export class Result {
  readonly #json: string;
  /** Weak, as thousands of registrations keep their last success and few are looked at. */
  #value: WeakRef<object> | null = null;

  constructor(json: string) {
    this.#json = json;
  }

  /** The same object as long as somebody has it: an event and a promise tell of one thing. */
  get value(): object {
    let value = this.#value?.deref();
    if (value === undefined) {
      value = this.make(this.#json);
      this.#value = new WeakRef(value);
    }
    return value;
  }

  protected make(json: string): object {
    return JSON.parse(json) as object;
  }
}

/** A failure; its value is the error. */
export class Failure extends Result {
  readonly #code: FailureCode;
  /** What the host knows beyond the core: put behind the message, and the error's cause. */
  note = '';
  cause: unknown;

  constructor(json: string, code: FailureCode) {
    super(json);
    this.#code = code;
  }

  get isTransport(): boolean {
    return this.#code === FailureCode.transport;
  }

  /** It is the application's own doing, which is no error of the registration. */
  get isOwnDoing(): boolean {
    return this.#code >= FailureCode.removed;
  }

  protected override make(json: string): RegistrationError {
    const { message, ...details } = JSON.parse(json) as ErrorDetails & { message: string };
    const { response } = details;
    const { cause } = this;
    if (response === undefined) {
      return new RegistrationError(message + this.note, { ...details, cause });
    }
    const { status, reason } = response;
    const text = `${status} ${reason}: ${message}`;
    return new RegistrationError(text, { ...details, status, reason, cause });
  }
}
