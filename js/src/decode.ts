/* eslint-disable @typescript-eslint/no-unsafe-enum-comparison, @typescript-eslint/no-unsafe-enum-assignment --
   tags are characters off the wire */
import { algorithms, Flag, flagsShift, previousOutcomes, Row } from './fields.js';
import { RegistrationError, type ErrorDetails } from './errors.js';
import type {
  Binding,
  ChallengeInfo,
  DigestAlgorithm,
  RegistrationErrorCode,
  RegistrationEventMap,
  RegistrationInfo,
  SipResponse,
} from './types.js';

/** A walk over the rows of a result: each is a tag, the value and LF. */
class Rows {
  tag = '';
  value = '';

  constructor(
    readonly text: string,
    public at = 0,
  ) {}

  next(): boolean {
    const end = this.text.indexOf('\n', this.at);
    if (end < 0) return false;
    this.tag = this.text.charAt(this.at);
    this.value = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return true;
  }

  peek(): string {
    return this.text.charAt(this.at);
  }
}

/** A 2xx as it came out of the core: one string, until somebody asks what is in it. */
export class Success {
  #info: RegistrationInfo | null = null;

  constructor(
    readonly text: string,
    readonly status: number,
    readonly flags: number,
    readonly expires: number,
    readonly expiresAt: number,
  ) {}

  get info(): RegistrationInfo {
    return (this.#info ??= toInfo(this));
  }

  /** What the registrar listed, as objects of the caller's own. */
  get bindings(): Binding[] {
    const rows = new Rows(this.text);
    while (rows.next() && !isDetail(rows.peek()));
    return toBindings(rows);
  }
}

/** A failure as it came out of the core; becomes an error when somebody asks for it. */
export class Failure {
  /** What the host knows beyond the core: put behind the message, and the error's cause. */
  note = '';
  cause: unknown;
  #error: RegistrationError | null = null;

  constructor(
    readonly text: string,
    readonly code: RegistrationErrorCode,
    readonly retryable: boolean,
    readonly retryAt: number,
    readonly status: number,
    readonly retryAfter: number | undefined,
  ) {}

