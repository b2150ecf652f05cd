// `npm run chaos -- --seed 4711` tells one random run step by step; `npm run chaos -- 5000` makes so many.
import { buildPreset } from './lib/cmake.mjs';
import { Stop, main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';
import { randomRuns } from '../tests/chaos/runner.mjs';

const args = process.argv.slice(2);
const seed = args[0] === '--seed' ? args[1] : undefined;
const runs = seed === undefined ? (args[0] ?? '100000') : '1';

await main(async () => {
  if (!/^[1-9]\d*$/.test(seed ?? '1') || !/^[1-9]\d*$/.test(runs)) {
    throw new Stop('Usage: npm run chaos -- [--seed <number> | <runs>]');
  }
  await setUp('test');
  await buildPreset('chaos');
  try {
    const output = await randomRuns(seed ?? 1, runs, { talk: seed !== undefined });
    if (seed !== undefined) console.log(output);
  } catch (error) {
    throw new Stop(error.message);
  }
});
