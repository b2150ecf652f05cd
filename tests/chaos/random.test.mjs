// 100 000 random runs in as many shares as there are processors, some with the sanitizers, and thirty days of one registration.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { randomRuns, soak } from './runner.mjs';

const RUNS = 100_000;
const SANITIZED_RUNS = 3_000;
const SHARES = Math.min(availableParallelism(), 8);

function runInShares(runs, options) {
  const share = Math.ceil(runs / SHARES);
  const shares = Array.from({ length: SHARES }, (_, n) =>
    randomRuns(1 + n * share, share, options),
  );
  return Promise.all(shares);
}

test('INV-03 INV-07 RSP-21 100 000 random runs hold what holds for every fault', () =>
  runInShares(RUNS));

test('INV-03 INV-07 random runs with the sanitizers', () =>
  runInShares(SANITIZED_RUNS, { preset: 'asan' }));

test('fault 82 thirty days: a gap only where the server could not be reached', async () => {
  const lines = [];
  await soak((line) => lines.push(line));
  console.log(lines.join('\n'));
  assert.match(lines.join('\n'), /30 days: \d+ REGISTERs/);
});

test('no run at all is no success', () =>
  assert.rejects(randomRuns(1, 0), /did not come to seed 0/));

test('a failure says which command repeats it, and that command does', async () => {
  const env = { SIPREG_BROKEN_SEED: '4' };
  const error = await randomRuns(1, 10, { env, tell() {} }).catch((reason) => reason);
  const [, command] = /replay with: (npm run chaos -- --seed 4)$/m.exec(error.message);
  const repeat = (more) =>
    spawnSync(command, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...process.env, ...more },
      shell: true,
      encoding: 'utf8',
    });
  const { status, stdout, stderr } = repeat(env);
  assert.notEqual(status, 0);
  assert.match(stdout + stderr, /seed 4 fails/);
  const whole = repeat({});
  assert.equal(whole.status, 0, whole.stderr);
  assert.match(whole.stdout, /seeds 4 to 4/);
});
