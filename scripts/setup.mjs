// Installs whatever is missing. `npm run setup start` stops at what `npm start` needs. Node built-ins only.
import { pathToFileURL } from 'node:url';
import { installNext, installNodeModules, installNodes } from './lib/npm.mjs';
import { endChildrenOnSignals } from './lib/processes.mjs';
import { Stop, main } from './lib/progress.mjs';
import { installTools } from './lib/tools.mjs';

const LEVELS = ['start', 'test'];

/** Makes the machine ready for `npm start` or, on top of that, for `npm test`. Quick when it is ready already. */
export async function setUp(level) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Stop(`Node ${process.versions.node} is too old: sipreg needs Node 20 or later.`);
  }
  await installTools(level);
  await installNodeModules();
  if (level === 'test') {
    await installNodes();
    await installNext();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  endChildrenOnSignals();
  await main(async () => {
    const level = process.argv[2] ?? 'test';
    if (!LEVELS.includes(level))
      throw new Stop(`"${level}": the levels are ${LEVELS.join(' and ')}.`);
    await setUp(level);
    console.log(`Everything that "npm ${level}" needs is there.`);
  });
}
