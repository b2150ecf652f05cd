import { Client } from '../client.js';
import { Engine } from '../engine.js';
import { optionError, RegistrationError } from '../errors.js';
import { Field } from '../fields.js';
import { loadCore, type Core, type Source } from '../load.js';
import { readClientOptions, type ClientSettings } from '../options.js';
import { isThenable } from '../promises.js';
import { takeInstance } from '../storage.js';
import type * as types from '../types.js';
import { holdLock } from './locks.js';
import { listen, type Port, type SharedWorkerLike, type WorkerLike } from './ports.js';
import {
  isFromWorker,
  unpackError,
  type Connect,
  type FromPage,
  type Welcome,
} from './protocol.js';
import { RemoteStation } from './remote.js';

/**
 * What createWorkerClient() takes: createClient()'s options without `webSocket`, which host() takes in the worker.
 * `storage` and functions among `server` are used in the page, and so is `platform`, which is for tests.
 */
export interface WorkerClientOptions extends Omit<types.ClientOptions, 'webSocket'> {
  /**
   * Where host() runs: a Worker, a SharedWorker, or a MessagePort whose other end host() was given. Node's of
   * worker_threads fit too. The application makes it and, if it wants that, terminates it after close().
   */
  worker: WorkerLike | SharedWorkerLike;
}

/** Time for the worker's script to load and to answer. */
const greetingMs = 15_000;

/**
 * Makes a client whose core, sockets and timers are in a worker, and whose interface is here: the same as
 * createClient() gives. Several pages may have clients in one SharedWorker; each has its own.
 *
 * Rejects with a TypeError for a malformed option, and with a RegistrationError: 'timeout' when the worker does not answer
 * within 15 s; 'unsupported' when its script does not load, has another version of sipreg, or when one of the two cannot
 * use WebAssembly. When the worker dies later, registrations end `failed` and what is pending rejects, both with code
 * 'internal'.
 */
export async function createWorkerClient(options: WorkerClientOptions): Promise<types.Client> {
  const settings = readClientOptions(options);
  if (settings.webSocket !== undefined) {
    throw optionError('webSocket', 'is made in the worker; give it to host() there');
  }
  const worker = readWorker((options as Partial<WorkerClientOptions>).worker);
  const { platform } = settings;
  const { given, forWorker } = await readSource(settings.wasm);
  const { port, welcome } = await greet(worker, platform, given === undefined);
  try {
    const core = await loadCore(given, () => welcome.wasm ?? new Uint8Array());
    return await open({ core, platform, settings, port, welcome, wasm: await forWorker() });
  } catch (error) {
    port.close();
    throw error;
  }
}

interface Greeted {
  core: Core;
  platform: types.Platform;
  settings: ClientSettings;
  port: Port;
  welcome: Welcome;
  wasm: Source | undefined;
}

async function open(greeted: Greeted): Promise<types.Client> {
  const { core, platform, settings, port, welcome, wasm } = greeted;
  const instance = await takeInstance(settings.instanceId, settings.storage, platform);
  const lock = await holdLock(platform);
  const release = (): void => lock?.release();
  const entropy = platform.getRandomValues(new Uint8Array(32));
  try {
    const { snapshots } = instance;
    settings.fields.push(Field.instanceId, instance.id, Field.snapshots, snapshots !== null);
    const { servers, allowInsecure } = settings;
    const request: FromPage = {
      type: 'open',
      servers: servers.map((each) => (typeof each === 'function' ? null : each)),
      allowInsecure,
      fields: settings.fields.slice(),
      wasm,
      lock: lock?.name ?? null,
    };
    // The worker draws its own.
    settings.fields.push(Field.entropy, entropy);
    await answerTo(port, request, platform);
    const page = { core, platform, settings, port, workerLock: welcome.lock, release };
    return new Client(
      (audience) =>
        new Engine((listener) => new RemoteStation(page, listener), snapshots, audience),
      platform,
      servers.length,
      instance,
    );
  } catch (error) {
    instance.release();
    release();
    throw error;
  } finally {
    entropy.fill(0);
  }
}

function readWorker(value: unknown): { entrance: WorkerLike; whole: object } {
  const given = value as Partial<WorkerLike & SharedWorkerLike> | null | undefined;
  const entrance: Partial<WorkerLike> | undefined = given?.port ?? given ?? undefined;
  if (typeof entrance?.postMessage !== 'function') {
    throw optionError('worker', 'must be a Worker, a SharedWorker or a MessagePort');
  }
  return { entrance: entrance as WorkerLike, whole: value as object };
}

