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
import type { FieldList, FieldValue } from './session.js';
import type { ClientOptions, CredentialsProvider, KeyValueStorage, Platform } from './types.js';

/** Half of a surrogate pair: text that no encoding can carry. */
const loneSurrogate = /[\ud800-\udfff]/u;

// ------------------------------------------------------------------------------------------------------------ tables

/** Gives a value as a field has it. Throws a TypeError with the option's full name. */
type Check<T extends FieldValue = FieldValue> = (value: unknown, name: string) => T;

/** What becomes of an option: a field, those of the options under it, or what is written by hand. */
type Rule =
  readonly [Field, Check] | Table | ((value: unknown, name: string, fields: FieldList) => void);

/** Options by name, in the order in which they are read. */
interface Table {
  readonly [name: string]: Rule;
}

/** The own properties of an options object, each read once. */
function copy(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw optionError(name || 'options', 'must be an object');
  }
  try {
    // Without a prototype, so that a name like "__proto__" is one like any other.
    return Object.assign(Object.create(null), value) as Record<string, unknown>;
  } catch (cause) {
    throw optionError(name || 'options', 'could not be read', cause);
  }
}

/** Appends fields of the options that are present. Returns all of them. */
function read(value: unknown, table: Table, fields: FieldList, name = ''): Record<string, unknown> {
  const values = copy(value, name);
  for (const [key, rule] of Object.entries(table)) {
    const given = values[key];
    if (given === undefined) continue;
    const full = name ? `${name}.${key}` : key;
    if (typeof rule === 'function') rule(given, full, fields);
    else if (isField(rule)) fields.push(rule[0], rule[1](given, full));
    else read(given, rule, fields, full);
  }
  return values;
}

const isField = (rule: Rule): rule is readonly [Field, Check] => Array.isArray(rule);

/** A table of options that false switches off, which is a field of its own. */
const orOff =
  (table: Table, field: Field, off: FieldValue): Rule =>
  (value, name, fields) => {
    if (value === false) fields.push(field, off);
    else read(value, table, fields, name);
  };

// ------------------------------------------------------------------------------------------------------------ checks

export function checkText(value: unknown, name: string): string {
  if (typeof value !== 'string') throw optionError(name, 'must be a string');
  if (loneSurrogate.test(value)) throw optionError(name, 'must be well-formed Unicode');
  return value;
}

/** Text whose absence means something else than its emptiness would. */
function filled(value: unknown, name: string): string {
  const text = checkText(value, name);
  if (text === '') throw optionError(name, 'must not be empty; leave it out instead');
  return text;
}

/** RFC 7616 §4: names and passwords are hashed in Unicode's normalization form C. */
const composed =
  (check: Check<string>): Check =>
  (value, name) =>
    check(value, name).normalize('NFC');

const number =
  (least: number, most: number, whole = true): Check<number> =>
  (value, name) => {
    if (typeof value === 'number' && value >= least && value <= most) {
      if (!whole || Number.isInteger(value)) return value;
    }
    const kind = whole ? 'a whole number' : 'a number';
    throw optionError(name, `must be ${kind} from ${least} to ${most}`);
  };

const largestU32 = 2 ** 32 - 1;
const positive = number(1, 2 ** 31 - 1);
const lifetime = number(1, largestU32);

function flag(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw optionError(name, 'must be true or false');
  return value;
}

/** Gives the place in `names`. */
const oneOf =
  (names: readonly string[]): Check<number> =>
  (value, name) => {
    const place = names.indexOf(value as string);
    if (place < 0) throw optionError(name, `must be one of ${names.join(', ')}`);
    return place;
  };

function list(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) throw optionError(name, 'must be an array of strings');
  return value.map((each) => checkText(each, name));
}

/** The check's result, or the default of an option that is absent. */
const or = <T, D>(
  check: (value: unknown, name: string) => T,
  value: unknown,
  name: string,
  absent: D,
): T | D => (value === undefined ? absent : check(value, name));

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

