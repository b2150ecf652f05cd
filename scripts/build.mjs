// Builds the WebAssembly, the package in dist/ and the demo page; what is up to date stays as it is.
import { pathToFileURL } from 'node:url';
import { buildPreset } from './lib/cmake.mjs';
import { endChildrenOnSignals } from './lib/processes.mjs';
import { Stop, main, step } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

async function make(what, build) {
  await step(`Making ${what}`, async () => {
    try {
      await build();
    } catch (error) {
      throw new Stop(error.message);
    }
  });
}

/** Needs setUp() to have run: esbuild is one of the npm packages. */
export async function buildAll() {
  await buildPreset('wasm');
  const { buildPackage } = await import('../js/build.mjs');
  const { buildDemo } = await import('../demo/build.mjs');
  await make('the package', buildPackage);
  await make('the demo page', buildDemo);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  endChildrenOnSignals();
  await main(async () => {
    await setUp('start');
    await buildAll();
  });
}
