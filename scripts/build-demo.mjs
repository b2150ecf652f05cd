// Builds the demo page into build/demo, with all that it needs: static files for any web server and any path.
import { buildAll } from './build.mjs';
import { endChildrenOnSignals } from './lib/processes.mjs';
import { main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

endChildrenOnSignals();
await main(async () => {
  await setUp('start');
  await buildAll();
  console.log('The demo page is in build/demo.');
});
