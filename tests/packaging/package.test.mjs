// What `npm pack` makes, installed somewhere else: is it complete, does it load everywhere, does it register?
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { createConsumer, pack, root, run, succeed } from './consumer.mjs';
import { programs, typed } from './programs.mjs';

const packageJson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

let folder;
let packed;
const consumers = new Map();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreg-pack-'));
  packed = await pack(folder);
  for (const ws of [true, false]) consumers.set(ws, await createConsumer(packed.tarball, { ws }));
});

after(async () => {
  for (const consumer of consumers.values()) await consumer.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('the tarball', () => {
  test('holds the bundles, their declarations and the papers, and nothing else', () => {
    const declarations = packed.files.filter((file) => /\.d\.c?ts$/.test(file));
    assert.deepEqual(
      packed.files.filter((file) => !declarations.includes(file)),
      [
        'LICENSE',
        'README.md',
        'dist/cli.js',
        'dist/external.cjs',
        'dist/external.js',
        'dist/index.cjs',
        'dist/index.js',
        'dist/ladder.js',
        'dist/sipreg.wasm',
        'dist/testing.cjs',
        'dist/testing.js',
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

  test('gives publint no cause to warn', async () => {
    const bytes = await readFile(packed.tarball);
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
    await succeed(process.execPath, [attw, packed.tarball, ...options]);
  });
});

describe('an empty project that installs it', () => {
  for (const [name, { file, source, ws }] of Object.entries(programs)) {
    test(`registers and unregisters: ${name}`, async () => {
      const { directory } = consumers.get(ws);
      await writeFile(join(directory, file), source);
      // The flag stands in for a Content-Security-Policy without unsafe-eval.
      const args = [
        '--disallow-code-generation-from-strings',
        '--unhandled-rejections=strict',
        file,
      ];
      const output = await succeed(process.execPath, args, { cwd: directory });
      assert.deepEqual(JSON.parse(output), {
        expires: 300,
        algorithm: 'MD5',
        held: 1,
        confirmed: true,
        left: 0,
        userAgent: `sipreg/${packageJson.version}`,
      });
    });
  }

  for (const [file, module, moduleResolution] of [
    ['node16.mts', 'node16', 'node16'],
    ['node16.cts', 'node16', 'node16'],
    ['bundler.ts', 'esnext', 'bundler'],
  ]) {
    test(`compiles against its types: ${file}`, async () => {
      const { directory } = consumers.get(true);
      await writeFile(join(directory, file), typed);
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom'];
      await succeed(
        process.execPath,
        [tsc, ...options, '--module', module, '--moduleResolution', moduleResolution, file],
        { cwd: directory },
      );
    });
  }

  test('has the command-line tool', async () => {
    const { directory, program } = consumers.get(true);
    const { status, stdout } = await run(program, ['--help'], { cwd: directory });
    assert.equal(status, 0);
    assert.match(stdout, /register/);
  });
});
