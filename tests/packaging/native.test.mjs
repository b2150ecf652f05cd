// The C++ library as docs/native.md tells to build, install and use it, in folders of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createTestRegistrar } from '../../dist/testing.js';
import { root, succeed } from './consumer.mjs';

const aor = 'sip:alice@example.com';
const page = await readFile(join(root, 'docs/native.md'), 'utf8');
const packageJson = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** The page's commands. */
const commands = [...page.matchAll(/^```sh .*\n([^]*?)^```$/gm)].map(([, text]) => text);

let folder;
let include;

/** Runs the page's commands, with the home directory and the build trees in the test's own folder. */
async function follow(text) {
  await succeed('sh', ['-e', '-c', text.replaceAll('build/', `${folder}/build/`)], {
    env: { HOME: folder },
    deadlineMs: 300_000,
  });
}

/**
 * Starts the example beside a server that is given each message and may answer with `answer(text)`. The pipe ends after so
 * many `lines` on standard error.
 */
function startExample(server, { address = aor, password = 'wonderland', lines = Infinity } = {}) {
  const program = join(folder, 'build/example/register_over_pipe');
  const child = spawn(program, [address], { env: { SIPREG_PASSWORD: password } });
  let told = '';
  const sent = [];
  let rest = '';
  const answer = (text) => child.stdin.write(`${text}\0`);
  child.stderr.on('data', (chunk) => {
    told += chunk;
    if (told.split('\n').length > lines) child.stdin.end();
  });
  child.stdout.on('data', (chunk) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop();
    for (const message of messages) {
      sent.push(message);
      server(message, answer, child);
    }
  });
  const end = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, told: told.trimEnd().split('\n'), sent }));
  });
  child.stdin.on('error', () => {}); // the program may be gone before it has read everything
  return end;
}

/** A registrar behind the pipe. */
function behind(registrar) {
  const socket = registrar.webSocket('wss://pipe', ['sip']);
  const waiting = [];
  socket.onopen = () => waiting.splice(0).forEach((message) => socket.send(message));
  return (message, answer) => {
    socket.onmessage = ({ data }) => answer(data);
    if (socket.readyState === 1) socket.send(message);
    else waiting.push(message);
  };
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreg-native-'));
  assert.equal(commands.length, 2);
  for (const each of commands) await follow(each);
  include = join(folder, 'sipreg/include');
});

after(() => rm(folder, { recursive: true, force: true }));

describe('the installed library', () => {
  test('has the public headers, the archive, the licence and a CMake package of the right version', async () => {
    const installed = (
      await readdir(join(folder, 'sipreg'), { recursive: true, withFileTypes: true })
    )
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
    const headers = await readdir(join(root, 'core/include/sipreg'));
    const others = ['LICENSE', 'libsipreg.a', 'sipregConfig.cmake', 'sipregConfigVersion.cmake'];
    assert.deepEqual(installed, [...headers, ...others, 'sipregConfig-release.cmake'].sort());
    const [minor] = /^\d+\.\d+/.exec(packageJson.version);
    const project = (version) =>
      `cmake_minimum_required(VERSION 3.16)\nproject(consumer CXX)\nfind_package(sipreg ${version} REQUIRED)\n`;
    const configure = async (name, version) => {
      const directory = join(folder, name);
      await succeed('mkdir', [directory]);
      await writeFile(join(directory, 'CMakeLists.txt'), project(version));
      return succeed('cmake', [
        '-S',
        directory,
        '-B',
        directory,
        `-DCMAKE_PREFIX_PATH=${folder}/sipreg`,
      ]);
    };
    await configure('right-version', minor);
    await assert.rejects(configure('wrong-version', '99.0'), /99\.0/);
  });

  test('every header compiles alone, without a warning and without the headers of core/src', async () => {
    for (const header of await readdir(join(include, 'sipreg'))) {
      const warnings = ['-Wall', '-Wextra', '-Wpedantic', '-Wshadow', '-Wconversion', '-Werror'];
      const args = ['-std=c++20', ...warnings, '-fsyntax-only', '-x', 'c++', `-I${include}`, '-'];
      await succeed('c++', args, {
        input: `#include "sipreg/${header}"\n#include "sipreg/${header}"\n`,
      });
    }
  });

  test('defines no name outside its namespace but those with its prefix', async () => {
    const archive = join(folder, 'sipreg/lib/libsipreg.a');
    const symbols = await succeed('nm', ['--defined-only', '--extern-only', '--demangle', archive]);
    const strong = [...symbols.matchAll(/^[\da-f]+ [A-TX-Z] (.+)$/gm)].map(([, name]) => name);
    assert.ok(strong.some((name) => name.startsWith('sipreg::Agent::receive(')));
    const ours = /^(sipreg_|.*\bsipreg::)/;
    assert.deepEqual(
      strong.filter((name) => !ours.test(name)),
      [],
    );
  });
});

describe('the example', () => {
  test('registers after a challenge, and refreshes in time', async () => {
    const registrar = createTestRegistrar({ users: { alice: 'wonderland' }, maxExpires: 1 });
    const { told } = await startExample(behind(registrar), { lines: 3 });
    assert.deepEqual(told.slice(0, 3), ['held for 1 s', 'held for 1 s', 'held for 1 s']);
    const authorised = registrar.requests.map((request) => /^Authorization: Digest/m.test(request));
    assert.deepEqual(authorised.slice(0, 4), [false, true, true, true]);
  });

  test('says why it is refused', async () => {
    const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
    const { status, told, sent } = await startExample(behind(registrar), { password: 'wrong' });
    assert.match(told.join(), /refused the credentials/);
    assert.equal(sent.length, 2);
    assert.equal(status, 1);
  });

  test('ends when the pipe does', async () => {
    const { status, told } = await startExample((_, answer, child) => child.stdin.end());
    assert.match(told.join(), /connection to the server was lost/);
    assert.equal(status, 1);
  });

  test('names the option that is malformed', async () => {
    const { status, told, sent } = await startExample(() => {}, { address: 'alice' });
    assert.match(told.join(), /^aor must be a SIP address/);
    assert.deepEqual(sent, []);
    assert.equal(status, 2);
  });
});
