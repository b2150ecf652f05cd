// Runs shares of the random runs, and the soak: the binary that the preset `chaos` builds, or `asan`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Resolves with the output; rejects with it when a check failed. `tell` is given each line of progress. */
function run(filter, env, tell, preset = 'chaos') {
  const binary = join(root, 'build', preset, 'tests/chaos/sipreg_chaos');
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [`--gtest_filter=${filter}`, '--gtest_brief=1'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        for (const line of text.split('\n')) if (/^ {2}\S/.test(line)) tell(line);
      });
    }
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve(output) : reject(new Error(output.slice(-20_000))),
    );
  });
}

/** `runs` runs, of the seeds `first`, `first` + 1 and so on; rejects when fewer were made. */
export async function randomRuns(first, runs, { talk, tell = console.log, preset, env } = {}) {
  const wanted = { ...env, SIPREG_SEED: String(first), SIPREG_RUNS: String(runs) };
  if (talk) wanted.SIPREG_TALK = '1';
  const output = await run('Chaos.random_runs*', wanted, tell, preset);
  const last = Number(first) + Number(runs) - 1;
  if (!(runs > 0) || !output.includes(`  seeds ${first} to ${last}, `))
    throw new Error(`The runs did not come to seed ${last}:\n${output}`);
  return output;
}

export function soak(tell = console.log) {
  return run('Chaos.fault_82*', {}, tell);
}
