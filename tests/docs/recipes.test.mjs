// Those recipes that need a page, in Chromium, and the one that a signal ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { createTestRegistrar, reply } from '../../dist/testing.js';
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
      import { createClient } from 'sipreg';
      import { registerWithPush } from './push.js';
      const server = query.get('server');
      const { registration } = query.has('push')
        ? { registration: await registerWithPush(await createClient({ server })) }
        : await startPhone(server);
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

const recipe = (name) => blocksOf('docs/recipes.md').find(({ tags }) => tags.file === name).text;

async function until(holds) {
  const deadline = Date.now() + 10_000;
  while (!holds() && Date.now() < deadline) await delay(20);
  assert.ok(holds(), `not within 10 s: ${holds}`);
}

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
  await until(() => registrar.bindings(aor).length === 0);
});

test('a page subscribes to web push with the key of the server, and puts the endpoint into its Contact', async () => {
  await listener.close();
  registrar = createTestRegistrar({
    respond: (request, { header }) =>
      reply(request, 200, 'OK', {
        Contact: header('Contact'),
        Expires: '600',
        'Feature-Caps': '*;+sip.pns="webpush";+sip.vapid="BAbc"',
      }),
  });
  listener = await registrar.listen();
  const page = await browser.newPage();
  // In the place of a browser's push service, which is somewhere on the internet.
  await page.addInitScript(() => {
    const subscribe = async (options) => {
      globalThis.subscribedWith = options;
      return { endpoint: 'https://push.example.net/1' };
    };
    const ready = Promise.resolve({ pushManager: { subscribe } });
    Object.defineProperty(navigator, 'serviceWorker', { value: { ready } });
  });
  await page.goto(`${site.url}?server=${listener.url}&push`);
  await isRegistered(page);
  assert.deepEqual(await page.evaluate('subscribedWith'), {
    userVisibleOnly: true,
    applicationServerKey: 'BAbc',
  });
  const contacts = registrar.parsedRequests.map((request) => request.header('Contact'));
  assert.equal(contacts.length, 2);
  assert.match(contacts[0], /;pn-provider=webpush[;>]/);
  assert.doesNotMatch(contacts[0], /pn-prid/);
  assert.match(contacts[1], /;pn-prid=https/);
  await page.close();
});

/** Starts the service of the recipe with this password. Resolves with how it ended and what it said, after `act`. */
async function runDevice(SIP_PASSWORD, act = () => undefined) {
  const text = recipe('device.js').replace('wss://sip.example.com/ws', listener.url);
  const program = await workspace.write('device.js', text);
  const child = spawn(process.execPath, [program], {
    cwd: workspace.directory,
    env: { ...process.env, SIP_PASSWORD },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (data) => (said += data));
  const ended = once(child, 'close');
  await act(child);
  const [status, signal] = await ended;
  return { status, signal, said };
}

test('a service without a page stays registered until SIGTERM, and then unregisters', async () => {
  const held = () => registrar.bindings('sip:gate@example.com').length;
  const end = await runDevice(users.gate, async (child) => {
    await until(() => held() === 1);
    child.kill('SIGTERM');
  });
  assert.deepEqual(end, { status: 0, signal: null, said: '' });
  assert.equal(held(), 0);
});

test('a service that is refused for good says why and ends with 1', async () => {
  const { status, signal, said } = await runDevice('wrong');
  assert.deepEqual({ status, signal }, { status: 1, signal: null });
  assert.match(said, /password|credentials/i);
});
