// Brings node_modules/ to what package-lock.json says, in the root and where else there is one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stop, step } from './progress.mjs';
import { root, run } from './processes.mjs';

/** npm says first what is wrong, then how it is used. */
const ERROR_LINES = 20;

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

/** npm leaves a lock file of its own behind, which says what it has really installed. */
function isInstalled(directory) {
  const installed = packagesOf(join(directory, 'node_modules/.package-lock.json'));
  if (!installed) return false;
  return Object.entries(packagesOf(join(directory, 'package-lock.json')))
    .filter(([path, { optional }]) => path !== '' && !optional)
    .every(([path, { version }]) => installed[path]?.version === version);
}

async function installAt(directory, what) {
  if (isInstalled(directory)) return;
  // npm names its own script when it has started us; that spares finding it, and works without npm on PATH.
  const script = process.env.npm_execpath;
  const [command, ...args] = script ? [process.execPath, script, 'ci'] : ['npm', 'ci'];
  await step(`Installing ${what}`, async (report) => {
    const { status, output } = await run(command, args, {
      onOutput: report,
      cwd: directory,
      env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
    });
    if (status !== 0) {
      throw new Stop(`${output.split('\n', ERROR_LINES).join('\n')}\n\nnpm ci failed.`);
    }
  });
}

export async function installNodeModules() {
  await installAt(root, 'the npm packages');
}

/** Next.js, for the test of an app that is built with it. */
export async function installNext() {
  await installAt(join(root, 'scripts/next'), 'Next.js');
}

/** Other versions of Node for the tests; npm has their programs for each platform, these are the ones for CI's. */
export async function installNodes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return;
  await installAt(join(root, 'scripts/nodes'), 'other versions of Node');
}
