// A project in a temporary folder, as a reader of the documents has it: sipreg is installed, and so are the tools that its
// tests run with.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './blocks.mjs';

/** A block that neither ends nor fails by itself. */
const DEADLINE_MS = 120_000;
const packages = [
  '@jest',
  '@playwright',
  '@types',
  'esbuild',
  'jest',
  'jssip',
  'playwright-core',
  'sip.js',
  'vitest',
  'ws',
];
const commands = fileURLToPath(new URL('commands', import.meta.url));

export async function createWorkspace() {
  const directory = await mkdtemp(join(tmpdir(), 'sipreg-docs-'));
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await symlink(root, join(modules, 'sipreg'));
  for (const name of packages) {
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  await writeFile(join(directory, 'package.json'), '{ "private": true, "type": "module" }\n');

  return {
    directory,
    path: (name) => join(directory, name),

    async write(name, text) {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      return path;
    },

    /** Runs a program in the folder; resolves with what it printed, rejects with all of it when it fails. */
    run(command, args, env = {}) {
      return new Promise((resolve, reject) => {
        const child = spawn(command, args, {
          cwd: directory,
          env: { ...process.env, PATH: `${commands}:${process.env.PATH}`, ...env },
          timeout: DEADLINE_MS,
          killSignal: 'SIGKILL',
        });
        let stdout = '';
        let all = '';
        child.stdout.setEncoding('utf8').on('data', (text) => {
          stdout += text;
          all += text;
        });
        child.stderr.setEncoding('utf8').on('data', (text) => (all += text));
        child.once('error', reject);
        child.once('close', (status, signal) => {
          if (status === 0) resolve(stdout);
          else reject(new Error(`ended with ${signal ?? status}:\n${all}`));
        });
        child.stdin.end();
      });
    },

    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
