import type { Engine } from './engine.js';
import { endedError, type RegistrationError } from './errors.js';
import { emit, Emitter } from './events.js';
import { CallKind, Field, OutputKind } from './fields.js';
import {
  checkText,
  readCallOptions,
  readCredentials,
  readUpdateOptions,
  type RegistrationSettings,
  type Secrets,
} from './options.js';
import { Pending, rejected } from './promises.js';
import type { Result } from './results.js';
import type * as types from './types.js';

type Info = types.RegistrationInfo;
type Detail<K extends keyof types.RegistrationEventMap> = types.RegistrationEventMap[K]['detail'];

/** Why nothing goes any more. */
export type End = 'removed' | 'closed' | 'internal';

export type Flow = types.Registration['flows'][number];

/** A registration's properties, as the core states them, with what led to this when it comes with it. */
export interface Properties extends Pick<
  types.Registration,
  'state' | 'bound' | 'expiresAt' | 'refreshAt' | 'retryAt'
> {
  success: Result | null;
  failure: Result | null;
}

/** What the engine may do to a registration. Each function keeps the order properties, statechange, event, promise. */
export interface Internals {
  secrets(target: Registration): Secrets;
  /** A REGISTER was under way at some time, and may have made a binding: one that met a challenge has not. */
  mayBeBound(target: Registration): boolean;
  /** ... nor has one that was refused. */
  refused(target: Registration): void;
  change(target: Registration, properties: Properties): void;
  flowChanged(target: Registration, flow: Flow): void;
  /** One of the kinds that have an event. */
  happen(target: Registration, kind: OutputKind, attempt: number, result: Result): void;
  /** Why its calls are refused. */
  ended(target: Registration): End | null;
  /** The last change, or after a trap the last but one: at once no more calls, and no other events than returned news tell. */
  end(target: Registration, end: End, state: types.RegistrationState, cause?: unknown): () => void;
}

export let internals: Internals;

/** See types.ts. All state is private, so nothing of it shows when a registration is printed, serialised or cloned. */
export class Registration extends Emitter implements types.Registration {
  readonly #engine: Engine;
  readonly #id: number;
  readonly #aor: string;
  /** Several, or the reg-id of the only one: see Engine.flow. */
  #flows: readonly Flow[] | number;
  #secrets: Secrets;
  #state: types.RegistrationState = 'unregistered';
  #bound = false;
  #sent = false;
  #expiresAt: number | null = null;
  #refreshAt: number | null = null;
  #retryAt: number | null = null;
  #success: Result | null = null;
  #failure: Pick<Result, 'value'> | null = null;
  #waiters: Pending<Info>[] | null = null;
  #end: End | null = null;

