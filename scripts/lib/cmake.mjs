// Runs CMake's presets: configures a build tree when it has to, builds what has changed.
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Stop, step } from './progress.mjs';
import { root, run } from './processes.mjs';
import { tail, which } from './tools.mjs';

const labels = {
  dev: 'native build',
  chaos: 'native build for random runs',
  asan: 'native build with sanitizers',
  coverage: 'native build that counts lines',
  fuzz: 'native build for fuzzing',
  osip2: 'native build on libosip2',
  wasm: 'WebAssembly build',
};

/** A tree is of no use any more when the project has moved, its presets are others, or another emcc is on PATH. */
function isUsable(tree) {
  const path = join(tree, 'CMakeCache.txt');
  if (!existsSync(path)) return false;
  if (statSync(join(root, 'CMakePresets.json')).mtimeMs > statSync(path).mtimeMs) return false;
  const cache = readFileSync(path, 'utf8');
  const value = (name) => new RegExp(`^${name}:[^=]*=(.*)$`, 'm').exec(cache)?.[1];
  const emcc = value('SIPREG_EMCC');
  return (
    join(value('CMAKE_HOME_DIRECTORY') ?? '', '/') === root && (!emcc || emcc === which('emcc'))
  );
}

async function cmake(label, args) {
  await step(label, async (report) => {
    const { status, output } = await run('cmake', args, { onOutput: report });
    if (status !== 0) throw new Stop(`${tail(output)}\n\ncmake ${args.join(' ')} failed.`);
  });
}

/** Leaves build/<preset> up to date with the sources, or that target of it alone. */
export async function buildPreset(preset, target) {
  const tree = join(root, 'build', preset);
  const complete = ['Makefile', 'build.ninja'].some((name) => existsSync(join(tree, name)));
  if (!complete || !isUsable(tree)) {
    rmSync(tree, { recursive: true, force: true });
    await cmake(`Configuring the ${labels[preset]}`, ['--preset', preset]);
  }
  await cmake(`Making the ${labels[preset]}`, [
    '--build',
    '--preset',
    preset,
    '--parallel',
    String(availableParallelism()),
    ...(target ? ['--target', target] : []),
  ]);
}
