import type { DigestAlgorithm } from '../types.js';
import { passwordHash, responseFromHash } from './digest.js';
import { param, quoted, readParams, unquote, type Param } from './fields.js';
import { rowsOf, type Request } from './message.js';
import { badRequest, type HeaderRow } from './refusal.js';

interface Nonce {
  algorithm: DigestAlgorithm;
  expiresAt: number;
  /** The highest nonce count that was accepted; 0: not used yet. */
  count: number;
  /** Which makeNoncesStale() it has lived through. */
  epoch: number;
}

/** How many nonces one generation of the table holds; two are kept, so that memory stays bounded. */
const generationSize = 131_072;

/** Nonces by value. One that is neither new nor in use is forgotten when two generations have passed. */
class NonceTable {
  #young = new Map<string, Nonce>();
  #old = new Map<string, Nonce>();

  add(value: string, nonce: Nonce): void {
    if (this.#young.size >= generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(value, nonce);
  }

  get(value: string): Nonce | undefined {
    const young = this.#young.get(value);
    if (young) return young;
    const old = this.#old.get(value);
    if (old) this.add(value, old);
    return old;
  }
}

export interface AuthenticatorSettings {
  realm: string;
  /** Passwords by username, read at every request. */
  users: Readonly<Record<string, string>>;
  algorithms: readonly DigestAlgorithm[];
  nonceLifetimeMs: number;
  /** Say the next nonce in Authentication-Info. */
  nextNonce: boolean;
  /** Prove in Authentication-Info that the password is known here. */
  rspauth: boolean | 'wrong';
  now: () => number;
  /** A string that was never given before and cannot be guessed, of token characters. */
  uniqueToken: () => string;
}

interface Answer {
  username: string;
  nonce: string;
  algorithm: DigestAlgorithm;
  response: string;
  qop: 'auth' | undefined;
  nc: string;
  cnonce: string;
  /** The digest-uri, which is the Request-URI. */
  uri: string;
}

/** Whom a request comes from, with the header fields that a 2xx then has. */
export interface Proof {
  username: string;
  rows: HeaderRow[];
}

function text(params: readonly Param[], name: string): string | undefined {
  const value = param(params, name);
  return typeof value === 'string' ? unquote(value) : undefined;
}

function required(params: readonly Param[], name: string): string {
  const value = text(params, name);
  if (value === undefined) throw badRequest(`Authorization without ${name}`);
  return value;
}

/**
 * Digest authentication of the server side (RFC 3261 §22, RFC 7616, RFC 8760) with qop "auth", and the form without qop
 * for old clients.
 */
export class Authenticator {
  readonly #settings: AuthenticatorSettings;
  readonly #nonces = new NonceTable();
  /** H(username:realm:password) by algorithm and user, with the password it was made of. */
  readonly #hashes = new Map<string, { password: string; hash: string }>();
  #epoch = 0;

  constructor(settings: AuthenticatorSettings) {
    this.#settings = settings;
  }

  /** From here on every nonce given so far is answered with stale=true. */
  makeNoncesStale(): void {
    this.#epoch += 1;
  }

  /**
   * The username that `request` proves to be, otherwise the challenges for a 401: with stale=true only where the password
   * is right and the nonce is one of ours that has expired or whose nc has been used (RFC 7616 §3.3); an unknown nonce and
   * wrong credentials get plain new challenges. Throws a 400 Refusal for credentials that are malformed.
   */
  authenticate(request: Request): Proof | { challenges: HeaderRow[] } {
    const answer = this.#readAnswer(request);
    if (!answer || !this.#passwordIsRight(request, answer)) return this.#challenge(false);
    const nonce = this.#nonces.get(answer.nonce);
    if (nonce?.algorithm !== answer.algorithm) return this.#challenge(false);
    // Without qop there is no count: such an answer takes a nonce's first use, and only that.
    const count = answer.qop === undefined ? 1 : parseInt(answer.nc, 16);
    const isOver = this.#settings.now() >= nonce.expiresAt || nonce.epoch !== this.#epoch;
    if (isOver || count <= nonce.count) return this.#challenge(true);
    nonce.count = count;
    return { username: answer.username, rows: this.#authenticationInfo(answer) };
  }

  /** RFC 7616 §3.5; the proof of the server covers no method (A2 is ":uri"). */
  #authenticationInfo(answer: Answer): HeaderRow[] {
    const { nextNonce, rspauth, users } = this.#settings;
    const params: string[] = [];
    if (rspauth !== false && answer.qop) {
      const password = rspauth === 'wrong' ? '' : (users[answer.username] ?? '');
      const proof = this.#responseTo(answer, password, '');
      params.push(
        `rspauth="${proof}"`,
        'qop=auth',
        `cnonce=${quoted(answer.cnonce)}`,
        `nc=${answer.nc}`,
      );
    }
    if (nextNonce) params.push(`nextnonce="${this.#newNonce(answer.algorithm)}"`);
    return params.length === 0 ? [] : [['Authentication-Info', params.join(', ')]];
  }

  #newNonce(algorithm: DigestAlgorithm): string {
    const { nonceLifetimeMs, now, uniqueToken } = this.#settings;
    const nonce = uniqueToken();
    const expiresAt = now() + nonceLifetimeMs;
    this.#nonces.add(nonce, { algorithm, expiresAt, count: 0, epoch: this.#epoch });
    return nonce;
  }

