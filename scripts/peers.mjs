// Builds the package, lets sipreg and its peers live through the faults of tests/faults, prints what each did and writes it into
// docs/reliability.md; arguments go to tests/peers/main.mjs.
import { buildAll } from './build.mjs';
import { endChildrenOnSignals, run } from './lib/processes.mjs';
import { main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

endChildrenOnSignals();
await main(async () => {
  await setUp('start');
  await buildAll();
  const args = ['tests/peers/main.mjs', ...process.argv.slice(2)];
  const { status } = await run(process.execPath, args, { inherit: true });
  process.exitCode = status ?? 1;
});
