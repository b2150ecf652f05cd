// npm run bench: sipreg beside JsSIP and SIP.js, measured in one run.
//   --quick  a smoke run: few operations, no native build, figures of no worth
//   --json   the figures as JSON
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { brotliSizes } from './bundles.mjs';
import { coreTimes } from './core_times.mjs';
import { rows } from './rows.mjs';
import { print } from './table.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const plan = options.quick
  ? { seconds: 0.02, processes: 1, first: 20, memory: 200, warmUp: 20, scale: [1, 50, 500] }
  : {
      seconds: 0.8,
      processes: 5,
      first: 100,
      memory: 2_000,
      warmUp: 100,
      scale: [1, 100, 10_000, 100_000],
    };

const libraries = ['sipreg', 'jssip', 'sipjs'];
const folders = { sipreg: '.', jssip: 'node_modules/jssip', sipjs: 'node_modules/sip.js' };
const script = fileURLToPath(new URL('measure.mjs', import.meta.url));

/** One task of one library in a new process, so that neither inherits the other's heap or compiled code. */
async function measure(library, task) {
  const order = JSON.stringify({ library, task, plan });
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, order]);
  return JSON.parse(stdout);
}

async function measureAll(tasks) {
  const figures = Object.fromEntries(libraries.map((library) => [library, {}]));
  for (const task of tasks) {
    for (const library of libraries) {
      progress(`${task}: ${library}`);
      figures[library][task] = await measure(library, task);
    }
  }
  return figures;
}

/** The processes of the libraries alternate, so that a slow spell of the machine meets all of them. */
async function measureFirst() {
  const runs = Object.fromEntries(libraries.map((library) => [library, []]));
  for (let i = 0; i < plan.processes; i++) {
    for (const library of libraries) {
      progress(`first operations: ${library}, process ${i + 1} of ${plan.processes}`);
      runs[library].push(await measure(library, 'first'));
    }
  }
  const median = (list, operation) =>
    list.map((run) => run[operation]).sort((a, b) => a.cpuUs - b.cpuUs)[list.length >> 1];
  return (library) => ({
    firstExchange: median(runs[library], 'exchange'),
    firstRefresh: median(runs[library], 'refresh'),
  });
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function version(library) {
  const file = new URL(`../../${folders[library]}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

const first = await measureFirst();
const figures = await measureAll(['exchange', 'account', 'refresh', 'memory']);
for (const library of libraries) Object.assign(figures[library], first(library));
progress('scale: sipreg');
figures.sipreg.alone = await measure('sipreg', 'alone');
figures.sipreg.scale = await measure('sipreg', 'scale');
progress('bundle sizes');
const sizes = await brotliSizes();
progress('the core, natively and as WebAssembly');
const core = options.quick ? null : await coreTimes();
progress('');

const report = {
  host: {
    cpu: cpus()[0].model,
    cores: cpus().length,
    node: process.version,
    v8: process.versions.v8,
  },
  versions: Object.fromEntries(libraries.map((library) => [library, version(library)])),
  plan,
  rows: rows({ figures, sizes, core, plan }),
};

const wrong = report.rows.filter(({ values }) =>
  Object.values(values).some((value) => !(Number.isFinite(value) && value > 0)),
);
if (wrong.length > 0) {
  console.error(`No finite positive figure for: ${wrong.map(({ what }) => what).join('; ')}`);
  process.exitCode = 1;
}
if (options.json) console.log(JSON.stringify(report, null, 2));
else print(report);
