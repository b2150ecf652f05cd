// The same calls give the same bytes natively and in WebAssembly: frames, events, deadlines, refusals, counters.
//
// A seed that fails is printed; SIPREG_SEED=<n> runs that one alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OutputKind } from './bridge.mjs';
import { trace } from './trace.mjs';

const programOf = (preset) =>
  fileURLToPath(new URL(`../../build/${preset}/tests/sipreg_replay`, import.meta.url));
/** Every tenth life meets the sanitizers as well, which are slow to start. */
const presetsOf = (seed) => (seed % 10 === 0 || only !== undefined ? ['dev', 'asan'] : ['dev']);
const runs = 300;
const { SIPREG_SEED: only } = process.env;
const seeds = only === undefined ? Array.from({ length: runs }, (_, i) => i + 1) : [Number(only)];

/** What the native bridge says to the same calls. */
function replay(calls, preset) {
  const options = { input: calls.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 };
  const { status, stdout, stderr, signal } = spawnSync(programOf(preset), [], options);
  assert.equal(
    status,
    0,
    `the native replay (${preset}) ended with ${status ?? signal}: ${stderr}`,
  );
  return stdout.split('\n').slice(0, -1);
}

const readable = (outcome) => `${outcome}\n${Buffer.from(outcome?.split(' ').at(-1) ?? '', 'hex')}`;

function compare(seed, life, natively) {
  const different = life.outcomes.findIndex((outcome, i) => outcome !== natively[i]);
  if (different < 0 && natively.length === life.outcomes.length) return;
  assert.fail(
    `SIPREG_SEED=${seed}, call ${different}: ${life.calls[different + 1]}\n` +
      `WebAssembly: ${readable(life.outcomes[different])}\nnative: ${readable(natively[different])}`,
  );
}

test(`INV-08 the same bytes natively and in WebAssembly: ${seeds.length} random lives`, async () => {
  const seen = new Set();
  const called = new Set();
  let methods = [];
  let outcomes = 0;
  for (const seed of seeds) {
    const life = await trace(seed);
    for (const preset of presetsOf(seed)) compare(seed, life, replay(life.calls, preset));
    outcomes += life.outcomes.length;
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
