/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- enumerations come as numbers out of the heap */
import { endedError } from './errors.js';
import {
  connectionStates,
  OutputKind,
  registrationStates,
  type CallKind,
} from './fields.js';
import type { Bridge, Core, Dependant } from './load.js';
import { Failure, Properties, Result, Success, type Details, type Outputs } from './outputs.js';
import { Session, type FieldList, type Frame, type Output } from './session.js';
import type { ClientStats, Platform } from './types.js';

/** Longer messages are dropped before they cross into the core, whose own limit this is. */
const maxFrame = 65_536;

/** The backstop for clients that were forgotten instead of closed: Embind frees nothing by itself. */
const forgotten = new FinalizationRegistry<{
  core: Core;
  weak: WeakRef<Dependant>;
  session: Session;
}>(({ core, weak, session }) => {
  // A core that has trapped knows it no more, and is collected as a whole.
  if (core.dependants.delete(weak)) session.free();
});

type Call = (bridge: Bridge, size: number, monotonic: number, wall: number) => unknown;

/**
 * The core's agent for one client. Every method that moves it hands what came of it to `outputs` before it returns. Once the
 * core has trapped, `onTrap` is called and every method does nothing.
 */
export class Agent implements Dependant {
  readonly #core: Core;
  readonly #platform: Platform;
  readonly #outputs: Outputs;
  readonly #onTrap: (error: unknown) => void;
  readonly #weak = new WeakRef<Dependant>(this);
  readonly #readResponse: (frame: Frame) => Details;
  #session: Session | null;
  /** The message being received. */
  #frame: Frame = '';
  /** The last result of a batch, and where it came from. */
  #result: Result | null = null;
  #resultStart = 0;
  #oversized = 0;
  #statistics: ClientStats;

  constructor(core: Core, platform: Platform, outputs: Outputs, onTrap: (error: unknown) => void) {
    this.#core = core;
    this.#platform = platform;
    this.#outputs = outputs;
    this.#onTrap = onTrap;
    this.#readResponse = (frame) => readResponse(core, frame);
    this.#session = new Session(core);
    this.#statistics = this.#session.statistics;
    core.dependants.add(this.#weak);
    forgotten.register(this, { core, weak: this.#weak, session: this.#session }, this);
  }

  /** Monotonic ms of the next thing to be done; negative: nothing. */
  get deadline(): number {
    return this.#session?.deadline ?? -1;
  }

  get statistics(): ClientStats {
    const counts = (this.#statistics = this.#session?.statistics ?? this.#statistics);
    return {
      ...counts,
      framesIn: counts.framesIn + this.#oversized,
      dropped: counts.dropped + this.#oversized,
    };
  }

  /** Throws the refusal. */
  configure(fields: FieldList): void {
    this.#command((bridge, size) => bridge.configure(size), fields);
  }

  /** Returns the new registration's id; throws the refusal. */
  create(fields: FieldList): number {
    let id = 0;
    this.#command((bridge, size) => {
      id = bridge.create(size);
    }, fields);
    return id;
  }

  /** Begins an operation; throws the refusal. */
  call(registration: number, operation: number, kind: CallKind, fields: FieldList): void {
    this.#command(
      (bridge, size, monotonic, wall) =>
        bridge.call(size, monotonic, wall, registration, operation, kind),
      fields,
    );
  }

  remove(registration: number): void {
    this.#run((bridge, _, monotonic, wall) => bridge.remove(monotonic, wall, registration));
  }

  /** Throws the refusal. */
  update(registration: number, fields: FieldList): void {
    this.#command((bridge, size) => bridge.update(size, registration), fields);
  }

  resetCredentials(registration: number, available: boolean): void {
    this.#run((bridge) => bridge.resetCredentials(registration, Number(available)));
  }

  /** An empty list says that there are none. Throws a TypeError for malformed ones; the challenge then stays open. */
  provideCredentials(registration: number, challenge: number, fields: FieldList): void {
    this.#run(
      (bridge, size, monotonic, wall) =>
        bridge.provideCredentials(size, monotonic, wall, registration, challenge),
      fields,
    );
    const refusal = this.#session?.refusal;
    if (refusal instanceof TypeError) throw refusal;
  }

  /** Throws a TypeError for malformed ones. */
  checkCredentials(fields: FieldList): void {
    this.#command((bridge, size) => bridge.checkCredentials(size), fields);
  }

