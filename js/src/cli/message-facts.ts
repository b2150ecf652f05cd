/**
 * What a reader of a SIP message looks for first, as text: for display only, nothing is decided by it. Pure text, which the
 * command line and the demo page share. Nothing in it can act on a terminal or break a line.
 */
import { escapeControls } from './text.js';

type Header = readonly [name: string, value: string];

export interface MessageDescription {
  /** A keep-alive of RFC 5626 §3.5.1: a ping or its pong. */
  isKeepAlive: boolean;
  /** "REGISTER sip:example.com", "401 Unauthorized", "keep-alive ping". */
  title: string;
  kind: 'request' | 'success' | 'challenge' | 'failure';
  /** The number of CSeq; '' when there is none. */
  sequence: string;
  /** The URI of To, which is whose registration a REGISTER is about; '' when there is none. */
  to: string;
  /** Lifetimes, credentials, waits. */
  facts: string[];
}

const VERSION = 'SIP/2.0';
/** Of repeated headers and lifetimes no more than this many are shown. */
const SHOWN = 4;

/** The lines of a message, folded header lines (RFC 3261 §7.3.1) joined. */
export function linesOf(data: string): string[] {
  return data
    .replace(/^[\r\n]+/, '')
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/);
}

function headersOf(lines: readonly string[]): Header[] {
  const headers: Header[] = [];
  for (const line of lines.slice(1)) {
    if (line === '') break;
    const colon = line.indexOf(':');
    if (colon > 0)
      headers.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
  }
  return headers;
}

function values(headers: readonly Header[], ...names: string[]): string[] {
  return headers.filter(([name]) => names.includes(name)).map(([, value]) => value);
}

function firstValues(headers: readonly Header[], name: string): string[] {
  return values(headers, name.toLowerCase()).slice(0, SHOWN);
}

function parameter(value: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|[\\s,;])${name}\\s*=\\s*("[^"]*"|[^,;\\s]*)`, 'i').exec(value);
  return match?.[1]?.replaceAll('"', '');
}

/** "Digest MD5"; MD5 is what Digest means without an algorithm (RFC 7616 §3.3). */
function schemeOf(value: string): string {
  const scheme = value.split(/\s/, 1)[0] ?? '';
  return scheme.toLowerCase() === 'digest'
    ? `${scheme} ${parameter(value, 'algorithm') ?? 'MD5'}`
    : scheme;
}

function contactFact(contacts: readonly string[]): string[] {
  if (contacts.includes('*')) return ['Contact *'];
  const lifetimes = contacts.flatMap((value) =>
    Array.from(value.matchAll(/;\s*expires\s*=\s*(\d+)/gi), (match) => match[1] ?? ''),
  );
  if (lifetimes.length === 0) return [];
  const shown = lifetimes.slice(0, SHOWN).join(', ');
  const more = lifetimes.length > SHOWN ? ', …' : '';
  const count = lifetimes.length > 1 ? ` ×${lifetimes.length}` : '';
  return [`Contact${count} expires=${shown}${more}`];
}

function credentialFacts(headers: readonly Header[]): string[] {
  return (['Authorization', 'Proxy-Authorization'] as const).flatMap((name) =>
    firstValues(headers, name).map((value) => {
      const nonceCount = parameter(value, 'nc');
      return `${name} ${schemeOf(value)}${nonceCount === undefined ? '' : ` nc=${nonceCount}`}`;
    }),
  );
}

function challengeFacts(headers: readonly Header[]): string[] {
  return (['WWW-Authenticate', 'Proxy-Authenticate'] as const).flatMap((name) => {
    const challenges = firstValues(headers, name);
    if (challenges.length === 0) return [];
    const stale = challenges.some((value) => parameter(value, 'stale')?.toLowerCase() === 'true');
    return [`${name} ${challenges.map(schemeOf).join(', ')}${stale ? ' stale' : ''}`];
  });
}

/** What a reader looks for first: lifetimes, credentials, waits. */
function factsOf(startLine: string, headers: readonly Header[]): string[] {
  const contacts = values(headers, 'contact', 'm');
  const contactFacts = contactFact(contacts);
  const isQuery = startLine.startsWith('REGISTER ') && contacts.length === 0;
  return [
    ...(isQuery ? ['no Contact: a query'] : contactFacts),
    ...firstValues(headers, 'Expires')
      .filter((value) => !contactFacts.includes(`Contact expires=${value}`))
      .map((value) => `Expires ${value}`),
    ...(['Min-Expires', 'Retry-After'] as const).flatMap((name) =>
      firstValues(headers, name).map((value) => `${name} ${value}`),
    ),
    ...credentialFacts(headers),
    ...challengeFacts(headers),
  ];
}

function titleOf(startLine: string): string {
  if (startLine.startsWith(VERSION)) return startLine.slice(VERSION.length).trim();
  return startLine.endsWith(VERSION) ? startLine.slice(0, -VERSION.length).trim() : startLine;
}

function kindOf(startLine: string): MessageDescription['kind'] {
  const status = /^SIP\/2\.0\s+(\d)(\d\d)/.exec(startLine);
  if (!status) return 'request';
  if (status[1] === '1' || status[1] === '2') return 'success';
  return status[1] === '4' && (status[2] === '01' || status[2] === '07') ? 'challenge' : 'failure';
}

function uriOf(value: string): string {
  return (/<([^>]*)>/.exec(value)?.[1] ?? value.split(';', 1)[0] ?? '').trim();
}

/** Reads one message, as the client's `message` event has it. Never throws, whatever it is. */
export function describeMessage(data: string): MessageDescription {
  if (/^[\r\n]*$/.test(data)) {
    const title = data.length > 2 ? 'keep-alive ping' : 'keep-alive pong';
    return { isKeepAlive: true, title, kind: 'request', sequence: '', to: '', facts: [] };
  }
  const lines = linesOf(data);
  const startLine = escapeControls(lines[0] ?? '');
  const headers = headersOf(lines).map(([name, value]) => [name, escapeControls(value)] as const);
  return {
    isKeepAlive: false,
    title: titleOf(startLine),
    kind: kindOf(startLine),
    sequence: values(headers, 'cseq')[0]?.split(/\s/, 1)[0] ?? '',
    to: uriOf(values(headers, 'to', 't')[0] ?? ''),
    facts: factsOf(startLine, headers),
  };
}
