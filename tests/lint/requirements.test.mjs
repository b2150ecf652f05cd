// Tests are found by the ids in their names; tests/requirements.md and tests/faults.md have the ids.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine } from '../../scripts/requirements.mjs';

const { required, counts, faults, missing, unknown, crowded, unreasoned } = examine();

// Rules that are in scope and not met yet: the script shows them as missing. Nothing may be added here.
const open = ['SRV-01', 'UAS-03'];

test('ids and tests are found', () => {
  assert.ok(required.size > 250);
  assert.ok(faults.size > 100);
  assert.ok([...counts.values()].filter((tests) => tests > 0).length > 100);
});

test('every id that is in scope has a test, except the few that are open', () => {
  assert.deepEqual(
    missing.filter((id) => !open.includes(id)),
    [],
  );
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
