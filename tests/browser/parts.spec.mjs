// The demo page's parts that need no page.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { emptyValues, optionsOf } from '../../demo/model/account-options.js';
import { Clock } from '../../demo/model/clock.js';
import { History } from '../../demo/model/history.js';
import { mostMessages, Transcript } from '../../demo/model/transcript.js';
import { Wire } from '../../demo/model/wire.js';
import { startDemo } from '../../demo/server.mjs';
import { codeFor, placeholder } from '../../demo/text/code.js';
import { countdown, duration } from '../../demo/text/time.js';
import { ticksOf, windowOf } from '../../demo/view/timeline-scale.js';

const minute = 60_000;

test.describe('the code to copy', () => {
  const account = (name, more) => ({ ...emptyValues, aor: `sip:${name}@example.com`, ...more });

  /** Runs a module inside the package, where its name is known, until it has printed this many lines. */
  async function run(code, lines) {
    const folder = await mkdtemp(fileURLToPath(new URL('../../build/demo-code-', import.meta.url)));
    const file = join(folder, 'main.mjs');
    await writeFile(file, code);
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const enough = new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (part) => {
          text += part;
          if (text.trim().split('\n').length >= lines) child.kill();
        });
      }
      child.once('exit', resolve);
    });
    await enough;
    await rm(folder, { recursive: true });
    return text.trim().split('\n');
  }

  const life = (name) => [
    `sip:${name}@example.com connecting`,
    `sip:${name}@example.com registering`,
    `sip:${name}@example.com registered`,
    `sip:${name}@example.com for 90 s, refreshed by itself`,
  ];

  test('registers with the registrar in memory, as it stands', async () => {
    const code = codeFor(null, [account('demo', { expires: '90' })]);
    expect(await run(code, 4)).toEqual(life('demo'));
  });

  test('registers several accounts with a server, once the passwords are in', async () => {
    const demo = await startDemo();
    const accounts = ['demo', 'alice'].map((name) =>
      account(name, { expires: '90', headers: "X-Note: it's “so”", supported: '100rel' }),
    );
    const code = codeFor(demo.registrarUrl, accounts);
    const lines = await run(code.replaceAll(placeholder, demo.account.password), 7);
    // The second finds the connection open.
    expect(lines).toEqual([...life('demo'), ...life('alice').slice(1)]);
    expect(demo.registrar.requests.at(-1)).toContain("X-Note: it's “so”\r\n");
    await demo.close();
  });

  test('shows what was chosen, and never what is secret', () => {
    const values = account('zoe', {
      password: 'geheim',
      username: "o'zoe\\",
      displayName: '</script><img src=x>',
      headers: 'X-A: 1\nX-A: 2',
    });
    const code = codeFor('wss://sip.example.com', [values]);
    expect(code).toContain("server: 'wss://sip.example.com'");
    expect(code).toContain(`username: 'o\\'zoe\\\\', password: '${placeholder}'`);
    expect(code).toContain("displayName: '</script><img src=x>'");
    expect(code).toContain("headers: { 'X-A': ['1', '2'] }");
    expect(code).not.toContain('geheim');
  });

  test('is there while the headers cannot be read', () => {
    const values = account('zoe', { headers: 'no colon' });
    expect(() => optionsOf(values)).toThrow(TypeError);
    expect(codeFor('wss://sip.example.com', [values])).toContain("aor: 'sip:zoe@example.com'");
  });
});

