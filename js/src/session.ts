/* eslint-disable @typescript-eslint/no-unsafe-enum-comparison, @typescript-eslint/no-unsafe-enum-assignment --
   enumerations come as numbers out of the heap */
import { endedError, optionError, RegistrationError } from './errors.js';
import {
  CommandError,
  connectionStates,
  OutputKind,
  registrationStates,
  type CallKind,
  type Field,
} from './fields.js';
import {
  Failure,
  Properties,
  Result,
  type FieldList,
  type FieldValue,
  type Outputs,
} from './outputs.js';
import type { Bridge, Core, Dependant } from './load.js';
import type { ClientStats, Platform } from './types.js';

/** Longer messages are dropped before they cross into the core, whose own limit this is. */
const maxFrame = 65_536;

/** Byte offsets of bridge::Outbox. */
const enum Outbox {
  deadline = 0,
  count = 8,
  error = 12,
  framesIn = 16,
  framesOut = 20,
  dropped = 24,
  connects = 28,
  registers = 32,
  records = 40,
  blob = 44,
  option = 48,
  optionLength = 52,
  message = 56,
  messageLength = 60,
}

/** Byte offsets of bridge::Record, and its size. */
const enum Record {
  kind = 0,
  registration = 4,
  reference = 8,
  flow = 12,
  code = 16,
  flag = 20,
  offset = 24,
  length = 28,
  x = 32,
  y = 40,
  z = 48,
  size = 56,
}

/** Up to here a loop over the characters is quicker than the encoder. */
const shortText = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const isFailure = (kind: OutputKind): boolean =>
  kind === OutputKind.failed || kind === OutputKind.retry || kind === OutputKind.operationFailed;

/** The backstop for clients that were forgotten instead of closed: Embind frees nothing by itself. */
const forgotten = new FinalizationRegistry<{
  core: Core;
  weak: WeakRef<Dependant>;
  bridge: Bridge;
}>(({ core, weak, bridge }) => {
  // A core that has trapped knows it no more, and is collected as a whole.
  if (core.dependants.delete(weak)) bridge.delete();
});

/**
 * One client's agent, and the only place that touches the WebAssembly heap. Every method that moves the agent hands what
 * came of it to `outputs` before it returns. Once the core has trapped, `onTrap` is called and every method does nothing.
 */
export class Session implements Dependant {
  readonly #core: Core;
  readonly #platform: Platform;
  readonly #outputs: Outputs;
  readonly #onTrap: (error: unknown) => void;
  readonly #weak = new WeakRef<Dependant>(this);
  #bridge: Bridge | null;
  #outbox = 0;
  #input = 0;
  #capacity = 0;
  /** Both die when the memory grows. */
  #heap: Uint8Array;
  #view: DataView;
  #blob = 0;
  /** The last result of the batch, and where it came from. */
  #result: Result | null = null;
  #resultOffset = 0;
  #oversized = 0;
  #finalStatistics: ClientStats | null = null;

