// The size of an app that does nothing but register, as a browser would load it.
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);

/** Bytes after minifying and brotli at its best. */
export async function brotliSizes() {
  const [jssip, sipjs, sipreg] = await Promise.all(['jssip', 'sipjs', 'sipreg'].map(bundle));
  const [wasm] = /[A-Za-z0-9+/=]{20000,}/.exec(sipreg) ?? [];
  if (wasm === undefined) throw new Error('The bundle of sipreg holds no WebAssembly in base64.');
  return {
    jssip: brotli(jssip),
    sipjs: brotli(sipjs),
    sipregInline: brotli(sipreg),
    // The same with the WebAssembly as a file of its own.
    sipregExternal: brotli(sipreg.replace(wasm, '')) + brotli(Buffer.from(wasm, 'base64')),
  };
}

async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`bundles/${name}.mjs`, import.meta.url))],
    // The package as it is published, under its own name.
    alias: { sipreg: fileURLToPath(new URL('dist/index.js', root)) },
    external: ['ws', 'node:*'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

function brotli(data) {
  return brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
}
