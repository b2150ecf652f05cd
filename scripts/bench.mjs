// Builds the package and prints the times and sizes of sipreg beside its peers; arguments go to the benchmark.
import { buildAll } from './build.mjs';
import { endChildrenOnSignals, run } from './lib/processes.mjs';
import { main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

endChildrenOnSignals();
await main(async () => {
  await setUp('start');
  await buildAll();
  const args = ['tests/bench/main.mjs', ...process.argv.slice(2)];
  const { status } = await run(process.execPath, args, { inherit: true });
  process.exitCode = status ?? 1;
});
