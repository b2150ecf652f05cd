// Clients whose core is in a worker, seen from their page. Each scenario gives what it saw as plain data.
import { createWorkerClient } from '/sipreg/worker.js';
import { account, next, server } from './scenarios.mjs';

const policy = globalThis.trustedTypes?.createPolicy('host', { createScriptURL: (url) => url });
const scriptUrl = (name) => {
  const url = new URL(name, import.meta.url).href;
  return policy?.createScriptURL(url) ?? url;
};

const startWorker = (name = 'host.mjs') => new Worker(scriptUrl(name), { type: 'module' });
const startShared = () => new SharedWorker(scriptUrl('host.mjs'), { type: 'module', name: 'sip' });
const open = (worker, options) =>
  createWorkerClient({ worker, server: `ws://${location.host}/sip`, ...options });

async function untilGone(connections) {
  for (;;) {
    const seen = (await server()).connections;
    if (seen === connections) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function refused(create) {
  try {
    await create();
    return 'none';
  } catch ({ name, code, message }) {
    return { name, code, message };
  }
}

async function live(worker) {
  const client = await open(worker);
  const events = [];
  const registration = client.createRegistration({ ...account, expires: 300 });
  for (const type of ['statechange', 'registered', 'refreshed', 'unregistered']) {
    registration.addEventListener(type, ({ detail }) => events.push(detail.state ?? type));
  }
  const info = await registration.register();
  const { bindings } = await server();
  const seen = {
    held: bindings.map(({ uri }) => uri === info.contact),
    own: info.bindings.map(({ own }) => own),
    algorithm: info.auth.algorithm,
    ...(await registration.refresh().then(({ expires }) => ({ expires }))),
    ...(await registration.unregister()),
    events,
  };
  await client.close();
  return { ...seen, state: registration.state, connections: await untilGone(0) };
}

/** A page of its own on the shared worker, which a test can end; `window.client` and `window.registration` are there. */
async function openPage() {
  const frame = document.createElement('iframe');
  frame.src = 'frame.html';
  document.body.append(frame);
  await new Promise((resolve) => (frame.onload = resolve));
  await frame.contentWindow.ready;
  return frame;
}

export const hosted = {
  dedicated: () => live(startWorker()),

  async terminated() {
    const worker = startWorker();
    const client = await open(worker);
    const registration = await client.register(account);
    const failed = next(registration, 'failed');
    const pending = registration.query().catch(({ code }) => code);
    worker.terminate();
    const { code } = await failed;
    return { code, pending: await pending, states: [registration.state, client.connectionState] };
  },

  async missing() {
    return refused(() => open(startWorker('nothing-here.mjs')));
  },

  async offline() {
    const client = await open(startWorker());
    const registration = await client.register(account);
    await server('refuse');
    const waiting = next(client, 'connectionchange', ({ state }) => state === 'waiting');
    await server('terminate');
    const { retryAt } = await waiting;
    await server('accept');
    dispatchEvent(new Event('online')); // heard in the page, acted upon in the worker
    await next(registration, 'registered');
    const early = Date.now() < retryAt;
    await client.close();
    return { early };
  },

  async identity() {
    const first = await open(startWorker());
    const { contact } = (await first.register(account)).info;
    const second = await open(startWorker());
    const other = (await second.register(account)).info.contact;
    await second.close();
    await first.close();
    const again = await open(startWorker());
    const same = (await again.register(account)).info.contact;
    await again.close();
    return { shared: contact === other, survives: contact === same };
  },

  async shared() {
    return live(startShared());
  },

  async pages() {
    const client = await open(startShared());
    const registration = await client.register(account);
    const frame = await openPage();
    const two = await server();
    const contacts = two.bindings.map(({ uri }) => uri);
    frame.remove(); // a page that is closed without a word
    const connections = await untilGone(1);
    const { expires } = await registration.refresh();
    await client.close();
    return {
      before: two.connections,
      contacts: new Set(contacts).size,
      connections,
      expires,
      left: await untilGone(0),
    };
  },
};

/** Opens the client of a page that another one closes. */
export async function openGuest() {
  const client = await open(startShared());
  await client.register(account);
}
