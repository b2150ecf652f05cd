// What docs/reliability.md says of sipreg is what sipreg does. The figures of the other libraries are as of the last run of
// `npm run peers`: they change when their versions do.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { groups } from '../faults/index.mjs';
import { cellOf, isBad } from './cells.mjs';
import { between } from './document.mjs';
import { libraries, measureAll } from './measure.mjs';
import { soak } from './soak.mjs';

const document = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');
const { sipreg } = await measureAll(['sipreg']);

const cellsOf = (line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim());
const rowsOf = (name) =>
  between(document, name)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cellsOf);

for (const [group, rows] of Object.entries(groups)) {
  const shown = rowsOf(group);
  const measured = rows.flatMap((row, index) => (row.peers === false ? [] : [[row, index]]));

  test(`${group}: the table has a row for each fault, and the versions that are installed`, () => {
    assert.deepEqual(shown[0].slice(3, 6), Object.values(libraries));
    assert.equal(shown.length, measured.length + 2);
  });

  for (const [n, [row, index]] of measured.entries()) {
    test(`${group}: fault ${row.fault}: ${row.what}`, () => {
      const figures = sipreg[group][index];
      const [, fault, what, cell] = shown[n + 2];
      assert.deepEqual([fault, what], [String(row.fault), row.what]);
      assert.equal(
        cell,
        cellOf(figures, row, (text) => `**${text}**`),
      );
      assert.equal(figures.healthy, true);
      assert.equal(figures.leaks, 0);
      assert.equal(figures.written, '');
      assert.deepEqual(figures.uncaught, []);
      assert.equal(isBad(figures, row), false, cell);
    });
  }
}

test('a day: registered at its end, and never told so for long when it is not', () => {
  const [figures] = sipreg.day;
  assert.equal(figures.claims, true);
  // Two connections die unnoticed, which a ping shows within 130 s; and the bindings that are cleared at 21 h show at the
  // next refresh, 540 s later at most, whenever the random refresh times have it.
  assert.ok(figures.lie < 2 * 130 + 540, `${figures.lie} s`);
  const told = rowsOf('day').find(([, what]) => what.includes('is told'));
  assert.equal(told[2], `${Math.round(figures.lie / 60)} min`);
});

test('the README tells of the day what docs/reliability.md does', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const told = rowsOf('day').find(([, what]) => what.includes('is told'));
  const minutes = told.slice(2, 5).map(parseFloat);
  const words = minutes.map((each) => {
    const hours = Math.round(each / 60);
    return hours === 0 ? `${each} minutes` : hours === 1 ? 'an hour' : `${hours} hours`;
  });
  const [own, jssip, sipjs] = words;
  const sentence = `“registered” for ${own} in which nobody could call it; JsSIP said so for ${jssip}, SIP.js for ${sipjs}.`;
  assert.ok(readme.replace(/\s+/g, ' ').includes(sentence), sentence);
});

test('fault 82 thirty days, a refresh every five minutes, losses, restarts and new nonces', async (t) => {
  const seed = Date.now() & 0x7fffffff;
  const figures = await soak({ days: 30, seed });
  t.diagnostic(JSON.stringify(figures));
  assert.equal(figures.state, 'registered');
  assert.equal(figures.bindings, 1);
  assert.equal(figures.events.failed, 0);
  // Without a binding over a network that is up: several losses in a row, of which each costs Timer F and a wait. The client knows.
  const unexplained = figures.lapses.filter(({ minutes }) => minutes.includes(null));
  assert.deepEqual(unexplained, []);
  assert.deepEqual(figures.longWaits, []);
  assert.ok(figures.registers < 30 * 288 * 1.5, `${figures.registers} REGISTERs`);
  assert.equal(figures.wasmGrowth, 0);
  assert.ok(figures.heapGrowth < 1_000_000, `${figures.heapGrowth} bytes`);
  assert.equal(figures.timersLeft, 0);
});
