// `npm start`, until Ctrl-C.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { root } from './consumer.mjs';

/** What it builds is there when the tests of packages run. */
const timeout = 60_000;

test(
  'npm start registers, serves the page, and leaves nothing behind at Ctrl-C',
  { timeout },
  async (t) => {
    const child = spawn(process.execPath, ['scripts/start.mjs'], { cwd: root, detached: true });
    const ended = once(child, 'close');
    t.after(() => child.exitCode ?? process.kill(-child.pid, 'SIGKILL'));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
    const shown = new Promise((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        said += text;
        const [, url] = /^Demo page: (\S+)$/m.exec(said) ?? [];
        if (url && said.includes('Ctrl-C')) resolve(url);
      });
    });
    const url = await Promise.race([shown, ended.then(() => assert.fail(said))]);
    assert.match(said, /^Registered for 600 s, until /m);
    const response = await fetch(url);
    assert.equal(response.status, 200);
    assert.match(await response.text(), /<title>[^<]*sipreg/i);

    process.kill(-child.pid, 'SIGINT'); // the terminal sends it to all
    assert.deepEqual(await ended, [0, null], said);
    assert.match(said, /\nUnregistered\.\n$/);
    assert.throws(() => process.kill(-child.pid, 0), { code: 'ESRCH' });
    await assert.rejects(fetch(url));
  },
);