const clientTable: Table = {
  userAgent: [
    Field.userAgent,
    (value: unknown, name: string) => (value === false ? '' : filled(value, name)),
  ],
  connectTimeoutMs: [Field.connectTimeout, positive],
  transactionTimeoutMs: [Field.transactionTimeout, positive],
  credentialsTimeoutMs: [Field.credentialsTimeout, positive],
  reconnect: orOff(
    {
      policy: [Field.reconnectPolicy, oneOf(reconnectPolicies.slice(0, 2))],
      baseMs: [Field.reconnectBase, positive],
      maxMs: [Field.reconnectMax, positive],
    },
    Field.reconnectPolicy,
    2, // 'off'
  ),
  keepAlive: orOff(
    {
      intervalMs: [Field.keepAliveInterval, positive],
      pongTimeoutMs: [Field.pongTimeout, positive],
      method: [Field.keepAliveMethod, oneOf(keepAliveMethods)],
    },
    Field.keepAlive,
    false,
  ),
};

export function readClientOptions(value: unknown): ClientSettings {
  const fields: FieldList = [];
  const options = read(value, clientTable, fields);
  const { webSocket, instanceId, userAgent } = options;
  const allowInsecure = or(flag, options.allowInsecure, 'allowInsecure', false);
  const servers = readServers(options.server, allowInsecure);
  fields.push(Field.servers, servers.length);
  if (userAgent === undefined) fields.push(Field.userAgent, `sipreg/${SIPREG_VERSION}`);
  if (webSocket !== undefined && typeof webSocket !== 'function') {
    throw optionError('webSocket', 'must be a function that makes a WebSocket');
  }
  return {
    servers,
    allowInsecure,
    wasm: options.wasm as ClientOptions['wasm'],
    webSocket: webSocket as ClientOptions['webSocket'],
    storage: readStorage(options.storage),
    instanceId: or(filled, instanceId, 'instanceId', undefined),
    platform: createPlatform(options.platform),
    fields,
  };
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

const parameters =
  (field: Field): Rule =>
  (value, option, fields) => {
    for (const [name, each] of Object.entries(copy(value, option))) {
      fields.push(field, checkText(name, option));
      if (each !== true) fields.push(Field.value, checkText(each, option));
    }
  };

const headers = (value: unknown, option: string, fields: FieldList): void => {
  for (const [name, given] of Object.entries(copy(value, option))) {
    for (const each of Array.isArray(given) ? (given as unknown[]) : [given]) {
      fields.push(Field.header, checkText(name, option));
      fields.push(Field.value, checkText(each, option));
    }
  }
};

const several =
  (field: Field) =>
  (value: unknown, name: string, fields: FieldList): void => {
    for (const each of list(value, name)) fields.push(field, each);
  };

const supported = several(Field.supported);

const push: Rule = (value, name, fields) => {
  const table: Table = {
    provider: [Field.pushProvider, checkText],
    prid: [Field.pushPrid, filled],
    param: [Field.pushParam, filled],
  };
  if (!read(value, table, fields, name).provider) {
    throw optionError('push.provider', 'is needed, such as webpush');
  }
};

const refresh = orOff(
  {
    policy: [Field.refreshPolicy, oneOf(refreshPolicies.slice(0, 3))],
    value: [Field.refreshValue, number(0, largestU32, false)],
  },
  Field.refreshPolicy,
  3, // 'off'
);

const retry: Rule = [Field.retry, flag];

/** Gives a bit for each. */
function algorithmSet(value: unknown, name: string): number {
  let set = 0;
  for (const each of list(value, name)) {
    const place = (algorithms as readonly string[]).indexOf(each);
    if (place < 0) throw optionError(name, `must be among ${algorithms.join(', ')}`);
    set |= 1 << place;
  }
  return set;
}

const registrationTable: Table = {
  aor: [Field.aor, checkText],
  registrar: [Field.registrar, filled],
  from: [Field.from, filled],
  displayName: [Field.displayName, checkText],
  expires: [Field.expires, lifetime],
  contact: {
    user: [Field.contactUser, filled],
    displayName: [Field.contactDisplayName, checkText],
    q: [Field.contactQ, number(0, 1, false)],
    uriParams: parameters(Field.contactUriParameter),
    params: parameters(Field.contactParameter),
  },
  headers,
  supported,
  route: several(Field.route),
  gruu: [Field.gruu, flag],
  push,
  digest: {
    policy: [Field.digestPolicy, oneOf(challengePolicies)],
    requireMutual: [Field.digestRequireMutual, flag],
    algorithms: [Field.digestAlgorithms, algorithmSet],
  },
  refresh,
  retry,
};

export function readRegistrationOptions(value: unknown, servers: number): RegistrationSettings {
  const fields: FieldList = [];
  const { aor, registrar = '', outbound, credentials } = read(value, registrationTable, fields);
  if (aor === undefined) throw optionError('aor', 'is needed, such as sip:alice@example.com');
  const flows = readOutbound(outbound, fields, servers);
  const secrets = readCredentials(credentials);
  fields.push(Field.hasCredentials, secrets !== null);
  return {
    aor: aor as string,
    account: `${aor as string} ${registrar as string}`,
    flows,
    secrets,
    fields,
  };
}

/** Returns how many flows are asked for. */
function readOutbound(value: unknown, fields: FieldList, servers: number): number {
  if (typeof value === 'boolean') fields.push(Field.outbound, value);
  if (value === undefined || typeof value === 'boolean') return 1;
  const table: Table = { flows: [Field.flows, positive], regId: [Field.regId, positive] };
  const { flows = 1 } = read(value, table, fields, 'outbound') as { flows?: number };
  if (flows > servers) throw optionError('outbound.flows', 'needs as many servers');
  return flows;
}

const credentialsTable: Table = {
  username: [Field.username, composed(filled)],
  password: [Field.password, composed(checkText)],
  ha1(value, name, fields) {
    if (typeof value === 'string') fields.push(Field.ha1Md5, filled(value, name));
    else read(value, ha1Table, fields, name);
  },
  token: [Field.token, filled],
  expiresAt: [Field.tokenExpiresAt, number(0, Number.MAX_SAFE_INTEGER, false)],
  realm: [Field.realm, checkText],
};

const ha1Table: Table = {
  MD5: [Field.ha1Md5, filled],
  'SHA-256': [Field.ha1Sha256, filled],
  'SHA-512-256': [Field.ha1Sha512256, filled],
};

/** Checks the types; the core checks the rest when it is given the fields. */
export function readCredentials(value: unknown): Secrets {
  if (value === undefined) return null;
  if (typeof value === 'function') return value as CredentialsProvider;
  const fields: FieldList = [];
  for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) {
    fields.push(Field.credentials, '');
    read(each, credentialsTable, fields, 'credentials');
  }
  return fields.length === 0 ? null : fields.slice(); // without the spare room of a list that grew
}

