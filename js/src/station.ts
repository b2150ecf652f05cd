import { Agent, type Call, type Handler } from './agent.js';
import { Alarm } from './clock.js';
import { Connector, type FlowEvents } from './connector.js';
import type { Dispatcher } from './dispatcher.js';
import { OutputKind } from './fields.js';
import type { Core } from './load.js';
import type { ClientSettings } from './options.js';
import type { Result } from './results.js';
import type { Endpoint } from './server.js';
import type { Frame, Output } from './session.js';
import type { Platform } from './types.js';
import type { SocketFactory } from './websocket.js';

/** Told of what the core says, but for what is done at once, and of its death. */
export interface Listener extends Handler {
  readonly dispatcher: Dispatcher;
  /** A batch of outputs is complete. */
  settled(): void;
}

/** A core with what it needs: a Station, or one in a worker. */
export interface Backend {
  readonly agent: Pick<Agent, 'run' | 'command' | 'statistics'>;
  readonly connector: Pick<Connector, 'url' | 'urlOf' | 'reason' | 'cause' | 'lostUrl' | 'abandon'>;
  /** Does and tells what the core has handed out; to be called after the agent was. */
  settle(): void;
  /** Ends everything. Resolves when the sockets are closed or given up. */
  close(): Promise<void>;
}

/** How soon it is seen that a socket has begun to close and never ends; ms. */
const hangTime = 4000;

/** Moves frames and timers between the core and the world; see Dispatcher for the order. */
export class Station implements Backend, FlowEvents, Handler {
  readonly agent: Agent;
  readonly connector: Connector;
  readonly #listener: Listener;
  readonly #alarm: Alarm;

  /** Throws a TypeError for an option that the core refuses. */
  constructor(
    core: Core,
    platform: Platform,
    settings: Pick<ClientSettings, 'servers' | 'allowInsecure' | 'fields'>,
    factory: SocketFactory,
    listener: Listener,
  ) {
    this.#listener = listener;
    this.connector = new Connector(settings, factory, platform, this);
    this.#alarm = new Alarm(platform, () => {
      this.connector.check();
      this.#tell('advance');
    });
    this.agent = new Agent(core, platform, this);
    try {
      this.agent.command('configure', settings.fields);
    } catch (error) {
      this.agent.close();
      throw error;
    }
  }

  settle(): void {
    this.#listener.settled();
    if (!this.#listener.dispatcher.run()) return;
    this.#alarm.set(this.agent.deadline, this.connector.mayHang ? hangTime : undefined);
  }

  close(): Promise<void> {
    this.agent.close();
    this.settle();
    this.#alarm.set(-1);
    return this.connector.close();
  }

  flowOpened(flow: number, { secure, loopback }: Endpoint, subprotocol: boolean): void {
    this.#tell('opened', flow, Number(secure), Number(loopback), Number(subprotocol));
  }

  flowReceived(flow: number, frame: Frame): void {
    this.agent.receive(flow, frame);
    this.settle();
  }

  flowLost(flow: number, code: number): void {
    this.#tell('lost', flow, code);
  }

  trapped(error: unknown): void {
    void this.connector.close();
    this.#listener.trapped(error);
    this.settle();
  }

  #tell(call: Call, ...rest: number[]): void {
    this.agent.run(call, '', ...rest);
    this.settle();
  }

  handle(output: Output, content: Frame | Result): void {
    const { kind, flow, code } = output;
    const { connector } = this;
    if (kind > OutputKind.transmit) {
      this.#listener.handle(output, content);
      return;
    }
    this.#listener.dispatcher.act(() => {
      if (kind === OutputKind.connect) connector.connect(flow, code);
      else if (kind === OutputKind.disconnect) connector.disconnect(flow);
      else connector.send(flow, content as Frame);
    });
  }
}