  constructor(core: Core, platform: Platform, outputs: Outputs, onTrap: (error: unknown) => void) {
    this.#core = core;
    this.#platform = platform;
    this.#outputs = outputs;
    this.#onTrap = onTrap;
    try {
      this.#bridge = new core.module.Bridge();
    } catch (error) {
      core.poison(error);
      throw endedError('internal', error);
    }
    core.dependants.add(this.#weak);
    forgotten.register(this, { core, weak: this.#weak, bridge: this.#bridge }, this);
    this.#heap = core.module.HEAPU8;
    this.#view = new DataView(this.#heap.buffer);
    this.#outbox = this.#bridge.outbox();
  }

  /** Monotonic ms of the next thing to be done; negative: nothing. */
  get deadline(): number {
    if (this.#bridge === null) return -1;
    this.#refresh();
    return this.#view.getFloat64(this.#outbox + Outbox.deadline, true);
  }

  get statistics(): ClientStats {
    if (this.#finalStatistics !== null) return { ...this.#finalStatistics };
    this.#refresh();
    return {
      framesIn: this.#word(Outbox.framesIn) + this.#oversized,
      framesOut: this.#word(Outbox.framesOut),
      dropped: this.#word(Outbox.dropped) + this.#oversized,
      connects: this.#word(Outbox.connects),
      registers: this.#word(Outbox.registers),
    };
  }

  /** Throws the refusal. */
  configure(fields: FieldList): void {
    this.#command((bridge) => bridge.configure(this.#write(fields)));
  }

  /** Returns the new registration's id; throws the refusal. */
  create(fields: FieldList): number {
    let id = 0;
    this.#command((bridge) => {
      id = bridge.create(this.#write(fields));
    });
    return id;
  }

  /** Begins an operation; throws the refusal. */
  call(registration: number, operation: number, kind: CallKind, fields: FieldList): void {
    this.#command((bridge, monotonic, wall) =>
      bridge.call(this.#write(fields), monotonic, wall, registration, operation, kind),
    );
  }

  remove(registration: number): void {
    this.#run((bridge, monotonic, wall) => bridge.remove(monotonic, wall, registration));
  }

  /** Throws the refusal. */
  update(registration: number, fields: FieldList): void {
    this.#command((bridge) => bridge.update(this.#write(fields), registration));
  }

  resetCredentials(registration: number, available: boolean): void {
    this.#run((bridge) => bridge.resetCredentials(registration, Number(available)));
  }

  /** An empty list says that there are none. Throws a TypeError for malformed ones; the challenge then stays open. */
  provideCredentials(registration: number, challenge: number, fields: FieldList): void {
    this.#run((bridge, monotonic, wall) =>
      bridge.provideCredentials(this.#write(fields), monotonic, wall, registration, challenge),
    );
    const refusal = this.#refusal();
    if (refusal instanceof TypeError) throw refusal;
  }

  /** Throws a TypeError for malformed ones. */
  checkCredentials(fields: FieldList): void {
    this.#command((bridge) => bridge.checkCredentials(this.#write(fields)));
  }

  opened(flow: number, secure: boolean, loopback: boolean, subprotocol: boolean): void {
    this.#run((bridge, monotonic, wall) => {
      bridge.opened(monotonic, wall, flow, Number(secure), Number(loopback), Number(subprotocol));
    });
  }

  lost(flow: number, code: number): void {
    this.#run((bridge, monotonic, wall) => {
      bridge.lost(monotonic, wall, flow, code);
    });
  }

