/**
 * A registration that is kept: its events, one line each, and its end.
 */
import type { Registration, RegistrationError, RegistrationInfo } from '../index.js';
import { LAST_WORD_MS, type Session } from './connect.js';
import { CommandFailure } from './failure.js';
import { describeRegistration, errorRecord, formatTime, registrationRecord } from './report.js';
import { escapeControls, formatDuration } from './text.js';

type Report = (event: string, text: string, record: object) => void;

/** A line for people, or with --json an object for programs; both have the time. */
function reporter({ args, terminal }: Session): Report {
  return (event, text, record) => {
    const time = Date.now();
    if (args.has('json')) terminal.out(JSON.stringify({ time, event, ...record }));
    else terminal.out(`${formatTime(time)}  ${event.padEnd(14)}${escapeControls(text)}`);
  };
}

function granted({ expires, expiresAt }: RegistrationInfo): string {
  return `${expires} s, until ${formatTime(expiresAt)}`;
}

function connectionText(detail: { state: string; code?: number; retryAt?: number }): string {
  const code = detail.code === undefined ? '' : `, close code ${detail.code}`;
  const retry =
    detail.retryAt === undefined ? '' : `, next attempt at ${formatTime(detail.retryAt)}`;
  return detail.state + code + retry;
}

/** Prints every event from now on. People get the first success at length, and nothing of how it came about but retries. */
function report(session: Session): void {
  const { args, client, registration, aor, terminal } = session;
  const line = reporter(session);
  const json = args.has('json');
  let isFirst = true;
  client.addEventListener('connectionchange', ({ detail }) => {
    if (detail.state === 'closed' || (isFirst && !json)) return;
    line('connection', connectionText(detail), detail);
  });
  for (const event of ['registered', 'refreshed'] as const) {
    registration.addEventListener(event, ({ detail }) => {
      if (isFirst && !json) terminal.out(describeRegistration(aor, detail));
      else line(event, granted(detail), registrationRecord(aor, detail));
      isFirst = false;
    });
  }
  registration.addEventListener('retry', ({ detail: { attempt, retryAt, error } }) => {
    const text = `attempt ${attempt} at ${formatTime(retryAt)}: ${error.message}`;
    line('retry', text, { attempt, retryAt, error: errorRecord(error) });
  });
  registration.addEventListener('unregistered', ({ detail }) => {
    const text = `${detail.reason}${detail.confirmed ? ', confirmed by the registrar' : ', not confirmed'}`;
    line('unregistered', text, detail);
  });
  // People have it on stderr.
  if (json) {
    registration.addEventListener('warning', ({ detail }) => {
      line('warning', '', detail);
    });
  }
}

/** What a watching person wants to see meanwhile. */
function progressOf(registration: Registration): () => string {
  const span = (at: number | null) => formatDuration(Math.max(0, (at ?? 0) - Date.now()));
  return () => {
    const { state, refreshAt, retryAt } = registration;
    if (state === 'registered' && refreshAt !== null)
      return `registered, refresh in ${span(refreshAt)}`;
    return state === 'waiting' && retryAt !== null ? `next attempt in ${span(retryAt)}` : state;
  };
}

export interface Watching {
  /** Once registered: shows what is waited for. */
  start(): void;
  /** The interruption or the end of --for, or why the library gave up; and how often the binding was lost. */
  ended: Promise<{ failure: RegistrationError | null; losses: number }>;
}

/** Prints events from now on, which is when the time of --for begins. */
export function watchEvents(session: Session, seconds: number | undefined): Watching {
  const { registration, interrupt, terminal } = session;
  let timer: NodeJS.Timeout | undefined;
  let losses = 0;
  report(session);
  registration.addEventListener('unregistered', ({ detail }) => {
    if (detail.reason !== 'user') losses += 1;
  });
  let end: (failure: RegistrationError | null) => void;
  const ended = new Promise<RegistrationError | null>((resolve) => {
    end = resolve;
  }).then((failure) => {
    clearTimeout(timer);
    return { failure, losses };
  });
  const stop = () => {
    end(null);
  };
  // It keeps no process alive that has failed.
  if (seconds !== undefined) timer = setTimeout(stop, seconds * 1000).unref();
  return {
    start: () => {
      terminal.waitingFor(progressOf(registration));
      registration.addEventListener('failed', ({ detail }) => {
        end(detail);
      });
      interrupt.addEventListener('abort', stop, { once: true });
      if (interrupt.aborted) stop();
    },
    ended,
  };
}

/** The first success. What a retry can mend is waited for, until --timeout is over. */
export async function registerFirst({ registration, signal }: Session): Promise<void> {
  try {
    await registration.register({ signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isRetryable(error)) throw error;
    await registration.whenRegistered({ signal });
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}

/** Removes the binding; throws where the registrar does not confirm that. */
export async function unregisterAtEnd({ registration, terminal }: Session): Promise<void> {
  terminal.waitingFor(() => 'unregistering …');
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new CommandFailure('the registrar did not answer the un-REGISTER'));
  }, LAST_WORD_MS);
  const { bound, expiresAt } = registration;
  try {
    const { sent, confirmed } = await registration.unregister({ signal: limit.signal });
    if (confirmed) return;
    if (!bound) throw new CommandFailure('it was not registered any more');
    const why = sent ? 'the registrar did not confirm it' : 'there is no connection';
    const end = expiresAt === null ? 'it expires' : formatTime(expiresAt);
    throw new CommandFailure(`not unregistered, ${why}; the binding stays until ${end}`);
  } finally {
    clearTimeout(timer);
  }
}
