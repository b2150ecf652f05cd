// The native tests on libosip2's parser. What it cannot pass stands in exceptions.md, each with its reason: the run fails
// for a test that fails without standing there, and for one that stands there and passes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = join(root, 'build/osip2/tests/sipreg_core_tests');

/** The first cell of each row whose cell is code: "Suite.name". */
const exceptions = [
  ...readFileSync(new URL('exceptions.md', import.meta.url), 'utf8').matchAll(
    /^\| `([^`]+)` \| (.+) \|$/gm,
  ),
].map(([, name, reason]) => ({ name, reason }));

const results = new Map();

before(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sipreg-osip2-'));
  try {
    const report = join(folder, 'report.json');
    // How fast it is, is no matter of what is right.
    const args = [`--gtest_output=json:${report}`, '--gtest_brief=1', '--gtest_filter=-*Speed*'];
    const { signal, stderr } = spawnSync(binary, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    assert.equal(signal, null, stderr);
    for (const { testsuite } of JSON.parse(readFileSync(report, 'utf8')).testsuites) {
      for (const { classname, name, failures } of testsuite) {
        results.set(`${classname}.${name}`, failures === undefined);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('hundreds of tests ran on libosip2', (context) => {
  context.diagnostic(`${results.size} tests, ${exceptions.length} exceptions`);
  assert.ok(results.size > 900, `${results.size} tests`);
});

test('whatever is not listed passes', () => {
  const listed = new Set(exceptions.map(({ name }) => name));
  const failed = [...results].filter(([name, passed]) => !passed && !listed.has(name));
  assert.deepEqual(
    failed.map(([name]) => name),
    [],
  );
});

test('whatever is listed runs and fails, and has a reason', () => {
  for (const { name, reason } of exceptions) {
    assert.equal(results.get(name), false, `${name} is listed and does not fail`);
    assert.ok(reason.length > 20, `${name}: ${reason}`);
  }
});
