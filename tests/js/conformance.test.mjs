// The Markdown cases of tests/conformance against the codec in WebAssembly; their README.md has the format. The native
// tests run the same cases, so the two builds cannot differ unseen.
import { readFileSync } from 'node:fs';
import createCore from '../../build/wasm/bindings/conformance.mjs';
import { readCases } from '../conformance/cases.mjs';

const wasm = new URL('../../build/wasm/bindings/conformance.wasm', import.meta.url);
const cases = readCases();

const module = await WebAssembly.compile(readFileSync(wasm));
const core = await createCore({
  instantiateWasm(imports, done) {
    WebAssembly.instantiate(module, imports).then((instance) => done(instance, module));
    return {};
  },
});
const bridge = new core.Bridge();

function describeFrame(frame) {
  const input = bridge.input(frame.length);
  core.HEAPU8.set(frame, input);
  bridge.describe(frame.length);
  const outbox = new DataView(core.HEAPU8.buffer, bridge.outbox());
  const start = outbox.getUint32(44, true);
  const length = outbox.getUint32(36, true);
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    core.HEAPU8.subarray(start, start + length),
  );
}

test('there are cases, every torture message among them', () => {
  const count = (file) => cases.filter(([name]) => name.startsWith(file)).length;
  expect(cases.length).toBeGreaterThan(200);
  expect(count('torture-rfc4475.md')).toBe(49);
  expect(count('torture-rfc5118.md')).toBe(12);
});

test.each(cases)('%s', (_, frame, expected) => {
  expect(describeFrame(frame)).toBe(expected);
});
