import { Agent } from './agent.js';
import { Alarm } from './clock.js';
import { Connector, type FlowEvents } from './connector.js';
import { CredentialsDesk } from './credentials.js';
import { Dispatcher } from './dispatcher.js';
import { endedError } from './errors.js';
import { CallKind, OutputKind } from './fields.js';
import type { Core } from './load.js';
import type { ClientSettings, RegistrationSettings, Secrets } from './options.js';
import { Pending, rejected } from './promises.js';
import { internals, Registration, type End } from './registration.js';
import type { Endpoint } from './server.js';
import { Failure, type Outputs, type Properties, type Result } from './outputs.js';
import type { FieldList, Frame } from './session.js';
import type * as types from './types.js';
import type { SocketFactory } from './websocket.js';

type Details<K extends keyof types.ClientEventMap> = types.ClientEventMap[K]['detail'];

/** Who is told of what is not about one registration. */
export interface Audience {
  connectionchange(detail: Details<'connectionchange'>): void;
  message(detail: Details<'message'>): void;
}

/** A call under way. */
interface Operation {
  caller: Pending<unknown>;
  givesBindings: boolean;
}

/**
 * Moves frames, timers and news between the core and the world; see Dispatcher for the order. Its methods take checked
 * options.
 */
export class Engine implements Outputs, FlowEvents {
  state: types.ConnectionState = 'disconnected';
  url: string;
  readonly #audience: Audience;
  readonly #agent: Agent;
  readonly #connector: Connector;
  readonly #alarm: Alarm;
  readonly #dispatcher = new Dispatcher();
  readonly #desk: CredentialsDesk;
  readonly #registrations = new Map<number, Registration>();
  readonly #operations = new Map<number, Operation>();
  #lastOperation = 0;
  #end: End | null = null;
  /** The last change of a registration's properties in the batch that the core is handing out. */
  #change: { id: number; properties: Properties } | null = null;