test.describe('the clock', () => {
  test('jumps: both clocks move, and timers that are due ring', async () => {
    const clock = new Clock();
    const { platform } = clock;
    const before = [platform.now(), platform.monotonic()];
    const rang = new Promise((resolve) => platform.setTimeout(resolve, 10 * minute));
    clock.jump(10 * minute);
    await rang;
    const moved = [platform.now() - before[0], platform.monotonic() - before[1]];
    for (const each of moved) {
      expect(each).toBeGreaterThanOrEqual(10 * minute);
      expect(each).toBeLessThan(11 * minute);
    }
  });

  test('runs faster, and stays ahead afterwards', async () => {
    const clock = new Clock();
    const start = clock.now();
    clock.speed = 1000;
    await new Promise((resolve) => clock.platform.setTimeout(resolve, minute));
    clock.speed = 1;
    const now = clock.now();
    expect(now - start).toBeGreaterThanOrEqual(minute - 1000);
    expect(clock.now()).toBeGreaterThanOrEqual(now);
  });

  test('forgets a timer that is cleared', async () => {
    const { platform } = new Clock();
    let rang = false;
    const handle = platform.setTimeout(() => (rang = true), 1);
    platform.clearTimeout(handle);
    await new Promise((resolve) => platform.setTimeout(resolve, 20));
    expect(rang).toBe(false);
  });
});

test.describe('the wire', () => {
  /** A socket through the wire to one that the test moves. */
  async function open(condition = 'up') {
    const inner = { readyState: 0, protocol: 'sip', bufferedAmount: 0, sent: [], closed: 0 };
    inner.send = (data) => inner.sent.push(data);
    inner.close = () => (inner.closed += 1);
    const wire = new Wire();
    wire.condition = condition;
    let made = 0;
    const outer = wire.through(() => {
      made += 1;
      return inner;
    })('ws://x', ['sip']);
    const heard = [];
    for (const type of ['open', 'message', 'error', 'close']) {
      outer[`on${type}`] = ({ data, code }) => heard.push([type, data ?? code].filter(Boolean));
    }
    outer.binaryType = 'arraybuffer';
    await Promise.resolve();
    if (made > 0) {
      inner.readyState = 1;
      inner.onopen({});
    }
    return { wire, outer, inner, heard, made: () => made };
  }

  test('lets everything through', async () => {
    const { outer, inner, heard } = await open();
    outer.send('a');
    inner.onmessage({ data: 'b' });
    inner.onclose({ code: 1001 });
    expect(inner.sent).toEqual(['a']);
    expect(inner.binaryType).toBe('arraybuffer');
    expect(heard).toEqual([['open'], ['message', 'b'], ['close', 1001]]);
    expect(outer.readyState).toBe(3);
  });

  test('silent: what the server says gets lost', async () => {
    const { wire, outer, inner, heard } = await open();
    wire.condition = 'silent';
    outer.send('a');
    inner.onmessage({ data: 'b' });
    wire.condition = 'up';
    expect([inner.sent, heard]).toEqual([['a'], [['open']]]);
  });

  test('frozen: it waits, and comes in order at the thaw', async () => {
    const { wire, outer, inner, heard } = await open();
    wire.condition = 'frozen';
    outer.send('abc');
    inner.onmessage({ data: 'b' });
    inner.onclose({ code: 1001 });
    expect([inner.sent, heard, outer.bufferedAmount]).toEqual([[], [['open']], 3]);
    wire.condition = 'up';
    expect(inner.sent).toEqual(['abc']);
    expect(heard).toEqual([['open'], ['message', 'b'], ['close', 1001]]);
  });

  test('frozen: new connections open at the thaw only', async () => {
    const { wire, outer, made } = await open('frozen');
    expect([made(), outer.readyState]).toEqual([0, 0]);
    wire.condition = 'up';
    expect(made()).toBe(1);
  });

  test('a connection that is given up while frozen is never made', async () => {
    const { wire, outer, heard, made } = await open('frozen');
    outer.close();
    wire.condition = 'up';
    expect(made()).toBe(0);
    expect(heard).toEqual([['error'], ['close', 1006]]);
  });

  test('what the host throws ends the connection, with its words', async () => {
    const refuse = () => {
      throw new DOMException('not from https', 'SecurityError');
    };
    const outer = new Wire().through(refuse)('ws://x', ['sip']);
    const heard = [];
    outer.onerror = ({ message }) => heard.push(message);
    outer.onclose = ({ code }) => heard.push(code);
    await Promise.resolve();
    expect(heard).toEqual(['not from https', 1006]);
    expect(outer.readyState).toBe(3);
  });

  test('down: connections are cut and refused', async () => {
    const { wire, outer, inner, heard } = await open();
    wire.condition = 'down';
    expect(heard).toEqual([['open'], ['error'], ['close', 1006]]);
    expect([outer.readyState, inner.closed]).toEqual([3, 1]);
    const refused = await open('down');
    expect([refused.made(), refused.heard]).toEqual([0, [['error'], ['close', 1006]]]);
  });
});

