import { md5 } from '@noble/hashes/legacy.js';
import { sha256, sha512_256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { DigestAlgorithm } from '../types.js';

/** The algorithms of RFC 7616 and RFC 8760, weakest first. */
export const digestAlgorithms: readonly DigestAlgorithm[] = [
  'MD5',
  'MD5-sess',
  'SHA-256',
  'SHA-256-sess',
  'SHA-512-256',
  'SHA-512-256-sess',
];

/** What a digest response is computed from; strings are unescaped, as they are before they are put in quotes. */
export interface DigestInput {
  /** The challenge's. */
  algorithm: DigestAlgorithm;
  /** The digest username, not the AOR. */
  username: string;
  /** The challenge's. */
  realm: string;
  /** In clear. */
  password: string;
  /** "REGISTER" */
  method: string;
  /** The digest-uri, byte for byte as sent. */
  uri: string;
  /** The challenge's. */
  nonce: string;
  /** Absent: the form without qop (RFC 2069), which has neither nc nor cnonce and no -sess algorithm. */
  qop?: 'auth';
  /** How often the nonce was used: eight hex digits. Needed with qop. */
  nc?: string;
  /** The client's nonce. Needed with qop. */
  cnonce?: string;
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  const bytes = utf8ToBytes(text);
  if (algorithm.startsWith('MD5')) return bytesToHex(md5(bytes));
  return bytesToHex(algorithm.startsWith('SHA-256') ? sha256(bytes) : sha512_256(bytes));
}

/** H(username:realm:password), the same for an algorithm and its -sess form. */
export function passwordHash(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  return hash(algorithm, `${username}:${realm}:${password}`);
}

/** digestResponse() for a caller that has H(username:realm:password) already. */
export function responseFromHash(
  secret: string,
  input: Omit<DigestInput, 'username' | 'realm' | 'password'>,
): string {
  const { algorithm, nonce, qop, nc = '', cnonce = '' } = input;
  const a1 = algorithm.endsWith('-sess') ? hash(algorithm, `${secret}:${nonce}:${cnonce}`) : secret;
  const a2 = hash(algorithm, `${input.method}:${input.uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  return hash(algorithm, `${a1}:${middle}:${a2}`);
}

/**
 * The `response` of a Digest answer in lower-case hex (RFC 7616 §3.4.1): for a test that scripts its own challenges with
 * `respond` and checks what comes back.
 */
export function digestResponse(input: DigestInput): string {
  const { algorithm, username, realm, password } = input;
  return responseFromHash(passwordHash(algorithm, username, realm, password), input);
}
