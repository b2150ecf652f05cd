import type { Call } from './agent.js';
import { Link, type ChannelOwner } from './channel.js';
import { CredentialsDesk } from './credentials.js';
import { Dispatcher } from './dispatcher.js';
import { endedError, RegistrationError } from './errors.js';
import { CallKind, connectionStates, Field, OutputKind, registrationStates } from './fields.js';
import { checkText, readAnswer, type RegistrationSettings, type Secrets } from './options.js';
import { Pending, rejected } from './promises.js';
import { internals, Registration, type End, type Flow, type Properties } from './registration.js';
import { Failure, type Result } from './results.js';
import type { FieldList, Frame, Output } from './session.js';
import type { Snapshots } from './snapshots.js';
import type { Backend, Listener } from './station.js';
import type * as types from './types.js';

type Details<K extends keyof types.ClientEventMap> = types.ClientEventMap[K]['detail'];

/** Who is told of what is not about one registration. */
export interface Audience {
  connectionchange(detail: Details<'connectionchange'>): void;
  message(detail: Details<'message'>): void;
  /** True when somebody took it. */
  request(detail: types.IncomingRequest): boolean;
}

/** A call under way. */
interface Operation {
  caller: Pending<unknown>;
  target: Registration;
  givesBindings: boolean;
}

/**
 * Turns what the core says into news for listeners and callers; see Dispatcher for the order. Its methods take checked
 * options.
 */
export class Engine implements Listener, ChannelOwner {
  readonly dispatcher = new Dispatcher();
  state: types.ConnectionState = 'disconnected';
  /** What registrations with one flow have in common. */
  flow: Pick<Flow, 'url' | 'connected'>;
  readonly #audience: Audience;
  readonly #snapshots: Snapshots | null;
  readonly #backend: Backend;
  readonly #desk: CredentialsDesk;
  readonly #registrations = new Map<number, Registration>();
  readonly #operations = new Map<number, Operation>();
  #lastOperation = 0;
  readonly #links = new Map<number, Link>();
  #lastLink = 0;
  #end: End | null = null;
  /** The last change of a registration's properties in the batch that the core is handing out. */
  #change: { id: number; properties: Properties } | null = null;