test.describe('the time line', () => {
  test('a window that fits shows all that is ahead, and what has been as far as it matters', () => {
    const now = 100 * minute;
    for (const [start, until] of [
      [now, now + 2 * minute],
      [now - minute, now + 10 * minute],
      [now - 90 * minute, now + 20 * minute],
      [now - 5 * minute, null],
      [null, null],
    ]) {
      const { from, to } = windowOf({ start, until, now, span: 0 });
      expect(from).toBeLessThanOrEqual(now);
      expect(to).toBeGreaterThan(until ?? now);
      expect(to - from).toBeLessThanOrEqual(60 * minute);
      if (start !== null) expect(from).toBeGreaterThanOrEqual(start);
    }
  });

  test('a window that was chosen has that length, with now in it', () => {
    const now = 100 * minute;
    const { from, to } = windowOf({ start: 0, until: now + 50 * minute, now, span: minute });
    expect(to - from).toBe(minute);
    expect(from).toBeLessThan(now);
    expect(to).toBeGreaterThan(now);
  });

  test('ticks are whole and have room', () => {
    const from = Date.UTC(2026, 0, 1, 12, 0, 7);
    const ticks = ticksOf({ from, to: from + 10 * minute }, 0.1);
    expect(ticks.length).toBeLessThanOrEqual(10);
    for (const each of ticks) expect(each % minute).toBe(0);
  });

  test('a history closes what has ended and is bounded', () => {
    const history = new History();
    history.enter('registered', 0);
    history.grant(0, 100);
    history.grant(50, 150);
    history.wait(90, 60);
    history.wait(90, 70);
    history.endWait(120);
    history.enter('waiting', 60);
    history.endGrant(200);
    expect(history.bands[0]).toEqual({ state: 'registered', from: 0, to: 60 });
    expect(history.grants.map(({ to }) => to)).toEqual([50, 150]);
    expect(history.waits).toEqual([{ from: 60, at: 90, to: 90 }]);
    for (let i = 0; i < 1000; i += 1) history.mark('retry', '', i);
    expect(history.marks).toHaveLength(300);
    expect(history.start).toBe(0);
  });

  test('times are written as people write them', () => {
    expect([0, 59_900, 90_000, 3_720_000].map(duration)).toEqual([
      '0 s',
      '1 min',
      '1 min 30 s',
      '1 h 2 min',
    ]);
    expect([countdown(5000, 0), countdown(3_600_000, 0), countdown(0, 9)]).toEqual([
      '0:05',
      '1:00:00',
      '0:00',
    ]);
  });
});

test('a transcript is bounded, and keep-alives in a row share an entry', () => {
  const transcript = new Transcript();
  const add = (direction, data) => transcript.add({ direction, data }, 0);
  const ping = add('out', '\r\n\r\n');
  expect(add('in', '\r\n')).toBe(ping);
  expect(ping.keepAlives).toEqual({ out: 1, in: 1 });
  for (let i = 0; i < 500; i += 1) add('in', `SIP/2.0 200 OK\r\nCSeq: ${i} REGISTER\r\n\r\n`);
  expect(transcript.entries).toHaveLength(mostMessages);
  expect(transcript.messages.at(-1).seen.sequence).toBe('499');
  transcript.clear();
  expect(transcript.asText('x')).toContain('No messages');
});
