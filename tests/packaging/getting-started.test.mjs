// docs/getting-started.md, followed from an empty folder with the packed tarball.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { blocksOf } from '../docs/blocks.mjs';
import { createConsumer, root, succeed } from './consumer.mjs';
import { launchBrowser, serve } from './site.mjs';

const blocks = blocksOf('docs/getting-started.md');
const fileOf = (name) => blocks.find(({ tags }) => tags.file === name).text;
const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text.trim());

let consumer;
let registrar;
let browser;

/** The page's command, with a port that is free. Resolves with its child and its URL. */
async function startRegistrar() {
  const command = commands.find((text) => text.startsWith('npx sipreg registrar '));
  const [, ...args] = command.replace('--port 5080', '--port 0').split(' ').slice(1);
  const child = spawn(process.execPath, [consumer.program, ...args]);
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, url: /ws:\S+/.exec(line)[0] };
}

before(async () => {
  consumer = await createConsumer({ ws: false });
  registrar = await startRegistrar();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  if (registrar && registrar.child.exitCode === null) {
    registrar.child.kill();
    await once(registrar.child, 'close');
  }
  await consumer?.remove();
});

/** The page's own web server, on a port that is free. */
async function startPython(directory) {
  const command = commands.find((text) => text.startsWith('python3 ')).replace(' 8000 ', ' 0 ');
  const [python, ...args] = command.split(' ');
  const env = { ...process.env, PYTHONUNBUFFERED: '1' };
  const child = spawn(python, args, { cwd: directory, env });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  const close = async () => {
    child.kill();
    await once(child, 'close');
  };
  return { origin: /http:[\d./:]+\d/.exec(line)[0], close };
}

/** A server without a policy, as the page has none. */
const serveBundle = (directory) =>
  serve(directory, (_, { headers }) => {
    delete headers['Content-Security-Policy'];
  });

/** Opens the page that is served, and waits for the state that it shows. */
async function shows(site, state) {
  const page = await browser.newPage();
  try {
    await page.goto(`${site.origin}/index.html`);
    await page.getByText(state, { exact: true }).waitFor({ timeout: 20_000 });
  } finally {
    await page.close();
    await site.close();
  }
}

const program = () => fileOf('main.js').replace('ws://127.0.0.1:5080', registrar.url);

test('the page without a bundler is registered', async () => {
  const { directory } = consumer;
  await writeFile(join(directory, 'index.html'), fileOf('index.html'));
  await writeFile(join(directory, 'main.js'), program());
  await shows(await startPython(directory), 'registered');
});

test('the page that Vite builds is registered', async () => {
  const { directory } = consumer;
  const page = fileOf('index.html').replace(/<script type="importmap">[^]*?<\/script>/, '');
  await writeFile(join(directory, 'index.html'), page);
  await writeFile(join(directory, 'main.js'), program());
  const command = commands
    .find((text) => text.includes('vite'))
    .split('\n')
    .at(-1);
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = command.split(' ').slice(2);
  await succeed(process.execPath, [vite, ...args], { cwd: directory });
  await shows(await serveBundle(join(directory, 'dist')), 'registered');
});

test('the Node program prints what is shown', async () => {
  const { directory } = consumer;
  await writeFile(join(directory, 'main.mjs'), fileOf('main.mjs'));
  const command = commands.find((text) => text.startsWith('node '));
  const output = await succeed(process.execPath, [command.split(' ')[1]], { cwd: directory });
  const shown = blocks.find(({ language }) => language === 'text').text;
  assert.equal(output, shown);
});
