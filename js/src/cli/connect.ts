/**
 * What register, unregister and query have in common: their options, a client, the trace, interruption and the time limit.
 */
import {
  createClient,
  type Client,
  type ClientOptions,
  type Registration,
  type RegistrationOptions,
} from '../index.js';
import type { Arguments, OptionTable } from './arguments.js';
import { CommandFailure } from './failure.js';
import { createLadder } from './ladder.js';
import { credentialOptions, readCredentials } from './password.js';
import { hostOf, Sockets } from './sockets.js';
import type { Terminal } from './terminal.js';
import { escapeControls, formatDuration } from './text.js';

/** Time for the un-REGISTER of a command that was given up or interrupted. */
export const LAST_WORD_MS = 3000;

/** What a monitoring system waits for at most, by default. */
const CHECK_TIMEOUT_MS = 10_000;

const MAX_TIMEOUT_S = 86_400;
/** What a timer can wait for. */
const MAX_WATCH_S = 2_147_483;

export interface Context {
  args: Arguments;
  terminal: Terminal;
  /** Aborts with an Interrupted at Ctrl-C. */
  interrupt: AbortSignal;
}

export interface Session extends Context {
  aor: string;
  client: Client;
  registration: Registration;
  sockets: Sockets;
  /** For the library's calls: the interruption or the end of --timeout. */
  signal: AbortSignal;
  /** From here on --timeout is over: what was asked for has happened. */
  settle(): void;
}

export const connectionOptions: OptionTable = {
  aor: { value: 'uri', help: 'address of record, sip:alice@example.com (required)' },
  ...credentialOptions,
  registrar: {
    value: 'uri',
    help: "where the REGISTER is addressed (default: the address's host)",
  },
  header: { value: 'header', repeatable: true, help: "an extra header, 'Name: value'" },
  insecure: { help: 'allow ws:// to a host other than this one: everything goes in clear' },
  'keep-alive': {
    value: 'seconds',
    help: 'idle time before a keep-alive; "off" for none (default: as RFC 5626 says)',
  },
  timeout: {
    value: 'seconds',
    help: 'give up after this time\n(default: 10 s to connect, 32 s for each answer)',
  },
  trace: { help: 'show the SIP messages as a ladder' },
  'trace-full': { help: 'the same, with every message whole' },
  json: { help: 'print JSON, one object a line; the trace goes to stderr' },
};

function traceTo(terminal: Terminal, args: Arguments, client: Client): void {
  const full = args.has('trace-full');
  if (!args.has('trace') && !full) return;
  const stream = args.has('json') ? 'stderr' : 'stdout';
  const write = (text: string) => {
    if (stream === 'stdout') terminal.out(text);
    else terminal.talk(text);
  };
  const ladder = createLadder({
    left: 'sipreg',
    right: hostOf(args.urls[0]),
    width: terminal.columns(stream),
    colour: terminal.colour(stream),
    full,
  });
  let shown = '';
  client.addEventListener('message', ({ detail }) => {
    const host = hostOf(detail.url);
    if (host !== shown) write(ladder.header(host));
    shown = host;
    write(ladder.add({ ...detail, time: performance.now() }));
  });
}

function commonOptions(args: Arguments, aor: string): RegistrationOptions {
  const registrar = args.text('registrar');
  return {
    aor,
    ...(registrar === undefined ? {} : { registrar }),
    headers: args.headers('header'),
  };
}

function keepAliveOptions(args: Arguments): Pick<ClientOptions, 'keepAlive'> {
  if (args.text('keep-alive') === 'off') return { keepAlive: false };
  const seconds = args.integer('keep-alive');
  return seconds === undefined ? {} : { keepAlive: { intervalMs: seconds * 1000 } };
}

function isTransportError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'transport';
}

