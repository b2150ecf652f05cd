/**
 * A registration that is kept: its events, one line each, and its end.
 */
import type { Registration, RegistrationError, RegistrationInfo } from '../index.js';
import { LAST_WORD_MS, type Session } from './connect.js';
import { CommandFailure } from './failure.js';
import { errorRecord, formatTime, registrationRecord } from './report.js';
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

function report(session: Session): void {
  const { client, registration, aor } = session;
  const line = reporter(session);
  client.addEventListener('connectionchange', ({ detail }) => {
    if (detail.state !== 'closed') line('connection', connectionText(detail), detail);
  });
  for (const event of ['registered', 'refreshed'] as const) {
    registration.addEventListener(event, ({ detail }) => {
      line(event, granted(detail), registrationRecord(aor, detail));
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

/** Prints events until the interruption (resolves with null) or until the library gives up (with why). */
export function watchEvents(session: Session): Promise<RegistrationError | null> {
  const { registration, signal, terminal } = session;
  report(session);
  terminal.waitingFor(progressOf(registration));
  return new Promise((resolve) => {
    registration.addEventListener('failed', ({ detail }) => {
      resolve(detail);
    });
    const interrupted = () => {
      resolve(null);
    };
    signal.addEventListener('abort', interrupted, { once: true });
    if (signal.aborted) interrupted();
  });
}

/** Removes the binding and says whether the registrar confirmed that. */
export async function unregisterAtEnd({ registration, terminal }: Session): Promise<void> {
  terminal.waitingFor(() => 'unregistering …');
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(new CommandFailure('the registrar did not answer the un-REGISTER'));
  }, LAST_WORD_MS);
  const until = registration.expiresAt;
  try {
    const { sent, confirmed } = await registration.unregister({ signal: limit.signal });
    if (confirmed || !registration.bound) return;
    const why = sent ? 'the registrar did not confirm it' : 'there is no connection';
    const end = until === null ? 'it expires' : formatTime(until);
    throw new CommandFailure(`not unregistered, ${why}; the binding stays until ${end}`);
  } finally {
    clearTimeout(timer);
  }
}
