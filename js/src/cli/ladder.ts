/**
 * SIP messages as a ladder of arrows between two parties, line by line as they happen. Pure text: the command line and the
 * demo page share it. It reads start lines and a few headers to show them, and decides nothing by them.
 */
import { displayWidth, escapeControls, fit, formatDuration, padEnd } from './text.js';

export interface LadderOptions {
  /** Names over the two lifelines; "out" messages run from left to right. */
  left: string;
  right: string;
  /** Columns in all; default 80, at least 48. */
  width?: number;
  /** ANSI colours; default false. */
  colour?: boolean;
  /** Print every message whole under its arrow, with its credentials masked; default false. */
  full?: boolean;
}

/** One message, as the client's `message` event has it. */
export interface LadderEntry {
  direction: 'in' | 'out';
  data: string;
  url?: string;
  /** Milliseconds on any clock; the arrows show the time since the first message. */
  time: number;
}

/** Both give lines without a line break at the end. */
export interface Ladder {
  /** The two names and the start of the lifelines; print it once, first. */
  header(): string;
  /** One message. */
  add(entry: LadderEntry): string;
}

type Paint = (text: string) => string;
type Header = readonly [name: string, value: string];

const LEFT_MARGIN = 4;
/** Room on the right for "  +59 min 59 s". */
const TIME_COLUMNS = 14;
const MINIMUM_WIDTH = 48;
const VERSION = 'SIP/2.0';
/** Of repeated headers and lifetimes no more than this many are shown. */
const SHOWN = 4;

const plain: Paint = (text) => text;

function ansi(code: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`);
}

const COLOURS = {
  dim: ansi(2),
  bold: ansi(1),
  success: ansi(32),
  challenge: ansi(33),
  failure: ansi(31),
};

// ---------------------------------------------------------------------------------- reading, for display only

/** The lines of a message, folded header lines (RFC 3261 §7.3.1) joined. */
function linesOf(data: string): string[] {
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

/** A line of a whole message with what could be used to guess the password masked. */
function maskCredentials(line: string): string {
  if (!/^(proxy-)?authorization\s*:/i.test(line)) return line;
  return line
    .replace(/\b(response|cnonce)(\s*=\s*)("[^"]*"|[^,\s]*)/gi, '$1$2"…"')
    .replace(/^([^:]*:\s*(?:bearer|basic)\s+).*/i, '$1…');
}

// ------------------------------------------------------------------------------------------------- drawing

function titleOf(startLine: string): string {
  if (startLine.startsWith(VERSION)) return startLine.slice(VERSION.length).trim();
  return startLine.endsWith(VERSION) ? startLine.slice(0, -VERSION.length).trim() : startLine;
}

function titlePaint(startLine: string): Paint {
  const status = /^SIP\/2\.0\s+(\d)(\d\d)/.exec(startLine);
  if (!status) return COLOURS.bold;
  if (status[1] === '1' || status[1] === '2') return COLOURS.success;
  return status[1] === '4' && (status[2] === '01' || status[2] === '07')
    ? COLOURS.challenge
    : COLOURS.failure;
}

/** Puts facts on as few lines as fit. */
function wrap(facts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const last = lines.at(-1);
    const joined = last === undefined ? fact : `${last} · ${fact}`;
    if (last !== undefined && displayWidth(joined) <= columns) lines[lines.length - 1] = joined;
    else lines.push(fit(fact, columns));
  }
  return lines;
}

/** Makes a ladder between two parties. It keeps nothing but the time of the first message. */
export function createLadder(options: LadderOptions): Ladder {
  const inner = Math.max(MINIMUM_WIDTH, options.width ?? 80) - LEFT_MARGIN - TIME_COLUMNS - 2;
  const text = inner - 2;
  const paint = (colour: Paint): Paint => (options.colour === true ? colour : plain);
  const dim = paint(COLOURS.dim);
  const margin = ' '.repeat(LEFT_MARGIN);
  let firstTime: number | undefined;

  /** One row between the lifelines: `main` at the sender's side in its colour, `side` opposite. */
  function row(direction: 'in' | 'out', main: string, side: string, colour: Paint): string {
    const gap = ' '.repeat(Math.max(0, text - displayWidth(main) - displayWidth(side)));
    const cells = direction === 'out' ? colour(main) + gap + side : side + gap + colour(main);
    return `${margin}${dim('│')} ${cells} ${dim('│')}`;
  }

  function arrow(direction: 'in' | 'out', elapsed: number): string {
    const shaft = '─'.repeat(inner - 1);
    const line = direction === 'out' ? `│${shaft}▶│` : `│◀${shaft}│`;
    return `${margin}${dim(line)}  ${dim(`+${formatDuration(elapsed)}`)}`;
  }

  function messageRows(direction: 'in' | 'out', data: string): string[] {
    if (/^[\r\n]*$/.test(data)) {
      const name = data.length > 2 ? 'keep-alive ping' : 'keep-alive pong';
      return [row(direction, name, '', dim)];
    }
    const lines = linesOf(data);
    const startLine = escapeControls(lines[0] ?? '');
    const headers = headersOf(lines).map(([name, value]) => [name, escapeControls(value)] as const);
    const sequence = values(headers, 'cseq')[0]?.split(/\s/, 1)[0];
    const side = fit(sequence === undefined ? '' : `CSeq ${sequence}`, 15);
    const title = fit(titleOf(startLine), text - displayWidth(side) - 2);
    return [
      row(direction, title, side, paint(titlePaint(startLine))),
      ...wrap(factsOf(startLine, headers), text).map((line) => row(direction, line, '', plain)),
    ];
  }

  function wholeMessage(data: string): string[] {
    const lines = linesOf(data.trimEnd());
    return lines.map((line) =>
      `${margin}${dim('│')}   ${escapeControls(maskCredentials(line))}`.trimEnd(),
    );
  }

  return {
    header() {
      const left = fit(escapeControls(options.left), Math.floor(inner / 2));
      const right = fit(escapeControls(options.right), Math.floor(inner / 2));
      // The left name stands over its lifeline; the right one ends where the time column may begin.
      const indent = '  ';
      const rightStart = LEFT_MARGIN + inner + 2 + TIME_COLUMNS / 2 - displayWidth(right);
      const names = padEnd(indent + left, rightStart) + right;
      return `${names}\n${margin}${dim(`│${' '.repeat(inner)}│`)}`;
    },
    add({ direction, data, time }) {
      firstTime ??= time;
      const rows = messageRows(direction, data);
      rows.push(arrow(direction, Math.max(0, time - firstTime)));
      if (options.full === true && /[^\r\n]/.test(data)) rows.push(...wholeMessage(data));
      return rows.join('\n');
    },
  };
}
