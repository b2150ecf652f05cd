// What every engine has to do, in a page and in a module Worker. Each scenario gives what it saw as plain data, which
// engines.spec.mjs compares with what must come out.
import { createClient as createExternal } from '/sipreg/external.js';
import { createClient } from '/sipreg/index.js';
import { fastPlatform } from './platform.mjs';

export const account = { aor: 'sip:alice@example.com', credentials: { password: 'secret' } };
/** A scenario's time runs this much faster than the engine's. */
const speed = 20;
/** Long enough waits for a wake-up to cut short. */
const reconnect = { baseMs: 20_000, maxMs: 30_000 };

/** Tells the server to do something, or (without `action`) asks what it has seen. */
export async function server(action = '') {
  const response = await fetch(`/control/${action}`, { method: action ? 'POST' : 'GET' });
  return response.json();
}

export function next(target, type, matches = () => true) {
  return new Promise((resolve) => {
    const listener = ({ detail }) => {
      if (!matches(detail)) return;
      target.removeEventListener(type, listener);
      resolve(detail);
    };
    target.addEventListener(type, listener);
  });
}

/** A client of this origin's server, and all that its connection went through. */
async function open(options = {}) {
  const client = await createClient({ server: `ws://${location.host}/sip`, ...options });
  const connection = [];
  client.addEventListener('connectionchange', ({ detail }) => connection.push(detail.state));
  return { client, connection };
}

/** The same with time that runs fast, and registered. */
async function openRegistered(expires, options = {}) {
  const platform = fastPlatform(speed);
  const { client, connection } = await open({ ...options, platform, storage: null });
  const registration = await client.register({ ...account, expires });
  return { client, connection, registration, platform };
}

/** Has the client wait for a server that was down, brings that back, fires a wake-up and sees what it changes. */
async function wakeWith(signal) {
  const { client, registration, platform } = await openRegistered(600, { reconnect });
  const waiting = next(client, 'connectionchange', ({ state }) => state === 'waiting');
  await server('refuse');
  await server('terminate');
  const { retryAt } = await waiting;
  await server('accept');
  const { connects } = client.stats;
  const back = next(registration, 'registered');
  signal(client);
  await back;
  const early = platform.now() < retryAt;
  const attempts = client.stats.connects - connects;
  await client.close();
  return { early, attempts };
}

/** The events by which an engine says that a page has come back to life. */
const pageSignals = {
  online: () => dispatchEvent(new Event('online')),
  visible: () => document.dispatchEvent(new Event('visibilitychange')),
  shown: () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
  resumed: () => document.dispatchEvent(new Event('resume')),
};
const workerSignals = { online: pageSignals.online };
const signals = typeof document === 'undefined' ? workerSignals : pageSignals;
const all = () => Object.values(signals).forEach((signal) => signal());

export const scenarios = {
  async register() {
    const { client } = await open();
    const registration = await client.register({ ...account, expires: 300 });
    const { bindings } = await server();
    const { state, info } = registration;
    const { contact, expires, auth } = info;
    await client.close();
    return {
      state,
      expires,
      algorithm: auth.algorithm,
      held: bindings.map(({ uri }) => uri === contact),
    };
  },

  async external() {
    const client = await createExternal({ server: `ws://${location.host}/sip` });
    const { state } = await client.register(account);
    await client.close();
    return { state };
  },

  async refresh() {
    const { client, registration } = await openRegistered(30);
    const before = (await server()).requests;
    await next(registration, 'refreshed');
    await next(registration, 'refreshed');
    const byItself = (await server()).requests - before;
    const { expires } = await registration.refresh({ expires: 120 });
    const { state } = registration;
    await client.close();
    return { byItself, expires, state };
  },

  async unregister() {
    const { client, registration } = await openRegistered(300);
    const result = await registration.unregister();
    const { state } = registration;
    const { bindings } = await server();
    await client.close();
    return { ...result, state, held: bindings.length };
  },

  async reconnect() {
    const { client, connection, registration } = await openRegistered(300);
    const { contact } = registration.info;
    const seen = [];
    for (const action of ['terminate', 'close']) {
      connection.length = 0;
      const back = next(registration, 'registered');
      await server(action);
      await back;
      seen.push({
        connected: connection.at(-1) === 'connected',
        sameContact: registration.info.contact === contact,
        held: (await server()).bindings.length,
      });
    }
    await client.close();
    return seen;
  },

  async binary() {
    await server('answer-in-binary');
    const { client, registration } = await openRegistered(300);
    const { binaryIn } = await server();
    const { dropped } = client.stats;
    await client.close();
    return { state: registration.info.response.status, dropped, binaryIn };
  },

  async wake() {
    const seen = { called: await wakeWith((client) => client.wake()) };
    for (const [name, signal] of Object.entries(signals)) seen[name] = await wakeWith(signal);
    return seen;
  },

  async storm() {
    return wakeWith(() => {
      for (let i = 0; i < 100; i += 1) {
        dispatchEvent(new Event('offline'));
        all();
      }
    });
  },

  async offline() {
    const { client, registration } = await openRegistered(600);
    const before = await server();
    dispatchEvent(new Event('offline'));
    await server('terminate');
    await next(registration, 'registered');
    const { connections } = await server();
    const { state } = registration;
    await client.close();
    return { hadConnections: before.connections, connections, state };
  },

  async sleep() {
    const { client, registration, platform } = await openRegistered(300);
    const ended = next(registration, 'unregistered');
    const back = next(registration, 'registered');
    platform.sleep(3_600_000);
    all();
    const { reason } = await ended;
    await back;
    const { state } = registration;
    await client.close();
    return { reason, state };
  },

  /** What each event has the client send at once, and its state then: this server answers no pings, so it is asked by a refresh. */
  async frozen() {
    const { client, connection, registration } = await openRegistered(600);
    connection.length = 0;
    const dispatch = (type) => {
      const before = client.stats.framesOut;
      document.dispatchEvent(new Event(type));
      return { sent: client.stats.framesOut - before, state: registration.state };
    };
    const seen = { freeze: dispatch('freeze'), resume: dispatch('resume') };
    await next(registration, 'refreshed');
    const reconnected = connection.length > 0;
    await client.close();
    return { ...seen, reconnected };
  },

  async unsupported() {
    const refused = async (create) => {
      try {
        await create({ server: 'wss://sip.example.com' });
        return { error: 'none' };
      } catch ({ name, code, message }) {
        return { name, code, says: message.includes("'wasm-unsafe-eval'") };
      }
    };
    return [await refused(createClient), await refused(createExternal)];
  },
};

const violations = [];
addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
  violations.push(`${effectiveDirective} ${blockedURI}`),
);

/** Runs one scenario; never rejects. */
export async function run(name, among = scenarios) {
  try {
    return { saw: await among[name](), violations };
  } catch (error) {
    return { failure: `${error.name} ${error.code ?? ''}: ${error.message}\n${error.stack}` };
  }
}
