// What the consumers run. Each registers and unregisters once and says in JSON how it went.

/** The entries that make clients with createClient(), and all that make clients. */
export const entries = ['sipreg', 'sipreg/external'];
export const clientEntries = [...entries, 'sipreg/worker'];

const account = "{ aor: 'sip:alice@example.com', credentials: { password: 'wonderland' } }";

const formats = {
  esm: { ending: 'mjs', load: (names, from) => `import { ${names} } from '${from}';` },
  cjs: { ending: 'cjs', load: (names, from) => `const { ${names} } = require('${from}');` },
};

/** What runs in the thread of a nodeProgram() on sipreg/worker, and its file. */
export const hostFile = (format) => `host.${formats[format].ending}`;
export const hostProgram = (format) =>
  `${formats[format].load('host', 'sipreg/worker')}\nhost();\n`;

/**
 * In Node: prints one line and must end by itself, as nothing may keep Node alive. `network`: over a real socket; else on
 * one of its own, which needs neither `ws` nor a global WebSocket.
 */
export function nodeProgram(entry, format, { network }) {
  const isHosted = entry === 'sipreg/worker';
  const { load } = formats[format];
  return `
${load(isHosted ? 'createWorkerClient' : 'createClient', entry)}
${load('createTestRegistrar', 'sipreg/testing')}
${load('Worker', 'node:worker_threads')}

const worker = ${isHosted ? `new Worker('./${hostFile(format)}')` : 'null'};

async function register() {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const listener = ${network ? 'await registrar.listen()' : 'null'};
  const client = await ${isHosted ? 'createWorkerClient({ worker,' : 'createClient({'}
    server: listener?.url ?? 'wss://sip.example.com',
    webSocket: listener ? undefined : registrar.webSocket,
    storage: null,
  });
  const registration = await client.register(${account});
  const { state, info } = registration;
  const held = registrar.bindings(registration.aor).length;
  const { confirmed } = await registration.unregister();
  const left = registrar.bindings(registration.aor).length;
  const [, userAgent] = /^User-Agent: (.*)$/m.exec(registrar.requests[0].replaceAll('\\r', ''));
  await client.close();
  await listener?.close();
  await worker?.terminate();
  return { state, algorithm: info.auth.algorithm, held, confirmed, left, userAgent };
}

${format === 'esm' ? 'console.log(JSON.stringify(await register()));' : 'register().then((result) => console.log(JSON.stringify(result)));'}
`;
}

const hostModule = (from) => `import { host } from '${from}';\nhost();\n`;

/** In a page: the query has the server's URL, the title gets the result. `options` is source text. */
function pageProgram(entry, { create = 'createClient', imports = '', options = '' }) {
  return `
import { ${create} } from '${entry}';
${imports}
export async function register(server) {
  try {
    const client = await ${create}({ server, ${options} });
    const registration = await client.register(${account});
    const { state } = registration;
    await client.close({ unregister: true });
    return state;
  } catch (error) {
    return error.name + ' ' + error.code + ': ' + error.message;
  }
}

if (globalThis.document) {
  const server = new URLSearchParams(location.search).get('server');
  register(server).then((result) => (document.title = result));
}
`;
}

/** How a page makes a client of each entry: its function, and what that takes besides the server. */
const creation = (entry) =>
  entry === 'sipreg/worker'
    ? {
        create: 'createWorkerClient',
        options: "worker: new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })",
      }
    : { create: 'createClient', options: '' };

/** The modules of an app by file, main.js and what its entry needs beside it; `from` is how they name the entry. */
export function appFiles(entry, { from = entry, ...given } = {}) {
  if (entry !== 'sipreg/worker') return { 'main.js': pageProgram(from, given) };
  return { 'main.js': pageProgram(from, creation(entry)), 'worker.js': hostModule(from) };
}

/** A test file of Jest's, in CommonJS as Jest has it by default. */
export function jestProgram(entry) {
  return `
const { createClient, RegistrationError } = require('${entry}');
const { createTestRegistrar } = require('sipreg/testing');

test('registers', async () => {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const { webSocket } = registrar;
  const client = await createClient({ server: 'wss://sip.example.com', webSocket });
  const registration = await client.register(${account});
  expect(registration.state).toBe('registered');
  const refused = client.register({ aor: 'sip:alice@example.com', credentials: { password: 'x' } });
  await expect(refused).rejects.toBeInstanceOf(RegistrationError);
  await client.close({ unregister: true });
  expect(registrar.bindings('sip:alice@example.com')).toEqual([]);
});
`;
}

