/**
 * `sipreg unregister`: removes bindings that another process made. Its own Contact is new in every process, so it must be
 * told what to remove.
 */
import type { Arguments, OptionTable } from './arguments.js';
import { connectionOptions, withSession, type Context, type Session } from './connect.js';
import { CommandFailure, UsageError } from './failure.js';
import { describeBindings } from './report.js';
import { escapeControls } from './text.js';

const targets = ['all', 'contact', 'instance-id'] as const;
type Target = (typeof targets)[number];

export const unregisterOptions: OptionTable = {
  ...connectionOptions,
  all: { help: 'remove every binding of the address of record, whoever made it' },
  contact: { value: 'uri', help: 'remove this binding, as "sipreg query" lists it' },
  'instance-id': {
    value: 'urn',
    help: 'remove the binding of this device, as register had it\n(at registrars that know RFC 5626)',
  },
  'contact-user': { value: 'user', help: 'with --instance-id: the user part that register had' },
};

function chosenTarget(args: Arguments): Target {
  const [target, ...others] = targets.filter((name) => args.has(name));
  if (!target || others.length > 0) {
    throw new UsageError(
      'say what to remove with one of --all, --contact <uri>, --instance-id <urn>',
    );
  }
  if (args.has('contact-user') && target !== 'instance-id') {
    throw new UsageError('--contact-user goes with --instance-id only');
  }
  return target;
}

function say({ args, terminal }: Session, text: string, record: object): void {
  terminal.out(args.has('json') ? JSON.stringify(record) : text);
}

async function removeListed(session: Session, uri: string): Promise<void> {
  const { aor, registration, signal } = session;
  const bindings = await registration.removeBinding(uri, { signal });
  session.settle();
  if (bindings.some((binding) => binding.uri === uri)) {
    throw new CommandFailure(`the registrar still lists ${escapeControls(uri)}`);
  }
  const text = `Removed ${escapeControls(uri)}.\n${describeBindings(aor, bindings)}`;
  say(session, text, { aor, removed: uri, bindings });
}

async function removeOwn(session: Session, target: 'all' | 'instance-id'): Promise<void> {
  const { aor, args, registration, signal } = session;
  const isAll = target === 'all';
  const { confirmed } = await registration.unregister({
    signal,
    ...(isAll ? { all: true } : { force: true }),
  });
  session.settle();
  if (!confirmed) throw new CommandFailure('the registrar did not confirm it; see "sipreg query"');
  const what = isAll ? 'every binding' : `the binding of ${args.text('instance-id') ?? ''}`;
  const removed = isAll ? 'all' : args.text('instance-id');
  say(session, `Removed ${what} of ${escapeControls(aor)}.`, { aor, removed, confirmed });
}

export async function unregister(context: Context): Promise<void> {
  const { args } = context;
  const target = chosenTarget(args);
  const user = args.text('contact-user');
  const extra = user === undefined ? {} : { contact: { user } };
  await withSession(context, extra, false, async (session) => {
    if (target === 'contact') await removeListed(session, args.text('contact') ?? '');
    else await removeOwn(session, target);
  });
}
