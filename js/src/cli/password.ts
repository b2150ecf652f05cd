/**
 * Where a password comes from: an environment variable, stdin, a prompt, or (last, as the process list shows it) an option.
 */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Credentials } from '../index.js';
import type { Arguments, OptionTable } from './arguments.js';
import { UsageError } from './failure.js';
import type { Terminal } from './terminal.js';

/** Read when no option says where the password is. */
export const passwordVariable = 'SIPREG_PASSWORD';

const MAX_PASSWORD_LENGTH = 4096;
const sources = ['password', 'password-env', 'password-stdin', 'ha1'] as const;

export const credentialOptions: OptionTable = {
  'password-env': {
    value: 'variable',
    help: `take the password from this variable (default: ${passwordVariable})`,
  },
  'password-stdin': { help: 'read the password from stdin, up to the first line break' },
  password: {
    value: 'password',
    help: 'the password itself; other users of this machine can see it',
  },
  ha1: {
    value: 'hex',
    help: 'MD5 of "username:realm:password" instead of the password; needs --realm',
  },
  username: { value: 'name', help: 'user name for the digest (default: the user part of --aor)' },
  realm: {
    value: 'realm',
    help: 'answer challenges of this realm only (default: the first that asks)',
  },
};

/** Asks on the terminal; what is typed does not show. */
async function prompt(signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // A raw terminal sends no signal for Ctrl-C; readline sees the key.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  process.stderr.write('Password: ');
  try {
    return await lines.question('', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    process.stderr.write('\n');
    lines.close();
  }
}

/** The first line of stdin; its end is not waited for, so that a pipe left open does no harm. */
async function readFirstLine(signal: AbortSignal): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  const stop = () => process.stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of process.stdin) {
      text += decoder.write(chunk as Buffer);
      if (text.includes('\n') || text.length > MAX_PASSWORD_LENGTH) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  if (line.length > MAX_PASSWORD_LENGTH) {
    throw new UsageError(`--password-stdin: longer than ${MAX_PASSWORD_LENGTH} characters`);
  }
  if (line === '')
    throw new UsageError('--password-stdin: stdin has no password on its first line');
  return line;
}

function fromVariable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new UsageError(`--password-env: the environment variable ${name} is not set`);
  }
  return value;
}

async function readPassword(args: Arguments, signal: AbortSignal): Promise<string | undefined> {
  if (args.has('password-env')) return fromVariable(args.text('password-env') ?? '');
  if (args.has('password-stdin'))
    return process.stdin.isTTY ? prompt(signal) : readFirstLine(signal);
  if (args.has('password')) return args.text('password');
  const value = process.env[passwordVariable];
  return value === '' ? undefined : value;
}

/** What the options and the environment say; undefined: no credentials. Throws UsageError. */
export async function readCredentials(
  args: Arguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const given = sources.filter((name) => args.has(name));
  if (given.length > 1) {
    throw new UsageError(`${given.map((name) => `--${name}`).join(' and ')} exclude each other`);
  }
  for (const name of ['password', 'ha1'] as const) {
    if (args.has(name)) {
      terminal.talk(
        `Note: --${name} shows in the process list; ${passwordVariable} or --password-stdin does not.`,
      );
    }
  }
  const username = args.text('username');
  const realm = args.text('realm');
  const ha1 = args.text('ha1');
  const common = {
    ...(username === undefined ? {} : { username }),
    ...(realm === undefined ? {} : { realm }),
  };
  if (ha1 !== undefined) {
    if (realm === undefined)
      throw new UsageError('--ha1 needs --realm, the realm that it was made for');
    return { ...common, ha1 };
  }
  const password = await readPassword(args, signal);
  if (password !== undefined) return { ...common, password };
  if (username !== undefined) {
    throw new UsageError(
      `--username needs a password: set ${passwordVariable} or use --password-stdin`,
    );
  }
  return undefined;
}
