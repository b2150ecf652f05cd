/**
 * Where a command writes: data on stdout, talk on stderr, and on a terminal one line of progress that comes and goes.
 */
import type { WriteStream } from 'node:tty';
import { escapeControls, fit } from './text.js';

/** Erases the line that the cursor is on. */
const ERASE_LINE = '\r\u001b[2K';
const PROGRESS_INTERVAL_MS = 1000;

/** NO_COLOR is honoured as no-color.org has it: any value that is not empty. */
function wantsColour(stream: WriteStream): boolean {
  const { NO_COLOR, TERM } = process.env;
  return stream.isTTY && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}

export class Terminal {
  /** Called once when nobody reads stdout any more (EPIPE). */
  onreaderlost: (() => void) | null = null;
  readonly #lost = new Set<WriteStream>();
  #progress: (() => string) | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE') throw error;
        if (this.#lost.has(stream)) return;
        this.#lost.add(stream);
        if (stream === process.stdout) this.onreaderlost?.();
      });
    }
  }

  /** Data: one line or several on stdout. */
  out(text: string): void {
    this.#write(process.stdout, text);
  }

  /** Talk: one line or several on stderr. */
  talk(text: string): void {
    this.#write(process.stderr, text);
  }

  /** Shows what is being waited for, on a terminal only, anew every second until the next call; null ends it. */
  waitingFor(describe: (() => string) | null): void {
    clearInterval(this.#timer);
    this.#erase();
    this.#progress = process.stderr.isTTY ? describe : null;
    if (!this.#progress) return;
    this.#draw();
    this.#timer = setInterval(() => {
      this.#erase();
      this.#draw();
    }, PROGRESS_INTERVAL_MS).unref();
  }

  /** Colours for what goes to that stream? */
  colour(stream: 'stdout' | 'stderr'): boolean {
    return wantsColour(process[stream]);
  }

  /** Columns of that stream's terminal, within what a ladder can use; 80 where there is none. */
  columns(stream: 'stdout' | 'stderr'): number {
    const { isTTY, columns } = process[stream];
    return isTTY && columns > 0 ? Math.min(columns, 100) : 80;
  }

  #write(stream: WriteStream, text: string): void {
    this.#erase();
    if (!this.#lost.has(stream)) stream.write(`${text}\n`);
    this.#draw();
  }

  #erase(): void {
    if (this.#progress && !this.#lost.has(process.stderr)) process.stderr.write(ERASE_LINE);
  }

  #draw(): void {
    if (!this.#progress || this.#lost.has(process.stderr)) return;
    const columns = process.stderr.columns > 0 ? process.stderr.columns : 80;
    process.stderr.write(fit(escapeControls(this.#progress()), columns - 1));
  }
}
