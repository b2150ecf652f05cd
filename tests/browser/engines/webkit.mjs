// WebKitGTK's browser through its WebDriver, on a virtual display.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Builder, Capabilities } from 'selenium-webdriver';

/** The driver may take this long to answer after its start. */
const startMs = 15_000;

function miniBrowser() {
  const roots = readdirSync('/usr/lib').map((name) => join('/usr/lib', name));
  const found = [...roots, '/usr/lib', '/usr/libexec']
    .map((root) => join(root, 'webkit2gtk-4.1/MiniBrowser'))
    .find(existsSync);
  if (!found) throw new Error('MiniBrowser is missing: apt-get install libwebkit2gtk-4.1-0');
  return found;
}

function ended(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', resolve);
  });
}

async function stop(child) {
  child.kill('SIGTERM');
  await ended(child);
}

/** Starts a display and gives its name; the server picks a free one and writes its number. */
async function startDisplay() {
  const args = [
    '-displayfd',
    '3',
    '-screen',
    '0',
    '1400x1200x24',
    '-nolisten',
    'tcp',
    '-terminate',
  ];
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = new Promise((resolve, reject) => {
    let text = '';
    server.stdio[3].on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(text.trim());
    });
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`Xvfb ended with status ${status}`)));
  });
  return { server, display: `:${await number}` };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilReady(url, child) {
  const end = Date.now() + startMs;
  while (child.exitCode === null && Date.now() < end) {
    const answer = await fetch(`${url}/status`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`WebKitWebDriver does not answer at ${url}`);
}

/** Resolves with `{ driver, close() }`. */
export async function startWebKit() {
  const binary = miniBrowser();
  const { server, display } = await startDisplay();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn('WebKitWebDriver', [`--port=${port}`], {
    env: { ...process.env, DISPLAY: display, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
    stdio: 'ignore',
  });
  const close = async () => {
    await stop(child);
    await stop(server);
  };
  try {
    await untilReady(url, child);
    const capabilities = new Capabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary, args: ['--automation'] },
    });
    const driver = await new Builder().usingServer(url).withCapabilities(capabilities).build();
    return {
      driver,
      close: async () => {
        await driver.quit();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
