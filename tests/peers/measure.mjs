// Runs one.mjs for each library and fault, as many at a time as there are processors.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { groups } from '../faults/index.mjs';

const script = fileURLToPath(new URL('one.mjs', import.meta.url));

/** A library that is still busy with one fault then is ended, and nothing is said of it. */
const deadlineMs = 240_000;

const versionOf = (path) =>
  JSON.parse(readFileSync(new URL(`../../${path}/package.json`, import.meta.url), 'utf8')).version;

export const libraries = {
  sipreg: 'sipreg',
  jssip: `JsSIP ${versionOf('node_modules/jssip')}`,
  sipjs: `SIP.js ${versionOf('node_modules/sip.js')}`,
};

/** A library that seemed to work for 50 ms to 1 s on one frame is measured anew: the machine's load adds to it. */
const repetitions = 3;
const isDoubtful = ({ longestMs }) => longestMs >= 50 && longestMs < 1000;

/** Which rows are measured: of several cases of one number those that differ. */
const tasks = Object.entries(groups)
  .flatMap(([group, rows]) =>
    rows.flatMap(({ peers = true }, index) => (peers ? [{ group, index }] : [])),
  )
  .concat({ group: 'day', index: 0 });

async function measure(task) {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], {
    timeout: deadlineMs,
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout);
}

async function measureInCalm(task) {
  let figures = await measure(task);
  for (let n = 0; n < repetitions && isDoubtful(figures); n += 1) figures = await measure(task);
  return figures;
}

/** What each of these libraries did: library → group → index → figures. */
export async function measureAll(names, progress = () => undefined) {
  const figures = Object.fromEntries(
    names.map((name) => [name, { transport: [], answers: [], time: [], day: [] }]),
  );
  const queue = names.flatMap((library) => tasks.map((task) => ({ library, ...task })));
  const all = queue.length;
  let done = 0;
  const work = async () => {
    for (let task = queue.shift(); task; task = queue.shift()) {
      figures[task.library][task.group][task.index] = await measureInCalm(task);
      progress((done += 1), all);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return figures;
}
