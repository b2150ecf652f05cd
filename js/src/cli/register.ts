/**
 * `sipreg register` and `sipreg watch`.
 */
import type { RegistrationOptions } from '../index.js';
import type { Arguments, OptionTable } from './arguments.js';
import { checkOptions, checkRegistration } from './check.js';
import { connectionOptions, withSession, type Context, type Session } from './connect.js';
import { CommandFailure } from './failure.js';
import { awaitFlows } from './flows.js';
import { describeRegistration, formatTime, registrationRecord } from './report.js';
import { registerFirst, unregisterAtEnd, watchEvents } from './watch.js';

const requestOptionTable: OptionTable = {
  ...connectionOptions,
  expires: { value: 'seconds', help: 'lifetime to ask for (default: 600)' },
  supported: {
    value: 'tag',
    repeatable: true,
    help: 'an option tag for Supported, for example 100rel',
  },
  'display-name': { value: 'name', help: 'display name in From and To' },
  'contact-user': { value: 'user', help: 'user part of the Contact (default: random)' },
  'contact-param': {
    value: 'name[=value]',
    repeatable: true,
    help: 'a parameter of the Contact header',
  },
  'contact-uri-param': {
    value: 'name[=value]',
    repeatable: true,
    help: 'a parameter of the Contact URI',
  },
  'instance-id': {
    value: 'urn',
    help: '"urn:uuid:…" of this device (default: a new one every time)',
  },
  flows: { value: 'number', help: 'so many flows, over as many <ws-url>s (RFC 5626)' },
  'no-outbound': { help: 'without RFC 5626: no +sip.instance and no reg-id' },
  'no-gruu': { help: 'without RFC 5627' },
};

export const watchOptions: OptionTable = {
  ...requestOptionTable,
  for: {
    value: 'seconds',
    help: 'end after this time; exit status 1 if it was not registered by then or the binding was lost',
  },
};

export const registerOptions: OptionTable = {
  ...watchOptions,
  ...checkOptions,
  watch: { help: 'keep it registered until Ctrl-C, then unregister' },
};

/** What the options say about the Contact and the request. */
function requestOptions(args: Arguments): Partial<RegistrationOptions> {
  const expires = args.integer('expires');
  const displayName = args.text('display-name');
  const user = args.text('contact-user');
  const flows = args.integer('flows');
  return {
    ...(expires === undefined ? {} : { expires }),
    ...(displayName === undefined ? {} : { displayName }),
    supported: [...args.list('supported')],
    contact: {
      ...(user === undefined ? {} : { user }),
      params: args.parameters('contact-param'),
      uriParams: args.parameters('contact-uri-param'),
    },
    ...(flows === undefined ? {} : { outbound: { flows } }),
    ...(args.has('no-outbound') ? { outbound: false } : {}),
    ...(args.has('no-gruu') ? { gruu: false } : {}),
  };
}

async function registerOnce(session: Session): Promise<void> {
  const { args, terminal, registration, signal, aor } = session;
  const info = await registration.register({ signal });
  await awaitFlows(session, false);
  session.settle();
  if (args.has('json')) terminal.out(JSON.stringify(registrationRecord(aor, info)));
  else terminal.out(describeRegistration(aor, info));
}

/** Registers and leaves the binding at the registrar. */
async function registerAndLeave(context: Context): Promise<void> {
  await withSession(context, requestOptions(context.args), false, async (session) => {
    await registerOnce(session);
    const until = formatTime(session.registration.expiresAt ?? Date.now());
    session.terminal.talk(
      `The binding is left at the registrar until ${until}. The connection is closed, so no call reaches it;\n` +
        '--watch keeps both, "sipreg unregister" removes the binding.',
    );
  });
}

/** Registers and keeps the binding until the interruption or the end of --for. */
export async function watch(context: Context): Promise<void> {
  const seconds = context.args.integer('for');
  await withSession(context, requestOptions(context.args), true, async (session) => {
    const watching = watchEvents(session, seconds);
    await registerFirst(session);
    await awaitFlows(session, true);
    session.settle();
    watching.start();
    const end =
      seconds === undefined
        ? 'Ctrl-C unregisters and ends'
        : `It ends ${seconds} s after its start`;
    session.terminal.talk(`It is kept registered now. ${end}.`);
    const { failure, losses } = await watching.ended;
    if (failure) throw failure;
    await unregisterAtEnd(session);
    if (seconds !== undefined && losses > 0) {
      throw new CommandFailure(`the binding was lost ${losses === 1 ? 'once' : `${losses} times`}`);
    }
  });
}

export async function register(context: Context): Promise<unknown> {
  const { args } = context;
  if (args.has('check')) {
    return withSession(context, requestOptions(args), false, checkRegistration);
  }
  return args.has('watch') || args.has('for') ? watch(context) : registerAndLeave(context);
}
