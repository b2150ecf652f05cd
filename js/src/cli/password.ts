/**
 * Where a password, an HA1 or a token comes from: an environment variable, a file, stdin or a prompt. Never an option, as
 * every user of the machine can read those.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Credentials } from '../index.js';
import type { Arguments, OptionTable } from './arguments.js';
import { UsageError } from './failure.js';

type Secret = 'password' | 'ha1' | 'token';
type Source = 'env' | 'stdin' | 'file';

/** The secrets, with the variable that each is read from when no option says where it is. */
const secrets: Readonly<Record<Secret, string>> = {
  password: 'SIPREG_PASSWORD',
  ha1: 'SIPREG_HA1',
  token: 'SIPREG_TOKEN',
};
const secretNames: readonly Secret[] = ['password', 'ha1', 'token'];
const sources: readonly Source[] = ['env', 'stdin', 'file'];

const MAX_SECRET_LENGTH = 16_384;

export const credentialOptions: OptionTable = {
  'password-env': {
    value: 'variable',
    help: 'take the password from this variable (default: SIPREG_PASSWORD)',
  },
  'password-stdin': { help: 'read the password from stdin, up to the first line break' },
  'password-file': { value: 'path', help: 'read the password from the first line of a file' },
  'ha1-env': {
    value: 'variable',
    help:
      'take H(username:realm:password) from this variable, in hex, instead of a\n' +
      'password (default: SIPREG_HA1); "SHA-256:…" where it is not MD5; needs --realm',
  },
  'ha1-stdin': { help: 'read it from stdin' },
  'ha1-file': { value: 'path', help: 'read it from the first line of a file' },
  'token-env': {
    value: 'variable',
    help: 'take a bearer token (RFC 8898) from this variable (default: SIPREG_TOKEN)',
  },
  'token-stdin': { help: 'read it from stdin' },
  'token-file': { value: 'path', help: 'read it from the first line of a file' },
  username: { value: 'name', help: 'user name for the digest (default: the user part of --aor)' },
  realm: {
    value: 'realm',
    help: 'answer challenges of this realm only (default: the first that asks)',
  },
};

/** Asks on the terminal; what is typed does not show. */
async function prompt(secret: Secret, signal: AbortSignal): Promise<string> {
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  // A raw terminal sends no signal for Ctrl-C; readline sees the key.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  process.stderr.write(`${secret}: `);
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

/** A file that an option names. */
export function readTextFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new UsageError(`--${option}: the file cannot be read (${code})`);
  }
}

/** What stdin has up to its first line break; its end is not waited for, so that a pipe left open does no harm. */
async function readStdin(signal: AbortSignal): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  const stop = () => process.stdin.destroy();
  signal.addEventListener('abort', stop);
  try {
    for await (const chunk of process.stdin) {
      text += decoder.write(chunk as Buffer);
      if (text.includes('\n') || text.length > MAX_SECRET_LENGTH) break;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  signal.throwIfAborted();
  return text;
}

function firstLine(option: string, place: string, text: string): string {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  if (line.length > MAX_SECRET_LENGTH) {
    throw new UsageError(`--${option}: longer than ${MAX_SECRET_LENGTH} characters`);
  }
  if (line === '') throw new UsageError(`--${option}: ${place} has nothing on its first line`);
  return line;
}

function readVariable(option: string, name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new UsageError(`--${option}: the environment variable ${name} is not set`);
  }
  return value;
}

async function read(
  args: Arguments,
  secret: Secret,
  source: Source,
  signal: AbortSignal,
): Promise<string> {
  const option = `${secret}-${source}`;
  const value = args.text(option) ?? '';
  switch (source) {
    case 'env':
      return readVariable(option, value);
    case 'file':
      return firstLine(option, 'the file', readTextFile(option, value));
    case 'stdin':
      return process.stdin.isTTY
        ? prompt(secret, signal)
        : firstLine(option, 'stdin', await readStdin(signal));
  }
}

/** The one secret that the options or, without any, the environment give. */
async function readSecret(
  args: Arguments,
  signal: AbortSignal,
): Promise<{ secret: Secret; value: string } | undefined> {
  const given = secretNames.flatMap((secret) =>
    sources
      .filter((source) => args.has(`${secret}-${source}`))
      .map((source) => ({ secret, source })),
  );
  if (given.length > 1) {
    const names = given.map(({ secret, source }) => `--${secret}-${source}`);
    throw new UsageError(`${names.join(' and ')} exclude each other`);
  }
  const [only] = given;
  if (only) {
    return { secret: only.secret, value: await read(args, only.secret, only.source, signal) };
  }
  for (const secret of secretNames) {
    const value = process.env[secrets[secret]];
    if (value !== undefined && value !== '') return { secret, value };
  }
  return undefined;
}

/** "hex" is the MD5 one, "SHA-256:hex" says which it is. */
function readHa1(text: string): Credentials['ha1'] {
  const [, algorithm, hex] = /^(MD5|SHA-256|SHA-512-256):(.*)$/.exec(text) ?? [];
  return algorithm === undefined || hex === undefined ? text : { [algorithm]: hex };
}

/** What the options and the environment say; undefined: no credentials. Throws UsageError. */
export async function readCredentials(
  args: Arguments,
  signal: AbortSignal,
): Promise<Credentials | undefined> {
  const username = args.text('username');
  const realm = args.text('realm');
  const found = await readSecret(args, signal);
  if (!found) {
    if (username === undefined) return undefined;
    throw new UsageError(
      '--username needs a password: set SIPREG_PASSWORD, or use --password-file or --password-stdin',
    );
  }
  const { secret, value } = found;
  if (secret === 'ha1' && realm === undefined) {
    throw new UsageError('--realm is missing: the HA1 was made for one');
  }
  return {
    ...(username === undefined ? {} : { username }),
    ...(realm === undefined ? {} : { realm }),
    ...(secret === 'ha1' ? { ha1: readHa1(value) } : { [secret]: value }),
  };
}
