// The rules of the architecture that a search can check: core <- bindings <- js <- demo, cli, tests.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { filesBelow, linesMatching, root } from './tree.mjs';

const cpp = ['.h', '.cpp'];
const typescript = filesBelow(['js/src'], ['.ts']);
const core = filesBelow(['core'], cpp);
const page = filesBelow(['demo'], ['.js', '.mjs', '.html']);
const published = filesBelow(['dist'], ['.js', '.cjs']);

test('every part that is searched is there', () => {
  for (const files of [typescript, core, page, published]) assert.notEqual(files.length, 0);
});

test('the core does no I/O, keeps no clock, draws no random numbers and does not know Emscripten', () => {
  const impure =
    /emscripten|<(iostream|sstream|fstream|regex|thread|random|chrono|functional|unordered_map|cstdio|ctime)>|steady_clock|system_clock|\btime\(|\brand\(|printf/i;
  assert.deepEqual(linesMatching(core, impure), []);
});

test('the core and the bindings neither throw nor ask for types at run time', () => {
  const files = [...core, ...filesBelow(['bindings'], cpp)];
  assert.deepEqual(linesMatching(files, /\b(throw|catch|dynamic_cast|typeid)\b\s*[({<;]/), []);
});

test('C++ never calls JavaScript', () => {
  const calls = /emscripten::val|EM_ASM|EM_JS|emscripten_run_script|<emscripten\/val\.h>/;
  assert.deepEqual(linesMatching(filesBelow(['bindings'], cpp), calls), []);
});

test('API-01 SEC-03 the WebAssembly imports memory and registration of types: no clock, no randomness', async () => {
  const bindings = join(root, 'build/wasm/bindings');
  const glue = readFileSync(join(bindings, 'core.mjs'), 'utf8');
  const [, table] = /(?:asmLibraryArg|wasmImports) ?= ?\{([^}]*)\}/.exec(glue);
  const names = new Map(table.split(',').map((entry) => entry.replaceAll('"', '').split(':')));
  const core = await WebAssembly.compile(readFileSync(join(bindings, 'core.wasm')));
  const imported = WebAssembly.Module.imports(core).map(({ name }) => names.get(name));
  assert.deepEqual(
    imported.filter(
      (name) => !/^_?(_embind_register_\w+|abort|emscripten_resize_heap)$/.test(name),
    ),
    [],
  );
});

test('only session.ts touches the WebAssembly heap and frees what lies there', () => {
  const others = typescript.filter((file) => !/^js\/src\/(session|core\.d)\.ts$/.test(file));
  assert.deepEqual(linesMatching(others, /HEAP[UF]?\d|\.delete\(\)/), []);
});

test('only the client library talks to the core', () => {
  const outside = typescript.filter((file) => /^js\/src\/(cli|testing)\//.test(file));
  assert.notEqual(outside.length, 0);
  assert.deepEqual(linesMatching(outside, /'sipreg:|\/(session|load)\.js'/), []);
});

test('neither the page nor the library makes markup or code out of text', () => {
  const unsafe =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bon\w+="/;
  assert.deepEqual(linesMatching([...typescript, ...page], unsafe), []);
});

test('the published files run under a Content-Security-Policy without unsafe-eval', () => {
  assert.deepEqual(
    linesMatching(published, /\beval\(|new Function\b/).map((line) => line.slice(0, 200)),
    [],
  );
});
