// Builds the page into build/demo: static files with relative URLs, for any web server and any path.
import { build } from 'esbuild';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { policy } from './policy.mjs';

const page = new URL('.', import.meta.url);
const target = new URL('../build/demo/', import.meta.url);

/** The folder that buildDemo() makes. */
export const demoFolder = fileURLToPath(target);

async function bundle() {
  await build({
    entryPoints: ['main.js', 'style.css'].map((name) => fileURLToPath(new URL(name, page))),
    outdir: demoFolder,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    banner: { js: '/*! sipreg demo | MIT */' },
    // For Node alone: listen() of sipreg/testing, the package's WebSocket there.
    external: ['ws', 'node:*'],
    logLevel: 'warning',
  });
}

/** Needs the package in dist/. */
export async function buildDemo() {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const html = await readFile(new URL('index.html', page), 'utf8');
  await writeFile(new URL('index.html', target), html.replace('%POLICY%', policy));
  for (const name of ['favicon.svg', 'config.json']) {
    await copyFile(new URL(name, page), new URL(name, target));
  }
  // What is bundled wants its notices to come along.
  await copyFile(new URL('../LICENSE', page), new URL('LICENSE.txt', target));
  await bundle();
}
