// Brings node_modules/ to what package-lock.json says.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stop, step } from './progress.mjs';
import { root, run } from './processes.mjs';

/** npm says first what is wrong, then how it is used. */
const ERROR_LINES = 20;

function packagesOf(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

/** npm leaves a lock file of its own behind, which says what it has really installed. */
function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  if (!installed) return false;
  return Object.entries(packagesOf('package-lock.json'))
    .filter(([path, { optional }]) => path !== '' && !optional)
    .every(([path, { version }]) => installed[path]?.version === version);
}

export async function installNodeModules() {
  if (isInstalled()) return;
  // npm names its own script when it has started us; that spares finding it, and works without npm on PATH.
  const script = process.env.npm_execpath;
  const [command, ...args] = script ? [process.execPath, script, 'ci'] : ['npm', 'ci'];
  await step('Installing the npm packages', async (report) => {
    const { status, output } = await run(command, args, {
      onOutput: report,
      env: { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
    });
    if (status !== 0) {
      throw new Stop(`${output.split('\n', ERROR_LINES).join('\n')}\n\nnpm ci failed.`);
    }
  });
}
