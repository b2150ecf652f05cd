// The same calls give the same bytes natively and in WebAssembly: frames, events, deadlines, refusals, counters.
//
// A seed that fails is printed; SIPREG_SEED=<n> runs that one alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OutputKind } from './bridge.mjs';
import { trace } from './trace.mjs';

const native = fileURLToPath(new URL('../../build/dev/tests/sipreg_replay', import.meta.url));
const runs = 300;
const { SIPREG_SEED: only } = process.env;
const seeds = only === undefined ? Array.from({ length: runs }, (_, i) => i + 1) : [Number(only)];

/** What the native bridge says to the same calls. */
function replay(calls) {
  const options = { input: calls.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { status, stdout, stderr, signal } = spawnSync(native, [], options);
  assert.equal(status, 0, `the native replay ended with ${status ?? signal}: ${stderr}`);
  return stdout.split('\n').slice(0, -1);
}

const readable = (outcome) => `${outcome}\n${Buffer.from(outcome?.split(' ').at(-1) ?? '', 'hex')}`;

test(`INV-08 the same bytes natively and in WebAssembly: ${seeds.length} random lives`, async () => {
  const seen = new Set();
  const called = new Set();
  let methods = [];
  let outcomes = 0;
  for (const seed of seeds) {
    const life = await trace(seed);
    const natively = replay(life.calls);
    const different = life.outcomes.findIndex((outcome, i) => outcome !== natively[i]);
    if (different >= 0 || natively.length !== life.outcomes.length) {
      assert.fail(
        `SIPREG_SEED=${seed}, call ${different}: ${life.calls[different + 1]}\n` +
          `WebAssembly: ${readable(life.outcomes[different])}\nnative: ${readable(natively[different])}`,
      );
    }
    outcomes += natively.length;
    methods = life.methods;
    for (const name of life.seen) seen.add(name);
    for (const call of life.calls) called.add(call.split(' ', 1)[0]);
  }
  if (only !== undefined) return;
  // The lives are worth comparing only when everything happens in them.
  assert.ok(outcomes > 50 * runs, `${outcomes} calls`);
  assert.deepEqual(
    methods.filter((name) => !called.has(name)),
    [],
  );
  assert.deepEqual(
    [...seen].sort(),
    Object.keys(OutputKind)
      .filter((name) => name !== 'none')
      .sort(),
  );
});