/** The library speaks for all platforms, most of which hide why a connection failed. Here it is known. */
function withCause(error: unknown, { failures }: Sockets): unknown {
  if (isTransportError(error) && failures !== '') {
    error.message = `${failures}. Check the URL and that a SIP server takes WebSockets there.`;
  }
  return error;
}

/** When the command is given up, in milliseconds, and what it says then. */
function timeLimit(args: Arguments): { ms: number; says: string } {
  const fallback = args.has('check') ? CHECK_TIMEOUT_MS : Infinity;
  const timeout = args.milliseconds('timeout', MAX_TIMEOUT_S) ?? fallback;
  const end = args.milliseconds('for', MAX_WATCH_S) ?? Infinity;
  const ms = Math.min(timeout, end);
  const span = formatDuration(ms);
  const says =
    end < timeout
      ? `not registered within ${span}, as --for says`
      : `gave up after ${span}, as --timeout says; is the server reachable?`;
  return { ms, says };
}

/** One signal for the interruption and the time limit. */
function limit(context: Context): { signal: AbortSignal; clear: () => void } {
  const stop = new AbortController();
  const { interrupt } = context;
  const onInterrupt = () => {
    stop.abort(interrupt.reason);
  };
  if (interrupt.aborted) onInterrupt();
  interrupt.addEventListener('abort', onInterrupt, { once: true });
  const { ms, says } = timeLimit(context.args);
  if (ms === Infinity) return { signal: stop.signal, clear: () => undefined };
  const timer = setTimeout(() => {
    stop.abort(new CommandFailure(says));
  }, ms);
  const clear = () => {
    clearTimeout(timer);
  };
  return { signal: stop.signal, clear };
}

/** The state of the connection as a line of progress. */
function progressOf(client: Client, sockets: Sockets): () => string {
  const start = performance.now();
  return () => {
    const seconds = Math.floor((performance.now() - start) / 1000);
    const what = client.connectionState === 'connected' ? 'waiting for' : 'connecting to';
    return `${what} ${sockets.host} … ${seconds} s`;
  };
}

/**
 * Connects, lets `use` do its work and closes the client, whatever happens.
 * `keep`: hold the registration (refresh, reconnect, retry); else one attempt is all.
 */
export async function withSession<T>(
  context: Context,
  extra: Partial<RegistrationOptions>,
  keep: boolean,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { args, terminal } = context;
  const aor = args.required('aor', 'sip:alice@example.com');
  const { urls } = args;
  const instanceId = args.text('instance-id');
  const { signal, clear } = limit(context);
  const sockets = new Sockets(urls[0]);
  let client: Client | undefined;
  let isDone = false;
  try {
    const credentials = await readCredentials(args, signal);
    client = await createClient({
      server: urls,
      ...keepAliveOptions(args),
      webSocket: sockets.open,
      storage: null,
      allowInsecure: args.has('insecure'),
      ...(instanceId === undefined ? {} : { instanceId }),
      ...(keep ? {} : { reconnect: false as const }),
    });
    traceTo(terminal, args, client);
    const registration = client.createRegistration({
      ...commonOptions(args, aor),
      ...extra,
      ...(credentials === undefined ? {} : { credentials }),
      ...(keep ? {} : { refresh: false as const, retry: false }),
    });
    registration.addEventListener('warning', ({ detail }) => {
      terminal.talk(`Warning (${detail.code}): ${escapeControls(detail.message)}`);
    });
    terminal.waitingFor(progressOf(client, sockets));
    const settle = () => {
      clear();
      terminal.waitingFor(null);
    };
    const result = await use({ ...context, aor, client, registration, sockets, signal, settle });
    isDone = true;
    return result;
  } catch (error) {
    throw withCause(error, sockets);
  } finally {
    clear();
    terminal.waitingFor(null);
    // A REGISTER that was given up may have reached the registrar all the same, and one flow may be held without the other.
    await client?.close(isDone ? {} : { unregister: true, timeoutMs: LAST_WORD_MS });
  }
}
