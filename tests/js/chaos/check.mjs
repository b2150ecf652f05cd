// The tests of one table: a life for each row, and what all of them leave behind.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { live, problemsOf, wasmBytes } from './harness.mjs';

/** No answer may hold the client up for longer: CPU time in the best of five lives, since the machine's load only adds to it. */
const longestMs = 50;

/** Lives of rows that are short, and what each may leave on the heap. */
const lives = 20;
const leftPerLife = 20_000;

/** A day is 86 400 steps. */
const patienceMs = 60_000;

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
    const short = rows.filter(({ lasts = 60, gap = 0 }) => lasts <= 60 && gap <= 200);
    const heapAfter = async (count) => {
      for (let n = 0; n < count; n += 1) await live(short[n % short.length], n + 100);
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await heapAfter(lives);
    const wasm = wasmBytes();
    const after = await heapAfter(lives);
    expect(wasmBytes()).toBe(wasm);
    expect(after - before).toBeLessThan(lives * leftPerLife);
  };
  test('none of these lives leaves anything behind', collectAll, patienceMs);
}
