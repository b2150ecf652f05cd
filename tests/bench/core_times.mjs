// Builds core/ twice with the flags of the package, and runs both.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const flags = ['C', 'CXX'].flatMap((language) => [
  `-DCMAKE_${language}_FLAGS=-flto`,
  `-DCMAKE_${language}_FLAGS_RELEASE=-O3 -DNDEBUG`,
]);

/** Nanoseconds an operation of the core alone, without JavaScript around it. */
export async function coreTimes() {
  const native = await build('bench-native', []);
  const wasm = await build('bench-wasm', [`-DCMAKE_TOOLCHAIN_FILE=${root}cmake/emscripten.cmake`]);
  return {
    native: await measured(`${native}/core_bench`, []),
    wasm: await measured(process.execPath, [`${wasm}/core_bench.js`]),
  };
}

async function build(name, definitions) {
  const tree = `${root}build/${name}`;
  const source = `${root}tests/bench/core`;
  await run('cmake', [
    '-S',
    source,
    '-B',
    tree,
    '-DCMAKE_BUILD_TYPE=Release',
    ...flags,
    ...definitions,
  ]);
  await run('cmake', ['--build', tree, '--target', 'core_bench', '--parallel', '2']);
  return tree;
}

async function measured(command, args) {
  const { stdout } = await run(command, args);
  return JSON.parse(stdout);
}
