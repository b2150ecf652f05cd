// Builds the WebAssembly and the package in dist/; what is up to date stays as it is.
import { pathToFileURL } from 'node:url';
import { buildPreset } from './lib/cmake.mjs';
import { endChildrenOnSignals } from './lib/processes.mjs';
import { Stop, main, step } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

/** Needs setUp() to have run: esbuild is one of the npm packages. */
export async function buildAll() {
  await buildPreset('wasm');
  const { buildPackage } = await import('../js/build.mjs');
  await step('Making the package', async () => {
    try {
      await buildPackage();
    } catch (error) {
      throw new Stop(error.message);
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  endChildrenOnSignals();
  await main(async () => {
    await setUp('start');
    await buildAll();
  });
}
