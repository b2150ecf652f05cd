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
  /** The JSON, then what was made of it: an event and a promise tell of one thing, so they have one object. */
  content: string | object;

  constructor(json: string) {
    this.content = json;
  }

  get value(): object {
    return typeof this.content === 'string'
      ? (this.content = this.make(this.content))
      : this.content;
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
  push?: NonNullable<RegistrationInfo['push']>,
];

/** Gives an object that exists already to the constructors of classes with private members. */
const Host = function (object: object): object {
  return object;
} as unknown as new (object: object) => object;

/** The half of a RegistrationInfo that is read out of the response when somebody looks: a private part of that object. */
class Rest extends Host {
  readonly #success: Success;
  #details: Details | null = null;

  private constructor(info: object, success: Success) {
    super(info);
    this.#success = success;
  }

  static #look(info: Rest): Details {
    return (info.#details ??= info.#success.read());
  }

  /** These two serve every info, which costs each of them less than functions of its own. */
  static readonly #bindings = {
    get(this: Rest) {
      return Rest.#look(this).bindings;
    },
    enumerable: true,
    configurable: true,
  };
  static readonly #response = {
    get(this: Rest) {
      return Rest.#look(this).response;
    },
    enumerable: true,
    configurable: true,
  };

  static addTo(info: object, success: Success): void {
    new Rest(info, success);
    Object.defineProperty(info, 'bindings', Rest.#bindings);
    Object.defineProperty(info, 'response', Rest.#response);
  }
}

/** A 2xx; its value is the RegistrationInfo. */
export class Success extends Result {
  readonly #read: (frame: Frame) => Details;

  /** `low` and `high`: which bindings are the registration's own, 32 bits each. */
  constructor(
    json: string,
    readonly low: number,
    readonly high: number,
    readonly frame: Frame,
    read: (frame: Frame) => Details,
  ) {
    super(json);
    this.#read = read;
  }

  read(): Details {
    const details = this.#read(this.frame);
    details.bindings.forEach((binding, i) => {
      binding.own = (((i < 32 ? this.low : this.high) >>> (i & 31)) & 1) === 1;
    });
    return details;
  }

  protected override make(json: string): object {
    const [expires, expiresAt, contact, serviceRoute, path, associatedUris, outbound, ...more] =
      JSON.parse(json) as Head;
    const [auth, pubGruu, tempGruu, push] = more;
    const info: Partial<RegistrationInfo> = {
      expires,
      expiresAt,
      contact,
      serviceRoute,
      path,
      associatedUris,
      outbound,
    };
    if (pubGruu !== null) info.pubGruu = pubGruu;
    if (tempGruu !== null) info.tempGruu = tempGruu;
    if (auth !== null) info.auth = auth;
    if (push !== undefined) info.push = push;
    Rest.addTo(info, this);
    return info;
  }
}

/** As much of a reason phrase as a message shows. */
const longestReason = 200;

/** A failure; its value is the error. */
export class Failure extends Result {
  /** What the host knows beyond the core: put behind the message, and the error's cause. */
  note = '';
  cause: unknown;

  constructor(
    json: string,
    readonly code: FailureCode,
  ) {
    super(json);
  }

  get isTransport(): boolean {
    return this.code === FailureCode.transport;
  }

  /** It is the application's own doing, which is no error of the registration. */
  get isOwnDoing(): boolean {
    return this.code >= FailureCode.removed;
  }

  protected override make(json: string): RegistrationError {
    const { message, ...details } = JSON.parse(json) as ErrorDetails & { message: string };
    const { response } = details;
    const { cause } = this;
    const text = message + this.note;
    if (response === undefined) return new RegistrationError(text, { ...details, cause });
    const { status, reason } = response;
    const line = `${status} ${reason.slice(0, longestReason)}: ${text}`;
    return new RegistrationError(line, { ...details, status, reason, cause });
  }
}
