import { createPlatform } from './clock.js';
import { optionError } from './errors.js';
import {
  algorithms,
  challengePolicies,
  Field,
  keepAliveMethods,
  reconnectPolicies,
  refreshPolicies,
} from './fields.js';
import { readServers, type Server } from './server.js';
import type { FieldList } from './session.js';
import type { ClientOptions, CredentialsProvider, KeyValueStorage, Platform } from './types.js';

/** Half of a surrogate pair: text that no encoding can carry. */
const loneSurrogate = /[\ud800-\udfff]/u;
const largestU32 = 2 ** 32 - 1;
const largestI32 = 2 ** 31 - 1;

/** The own properties of an options object, each read once. */
export class Options {
  readonly #values: Record<string, unknown>;
  readonly #prefix: string;

  constructor(value: unknown, name = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw optionError(name || 'options', 'must be an object');
    }
    this.#prefix = name && `${name}.`;
    try {
      // Without a prototype, so that a name like "__proto__" is one like any other.
      this.#values = Object.assign(Object.create(null), value) as Record<string, unknown>;
    } catch (cause) {
      throw optionError(name || 'options', 'could not be read', cause);
    }
  }

  /** The option's full name. */
  name(key: string): string {
    return this.#prefix + key;
  }

  get(key: string): unknown {
    return this.#values[key];
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** Options under this one; none when absent. */
  group(key: string): Options | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : new Options(value, this.name(key));
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : checkText(value, this.name(key));
  }

  /** Text whose absence means something else than its emptiness would. */
  filled(key: string): string | undefined {
    const text = this.text(key);
    if (text === '') throw optionError(this.name(key), 'must not be empty; leave it out instead');
    return text;
  }

  number(key: string, least: number, most: number, whole = true): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= least && value <= most) {
      if (!whole || Number.isInteger(value)) return value;
    }
    const kind = whole ? 'a whole number' : 'a number';
    throw optionError(this.name(key), `must be ${kind} from ${least} to ${most}`);
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw optionError(this.name(key), 'must be true or false');
  }

  /** The place in `names`. */
  choice(key: string, names: readonly string[]): number | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    const place = names.indexOf(value as string);
    if (place < 0) throw optionError(this.name(key), `must be one of ${names.join(', ')}`);
    return place;
  }

  list(key: string): string[] | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw optionError(this.name(key), 'must be an array of strings');
    return value.map((each) => checkText(each, this.name(key)));
  }
}

export function checkText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw optionError(name, 'must be a string');
  if (loneSurrogate.test(value)) throw optionError(name, 'must be well-formed Unicode');
  return value;
}

/** Fields of those that are present. */
function put(fields: FieldList, field: Field, value: FieldList[number] | undefined): void {
  if (value !== undefined) fields.push(field, value);
}

// ------------------------------------------------------------------------------------------------------------ client

/** createClient()'s options, checked as far as that needs no SIP. */
export interface ClientSettings {
  servers: Server[];
  allowInsecure: boolean;
  wasm: ClientOptions['wasm'];
  webSocket: ClientOptions['webSocket'];
  storage: KeyValueStorage | null | undefined;
  instanceId: string | undefined;
  platform: Platform;
  fields: FieldList;
}

export function readClientOptions(value: unknown): ClientSettings {
  const options = new Options(value);
  const allowInsecure = options.boolean('allowInsecure') ?? false;
  const servers = readServers(options.get('server'), allowInsecure);
  const fields: FieldList = [Field.servers, servers.length];
  put(fields, Field.userAgent, readUserAgent(options));
  put(fields, Field.connectTimeout, options.number('connectTimeoutMs', 1, largestI32));
  put(fields, Field.transactionTimeout, options.number('transactionTimeoutMs', 1, largestI32));
  put(fields, Field.credentialsTimeout, options.number('credentialsTimeoutMs', 1, largestI32));
  readReconnect(options, fields);
  readKeepAlive(options, fields);
  const webSocket = options.get('webSocket');
  if (webSocket !== undefined && typeof webSocket !== 'function') {
    throw optionError('webSocket', 'must be a function that makes a WebSocket');
  }
  return {
    servers,
    allowInsecure,
    wasm: options.get('wasm') as ClientOptions['wasm'],
    webSocket: webSocket as ClientOptions['webSocket'],
    storage: readStorage(options.get('storage')),
    instanceId: options.filled('instanceId'),
    platform: createPlatform(options.get('platform')),
    fields,
  };
}

function readUserAgent(options: Options): string {
  if (options.get('userAgent') === false) return '';
  return options.filled('userAgent') ?? `sipreg/${SIPREG_VERSION}`;
}

function readReconnect(options: Options, fields: FieldList): void {
  if (options.get('reconnect') === false) {
    fields.push(Field.reconnectPolicy, reconnectPolicies.indexOf('off'));
    return;
  }
  const reconnect = options.group('reconnect');
  if (reconnect === undefined) return;
  put(fields, Field.reconnectPolicy, reconnect.choice('policy', reconnectPolicies.slice(0, 2)));
  put(fields, Field.reconnectBase, reconnect.number('baseMs', 1, largestI32));
  put(fields, Field.reconnectMax, reconnect.number('maxMs', 1, largestI32));
}

