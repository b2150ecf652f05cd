import { Agent, type Call } from './agent.js';
import { Alarm } from './clock.js';
import { Connector, type FlowEvents } from './connector.js';
import { CredentialsDesk } from './credentials.js';
import { Dispatcher } from './dispatcher.js';
import { endedError } from './errors.js';
import { CallKind, connectionStates, Field, OutputKind, registrationStates } from './fields.js';
import type { Core } from './load.js';
import type { ClientSettings, RegistrationSettings, Secrets } from './options.js';
import { Pending, rejected } from './promises.js';
import { internals, Registration, type End, type Flow, type Properties } from './registration.js';
import type { Endpoint } from './server.js';
import { Failure, type Result } from './results.js';
import type { FieldList, Frame, Output } from './session.js';
import type { Snapshots } from './snapshots.js';
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
export class Engine implements FlowEvents {
  state: types.ConnectionState = 'disconnected';
  url: string;
  readonly #audience: Audience;
  readonly #snapshots: Snapshots | null;
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
    snapshots: Snapshots | null,
    audience: Audience,
  ) {
    this.#audience = audience;
    this.#snapshots = snapshots;
    this.#connector = new Connector(settings, factory, platform, this);
    this.url = this.#connector.url(0);
    this.#desk = new CredentialsDesk((id, challenge, fields) => {
      this.#provide(id, challenge, fields);
    });
    this.#alarm = new Alarm(platform, () => {
      this.#run((bridge, _, monotonic, wall) => {
        bridge.advance(monotonic, wall);
      });
    });
    this.#agent = new Agent(
      core,
      platform,
      (output, content) => {
        this.#handle(output, content);
      },
      (error) => {
        this.#trapped(error);
      },
    );
    try {
      this.#agent.command((bridge, size) => bridge.configure(size), settings.fields);
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

  /** Throws the refusal, a TypeError for a malformed option; so do the other commands. */
  create(settings: RegistrationSettings): Registration {
    if (this.#end !== null) throw endedError(this.#end);
    this.checkCredentials(settings.secrets);
    const { account } = settings;
    for (const each of this.#snapshots?.of(account, settings.flows) ?? []) {
      settings.fields.push(Field.snapshot, each);
    }
    let id = 0;
    let regId = 0;
    this.#command((bridge, size) => {
      id = bridge.create(size);
      regId = bridge.regId(id);
    }, settings.fields);
    const several = Array.from({ length: settings.flows }, (_, i): Flow => {
      return { regId: regId + i, url: this.#connector.url(i), connected: false, expiresAt: null };
    });
    const registration = new Registration(this, id, settings, several.length > 1 ? several : regId);
    this.#registrations.set(id, registration);
    this.#snapshots?.own(id, account);
    return registration;
  }

  /** Begins an operation; rejects with the refusal. */
  call(
    { id }: Registration,
    kind: CallKind,
    fields: FieldList,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (this.#end !== null) return rejected(endedError(this.#end));
    const caller = new Pending<unknown>(signal);
    const operation = ++this.#lastOperation;
    this.#operations.set(operation, { caller, givesBindings: kind >= CallKind.query });
    try {
      this.#command(
        (bridge, size, monotonic, wall) => bridge.call(size, monotonic, wall, id, operation, kind),
        fields,
      );
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
    this.#agent.run((bridge, _, monotonic, wall) => bridge.remove(monotonic, wall, id));
    internals.end(target, 'removed', 'removed');
    this.#settle();
  }

  update({ id }: Registration, fields: FieldList): void {
    this.#command((bridge, size) => bridge.update(size, id), fields);
  }

  checkCredentials(secrets: Secrets): void {
    if (!Array.isArray(secrets)) return;
    this.#command((bridge, size) => bridge.checkCredentials(size), secrets);
  }

  /** Forgets what was learnt from the old ones. */
  resetCredentials({ id }: Registration, available: boolean): void {
    this.#run((bridge) => bridge.resetCredentials(id, Number(available)));
  }

  setTrace(on: boolean): void {
    this.#run((bridge) => {
      bridge.setTrace(Number(on));
    });
  }

  wake(): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.wake(monotonic, wall);
    });
  }

  offline(): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.offline(monotonic, wall);
    });
  }

  /** Takes every open socket for lost: the page was put aside, and what became of them was not told. */
  abandonSockets(): void {
    this.#connector.abandon('the page comes from the back/forward cache');
  }

  /** Refuses calls from now on. */
  stopCalls(): void {
    this.#end ??= 'closed';
  }

  /** Ends everything. Resolves when the sockets are closed or given up. */
  async close(): Promise<void> {
    this.stopCalls();
    this.#agent.close();
    this.#settle();
    this.#alarm.set(-1);
    this.#registrations.clear();
    await this.#connector.close();
  }

  #run(call: Call): void {
    this.#agent.run(call);
    this.#settle();
  }

  #command(call: Call, fields: FieldList): void {
    try {
      this.#agent.command(call, fields);
    } finally {
      this.#settle();
    }
  }

  /** Does and tells what the agent has handed out. */
  #settle(): void {
    this.#change = null;
    if (this.#dispatcher.run()) this.#alarm.set(this.#agent.deadline);
  }

  /** An empty list says that there are none. Throws a TypeError for malformed ones; too late is no error. */
  #provide(id: number, challenge: number, fields: FieldList): void {
    try {
      this.#command(
        (bridge, size, monotonic, wall) =>
          bridge.provideCredentials(size, monotonic, wall, id, challenge),
        fields,
      );
    } catch (error) {
      if (error instanceof TypeError) throw error;
    }
  }

  // ------------------------------------------------------------------------------------------------ from the sockets

  flowOpened(flow: number, endpoint: Endpoint, subprotocol: boolean): void {
    const { secure, loopback } = endpoint;
    const flags = [Number(secure), Number(loopback), Number(subprotocol)] as const;
    this.#run((bridge, _, monotonic, wall) => {
      bridge.opened(monotonic, wall, flow, ...flags);
    });
  }

  flowReceived(flow: number, frame: Frame): void {
    this.#agent.receive(flow, frame);
    this.#settle();
  }

  flowLost(flow: number, code: number): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.lost(monotonic, wall, flow, code);
    });
  }

  // --------------------------------------------------------------------------------------------------- from the core

  #handle(output: Output, content: Frame | Result): void {
    const { kind, flow, code } = output;
    const connector = this.#connector;
    switch (kind) {
      case OutputKind.connect:
        this.#dispatcher.act(() => {
          connector.connect(flow, code);
        });
        break;
      case OutputKind.disconnect:
        this.#dispatcher.act(() => {
          connector.disconnect(flow);
        });
        break;
      case OutputKind.transmit:
        this.#dispatcher.act(() => {
          connector.send(flow, content as Frame);
        });
        break;
      case OutputKind.trace: {
        const direction = output.flag ? 'in' : 'out';
        const url = connector.urlOf(flow);
        this.#dispatcher.tell(() => {
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
      default:
        this.#happened(output, content as Result);
    }
  }

  #connectionChanged({ reference, flow, code, x }: Output, reason: string): void {
    this.#dispatcher.tell(() => {
      const state = connectionStates[code] ?? 'closed';
      const url = this.#connector.url(reference);
      this.state = state;
      this.url = url;
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
    this.#dispatcher.tell(() => {
      if (properties.state === 'removed') internals.end(target, 'closed', 'removed');
      else internals.change(target, properties);
    });
  }

  /** One of a registration that has several; the others' one flow is the connection. */
  #flowChanged({ registration: id, reference: regId, code, flag: connected, x }: Output): void {
    const target = this.#registrations.get(id);
    if (target === undefined) return;
    const url = this.#connector.url(code);
    this.#dispatcher.tell(() => {
      internals.flowChanged(target, { regId, url, connected, expiresAt: x || null });
    });
  }

  #happened({ kind, registration: id, reference }: Output, result: Result): void {
    const target = this.#registrations.get(id);
    if (kind === OutputKind.credentialsWanted) {
      if (target !== undefined) this.#wanted(target, reference, result);
      return;
    }
    // What one flow has to tell does not answer the question that another asks.
    if (target === undefined || !internals.hasSeveralFlows(target)) this.#desk.dismiss(id);
    const change = this.#change?.id === id ? this.#change.properties : null;
    if (kind <= OutputKind.refreshed) {
      if (change !== null) change.success = result;
    } else if (result instanceof Failure && !result.isOwnDoing) {
      this.#explain(id, result);
      if (change !== null) change.failure = result;
    }
    if (kind >= OutputKind.operationDone) {
      this.#operationEnded(kind, reference, result);
    } else if (target !== undefined) {
      this.#dispatcher.tell(() => {
        internals.happen(target, kind, reference, result);
      });
    }
  }

  #wanted(target: Registration, challenge: number, result: Result): void {
    const { id } = target;
    const secrets = internals.secrets(target);
    if (typeof secrets === 'function') {
      this.#dispatcher.tell(() => {
        this.#desk.ask(id, challenge, result.value as types.ChallengeInfo, secrets);
      });
    } else {
      this.#dispatcher.act(() => {
        this.#provide(id, challenge, secrets ?? []);
      });
    }
  }

  #operationEnded(kind: OutputKind, id: number, result: Result): void {
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
    if (failure.cause instanceof TypeError && 'option' in failure.cause) {
      failure.note = ` (${failure.cause.message})`; // our own words about what the function gave
    }
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
    this.#settle();
  }
}
