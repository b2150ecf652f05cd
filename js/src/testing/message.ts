import { isToken, readNameAddr, splitList, type NameAddr } from './fields.js';
import { badRequest, Refusal, type HeaderRow } from './refusal.js';

/** A frame cut into its rows; never throws, so that even a broken request can be answered. */
export interface Message {
  startLine: string;
  rows: HeaderRow[];
  body: string;
  /** The first thing that is wrong with the framing; null: nothing. */
  problem: string | null;
}

/** A request that has all that RFC 3261 §8.1.1 demands of it. */
export interface Request extends Message {
  method: string;
  uri: string;
  callId: string;
  cseq: number;
  to: NameAddr;
}

const longNames: ReadonlyMap<string, string> = new Map([
  ['f', 'from'],
  ['i', 'call-id'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['t', 'to'],
  ['v', 'via'],
]);

/** The name as rows have it: in lower case, not compact (RFC 3261 §7.3.3). */
export function longName(name: string): string {
  const lower = name.toLowerCase();
  return longNames.get(lower) ?? lower;
}

/** Copied from the request into every response (§8.2.6.2). */
const copied: readonly (readonly [name: string, label: string])[] = [
  ['via', 'Via'],
  ['from', 'From'],
  ['to', 'To'],
  ['call-id', 'Call-ID'],
  ['cseq', 'CSeq'],
];

const singleRows = new Set([
  'from',
  'to',
  'call-id',
  'cseq',
  'max-forwards',
  'content-length',
  'expires',
]);

const viaPattern = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*[\w.-]+[ \t]+[^\s;,]/i;

interface Line {
  text: string;
  next: number;
  clean: boolean;
}

/** The line at `at`. Not clean: a CR or LF that is not part of a CRLF; it is cut out so that it cannot travel on. */
function readLine(text: string, at: number): Line {
  const lf = text.indexOf('\n', at);
  if (lf === -1) return { text: text.slice(at).replaceAll('\r', ' '), next: -1, clean: false };
  const end = lf - 1;
  if (end >= at && text[end] === '\r' && text.indexOf('\r', at) === end) {
    return { text: text.slice(at, end), next: lf + 1, clean: true };
  }
  return { text: text.slice(at, lf).replaceAll('\r', ' '), next: lf + 1, clean: false };
}

/** Adds a header line to `rows`; says what is wrong with it. */
function addRow(rows: HeaderRow[], line: string): string | null {
  const last = rows.at(-1);
  if (line.startsWith(' ') || line.startsWith('\t')) {
    if (!last) return 'Folded line before the first header field';
    rows[rows.length - 1] = [last[0], `${last[1]} ${line.trim()}`];
    return null;
  }
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trimEnd();
  if (!isToken(name)) return 'Header line without a name';
  rows.push([longName(name), line.slice(colon + 1).trim()]);
  return null;
}

/** Reads a frame as one SIP message (RFC 3261 §7; CRLFs before the start line are skipped, §7.5). */
export function readMessage(text: string): Message {
  let at = 0;
  while (text.startsWith('\r\n', at)) at += 2;
  let line = readLine(text, at);
  const rows: HeaderRow[] = [];
  const startLine = line.text;
  let problem = line.clean ? null : 'Line without CRLF';
  while (line.next !== -1) {
    line = readLine(text, line.next);
    if (line.text === '') break;
    if (!line.clean) problem ??= 'Line without CRLF';
    const fault = addRow(rows, line.text);
    problem ??= fault;
  }
  if (line.text !== '' || !line.clean) problem ??= 'No empty line after the header fields';
  if (text.includes('\0')) problem ??= 'NUL in the message';
  return { startLine, rows, body: line.next === -1 ? '' : text.slice(line.next), problem };
}

/** The first row of that name; `name` in lower case, long form. */
export function row(message: Message, name: string): string | undefined {
  for (const candidate of message.rows) if (candidate[0] === name) return candidate[1];
  return undefined;
}

/** All rows of that name, in order. */
export function rowsOf(message: Message, name: string): string[] {
  const values: string[] = [];
  for (const candidate of message.rows) if (candidate[0] === name) values.push(candidate[1]);
  return values;
}

/** All elements of a comma list that may be spread over several rows. */
export function list(message: Message, name: string): string[] {
  return rowsOf(message, name).flatMap(splitList);
}

/** The option tags of Supported or Require, in lower case. */
export function optionTags(message: Message, name: 'supported' | 'require'): string[] {
  return list(message, name)
    .filter((tag) => tag !== '')
    .map((tag) => tag.toLowerCase());
}

function mandatory(message: Message, name: string, label: string): string {
  const value = row(message, name);
  if (value === undefined || value === '') throw badRequest(`Missing ${label}`);
  return value;
}

function checkRows(message: Message): void {
  const seen = new Set<string>();
  for (const [name] of message.rows) {
    if (!singleRows.has(name)) continue;
    if (seen.has(name)) throw badRequest(`More than one ${name}`);
    seen.add(name);
  }
}

/** Content-Length may be absent on a WebSocket (RFC 7118 §5); bytes after the body are ignored (RFC 3261 §18.3). */
function checkContentLength(message: Message): void {
  const value = row(message, 'content-length');
  if (value === undefined || value === '0') return;
  if (!/^\d+$/.test(value)) throw badRequest('Malformed Content-Length');
  if (Number(value) > new TextEncoder().encode(message.body).length) {
    throw badRequest('Content-Length is beyond the end of the frame');
  }
}

function readCSeq(message: Message, method: string): number {
  const match = /^(\d{1,10})[ \t]+(\S+)$/.exec(mandatory(message, 'cseq', 'CSeq'));
  const number = Number(match?.[1]);
  if (!match || number >= 2 ** 31) throw badRequest('Malformed CSeq');
  if (match[2] !== method) throw badRequest('CSeq names another method');
  return number;
}

function readRequestLine(line: string): { method: string; uri: string } {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const method = line.slice(0, Math.max(first, 0));
  const uri = line.slice(first + 1, Math.max(second, 0));
  const version = line.slice(second + 1).toUpperCase();
  if (version !== 'SIP/2.0' && /^SIP\/\d+\.\d+$/.test(version)) {
    throw new Refusal(505, 'Version Not Supported');
  }
  if (!isToken(method) || uri === '' || version !== 'SIP/2.0') {
    throw badRequest('Malformed request line');
  }
  return { method, uri };
}

/** Reads what every request has; throws a Refusal where a MUST of RFC 3261 §8.1.1 is broken. */
export function readRequest(message: Message): Request {
  const { method, uri } = readRequestLine(message.startLine);
  if (message.problem !== null) throw badRequest(message.problem);
  checkRows(message);
  if (!viaPattern.test(mandatory(message, 'via', 'Via'))) throw badRequest('Malformed Via');
  const from = readNameAddr(mandatory(message, 'from', 'From'));
  if (!from.params.some(([name]) => name === 'tag')) throw badRequest('From without a tag');
  const to = readNameAddr(mandatory(message, 'to', 'To'));
  const callId = mandatory(message, 'call-id', 'Call-ID');
  if (/\s/.test(callId)) throw badRequest('Malformed Call-ID');
  const cseq = readCSeq(message, method);
  const hops = row(message, 'max-forwards');
  if (hops !== undefined && !(/^\d{1,3}$/.test(hops) && Number(hops) <= 255)) {
    throw badRequest('Malformed Max-Forwards');
  }
  checkContentLength(message);
  const { startLine, rows, body, problem } = message;
  return { startLine, rows, body, problem, method, uri, callId, cseq, to };
}

/** The To of a response: the request's, with a tag unless it has one already (§8.2.6.2). */
function taggedTo(to: string, tag: string): string {
  return /;[ \t]*tag[ \t]*=/i.test(to.slice(to.lastIndexOf('>') + 1)) ? to : `${to};tag=${tag}`;
}

/** A response to `message`: what must be copied of it (as far as it is there), then `rows`, then an empty body. */
export function writeReply(
  message: Message,
  status: number,
  reason: string,
  toTag: string,
  rows: Iterable<HeaderRow>,
): string {
  let text = `SIP/2.0 ${status} ${reason}\r\n`;
  for (const [name, label] of copied) {
    for (const candidate of message.rows) {
      if (candidate[0] !== name) continue;
      const value = name === 'to' && status > 100 ? taggedTo(candidate[1], toTag) : candidate[1];
      text += `${label}: ${value}\r\n`;
    }
  }
  for (const [name, value] of rows) text += `${name}: ${value}\r\n`;
  return `${text}Content-Length: 0\r\n\r\n`;
}
