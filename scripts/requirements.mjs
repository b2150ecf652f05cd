// Counts the tests of every requirement and every fault by the ids in their names, and says which have none.
// `npm run requirements` prints the tables and fails where something is wrong.
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

/** The rows of tests/faults.md: [number, where it is shown: core, host or both]. */
function faultTable() {
  const text = readFileSync(join(root, 'tests/faults.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) \|(.*)\|$/gm)];
  return rows.map(([, number, cells]) => [
    Number(number),
    cells.split('|').at(-1).trim().split(', '),
  ]);
}

/** Native tests are in C++; a conformance case runs in both places. */
function placesOf(file) {
  if (file.startsWith('tests/conformance/')) return ['core', 'host'];
  return [file.endsWith('.cpp') ? 'core' : 'host'];
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
  const faults = new Map(faultTable());
  const faultTests = new Map();
  const problems = { unknown: [], crowded: [], unreasoned: [] };
  for (const { file, name } of testNames()) {
    const ids = idsIn(name);
    const numbers = faultsIn(name);
    if (ids.length + numbers.length > most) problems.crowded.push(`${file}: ${name}`);
    for (const id of ids) {
      if (required.has(id)) count(counts, id);
      else problems.unknown.push(`${file}: ${name}: ${id}`);
    }
    for (const number of numbers) {
      if (!faults.has(number)) problems.unknown.push(`${file}: ${name}: fault ${number}`);
      for (const place of placesOf(file)) count(faultTests, `${number} ${place}`);
    }
  }
  for (const [id, reason] of excluded) {
    if (!required.has(id)) problems.unknown.push(`docs/scope.md: ${id}`);
    if (reason.length < 20) problems.unreasoned.push(id);
  }
  const missing = [...counts]
    .filter(([id, tests]) => tests === 0 && !excluded.has(id))
    .map(([id]) => id);
  /** "28 core": a fault that has no test where it needs one; the package needs one for each. */
  const untested = [...faults].flatMap(([number, places]) =>
    [...new Set([...places, 'host'])]
      .map((place) => `${number} ${place}`)
      .filter((fault) => !faultTests.has(fault)),
  );
  return { required, excluded, counts, faults, untested, missing, ...problems };
}

function print(result) {
  const { required, excluded, counts, faults, untested, missing, unknown, crowded, unreasoned } =
    result;
  for (const [id, words] of required) {
    const tests = counts.get(id);
    const note = tests === 0 ? (excluded.has(id) ? 'out of scope' : 'MISSING') : tests;
    console.log(`${id.padEnd(8)}${String(note).padStart(12)}  ${words}`);
  }
  const list = (title, lines) => {
    if (lines.length > 0)
      console.log(`\n${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  };
  list('Names with an id that does not exist', unknown);
  list(`Names with more than ${most} ids`, crowded);
  list('Out of scope without a reason', unreasoned);
  list('Ids without a test', missing);
  list('Faults without a test where they need one', untested);
  const tested = [...counts.values()].filter((tests) => tests > 0).length;
  console.log(
    `\n${required.size} ids: ${tested} tested, ${excluded.size} out of scope, ${missing.length} missing; ` +
      `${faults.size} faults, ${untested.length} places without a test`,
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = examine();
  print(result);
  const { missing, untested, unknown, crowded, unreasoned } = result;
  process.exitCode = [missing, untested, unknown, crowded, unreasoned].every(
    (list) => list.length === 0,
  )
    ? 0
    : 1;
}