  /** One WWW-Authenticate row an algorithm, in the order of the option, each with a nonce of its own (RFC 8760 §2.3). */
  #challenge(stale: boolean): { challenges: HeaderRow[] } {
    const { realm, algorithms } = this.#settings;
    const challenges = algorithms.map((algorithm): HeaderRow => {
      const nonce = this.#newNonce(algorithm);
      const challenge = `Digest realm=${quoted(realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"`;
      return ['WWW-Authenticate', stale ? `${challenge}, stale=true` : challenge];
    });
    return { challenges };
  }

  /** The Digest credentials for our realm; undefined: none, or of an algorithm that is not asked for. */
  #readAnswer(request: Request): Answer | undefined {
    for (const value of rowsOf(request, 'authorization')) {
      if (!/^digest[ \t]/i.test(value)) continue;
      const params = readParams(value, 'digest'.length, ',');
      if (text(params, 'realm') !== this.#settings.realm) continue;
      return this.#checkAnswer(request, params);
    }
    return undefined;
  }

  #checkAnswer(request: Request, params: readonly Param[]): Answer | undefined {
    const name = (text(params, 'algorithm') ?? 'MD5').toUpperCase();
    const algorithm = this.#settings.algorithms.find((known) => known.toUpperCase() === name);
    if (!algorithm) return undefined;
    if (required(params, 'uri') !== request.uri) {
      throw badRequest('Digest uri is not the Request-URI'); // RFC 7616 §3.4.6
    }
    const qop = text(params, 'qop')?.toLowerCase();
    if (qop !== undefined && qop !== 'auth') throw badRequest('Digest qop was not offered');
    const nc = qop ? required(params, 'nc') : '';
    if (qop && !/^[0-9a-f]{8}$/i.test(nc)) throw badRequest('Malformed Digest nc');
    const cnonce = qop ? required(params, 'cnonce') : '';
    if (!qop && algorithm.endsWith('-sess')) throw badRequest('Digest -sess needs qop');
    const username = required(params, 'username');
    const nonce = required(params, 'nonce');
    const response = required(params, 'response');
    return { username, nonce, algorithm, response, qop, nc, cnonce, uri: request.uri };
  }

  #passwordIsRight(request: Request, answer: Answer): boolean {
    const { users } = this.#settings;
    const password = Object.hasOwn(users, answer.username) ? users[answer.username] : undefined;
    if (password === undefined) return false;
    return this.#responseTo(answer, password, request.method) === answer.response;
  }

  #responseTo(answer: Answer, password: string, method: string): string {
    const { algorithm, username, nonce, qop, nc, cnonce, uri } = answer;
    const secret = this.#hashOf(algorithm, username, password);
    const input = { algorithm, nonce, nc, cnonce, method, uri };
    return responseFromHash(secret, qop ? { ...input, qop } : input);
  }

  #hashOf(algorithm: DigestAlgorithm, username: string, password: string): string {
    const key = `${algorithm} ${username}`;
    const known = this.#hashes.get(key);
    if (known?.password === password) return known.hash;
    const hash = passwordHash(algorithm, username, this.#settings.realm, password);
    this.#hashes.set(key, { password, hash });
    return hash;
  }
}
