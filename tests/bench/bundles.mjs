// The size of an app that does nothing but register, as a browser would load it.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);
const file = (path) => fileURLToPath(new URL(path, root));

/** Bytes after minifying and brotli at its best; sipreg with the WebAssembly inlined, and with it as a file of its own. */
export async function brotliSizes() {
  const [jssip, sipjs, inline, external, workerPage] = await Promise.all([
    bundle('jssip'),
    bundle('sipjs'),
    bundle('sipreg', file('dist/index.js')),
    bundle('sipreg', file('dist/external.js')),
    bundle('sipreg-worker-page', file('dist/worker.js')),
  ]);
  const wasm = readFileSync(file('dist/sipreg.wasm'));
  return {
    jssip: brotli(jssip),
    sipjs: brotli(sipjs),
    sipregInline: brotli(inline),
    sipregExternal: brotli(external) + brotli(wasm),
    sipregWasm: brotli(wasm),
    sipregWorkerPage: brotli(workerPage),
  };
}

async function bundle(name, sipreg) {
  const { outputFiles } = await build({
    entryPoints: [file(`tests/bench/bundles/${name}.mjs`)],
    // The package as it is published, under its own name.
    alias: sipreg ? { 'sipreg/worker': sipreg, sipreg } : {},
    // As in package.json's `browser`: what only Node needs.
    external: ['ws', 'fs/promises', 'url', 'node:*'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].contents;
}

function brotli(data) {
  return brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}
