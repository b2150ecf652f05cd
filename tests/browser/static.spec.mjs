// The page as files on a web server that knows nothing of it.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { expect, keepPicture, openPage, register, test } from './fixtures.mjs';

const folder = new URL('../../build/demo/', import.meta.url);
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** Serves the built page at `path`, with content types and no other header. */
async function serveAt(path) {
  const asked = [];
  const server = createServer(async ({ url }, response) => {
    asked.push(url);
    const name = url.startsWith(path) ? url.slice(path.length) || 'index.html' : null;
    const body = name && (await readFile(new URL(name, folder)).catch(() => null));
    if (!body) return response.writeHead(404).end();
    const type = types[extname(name)] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type }).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}${path}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, asked, close };
}

test('registers from a plain web server, under any path', async ({ page }) => {
  const path = '/some/where/else/';
  const site = await serveAt(path);
  await openPage(page, site.url);
  await register(page);
  await expect(page.locator('#bindings tr[data-own]')).toHaveCount(1);
  await page.getByRole('button', { name: 'Unregister', exact: true }).click();
  await expect(page.locator('#status')).toHaveAttribute('data-state', 'unregistered');
  expect(site.asked.filter((each) => !each.startsWith(path))).toEqual([]);
  expect(site.asked).toContain(`${path}main.js`);
  await keepPicture(page, 'static');
  await site.close();
});

test.describe('the policy in the page itself', () => {
  test.use({ allowedComplaints: /Trusted(HTML|Script)|require-trusted-types-for|script-src/ });

  test('keeps markup and code from being made out of text', async ({ page }) => {
    const site = await serveAt('/');
    await openPage(page, site.url);
    const refused = await page.evaluate(async () => {
      // What a debugger evaluates may do anything until it waits.
      await new Promise((resolve) => setTimeout(resolve));
      const attempts = {
        markup: () => (document.body.innerHTML = '<b>x</b>'),
        code: () => Function('return 1')(),
      };
      return Object.entries(attempts).map(([name, attempt]) => {
        try {
          attempt();
          return `${name} was made`;
        } catch (error) {
          return `${name}: ${error.name}`;
        }
      });
    });
    expect(refused).toEqual(['markup: TypeError', 'code: EvalError']);
    await site.close();
  });
});
