/**
 * Names of the values that cross to the bridge and back: bindings/fields.h and the enumerations of the core's headers,
 * again. A test compares them.
 */
import type { ConnectionState, DigestAlgorithm, RegistrationState } from './types.js';

/** Options: entries of {u32 field, u32 byte length, bytes padded to a multiple of 4}. */
export const enum Field {
  servers = 1,
  userAgent = 2,
  instanceId = 3,
  connectTimeout = 4,
  transactionTimeout = 5,
  credentialsTimeout = 6,
  reconnectPolicy = 7,
  reconnectBase = 8,
  reconnectMax = 9,
  entropy = 10,
  aor = 11,
  registrar = 12,
  from = 13,
  displayName = 14,
  expires = 15,
  contactUser = 16,
  contactDisplayName = 17,
  contactQ = 18,
  contactUriParameter = 19,
  contactParameter = 20,
  header = 21,
  value = 22,
  supported = 23,
  route = 24,
  outbound = 25,
  regId = 26,
  gruu = 27,
  pushProvider = 28,
  pushPrid = 29,
  pushParam = 30,
  digestPolicy = 31,
  digestAlgorithms = 32,
  digestRequireMutual = 33,
  refreshPolicy = 34,
  refreshValue = 35,
  retry = 36,
  hasCredentials = 37,
  replaceHeaders = 38,
  replaceSupported = 39,
  force = 40,
  uri = 41,
  credentials = 42,
  username = 43,
  password = 44,
  ha1Md5 = 45,
  ha1Sha256 = 46,
  ha1Sha512256 = 47,
  token = 48,
  tokenExpiresAt = 49,
  realm = 50,
  keepAlive = 51,
  keepAliveInterval = 52,
  pongTimeout = 53,
  keepAliveMethod = 54,
  flows = 55,
  snapshot = 56,
  snapshots = 57,
  status = 58,
  reason = 59,
  body = 60,
}

/** What a record is. */
export const enum OutputKind {
  none,
  connect,
  disconnect,
  transmit,
  trace,
  connection,
  registration,
  flow,
  snapshot,
  channel,
  channelMessage,
  credentialsSettled,
  registered,
  refreshed,
  unregistered,
  failed,
  retry,
  warning,
  credentialsWanted,
  operationDone,
  operationFailed,
  request,
}

/** What a call does. */
export const enum CallKind {
  register,
  refresh,
  unregister,
  unregisterAll,
  query,
  removeBinding,
}

/** Why a command was refused. */
export const enum CommandError {
  none,
  invalidArgument,
  unknownRegistration,
  notReady,
  closed,
  notOpen,
}

/** Why a call failed. */
export const enum FailureCode {
  rejected,
  authFailed,
  interval,
  timeout,
  transport,
  protocol,
  removed,
  closed,
  cancelled,
}

/*
 * The rest crosses as its place in these lists.
 */
export const registrationStates: readonly RegistrationState[] = [
  'unregistered',
  'connecting',
  'registering',
  'registered',
  'refreshing',
  'unregistering',
  'waiting',
  'failed',
  'removed',
];

export const connectionStates: readonly ConnectionState[] = [
  'disconnected',
  'connecting',
  'connected',
  'waiting',
  'closed',
];

export const algorithms: readonly DigestAlgorithm[] = [
  'MD5',
  'MD5-sess',
  'SHA-256',
  'SHA-256-sess',
  'SHA-512-256',
  'SHA-512-256-sess',
];

export const refreshPolicies = ['adaptive', 'percent', 'margin', 'off'] as const;
export const reconnectPolicies = ['interactive', 'rfc5626', 'off'] as const;
export const keepAliveMethods = ['auto', 'crlf', 'options'] as const;
export const challengePolicies = ['server-order', 'strongest'] as const;