/** What the page loads its core from, and what to give the worker: of a body that can be read once, a copy. */
async function readSource(
  wasm: Source | undefined,
): Promise<{ given: Source | undefined; forWorker: () => Promise<Source | undefined> }> {
  const source = isThenable(wasm) ? ((await wasm) as Source) : wasm;
  if (typeof source === 'string' || source instanceof URL) {
    const url = absolute(source);
    return { given: url, forWorker: () => Promise.resolve(url) };
  }
  if (typeof source === 'object' && 'clone' in source && 'arrayBuffer' in source) {
    const copy = (source as Response).clone();
    return { given: source, forWorker: () => copy.arrayBuffer() };
  }
  return { given: source, forWorker: () => Promise.resolve(source) };
}

/** The worker's script has another address than the page. What is no URL is for the core's loader to refuse. */
function absolute(url: string | URL): string {
  const { document } = globalThis as Partial<typeof globalThis>;
  try {
    return new URL(url, document?.baseURI).href;
  } catch {
    return String(url);
  }
}

/** Says hello over the application's channel, and gets a channel of the client's own. */
function greet(
  { entrance, whole }: { entrance: WorkerLike; whole: object },
  platform: types.Platform,
  needsWasm: boolean,
): Promise<{ port: Port; welcome: Welcome }> {
  const { port1, port2 } = new MessageChannel();
  const port: Port = port1;
  const hello: Connect = {
    sipreg: 'connect',
    version: SIPREG_VERSION,
    port: port2,
    needsWasm,
  };
  return inTime(port, platform, ({ succeed, fail, listenTo }) => {
    for (const type of ['error', 'messageerror', 'exit']) {
      listenTo(whole, type, (event) => {
        const { message } = event as { message?: unknown };
        const detail = typeof message === 'string' && message !== '' ? ` (${message})` : '';
        fail(
          'unsupported',
          `The worker could not be started: its script is missing, throws, or is forbidden by worker-src of a Content-Security-Policy${detail}.`,
        );
      });
    }
    port.onmessage = ({ data }) => {
      if (!isFromWorker(data) || data.type !== 'welcome') return;
      if (data.version === SIPREG_VERSION) succeed({ port, welcome: data });
      else fail('unsupported', otherVersion(data.version));
    };
    entrance.postMessage(hello, [port2]);
  });
}

/** Asks the worker for a client; resolves when there is one. */
function answerTo(port: Port, request: FromPage, platform: types.Platform): Promise<void> {
  return inTime(port, platform, ({ succeed, fail, reject, listenTo }) => {
    port.onmessage = ({ data }) => {
      if (!isFromWorker(data)) return;
      if (data.type === 'opened') succeed();
      if (data.type === 'failed') reject(unpackError(data.error));
    };
    listenTo(port, 'close', () => {
      fail('unsupported', 'The worker has ended before the client was made; look for its errors.');
    });
    try {
      port.postMessage(request);
    } catch (cause) {
      reject(optionError('wasm', 'cannot cross to a worker; give bytes or a URL', cause));
    }
  });
}

interface Outcome<T> {
  succeed: (value: T) => void;
  fail: (code: types.RegistrationErrorCode, message: string) => void;
  reject: (error: unknown) => void;
  listenTo: (...listening: Parameters<typeof listen>) => void;
}

/** A promise of something that the worker says in time. */
function inTime<T>(
  port: Port,
  platform: types.Platform,
  begin: (outcome: Outcome<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const ends: (() => void)[] = [];
    const outcome: Outcome<T> = {
      succeed(value) {
        finish();
        resolve(value);
      },
      fail(code, message) {
        outcome.reject(new RegistrationError(message, { code }));
      },
      reject(error) {
        finish();
        port.close();
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it is one
        reject(error);
      },
      listenTo(...listening) {
        ends.push(listen(...listening));
      },
    };
    const timer = platform.setTimeout(() => {
      outcome.fail('timeout', silent);
    }, greetingMs);
    const finish = (): void => {
      platform.clearTimeout(timer);
      port.onmessage = null;
      for (const end of ends) end();
    };
    begin(outcome);
  });
}

const silent = `The worker has not answered for ${greetingMs / 1000} s. Its script must call host() of sipreg/worker at its top level, before it awaits anything.`;

function otherVersion(theirs: string): string {
  return `The page has sipreg ${SIPREG_VERSION} and the worker ${theirs}; build both from one version. A SharedWorker lives on until its last page is closed: put the version in its name.`;
}
