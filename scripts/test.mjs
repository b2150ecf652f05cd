// Sets up, builds, runs every test layer that exists and sums up. `npm test -- core js` runs only those layers.
// The last line is `N passed, N failed` (`, N skipped`), alone; the exit status is 0 only if something ran and nothing failed.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildAll } from './build.mjs';
import { buildPreset } from './lib/cmake.mjs';
import { layers } from './lib/layers.mjs';
import { endChildrenOnSignals, root, run } from './lib/processes.mjs';
import { Stop, main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

const artifacts = join(root, 'artifacts');
const reports = join(artifacts, 'reports');

const crashed = (note) => ({ passed: 0, failed: 1, skipped: 0, note });

/** What the runner has reported; a run that ended badly without saying so counts as one failure. */
function judge(layer, report, { status, timedOut }) {
  if (timedOut) return crashed(`ended after ${layer.timeoutMs / 60_000} minutes`);
  if (!existsSync(report)) return crashed(`ended without a report, status ${status}`);
  let counts;
  try {
    counts = layer.read(readFileSync(report, 'utf8'));
  } catch (error) {
    return crashed(`its report cannot be read: ${error.message}`);
  }
  if (status !== 0 && counts.failed === 0)
    return { ...counts, failed: 1, note: `status ${status}` };
  if (counts.passed + counts.failed === 0) return { ...counts, failed: 1, note: 'nothing ran' };
  return counts;
}

async function runLayer(layer) {
  console.log(`\n━━━ ${layer.name}`);
  const start = Date.now();
  const report = join(reports, layer.name);
  const env = typeof layer.env === 'function' ? layer.env(report) : layer.env;
  const result = async () => {
    try {
      if (layer.preset) await buildPreset(layer.preset);
      if (layer.sanitized) await buildPreset('asan', layer.sanitized);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      console.error(error.message);
      return crashed('does not build');
    }
    const [command, args] = layer.command(report);
    return judge(
      layer,
      report,
      await run(command, args, { inherit: true, env, timeoutMs: layer.timeoutMs }),
    );
  };
  return { name: layer.name, ...(await result()), seconds: (Date.now() - start) / 1000 };
}

function printTable(results) {
  const cells = results.map(({ name, passed, failed, skipped, seconds, note = '' }) =>
    [name, passed, failed, skipped, `${seconds.toFixed(1)} s`, note].map(String),
  );
  const rows = [['layer', 'passed', 'failed', 'skipped', 'time', ''], ...cells];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log();
  for (const row of rows) {
    const line = row.map((cell, i) =>
      i === 0 || i === row.length - 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]),
    );
    console.log(line.join('  ').trimEnd());
  }
}

function sum(results, key) {
  return results.reduce((total, result) => total + result[key], 0);
}

function chosenLayers(names) {
  const unknown = names.filter((name) => !layers.some((layer) => layer.name === name));
  if (unknown.length > 0) {
    throw new Stop(
      `No such layer: ${unknown.join(', ')}. There are: ${layers.map(({ name }) => name).join(', ')}.`,
    );
  }
  return layers.filter(
    ({ name, exists }) => (names.length === 0 || names.includes(name)) && exists(),
  );
}

async function runLayers(chosen) {
  await setUp('test');
  await buildAll();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const results = [];
  for (const layer of chosen) results.push(await runLayer(layer));
  printTable(results);
  return results;
}

endChildrenOnSignals();
await main(async () => {
  const chosen = chosenLayers(process.argv.slice(2));
  const results = await runLayers(chosen).catch((error) => {
    console.error(error instanceof Stop ? `\n${error.message}` : error);
    return [crashed('set-up or build')];
  });
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map((key) => sum(results, key));
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
});
