/**
 * SIP messages as a ladder of arrows between two parties, line by line as they happen. Pure text: the command line and the
 * demo page share it.
 */
import { describeMessage, linesOf, type MessageDescription } from './message-facts.js';
import { displayWidth, escapeControls, fit, formatDuration, padEnd } from './text.js';

export { describeMessage };

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
  /** Show the URI of To, where several accounts share the connection; default false. */
  to?: boolean;
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
  /** The two names and the start of the lifelines; print it first, and when the party on the right is another one. */
  header(right?: string): string;
  /** One message. */
  add(entry: LadderEntry): string;
}

type Paint = (text: string) => string;

const LEFT_MARGIN = 4;
/** Room on the right for "  +59 min 59 s". */
const TIME_COLUMNS = 14;
const MINIMUM_WIDTH = 48;

const plain: Paint = (text) => text;

function ansi(code: number): Paint {
  return (text) => (text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`);
}

const COLOURS: Record<MessageDescription['kind'] | 'dim', Paint> = {
  dim: ansi(2),
  request: ansi(1),
  success: ansi(32),
  challenge: ansi(33),
  failure: ansi(31),
};

/** A line of a whole message with what could be used to guess the password masked. */
function maskCredentials(line: string): string {
  if (!/^(proxy-)?authorization\s*:/i.test(line)) return line;
  return line
    .replace(/\b(response|cnonce)(\s*=\s*)("[^"]*"|[^,\s]*)/gi, '$1$2"…"')
    .replace(/^([^:]*:\s*(?:bearer|basic)\s+).*/i, '$1…');
}

// ------------------------------------------------------------------------------------------------- drawing

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
    const { isKeepAlive, title, kind, sequence, to, facts } = describeMessage(data);
    if (isKeepAlive) return [row(direction, title, '', dim)];
    const side = fit(sequence === '' ? '' : `CSeq ${sequence}`, 15);
    const shown = fit(title, text - displayWidth(side) - 2);
    const all = options.to === true && to !== '' ? [`To ${to}`, ...facts] : facts;
    return [
      row(direction, shown, side, paint(COLOURS[kind])),
      ...wrap(all, text).map((line) => row(direction, line, '', plain)),
    ];
  }

  function wholeMessage(data: string): string[] {
    const lines = linesOf(data.trimEnd());
    return lines.map((line) =>
      `${margin}${dim('│')}   ${escapeControls(maskCredentials(line))}`.trimEnd(),
    );
  }

  return {
    header(name = options.right) {
      const left = fit(escapeControls(options.left), Math.floor(inner / 2));
      const right = fit(escapeControls(name), Math.floor(inner / 2));
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
