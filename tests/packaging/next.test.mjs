// An app of Next.js that uses the tarball: client components register in Chromium, route handlers on the server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTestRegistrar } from '../../dist/testing.js';
import { createConsumer, root, succeed } from './consumer.mjs';
import { clientEntries, entries, nextComponent, nextRoute } from './programs.mjs';
import { launchBrowser, visit } from './site.mjs';

/** Next.js says what it does, and would tell its makers too. */
const env = { NEXT_TELEMETRY_DISABLED: '1', CI: '1' };
const nameOf = (entry) => entry.replace(/\W/g, '-');

let consumer;
let next;
let site;
let browser;
let registrar;
let listener;

/** The app's files: for each entry a page with a client component, and a route handler. */
function filesOf(entry) {
  const name = nameOf(entry);
  return {
    ...Object.fromEntries(
      Object.entries(nextComponent(entry)).map(([file, text]) => [`app/${name}/${file}`, text]),
    ),
    [`app/${name}/page.js`]: `
import { createElement } from 'react';
import { Phone } from './phone.js';

export default async function Page({ searchParams }) {
  const { server } = await searchParams;
  return createElement(Phone, { server });
}
`,
    ...(entries.includes(entry) && { [`app/api/${name}/route.js`]: nextRoute(entry) }),
  };
}

const layout = `
import { createElement } from 'react';

export default function Layout({ children }) {
  return createElement('html', null, createElement('body', null, children));
}
`;

/** Starts what was built. Resolves with its process and its address. */
async function startNext() {
  const args = [next, 'start', '--hostname', '127.0.0.1', '--port', '0'];
  const options = { cwd: consumer.directory, env: { ...process.env, ...env } };
  const child = spawn(process.execPath, args, options);
  let said = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text;
    const [, origin] = /Local: +(http:\S+)[^]*Ready/.exec(said) ?? [];
    if (origin) return { child, origin };
  }
  throw new Error(`next start ended:\n${said}`);
}

before(async () => {
  consumer = await createConsumer({ ws: false });
  const { directory } = consumer;
  const modules = join(directory, 'node_modules');
  await cp(join(root, 'scripts/next/node_modules'), modules, { recursive: true });
  next = join(modules, 'next/dist/bin/next');
  const files = Object.assign({ 'app/layout.js': layout }, ...clientEntries.map(filesOf));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  await succeed(process.execPath, [next, 'build'], { cwd: directory, env, deadlineMs: 240_000 });
  site = await startNext();
  browser = await launchBrowser();
  registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  listener = await registrar.listen();
});

after(async () => {
  await listener?.close();
  await browser?.close();
  if (site && site.child.exitCode === null) {
    site.child.kill();
    await once(site.child, 'close');
  }
  await consumer?.remove();
});

for (const entry of clientEntries) {
  test(`a client component registers: ${entry}`, async () => {
    const { origin } = site;
    const url = `${origin}/${nameOf(entry)}?server=${encodeURIComponent(listener.url)}`;
    const { result } = await visit(browser, url);
    assert.equal(result, 'registered');
    assert.ok(registrar.requests.some((request) => request.startsWith('REGISTER ')));
    registrar.forgetRequests();
  });
}

for (const entry of entries) {
  test(`a route handler registers: ${entry}`, async () => {
    const response = await fetch(`${site.origin}/api/${nameOf(entry)}`);
    assert.deepEqual(await response.json(), { state: 'registered', held: 1 });
  });
}
