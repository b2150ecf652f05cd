import { isToken } from './fields.js';
import { badRequest } from './refusal.js';

/** A SIP or SIPS URI in its parts (RFC 3261 §19.1.1); of any other scheme only `scheme` and `text` mean something. */
export interface Uri {
  text: string;
  /** In lower case, without the colon. */
  scheme: string;
  /** User and password as written; '' when there is none. */
  userinfo: string;
  /** In lower case. */
  host: string;
  port: string;
  /** Names in lower case. */
  params: ReadonlyMap<string, string | true>;
  headers: string;
}

const noParams: ReadonlyMap<string, string | true> = new Map();
const hostPattern = /^(?:[a-z0-9_](?:[a-z0-9_.-]*)|\[[0-9a-f:.]+\])$/;
/** Parameters that make two URIs differ when only one of them has it (§19.1.4). */
const decisiveParams = ['user', 'ttl', 'method', 'maddr', 'transport'];

function readUriParams(text: string): ReadonlyMap<string, string | true> {
  const params = new Map<string, string | true>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).toLowerCase();
    if (name === '' || params.has(name)) throw badRequest('Malformed URI parameters');
    params.set(name, equals === -1 ? true : part.slice(equals + 1));
  }
  return params;
}

/** Takes a URI apart; throws a 400 Refusal where it is none. */
export function readUri(text: string): Uri {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0)).toLowerCase();
  // eslint-disable-next-line no-control-regex -- control characters are what must not pass
  if (!isToken(scheme) || /[\u0000-\u0020\u007f<>"]/.test(text)) throw badRequest('Malformed URI');
  const uri = { text, scheme, userinfo: '', host: '', port: '', params: noParams, headers: '' };
  if (!isSip(uri)) return uri;

  let rest = text.slice(colon + 1);
  const at = rest.indexOf('@');
  if (at === 0) throw badRequest('URI with an empty user part');
  if (at > 0) {
    uri.userinfo = rest.slice(0, at);
    rest = rest.slice(at + 1);
  }
  const question = rest.indexOf('?');
  if (question !== -1) {
    uri.headers = rest.slice(question + 1);
    rest = rest.slice(0, question);
  }
  const semicolon = rest.indexOf(';');
  if (semicolon !== -1) {
    uri.params = readUriParams(rest.slice(semicolon + 1));
    rest = rest.slice(0, semicolon);
  }
  const port = /:(\d{1,5})$/.exec(rest);
  if (port) {
    uri.port = String(Number(port[1]));
    rest = rest.slice(0, port.index);
  }
  uri.host = rest.toLowerCase();
  if (!hostPattern.test(uri.host) || Number(uri.port) > 65535) throw badRequest('Malformed URI');
  return uri;
}

/** Whether the scheme is sip or sips. */
export function isSip(uri: Uri): boolean {
  return uri.scheme === 'sip' || uri.scheme === 'sips';
}

/** %HH of a character that need not be escaped is that character; other escapes differ by their value, not their case. */
function normaliseEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16));
    return /[\w\-.!~*'()]/.test(character) ? character : escape.toUpperCase();
  });
}

function foldedValue(value: string | true): string {
  return value === true ? '' : normaliseEscapes(value).toLowerCase();
}

function sameParams(a: Uri, b: Uri): boolean {
  for (const name of decisiveParams) if (a.params.has(name) !== b.params.has(name)) return false;
  for (const [name, value] of a.params) {
    const other = b.params.get(name);
    if (other !== undefined && foldedValue(value) !== foldedValue(other)) return false;
  }
  return true;
}

function sortedHeaders(uri: Uri): string {
  return normaliseEscapes(uri.headers).toLowerCase().split('&').sort().join('&');
}

/** URI equality, RFC 3261 §19.1.4. */
export function sameUri(a: Uri, b: Uri): boolean {
  if (a.text === b.text) return true;
  return (
    isSip(a) &&
    a.scheme === b.scheme &&
    a.host === b.host &&
    a.port === b.port &&
    normaliseEscapes(a.userinfo) === normaliseEscapes(b.userinfo) &&
    sameParams(a, b) &&
    sortedHeaders(a) === sortedHeaders(b)
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not UTF-8 when unescaped: compared as it was written
  }
}

/** The user part without escapes and without a password; '' when the URI has none. */
export function userOf(uri: Uri): string {
  return unescaped(uri.userinfo.split(':', 1)[0] ?? '');
}

/** The index of an address of record: canonical form of RFC 3261 §10.3, without parameters and without escapes. */
export function aorKey(uri: Uri): string {
  return `${uri.scheme}:${unescaped(uri.userinfo)}@${uri.host}:${uri.port}`;
}

/** The address of record as a URI: what was given without its parameters and headers. */
export function aorText(uri: Uri): string {
  const user = uri.userinfo === '' ? '' : `${uri.userinfo}@`;
  return `${uri.scheme}:${user}${uri.host}${uri.port === '' ? '' : `:${uri.port}`}`;
}
