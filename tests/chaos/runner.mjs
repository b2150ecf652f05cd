// Runs shares of the random runs, and the soak: the binary that the preset `chaos` builds.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = join(root, 'build/chaos/tests/chaos/sipreg_chaos');

/** Resolves with the output; rejects with it when a check failed. `tell` is given each line of progress. */
function run(filter, env, tell) {
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

/** `runs` runs, of the seeds `first`, `first` + 1 and so on. */
export function randomRuns(first, runs, { talk = false, tell = console.log } = {}) {
  const env = { SIPREG_SEED: String(first), SIPREG_RUNS: String(runs) };
  return run('Chaos.random_runs*', talk ? { ...env, SIPREG_TALK: '1' } : env, tell);
}

export function soak(tell = console.log) {
  return run('Chaos.fault_82*', {}, tell);
}
