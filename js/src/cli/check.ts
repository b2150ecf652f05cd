/**
 * `--check`: one line and an exit status as monitoring systems (Nagios, Icinga, Zabbix and their like) expect them of a
 * plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
 */
import type { Arguments, OptionTable } from './arguments.js';
import type { Session } from './connect.js';
import { CommandFailure, UsageError } from './failure.js';
import { awaitFlows } from './flows.js';
import { escapeControls } from './text.js';

export const checkStatus = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

export const checkOptions: OptionTable = {
  check: { help: 'one line and an exit status for monitoring systems; --timeout is 10 then' },
  'warn-after': { value: 'ms', help: 'with --check: WARNING when it took longer' },
};

function warnAfter(args: Arguments): number {
  if (args.has('json')) throw new UsageError('--check prints a line of its own; leave --json out');
  return args.integer('warn-after') ?? Infinity;
}

function finish(
  { args, terminal }: Session,
  ms: number,
  text: string,
  data: string,
  problem = '',
): number {
  const limit = warnAfter(args);
  const isWarning = ms > limit || problem !== '';
  const warning = limit === Infinity ? '' : String(limit);
  terminal.out(
    `SIPREG ${isWarning ? 'WARNING' : 'OK'} - ${escapeControls(text)}${problem} | time=${ms}ms;${warning};;0${data}`,
  );
  return isWarning ? checkStatus.warning : checkStatus.ok;
}

/** Registers and, as nobody is there to be called, unregisters again. */
export async function checkRegistration(session: Session): Promise<number> {
  warnAfter(session.args);
  const { aor, registration, signal } = session;
  const start = performance.now();
  const { expires } = await registration.register({ signal });
  await awaitFlows(session, false);
  const ms = Math.round(performance.now() - start);
  const { confirmed } = await registration.unregister({ signal });
  session.settle();
  return finish(
    session,
    ms,
    `${aor} registers in ${ms} ms for ${expires} s`,
    ` expires=${expires}s`,
    confirmed ? '' : ', but the registrar did not confirm the removal',
  );
}

/** Whether anybody is registered. */
export async function checkBindings(session: Session): Promise<number> {
  warnAfter(session.args);
  const { aor, registration, signal } = session;
  const start = performance.now();
  const { length } = await registration.query({ signal });
  const ms = Math.round(performance.now() - start);
  session.settle();
  if (length === 0) throw new CommandFailure(`${aor} has no binding`);
  const text = `${aor} has ${length === 1 ? '1 binding' : `${length} bindings`}`;
  return finish(session, ms, text, ` bindings=${length}`);
}

/** What to print when it does not succeed. */
export function describeCheckFailure(error: unknown, isUsage: boolean): string {
  const message = error instanceof Error ? error.message : String(error);
  return `SIPREG ${isUsage ? 'UNKNOWN' : 'CRITICAL'} - ${escapeControls(message).replaceAll('|', ' ')}`;
}
