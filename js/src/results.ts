import { RegistrationError, type ErrorDetails } from './errors.js';
import { FailureCode } from './fields.js';
import type { Frame } from './session.js';
import type { Binding, RegistrationInfo, SipResponse } from './types.js';

/** What is read out of a response only when somebody asks. */
export interface Details {
  bindings: Binding[];
  response: SipResponse;
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

/** What the core makes of a 2xx: see Record in bindings/record_writer.h. */
type Head = [
  expires: number,
  expiresAt: number,
  contact: string,
  serviceRoute: string[],
  path: string[],
  associatedUris: string[],
  outbound: boolean,
  auth: RegistrationInfo['auth'] | null,
  pubGruu: string | null,
  tempGruu: string | null,
];

/** A 2xx; its value is the RegistrationInfo, whose larger half is read out of the response when it is looked at. */
export class Success extends Result {
  /** Which bindings are the registration's own, 32 bits each. */
  readonly #low: number;
  readonly #high: number;
  readonly #frame: Frame;
  readonly #read: (frame: Frame) => Details;

  constructor(
    json: string,
    low: number,
    high: number,
    frame: Frame,
    read: (frame: Frame) => Details,
  ) {
    super(json);
    this.#low = low;
    this.#high = high;
    this.#frame = frame;
    this.#read = read;
  }

  protected override make(json: string): RegistrationInfo {
    const [expires, expiresAt, contact, serviceRoute, path, associatedUris, outbound, ...more] =
      JSON.parse(json) as Head;
    const [auth, pubGruu, tempGruu] = more;
    let details: Details | undefined;
    const look = (): Details => (details ??= this.#details());
    const info: RegistrationInfo = {
      expires,
      expiresAt,
      contact,
      get bindings() {
        return look().bindings;
      },
      serviceRoute,
      path,
      associatedUris,
      outbound,
      get response() {
        return look().response;
      },
    };
    if (pubGruu !== null) info.pubGruu = pubGruu;
    if (tempGruu !== null) info.tempGruu = tempGruu;
    if (auth !== null) info.auth = auth;
    return info;
  }

  #details(): Details {
    const details = this.#read(this.#frame);
    details.bindings.forEach((binding, i) => {
      binding.own = (((i < 32 ? this.#low : this.#high) >>> (i & 31)) & 1) === 1;
    });
    return details;
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
    const text = message + this.note;
    if (response === undefined) return new RegistrationError(text, { ...details, cause });
    const { status, reason } = response;
    const line = `${status} ${reason}: ${text}`;
    return new RegistrationError(line, { ...details, status, reason, cause });
  }
}
