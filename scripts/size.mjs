// Prints the size of a bundle that only registers, and lowers the limits of its test to it where it has become smaller.
import { writeFileSync } from 'node:fs';
import { buildAll } from './build.mjs';
import { endChildrenOnSignals } from './lib/processes.mjs';
import { main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

endChildrenOnSignals();
await main(async () => {
  await setUp('start');
  await buildAll();
  const { describeSizes, limitsFile, measureSizes } = await import('../tests/packaging/sizes.mjs');
  const sizes = await measureSizes();
  console.log(describeSizes(sizes).join('\n'));
  const limits = sizes.rows.map(({ name, bytes, limit }) => [name, Math.min(bytes, limit)]);
  writeFileSync(limitsFile, `${JSON.stringify(Object.fromEntries(limits), null, 2)}\n`);
});