  /** One WebSocket message. */
  receive(flow: number, data: string | Uint8Array): void {
    if (data.length > maxFrame) {
      this.#oversized++;
      return;
    }
    this.#run((bridge, monotonic, wall) => {
      bridge.receive(this.#writeFrame(data), monotonic, wall, flow);
    });
  }

  advance(): void {
    this.#run((bridge, monotonic, wall) => {
      bridge.advance(monotonic, wall);
    });
  }

  wake(): void {
    this.#run((bridge, monotonic, wall) => {
      bridge.wake(monotonic, wall);
    });
  }

  setTrace(on: boolean): void {
    this.#run((bridge) => {
      bridge.setTrace(Number(on));
    });
  }

  /** Ends the agent and frees its memory; nothing may be called after it but the getters. */
  close(): void {
    this.#run((bridge, monotonic, wall) => {
      bridge.close(monotonic, wall);
    });
    const bridge = this.#bridge;
    this.#end();
    this.#core.dependants.delete(this.#weak);
    bridge?.delete();
  }

  trapped(error: unknown): void {
    this.#end();
    this.#onTrap(error);
  }

  #end(): void {
    this.#finalStatistics ??= this.statistics;
    this.#bridge = null;
    forgotten.unregister(this);
  }

  #run(call: (bridge: Bridge, monotonic: number, wall: number) => unknown): void {
    if (this.#bridge === null) return;
    const monotonic = this.#platform.monotonic();
    const wall = this.#platform.now();
    try {
      this.#refresh();
      call(this.#bridge, monotonic, wall);
    } catch (error) {
      this.#core.poison(error);
      return;
    }
    this.#refresh();
    this.#read();
  }

  #command(call: (bridge: Bridge, monotonic: number, wall: number) => unknown): void {
    this.#run(call);
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
  }

  /** Why the last call was refused. */
  #refusal(): Error | undefined {
    if (this.#bridge === null) return endedError('internal');
    const error = this.#word(Outbox.error);
    if (error === CommandError.none) return undefined;
    const message = this.#static(Outbox.message, Outbox.messageLength);
    return error === CommandError.invalidArgument
      ? optionError(this.#static(Outbox.option, Outbox.optionLength), message)
      : new RegistrationError(message, { code: 'internal' });
  }

  #refresh(): void {
    const heap = this.#core.module.HEAPU8;
    if (heap === this.#heap) return;
    this.#heap = heap;
    this.#view = new DataView(heap.buffer);
  }

  #word(offset: number): number {
    return this.#view.getUint32(this.#outbox + offset, true);
  }

  #static(address: Outbox, length: Outbox): string {
    return this.#text(this.#word(address), this.#word(length));
  }

  #text(start: number, length: number): string {
    return length === 0 ? '' : decoder.decode(this.#heap.subarray(start, start + length));
  }

  // ---------------------------------------------------------------------------------------------------- to the core

  /** Makes room for `size` bytes at #input; what was written stays. */
  #reserve(size: number, bridge = this.#bridge): void {
    if (size <= this.#capacity || bridge === null) return;
    this.#capacity = Math.max(size, 2 * this.#capacity, 2048);
    this.#input = bridge.input(this.#capacity);
    this.#refresh();
  }

  #writeFrame(data: string | Uint8Array): number {
    if (typeof data === 'string') return this.#writeText(0, data);
    this.#reserve(data.length);
    this.#heap.set(data, this.#input);
    return data.length;
  }

  /** Writes UTF-8 at `offset` of the input and returns the number of bytes. */
  #writeText(offset: number, text: string): number {
    const { length } = text;
    this.#reserve(offset + length);
    if (length <= shortText) {
      let at = this.#input + offset;
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        this.#heap[at++] = unit;
      }
      if (i === length) return length;
    }
    let { read, written } = this.#encode(offset, text);
    if (read < length) {
      this.#reserve(offset + 3 * length);
      ({ read, written } = this.#encode(offset, text));
    }
    return written;
  }

  #encode(offset: number, text: string): TextEncoderEncodeIntoResult {
    const start = this.#input + offset;
    return encoder.encodeInto(text, this.#heap.subarray(start, this.#input + this.#capacity));
  }

  #write(fields: FieldList): number {
    let end = 0;
    for (let i = 0; i < fields.length; i += 2) {
      end = this.#writeField(end, fields[i] as Field, fields[i + 1] ?? '');
    }
    return end;
  }

  #writeField(at: number, field: Field, value: FieldValue): number {
    this.#reserve(at + 16);
    let length = 8;
    if (typeof value === 'string') {
      length = this.#writeText(at + 8, value);
    } else if (typeof value === 'object') {
      length = value.length;
      this.#reserve(at + 8 + length);
      this.#heap.set(value, this.#input + at + 8);
    } else {
      this.#view.setFloat64(this.#input + at + 8, Number(value), true);
    }
    this.#view.setUint32(this.#input + at, field, true);
    this.#view.setUint32(this.#input + at + 4, length, true);
    return at + 8 + ((length + 3) & ~3);
  }

  // -------------------------------------------------------------------------------------------------- from the core

  #read(): void {
    const count = this.#word(Outbox.count);
    if (count === 0) return;
    const records = this.#word(Outbox.records);
    this.#blob = this.#word(Outbox.blob);
    this.#result = null;
    for (let i = 0; i < count; i++) this.#hand(records + i * Record.size);
  }

  #hand(at: number): void {
    const view = this.#view;
    const outputs = this.#outputs;
    const word = (offset: Record): number => view.getUint32(at + offset, true);
    const double = (offset: Record): number => view.getFloat64(at + offset, true);
    const kind = word(Record.kind) as OutputKind;
    const id = word(Record.registration);
    const reference = word(Record.reference);
    const flow = word(Record.flow);
    const code = word(Record.code);
    const flag = word(Record.flag) !== 0;
    const start = this.#blob + word(Record.offset);
    const length = word(Record.length);
    switch (kind) {
      case OutputKind.connect:
        outputs.connect(flow, code);
        break;
      case OutputKind.disconnect:
        outputs.disconnect(flow);
        break;
      case OutputKind.transmit:
        outputs.transmit(
          flow,
          flag ? this.#text(start, length) : this.#heap.slice(start, start + length),
        );
        break;
      case OutputKind.trace:
        outputs.trace(flow, flag, this.#text(start, length));
        break;
      case OutputKind.connection:
        outputs.connection(connectionStates[code] ?? 'closed', reference, flow, double(Record.x));
        break;
      case OutputKind.registration:
        outputs.registration(
          id,
          new Properties(
            registrationStates[code] ?? 'failed',
            flag,
            double(Record.x) || null,
            double(Record.y) || null,
            double(Record.z) || null,
          ),
        );
        break;
      default:
        outputs.happened(kind, id, reference, this.#resultAt(kind, start, length, code));
    }
  }

  /** An event and the call that it completes share one text in the blob, and one object here. */
  #resultAt(kind: OutputKind, start: number, length: number, code: number): Result {
    if (this.#result === null || this.#resultOffset !== start) {
      const json = this.#text(start, length);
      this.#result = isFailure(kind) ? new Failure(json, code) : new Result(json);
      this.#resultOffset = start;
    }
    return this.#result;
  }
}
