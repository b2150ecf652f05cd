/**
 * `sipreg registrar`: the registrar of sipreg/testing on a port of this machine.
 */
import type { DigestAlgorithm } from '../index.js';
import {
  createTestRegistrar,
  type Fault,
  type TestRegistrar,
  type TestRegistrarOptions,
} from '../testing/index.js';
import type { Arguments, OptionTable } from './arguments.js';
import type { Context } from './connect.js';
import { UsageError } from './failure.js';
import { createLadder } from './ladder.js';
import { readTextFile } from './password.js';
import { escapeControls } from './text.js';

export const registrarOptions: OptionTable = {
  port: { value: 'number', help: 'port on 127.0.0.1 (default: any that is free)' },
  user: {
    value: 'name:password',
    repeatable: true,
    help: 'somebody who may register\n(default: everybody, without a password)',
  },
  'users-file': { value: 'path', help: 'the same from a file, one name:password a line' },
  token: {
    value: 'name:token',
    repeatable: true,
    help: 'somebody who may register with a bearer token (RFC 8898)',
  },
  realm: { value: 'realm', help: 'realm of the challenges (default: sipreg.test)' },
  algorithm: {
    value: 'name',
    repeatable: true,
    help: 'digest algorithm, SHA-256 for example (default: MD5)',
  },
  'min-expires': { value: 'seconds', help: 'shorter lifetimes are refused with 423' },
  'max-expires': { value: 'seconds', help: 'longer lifetimes are cut' },
  'flow-timer': { value: 'seconds', help: 'the Flow-Timer of RFC 5626' },
  'nonce-lifetime': { value: 'seconds', help: 'older nonces are stale (default: 86400)' },
  'no-outbound': { help: 'a registrar that does not know RFC 5626' },
  'no-pong': { help: 'keep-alive pings are not answered' },
  delay: { value: 'ms', help: 'fault: REGISTERs are answered this much later' },
  answer: { value: 'status', help: 'fault: REGISTERs are answered with this status, 300 to 699' },
  'retry-after': { value: 'seconds', help: 'the Retry-After of --answer' },
  lose: { value: 'what', help: 'fault: "request" or "answer" is lost on its way' },
  drop: { value: 'code', help: 'fault: then the connection is closed, 1006: without goodbye' },
  stale: { help: 'fault: nonces given before are stale' },
  first: { value: 'number', help: 'the faults befall the first REGISTERs only' },
  every: { value: 'number', help: 'the faults befall every so manieth REGISTER only' },
  trace: { help: 'show the messages of both directions as a ladder' },
};

/** The registrar's names of what the options say, and where its messages begin. */
const optionNames: readonly (readonly [text: string, name: string])[] = [
  ['createTestRegistrar: ', ''],
  ['listen(): ', ''],
  ['algorithms', '--algorithm'],
  ['minExpires', '--min-expires'],
  ['maxExpires', '--max-expires'],
  ['realm must', '--realm must'],
  ['flowTimer', '--flow-timer'],
  ['nonceLifetime', '--nonce-lifetime'],
  ['next(): status', '--answer'],
  ['next(): lose', '--lose'],
  ['next(): delayMs', '--delay'],
  ['next(): disconnect', '--drop'],
  ['port must', '--port must'],
];

function inOptionNames(message: string): string {
  return optionNames.reduce((text, [from, to]) => text.replace(from, to), message);
}

/** `name:secret` as a pair; a secret may hold colons. */
function readPair(option: string, text: string): [string, string] {
  const colon = text.indexOf(':');
  const what = option === 'token' ? 'token' : 'password';
  if (colon < 1) throw new UsageError(`--${option} must be name:${what}`);
  return [text.slice(0, colon), text.slice(colon + 1)];
}

function readUsers(args: Arguments): Record<string, string> | undefined {
  const file = args.text('users-file');
  if (!args.has('user') && file === undefined) return undefined;
  const lines = file === undefined ? [] : readTextFile('users-file', file).split(/\r?\n/);
  return Object.fromEntries([
    ...lines.filter((line) => line !== '').map((line) => readPair('users-file', line)),
    ...args.list('user').map((text) => readPair('user', text)),
  ]);
}