/** The same with the client in a thread, whose file is the hostFile(). */
export const jestWorkerProgram = `
const { Worker } = require('node:worker_threads');
const { createTestRegistrar } = require('sipreg/testing');
const { createWorkerClient, RegistrationError } = require('sipreg/worker');

test('registers', async () => {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const { url, close } = await registrar.listen();
  const worker = new Worker('./${hostFile('cjs')}');
  const client = await createWorkerClient({ worker, server: url });
  const registration = await client.register(${account});
  expect(registration.state).toBe('registered');
  const refused = client.register({ aor: 'sip:alice@example.com', credentials: { password: 'x' } });
  await expect(refused).rejects.toBeInstanceOf(RegistrationError);
  await client.close({ unregister: true });
  expect(registrar.bindings('sip:alice@example.com')).toEqual([]);
  await worker.terminate();
  await close();
});
`;

/** TypeScript for both ends of a worker. */
export const typedWorkerProgram = `
import type { Client } from 'sipreg';
import { createWorkerClient, host, RegistrationError, type HostOptions, type WorkerClientOptions } from 'sipreg/worker';

export function open(worker: Worker, shared: SharedWorker, port: MessagePort): Promise<Client>[] {
  const options: Omit<WorkerClientOptions, 'worker'> = { server: 'wss://sip.example.com', storage: null };
  return [worker, shared, port].map((each) => createWorkerClient({ worker: each, ...options }));
}

export function serve(port: MessagePort): void {
  const options: HostOptions = { port, webSocket: (url, protocols) => new WebSocket(url, protocols) };
  host(options);
  host();
}

export const isOurs = (error: unknown): boolean => error instanceof RegistrationError;
`;

/** The same for what puts a call stack on a registration; with their own declarations in the second. */
export const typedAdaptersProgram = `
import type { Registration } from 'sipreg';
import { createJsSipSocket, type JsSipSocket } from 'sipreg/jssip';
import { createSipJsTransport, type SipJsTransport, type SipJsTransportOptions } from 'sipreg/sipjs';

export const attach = (registration: Registration): JsSipSocket => createJsSipSocket(registration);

export function transport(registration: Registration): SipJsTransport {
  const options: SipJsTransportOptions = { connectionTimeout: 5 };
  return new (createSipJsTransport(registration))(undefined, options);
}
`;
export const typedStacksProgram = `
import type { Registration } from 'sipreg';
import { createJsSipSocket } from 'sipreg/jssip';
import { createSipJsTransport } from 'sipreg/sipjs';
import { UA } from 'jssip';
import { UserAgent } from 'sip.js';

export function start(registration: Registration): void {
  const uri = registration.aor;
  new UA({ sockets: [createJsSipSocket(registration)], uri, register: false }).start();
  void new UserAgent({ transportConstructor: createSipJsTransport(registration) }).start();
}
`;

/** Only has to compile, without skipLibCheck and without Node's types. */
export function typedProgram(entry) {
  return `
import { createClient, RegistrationError, type Client, type RegistrationInfo } from '${entry}';
import { createTestRegistrar } from 'sipreg/testing';

export async function register(): Promise<RegistrationInfo> {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const client: Client = await createClient({
    server: 'wss://sip.example.com',
    webSocket: registrar.webSocket,
  });
  try {
    const registration = await client.register({ aor: 'sip:alice@example.com' });
    registration.addEventListener('refreshed', (event) => event.detail.expires.toFixed());
    return await registration.refresh({ expires: 60 });
  } catch (error) {
    if (error instanceof RegistrationError && error.code === 'auth-failed') throw error;
    throw new Error('not registered', { cause: error });
  } finally {
    await client.close();
  }
}
`;
}

/** A client component of Next.js, phone.js, and what its entry needs beside it: the title gets the result. */
export function nextComponent(entry) {
  const { create, options } = creation(entry);
  const component = `
'use client';
import { useEffect } from 'react';
import { ${create} } from '${entry}';

export function Phone({ server }) {
  useEffect(() => {
    const opening = ${create}({ server, ${options} });
    opening
      .then((client) => client.register(${account}))
      .then(({ state }) => state, String)
      .then((result) => (document.title = result));
    return () => opening.then((client) => client.close({ unregister: true }));
  }, [server]);
  return null;
}
`;
  const isHosted = entry === 'sipreg/worker';
  return { 'phone.js': component, ...(isHosted && { 'worker.js': hostModule(entry) }) };
}

/** A route handler of Next.js, with the registrar beside it. */
export function nextRoute(entry) {
  return `
import { createClient } from '${entry}';
import { createTestRegistrar } from 'sipreg/testing';

export async function GET() {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const { webSocket } = registrar;
  const client = await createClient({ server: 'wss://sip.example.com', webSocket, storage: null });
  const { state, aor } = await client.register(${account});
  const held = registrar.bindings(aor).length;
  await client.close({ unregister: true });
  return Response.json({ state, held });
}
`;
}
