// What the package says of where it comes from: the account of its build, and its bill of materials.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sbom } from '../../scripts/sbom.mjs';
import { root, run, succeed } from './consumer.mjs';

const read = (file) => readFile(join(root, file), 'utf8');
const built = JSON.parse(await read('dist/build.json'));
const { version } = JSON.parse(await read('package.json'));

test('T18 build.json has the version, the hash of the WebAssembly, the commit and the tools', async () => {
  const bytes = await readFile(join(root, 'dist/sipreg.wasm'));
  assert.equal(built.version, version);
  assert.equal(built.wasm.sha256, createHash('sha256').update(bytes).digest('hex'));
  // Outside a clone there is no commit to name.
  const isClone = (await run('git', ['rev-parse', 'HEAD'])).status === 0;
  if (isClone) assert.equal(await succeed('git', ['cat-file', '-t', built.commit]), 'commit\n');
  else assert.equal(built.commit, undefined);
  assert.deepEqual(Object.keys(built.tools), [
    'emscripten',
    'clang',
    'cmake',
    'node',
    'esbuild',
    'typescript',
  ]);
  for (const each of Object.values(built.tools)) assert.match(each, /^\d+\.\d+/);
  assert.match(await succeed('emcc', ['--version']), new RegExp(` ${built.tools.emscripten} `));
});

test('T18 the bill of materials names everything that is bundled or linked, and nothing that is not', () => {
  const { bomFormat, specVersion, metadata, components, dependencies } = sbom();
  assert.equal(bomFormat, 'CycloneDX');
  assert.match(specVersion, /^1\.\d$/);
  assert.equal(metadata.component.purl, `pkg:npm/sipreg@${version}`);
  assert.equal(metadata.component.name, 'sipreg');
  const names = [...Object.keys(built.bundled), 'libtomcrypt', 'emscripten'];
  assert.deepEqual(
    components.map(({ name }) => name),
    names,
  );
  for (const { name, version, purl, licenses } of components) {
    assert.ok(version && purl && licenses.length > 0, name);
  }
  const [tomcrypt] = components.filter(({ name }) => name === 'libtomcrypt');
  assert.match(tomcrypt.hashes[0].content, /^[\da-f]{64}$/);
  assert.deepEqual(
    dependencies[0].dependsOn,
    components.map((each) => each['bom-ref']),
  );
});

test('T18 the licence has a notice for everything in the bill of materials', async () => {
  const licence = await read('LICENSE');
  const parts = sbom().components.flatMap((each) => [each, ...(each.components ?? [])]);
  const missing = parts
    .map(({ name, version }) =>
      name in built.bundled || name === 'libtomcrypt' ? `${name} ${version}` : name,
    )
    .filter((notice) => !licence.toLowerCase().includes(notice));
  assert.deepEqual(missing, []);
});
