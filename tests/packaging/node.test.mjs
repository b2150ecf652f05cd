// An empty project that installs the tarball, on every Node there is.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createTestRegistrar } from '../../dist/testing.js';
import { nodes } from '../../scripts/nodes/index.mjs';
import { createConsumer, root, run, succeed } from './consumer.mjs';
import {
  clientEntries,
  entries,
  hostFile,
  hostProgram,
  jestProgram,
  jestWorkerProgram,
  nodeProgram,
} from './programs.mjs';

const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
/** The flag stands in for a Content-Security-Policy without unsafe-eval. */
const flags = ['--disallow-code-generation-from-strings', '--unhandled-rejections=strict'];

let withWs;
let alone;

before(async () => {
  withWs = await createConsumer({ ws: true });
  alone = await createConsumer({ ws: false });
});

after(async () => {
  await withWs?.remove();
  await alone?.remove();
});

for (const [nodeVersion, node] of nodes) {
  describe(`Node ${nodeVersion}`, () => {
    test('is the one that it says', async () => {
      assert.equal(await succeed(node, ['--version']), `v${nodeVersion}\n`);
    });

    for (const entry of clientEntries) {
      for (const format of ['esm', 'cjs']) {
        // A registrar in memory is in one thread.
        for (const network of entry === 'sipreg/worker' ? [true] : [false, true]) {
          const how = `${format}, ${network ? 'over the network' : 'in memory'}`;
          test(`registers: ${entry}, ${how}`, async () => {
            const { directory } = network ? withWs : alone;
            const file = `program.${format === 'esm' ? 'mjs' : 'cjs'}`;
            await writeFile(join(directory, file), nodeProgram(entry, format, { network }));
            await writeFile(join(directory, hostFile(format)), hostProgram(format));
            const output = await succeed(node, [...flags, file], { cwd: directory });
            assert.deepEqual(JSON.parse(output), {
              state: 'registered',
              algorithm: 'MD5',
              held: 1,
              confirmed: true,
              left: 0,
              userAgent: `sipreg/${version}`,
            });
          });
        }
      }
    }

    test('runs the command-line tool', async () => {
      const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
      const { url, close } = await registrar.listen();
      const { directory, program } = alone;
      const env = { SIPREG_PASSWORD: 'wonderland' };
      const call = (...args) => succeed(node, [program, ...args], { cwd: directory, env });
      try {
        assert.match(await call('--help'), /register/);
        const check = await call('register', url, '--aor', 'sip:alice@example.com', '--check');
        assert.match(check, /^SIPREG OK - sip:alice@example\.com registers in /);
      } finally {
        await close();
      }
    });
  });
}

test('without a WebSocket, createClient says that ws is missing', async () => {
  const source = `
    delete globalThis.WebSocket;
    import('sipreg').then(({ createClient }) => createClient({ server: 'wss://sip.example.com' }))
      .catch(({ code, message }) => console.log(code, message));`;
  const options = { cwd: alone.directory };
  const output = await succeed(process.execPath, ['--eval', source], options);
  assert.match(output, /^unsupported .*install the package ws/);
});

test('Jest, in its node environment', async () => {
  const { directory } = withWs;
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const programs = [...entries.map(jestProgram), jestWorkerProgram];
  const files = programs.map((_, i) => `registers-${i}.test.js`);
  for (const [i, file] of files.entries()) await writeFile(join(directory, file), programs[i]);
  await writeFile(join(directory, hostFile('cjs')), hostProgram('cjs'));
  await succeed(process.execPath, [jest, '--ci', '--rootDir', directory, ...files], {
    cwd: directory,
  });
});

test('has the command-line tool', async () => {
  const { directory, program } = alone;
  const { status, stdout } = await run(program, ['--help'], { cwd: directory });
  assert.equal(status, 0);
  assert.match(stdout, /register/);
});
