// How much of the core its own tests run: g++ counts lines while they run, gcovr adds up.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib/processes.mjs';

const least = 95;
const build = join(root, 'build/coverage');
const summary = join(build, 'summary.json');

function run(command, args) {
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  assert.equal(status, 0, `${command} ended with ${status ?? signal}\n${stdout}${stderr}`);
}

/** Forgets what earlier runs counted. */
function reset() {
  for (const file of readdirSync(build, { recursive: true })) {
    if (file.endsWith('.gcda')) rmSync(join(build, file));
  }
}

/** Lines that were run and lines that there are: of each file, of each folder, and of all. */
function count() {
  run('gcovr', ['--root', root, '--filter', 'core/src/', '--json-summary', summary, build]);
  const { files } = JSON.parse(readFileSync(summary, 'utf8'));
  const totals = new Map();
  for (const { filename, line_covered: covered, line_total: total } of files) {
    for (const key of new Set([dirname(filename), 'core/src in total'])) {
      const sum = totals.get(key) ?? { covered: 0, total: 0 };
      totals.set(key, { covered: sum.covered + covered, total: sum.total + total });
    }
  }
  return totals;
}

const percent = ({ covered, total }) => (100 * covered) / total;

test(`the core's tests run at least ${least} % of the lines of core/src`, () => {
  reset();
  run(join(build, 'tests/sipreg_core_tests'), ['--gtest_brief=1']);
  const totals = count();
  const all = totals.get('core/src in total');
  assert.ok(all?.total > 3000, 'the lines of core/src were found');
  for (const [name, sum] of [...totals].sort(([a], [b]) => a.localeCompare(b))) {
    const lines = `${sum.covered} of ${sum.total} lines`;
    console.log(`${name.padEnd(24)} ${percent(sum).toFixed(1).padStart(5)} %  ${lines}`);
  }
  assert.ok(percent(all) >= least, `${percent(all).toFixed(1)} %`);
});
