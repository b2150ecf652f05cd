// The test layers: what each needs built (`sanitized`: a program that it runs with the sanitizers too), the command that runs it, and how its report is read. A layer exists when its
// tests do.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './processes.mjs';
import { fromGoogleTest, fromJest, fromPlaywright, fromTap } from './reports.mjs';

const MINUTE_MS = 60_000;

function filesIn(directory, ending) {
  const path = join(root, directory);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(directory, name));
}

/** A layer of *.test.mjs files for node:test, one after the other: they share ports, browsers and two cores. */
function nodeTests(name, directory, timeoutMs) {
  return {
    name,
    timeoutMs,
    exists: () => filesIn(directory, '.test.mjs').length > 0,
    read: fromTap,
    command: (report) => [
      process.execPath,
      [
        '--test',
        '--test-concurrency=1',
        '--test-reporter=spec',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${report}`,
        ...filesIn(directory, '.test.mjs'),
      ],
    ],
  };
}

/** The native tests as one preset builds them. */
function googleTests(name, preset) {
  return {
    name,
    preset,
    timeoutMs: 15 * MINUTE_MS,
    exists: () => filesIn('tests/core', '.cpp').length > 0,
    read: fromGoogleTest,
    command: (report) => [
      join(root, 'build', preset, 'tests/sipreg_core_tests'),
      [`--gtest_output=json:${report}`, '--gtest_brief=1'],
    ],
  };
}

const jest = {
  name: 'js',
  timeoutMs: 15 * MINUTE_MS,
  exists: () =>
    existsSync(join(root, 'tests/js')) && readdirSync(join(root, 'tests/js')).length > 0,
  read: fromJest,
  env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
  command: (report) => [
    process.execPath,
    ['node_modules/jest/bin/jest.js', '--ci', '--json', `--outputFile=${report}`],
  ],
};

const browser = {
  name: 'browser',
  timeoutMs: 15 * MINUTE_MS,
  exists: () => existsSync(join(root, 'tests/browser/playwright.config.mjs')),
  read: fromPlaywright,
  env: (report) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: report, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' }),
  command: () => [
    process.execPath,
    [
      'node_modules/@playwright/test/cli.js',
      'test',
      '-c',
      'tests/browser/playwright.config.mjs',
      '--reporter=list,json',
    ],
  ],
};

/** In the order in which they run: what breaks most often and costs least comes first. */
export const layers = [
  nodeTests('lint', 'tests/lint', 10 * MINUTE_MS),
  googleTests('core', 'dev'),
  googleTests('core-asan', 'asan'),
  { ...nodeTests('osip2', 'tests/osip2', 15 * MINUTE_MS), preset: 'osip2' },
  {
    ...nodeTests('chaos', 'tests/chaos', 15 * MINUTE_MS),
    preset: 'chaos',
    sanitized: 'sipreg_chaos',
  },
  { ...nodeTests('coverage', 'tests/coverage', 15 * MINUTE_MS), preset: 'coverage' },
  {
    ...nodeTests('parity', 'tests/parity', 10 * MINUTE_MS),
    preset: 'dev',
    sanitized: 'sipreg_replay',
  },
  jest,
  nodeTests('sockets', 'tests/sockets', 5 * MINUTE_MS),
  nodeTests('peers', 'tests/peers', 10 * MINUTE_MS),
  nodeTests('docs', 'tests/docs', 10 * MINUTE_MS),
  nodeTests('interop', 'tests/interop', 15 * MINUTE_MS),
  browser,
  nodeTests('packaging', 'tests/packaging', 15 * MINUTE_MS),
  { ...nodeTests('fuzz', 'tests/fuzz', 10 * MINUTE_MS), preset: 'fuzz' },
  nodeTests('bench', 'tests/bench', 10 * MINUTE_MS),
];
