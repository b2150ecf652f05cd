import { request as httpRequest } from 'node:http';
import { startDemo } from '../../demo/server.mjs';
import { policy } from '../../demo/policy.mjs';
import { expect, openPage, register, test, useServer } from './fixtures.mjs';

/** One request with the path sent just as it is; fetch() would tidy it up. */
function ask(url, path, method = 'GET') {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part) => (body += part));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body }),
      );
    })
      .on('error', reject)
      .end();
  });
}

test('the policy is the README’s, with Trusted Types', async ({ page, demo }) => {
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  await openPage(page, demo.url);
  const meta = page.locator('meta[http-equiv="Content-Security-Policy"]');
  await expect(meta).toHaveAttribute('content', policy);
  await register(page);
});

test('every answer carries the policy and is not cached', async ({ demo }) => {
  const kinds = {
    '/': 'text/html; charset=utf-8',
    '/style.css': 'text/css; charset=utf-8',
    '/main.js': 'text/javascript; charset=utf-8',
    '/favicon.svg': 'image/svg+xml',
    '/config.json': 'application/json',
  };
  for (const [path, type] of Object.entries(kinds)) {
    const { status, headers } = await ask(demo.url, path);
    expect([path, status, headers['content-type']]).toEqual([path, 200, type]);
    expect(headers['content-security-policy']).toBe(`${policy}; frame-ancestors 'none'`);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
  }
  const { body } = await ask(demo.url, '/', 'HEAD');
  expect(body).toBe('');
});

test('nothing outside the page and the package is served', async ({ demo }) => {
  const paths = [
    '/../package.json',
    '/../../README.md',
    '/../demo-other/index.html',
    '/%2e%2e/eslint.config.js',
    '/..%2feslint.config.js',
    '/%2e%2e/%2e%2e/eslint.config.js',
    '/..%2f..%2feslint.config.js',
    '/..%5ceslint.config.js',
    '//eslint.config.js',
    '/server.mjs',
    '/style/',
    '/main.js%00',
    '/%zz',
    '/nothing.js',
  ];
  for (const path of paths) expect([path, (await ask(demo.url, path)).status]).toEqual([path, 404]);
  expect((await ask(demo.url, '/', 'POST')).status).toBe(405);
});

test('close() frees both ports and ends open pages', async ({ page, demo }) => {
  await openPage(page, demo.url);
  await useServer(page, demo.registrarUrl);
  await register(page);
  await page.evaluate(() => dispatchEvent(new Event('pagehide')));
  await demo.close();
  const again = await startDemo({
    port: Number(new URL(demo.url).port),
    registrarPort: Number(new URL(demo.registrarUrl).port),
  });
  expect(again.url).toBe(demo.url);
  expect(again.registrarUrl).toBe(demo.registrarUrl);
  await again.close();
});

test('a port in use is an error and leaves no registrar behind', async ({ demo }) => {
  const { port } = new URL(demo.url);
  await expect(startDemo({ port: Number(port) })).rejects.toThrow('EADDRINUSE');
});
