// The API reference, as `npm run docs` writes it: is it whole, and would it be noticed if it were not?
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { entries } from '../../js/build.mjs';
import { entryPoints, writeReference } from '../../scripts/docs.mjs';

let directory;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sipreg-reference-'));
  await writeFile(join(directory, 'package.json'), '{ "name": "gaps", "version": "1.0.0" }');
});
after(() => rm(directory, { recursive: true, force: true }));

test('everything that the package exports is documented', async () => {
  const out = join(directory, 'reference');
  assert.deepEqual(await writeReference(await entryPoints(), { out }), []);
  for (const entry of entries) {
    const module = entry === 'index' ? 'sipreg' : `sipreg_${entry}`;
    assert.ok(existsSync(join(out, 'modules', `${module}.html`)), `there is no page of ${entry}`);
  }
});

describe('a reference with a gap is refused', () => {
  const module = '/**\n * A module.\n *\n * @module\n */\n';
  for (const [name, source, complaint] of [
    [
      'an undocumented module',
      '/** One. */\nexport const one = 1;',
      /\(Module\).*not have any doc/,
    ],
    ['an undocumented function', `${module}export function two() {}`, /two .*not have any doc/],
    [
      'an undocumented property',
      `${module}/** Three. */\nexport interface Three { three: number }`,
      /Three\.three .*not have any doc/,
    ],
    [
      'a type that is not exported',
      `${module}interface Four {}\n/** Four. */\nexport function four(four: Four) {}`,
      /Four.*is referenced by.*not included/,
    ],
    [
      'a link that leads nowhere',
      `${module}/** See {@link six}. */\nexport const five = 5;`,
      /resolve.*six/,
    ],
  ]) {
    test(name, async () => {
      const files = ['whole.ts', 'gap.ts'].map((file) => join(directory, file));
      const tsconfig = join(directory, 'tsconfig.json');
      const out = join(directory, 'gap');
      await writeFile(files[0], `${module}export {};`);
      await writeFile(files[1], source);
      await writeFile(tsconfig, JSON.stringify({ files }));
      const complaints = await writeReference(files, { tsconfig, out });
      assert.equal(complaints.length, 1);
      assert.match(complaints[0], complaint);
      assert.ok(!existsSync(out));
    });
  }
});
