/**
 * How a command ends when it does not succeed.
 */
import { escapeControls } from './text.js';

/** Exit statuses, the same for every command. */
export const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;

/** The command line is wrong; nothing was sent. */
export class UsageError extends Error {}

/** The command could not do what it was asked; the message says why and what to do. */
export class CommandFailure extends Error {}

/** Ctrl-C, SIGTERM, or a reader that closed its end of the pipe. */
export class Interrupted extends Error {
  constructor(cause: string) {
    super(`interrupted (${cause})`);
  }
}

/** The library's names of options, and what they are called here. */
const optionNames: readonly (readonly [prefix: string, name: string])[] = [
  ['server', '<ws-url>'],
  ['contact.user', '--contact-user'],
  ['contact.uriParams', '--contact-uri-param'],
  ['contact.params', '--contact-param'],
  ['credentials.username', '--username'],
  ['credentials.password', 'the password'],
  ['credentials.ha1', 'the HA1'],
  ['credentials.token', 'the token'],
  ['keepAlive', '--keep-alive'],
  ['outbound.flows', '--flows'],
  ['credentials.realm', '--realm'],
  ['headers', '--header'],
  ['uri', '--contact'],
];

interface InvalidArgument extends TypeError {
  option: string;
}

function isInvalidArgument(error: unknown): error is InvalidArgument {
  return error instanceof TypeError && 'option' in error && typeof error.option === 'string';
}

function optionName(option: string): string {
  const known = optionNames.find(([prefix]) => option.startsWith(prefix));
  return known?.[1] ?? `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The library's message begins with its own name of the option; here it is the one that was typed. */
function inOptionNames({ option, message }: InvalidArgument): string {
  const text = message.startsWith(`${option}: `) ? message.slice(option.length + 2) : message;
  return `${optionName(option)}: ${text.replace('set allowInsecure', 'give --insecure')}`;
}

/** " (auth-failed)" of an error that has a code. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
}

/** The line for stderr and the exit status. What it says may come from the server, so it is escaped. */
export function describeFailure(
  error: unknown,
  command?: string,
): { status: number; text: string } {
  const name = command === undefined ? 'sipreg' : `sipreg ${command}`;
  if (error instanceof UsageError || isInvalidArgument(error)) {
    const message = error instanceof UsageError ? error.message : inOptionNames(error);
    return {
      status: exitStatus.usage,
      text: `${name}: ${escapeControls(message)}. See "${name} --help".`,
    };
  }
  const problem =
    error instanceof Error ? `${codeOf(error)}: ${error.message}` : `: ${String(error)}`;
  return { status: exitStatus.failed, text: `${name}: failed${escapeControls(problem)}` };
}
