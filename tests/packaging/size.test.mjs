import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeSizes, measureSizes } from './sizes.mjs';

test('a bundle that only registers stays within its limits, which only ever go down', async (t) => {
  const sizes = await measureSizes();
  for (const line of describeSizes(sizes)) t.diagnostic(line);
  for (const { entry, bytes, limit } of sizes.rows) {
    assert.ok(
      bytes <= limit,
      `${entry} has grown to ${bytes} bytes, limit ${limit}. Make it smaller, or raise the limit in sizes.json by hand and say in the commit what is worth it.`,
    );
  }
});
