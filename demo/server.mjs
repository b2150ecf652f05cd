import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { algorithms, realm, users } from './model/demo-accounts.js';
import { policy } from './policy.mjs';

const folder = fileURLToPath(new URL('../build/demo', import.meta.url));

const types = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

const headers = {
  // Of no effect in the page's own <meta>.
  'Content-Security-Policy': `${policy}; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

const account = { aor: 'sip:demo@example.com', password: users.demo };

/** The file of the built page that a request path names, or null. */
function fileFor(url) {
  let path;
  try {
    path = decodeURIComponent(new URL(`http://localhost${url}`).pathname);
  } catch {
    return null;
  }
  const file = join(folder, path === '/' ? 'index.html' : path);
  const inside = file.startsWith(folder + sep);
  return inside && !file.includes('\0') && extname(file) in types ? file : null;
}

async function bodyFor(url, config) {
  if (url === '/config.json') return { type: types['.json'], body: JSON.stringify(config) };
  const file = fileFor(url);
  const body = file && (await readFile(file).catch(() => null));
  return body && { type: types[extname(file)], body };
}

async function answer({ method, url }, response, config) {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { ...headers, Allow: 'GET, HEAD' }).end();
    return;
  }
  const found = await bodyFor(url, config);
  const status = found ? 200 : 404;
  const { type, body } = found ?? { type: 'text/plain; charset=utf-8', body: 'Not found\n' };
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, 'Content-Type': type, 'Content-Length': length });
  response.end(method === 'HEAD' ? undefined : body);
}

function listen(server, host, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server.address()));
  });
}

async function loadTesting() {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new Error('The page is not built yet: run `npm run build:demo` first.');
  }
  return import(new URL('../dist/testing.js', import.meta.url));
}

/**
 * Serves the demo page and starts a registrar for it, which listens on 127.0.0.1: the page suggests it as the server.
 * Port 0 means any free port. close() ends every connection and resolves when both ports are free.
 *
 * @param {{host?: string, port?: number, registrarPort?: number}} [options]
 * @returns {Promise<{url: string, registrarUrl: string, registrar: import('../dist/testing.js').TestRegistrar,
 *   account: {aor: string, password: string}, close(): Promise<void>}>}
 */
export async function startDemo({ host = '127.0.0.1', port = 0, registrarPort = 0 } = {}) {
  const { createTestRegistrar } = await loadTesting();
  const registrar = createTestRegistrar({ realm, users, algorithms, maxExpires: 3600 });
  const listener = await registrar.listen(registrarPort);
  const config = { server: listener.url };
  const server = createServer((request, response) => void answer(request, response, config));
  try {
    const address = await listen(server, host, port);
    const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    const close = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, listener.close()]);
    };
    const url = `http://${name}:${address.port}/`;
    return { url, registrarUrl: listener.url, registrar, account: { ...account }, close };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

async function main() {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new Error('--port must be a number from 0 (any free port) to 65535.');
  }
  const demo = await startDemo({ port: Number(values.port) });
  console.log(`Demo page  ${demo.url}\nRegistrar  ${demo.registrarUrl}\nCtrl-C ends both.`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void demo.close());
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
