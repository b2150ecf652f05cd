// The Markdown cases of tests/conformance against the codec in WebAssembly; their README.md has the format. The native
// tests run the same cases, so the two builds cannot differ unseen.
import { readdirSync, readFileSync } from 'node:fs';
import createCore from '../../build/wasm/bindings/conformance.mjs';

const folder = new URL('../conformance/', import.meta.url);
const wasm = new URL('../../build/wasm/bindings/conformance.wasm', import.meta.url);

/** One line of a `sip` block as it goes over the wire. */
function decodeLine(line) {
  const continued = line.endsWith('\\');
  const text = (continued ? line.slice(0, -1) : line).replace(
    /\\(?:x([\da-fA-F]{2})|([rn]))/g,
    (_, hex, letter) =>
      letter ? { r: '\r', n: '\n' }[letter] : `\0${String.fromCharCode(parseInt(hex, 16))}`,
  );
  // Octets that were written in hexadecimal stand behind a NUL until now: they are no UTF-8.
  const parts = text.split(/\0([^])/);
  const octets = parts.map((part, i) => Buffer.from(part, i % 2 ? 'latin1' : 'utf8'));
  return Buffer.concat(continued ? octets : [...octets, Buffer.from('\r\n')]);
}

function readCases(file) {
  const cases = [];
  let block = '';
  for (const line of readFileSync(new URL(file, folder), 'utf8').split('\n')) {
    if (block === '' && line.startsWith('## ')) {
      cases.push([`${file}: ${line.slice(3)}`, [], '']);
    } else if (cases.length > 0) {
      const current = cases.at(-1);
      if (block === '' && (line === '```sip' || line === '```expect')) block = line.slice(3);
      else if (line === '```') block = '';
      else if (block === 'sip') current[1].push(decodeLine(line));
      else if (block === 'expect') current[2] += `${line}\n`;
    }
  }
  return cases.map(([name, lines, expected]) => [name, Buffer.concat(lines), expected]);
}

const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .flatMap(readCases);

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
