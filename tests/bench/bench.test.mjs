import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('main.mjs', import.meta.url));

test('the benchmark measures all three libraries', { timeout: 120_000 }, async () => {
  // It fails by itself when a figure is not finite and positive.
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--quick', '--json']);
  const { rows, versions } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(versions), ['sipreg', 'jssip', 'sipjs']);
  assert.ok(rows.length >= 10);
  assert.ok(rows.every(({ values }) => values.sipreg > 0));
});
