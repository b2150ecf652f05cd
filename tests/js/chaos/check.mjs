// The tests of one table: a life for each row, and what all of them leave behind.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { settle } from '../acceptance/clock.mjs';
import { live, problemsOf, wasmBytes } from './harness.mjs';

/** No answer may hold the client up for longer: CPU time in the best of five lives, since the machine's load only adds to it. */
const longestMs = 50;

/** What a life may leave on the heap, the mean of all rows: a quarter of what one takes whose client is held. */
const leftPerLife = 20_000;

/** A day is 86 400 steps. */
const patienceMs = 60_000;

/** Lives all of them; the rows, each with weak references to what is the app's no more. */
async function liveAll(rows) {
  const lived = [];
  for (const [n, row] of rows.entries()) {
    const { client, registration } = await live(row, n + 100);
    lived.push([row, [client, registration].map((each) => new WeakRef(each))]);
  }
  return lived;
}

export function checkAll(rows) {
  const check = async (row) => {
    const life = await live(row);
    expect(problemsOf(life)).toEqual([]);
    const times = [life.world.longestMs];
    for (let seed = 2; seed <= 5 && times.at(-1) >= longestMs; seed += 1)
      times.push((await live(row, seed)).world.longestMs);
    expect(Math.min(...times)).toBeLessThan(longestMs);
  };
  test.each(rows)('fault $fault: $what', check, patienceMs);

  const collectAll = async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const heapAfterAll = async () => {
      const lived = await liveAll(rows);
      // What a marking in progress has seen is kept once more.
      for (let n = 0; n < 2; n += 1) {
        await settle();
        collect();
      }
      const held = lived.filter(([, references]) => references.some((each) => each.deref()));
      expect(held.map(([{ fault, what }]) => `${fault}: ${what}`)).toEqual([]);
      return process.memoryUsage().heapUsed;
    };
    const before = await heapAfterAll();
    const wasm = wasmBytes();
    const after = await heapAfterAll();
    expect(wasmBytes()).toBe(wasm);
    expect(after - before).toBeLessThan(rows.length * leftPerLife);
  };
  test('none of these lives leaves anything behind', collectAll, patienceMs);
}
