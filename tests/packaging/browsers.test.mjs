// The browsers that the README names run every file that a page may load: none has syntax that is newer than they are.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { root } from './consumer.mjs';

const read = (file) => readFile(join(root, file), 'utf8');
const [line] = /^- Browsers: .*$/m.exec(await read('README.md'));
const browsers = [...line.matchAll(/(Safari|Chrome|Firefox) ([\d.]+)/g)];
const target = browsers.map(([, name, version]) => name.toLowerCase() + version);
const { exports } = JSON.parse(await read('package.json'));
const files = Object.values(exports).flatMap((each) => each.import?.default ?? []);

/** esbuild lowers what a target does not know; what comes out is the same where it finds nothing. */
const lowered = async (code, to) => (await transform(code, { target: to })).code;

test('the README names a version of each of three browsers', () => {
  assert.deepEqual(target.map((each) => each.replace(/[\d.]+/, '')).sort(), [
    'chrome',
    'firefox',
    'safari',
  ]);
});

for (const file of files) {
  test(`${file} is as old as ${target.join(', ')}`, async () => {
    const code = await read(file);
    const [own, theirs] = await Promise.all([lowered(code, 'esnext'), lowered(code, target)]);
    assert.ok(own === theirs, 'these browsers are too old for it: say which are not');
  });
}
