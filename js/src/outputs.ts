import type { Failure, Success } from './decode.js';
import type { Field } from './fields.js';
import type {
  ChallengeInfo,
  ConnectionState,
  RegistrationEventMap,
  RegistrationState,
} from './types.js';

/** Options on their way to the bridge: fields and values in turn. */
export type FieldList = (Field | FieldValue)[];
export type FieldValue = string | number | boolean | Uint8Array;

/**
 * What the core asks for and tells. The calls come in the core's order while a session method runs; they must not call the
 * session.
 */
export interface Outputs {
  connect(flow: number, server: number): void;
  disconnect(flow: number, code: number): void;
  transmit(flow: number, data: string | Uint8Array): void;
  trace(flow: number, incoming: boolean, data: string): void;
  connection(state: ConnectionState, server: number, code: number, retryAt: number): void;
  registration(id: number, properties: Properties): void;
  succeeded(id: number, first: boolean, success: Success): void;
  unregistered(id: number, detail: RegistrationEventMap['unregistered']['detail']): void;
  failed(id: number, failure: Failure): void;
  retry(id: number, attempt: number, failure: Failure): void;
  warning(id: number, detail: RegistrationEventMap['warning']['detail']): void;
  credentialsWanted(id: number, challenge: number, info: ChallengeInfo): void;
  operationDone(operation: number, success: Success | null, removal: Removal): void;
  operationFailed(operation: number, id: number, failure: Failure): void;
}

/** What became of an unregister(). */
export interface Removal {
  sent: boolean;
  confirmed: boolean;
}

/** A registration's properties, as the core states them. Times are ms since the epoch. */
export class Properties {
  /** What led to this, when it comes with it. */
  success: Success | null = null;
  failure: Failure | null = null;

  constructor(
    readonly state: RegistrationState,
    readonly bound: boolean,
    readonly expiresAt: number | null,
    readonly refreshAt: number | null,
    readonly retryAt: number | null,
  ) {}
}
