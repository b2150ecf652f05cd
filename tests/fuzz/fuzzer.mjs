// Runs one fuzz target: first its corpus, then new inputs for a while.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const artifacts = join(root, 'artifacts/fuzz');

/** Each with the longest input that it makes: what is longer is slower and shows no more. */
const longestInput = { parser: 8192, challenge: 4096, agent: 1024, differential: 4096 };

export const targets = Object.keys(longestInput);

const limits = ['-timeout=10', '-rss_limit_mb=1024', '-print_final_stats=1'];

/** libFuzzer's own arguments, before the corpora. */
function commandOf(target) {
  return [
    join(root, `build/fuzz/tests/fuzz/${target}_fuzz`),
    ...limits,
    `-max_len=${longestInput[target]}`,
    `-dict=${join(root, 'tests/fuzz/sip.dict')}`,
    `-artifact_prefix=${join(artifacts, `${target}-`)}`,
  ];
}

/** A short memory of who allocated and freed what makes a run a fifth faster; a replay has all of it. */
const ASAN_OPTIONS = 'malloc_context_size=4:quarantine_size_mb=16';

function run([command, ...args], onOutput) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ASAN_OPTIONS },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        onOutput(text);
      });
    }
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
}

/** What stands in the way of progress: the report, and the command that shows it again. */
function failure(target, { status, output }) {
  const report = output
    .split('\n')
    .filter((line) => !/^#\d+\s+(NEW|REDUCE|pulse|RELOAD|INITED|DONE)|^0x/.test(line))
    .slice(-60)
    .join('\n');
  const [, path] = /Test unit written to (.*)$/m.exec(output) ?? [];
  const replay = path
    ? `The input is kept. Replay: build/fuzz/tests/fuzz/${target}_fuzz ${relative(root, path)}`
    : `It ended with status ${status} and kept no input.`;
  return new Error(`${report}\n\n${target}: ${replay}`);
}

function number(output, pattern) {
  return Number([...output.matchAll(pattern)].at(-1)?.[1] ?? NaN);
}

/** How many inputs were run; none is no success. */
function inputsOf(target, { output }) {
  const inputs = number(output, /number_of_executed_units: *(\d+)/g);
  if (!(inputs > 0)) throw new Error(`${output}\n\n${target}: no input was run.`);
  return inputs;
}

/**
 * Resolves with a line about what was run; rejects with the report of an input that fails. New inputs that reach new
 * code are kept in build/fuzz/corpus, where the next run finds them.
 */
export async function fuzz(target, seconds, onOutput = () => {}) {
  const found = join(root, 'build/fuzz/corpus', target);
  // What one parser has met is worth showing to two.
  const corpora = target === 'differential' ? [target, 'parser'] : [target];
  const seeds = corpora.map((name) => join(root, 'tests/fuzz/corpus', name));
  await Promise.all([found, artifacts].map((path) => mkdir(path, { recursive: true })));
  const regression = await run([...commandOf(target), '-runs=0', ...seeds], onOutput);
  if (regression.status !== 0) throw failure(target, regression);
  inputsOf(target, regression);

  const command = [...commandOf(target), `-max_total_time=${seconds}`, found, ...seeds];
  const result = await run(command, onOutput);
  if (result.status !== 0) throw failure(target, result);
  const { output } = result;
  return [
    `${target}: ${inputsOf(target, result)} inputs`,
    `${number(output, /average_exec_per_sec: *(\d+)/g)}/s`,
    `${number(output, /cov: (\d+)/g)} edges`,
    `${number(output, /ft: (\d+)/g)} features`,
    `seed ${number(output, /INFO: Seed: (\d+)/g)}`,
  ].join(', ');
}
