// Builds the commit that is checked out twice, in two folders and without a compiler cache, and compares every file of the
// package. Prints the SHA-256 of its WebAssembly, which whoever has the same toolchain can compare with a published one.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { endChildrenOnSignals, root, run } from './lib/processes.mjs';
import { Stop, main, step } from './lib/progress.mjs';
import { tail } from './lib/tools.mjs';
import { setUp } from './setup.mjs';

/** Their paths differ in length and depth: a path that got into a file shows. */
const folders = ['a', 'another/and/deeper'].map((name) => join(root, 'build/reproduce', name));
const noCache = { CMAKE_C_COMPILER_LAUNCHER: '', CMAKE_CXX_COMPILER_LAUNCHER: '' };

async function succeed(command, args, cwd) {
  const { status, output } = await run(command, args, { cwd, env: noCache });
  if (status !== 0) throw new Stop(`${tail(output)}\n\n${command} ${args.join(' ')} failed.`);
  return output;
}

async function buildIn(folder) {
  mkdirSync(folder, { recursive: true });
  const archive = join(folder, 'commit.tar');
  await succeed('git', ['archive', '--output', archive, 'HEAD'], root);
  await succeed('tar', ['-xf', archive], folder);
  for (const name of ['node_modules', '.cache']) {
    await succeed('cp', ['-al', join(root, name), folder], root);
  }
  await succeed('cmake', ['--preset', 'wasm'], folder);
  await succeed('cmake', ['--build', '--preset', 'wasm', '--target', 'sipreg_wasm'], folder);
  await succeed(process.execPath, ['js/build.mjs'], folder);
}

/** The SHA-256 of every file that would be published but the account of where it was built. */
function hashes(folder) {
  const dist = join(folder, 'dist');
  const files = readdirSync(dist, { recursive: true }).filter(
    (name) => name !== 'build.json' && statSync(join(dist, name)).isFile(),
  );
  return Object.fromEntries(
    files.sort().map((name) => {
      const bytes = readFileSync(join(dist, name));
      return [name, createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

endChildrenOnSignals();
await main(async () => {
  await setUp('start');
  rmSync(join(root, 'build/reproduce'), { recursive: true, force: true });
  for (const folder of folders) {
    await step(`Building in ${relative(root, folder)}`, () => buildIn(folder));
  }
  const [first, second] = folders.map(hashes);
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  const different = [...names].filter((name) => first[name] !== second[name]);
  if (different.length > 0) {
    throw new Stop(`These differ, see build/reproduce: ${different.join(', ')}.`);
  }
  rmSync(join(root, 'build/reproduce'), { recursive: true });
  console.log(`${names.size} files are the same. SHA-256 of sipreg.wasm: ${first['sipreg.wasm']}`);
});
