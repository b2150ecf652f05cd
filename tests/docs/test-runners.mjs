// Runs blocks that are tests, as a project with Jest, Vitest or Playwright does. Each must hold at least one test.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { root } from './blocks.mjs';

const tool = (path) => join(root, 'node_modules', path);

function countPassed(stdout, read) {
  const passed = read(JSON.parse(stdout.slice(stdout.indexOf('{'))));
  assert.ok(passed > 0, 'no test ran');
}

async function runJest(file, workspace) {
  const args = [tool('jest/bin/jest.js'), '--ci', '--json', '--rootDir', '.', file];
  const stdout = await workspace.run(process.execPath, args, {
    NODE_OPTIONS: '--experimental-vm-modules --no-warnings',
  });
  countPassed(stdout, (report) => report.numPassedTests);
}

async function runVitest(file, workspace) {
  const args = [tool('vitest/vitest.mjs'), 'run', '--reporter=json', file];
  countPassed(await workspace.run(process.execPath, args), (report) => report.numPassedTests);
}

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };

/** The workspace as a web server shows it, packages included. */
export async function serve(workspace) {
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const name = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    const body = await readFile(workspace.path(`.${name}`)).catch(() => null);
    response.writeHead(body ? 200 : 404, { 'Content-Type': types[extname(name)] ?? 'text/plain' });
    response.end(body);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** Playwright with the browser of the project's own browser tests. */
async function runPlaywright(file, workspace) {
  const pages = await serve(workspace);
  const settings = JSON.stringify({ baseURL: pages.url });
  const config = await workspace.write(
    'playwright.config.mjs',
    `import common from ${JSON.stringify(join(root, 'tests/browser/playwright.config.mjs'))};
export default { ...common, testDir: '.', testMatch: '${file}', outputDir: 'artifacts',
  use: { ...common.use, ...${settings} } };\n`,
  );
  try {
    const args = [tool('@playwright/test/cli.js'), 'test', '-c', config, '--reporter=json'];
    countPassed(await workspace.run(process.execPath, args), ({ stats }) => stats.expected);
  } finally {
    await pages.close();
  }
}

const runners = {
  jest: { ending: '.test.js', run: runJest },
  vitest: { ending: '.spec.js', run: runVitest },
  playwright: { ending: '.e2e.js', run: runPlaywright },
};

export async function runTest({ place, tags, text }, workspace) {
  const runner = runners[tags.test];
  assert.ok(runner, `test=${tags.test}: there are ${Object.keys(runners).join(', ')}`);
  const file = tags.file ?? place.replace(/\W+/g, '-') + runner.ending;
  await workspace.write(file, text);
  await runner.run(file, workspace);
}