  opened(flow: number, secure: boolean, loopback: boolean, subprotocol: boolean): void {
    const [s, l, p] = [Number(secure), Number(loopback), Number(subprotocol)] as const;
    this.#run((bridge, _, monotonic, wall) => {
      bridge.opened(monotonic, wall, flow, s, l, p);
    });
  }

  lost(flow: number, code: number): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.lost(monotonic, wall, flow, code);
    });
  }

  /** One WebSocket message. */
  receive(flow: number, frame: Frame): void {
    if (frame.length > maxFrame) {
      this.#oversized++;
      return;
    }
    this.#frame = frame;
    this.#run((bridge, size, monotonic, wall) => {
      bridge.receive(size, monotonic, wall, flow);
    }, frame);
    this.#frame = '';
  }

  advance(): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.advance(monotonic, wall);
    });
  }

  wake(): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.wake(monotonic, wall);
    });
  }

  setTrace(on: boolean): void {
    this.#run((bridge) => {
      bridge.setTrace(Number(on));
    });
  }

  /** Ends the agent and frees its memory. */
  close(): void {
    this.#run((bridge, _, monotonic, wall) => {
      bridge.close(monotonic, wall);
    });
    const session = this.#session;
    this.#end();
    this.#core.dependants.delete(this.#weak);
    session?.free();
  }

  trapped(error: unknown): void {
    this.#end();
    this.#onTrap(error);
  }

  #end(): void {
    this.#statistics = this.#session?.statistics ?? this.#statistics;
    this.#session = null;
    forgotten.unregister(this);
  }

  #run(call: Call, input?: FieldList | Frame): void {
    const session = this.#session;
    if (session === null) return;
    const monotonic = this.#platform.monotonic();
    const wall = this.#platform.now();
    try {
      session.run((bridge, size) => call(bridge, size, monotonic, wall), input);
    } catch {
      return; // trapped() was told
    }
    this.#result = null;
    for (const output of session.outputs) this.#hand(session, output);
  }

  #command(call: Call, fields: FieldList): void {
    this.#run(call, fields);
    const refusal = this.#session === null ? endedError('internal') : this.#session.refusal;
    if (refusal !== undefined) throw refusal;
  }

  #hand(session: Session, output: Output): void {
    const outputs = this.#outputs;
    const { kind, registration, reference, flow, code, flag, x, y, z, start, length } = output;
    switch (kind) {
      case OutputKind.connect:
        outputs.connect(flow, code);
        break;
      case OutputKind.disconnect:
        outputs.disconnect(flow);
        break;
      case OutputKind.transmit:
        outputs.transmit(flow, flag ? session.text(start, length) : session.bytes(start, length));
        break;
      case OutputKind.trace:
        outputs.trace(flow, flag, session.text(start, length));
        break;
      case OutputKind.connection:
        outputs.connection(connectionStates[code] ?? 'closed', reference, flow, x);
        break;
      case OutputKind.registration: {
        const state = registrationStates[code] ?? 'failed';
        const properties = new Properties(state, flag, x || null, y || null, z || null);
        outputs.registration(registration, properties);
        break;
      }
      default:
        // An event and the call that it completes share one text in the blob, and one object here.
        if (this.#result === null || this.#resultStart !== start) {
          this.#result = this.#resultOf(session, output);
          this.#resultStart = start;
        }
        outputs.happened(kind, registration, reference, this.#result);
    }
  }

  #resultOf(session: Session, { kind, code, x, y, z, start, length }: Output): Result {
    const json = session.text(start, length);
    if (json.startsWith('[')) {
      const frame = z === 0 ? keep(this.#frame) : session.bytes(start + length, z);
      return new Success(json, x, y, frame, this.#readResponse);
    }
    const failed =
      kind === OutputKind.failed ||
      kind === OutputKind.retry ||
      kind === OutputKind.operationFailed;
    return failed ? new Failure(json, code) : new Result(json);
  }
}

/** Bytes are the socket's; text is nobody's. */
const keep = (frame: Frame): Frame => (typeof frame === 'string' ? frame : frame.slice());

/** What a response lists, by a bridge that lives as long as the question: the client may have ended. */
function readResponse(core: Core, frame: Frame): Details {
  const session = new Session(core);
  session.run((bridge, size) => bridge.readResponse(size), frame);
  const { blob } = session;
  session.free();
  return JSON.parse(blob) as Details;
}
