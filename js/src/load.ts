import createCore, { type CoreModule } from 'sipreg:core';
import { optionError, RegistrationError } from './errors.js';
import type { ClientOptions } from './types.js';

export type { Bridge } from 'sipreg:core';

/** What option `wasm` takes. */
export type Source = NonNullable<ClientOptions['wasm']>;

/** What is used of a Response; a Blob will do. */
interface ResponseLike {
  readonly ok?: boolean;
  readonly status?: number;
  readonly headers?: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Who wants to know that the instance has trapped. */
export interface Dependant {
  trapped(error: unknown): void;
}

/** A running instance of the core. Clients share it, and its end: after a trap nothing in its memory can be trusted. */
export class Core {
  /** Weak, so that a client that was forgotten instead of closed can be collected. */
  readonly dependants = new Set<WeakRef<Dependant>>();

  constructor(
    readonly module: CoreModule,
    readonly forget: () => void,
  ) {}

  poison(error: unknown): void {
    this.forget();
    const dependants = [...this.dependants];
    this.dependants.clear();
    for (const each of dependants) each.deref()?.trapped(error);
  }
}

/** Instances by what they were made of: a URL (what the entry brings along has none), or an object. */
const byUrl = new Map<string, Promise<Core>>();
const byObject = new WeakMap<object, Promise<Core>>();

/**
 * Loads the core from `source`, or from what the entry brings along where that is undefined. One source gives one
 * instance; a failed load is tried again by the next call. Rejects with a TypeError for a source that is none, else with
 * code 'unsupported'.
 */
export function loadCore(source: Source | undefined, bundled: () => Source): Promise<Core> {
  const key = source instanceof URL ? source.href : (source ?? '');
  const loaded: {
    get(key: unknown): Promise<Core> | undefined;
    set(key: unknown, core: Promise<Core>): unknown;
    delete(key: unknown): unknown;
  } = typeof key === 'object' ? byObject : byUrl;
  let core = loaded.get(key);
  if (core === undefined) {
    const forget = (): void => void loaded.delete(key);
    core = start(source, bundled, forget);
    core.catch(forget);
    loaded.set(key, core);
  }
  return core;
}

async function start(
  source: Source | undefined,
  bundled: () => Source,
  forget: () => void,
): Promise<Core> {
  if (typeof WebAssembly !== 'object') {
    throw unsupported('This host has no WebAssembly, which sipreg needs.');
  }
  const module = await compile(source ?? bundled());
  // What passes between the two is private to a version, and caches keep files that were replaced.
  const [version] = WebAssembly.Module.customSections(module, 'sipreg');
  if (version === undefined || new TextDecoder().decode(version) !== SIPREG_VERSION) {
    throw unsupported(
      `The WebAssembly is not sipreg.wasm of version ${SIPREG_VERSION}; check option wasm and caches.`,
    );
  }
  try {
    return new Core(await instantiate(module), forget);
  } catch (cause) {
    // WebKit compiles whatever the page's policy says, and asks it only now.
    throw unsupported(`WebAssembly could not be started. ${forbidden}`, cause);
  }
}

/** The glue has no way to say that its instantiateWasm failed, hence the promise around it. */
function instantiate(module: WebAssembly.Module): Promise<CoreModule> {
  return new Promise((resolve, reject) => {
    createCore({
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports)
          .then((instance) => {
            done(instance, module);
          })
          .catch(reject);
        return {};
      },
    }).then(resolve, reject);
  });
}

const given = 'What option wasm gives';

async function compile(source: Source): Promise<WebAssembly.Module> {
  if (typeof source === 'string' || source instanceof URL) {
    const url = String(source);
    const name = url.replace(/[?#].*/s, ''); // what follows may be secret
    return url.startsWith('file:')
      ? compileBytes(await fetched(name, readLocal(url)), name)
      : compileResponse(await fetched(name, fetch(url)), name);
  }
  if (typeof source === 'object') {
    if (Object.prototype.toString.call(source) === '[object WebAssembly.Module]') {
      return source;
    }
    if (ArrayBuffer.isView(source)) {
      return compileBytes(source as ArrayBufferView<ArrayBuffer>, given);
    }
    if ('byteLength' in source) return compileBytes(source, given);
    if ('arrayBuffer' in source) return compileResponse(source as ResponseLike, given);
    if ('then' in source) return compile(await fetched(given, source as Promise<Source>));
  }
  throw optionError('wasm', 'give bytes, a WebAssembly.Module, a Response or a URL');
}

async function fetched<T>(name: string, content: Promise<T>): Promise<T> {
  try {
    return await content;
  } catch (cause) {
    throw unsupported(
      `${name} could not be read. Check where sipreg.wasm is, option wasm, and a Content-Security-Policy's connect-src.`,
      cause,
    );
  }
}

/** Node's fetch() knows no file: URLs. */
async function readLocal(url: string): Promise<BufferSource> {
  const { readFile } = await import('fs/promises');
  return readFile(new URL(url));
}

/** Compiles while it arrives, where the host can and the server names the type; other types are looked at as bytes. */
async function compileResponse(response: ResponseLike, name: string): Promise<WebAssembly.Module> {
  const { ok, status, headers } = response;
  if (ok === false) {
    throw unsupported(`${name} gave HTTP status ${String(status)}; check where sipreg.wasm is.`);
  }
  const type = headers?.get('content-type') ?? 'of no type';
  if (
    type === 'application/wasm' &&
    response instanceof Response &&
    'compileStreaming' in WebAssembly
  ) {
    return WebAssembly.compileStreaming(response).catch((cause: unknown) => {
      throw unsupported(`${name} ${broken} ${forbidden}`, cause);
    });
  }
  const bytes = await response.arrayBuffer().catch((cause: unknown) => {
    throw unsupported(`${name} ${broken}`, cause);
  });
  return compileBytes(bytes, `${name} (${type})`);
}

const broken = 'could not be read to its end, or is not sipreg.wasm.';
const forbidden =
  "Under a Content-Security-Policy script-src needs 'wasm-unsafe-eval' for WebAssembly.";

async function compileBytes(bytes: BufferSource, name: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw unsupported(
      isWebAssembly(bytes)
        ? `WebAssembly could not be compiled. ${forbidden}`
        : `${name} is not WebAssembly. Servers answer unknown paths with a page: check where sipreg.wasm is.`,
      cause,
    );
  }
}

/** No policy forbids to ask this. */
function isWebAssembly(bytes: BufferSource): boolean {
  try {
    return WebAssembly.validate(bytes);
  } catch {
    return false;
  }
}

function unsupported(message: string, cause?: unknown): RegistrationError {
  return new RegistrationError(message, { code: 'unsupported', cause });
}
