/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- enumerations come as numbers out of the heap */
import { endedError } from './errors.js';
import { OutputKind } from './fields.js';
import type { Bridge, Core, Dependant } from './load.js';
import { Failure, Result, Success, type Details } from './results.js';
import { Session, type FieldList, type Frame, type Output } from './session.js';
import type { ClientStats, Platform } from './types.js';

/** A call of the bridge: `size` is that of the input that was written for it, the clocks' times are ms. */
export type Call = (bridge: Bridge, size: number, monotonic: number, wall: number) => unknown;

/** Told of every output in the core's order, with the message or result that comes with it. Must not call the agent. */
export type Handler = (output: Output, content: Frame | Result) => void;

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

/** The core's agent for one client. Once the core has trapped, `onTrap` is called and every method does nothing. */
export class Agent implements Dependant {
  readonly #core: Core;
  readonly #platform: Platform;
  readonly #handle: Handler;
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

  constructor(core: Core, platform: Platform, handle: Handler, onTrap: (error: unknown) => void) {
    this.#core = core;
    this.#platform = platform;
    this.#handle = handle;
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

  /** Writes `input`, calls, and hands what comes of it to the handler. */
  run(call: Call, input?: FieldList | Frame): void {
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
    for (const output of session.outputs) this.#handle(output, this.#contentOf(session, output));
  }

  /** The same for calls that can be refused: throws the refusal, a TypeError where an option is malformed. */
  command(call: Call, fields: FieldList): void {
    this.run(call, fields);
    const refusal = this.#session === null ? endedError('internal') : this.#session.refusal;
    if (refusal !== undefined) throw refusal;
  }

  /** One WebSocket message. */
  receive(flow: number, frame: Frame): void {
    if (frame.length > maxFrame) {
      this.#oversized++;
      return;
    }
    this.#frame = frame;
    this.run((bridge, size, monotonic, wall) => {
      bridge.receive(size, monotonic, wall, flow);
    }, frame);
    this.#frame = '';
  }

  /** Ends the agent and frees its memory. */
  close(): void {
    this.run((bridge, _, monotonic, wall) => {
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

  #contentOf(session: Session, output: Output): Frame | Result {
    const { kind, flag, start, length } = output;
    if (kind < OutputKind.registered) {
      if (length === 0) return '';
      return flag || kind === OutputKind.trace
        ? session.text(start, length)
        : session.bytes(start, length);
    }
    // An event and the call that it completes share one text in the blob, and one object here.
    if (this.#result === null || this.#resultStart !== start) {
      this.#result = this.#resultOf(session, output);
      this.#resultStart = start;
    }
    return this.#result;
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
