// npm run peers: sipreg, JsSIP and SIP.js live through the faults of tests/faults and through a day of them, each in a process
// of its own. Prints what was measured, and writes it into docs/reliability.md and docs/reliability.svg.
//   --library sipreg   one of them only; prints, and writes nothing
//   --soak             thirty days of sipreg in place of that
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groups } from '../faults/index.mjs';
import { cellOf, isBad } from './cells.mjs';
import { withDay, withTables } from './document.mjs';
import { picture } from './picture.mjs';
import { libraries, measureAll } from './measure.mjs';
import { soak } from './soak.mjs';

const { values: options } = parseArgs({
  options: { library: { type: 'string' }, soak: { type: 'boolean' } },
});
if (options.soak) {
  console.log(JSON.stringify(await soak(), null, 2));
  process.exit();
}
const wanted = options.library ? [options.library] : Object.keys(libraries);

const figures = await measureAll(wanted, (done, all) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done} of ${all}`);
});
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');

for (const [group, rows] of Object.entries(groups)) {
  console.log(`\n${group}`);
  for (const [index, { fault, what, peers = true }] of rows.entries()) {
    if (!peers) continue;
    console.log(`${String(fault).padStart(4)}  ${what}`);
    for (const library of wanted) {
      const measured = figures[library][group][index];
      const mark = isBad(measured, rows[index]) ? '!' : ' ';
      console.log(`     ${mark} ${libraries[library].padEnd(14)} ${cellOf(measured, rows[index])}`);
    }
  }
}
console.log('\na day');
for (const library of wanted) {
  const { up, lie, unreachable, registers } = figures[library].day[0];
  console.log(
    `       ${libraries[library].padEnd(14)} ${JSON.stringify({ up, lie, unreachable, registers })} (s)`,
  );
}

if (!options.library) {
  const path = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
  writeFileSync(path, withDay(withTables(readFileSync(path, 'utf8'), figures), figures));
  writeFileSync(path.replace('.md', '.svg'), picture(figures));
}
