/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- enumerations come as numbers out of the heap */
import { endedError, optionError, RegistrationError } from './errors.js';
import { CommandError, type Field, type OutputKind } from './fields.js';
import type { Bridge, Core } from './load.js';
import type { ClientStats, RegistrationErrorCode } from './types.js';

/** Options on their way to the bridge: fields and values in turn. */
export type FieldList = (Field | FieldValue)[];
export type FieldValue = string | number | boolean | Uint8Array;

/** One WebSocket message. */
export type Frame = string | Uint8Array;

/** One output of the core; bindings/record_writer.h says which members mean something. To be read before the next call. */
export interface Output {
  kind: OutputKind;
  registration: number;
  reference: number;
  flow: number;
  code: number;
  flag: boolean;
  x: number;
  y: number;
  z: number;
  /** Where its bytes are, for Session.text() and bytes(). */
  start: number;
  length: number;
}

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
  blobLength = 36,
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

/** The codes of refusals, where they are no mistake of ours. */
const refusals: Partial<globalThis.Record<number, RegistrationErrorCode>> = {
  [CommandError.closed]: 'closed',
  [CommandError.notOpen]: 'transport',
};

/** Up to here a loop over the characters is quicker than the encoder. */
const shortText = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A bridge with its buffers in the WebAssembly heap, which nothing outside this file touches. */
export class Session {
  readonly #core: Core;
  readonly #bridge: Bridge;
  readonly #outbox: number;
  #input = 0;
  #capacity = 0;
  /** Both die when the memory grows. */
  #heap: Uint8Array;
  #view: DataView;

  /** Throws when the core has trapped. */
  constructor(core: Core) {
    this.#core = core;
    try {
      this.#bridge = new core.module.Bridge();
    } catch (error) {
      core.poison(error);
      throw endedError('internal', error);
    }
    this.#heap = core.module.HEAPU8;
    this.#view = new DataView(this.#heap.buffer);
    this.#outbox = this.#bridge.outbox();
  }

  /** Writes `input`, calls, and leaves the outputs to be read. Throws when the core has trapped. */
  run<T>(call: (bridge: Bridge, size: number) => T, input: FieldList | Frame = ''): T {
    try {
      this.#refresh();
      const value = call(this.#bridge, this.#write(input));
      this.#refresh();
      return value;
    } catch (error) {
      this.#core.poison(error);
      throw endedError('internal', error);
    }
  }

  /** Frees the bridge's memory; nothing may be called after it. */
  free(): void {
    this.#bridge.delete();
  }

  /** Monotonic ms of the next thing to be done; negative: nothing. */
  get deadline(): number {
    this.#refresh();
    return this.#view.getFloat64(this.#outbox + Outbox.deadline, true);
  }

  get statistics(): ClientStats {
    this.#refresh();
    return {
      framesIn: this.#word(Outbox.framesIn),
      framesOut: this.#word(Outbox.framesOut),
      dropped: this.#word(Outbox.dropped),
      connects: this.#word(Outbox.connects),
      registers: this.#word(Outbox.registers),
    };
  }

  /** Why the last call was refused. */
  get refusal(): Error | undefined {
    const error = this.#word(Outbox.error);
    if (error === (CommandError.none as number)) return undefined;
    const message = this.text(this.#word(Outbox.message), this.#word(Outbox.messageLength));
    if (error === (CommandError.invalidArgument as number)) {
      const option = this.text(this.#word(Outbox.option), this.#word(Outbox.optionLength));
      return optionError(option, message);
    }
    return new RegistrationError(message, { code: refusals[error] ?? 'internal' });
  }

  /** All of the blob, as text. */
  get blob(): string {
    return this.text(this.#word(Outbox.blob), this.#word(Outbox.blobLength));
  }

  get outputs(): Output[] {
    const outputs: Output[] = [];
    const blob = this.#word(Outbox.blob);
    const end = this.#word(Outbox.records) + this.#word(Outbox.count) * Record.size;
    for (let at = this.#word(Outbox.records); at < end; at += Record.size) {
      const word = (member: Record): number => this.#view.getUint32(at + member, true);
      const double = (member: Record): number => this.#view.getFloat64(at + member, true);
      outputs.push({
        kind: word(Record.kind),
        registration: word(Record.registration),
        reference: word(Record.reference),
        flow: word(Record.flow),
        code: word(Record.code),
        flag: word(Record.flag) !== 0,
        x: double(Record.x),
        y: double(Record.y),
        z: double(Record.z),
        start: blob + word(Record.offset),
        length: word(Record.length),
      });
    }
    return outputs;
  }

  text(start: number, length: number): string {
    return length === 0 ? '' : decoder.decode(this.#heap.subarray(start, start + length));
  }

  bytes(start: number, length: number): Uint8Array {
    return this.#heap.slice(start, start + length);
  }

  /** To be called before anything is read or written after a call of any bridge of the core. */
  #refresh(): void {
    const heap = this.#core.module.HEAPU8;
    if (heap === this.#heap) return;
    this.#heap = heap;
    this.#view = new DataView(heap.buffer);
  }

  #word(member: Outbox): number {
    return this.#view.getUint32(this.#outbox + member, true);
  }

  /** Writes to the input and returns the number of bytes. */
  #write(input: FieldList | Frame): number {
    if (typeof input === 'string') return this.#writeText(0, input);
    if (!Array.isArray(input)) return this.#writeBytes(0, input);
    let end = 0;
    for (let i = 0; i < input.length; i += 2) {
      end = this.#writeField(end, input[i] as Field, input[i + 1] ?? '');
    }
    return end;
  }

  /** Makes room for `size` bytes at #input; what was written stays. */
  #reserve(size: number): void {
    if (size <= this.#capacity) return;
    this.#capacity = Math.max(size, 2 * this.#capacity, 2048);
    this.#input = this.#bridge.input(this.#capacity);
    this.#refresh();
  }

  /** Writes UTF-8 at `offset` of the input and returns the number of bytes. */
  #writeText(offset: number, text: string): number {
    const { length } = text;
    this.#reserve(offset + length);
    if (length <= shortText) {
      const heap = this.#heap;
      let at = this.#input + offset;
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        heap[at++] = unit;
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

  #writeBytes(offset: number, bytes: Uint8Array): number {
    this.#reserve(offset + bytes.length);
    this.#heap.set(bytes, this.#input + offset);
    return bytes.length;
  }

  #writeField(at: number, field: Field, value: FieldValue): number {
    this.#reserve(at + 16);
    let length = 8;
    if (typeof value === 'string') {
      length = this.#writeText(at + 8, value);
    } else if (typeof value === 'object') {
      length = this.#writeBytes(at + 8, value);
    } else {
      this.#view.setFloat64(this.#input + at + 8, Number(value), true);
    }
    this.#view.setUint32(this.#input + at, field, true);
    this.#view.setUint32(this.#input + at + 4, length, true);
    return at + 8 + ((length + 3) & ~3);
  }
}
