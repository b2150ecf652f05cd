// Counts the tests of every requirement by the ids in their names, and says which have none. `npm run requirements`
// prints the table and fails where something is wrong.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/processes.mjs';
import { testNames } from './lib/test-names.mjs';

const most = 3;

/** The rows of a file's tables that begin with an id: [id, what the last cell says]. */
function idTable(file) {
  const text = readFileSync(join(root, file), 'utf8');
  const rows = [...text.matchAll(/^\| ([A-Z]+-\d\d) \|(.*)\|$/gm)];
  return rows.map(([, id, cells]) => [id, cells.split('|').at(-1).trim()]);
}

/** DIG_15 in C++ is DIG-15. */
function idsIn(name) {
  const found = name.matchAll(/(?<![A-Za-z0-9])([A-Z]{1,3})[-_](\d\d)(?!\d)/g);
  return [...new Set([...found].map(([, family, number]) => `${family}-${number}`))];
}

function faultsIn(name) {
  const found = name.matchAll(/(?<![A-Za-z0-9])fault[ _](\d+)/g);
  return [...new Set([...found].map(([, number]) => Number(number)))];
}

function count(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What the tests' names say: how many tests an id has, and what is wrong. */
export function examine() {
  const required = new Map(idTable('tests/requirements.md'));
  const excluded = new Map(idTable('docs/scope.md'));
  const counts = new Map([...required.keys()].map((id) => [id, 0]));
  const faults = new Map();
  const problems = { unknown: [], crowded: [], unreasoned: [] };
  for (const { file, name } of testNames()) {
    const ids = idsIn(name);
    const numbers = faultsIn(name);
    if (ids.length + numbers.length > most) problems.crowded.push(`${file}: ${name}`);
    for (const id of ids) {
      if (required.has(id)) count(counts, id);
      else problems.unknown.push(`${file}: ${name}: ${id}`);
    }
    for (const number of numbers) count(faults, number);
  }
  for (const [id, reason] of excluded) {
    if (!required.has(id)) problems.unknown.push(`docs/scope.md: ${id}`);
    if (reason.length < 20) problems.unreasoned.push(id);
  }
  const missing = [...counts]
    .filter(([id, tests]) => tests === 0 && !excluded.has(id))
    .map(([id]) => id);
  return { required, excluded, counts, faults, missing, ...problems };
}

function print({ required, excluded, counts, faults, missing, unknown, crowded, unreasoned }) {
  for (const [id, words] of required) {
    const tests = counts.get(id);
    const note = tests === 0 ? (excluded.has(id) ? 'out of scope' : 'MISSING') : tests;
    console.log(`${id.padEnd(8)}${String(note).padStart(12)}  ${words}`);
  }
  const numbers = [...faults.keys()].sort((a, b) => a - b);
  console.log(`\nFaults with a test (${numbers.length}): ${numbers.join(', ')}`);
  const list = (title, lines) => {
    if (lines.length > 0)
      console.log(`\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  };
  list('Names with an id that does not exist', unknown);
  list(`Names with more than ${most} ids`, crowded);
  list('Out of scope without a reason', unreasoned);
  list('Ids without a test', missing);
  const tested = [...counts.values()].filter((tests) => tests > 0).length;
  console.log(
    `\n${required.size} ids: ${tested} tested, ${excluded.size} out of scope, ${missing.length} missing`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = examine();
  print(result);
  const { missing, unknown, crowded, unreasoned } = result;
  process.exitCode = [missing, unknown, crowded, unreasoned].every((list) => list.length === 0)
    ? 0
    : 1;
}
