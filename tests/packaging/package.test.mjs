// What `npm pack` makes: is everything in it that should be, and do the types of its entries fit the code?
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { createConsumer, root, succeed } from './consumer.mjs';
import {
  entries,
  typedAdaptersProgram,
  typedProgram,
  typedStacksProgram,
  typedWorkerProgram,
} from './programs.mjs';

let consumer;

before(async () => {
  consumer = await createConsumer({ ws: false });
});

after(() => consumer?.remove());

describe('the tarball', () => {
  test('holds the bundles, their declarations and the papers, and nothing else', () => {
    const { files } = consumer;
    const declarations = files.filter((file) => /\.d\.c?ts$/.test(file));
    assert.deepEqual(
      files.filter((file) => !declarations.includes(file)),
      [
        'LICENSE',
        'README.md',
        'dist/build.json',
        'dist/cli.js',
        'dist/external.cjs',
        'dist/external.js',
        'dist/index.cjs',
        'dist/index.js',
        'dist/jssip.cjs',
        'dist/jssip.js',
        'dist/ladder.js',
        'dist/sipjs.cjs',
        'dist/sipjs.js',
        'dist/sipreg.wasm',
        'dist/testing.cjs',
        'dist/testing.js',
        'dist/worker.cjs',
        'dist/worker.js',
        'package.json',
      ],
    );
    for (const file of declarations) {
      assert.match(file, /^dist\//);
      const other = file.endsWith('.cts')
        ? file.replace('.cts', '.ts')
        : file.replace('.ts', '.cts');
      assert.ok(declarations.includes(other), `${file} has no ${other}`);
    }
  });

  test('needs nothing, runs nothing when it is installed, and can be shaken', async () => {
    const text = await readFile(join(consumer.directory, 'node_modules/sipreg/package.json'));
    const { dependencies, scripts, sideEffects, engines, peerDependenciesMeta } = JSON.parse(text);
    assert.equal(dependencies, undefined);
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /install|prepare/.test(name)),
      [],
    );
    assert.equal(sideEffects, false);
    assert.deepEqual(engines, { node: '>=20' });
    assert.deepEqual(peerDependenciesMeta, { ws: { optional: true } });
  });

  test('gives publint no cause to warn', async () => {
    const bytes = await readFile(consumer.tarball);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true, level: 'warning' });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
  });

  test('gives every resolver the types that fit the code', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const noTypes = ['--exclude-entrypoints', './sipreg.wasm'];
    const options = ['--profile', 'node16', '--no-color', ...noTypes];
    await succeed(process.execPath, [attw, consumer.tarball, ...options]);
  });
});

/** Compiles the programs as a consumer would, in every kind of file that the resolution knows. */
async function compile(
  name,
  programs,
  { moduleResolution, module, endings, lib = 'es2022,dom' },
  more = [],
) {
  const files = [];
  for (const ending of endings) {
    for (const [i, program] of programs.entries()) {
      files.push(`${name}-${i}.${ending}`);
      await writeFile(join(consumer.directory, files.at(-1)), program);
    }
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', lib];
  const resolution = ['--module', module, '--moduleResolution', moduleResolution];
  await succeed(process.execPath, [tsc, ...options, ...resolution, ...more, ...files], {
    cwd: consumer.directory,
  });
}

const resolutions = [
  { moduleResolution: 'node16', module: 'node16', endings: ['mts', 'cts'] },
  { moduleResolution: 'bundler', module: 'esnext', endings: ['ts'] },
];

for (const resolution of resolutions) {
  const { moduleResolution } = resolution;
  test(`TypeScript compiles against the types: ${moduleResolution}`, async () => {
    const programs = [...entries.map(typedProgram), typedWorkerProgram, typedAdaptersProgram];
    await compile(moduleResolution, programs, resolution);
  });
}

/** What a project for Node has in place of lib DOM, whose names the declarations must not need. */
test('TypeScript compiles against the types without lib DOM, with those of Node', async () => {
  await mkdir(join(consumer.directory, 'node_modules/@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types']) {
    await symlink(join(root, 'node_modules', name), join(consumer.directory, 'node_modules', name));
  }
  const [resolution] = resolutions;
  const programs = [...entries.map(typedProgram), typedAdaptersProgram];
  await compile('node', programs, { ...resolution, lib: 'es2023' }, ['--types', 'node']);
});

/** Their own declarations need skipLibCheck, and SIP.js's are none for CommonJS. */
test('TypeScript takes the types of sipreg/jssip and sipreg/sipjs for those that JsSIP and SIP.js ask for', async () => {
  for (const name of ['jssip', 'sip.js']) {
    await symlink(join(root, 'node_modules', name), join(consumer.directory, 'node_modules', name));
  }
  for (const resolution of resolutions) {
    const name = `stacks-${resolution.moduleResolution}`;
    const endings = resolution.endings.filter((ending) => ending !== 'cts');
    await compile(name, [typedStacksProgram], { ...resolution, endings }, ['--skipLibCheck']);
  }
});
