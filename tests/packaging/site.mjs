// A static web server for the consumers' pages, and the browser that looks at them.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import playwright from '../browser/playwright.config.mjs';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What the README asks a page to allow; `ws:` because the registrar here has no certificate. */
export const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws:; img-src data:";

export function launchBrowser() {
  const { use } = playwright.projects.find(({ name }) => name === 'chromium');
  return chromium.launch(use.launchOptions);
}

/**
 * Serves `directory`. `change(path, answer)` may alter what a path gives: `status`, `headers`, `body`. Resolves with the
 * origin, the paths asked for, and close().
 */
export async function serve(directory, change = () => undefined) {
  const paths = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  async function answer({ url }, response) {
    const { pathname } = new URL(url, 'http://localhost');
    paths.push(pathname);
    const body = await readFile(join(directory, pathname)).catch(() => undefined);
    const type = types[extname(pathname)] ?? 'application/octet-stream';
    const headers = { 'Content-Type': type, 'Content-Security-Policy': policy };
    const all = { status: body === undefined ? 404 : 200, headers, body };
    change(pathname, all);
    response.writeHead(all.status, all.headers).end(all.body);
  }
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    paths,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Opens the page, waits until its title has the result, and resolves with that and with what went wrong in it. */
export async function visit(browser, url) {
  const page = await browser.newPage();
  try {
    const complaints = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(url);
    await page.waitForFunction(() => document.title !== '', null, { timeout: 20_000 });
    return { result: await page.title(), complaints };
  } finally {
    await page.close();
  }
}
