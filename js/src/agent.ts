/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- enumerations come as numbers out of the heap */
import { endedError } from './errors.js';
import { OutputKind } from './fields.js';
import type { Bridge, Core, Dependant } from './load.js';
import { Failure, Result, Success, type Details } from './results.js';
import { Session, type FieldList, type Frame, type Output } from './session.js';
import type { ClientStats, Platform } from './types.js';

/**
 * The calls of the bridge, and what their arguments begin with: 1, the size of the input that was written for it; 2, the
 * times of the monotonic and of the wall clock; 3, both; 0, none of these.
 */
const calls = {
  configure: 1,
  create: 1,
  update: 1,
  checkCredentials: 1,
  remove: 2,
  wake: 2,
  offline: 2,
  opened: 2,
  lost: 2,
  advance: 2,
  close: 2,
  resetCredentials: 2,
  call: 3,
  provideCredentials: 3,
  respond: 3,
  send: 3,
  receive: 3,
  regId: 0,
  openChannel: 0,
  closeChannel: 0,
  setTrace: 0,
  setRequests: 0,
} satisfies Partial<Record<keyof Bridge, number>>;

export type Call = keyof typeof calls;

/** Who an agent tells. Must not call the agent from there. */
export interface Handler {
  /** Every output in the core's order, with the message or result that comes with it. */
  handle(output: Output, content: Frame | Result): void;
  trapped(error: unknown): void;
}

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

/** The core's agent for one client. Once the core has trapped, the handler is told and every method does nothing. */
export class Agent implements Dependant {
  readonly #core: Core;
  readonly #platform: Platform;
  readonly #handler: Handler;
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

  constructor(core: Core, platform: Platform, handler: Handler) {
    this.#core = core;
    this.#platform = platform;
    this.#handler = handler;
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

  /** Writes `input`, calls, and hands what comes of it to the handler. Returns what the call gives; 0 after a trap. */
  run(call: Call, input: FieldList | Frame = '', ...rest: number[]): number {
    const session = this.#session;
    if (session === null) return 0;
    const first = calls[call] & 1 ? 0 : 1;
    const end = calls[call] & 2 ? 3 : 1;
    const times = [this.#platform.monotonic(), this.#platform.now()];
    let value: unknown;
    try {
      value = session.run(
        (bridge, size) =>
          (bridge as Record<Call, (...all: number[]) => unknown>)[call](
            ...[size, ...times].slice(first, end),
            ...rest,
          ),
        input,
      );
    } catch {
      return 0; // trapped() was told
    }
    this.#result = null;
    for (const output of session.outputs) {
      this.#handler.handle(output, this.#contentOf(session, output));
    }
    return (value ?? 0) as number; // closeChannel gives nothing
  }

  /** The same for calls that can be refused: throws the refusal, a TypeError where an option is malformed. */
  command(call: Call, input: FieldList | Frame, ...rest: number[]): number {
    const value = this.run(call, input, ...rest);
    const refusal = this.#session === null ? endedError('internal') : this.#session.refusal;
    if (refusal !== undefined) throw refusal;
    return value;
  }

  /** One WebSocket message. */
  receive(flow: number, frame: Frame): void {
    if (frame.length > maxFrame) {
      this.#oversized++;
      return;
    }
    this.#frame = frame;
    this.run('receive', frame, flow);
    this.#frame = '';
  }

  /** Ends the agent and frees its memory. */
  close(): void {
    this.run('close');
    const session = this.#session;
    this.#end();
    this.#core.dependants.delete(this.#weak);
    session?.free();
  }

  trapped(error: unknown): void {
    this.#end();
    this.#handler.trapped(error);
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
      // Small integers need no object of their own on the heap of V8, as other numbers do.
      return new Success(json, x >>> 0, y >>> 0, frame, this.#readResponse);
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
export function readResponse(core: Core, frame: Frame): Details {
  const session = new Session(core);
  session.run((bridge, size) => bridge.readResponse(size), frame);
  const { blob } = session;
  session.free();
  return JSON.parse(blob) as Details;
}
