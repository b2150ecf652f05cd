// Pages that use the tarball, as they come and through bundlers, registering from Chromium at a registrar on loopback.
import assert from 'node:assert/strict';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createServer as createViteServer } from 'vite';
import { createTestRegistrar } from '../../dist/testing.js';
import { blocksOf } from '../docs/blocks.mjs';
import { bundlers, runEsbuild, writeApp } from './bundlers.mjs';
import { createConsumer, root as checkout } from './consumer.mjs';
import { appFiles, clientEntries } from './programs.mjs';
import { launchBrowser, policy, serve, visit } from './site.mjs';

const aor = 'sip:alice@example.com';

let browser;
let consumer;
let registrar;
let listener;

before(async () => {
  consumer = await createConsumer({ ws: false });
  browser = await launchBrowser();
  registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  listener = await registrar.listen();
});

after(async () => {
  await listener?.close();
  await browser?.close();
  await consumer?.remove();
});

const nameOf = (entry, bundler) => `${entry}-${bundler}`.replace(/\W+/g, '-');
const pageOf = (origin, path) => `${origin}${path}?server=${encodeURIComponent(listener.url)}`;

/** Opens the page, and checks that it registered and unregistered at the registrar. */
async function registers(url) {
  const before = registrar.requests.length;
  assert.deepEqual(await visit(browser, url), { result: 'registered', complaints: [] });
  assert.equal(registrar.requests.length - before, 3); // REGISTER, REGISTER with an answer, un-REGISTER
  assert.deepEqual(registrar.bindings(aor), []);
}

for (const entry of clientEntries) {
  describe(entry, () => {
    for (const [bundler, build] of Object.entries(bundlers)) {
      test(`registers from a page: ${bundler}`, async () => {
        const { root, path } = await build(consumer, nameOf(entry, bundler), entry);
        const site = await serve(root);
        try {
          await registers(pageOf(site.origin, path));
          const files = site.paths.filter((each) => each.endsWith('.wasm'));
          assert.equal(files.length, entry === 'sipreg/external' ? 1 : 0, String(site.paths));
        } finally {
          await site.close();
        }
      });
    }

    test("registers from a page: Vite's development server", async () => {
      const root = await writeApp(consumer, nameOf(entry, 'vite-dev'), appFiles(entry));
      const server = await createViteServer({
        root,
        configFile: false,
        logLevel: 'error',
        server: { host: '127.0.0.1', port: 0, watch: null },
      });
      try {
        await server.listen();
        await registers(pageOf(`http://127.0.0.1:${server.httpServer.address().port}`, '/'));
      } finally {
        await server.close();
      }
    });
  });
}

describe('docs/bundlers.md, bundled with its own command', () => {
  const programs = blocksOf('docs/bundlers.md').filter(({ text }) =>
    text.includes('createClient('),
  );
  for (const { place, text } of programs) {
    test(`the app registers: ${place}`, async () => {
      const name = place.replace(/\W+/g, '-');
      const program = `${text.replace("'wss://sip.example.com/ws'", JSON.stringify(listener.url))}
        const { state } = await client.register(
          { aor: '${aor}', credentials: { password: 'wonderland' } });
        await client.close({ unregister: true });
        document.title = state;`;
      const root = await writeApp(consumer, name, { 'main.js': program }, 'dist/main.js');
      await mkdir(join(root, 'assets'));
      await copyFile(join(checkout, 'dist/sipreg.wasm'), join(root, 'assets/sipreg.wasm'));
      await runEsbuild(root);
      const site = await serve(root);
      try {
        await registers(`${site.origin}/index.html`);
        assert.equal(site.paths.filter((each) => each.endsWith('.wasm')).length, 1);
      } finally {
        await site.close();
      }
    });
  }
});

test('docs/worker.md: a worker that is bundled without modules registers', async () => {
  const files = appFiles('sipreg/worker');
  const page = files['main.js'].replace(", { type: 'module' })", ')');
  assert.notEqual(page, files['main.js']);
  const root = await writeApp(consumer, 'classic', { ...files, 'main.js': page }, 'dist/main.js');
  await runEsbuild(root);
  await runEsbuild(root, ['worker.js'], ['--format=iife']);
  const site = await serve(root);
  try {
    await registers(pageOf(site.origin, '/index.html'));
  } finally {
    await site.close();
  }
});

test('docs/worker.md: a worker whose script is missing is unsupported', async () => {
  const { text } = blocksOf('docs/worker.md').find((each) => each.text.includes('error.code'));
  const program = `${text}document.title = 'over';`;
  const root = await writeApp(consumer, 'no-worker', { 'main.js': program }, 'dist/main.js');
  await runEsbuild(root);
  const site = await serve(root);
  try {
    const { complaints } = await visit(browser, `${site.origin}/index.html`);
    assert.match(complaints.join('\n'), /^unsupported .*its script is missing/m);
  } finally {
    await site.close();
  }
});

describe('sipreg/external, where its file cannot be had', () => {
  const cases = {
    'it is missing': {
      answer: { status: 404, body: 'Not found' },
      says: /sipreg\.wasm gave HTTP status 404; check where sipreg\.wasm is/,
    },
    'the server answers with a page': {
      answer: { headers: { 'Content-Type': 'text/html' }, body: '<!doctype html><p>Welcome' },
      says: /sipreg\.wasm \(text\/html\) is not WebAssembly/,
    },
    'the server answers with a page and a wrong type': {
      answer: { body: '<!doctype html><p>Welcome' },
      says: /could not be read to its end, or is not sipreg\.wasm/,
    },
    'the policy does not let it be fetched': {
      policy: policy.replace("connect-src 'self'", 'connect-src'),
      says: /sipreg\.wasm could not be read\..*connect-src/,
    },
    'the policy forbids WebAssembly': {
      policy: policy.replace("'wasm-unsafe-eval'", ''),
      says: /script-src needs 'wasm-unsafe-eval'/,
    },
    'its type is wrong and the policy forbids WebAssembly': {
      answer: { headers: { 'Content-Type': 'text/plain' } },
      policy: policy.replace("'wasm-unsafe-eval'", ''),
      says: /script-src needs 'wasm-unsafe-eval'/,
    },
  };
  for (const [name, { answer, policy: other = policy, says }] of Object.entries(cases)) {
    test(`createClient rejects and says why: ${name}`, async () => {
      const { root, path } = await bundlers['no bundler'](consumer, 'broken', 'sipreg/external');
      const site = await serve(root, (asked, all) => {
        if (asked.endsWith('.wasm')) {
          const { headers, ...rest } = answer ?? {};
          Object.assign(all, rest);
          Object.assign(all.headers, headers);
        }
        all.headers['Content-Security-Policy'] = other;
      });
      try {
        const { result } = await visit(browser, pageOf(site.origin, path));
        assert.match(result, /^RegistrationError unsupported: /);
        assert.match(result, says);
      } finally {
        await site.close();
      }
    });
  }

  test('a wrong type alone does no harm', async () => {
    const { root, path } = await bundlers['no bundler'](consumer, 'typed', 'sipreg/external');
    const site = await serve(root, (asked, all) => {
      if (asked.endsWith('.wasm')) all.headers['Content-Type'] = 'application/octet-stream';
    });
    try {
      await registers(pageOf(site.origin, path));
    } finally {
      await site.close();
    }
  });
});