/** The faults by option; null: none. */
function readFault(args: Arguments): Fault | null {
  const delayMs = args.integer('delay');
  const status = args.integer('answer');
  const disconnect = args.integer('drop');
  const retryAfter = args.text('retry-after');
  const lose = args.text('lose');
  if (retryAfter !== undefined && status === undefined) {
    throw new UsageError('--retry-after goes with --answer');
  }
  const fault: Fault = {
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(status === undefined ? {} : { status, reason: 'As The Command Line Says' }),
    ...(retryAfter === undefined ? {} : { headers: { 'Retry-After': retryAfter } }),
    ...(lose === undefined ? {} : { lose: lose as 'request' | 'answer' }),
    ...(disconnect === undefined ? {} : { disconnect }),
    ...(args.has('stale') ? { stale: true } : {}),
  };
  if (Object.keys(fault).length > 0) return fault;
  for (const name of ['first', 'every']) {
    if (args.has(name)) throw new UsageError(`--${name} goes with a fault, such as --answer 503`);
  }
  return null;
}

function positive(args: Arguments, name: string): number | undefined {
  const value = args.integer(name);
  if (value === 0) throw new UsageError(`--${name} must be 1 or more`);
  return value;
}

/** Says of each REGISTER, in order, whether the faults befall it. */
function chooser(args: Arguments): () => boolean {
  const first = positive(args, 'first') ?? Infinity;
  const every = positive(args, 'every') ?? 1;
  let count = 0;
  return () => {
    count += 1;
    return count <= first && count % every === 0;
  };
}

/** Prints every frame that is a message. */
function tracer({ args, terminal }: Context): TestRegistrarOptions['trace'] {
  if (!args.has('trace')) return undefined;
  const width = terminal.columns('stdout');
  const colour = terminal.colour('stdout');
  const ladder = createLadder({ left: 'clients', right: 'registrar', width, colour });
  let isFirst = true;
  return ({ direction, data }) => {
    if (isFirst) terminal.out(ladder.header());
    isFirst = false;
    terminal.out(ladder.add({ direction, data, time: performance.now() }));
  };
}

function start(context: Context): TestRegistrar {
  const { args } = context;
  const users = readUsers(args);
  const realm = args.text('realm');
  const minExpires = args.integer('min-expires');
  const maxExpires = args.integer('max-expires');
  const flowTimer = args.integer('flow-timer');
  const nonceLifetime = args.integer('nonce-lifetime');
  const trace = tracer(context);
  const fault = readFault(args);
  const isChosen = chooser(args);
  const tokens = Object.fromEntries(args.list('token').map((text) => readPair('token', text)));
  const registrar = createTestRegistrar({
    ...(users === undefined ? {} : { users }),
    ...(args.has('token') ? { tokens } : {}),
    ...(realm === undefined ? {} : { realm }),
    ...(args.has('algorithm') ? { algorithms: args.list('algorithm') as DigestAlgorithm[] } : {}),
    ...(minExpires === undefined ? {} : { minExpires }),
    ...(maxExpires === undefined ? {} : { maxExpires }),
    ...(flowTimer === undefined ? {} : { flowTimer }),
    ...(nonceLifetime === undefined ? {} : { nonceLifetime }),
    outbound: !args.has('no-outbound'),
    pong: !args.has('no-pong'),
    ...(trace === undefined ? {} : { trace }),
    respond: (_, { method }) => {
      // None is kept: it may run for long.
      registrar.forgetRequests();
      return fault && method === 'REGISTER' && isChosen() ? fault : undefined;
    },
  });
  if (fault) checkFault(fault);
  return registrar;
}

/** Lets the registrar say what is wrong with the faults before anybody meets them. */
function checkFault(fault: Fault): void {
  createTestRegistrar().next(fault);
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

/** Serves until the interruption; the first line on stdout is the URL. */
export async function registrar(context: Context): Promise<void> {
  const { args, terminal, interrupt } = context;
  try {
    const listener = await start(context).listen(args.integer('port') ?? 0);
    const names = ['user', 'token'].flatMap((option) =>
      args.list(option).map((text) => escapeControls(text.slice(0, text.indexOf(':')))),
    );
    const isOpen = names.length === 0 && !args.has('users-file');
    terminal.out(listener.url);
    if (isOpen) terminal.talk('Everybody may register.');
    else terminal.talk(names.length > 0 ? `Users: ${names.join(', ')}.` : 'Users as in the file.');
    terminal.talk('For tests only; the bindings live in this process. Ctrl-C ends it.');
    await untilAborted(interrupt);
    await listener.close();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof UsageError) throw error;
    const message = inOptionNames(error.message);
    throw error instanceof TypeError
      ? new UsageError(message)
      : new Error(message, { cause: error });
  }
}
