// A project that has installed the packed tarball and nothing else of this checkout, in a temporary folder.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program that neither ends nor says anything fails the test instead of holding it up. */
const DEADLINE_MS = 60_000;

/** Runs a program to its end; resolves with its status and its output. */
export function run(command, args, { cwd = root, input, env = {}, deadlineMs = DEADLINE_MS } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
      // npm hands its own settings down to what it starts; the consumer is a project of its own.
      env: Object.fromEntries(
        Object.entries({ ...process.env, ...env }).filter(([name]) => !name.startsWith('npm_')),
      ),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    child.stdin.end(input);
  });
}

/** The same, for programs that have to succeed. Resolves with what it printed. */
export async function succeed(command, args, options) {
  const { status, stdout, stderr } = await run(command, args, options);
  if (status !== 0) {
    const output = `${stdout}${stderr}`.replace(/^(.{300}).+$/gm, '$1…'); // bundles have long lines
    throw new Error(`${command} ${args.join(' ')}: status ${status}\n${output}`);
  }
  return stdout;
}

/** Packs the checkout. Resolves with the tarball's path and the files in it. */
async function pack(directory) {
  const output = await succeed('npm', ['pack', '--json', '--pack-destination', directory]);
  const [{ filename, files }] = JSON.parse(output);
  return { tarball: join(directory, filename), files: files.map(({ path }) => path).sort() };
}

/** Installs the tarball, offline; `ws` puts that optional package beside it. */
export async function createConsumer({ ws }) {
  const directory = await mkdtemp(join(tmpdir(), 'sipreg-consumer-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const packed = await pack(directory);
    await writeFile(join(directory, 'package.json'), '{ "name": "consumer", "private": true }');
    const options = ['--offline', '--no-audit', '--no-fund'];
    await succeed('npm', ['install', ...options, packed.tarball], { cwd: directory });
    const modules = join(directory, 'node_modules');
    if (ws) await cp(join(root, 'node_modules/ws'), join(modules, 'ws'), { recursive: true });
    return { directory, ...packed, program: join(modules, '.bin/sipreg'), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