  /** Throws a TypeError for an option that the core refuses. */
  constructor(
    core: Core,
    platform: types.Platform,
    settings: ClientSettings,
    factory: SocketFactory,
    audience: Audience,
  ) {
    this.#audience = audience;
    this.#connector = new Connector(settings, factory, platform, this);
    this.url = this.#connector.url(0);
    this.#desk = new CredentialsDesk((id, challenge, fields) => {
      try {
        this.#agent.provideCredentials(id, challenge, fields);
      } finally {
        this.#run();
      }
    });
    this.#alarm = new Alarm(platform, () => {
      this.#agent.advance();
      this.#run();
    });
    this.#agent = new Agent(core, platform, this, (error) => {
      this.#trapped(error);
    });
    try {
      this.#agent.configure(settings.fields);
    } catch (error) {
      this.#agent.close();
      throw error;
    }
  }

  get registrations(): Registration[] {
    return [...this.#registrations.values()];
  }

  get statistics(): types.ClientStats {
    return this.#agent.statistics;
  }

  // ----------------------------------------------------------------------------------------------------- commands

  create(settings: RegistrationSettings): Registration {
    if (this.#end !== null) throw endedError(this.#end);
    this.checkCredentials(settings.secrets);
    const id = this.#agent.create(settings.fields);
    const registration = new Registration(this, id, settings);
    this.#registrations.set(id, registration);
    return registration;
  }

  call(
    target: Registration,
    kind: CallKind,
    fields: FieldList,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (this.#end !== null) return rejected(endedError(this.#end));
    const caller = new Pending<unknown>(signal);
    const operation = ++this.#lastOperation;
    this.#operations.set(operation, { caller, givesBindings: kind >= CallKind.query });
    try {
      this.#agent.call(target.id, operation, kind, fields);
    } catch (error) {
      this.#operations.delete(operation);
      caller.reject(error);
    }
    this.#run();
    return caller.promise;
  }

  remove(target: Registration): void {
    this.#desk.dismiss(target.id);
    this.#registrations.delete(target.id);
    this.#agent.remove(target.id);
    internals.end(target, 'removed', 'removed');
    this.#run();
  }

  update(target: Registration, fields: FieldList): void {
    this.#agent.update(target.id, fields);
    this.#run();
  }

  /** Throws a TypeError for malformed ones. */
  checkCredentials(secrets: Secrets): void {
    if (Array.isArray(secrets)) this.#agent.checkCredentials(secrets);
  }

  resetCredentials(target: Registration, available: boolean): void {
    this.#agent.resetCredentials(target.id, available);
    this.#run();
  }

  setTrace(on: boolean): void {
    this.#agent.setTrace(on);
  }

  wake(): void {
    this.#agent.wake();
    this.#run();
  }

  /** Refuses calls from now on, those of close() itself excepted. */
  stopCalls(): void {
    this.#end ??= 'closed';
  }

  /** Ends everything. Resolves when the sockets are closed or given up. */
  async close(): Promise<void> {
    this.stopCalls();
    this.#agent.close();
    this.#run();
    this.#alarm.set(-1);
    this.#registrations.clear();
    await this.#connector.close();
  }

  #run(): void {
    this.#change = null;
    if (this.#dispatcher.run()) this.#alarm.set(this.#agent.deadline);
  }

  // ------------------------------------------------------------------------------------------------ from the sockets

  flowOpened(flow: number, endpoint: Endpoint, subprotocol: boolean): void {
    this.#agent.opened(flow, endpoint.secure, endpoint.loopback, subprotocol);
    this.#run();
  }

  flowReceived(flow: number, frame: Frame): void {
    this.#agent.receive(flow, frame);
    this.#run();
  }

  flowLost(flow: number, code: number): void {
    this.#agent.lost(flow, code);
    this.#run();
  }

  // --------------------------------------------------------------------------------------------------- from the core

  connect(flow: number, server: number): void {
    this.#dispatcher.act(() => {
      this.#connector.connect(flow, server);
    });
  }

  disconnect(flow: number): void {
    this.#dispatcher.act(() => {
      this.#connector.disconnect(flow);
    });
  }

  transmit(flow: number, frame: Frame): void {
    this.#dispatcher.act(() => {
      this.#connector.send(flow, frame);
    });
  }

  trace(flow: number, incoming: boolean, data: string): void {
    const url = this.#connector.urlOf(flow);
    this.#dispatcher.tell(() => {
      this.#audience.message({ direction: incoming ? 'in' : 'out', data, url });
    });
  }

  connection(state: types.ConnectionState, server: number, code: number, retryAt: number): void {
    const { reason } = this.#connector;
    this.#dispatcher.tell(() => {
      const url = this.#connector.url(server);
      this.state = state;
      this.url = url;
      const detail: Details<'connectionchange'> = { state, url };
      if (code !== 0) detail.code = code;
      if (code !== 0 && reason !== '') detail.reason = reason;
      if (retryAt !== 0) detail.retryAt = retryAt;
      this.#audience.connectionchange(detail);
    });
  }

  registration(id: number, properties: Properties): void {
    const target = this.#registrations.get(id);
    if (target === undefined) return;
    this.#change = { id, properties };
    this.#dispatcher.tell(() => {
      if (properties.state === 'removed') internals.end(target, 'closed', 'removed');
      else internals.change(target, properties);
    });
  }

  happened(kind: OutputKind, id: number, reference: number, result: Result): void {
    const target = this.#registrations.get(id);
    if (kind === OutputKind.credentialsWanted) {
      if (target !== undefined) this.#wanted(target, reference, result);
      return;
    }
    this.#desk.dismiss(id);
    const change = this.#change?.id === id ? this.#change.properties : null;
    if (kind <= OutputKind.refreshed) {
      if (change !== null) change.success = result;
    } else if (result instanceof Failure && !result.isOwnDoing) {
      this.#explain(id, result);
      if (change !== null) change.failure = result;
    }
    if (kind >= OutputKind.operationDone) {
      this.#settle(kind, reference, result);
    } else if (target !== undefined) {
      this.#dispatcher.tell(() => {
        internals.happen(target, kind, reference, result);
      });
    }
  }

  #wanted(target: Registration, challenge: number, result: Result): void {
    const secrets = internals.secrets(target);
    if (typeof secrets === 'function') {
      this.#dispatcher.tell(() => {
        this.#desk.ask(target.id, challenge, result.value as types.ChallengeInfo, secrets);
      });
    } else {
      this.#dispatcher.act(() => {
        this.#agent.provideCredentials(target.id, challenge, secrets ?? []);
      });
    }
  }

  #settle(kind: OutputKind, id: number, result: Result): void {
    const operation = this.#operations.get(id);
    if (operation === undefined) return;
    this.#operations.delete(id);
    this.#dispatcher.tell(() => {
      const { caller, givesBindings } = operation;
      if (caller.settled) return;
      if (kind === OutputKind.operationFailed) caller.reject(result.value);
      else if (givesBindings) caller.resolve((result.value as types.RegistrationInfo).bindings);
      else caller.resolve(result.value);
    });
  }

  /** Adds what only the host knows. */
  #explain(id: number, failure: Failure): void {
    const { lostUrl, reason, cause } = this.#connector;
    failure.cause ??= this.#desk.takeCause(id);
    if (!failure.isTransport) return;
    const where = [lostUrl, reason].filter(Boolean).join(': ');
    if (where) failure.note = ` (${where})`;
    failure.cause ??= cause;
  }

  /** The core is dead, and nothing that it knew can be trusted. */
  #trapped(cause: unknown): void {
    this.#end = 'internal';
    this.#alarm.set(-1);
    void this.#connector.close();
    const operations = [...this.#operations.values()];
    this.#operations.clear();
    this.#dispatcher.tell(() => {
      this.state = 'closed';
      this.#audience.connectionchange({ state: 'closed', url: this.url });
      for (const [id, target] of this.#registrations) {
        this.#desk.dismiss(id);
        internals.end(target, 'internal', 'failed', cause);
      }
      for (const { caller } of operations) {
        if (!caller.settled) caller.reject(endedError('internal', cause));
      }
    });
    this.#run();
  }
}
