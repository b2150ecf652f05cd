// Formats everything in place.
import { setUp } from './setup.mjs';
import { endChildrenOnSignals, run } from './lib/processes.mjs';
import { Stop, main } from './lib/progress.mjs';
import { filesBelow } from '../tests/lint/tree.mjs';

endChildrenOnSignals();
await main(async () => {
  await setUp('test');
  const cpp = filesBelow(['core', 'bindings', 'examples', 'tests'], ['.h', '.cpp']);
  for (const [command, args] of [
    [
      process.execPath,
      ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'],
    ],
    ['clang-format', ['-i', ...cpp]],
  ]) {
    const { status } = await run(command, args, { inherit: true });
    if (status !== 0) throw new Stop('Not everything could be formatted, see above.');
  }
});
