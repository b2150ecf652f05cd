/**
 * `sipreg query`: what the registrar holds for an address of record.
 */
import { connectionOptions, withSession, type Context } from './connect.js';
import { describeBindings } from './report.js';

export const queryOptions = connectionOptions;

export async function query(context: Context): Promise<void> {
  await withSession(context, {}, false, async (session) => {
    const { args, aor, registration, signal, terminal } = session;
    const bindings = await registration.query({ signal });
    session.settle();
    terminal.out(
      args.has('json') ? JSON.stringify({ aor, bindings }) : describeBindings(aor, bindings),
    );
  });
}