// ------------------------------------------------------------------------------------------------------------- calls

/** Options of one call. */
export interface CallSettings {
  signal: AbortSignal | undefined;
  all: boolean;
  fields: FieldList;
}

const callTable: Table = {
  expires: [Field.expires, lifetime],
  headers,
  supported,
  force: [Field.force, flag],
};

export function readCallOptions(value: unknown): CallSettings {
  const fields: FieldList = [];
  const { signal, all } = value === undefined ? {} : read(value, callTable, fields);
  return { signal: readSignal(signal), all: or(flag, all, 'all', false), fields };
}

function readSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined;
  const signal: Partial<AbortSignal> | null = value;
  if (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
    throw optionError('signal', 'must be an AbortSignal');
  }
  return signal as AbortSignal;
}

const answerTable: Table = {
  status: [Field.status, number(100, 699)],
  reason: [Field.reason, checkText],
  headers,
  body: [Field.body, checkText],
};

/** What respond() is given. */
export function readAnswer(value: Record<string, unknown>): FieldList {
  const fields: FieldList = [];
  const { status } = read(value, answerTable, fields);
  if (status === undefined) throw optionError('status', 'is needed, such as 200');
  return fields;
}

const updateTable: Table = {
  displayName: [Field.displayName, checkText],
  headers(value, name, fields) {
    fields.push(Field.replaceHeaders, '');
    headers(value, name, fields);
  },
  supported(value, name, fields) {
    fields.push(Field.replaceSupported, '');
    supported(value, name, fields);
  },
  push,
  refresh,
  retry,
};

/** update()'s options. */
export function readUpdateOptions(value: unknown): FieldList {
  const fields: FieldList = [];
  read(value, updateTable, fields);
  return fields;
}

/** close()'s options. */
export interface CloseSettings {
  unregister: boolean;
  timeoutMs: number;
}

export function readCloseOptions(value: unknown): CloseSettings {
  const { unregister, timeoutMs } = copy(value ?? {}, '');
  return {
    unregister: or(flag, unregister, 'unregister', false),
    timeoutMs: or(number(0, 2 ** 31 - 1), timeoutMs, 'timeoutMs', 5000),
  };
}