  /** The same object every time: an event and a promise tell of one failure. */
  get error(): RegistrationError {
    return (this.#error ??= this.#toError());
  }

  #toError(): RegistrationError {
    const { code, retryable, retryAfter, retryAt, status, cause } = this;
    const rows = new Rows(this.text);
    rows.next();
    let message = rows.value + this.note;
    const details: ErrorDetails = { code, retryable, cause };
    if (status !== 0) {
      const response = toResponse(rows, status);
      const { reason } = response;
      Object.assign(details, { status, reason, response });
      message = `${status} ${reason}: ${message}`;
    }
    if (retryAfter !== undefined) details.retryAfter = retryAfter;
    if (retryAt !== 0) details.retryAt = retryAt;
    return new RegistrationError(message, details);
  }
}

const isDetail = (tag: string): boolean => tag === Row.binding || tag === Row.reason || tag === '';

/** Bindings and response are most of the text and seldom asked for, so they are made when they are. */
function toInfo(success: Success): RegistrationInfo {
  const { text, status, flags } = success;
  const rows = new Rows(text);
  let contact = '';
  let realm = '';
  let bindings: Binding[] | undefined;
  let response: SipResponse | undefined;
  const gruus: Pick<RegistrationInfo, 'pubGruu' | 'tempGruu'> = {};
  const serviceRoute: string[] = [];
  const path: string[] = [];
  const associatedUris: string[] = [];
  while (!isDetail(rows.peek()) && rows.next()) {
    const { value } = rows;
    switch (rows.tag as Row) {
      case Row.contact:
        contact = value;
        break;
      case Row.pubGruu:
        gruus.pubGruu = value;
        break;
      case Row.tempGruu:
        gruus.tempGruu = value;
        break;
      case Row.serviceRoute:
        serviceRoute.push(value);
        break;
      case Row.path:
        path.push(value);
        break;
      case Row.associatedUri:
        associatedUris.push(value);
        break;
      case Row.realm:
        realm = value;
        break;
    }
  }
  const details = rows.at;
  const auth = toAuth(flags, realm);
  return {
    expires: success.expires,
    expiresAt: success.expiresAt,
    contact,
    get bindings() {
      return (bindings ??= toBindings(new Rows(text, details)));
    },
    ...gruus,
    serviceRoute,
    path,
    associatedUris,
    outbound: (flags & Flag.outbound) !== 0,
    ...(auth && { auth }),
    get response() {
      if (response === undefined) {
        const rest = new Rows(text, details);
        while (rest.peek() !== Row.reason && rest.next());
        response = toResponse(rest, status);
      }
      return response;
    },
  };
}

function toAuth(flags: number, realm: string): RegistrationInfo['auth'] {
  if (!(flags & Flag.authenticated)) return undefined;
  const mutual = (flags & Flag.mutual) !== 0;
  if (flags & Flag.bearer) return { scheme: 'Bearer', realm, mutual };
  const algorithm: DigestAlgorithm | undefined = algorithms[flags >> flagsShift];
  return { scheme: 'Digest', ...(algorithm && { algorithm }), realm, mutual };
}

function toBindings(rows: Rows): Binding[] {
  const bindings: Binding[] = [];
  let binding: Binding | undefined;
  let name = '';
  while (rows.peek() !== Row.reason && rows.next()) {
    const { value } = rows;
    if (rows.tag === Row.binding) {
      binding = { uri: value, expires: null, q: null, params: {}, own: false };
      bindings.push(binding);
    }
    if (binding === undefined) continue;
    switch (rows.tag as Row) {
      case Row.bindingDisplayName:
        binding.displayName = value;
        break;
      case Row.bindingExpires:
        binding.expires = Number(value);
        break;
      case Row.bindingQ:
        binding.q = Number(value) / 1000;
        break;
      case Row.bindingInstanceId:
        binding.instanceId = value;
        break;
      case Row.bindingRegId:
        binding.regId = Number(value);
        break;
      case Row.bindingOwn:
        binding.own = true;
        break;
      case Row.parameter:
        name = value;
        setOwn(binding.params, name, true);
        break;
      case Row.value:
        setOwn(binding.params, name, value);
        break;
    }
  }
  return bindings;
}

/** The peer chooses the name, and "__proto__" is one like any other. */
function setOwn(target: Binding['params'], name: string, value: string | true): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function toResponse(rows: Rows, status: number): SipResponse {
  const headers: [string, string][] = [];
  let reason = '';
  let name = '';
  while (rows.next()) {
    if (rows.tag === Row.reason) reason = rows.value;
    else if (rows.tag === Row.header) name = rows.value;
    else if (rows.tag === Row.value) headers.push([name, rows.value]);
  }
  return { status, reason, headers };
}

export function toChallenge(text: string, offered: number, flags: number): ChallengeInfo {
  const proxy = (flags & Flag.proxy) !== 0;
  const info: ChallengeInfo =
    flags & Flag.bearer
      ? { scheme: 'Bearer', proxy }
      : { scheme: 'Digest', proxy, algorithms: inOrder(offered) };
  const previous = previousOutcomes[flags >> flagsShift];
  if (previous !== undefined) info.previous = previous;
  const rows = new Rows(text);
  while (rows.next()) {
    const { value } = rows;
    if (rows.tag === Row.realm && flags & Flag.hasRealm) info.realm = value;
    else if (rows.tag === Row.scope) info.scope = value;
    else if (rows.tag === Row.authzServer) info.authzServer = value;
    else if (rows.tag === Row.error) info.error = value;
  }
  return info;
}

export function toWarning(text: string): RegistrationEventMap['warning']['detail'] {
  const rows = new Rows(text);
  rows.next();
  const code = rows.value;
  rows.next();
  return { code, message: rows.value };
}

/** Algorithms from one nibble each, number plus one, the first one lowest. */
function inOrder(packed: number): DigestAlgorithm[] {
  const list: DigestAlgorithm[] = [];
  for (let rest = packed; rest !== 0; rest >>>= 4) {
    const algorithm = algorithms[(rest & 15) - 1];
    if (algorithm !== undefined) list.push(algorithm);
  }
  return list;
}