  static {
    internals = {
      secrets: (target) => target.#secrets,
      mayBeBound: (target) => target.#sent && !target.#engine.isAsking(target),
      refused(target) {
        target.#sent = false;
      },
      flowChanged(target, flow) {
        if (typeof target.#flows !== 'object') return;
        target.#flows = target.#flows.map((each) => (each.regId === flow.regId ? flow : each));
      },
      change(target, properties) {
        if (target.#end === null) target.#change(properties);
      },
      happen(target, kind, attempt, result) {
        if (target.#end === null) target.#happen(kind, attempt, result);
      },
      ended: (target) => target.#end,
      end(target, end, state, cause) {
        target.#end = end;
        target.#secrets = null;
        target.#bound = false;
        target.#expiresAt = target.#refreshAt = target.#retryAt = null;
        const error = endedError(end, cause);
        if (state === 'failed') target.#failure = { value: error };
        const tell = target.#enter(state);
        return () => {
          tell();
          if (state === 'failed') emit(target, 'failed', () => error);
          for (const waiter of target.#takeWaiters()) waiter.reject(error);
        };
      },
    };
  }

  constructor(
    engine: Engine,
    id: number,
    settings: RegistrationSettings,
    flows: readonly Flow[] | number,
  ) {
    super();
    this.#engine = engine;
    this.#id = id;
    this.#aor = settings.aor;
    this.#flows = flows;
    this.#secrets = settings.secrets;
  }

  get id(): number {
    return this.#id;
  }

  get aor(): string {
    return this.#aor;
  }

  get state(): types.RegistrationState {
    return this.#state;
  }

  get bound(): boolean {
    return this.#bound;
  }

  get expiresAt(): number | null {
    return this.#expiresAt;
  }

  get refreshAt(): number | null {
    return this.#refreshAt;
  }

  get retryAt(): number | null {
    return this.#retryAt;
  }

  get info(): Info | null {
    return (this.#success?.value as Info | undefined) ?? null;
  }

  get lastError(): RegistrationError | null {
    return (this.#failure?.value as RegistrationError | undefined) ?? null;
  }

  get flows(): types.Registration['flows'] {
    if (typeof this.#flows === 'object') return this.#flows;
    const { flow, state } = this.#engine;
    const connected = flow.connected && state === 'connected'; // the core may be gone
    return [{ regId: this.#flows, url: flow.url, connected, expiresAt: this.#expiresAt }];
  }

  register(call?: types.CallOptions): Promise<Info> {
    return this.#call(CallKind.register, call) as Promise<Info>;
  }

  refresh(call?: types.CallOptions): Promise<Info> {
    return this.#call(CallKind.refresh, call) as Promise<Info>;
  }

  unregister(
    call?: Parameters<types.Registration['unregister']>[0],
  ): ReturnType<types.Registration['unregister']> {
    return this.#call(CallKind.unregister, call) as ReturnType<types.Registration['unregister']>;
  }

  query(call?: Omit<types.CallOptions, 'expires'>): Promise<types.Binding[]> {
    return this.#call(CallKind.query, call) as Promise<types.Binding[]>;
  }

  removeBinding(uri: string, call?: Omit<types.CallOptions, 'expires'>): Promise<types.Binding[]> {
    return this.#call(CallKind.removeBinding, call, uri) as Promise<types.Binding[]>;
  }

  whenRegistered(options?: { signal?: AbortSignal }): Promise<Info> {
    try {
      const { signal } = readCallOptions(options);
      this.#checkAlive();
      if (signal?.aborted) return rejected(signal.reason);
      if (this.#state === 'failed') return rejected(this.lastError);
      const waiter = new Pending<Info>(signal);
      const isRegistered = this.#state === 'registered' || this.#state === 'refreshing';
      const { info } = this;
      if (isRegistered && info !== null) {
        waiter.resolve(info);
      } else {
        this.#waiters = (this.#waiters ?? []).filter((each) => !each.settled);
        this.#waiters.push(waiter);
      }
      return waiter.promise;
    } catch (error) {
      return rejected(error);
    }
  }

  remove(): void {
    if (this.#state !== 'removed') this.#engine.remove(this);
  }

  declare [Symbol.dispose]: () => void;

  setCredentials(credentials: types.RegistrationOptions['credentials']): void {
    this.#checkAlive();
    const secrets = readCredentials(credentials);
    this.#engine.checkCredentials(secrets);
    this.#secrets = secrets;
    this.#engine.resetCredentials(this, secrets !== null);
  }

  update(options: Parameters<types.Registration['update']>[0]): void {
    this.#checkAlive();
    this.#engine.command('update', readUpdateOptions(options), this.#id);
  }

  openChannel(): types.Channel {
    this.#checkAlive();
    return this.#engine.openChannel(this);
  }

  #call(kind: CallKind, options: unknown, uri?: unknown): Promise<unknown> {
    try {
      const { signal, all, fields } = readCallOptions(options);
      if (kind === CallKind.removeBinding) {
        fields.push(Field.uri, checkText(uri, 'uri'));
      }
      this.#checkAlive();
      if (signal?.aborted) return rejected(signal.reason);
      const what = kind === CallKind.unregister && all ? CallKind.unregisterAll : kind;
      return this.#engine.call(this, what, fields, signal);
    } catch (error) {
      return rejected(error);
    }
  }

  #checkAlive(): void {
    if (this.#end !== null) throw endedError(this.#end);
  }

  #change(properties: Properties): void {
    this.#bound = properties.bound;
    this.#expiresAt = properties.expiresAt;
    this.#refreshAt = properties.refreshAt;
    this.#retryAt = properties.retryAt;
    if (properties.success !== null) this.#success = properties.success;
    if (properties.failure !== null) this.#failure = properties.failure;
    this.#enter(properties.state)();
  }

  /** Returns what tells of it. */
  #enter(state: types.RegistrationState): () => void {
    const previous = this.#state;
    this.#state = state;
    this.#sent ||= state === 'registering' || state === 'refreshing';
    return () => {
      if (state !== previous) emit(this, 'statechange', () => ({ state, previous }));
    };
  }

  #happen(kind: OutputKind, attempt: number, result: Result): void {
    switch (kind) {
      case OutputKind.registered:
      case OutputKind.refreshed:
        this.#success = result;
        emit(
          this,
          kind === OutputKind.registered ? 'registered' : 'refreshed',
          () => result.value as Info,
        );
        if (this.#end !== null) break; // removed by a listener
        for (const waiter of this.#takeWaiters()) waiter.resolve(result.value as Info);
        break;
      case OutputKind.failed:
        this.#failure = result;
        emit(this, 'failed', () => result.value as RegistrationError);
        for (const waiter of this.#takeWaiters()) waiter.reject(result.value);
        break;
      case OutputKind.retry:
        this.#failure = result;
        emit(this, 'retry', () => {
          const error = result.value as RegistrationError;
          return { attempt, retryAt: error.retryAt ?? 0, error };
        });
        break;
      case OutputKind.unregistered:
        emit(this, 'unregistered', () => result.value as Detail<'unregistered'>);
        break;
      case OutputKind.warning:
        emit(this, 'warning', () => result.value as Detail<'warning'>);
        break;
    }
  }

  #takeWaiters(): Pending<Info>[] {
    const waiters = this.#waiters ?? [];
    this.#waiters = null;
    return waiters;
  }
}

if (typeof Symbol.dispose === 'symbol') {
  Object.defineProperty(Registration.prototype, Symbol.dispose, {
    value(this: Registration) {
      this.remove();
    },
  });
}
