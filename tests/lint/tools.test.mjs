// The linters and formatters, each as one test.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { filesBelow, root } from './tree.mjs';

function succeeds(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

const node = (script, ...args) => succeeds(process.execPath, [`node_modules/${script}`, ...args]);

test('ESLint finds nothing', () => {
  node('eslint/bin/eslint.js', '--max-warnings=0', '.');
});

test('Prettier would change nothing ("npm run format" does it)', () => {
  node('prettier/bin/prettier.cjs', '--check', '.');
});

test('TypeScript compiles', () => {
  node('typescript/bin/tsc', '--noEmit');
});

test('clang-format would change nothing ("npm run format" does it)', () => {
  const files = filesBelow(['core', 'bindings', 'examples', 'tests'], ['.h', '.cpp']);
  assert.ok(files.length > 0);
  succeeds('clang-format', ['--dry-run', '-Werror', ...files]);
});
