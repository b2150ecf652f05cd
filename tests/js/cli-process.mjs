// Runs the command line as a process of its own, as people do.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createTestRegistrar } from '../../dist/testing.js';

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
/** No test waits longer than this for anything. */
const deadlineMs = 20_000;

export const aor = 'sip:alice@example.com';
/** Looks like nothing else, so that a search finds every place it got to. */
export const password = 'pw-marker-5d41';

const running = new Set();

/** Ends what a failed test has left behind. */
export function endPrograms() {
  for (const child of running) child.kill('SIGKILL');
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`nothing for ${deadlineMs} ms: ${what()}`));
    }, deadlineMs);
  });
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

function startProgram(command, words, env, input) {
  const inherited = { ...process.env, NODE_OPTIONS: '', TERM: 'xterm' };
  for (const name of ['PASSWORD', 'HA1', 'TOKEN']) delete inherited[`SIPREG_${name}`];
  delete inherited.NO_COLOR;
  const child = spawn(command, words, { env: { ...inherited, ...env } });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  const waiting = new Set();
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
      for (const check of waiting) check();
    });
  }
  child.stdin.on('error', () => undefined);
  if (input === null) child.stdin.write('');
  else child.stdin.end(input);
  const seen = () => JSON.stringify(output);
  const ended = new Promise((resolve) => {
    child.on('close', (status, signal) => {
      running.delete(child);
      resolve({ status, signal, ...output });
    });
  });

  /** Resolves with the match once that stream holds the pattern. */
  function until(pattern, name = 'stdout') {
    const found = new Promise((resolve, reject) => {
      const check = () => {
        const match = pattern.exec(output[name]);
        if (!match) return;
        waiting.delete(check);
        resolve(match);
      };
      waiting.add(check);
      check();
      void ended.then(() => {
        reject(new Error(`ended without ${pattern}: ${seen()}`));
      });
    });
    return within(found, () => `${pattern} in ${seen()}`);
  }

  return { child, until, end: () => within(ended, () => `the end, after ${seen()}`) };
}

/** Starts `sipreg …`. `input`: what stdin holds (it ends then), or null for a stdin that stays open. */
export function start(words, { env = {}, input = '' } = {}) {
  return startProgram(process.execPath, [program, ...words], env, input);
}

/** Runs `sipreg …` to its end on a terminal, which script(1) of util-linux makes. */
export function onTerminal(words, { env = {} } = {}) {
  const line = [process.execPath, program, ...words].map((word) => `'${word}'`).join(' ');
  return startProgram('script', ['-qec', line, '/dev/null'], env, '').end();
}

/** Runs `sipreg …` to its end: { status, signal, stdout, stderr }. */
export function sipreg(words, options) {
  return start(words, options).end();
}

/** A registrar on a port, where alice has the password above. */
export async function listen(options = {}) {
  const registrar = createTestRegistrar({ users: { alice: password }, ...options });
  const { url, close } = await registrar.listen();
  return { registrar, url, close };
}

/** The first value of a header in a request. */
export function header(request, name) {
  const line = request.split('\r\n').find((each) => each.startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}
