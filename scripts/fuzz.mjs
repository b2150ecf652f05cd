// `npm run fuzz -- agent 600`: builds the fuzz targets and runs one of them for so many seconds.
import { buildPreset } from './lib/cmake.mjs';
import { Stop, main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';
import { fuzz, targets } from '../tests/fuzz/fuzzer.mjs';

const [target, seconds = '600'] = process.argv.slice(2);

await main(async () => {
  if (!targets.includes(target) || !/^[1-9]\d*$/.test(seconds)) {
    throw new Stop(`Usage: npm run fuzz -- <${targets.join('|')}> [seconds]`);
  }
  await setUp('test');
  await buildPreset('fuzz');
  try {
    console.log(await fuzz(target, seconds, (text) => process.stdout.write(text)));
  } catch (error) {
    throw new Stop(error.message);
  }
});
