// The bridge of the shipped WebAssembly, every call of it written down together with what the outbox says after it.
import { readFileSync } from 'node:fs';
import createCore from '../../build/wasm/bindings/core.mjs';

const here = (path) => new URL(`../../${path}`, import.meta.url);
const wasm = await WebAssembly.compile(readFileSync(here('build/wasm/bindings/core.wasm')));

/** An enumeration of a C++ header: names and their numbers, counted from 0 where the header gives none. */
function enumeration(header, name) {
  const text = readFileSync(here(header), 'utf8').replace(/\/\/.*$/gm, '');
  const [, body] = new RegExp(`enum class ${name}[^{]*{([^}]*)}`).exec(text);
  const members = body.split(',').map((member) => member.trim());
  return Object.fromEntries(
    members.filter(Boolean).map((member, index) => {
      const [key, value = index] = member.split('=');
      return [key.trim(), Number(value)];
    }),
  );
}

export const Field = enumeration('bindings/fields.h', 'Field');
export const OutputKind = enumeration('core/include/sipreg/output.h', 'OutputKind');
export const CallKind = enumeration('core/include/sipreg/options.h', 'CallKind');

/** [field, value]… as the bridge reads it: strings as UTF-8, numbers and booleans as a double. */
function encode(fields) {
  const entries = fields.map(([field, value]) => {
    const bytes =
      typeof value === 'string'
        ? Buffer.from(value)
        : Buffer.from(Float64Array.of(Number(value)).buffer);
    const head = Buffer.from(Uint32Array.of(Field[field], bytes.length).buffer);
    return Buffer.concat([head, bytes, Buffer.alloc(-bytes.length & 3)]);
  });
  return Buffer.concat(entries);
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');

/** Byte offsets of bridge::Outbox and bridge::Record. */
const at = {
  deadline: 0,
  count: 8,
  error: 12,
  statistics: 16,
  blobLength: 36,
  records: 40,
  blob: 44,
  option: 48,
};
const recordSize = 56;

/** Methods whose first argument is the number of bytes in the input. */
const takeInput = new Set([
  'configure',
  'create',
  'call',
  'update',
  'provideCredentials',
  'checkCredentials',
  'receive',
  'respond',
  'send',
  'readResponse',
]);

/** What a bound class has besides: its memory, and what Embind gives to every class. */
const memoryOnly = new Set([
  ...['constructor', 'input', 'outbox'],
  ...['clone', 'delete', 'deleteLater', 'isAliasOf', 'isDeleted'],
]);

export class RecordingBridge {
  /** The calls in the form that replay.cpp reads, and what came of each in the form that it writes. */
  calls = ['new -'];
  outcomes = [];
  /** Monotonic ms of the next thing to be done; negative: nothing. */
  deadline = -1;
  #core;
  #bridge;

  static async create() {
    const recording = new RecordingBridge();
    recording.#core = await createCore({
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(wasm, imports).then((instance) => done(instance, wasm));
        return {};
      },
    });
    recording.#bridge = new recording.#core.Bridge();
    return recording;
  }

  free() {
    this.#bridge.delete();
  }

  /** The names of the methods that do something. */
  get methods() {
    const names = Object.getOwnPropertyNames(this.#core.Bridge.prototype);
    return names.filter((name) => !memoryOnly.has(name));
  }

  /** Makes a call; `input` is a list of fields, or bytes. Gives its result and its outputs. */
  call(method, input, ...numbers) {
    const bytes = Array.isArray(input) ? encode(input) : Buffer.from(input);
    this.calls.push([method, hex(bytes) || '-', ...numbers].join(' '));
    const address = this.#bridge.input(bytes.length);
    this.#core.HEAPU8.set(bytes, address);
    const sized = takeInput.has(method) ? [bytes.length, ...numbers] : numbers;
    const result = Number(this.#bridge[method](...sized) ?? 0);
    return { result, outputs: this.#read(result) };
  }

  #read(result) {
    const heap = Buffer.from(this.#core.HEAPU8.buffer);
    const outbox = heap.subarray(this.#bridge.outbox());
    const word = (offset) => outbox.readUInt32LE(offset);
    const slice = (start, length) => heap.subarray(start, start + length);
    const text = (offset) => slice(word(offset), word(offset + 4)).toString();
    this.deadline = outbox.readDoubleLE(at.deadline);
    const error = word(at.error);
    const statistics = [0, 4, 8, 12, 16].map((offset) => word(at.statistics + offset));
    const records = slice(word(at.records), word(at.count) * recordSize);
    const blob = slice(word(at.blob), word(at.blobLength));
    const refusal = error === 0 ? '' : `${text(at.option)}: ${text(at.option + 8)}`;
    this.outcomes.push(
      [result, this.deadline, error, ...statistics, `"${refusal}"`, hex(records), hex(blob)].join(
        ' ',
      ),
    );
    return Array.from({ length: word(at.count) }, (_, i) => {
      const record = records.subarray(i * recordSize);
      const [kind, registration, reference, flow, code, flag, offset, length] = Array.from(
        { length: 8 },
        (_, member) => record.readUInt32LE(4 * member),
      );
      return {
        kind,
        registration,
        reference,
        flow,
        code,
        flag,
        bytes: Buffer.from(blob.subarray(offset, offset + length)),
      };
    });
  }
}