function readKeepAlive(options: Options, fields: FieldList): void {
  if (options.get('keepAlive') === false) {
    fields.push(Field.keepAlive, false);
    return;
  }
  const keepAlive = options.group('keepAlive');
  if (keepAlive === undefined) return;
  put(fields, Field.keepAliveInterval, keepAlive.number('intervalMs', 1, largestI32));
  put(fields, Field.pongTimeout, keepAlive.number('pongTimeoutMs', 1, largestI32));
  put(fields, Field.keepAliveMethod, keepAlive.choice('method', keepAliveMethods));
}

function readStorage(value: unknown): KeyValueStorage | null | undefined {
  if (value === undefined || value === null) return value;
  const storage = value as Partial<KeyValueStorage>;
  if (typeof storage.getItem !== 'function' || typeof storage.setItem !== 'function') {
    throw optionError('storage', 'must have getItem, setItem and removeItem, or be null');
  }
  return storage as KeyValueStorage;
}

// ------------------------------------------------------------------------------------------------------ registration

/** What answers challenges: fields that are given to the core when it asks, a function, or nothing. */
export type Secrets = FieldList | CredentialsProvider | null;

/** createRegistration()'s options. */
export interface RegistrationSettings {
  aor: string;
  /** What names it among those that are kept. */
  account: string;
  /** How many. */
  flows: number;
  secrets: Secrets;
  fields: FieldList;
}

export function readRegistrationOptions(value: unknown, servers: number): RegistrationSettings {
  const options = new Options(value);
  const aor = options.text('aor');
  if (aor === undefined) throw optionError('aor', 'is needed, such as sip:alice@example.com');
  const fields: FieldList = [Field.aor, aor];
  put(fields, Field.registrar, options.filled('registrar'));
  put(fields, Field.from, options.filled('from'));
  put(fields, Field.displayName, options.text('displayName'));
  put(fields, Field.expires, options.number('expires', 1, largestU32));
  readContact(options.group('contact'), fields);
  readHeaders(options, fields);
  readSupported(options, fields);
  for (const each of options.list('route') ?? []) fields.push(Field.route, each);
  const flows = readOutbound(options, fields, servers);
  put(fields, Field.gruu, options.boolean('gruu'));
  readPush(options.group('push'), fields);
  readDigest(options.group('digest'), fields);
  readRefresh(options, fields);
  put(fields, Field.retry, options.boolean('retry'));
  const secrets = readCredentials(options.get('credentials'));
  fields.push(Field.hasCredentials, secrets !== null);
  const account = `${aor} ${options.text('registrar') ?? ''}`;
  return { aor, account, flows, secrets, fields };
}

function readContact(contact: Options | undefined, fields: FieldList): void {
  if (contact === undefined) return;
  put(fields, Field.contactUser, contact.filled('user'));
  put(fields, Field.contactDisplayName, contact.text('displayName'));
  put(fields, Field.contactQ, contact.number('q', 0, 1, false));
  readParameters(contact, 'uriParams', Field.contactUriParameter, fields);
  readParameters(contact, 'params', Field.contactParameter, fields);
}

function readParameters(contact: Options, key: string, field: Field, fields: FieldList): void {
  const parameters = contact.group(key);
  const option = contact.name(key);
  for (const name of parameters?.keys() ?? []) {
    fields.push(field, checkText(name, option));
    const value = parameters?.get(name);
    if (value !== true) fields.push(Field.value, checkText(value, option));
  }
}

function readHeaders(options: Options, fields: FieldList): void {
  const headers = options.group('headers');
  for (const name of headers?.keys() ?? []) {
    const value = headers?.get(name);
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
      fields.push(Field.header, checkText(name, 'headers'));
      fields.push(Field.value, checkText(each, 'headers'));
    }
  }
}

function readSupported(options: Options, fields: FieldList): void {
  for (const each of options.list('supported') ?? []) fields.push(Field.supported, each);
}

/** Returns how many flows are asked for. */
function readOutbound(options: Options, fields: FieldList, servers: number): number {
  const value = options.get('outbound');
  if (value === undefined || typeof value === 'boolean') {
    put(fields, Field.outbound, value);
    return 1;
  }
  const outbound = new Options(value, 'outbound');
  const flows = outbound.number('flows', 1, largestI32) ?? 1;
  if (flows > servers) throw optionError('outbound.flows', 'needs as many servers');
  put(fields, Field.flows, flows);
  put(fields, Field.regId, outbound.number('regId', 1, largestI32));
  return flows;
}

function readPush(push: Options | undefined, fields: FieldList): void {
  if (push === undefined) return;
  const provider = push.text('provider');
  if (!provider) throw optionError('push.provider', 'is needed, such as webpush');
  fields.push(Field.pushProvider, provider);
  put(fields, Field.pushPrid, push.filled('prid'));
  put(fields, Field.pushParam, push.filled('param'));
}

