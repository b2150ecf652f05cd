// How an app is built with each bundler. The app's main.js is in its folder, index.html loads what comes of it.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as esbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as vite } from 'vite';
import webpack from 'webpack';
import { pageProgram } from './programs.mjs';

/** Writes an app into a folder of the consumer, `script` being what its page loads. Resolves with the folder. */
export async function writeApp(consumer, name, program, script = 'main.js') {
  const directory = join(consumer.directory, 'apps', name);
  await mkdir(directory, { recursive: true });
  const page = `<!doctype html><link rel="icon" href="data:," /><script type="module" src="${script}"></script>`;
  await writeFile(join(directory, 'index.html'), page);
  await writeFile(join(directory, 'main.js'), program);
  return directory;
}

const copyWasm = async ({ directory }, target) => {
  const { resolve } = createRequire(join(directory, 'package.json'));
  await copyFile(resolve('sipreg/sipreg.wasm'), join(target, 'sipreg.wasm'));
};

/** Every builder gets the consumer, an app's name and its entry; it resolves with the folder to be served. */
export const bundlers = {
  /** No bundler: the page loads the package's files, and the WebAssembly is beside them. */
  async 'no bundler'(consumer, name, entry) {
    const file = entry === 'sipreg' ? 'index.js' : 'external.js';
    await writeApp(consumer, name, pageProgram(`/node_modules/sipreg/dist/${file}`));
    return { root: consumer.directory, path: `/apps/${name}/index.html` };
  },

  /** No bundler, in a module worker. */
  async 'a module worker'(consumer, name, entry) {
    const file = entry === 'sipreg' ? 'index.js' : 'external.js';
    const directory = await writeApp(
      consumer,
      name,
      `
      const worker = new Worker('worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => (document.title = data);
      worker.postMessage(new URLSearchParams(location.search).get('server'));
      `,
    );
    const program = pageProgram(`/node_modules/sipreg/dist/${file}`);
    await writeFile(
      join(directory, 'worker.js'),
      `${program}
      onmessage = async ({ data }) => postMessage(await register(data));
      `,
    );
    return { root: consumer.directory, path: `/apps/${name}/index.html` };
  },

  async Vite(consumer, name, entry) {
    const directory = await writeApp(consumer, name, pageProgram(entry));
    await vite({ root: directory, configFile: false, logLevel: 'error' });
    return { root: join(directory, 'dist'), path: '/index.html' };
  },

  async 'webpack 5'(consumer, name, entry) {
    const directory = await writeApp(consumer, name, pageProgram(entry), 'dist/main.js');
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

  /** Rollup leaves `new URL('./sipreg.wasm', import.meta.url)` as it is: the file has to be put beside the bundle. */
  async Rollup(consumer, name, entry) {
    const directory = await writeApp(consumer, name, pageProgram(entry), 'dist/main.js');
    const bundle = await rollup({
      input: join(directory, 'main.js'),
      plugins: [nodeResolve({ browser: true })],
      onwarn({ message }) {
        throw new Error(message);
      },
    });
    await bundle.write({ dir: join(directory, 'dist') });
    await bundle.close();
    if (entry === 'sipreg/external') await copyWasm(consumer, join(directory, 'dist'));
    return { root: directory, path: '/index.html' };
  },

  /** esbuild knows that expression neither; here the app imports the file's address and hands it over. */
  async esbuild(consumer, name, entry) {
    const given =
      entry === 'sipreg/external'
        ? { imports: "import wasm from 'sipreg/sipreg.wasm';", options: 'wasm' }
        : {};
    const directory = await writeApp(consumer, name, pageProgram(entry, given), 'dist/main.js');
    const { warnings } = await esbuild({
      absWorkingDir: directory,
      entryPoints: ['main.js'],
      outdir: 'dist',
      bundle: true,
      minify: true,
      format: 'esm',
      loader: { '.wasm': 'file' },
      publicPath: 'dist',
      logLevel: 'error',
    });
    if (warnings.length > 0) throw new Error(JSON.stringify(warnings));
    return { root: directory, path: '/index.html' };
  },
};
