import { badRequest } from './refusal.js';

/** A parameter: its name in lower case and its value as it was written, quotes included; `true` without "=value". */
export type Param = readonly [name: string, value: string | true];

/** RFC 3261 §25.1 name-addr or addr-spec, with the header's parameters. */
export interface NameAddr {
  /** As it was written, quotes included; '' when there is none. */
  displayName: string;
  uri: string;
  params: Param[];
}

const maxParams = 64;
const quote = 0x22;
const comma = 0x2c;
const lessThan = 0x3c;
const greaterThan = 0x3e;
const backslash = 0x5c;

/** 1 at the codes that a token may have (RFC 3261 §25.1). */
const tokenCodes = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") {
  tokenCodes[character.charCodeAt(0)] = 1;
}

/** The index after the token that begins at `at`; `at` itself when none does. */
function endOfToken(text: string, at: number): number {
  let i = at;
  while (i < text.length && tokenCodes[text.charCodeAt(i)] === 1) i += 1;
  return i;
}

/** Whether all of `text` is one token of RFC 3261 §25.1. */
export function isToken(text: string): boolean {
  return text !== '' && endOfToken(text, 0) === text.length;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** The index after the quoted string that opens at `at`. */
function endOfQuoted(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === backslash) i += 1;
    else if (code === quote) return i + 1;
  }
  throw badRequest('Quoted string without its end');
}

/** The elements of a comma list; commas in quoted strings and in <> separate nothing (RFC 3261 §7.3.1). */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return [value];
  const elements: string[] = [];
  let start = 0;
  let inAngles = false;
  for (let i = 0; i < value.length; i += 1) {
    const code = value.charCodeAt(i);
    if (code === quote) i = endOfQuoted(value, i) - 1;
    else if (code === lessThan) inAngles = true;
    else if (code === greaterThan) inAngles = false;
    else if (code === comma && !inAngles) {
      elements.push(value.slice(start, i).trim());
      start = i + 1;
    }
  }
  elements.push(value.slice(start).trim());
  return elements;
}

/** The text that a quoted string stands for; anything else unchanged. */
export function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  const inner = value.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner;
}

/** `text` as a quoted string. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function endOfValue(text: string, at: number, separator: string): number {
  if (text.charCodeAt(at) === quote) return endOfQuoted(text, at);
  let i = at;
  while (i < text.length && text[i] !== separator && !isSpace(text.charCodeAt(i))) i += 1;
  const value = text.slice(at, i);
  if (value === '' || /["<>]/.test(value)) throw badRequest('Malformed parameter value');
  return i;
}

/** Parameters from `at` on: `;`-separated after a URI, `,`-separated in credentials. Each name at most once (§7.3.1). */
export function readParams(text: string, at: number, separator: ';' | ','): Param[] {
  const params: Param[] = [];
  for (let i = at; ; i += 1) {
    i = skipSpace(text, i);
    const start = i;
    i = endOfToken(text, i);
    const name = text.slice(start, i).toLowerCase();
    if (name === '') throw badRequest('Parameter without a name');
    if (param(params, name) !== undefined) throw badRequest(`Parameter ${name} given twice`);
    i = skipSpace(text, i);
    let value: string | true = true;
    if (text[i] === '=') {
      const from = skipSpace(text, i + 1);
      i = endOfValue(text, from, separator);
      value = text.slice(from, i);
      i = skipSpace(text, i);
    }
    params.push([name, value]);
    if (i >= text.length) return params;
    if (params.length === maxParams) throw badRequest('Too many parameters');
    if (text[i] !== separator) throw badRequest('Malformed parameters');
  }
}

/** The value of the parameter `name`, as written; undefined when it is not there. */
export function param(params: readonly Param[], name: string): string | true | undefined {
  for (const candidate of params) if (candidate[0] === name) return candidate[1];
  return undefined;
}

function readDisplayName(text: string): { displayName: string; open: number } | null {
  if (text.startsWith('"')) {
    const end = endOfQuoted(text, 0);
    const open = skipSpace(text, end);
    if (text.charCodeAt(open) !== lessThan) throw badRequest('Display name without <URI>');
    return { displayName: text.slice(0, end), open };
  }
  // In the addr-spec form a < can only stand in a parameter's value, thus after the scheme's colon.
  const open = text.indexOf('<');
  const colon = text.indexOf(':');
  if (open === -1 || (colon !== -1 && colon < open)) return null;
  const displayName = text.slice(0, open).trim();
  if (displayName !== '' && !displayName.split(/[ \t]+/).every(isToken)) {
    throw badRequest('Display name needs quotes');
  }
  return { displayName, open };
}

/** One element of From, To or Contact. Without <>, what follows a `;` belongs to the header field (§20.10). */
export function readNameAddr(text: string): NameAddr {
  const display = readDisplayName(text);
  let uri: string;
  let rest: number;
  if (display) {
    const close = text.indexOf('>', display.open);
    if (close === -1) throw badRequest('URI without its closing >');
    uri = text.slice(display.open + 1, close);
    rest = skipSpace(text, close + 1);
  } else {
    const semicolon = text.indexOf(';');
    rest = semicolon === -1 ? text.length : semicolon;
    uri = text.slice(0, rest).trim();
    if (/[?,]/.test(uri)) throw badRequest('URI with , or ? needs <>');
  }
  if (rest < text.length && text[rest] !== ';') throw badRequest('Malformed address');
  const params = rest < text.length ? readParams(text, rest + 1, ';') : [];
  return { displayName: display?.displayName ?? '', uri, params };
}
