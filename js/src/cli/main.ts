/**
 * The command `sipreg`: finds the subcommand, runs it, and turns whatever happens into a line and an exit status.
 */
import { asksForHelp, describeOptions, parseArguments, type OptionTable } from './arguments.js';
import { checkStatus, describeCheckFailure } from './check.js';
import type { Context } from './connect.js';
import { describeFailure, exitStatus, Interrupted, UsageError } from './failure.js';
import { query, queryOptions } from './query.js';
import { register, registerOptions, watch, watchOptions } from './register.js';
import { registrar, registrarOptions } from './registrar.js';
import { errorRecord } from './report.js';
import { Terminal } from './terminal.js';
import { unregister, unregisterOptions } from './unregister.js';

/** Put in by the build, from package.json. */
declare const SIPREG_VERSION: string;

interface Command {
  summary: string;
  usage: string;
  details: string;
  takesUrl: boolean;
  options: OptionTable;
  /** Resolves with an exit status, or with anything else for 0. */
  run: (context: Context) => Promise<unknown>;
}

/** How long a socket may take to close before the process ends anyway. */
const LINGER_MS = 2000;

const clientUsage = '<ws-url>… --aor <uri> [options]';

const commands: Readonly<Record<string, Command>> = {
  register: {
    summary: 'register and say what was granted',
    usage: clientUsage,
    details:
      'Registers the address of record. The binding stays at the registrar until it expires, unless --watch is given.',
    takesUrl: true,
    options: registerOptions,
    run: register,
  },
  watch: {
    summary: 'the same as register --watch',
    usage: clientUsage,
    details:
      'Keeps the address of record registered, prints every event, and unregisters at Ctrl-C.',
    takesUrl: true,
    options: watchOptions,
    run: watch,
  },
  query: {
    summary: 'list the bindings of an address of record',
    usage: clientUsage,
    details: 'Asks the registrar for the bindings of the address of record and changes nothing.',
    takesUrl: true,
    options: queryOptions,
    run: query,
  },
  unregister: {
    summary: 'remove bindings',
    usage: '<ws-url> --aor <uri> (--all | --contact <uri> | --instance-id <urn>) [options]',
    details:
      'Removes bindings from the registrar. One of --all, --contact and --instance-id says which,\n' +
      'because a Contact of sipreg is a new one in every process.',
    takesUrl: true,
    options: unregisterOptions,
    run: unregister,
  },
  registrar: {
    summary: 'run a registrar for tests',
    usage: '[options]',
    details: 'Runs a SIP registrar for tests on 127.0.0.1 and prints its URL. Nothing is stored.',
    takesUrl: false,
    options: registrarOptions,
    run: registrar,
  },
};

const closing =
  'Exit status: 0 done, 1 failed, 2 wrong command line. With --check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n' +
  'Results go to stdout, everything else to stderr.';

function overview(): string {
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(12)}${summary}`,
  );
  return [
    'Usage: sipreg <command> [options]',
    '',
    'Registers with SIP servers over WebSocket.',
    '',
    'Commands:',
    ...lines,
    '',
    '"sipreg <command> --help" lists the options of a command; "sipreg --version" says which version this is.',
    '',
    'Example: SIPREG_PASSWORD=… sipreg register wss://sip.example.com --aor sip:alice@example.com --trace',
    '',
    closing,
  ].join('\n');
}

function helpOf(name: string, { usage, details, options }: Command): string {
  return `Usage: sipreg ${name} ${usage}\n\n${details}\n\nOptions:\n${describeOptions(options)}\n\n${closing}`;
}

/** Aborts at the first signal, or when nobody reads the results; the second signal ends the process as usual. */
function interruption(terminal: Terminal): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      controller.abort(new Interrupted(signal));
    });
  }
  terminal.onreaderlost = () => {
    controller.abort(new Interrupted('nobody reads the output'));
  };
  return controller.signal;
}

async function runCommand(
  name: string,
  command: Command,
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let json = false;
  try {
    const args = parseArguments(words, command.options, command.takesUrl);
    json = args.has('json');
    const status = await command.run({ args, terminal, interrupt: interruption(terminal) });
    return typeof status === 'number' ? status : exitStatus.ok;
  } catch (error) {
    const { status, text } = describeFailure(error, name);
    if (words.includes('--check') && Object.hasOwn(command.options, 'check')) {
      const isUsage = status === exitStatus.usage;
      terminal.out(describeCheckFailure(error, isUsage));
      return isUsage ? checkStatus.unknown : checkStatus.critical;
    }
    if (json && error instanceof Error) {
      // Those who watch read events; the end is one of them.
      const isEvent = name === 'watch' || words.includes('--watch');
      const head = isEvent ? { time: Date.now(), event: 'failed' } : {};
      terminal.out(JSON.stringify({ ...head, error: errorRecord(error) }));
    }
    terminal.talk(text);
    return status;
  }
}

async function run([name, ...words]: readonly string[], terminal: Terminal): Promise<number> {
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (name !== undefined && command) {
    if (!asksForHelp(words)) return runCommand(name, command, words, terminal);
    terminal.out(helpOf(name, command));
    return exitStatus.ok;
  }
  if (name === '--version') {
    terminal.out(SIPREG_VERSION);
    return exitStatus.ok;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    if (name !== undefined) terminal.out(overview());
    else terminal.talk(overview());
    return name === undefined ? exitStatus.usage : exitStatus.ok;
  }
  const problem = name.startsWith('-') ? 'the command comes first' : 'there is no such command';
  terminal.talk(describeFailure(new UsageError(problem)).text);
  return exitStatus.usage;
}

// Until the outcome is known it is a failure, so that no accident looks like success.
process.exitCode = exitStatus.failed;
void run(process.argv.slice(2), new Terminal()).then((status) => {
  process.exitCode = status;
  setTimeout(() => process.exit(), LINGER_MS).unref();
});