  /** Throws what `start` throws. */
  constructor(
    start: (listener: Listener) => Backend,
    snapshots: Snapshots | null,
    audience: Audience,
  ) {
    this.#audience = audience;
    this.#snapshots = snapshots;
    this.#desk = new CredentialsDesk((id, challenge, fields) => {
      this.#provide(id, challenge, fields);
    });
    this.#backend = start(this);
    this.flow = { url: this.#backend.connector.url(0), connected: false };
  }

  get registrations(): Registration[] {
    return [...this.#registrations.values()];
  }

  get statistics(): types.ClientStats {
    return this.#backend.agent.statistics;
  }

  /** See Snapshots. */
  get writing(): Promise<void> | null {
    return this.#snapshots?.writing ?? null;
  }

  // ----------------------------------------------------------------------------------------------------- commands

  /** A call of the core that cannot be refused. */
  run(call: Call, ...rest: number[]): void {
    this.#backend.agent.run(call, [], ...rest);
    this.#backend.settle();
  }

  /** One that can: throws the refusal, a TypeError for a malformed option. */
  command(call: Call, input: FieldList | Frame, ...rest: number[]): number {
    try {
      return this.#backend.agent.command(call, input, ...rest);
    } finally {
      this.#backend.settle();
    }
  }

  /** Throws the refusal, as command() does. */
  create(settings: RegistrationSettings): Registration {
    if (this.#end !== null) throw endedError(this.#end);
    this.checkCredentials(settings.secrets);
    const { account } = settings;
    for (const each of this.#snapshots?.of(account, settings.flows) ?? []) {
      settings.fields.push(Field.snapshot, each);
    }
    const backend = this.#backend;
    const id = this.command('create', settings.fields);
    const regId = backend.agent.run('regId', [], id);
    const several = Array.from({ length: settings.flows }, (_, i): Flow => {
      const url = backend.connector.url(i);
      return { regId: regId + i, url, connected: false, expiresAt: null };
    });
    const registration = new Registration(this, id, settings, several.length > 1 ? several : regId);
    this.#registrations.set(id, registration);
    this.#snapshots?.own(id, account);
    return registration;
  }

  /** Begins an operation; rejects with the refusal. */
  call(
    target: Registration,
    kind: CallKind,
    fields: FieldList,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (this.#end !== null) return rejected(endedError(this.#end));
    const caller = new Pending<unknown>(signal);
    const operation = ++this.#lastOperation;
    this.#operations.set(operation, { caller, target, givesBindings: kind >= CallKind.query });
    try {
      this.command('call', fields, target.id, operation, kind);
    } catch (error) {
      this.#operations.delete(operation);
      caller.reject(error);
    }
    return caller.promise;
  }

  remove(target: Registration): void {
    const { id } = target;
    this.#desk.dismiss(id);
    this.#registrations.delete(id);
    this.#snapshots?.disown(id);
    this.dispatcher.tell(this.#finish(target, 'removed', 'removed'));
    this.run('remove', id);
  }

  openChannel({ id }: Registration): types.Channel {
    const link = new Link(++this.#lastLink, id, this);
    this.#links.set(link.id, link);
    this.command('openChannel', [], id, link.id);
    link.isNew = false;
    return link.channel;
  }

  send({ id }: Link, message: string): void {
    this.command('send', checkText(message, 'message'), id);
  }

  detach({ id }: Link): void {
    this.#links.delete(id);
    this.run('closeChannel', id);
  }

  /** Forgets what was learnt from the old ones; the new ones answer what is being asked. */
  resetCredentials({ id }: Registration, available: boolean): void {
    this.#desk.dismiss(id);
    this.run('resetCredentials', id, Number(available));
  }

  /** Whether its function was asked for credentials and has not answered yet. */
  isAsking({ id }: Registration): boolean {
    return this.#desk.isAsking(id);
  }

  checkCredentials(secrets: Secrets): void {
    if (!Array.isArray(secrets)) return;
    this.command('checkCredentials', secrets);
  }

  /** Takes every open socket for lost: the page was put aside, and what became of them was not told. */
  abandonSockets(): void {
    this.#backend.connector.abandon('the page comes from the back/forward cache');
  }

  /** Refuses calls from now on. */
  stopCalls(): void {
    this.#end ??= 'closed';
  }

  /** Ends everything. Resolves when the sockets are closed or given up. */
  async close(): Promise<void> {
    this.stopCalls();
    const closed = this.#backend.close();
    // A core that is dead said nothing of them.
    for (const target of this.#registrations.values())
      this.dispatcher.tell(() => {
        if (internals.ended(target) === 'internal') this.#finish(target, 'closed', 'removed')();
      });
    this.#registrations.clear();
    this.#backend.settle();
    await closed;
  }

  /** An empty list says that there are none. Throws a TypeError for malformed ones; too late is no error. */
  #provide(id: number, challenge: number, fields: FieldList): void {
    try {
      this.command('provideCredentials', fields, id, challenge);
    } catch (error) {
      if (error instanceof TypeError) throw error;
    }
  }

  // --------------------------------------------------------------------------------------------------- from the core

  handle(output: Output, content: Frame | Result): void {
    const { kind, flow } = output;
    const { dispatcher } = this;
    const { connector } = this.#backend;
    switch (kind) {
      case OutputKind.trace: {
        const direction = output.flag ? 'in' : 'out';
        const url = connector.urlOf(flow);
        dispatcher.tell(() => {
          this.#audience.message({ direction, data: content as string, url });
        });
        break;
      }
      case OutputKind.connection:
        this.#connectionChanged(output, connector.reason);
        break;
      case OutputKind.registration:
        this.#registrationChanged(output);
        break;
      case OutputKind.snapshot:
        this.#snapshots?.keep(output.registration, output.reference, content as string);
        break;
      case OutputKind.flow:
        this.#flowChanged(output);
        break;
      case OutputKind.channel:
        this.#channelChanged(output, content as string);
        break;
      case OutputKind.channelMessage: {
        const link = this.#links.get(output.reference);
        dispatcher.tell(() => link?.receive(content as string));
        break;
      }
      case OutputKind.request:
        this.#requested(output, content as Result);
        break;
      case OutputKind.credentialsSettled:
        dispatcher.tell(() => {
          this.#desk.dismiss(output.registration);
        });
        break;
      default:
        this.#happened(output, content as Result);
    }
  }

  settled(): void {
    this.#change = null;
  }

  #connectionChanged({ reference, flow, code, x }: Output, reason: string): void {
    this.dispatcher.tell(() => {
      const state = connectionStates[code] ?? 'closed';
      const url = this.#backend.connector.url(reference);
      this.state = state;
      const detail: Details<'connectionchange'> = { state, url };
      if (flow !== 0) {
        detail.code = flow;
        if (reason !== '') detail.reason = reason;
      }
      if (x !== 0) detail.retryAt = x;
      this.#audience.connectionchange(detail);
    });
  }

  #registrationChanged({ registration: id, code, flag, x, y, z }: Output): void {
    const target = this.#registrations.get(id);
    if (target === undefined) return;
    const properties: Properties = {
      state: registrationStates[code] ?? 'failed',
      bound: flag,
      expiresAt: x || null,
      refreshAt: y || null,
      retryAt: z || null,
      success: null,
      failure: null,
    };
    this.#change = { id, properties };
    this.dispatcher.tell(() => {
      if (properties.state !== 'removed') internals.change(target, properties);
      else if (internals.ended(target) === null) this.#finish(target, 'closed', 'removed')();
    });
  }

  /** One of a registration that has several, or the one that the others have in common. */
  #flowChanged({ registration: id, reference: regId, code, flag: connected, x }: Output): void {
    const target = this.#registrations.get(id);
    const url = this.#backend.connector.url(code);
    this.dispatcher.tell(() => {
      if (id === 0) this.flow = { url, connected };
      if (target === undefined) return;
      internals.flowChanged(target, { regId, url, connected, expiresAt: x || null });
    });
  }

  /** Its properties are there before the news that led to them; that it is open, in its turn. */
  #channelChanged({ reference, flow, code }: Output, properties: string): void {
    const link = this.#links.get(reference);
    if (link === undefined) return;
    link.url = this.#backend.connector.url(code);
    link.properties = properties.split('\n');
    const isOpen = flow !== 0;
    if (link.isNew) {
      link.open = isOpen;
      return;
    }
    const message = `The connection to the server was lost.${this.#whereLost}`;
    this.dispatcher.tell(() => {
      const details = { code: 'transport', retryable: true } as const;
      link.change(isOpen, () => new RegistrationError(message, details));
    });
  }

  /** The core waits for the answer, but not for ever; nothing answers an ACK, which has no number. */
  #requested({ registration, reference: id }: Output, result: Result): void {
    const request: types.IncomingRequest = {
      ...(result.value as Omit<types.IncomingRequest, 'registration' | 'respond'>),
      registration: this.#registrations.get(registration) ?? null,
      respond: (status, reason, headers, body) => {
        const answer = readAnswer({ status, reason, headers, body });
        if (this.#end !== null) throw endedError(this.#end);
        this.command('respond', answer, id);
      },
    };
    this.dispatcher.tell(() => {
      if (!this.#audience.request(request) && id !== 0) this.run('respond', id);
    });
  }

  #happened(output: Output, result: Result): void {
    const { kind, registration: id, reference } = output;
    const target = this.#registrations.get(id);
    if (kind === OutputKind.credentialsWanted) {
      if (target !== undefined) this.#wanted(target, reference, result);
      return;
    }
    const change = this.#change?.id === id ? this.#change.properties : null;
    if (kind <= OutputKind.refreshed) {
      if (change !== null) change.success = result;
    } else if (result instanceof Failure && !result.isOwnDoing) {
      this.#explain(id, result);
      if (change !== null) change.failure = result;
    }
    if (kind >= OutputKind.operationDone) {
      this.#operationEnded(output, result);
    } else if (target !== undefined) {
      this.dispatcher.tell(() => {
        internals.happen(target, kind, reference, result);
      });
    }
  }

  #wanted(target: Registration, challenge: number, result: Result): void {
    const { id } = target;
    const secrets = internals.secrets(target);
    if (typeof secrets === 'function') {
      this.dispatcher.tell(() => {
        this.#desk.ask(id, challenge, result.value as types.ChallengeInfo, secrets);
      });
    } else {
      this.dispatcher.act(() => {
        this.#provide(id, challenge, secrets ?? []);
      });
    }
  }

  #operationEnded({ kind, reference: id, flag }: Output, result: Result): void {
    const operation = this.#operations.get(id);
    if (operation === undefined) return;
    this.#operations.delete(id);
    this.dispatcher.tell(() => {
      const { caller, target, givesBindings } = operation;
      const hasFailed = kind === OutputKind.operationFailed;
      if (hasFailed && !givesBindings && !flag) internals.refused(target);
      const end = internals.ended(target);
      if (caller.settled) return;
      if (hasFailed) caller.reject(result.value);
      else if (end !== null) caller.reject(endedError(end));
      else if (givesBindings) caller.resolve((result.value as types.RegistrationInfo).bindings);
      else caller.resolve(result.value);
    });
  }

  /** Adds what only the host knows. */
  #explain(id: number, failure: Failure): void {
    const { cause } = this.#backend.connector;
    failure.cause ??= this.#desk.takeCause(id);
    if (failure.cause instanceof TypeError && 'option' in failure.cause) {
      failure.note = ` (${failure.cause.message})`; // our own words about what the function gave
    }
    if (!failure.isTransport) return;
    if (this.#whereLost) failure.note = this.#whereLost;
    failure.cause ??= cause;
  }

  get #whereLost(): string {
    const { lostUrl, reason } = this.#backend.connector;
    const where = [lostUrl, reason].filter(Boolean).join(': ');
    return where && ` (${where})`;
  }

  /** The last change of a registration, and of its channels. Returns the news of it. */
  #finish(
    target: Registration,
    end: End,
    state: types.RegistrationState,
    cause?: unknown,
  ): () => void {
    const tell = internals.end(target, end, state, cause);
    const links = [...this.#links.values()].filter((each) => each.registration === target.id);
    for (const link of links) {
      this.#links.delete(link.id);
      link.stop(endedError(end, cause));
    }
    return () => {
      tell();
      for (const link of links) link.tellEnd();
    };
  }

  /** The core is dead, and nothing that it knew can be trusted; or it ends by close() and is too far away to say so. */
  trapped(cause?: unknown): void {
    const end = (this.#end ??= 'internal');
    const last = end === 'internal' ? 'failed' : 'removed';
    const operations = [...this.#operations.values()];
    this.#operations.clear();
    const { registrations } = this;
    this.dispatcher.tell(() => {
      this.state = 'closed';
      this.#audience.connectionchange({ state: 'closed', url: this.flow.url });
      for (const target of registrations) {
        if (internals.ended(target) !== null) continue; // by a listener of one before it
        this.#desk.dismiss(target.id);
        this.#finish(target, end, last, cause)();
      }
      for (const { caller } of operations) {
        if (!caller.settled) caller.reject(endedError(end, cause));
      }
    });
  }
}
