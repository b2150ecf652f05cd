/**
 * `sipreg registrar`: the registrar of sipreg/testing on a port of this machine.
 */
import type { DigestAlgorithm } from '../index.js';
import { createTestRegistrar, type TestRegistrar } from '../testing/index.js';
import type { Arguments, OptionTable } from './arguments.js';
import type { Context } from './connect.js';
import { UsageError } from './failure.js';
import { createLadder } from './ladder.js';
import { escapeControls } from './text.js';

export const registrarOptions: OptionTable = {
  port: { value: 'number', help: 'port on 127.0.0.1 (default: any that is free)' },
  user: {
    value: 'name:password',
    repeatable: true,
    help: 'somebody who may register\n(default: everybody, without a password)',
  },
  realm: { value: 'realm', help: 'digest realm (default: sipreg.test)' },
  algorithm: {
    value: 'name',
    repeatable: true,
    help: 'digest algorithm, SHA-256 for example (default: MD5)',
  },
  'min-expires': { value: 'seconds', help: 'shorter lifetimes are refused with 423' },
  'max-expires': { value: 'seconds', help: 'longer lifetimes are cut' },
  trace: { help: 'show the requests as a ladder' },
};

/** The registrar's names of what the options say, and where its messages begin. */
const optionNames: readonly (readonly [text: string, name: string])[] = [
  ['createTestRegistrar: ', ''],
  ['listen(): ', ''],
  ['algorithms', '--algorithm'],
  ['minExpires', '--min-expires'],
  ['maxExpires', '--max-expires'],
  ['realm must', '--realm must'],
  ['port must', '--port must'],
];

function inOptionNames(message: string): string {
  return optionNames.reduce((text, [from, to]) => text.replace(from, to), message);
}

function readUsers(args: Arguments): Record<string, string> | undefined {
  if (!args.has('user')) return undefined;
  const users = args.list('user').map((text): [string, string] => {
    const colon = text.indexOf(':');
    if (colon < 1) throw new UsageError('--user must be name:password');
    return [text.slice(0, colon), text.slice(colon + 1)];
  });
  return Object.fromEntries(users);
}

/** Prints every request and keeps none. */
function tracer({ args, terminal }: Context): (registrar: TestRegistrar, request: string) => void {
  if (!args.has('trace'))
    return (registrar) => {
      registrar.forgetRequests();
    };
  const width = terminal.columns('stdout');
  const colour = terminal.colour('stdout');
  const ladder = createLadder({ left: 'clients', right: 'registrar', width, colour });
  let isFirst = true;
  return (registrar, data) => {
    registrar.forgetRequests();
    if (isFirst) terminal.out(ladder.header());
    isFirst = false;
    terminal.out(ladder.add({ direction: 'out', data, time: performance.now() }));
  };
}

function start(context: Context): TestRegistrar {
  const { args } = context;
  const users = readUsers(args);
  const realm = args.text('realm');
  const minExpires = args.integer('min-expires');
  const maxExpires = args.integer('max-expires');
  const trace = tracer(context);
  const registrar = createTestRegistrar({
    ...(users === undefined ? {} : { users }),
    ...(realm === undefined ? {} : { realm }),
    ...(args.has('algorithm') ? { algorithms: args.list('algorithm') as DigestAlgorithm[] } : {}),
    ...(minExpires === undefined ? {} : { minExpires }),
    ...(maxExpires === undefined ? {} : { maxExpires }),
    respond: (request) => {
      trace(registrar, request);
      return undefined;
    },
  });
  return registrar;
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
    const names = args.list('user').map((text) => escapeControls(text.slice(0, text.indexOf(':'))));
    terminal.out(listener.url);
    terminal.talk(names.length > 0 ? `Users: ${names.join(', ')}.` : 'Everybody may register.');
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
