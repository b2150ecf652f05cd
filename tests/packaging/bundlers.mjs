// How an app is built with each bundler. The app's main.js is in its folder, index.html loads what comes of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { blocksOf } from '../docs/blocks.mjs';
import { root, run, succeed } from './consumer.mjs';
import { appFiles } from './programs.mjs';

/** Writes an app into a folder of the consumer, `script` being what its page loads. Resolves with the folder. */
export async function writeApp(consumer, name, files, script = 'main.js') {
  const directory = join(consumer.directory, 'apps', name);
  await mkdir(directory, { recursive: true });
  const page = `<!doctype html><link rel="icon" href="data:," /><script type="module" src="${script}"></script>`;
  await writeFile(join(directory, 'index.html'), page);
  for (const [file, program] of Object.entries(files)) {
    await writeFile(join(directory, file), program);
  }
  return directory;
}

const documented = (sign) =>
  blocksOf('docs/bundlers.md').find(({ text }) => text.includes(sign)).text;

/** What docs/bundlers.md says to do beside a bundle of Rollup's. */
async function copyWasm(directory) {
  await writeFile(join(directory, 'copy.mjs'), documented('copyFileSync('));
  await succeed(process.execPath, ['copy.mjs'], { cwd: directory });
}

/** The command of docs/bundlers.md, with these scripts in the place of its own, and more options. */
export async function runEsbuild(directory, scripts = ['main.js'], more = []) {
  const [, , , ...options] = documented('npx esbuild main.js ').trim().split(' ');
  const args = [...scripts, ...options, ...more, '--log-level=warning'];
  const { stderr } = await run(join(root, 'node_modules/.bin/esbuild'), args, { cwd: directory });
  if (stderr !== '') throw new Error(stderr);
}

/** Where a page without a bundler finds an entry. */
const addressOf = (entry) =>
  `/node_modules/sipreg/dist/${entry === 'sipreg' ? 'index' : entry.slice('sipreg/'.length)}.js`;

/** Every builder gets the consumer, an app's name and its entry; it resolves with the folder to be served. */
export const bundlers = {
  /** No bundler: the page loads the package's files, and the WebAssembly is beside them. */
  async 'no bundler'(consumer, name, entry) {
    await writeApp(consumer, name, appFiles(entry, { from: addressOf(entry) }));
    return { root: consumer.directory, path: `/apps/${name}/index.html` };
  },

  /** No bundler, all of the app in a module worker. */
  async 'a module worker'(consumer, name, entry) {
    const files = appFiles(entry, { from: addressOf(entry) });
    await writeApp(consumer, name, {
      ...files,
      'main.js': `
      const worker = new Worker('app.js', { type: 'module' });
      worker.onmessage = ({ data }) => (document.title = data);
      worker.postMessage(new URLSearchParams(location.search).get('server'));
      `,
      'app.js': `${files['main.js']}
      onmessage = async ({ data }) => postMessage(await register(data));
      `,
    });
    return { root: consumer.directory, path: `/apps/${name}/index.html` };
  },

  async Vite(consumer, name, entry) {
    const directory = await writeApp(consumer, name, appFiles(entry));
    await vite({ root: directory, configFile: false, logLevel: 'error' });
    return { root: join(directory, 'dist'), path: '/index.html' };
  },

  async 'webpack 5'(consumer, name, entry) {
    const directory = await writeApp(consumer, name, appFiles(entry), 'dist/main.js');
    const stats = await promisify(webpack)({
      mode: 'production',
      context: directory,
      entry: './main.js',
      output: { path: join(directory, 'dist') },
      performance: { hints: false },
    });
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString());
    return { root: directory, path: '/index.html' };
  },

  /**
   * Rollup leaves `new URL('./sipreg.wasm', import.meta.url)` as it is, and a worker's script too: each is put beside the
   * bundle.
   */
  async Rollup(consumer, name, entry) {
    const files = appFiles(entry);
    const directory = await writeApp(consumer, name, files, 'dist/main.js');
    for (const file of Object.keys(files)) {
      const bundle = await rollup({
        input: join(directory, file),
        plugins: [nodeResolve({ browser: true })],
        onwarn({ message }) {
          throw new Error(message);
        },
      });
      await bundle.write({ dir: join(directory, 'dist') });
      await bundle.close();
    }
    if (entry === 'sipreg/external') await copyWasm(directory);
    return { root: directory, path: '/index.html' };
  },

  /** esbuild knows that expression neither; here the app imports the WebAssembly's address and hands it over. */
  async esbuild(consumer, name, entry) {
    const given =
      entry === 'sipreg/external'
        ? { imports: "import wasm from 'sipreg/sipreg.wasm';", options: 'wasm' }
        : {};
    const files = appFiles(entry, given);
    const directory = await writeApp(consumer, name, files, 'dist/main.js');
    await runEsbuild(directory, Object.keys(files));
    return { root: directory, path: '/index.html' };
  },
};
