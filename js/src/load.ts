import createCore, { type CoreModule } from 'sipreg:core';
import { optionError, RegistrationError } from './errors.js';
import type { ClientOptions } from './types.js';

export type { Bridge } from 'sipreg:core';

type Source = ClientOptions['wasm'];

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

/** Instances by what they were made of: a URL (the inlined copy has none), or an object. */
const byUrl = new Map<string, Promise<Core>>();
const byObject = new WeakMap<object, Promise<Core>>();

/**
 * Loads the core from `source`, or from `inlined` base64 where that is undefined. One source gives one instance; a failed
 * load is tried again by the next call. Rejects with a TypeError for a source that is none, else with code 'unsupported'.
 */
export function loadCore(source: Source, inlined: string): Promise<Core> {
  const key = source instanceof URL ? source.href : (source ?? '');
  const loaded: {
    get(key: unknown): Promise<Core> | undefined;
    set(key: unknown, core: Promise<Core>): unknown;
    delete(key: unknown): unknown;
  } = typeof key === 'object' ? byObject : byUrl;
  let core = loaded.get(key);
  if (core === undefined) {
    const forget = (): void => void loaded.delete(key);
    core = start(source, inlined, forget);
    core.catch(forget);
    loaded.set(key, core);
  }
  return core;
}

async function start(source: Source, inlined: string, forget: () => void): Promise<Core> {
  if (typeof WebAssembly !== 'object') {
    throw unsupported('This host has no WebAssembly, which sipreg needs.');
  }
  const module = await compile(source, inlined);
  try {
    return new Core(await instantiate(module), forget);
  } catch (cause) {
    throw unsupported("The WebAssembly given is not this version's sipreg.wasm.", cause);
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

async function compile(source: Source, inlined: string): Promise<WebAssembly.Module> {
  const kind = Object.prototype.toString.call(source);
  if (kind === '[object WebAssembly.Module]') return source as WebAssembly.Module;
  const bytes = source === undefined ? decodeBase64(inlined) : await bytesOf(source);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw unsupported(
      "WebAssembly could not be compiled. Under a Content-Security-Policy script-src needs 'wasm-unsafe-eval'.",
      cause,
    );
  }
}

async function bytesOf(source: NonNullable<Source>): Promise<BufferSource> {
  if (typeof source === 'string' || source instanceof URL) return download(source);
  if (typeof source === 'object') {
    if (ArrayBuffer.isView(source)) return source as ArrayBufferView<ArrayBuffer>;
    if ('byteLength' in source) return source;
    if ('arrayBuffer' in source) return read(source as Response);
  }
  throw optionError('wasm', 'give bytes, a WebAssembly.Module, a Response or a URL');
}

async function download(url: string | URL): Promise<ArrayBuffer> {
  try {
    return await read(await fetch(url));
  } catch (cause) {
    if (cause instanceof RegistrationError) throw cause;
    throw unsupported(`${url} could not be fetched; option wasm takes the bytes too.`, cause);
  }
}

async function read(response: Response): Promise<ArrayBuffer> {
  if (!response.ok) {
    throw unsupported(`${response.url} gave HTTP status ${response.status}; check option wasm.`);
  }
  return response.arrayBuffer();
}

function decodeBase64(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function unsupported(message: string, cause?: unknown): RegistrationError {
  return new RegistrationError(message, { code: 'unsupported', cause });
}
