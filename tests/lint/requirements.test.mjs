// Tests are found by the ids in their names; tests/requirements.md and tests/faults.md have the ids.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine } from '../../scripts/requirements.mjs';

const { required, counts, faults, untested, missing, unknown, crowded, unreasoned } = examine();

test('ids and tests are found', () => {
  assert.ok(required.size > 250);
  assert.ok(faults.size > 100);
  assert.ok([...counts.values()].filter((tests) => tests > 0).length > 100);
});

test('every id that is in scope has a test', () => {
  assert.deepEqual(missing, []);
});

test('every fault has a test of the package, and a native one where its row says so', () => {
  assert.ok([...faults.values()].every((places) => places.includes('host')));
  assert.deepEqual(untested, []);
});

test('every id and every fault in the name of a test exists', () => {
  assert.deepEqual(unknown, []);
});

test('no test names more than three ids', () => {
  assert.deepEqual(crowded, []);
});

test('what is out of scope says why', () => {
  assert.deepEqual(unreasoned, []);
});
