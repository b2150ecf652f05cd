// Those recipes that need a page, in Chromium.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { createTestRegistrar } from '../../dist/testing.js';
import playwright from '../browser/playwright.config.mjs';
import { users } from './accounts.mjs';
import { blocksOf } from './blocks.mjs';
import { serve } from './test-runners.mjs';
import { createWorkspace } from './workspace.mjs';

const aor = 'sip:alice@example.com';

let workspace;
let site;
let browser;
let registrar;
let listener;

before(async () => {
  workspace = await createWorkspace();
  for (const { tags, text } of blocksOf('docs/recipes.md')) {
    if (tags.file) await workspace.write(tags.file, text);
  }
  await workspace.write(
    'index.html',
    `<!doctype html><script type="importmap">
      { "imports": { "sipreg": "/node_modules/sipreg/dist/index.js" } }</script>
    <script type="module">
      import { startPhone } from './phone.js';
      import { unregisterAtEnd } from './leave.js';
      const query = new URLSearchParams(location.search);
      const { registration } = await startPhone(query.get('server'));
      if (query.has('leave')) unregisterAtEnd(registration);
      document.title = registration.state;
    </script>`,
  );
  site = await serve(workspace);
  const { use } = playwright.projects.find(({ name }) => name === 'chromium');
  browser = await chromium.launch(use.launchOptions);
});

beforeEach(async () => {
  await listener?.close();
  registrar = createTestRegistrar({ users });
  listener = await registrar.listen();
});

after(async () => {
  await browser?.close();
  await listener?.close();
  await site?.close();
  await workspace?.remove();
});

const isRegistered = (page) => page.waitForFunction(`document.title === 'registered'`);

test('a reload takes up the binding of the page before', async () => {
  const page = await browser.newPage();
  await page.goto(`${site.url}?server=${listener.url}`);
  await isRegistered(page);
  const [{ uri }] = registrar.bindings(aor);
  for (let count = 0; count < 2; count += 1) {
    await page.reload();
    await isRegistered(page);
  }
  assert.deepEqual(
    registrar.bindings(aor).map((binding) => binding.uri),
    [uri],
  );
  const callIds = registrar.parsedRequests.map((request) => request.header('Call-ID'));
  assert.equal(new Set(callIds).size, 1);
  await page.close();
});

test('a page that leaves for good unregisters', async () => {
  const page = await browser.newPage();
  await page.goto(`${site.url}?server=${listener.url}&leave`);
  await isRegistered(page);
  assert.equal(registrar.bindings(aor).length, 1);
  await page.close({ runBeforeUnload: false });
  const deadline = Date.now() + 10_000;
  while (registrar.bindings(aor).length > 0 && Date.now() < deadline) await delay(20);
  assert.deepEqual(registrar.bindings(aor), []);
});
