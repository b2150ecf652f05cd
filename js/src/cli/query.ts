/**
 * `sipreg query`: what the registrar holds for an address of record.
 */
import { checkBindings, checkOptions } from './check.js';
import { connectionOptions, withSession, type Context } from './connect.js';
import { describeBindings } from './report.js';

export const queryOptions = { ...connectionOptions, ...checkOptions };

export async function query(context: Context): Promise<unknown> {
  return withSession(context, {}, false, async (session) => {
    if (session.args.has('check')) return checkBindings(session);
    const { args, aor, registration, signal, terminal } = session;
    const bindings = await registration.query({ signal });
    session.settle();
    terminal.out(
      args.has('json') ? JSON.stringify({ aor, bindings }) : describeBindings(aor, bindings),
    );
    return undefined;
  });
}
