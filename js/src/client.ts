import { Engine, type Audience } from './engine.js';
import { RegistrationError } from './errors.js';
import { emit, Emitter } from './events.js';
import { Field } from './fields.js';
import { loadCore, type Source } from './load.js';
import {
  readClientOptions,
  readCloseOptions,
  readRegistrationOptions,
  type CloseSettings,
} from './options.js';
import { quiet, rejected, within } from './promises.js';
import { internals, type Registration } from './registration.js';
import { Station } from './station.js';
import { takeInstance, type Instance } from './storage.js';
import type * as types from './types.js';
import { watchHost, type HostEvent } from './wake.js';
import { defaultFactory } from './websocket.js';

/** createClient() with the WebAssembly that the entry brings along. */
export async function openClient(
  options: types.ClientOptions,
  bundled: () => Source,
): Promise<Client> {
  const settings = readClientOptions(options);
  const { platform } = settings;
  const [core, factory] = await Promise.all([
    loadCore(settings.wasm, bundled),
    settings.webSocket ?? defaultFactory(),
  ]);
  const instance = await takeInstance(settings.instanceId, settings.storage, platform);
  const entropy = platform.getRandomValues(new Uint8Array(32));
  settings.fields.push(Field.instanceId, instance.id, Field.entropy, entropy);
  const { snapshots } = instance;
  settings.fields.push(Field.snapshots, snapshots !== null);
  try {
    return new Client(
      (audience) =>
        new Engine(
          (listener) => new Station(core, platform, settings, factory, listener),
          snapshots,
          audience,
        ),
      platform,
      settings.servers.length,
      instance,
    );
  } catch (error) {
    instance.release();
    throw error;
  } finally {
    entropy.fill(0);
  }
}

/** See types.ts. */
export class Client extends Emitter implements types.Client {
  readonly #engine: Engine;
  readonly #platform: types.Platform;
  readonly #servers: number;
  readonly #instance: Instance;
  readonly #unwatch: () => void;
  /** Who listens to what the core tells only then, in the bubbling phase and in the capturing one. */
  readonly #listeners = {
    message: [new Set(), new Set()],
    request: [new Set(), new Set()],
  } as const;
  #closed: Promise<void> | null = null;

  constructor(
    start: (audience: Audience) => Engine,
    platform: types.Platform,
    servers: number,
    instance: Instance,
  ) {
    super();
    this.#platform = platform;
    this.#servers = servers;
    this.#instance = instance;
    this.#engine = start({
      connectionchange: (detail) => {
        emit(this, 'connectionchange', () => detail);
      },
      message: (detail) => {
        emit(this, 'message', () => detail);
      },
      request: (detail) => emit(this, 'request', () => detail, true),
    });
    // Weakly, or the host's events would keep a forgotten client.
    const self = new WeakRef(this);
    this.#unwatch = watchHost((event) => {
      const client = self.deref();
      if (client !== undefined) client.#hear(event);
    });
  }

  get connectionState(): types.ConnectionState {
    return this.#engine.state;
  }

  get registrations(): readonly Registration[] {
    return this.#engine.registrations;
  }

  get stats(): types.ClientStats {
    return this.#engine.statistics;
  }

  createRegistration(options: types.RegistrationOptions): Registration {
    return this.#engine.create(readRegistrationOptions(options, this.#servers));
  }

  register(
    options: types.RegistrationOptions,
    call?: types.CallOptions,
  ): Promise<types.Registration> {
    let registration: Registration;
    try {
      registration = this.createRegistration(options);
    } catch (error) {
      return rejected(error);
    }
    return quiet(
      registration.register(call).then(
        () => registration,
        (error: unknown) => {
          if (error instanceof RegistrationError) Reflect.deleteProperty(error, 'retryAt');
          discard(registration);
          throw error;
        },
      ),
    );
  }

  wake(): void {
    this.#engine.run('wake');
  }

  close(options?: { unregister?: boolean; timeoutMs?: number }): Promise<void> {
    try {
      return (this.#closed ??= quiet(this.#close(readCloseOptions(options))));
    } catch (error) {
      return rejected(error);
    }
  }

  declare [Symbol.asyncDispose]: () => Promise<void>;

  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
    this.#count('add', type, listener, options);
  }

  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener, options);
    this.#count('delete', type, listener, options);
  }

  #count(
    change: 'add' | 'delete',
    type: string,
    listener: unknown,
    options: boolean | EventListenerOptions | undefined,
  ): void {
    if (type !== 'message' && type !== 'request') return;
    const capture = typeof options === 'object' ? options.capture : options;
    const listeners = this.#listeners[type];
    listeners[capture ? 1 : 0][change](listener);
    const isHeard = listeners.some((each) => each.size > 0);
    this.#engine.run(type === 'message' ? 'setTrace' : 'setRequests', Number(isHeard));
  }

  #hear(event: HostEvent): void {
    switch (event) {
      case 'offline':
        this.#engine.run('offline');
        break;
      case 'restored':
        this.#engine.abandonSockets();
        this.wake();
        break;
      case 'awake':
        this.wake();
    }
  }

  async #close({ unregister, timeoutMs }: CloseSettings): Promise<void> {
    if (unregister) {
      const removals = this.registrations.map((each) => each.unregister());
      this.#engine.stopCalls();
      await within(this.#platform, Promise.allSettled(removals), timeoutMs);
    }
    this.#unwatch();
    await this.#engine.close();
    const { writing } = this.#engine;
    if (writing !== null) await within(this.#platform, writing, timeoutMs);
    this.#instance.release();
  }
}

if (typeof Symbol.asyncDispose === 'symbol') {
  Object.defineProperty(Client.prototype, Symbol.asyncDispose, {
    value(this: Client) {
      return this.close();
    },
  });
}

/**
 * Ends a registration whose register() failed or was aborted. A REGISTER that the registrar may have taken is taken back:
 * after a refusal there is nothing to take back.
 */
function discard(registration: Registration): void {
  if (!internals.mayBeBound(registration)) {
    registration.remove();
    return;
  }
  const remove = (): void => {
    registration.remove();
  };
  registration.unregister({ force: true }).then(remove, remove);
}
