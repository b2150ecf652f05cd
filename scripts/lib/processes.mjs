// Child processes that never outlive this one. Node built-ins only: setup runs before npm ci.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const KILL_AFTER_MS = 5000;
const running = new Set();

/** Signals the whole group of a child, so that what it has started itself ends too. */
function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** Ends every child that is still running, gently first. Resolves when they are gone. */
export async function endAll() {
  const children = [...running];
  const ended = children.map((child) => new Promise((done) => child.once('close', done)));
  for (const child of children) signalGroup(child, 'SIGTERM');
  const force = setTimeout(() => {
    for (const child of children) signalGroup(child, 'SIGKILL');
  }, KILL_AFTER_MS);
  await Promise.all(ended);
  clearTimeout(force);
}

/**
 * Ends the children when somebody interrupts this process, then leaves with the shell's usual status. Returns a function
 * that gives the signals back.
 */
export function endChildrenOnSignals() {
  const handlers = Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }).map(
    ([signal, status]) => {
      const handler = () => void endAll().finally(() => process.exit(status));
      process.once(signal, handler);
      return [signal, handler];
    },
  );
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/**
 * Runs a program in the project's root to its end. Resolves with its exit status (null: it could not be started or was
 * killed) and, unless `inherit` is set, its output; `onOutput` gets the output as it comes. After `timeoutMs` the whole
 * group is ended.
 */
export function run(command, args, options = {}) {
  const { inherit = false, onOutput, timeoutMs = 0, env = {}, cwd = root } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', inherit ? 'inherit' : 'pipe', inherit ? 'inherit' : 'pipe'],
      detached: true, // a group of its own
    });
    running.add(child);
    let output = '';
    let timedOut = false;
    const take = (chunk) => {
      output += chunk;
      onOutput?.(String(chunk));
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    const timer =
      timeoutMs > 0 &&
      setTimeout(() => {
        timedOut = true;
        signalGroup(child, 'SIGKILL');
      }, timeoutMs);
    const end = (status) => {
      clearTimeout(timer);
      running.delete(child);
      if (child.pid !== undefined) signalGroup(child, 'SIGKILL'); // what it left behind
      resolve({ status, output, timedOut });
    };
    child.once('error', (error) => {
      output += error.message;
      end(null);
    });
    child.once('close', end);
  });
}