function readDigest(digest: Options | undefined, fields: FieldList): void {
  if (digest === undefined) return;
  put(fields, Field.digestPolicy, digest.choice('policy', challengePolicies));
  put(fields, Field.digestRequireMutual, digest.boolean('requireMutual'));
  const allowed = digest.list('algorithms');
  if (allowed === undefined) return;
  let set = 0;
  for (const each of allowed) {
    const place = (algorithms as readonly string[]).indexOf(each);
    if (place < 0) {
      throw optionError('digest.algorithms', `must be among ${algorithms.join(', ')}`);
    }
    set |= 1 << place;
  }
  fields.push(Field.digestAlgorithms, set);
}

function readRefresh(options: Options, fields: FieldList): void {
  if (options.get('refresh') === false) {
    fields.push(Field.refreshPolicy, refreshPolicies.indexOf('off'));
    return;
  }
  const refresh = options.group('refresh');
  if (refresh === undefined) return;
  put(fields, Field.refreshPolicy, refresh.choice('policy', refreshPolicies.slice(0, 3)));
  put(fields, Field.refreshValue, refresh.number('value', 0, largestU32, false));
}

/** Checks the types; the core checks the rest when it is given the fields. */
export function readCredentials(value: unknown): Secrets {
  if (value === undefined) return null;
  if (typeof value === 'function') return value as CredentialsProvider;
  const fields: FieldList = [];
  for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const credentials = new Options(each, 'credentials');
    fields.push(Field.credentials, '');
    // RFC 7616 §4: names and passwords are hashed in Unicode's normalization form C.
    put(fields, Field.username, credentials.filled('username')?.normalize('NFC'));
    put(fields, Field.password, credentials.text('password')?.normalize('NFC'));
    readHa1(credentials, fields);
    put(fields, Field.token, credentials.filled('token'));
    const end = credentials.number('expiresAt', 0, Number.MAX_SAFE_INTEGER, false);
    put(fields, Field.tokenExpiresAt, end);
    put(fields, Field.realm, credentials.text('realm'));
  }
  return fields.length === 0 ? null : fields.slice(); // without the spare room of a list that grew
}

function readHa1(credentials: Options, fields: FieldList): void {
  if (typeof credentials.get('ha1') === 'string') {
    put(fields, Field.ha1Md5, credentials.filled('ha1'));
    return;
  }
  const ha1 = credentials.group('ha1');
  if (ha1 === undefined) return;
  put(fields, Field.ha1Md5, ha1.filled('MD5'));
  put(fields, Field.ha1Sha256, ha1.filled('SHA-256'));
  put(fields, Field.ha1Sha512256, ha1.filled('SHA-512-256'));
}

// ------------------------------------------------------------------------------------------------------------- calls

/** Options of one call. */
export interface CallSettings {
  signal: AbortSignal | undefined;
  all: boolean;
  fields: FieldList;
}

export function readCallOptions(value: unknown): CallSettings {
  const fields: FieldList = [];
  if (value === undefined) return { signal: undefined, all: false, fields };
  const options = new Options(value);
  put(fields, Field.expires, options.number('expires', 1, largestU32));
  readHeaders(options, fields);
  readSupported(options, fields);
  put(fields, Field.force, options.boolean('force'));
  return {
    signal: readSignal(options.get('signal')),
    all: options.boolean('all') ?? false,
    fields,
  };
}

function readSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const signal: Partial<AbortSignal> | null = value;
  if (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
    throw optionError('signal', 'must be an AbortSignal');
  }
  return signal as AbortSignal;
}

/** What respond() is given. */
export function readAnswer(value: Record<string, unknown>): FieldList {
  const options = new Options(value);
  const status = options.number('status', 100, 699);
  if (status === undefined) throw optionError('status', 'is needed, such as 200');
  const fields: FieldList = [Field.status, status];
  put(fields, Field.reason, options.text('reason'));
  readHeaders(options, fields);
  put(fields, Field.body, options.text('body'));
  return fields;
}

/** update()'s options. */
export function readUpdateOptions(value: unknown): FieldList {
  const options = new Options(value);
  const fields: FieldList = [];
  put(fields, Field.displayName, options.text('displayName'));
  if (options.get('headers') !== undefined) fields.push(Field.replaceHeaders, '');
  readHeaders(options, fields);
  if (options.get('supported') !== undefined) fields.push(Field.replaceSupported, '');
  readSupported(options, fields);
  readPush(options.group('push'), fields);
  readRefresh(options, fields);
  put(fields, Field.retry, options.boolean('retry'));
  return fields;
}

/** close()'s options. */
export interface CloseSettings {
  unregister: boolean;
  timeoutMs: number;
}

export function readCloseOptions(value: unknown): CloseSettings {
  const options = new Options(value ?? {});
  return {
    unregister: options.boolean('unregister') ?? false,
    timeoutMs: options.number('timeoutMs', 0, largestI32) ?? 5000,
  };
}
