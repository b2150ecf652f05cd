// 100 000 random runs in as many shares as there are processors, and thirty days of one registration.
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { randomRuns, soak } from './runner.mjs';

const RUNS = 100_000;
const SHARES = Math.min(availableParallelism(), 8);

test('INV-03 INV-07 RSP-21 100 000 random runs hold what holds for every fault', async () => {
  const share = Math.ceil(RUNS / SHARES);
  const shares = Array.from({ length: SHARES }, (_, n) => randomRuns(1 + n * share, share));
  await Promise.all(shares);
});

test('fault 82 thirty days: a gap only where the server could not be reached', async () => {
  const lines = [];
  await soak((line) => lines.push(line));
  console.log(lines.join('\n'));
  assert.match(lines.join('\n'), /30 days: \d+ REGISTERs/);
});
