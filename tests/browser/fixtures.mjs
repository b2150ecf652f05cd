import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { test as base, expect } from '@playwright/test';
import { startDemo } from '../../demo/server.mjs';
import { createTestRegistrar } from '../../dist/testing.js';

export { expect };

export const test = base.extend({
  /** What the console may say in this test; else nothing of level error. */
  allowedComplaints: [null, { option: true }],

  /** The demo server with its registrar, one for each test. */
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names from a pattern
  demo: async ({}, use) => {
    const demo = await startDemo();
    await use(demo);
    await demo.close();
  },

  /** Opens another registrar's port with these options: `{ url, bindings(), requests }`. */
  // eslint-disable-next-line no-empty-pattern -- as above
  openRegistrar: async ({}, use) => {
    const listeners = [];
    await use(async (options) => {
      const registrar = createTestRegistrar(options);
      const listener = await registrar.listen();
      listeners.push(listener);
      return Object.assign(registrar, { url: listener.url });
    });
    for (const listener of listeners) await listener.close();
  },

  /**
   * The demo's origin once more under another policy. A server of its own: to Chromium, answers that Playwright makes up do not come from loopback, and
   * may not open sockets to it.
   */
  serveUnder: async ({ demo }, use) => {
    const servers = [];
    await use(async (contentSecurityPolicy) => {
      const server = createHttpServer(async ({ url }, response) => {
        const { status, type, body } = await contentOf(url, demo);
        response.writeHead(status, {
          'Content-Type': type,
          'Content-Security-Policy': contentSecurityPolicy,
        });
        response.end(body);
      });
      servers.push(server);
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${server.address().port}/`;
    });
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  },

  /** In every test: no console errors, no uncaught errors, no violated policy. */
  complaints: [
    async ({ page, allowedComplaints }, use) => {
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
      });
      await page.addInitScript(() => {
        addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
          console.error(`policy violated: ${violatedDirective} ${blockedURI}`),
        );
      });
      await use(complaints);
      expect(complaints.filter((each) => !allowedComplaints?.test(each))).toEqual([]);
    },
    { auto: true },
  ],
});

async function contentOf(url, demo) {
  const answer = await fetch(new URL(new URL(url, demo.url).pathname, demo.url));
  const type = answer.headers.get('content-type');
  return { status: answer.status, type, body: Buffer.from(await answer.arrayBuffer()) };
}

/** Opens the page and waits until it can be used. */
export async function openPage(page, url) {
  await page.goto(url);
  await expect(page.locator('#register')).toBeEnabled();
}

/** Waits until keys may be pressed: Chromium drops them before a page's first paint, which a busy machine has after the scripts. */
export async function awaitPaint(page) {
  await page.waitForFunction(
    () => performance.getEntriesByName('first-contentful-paint').length > 0,
  );
}

/** Has the accounts register at this server in place of the registrar in the page. */
export async function useServer(page, url) {
  await page.getByRole('radio', { name: /A SIP server/ }).check();
  await page.getByLabel('Server URL').fill(url);
  await page.getByRole('button', { name: 'Use this server' }).click();
  await expect(page.locator('#ladder-server')).toHaveText(new URL(url).host);
}

/** Opens the form of the selected account, fills in by label, and presses a button. */
export async function edit(page, values, button = 'Save and register') {
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.locator('#extras').evaluate((extras) => (extras.open = true));
  for (const [label, value] of Object.entries(values)) await page.getByLabel(label).fill(value);
  await page.getByRole('button', { name: button, exact: true }).click();
}

/** Adds an account with what the form suggests, and registers it. */
export async function addAccount(page) {
  await page.getByRole('button', { name: 'Add account' }).click();
  await page.getByRole('button', { name: 'Save and register' }).click();
}

/** Waits until the page shows that state of the selected account. */
export async function showsState(page, state) {
  await expect(page.locator('#status')).toHaveAttribute('data-state', state);
}

/** Presses Register and waits until the page shows `state`. */
export async function register(page, state = 'registered') {
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await showsState(page, state);
}

/** Chooses what is wrong with the server, or how fast time runs. */
export async function choose(page, group, label) {
  await page.getByRole('group', { name: group }).getByLabel(label, { exact: true }).check();
}

/** The first lines of the ladder, as "REGISTER sip:example.com" or "401 Unauthorized". */
export function ladderTitles(page) {
  return page.locator('#ladder .title');
}

/** Keeps a picture of the whole page in artifacts/browser/. */
export async function keepPicture(page, name) {
  const path = fileURLToPath(new URL(`../../artifacts/browser/${name}.png`, import.meta.url));
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path, fullPage: true, animations: 'disabled' });
}

/** A ws:// URL on which nobody listens. */
export async function deadUrl() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `ws://127.0.0.1:${port}`;
}
