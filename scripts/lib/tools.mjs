// What has to be there besides npm's packages, how to see that it is, and the Debian packages that bring it.
import { accessSync, constants, existsSync, realpathSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { Stop, step } from './progress.mjs';
import { run } from './processes.mjs';

/** The path of a program on PATH, or undefined. */
export function which(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function hasFile(...directories) {
  return directories.some((path) => existsSync(path));
}

/** A file of the C library's multiarch directories, whatever the machine's architecture. */
function hasLibraryFile(name) {
  const roots = ['/usr/lib', '/usr/local/lib'];
  return roots.some(
    (root) =>
      existsSync(join(root, name)) ||
      (existsSync(root) && readdirSync(root).some((entry) => existsSync(join(root, entry, name)))),
  );
}

/** Debian's emcc needs acorn where only Debian's Node looks; every other emcc brings its own. */
function emccIsComplete() {
  const emcc = which('emcc');
  if (!emcc) return false;
  const isDebians = realpathSync(emcc).startsWith('/usr/share/emscripten');
  return !isDebians || existsSync('/usr/share/nodejs/acorn');
}

function cmakeIsNewEnough() {
  const [, major, minor] =
    /version (\d+)\.(\d+)/.exec(
      spawnSync('cmake', ['--version'], { encoding: 'utf8' }).stdout ?? '',
    ) ?? [];
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 25);
}

/** libFuzzer and the sanitizers are a package of their own. */
function clangCanFuzz() {
  const { stdout } = spawnSync('clang', ['-print-resource-dir'], { encoding: 'utf8' });
  const libraries = stdout ? join(stdout.trim(), 'lib') : '';
  return (
    existsSync(libraries) &&
    readdirSync(libraries, { recursive: true }).some((name) => /rt\.fuzzer\b/.test(name))
  );
}

const kamailioModule = (name) => () => hasLibraryFile(`kamailio/modules/${name}.so`);

/** What `npm start` needs. */
const forStart = [
  { packages: ['emscripten', 'node-acorn'], isThere: emccIsComplete },
  { packages: ['cmake'], isThere: cmakeIsNewEnough },
  { packages: ['make'], isThere: () => which('make') },
];

/** What `npm test` needs on top. */
const forTest = [
  { packages: ['g++'], isThere: () => which('c++') },
  {
    packages: ['libgtest-dev'],
    isThere: () => hasFile('/usr/include/gtest', '/usr/local/include/gtest'),
  },
  { packages: ['gcovr'], isThere: () => which('gcovr') },
  { packages: ['clang', 'libclang-rt-dev'], isThere: clangCanFuzz },
  { packages: ['pkg-config'], isThere: () => which('pkg-config') },
  { packages: ['libosip2-dev'], isThere: () => hasFile('/usr/include/osipparser2') },
  { packages: ['clang-format'], isThere: () => which('clang-format') },
  { packages: ['kamailio'], isThere: () => which('kamailio') ?? hasFile('/usr/sbin/kamailio') },
  { packages: ['kamailio-websocket-modules'], isThere: kamailioModule('websocket') },
  { packages: ['kamailio-tls-modules'], isThere: kamailioModule('tls') },
  { packages: ['kamailio-outbound-modules'], isThere: kamailioModule('outbound') },
  { packages: ['openssl'], isThere: () => which('openssl') },
  { packages: ['chromium'], isThere: () => which('chromium') },
  { packages: ['firefox-esr'], isThere: () => which('firefox-esr') },
  { packages: ['webkit2gtk-driver'], isThere: () => which('WebKitWebDriver') },
  {
    packages: ['libwebkit2gtk-4.1-0'],
    isThere: () => hasLibraryFile('webkit2gtk-4.1/MiniBrowser'),
  },
  { packages: ['xvfb'], isThere: () => which('Xvfb') },
];

function missingPackages(level) {
  const needs = level === 'start' ? forStart : [...forStart, ...forTest];
  return needs.filter(({ isThere }) => !isThere()).flatMap(({ packages }) => packages);
}

/** How this user can become root without being asked anything: a prefix for the command, or undefined. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = which('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return sudo ? ['sudo', '-n'] : undefined;
}

async function aptGet(prefix, label, args) {
  // The lock timeout waits for an apt that is running already, as on machines that have just booted.
  const [command, ...rest] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=600',
    ...args,
  ];
  await step(label, async (report) => {
    const { status, output } = await run(command, rest, { onOutput: report });
    if (status !== 0) throw new Stop(`${tail(output)}\n\napt-get ${args.join(' ')} failed.`);
  });
}

/** The last lines of a program's output: where it says what went wrong. */
export function tail(output) {
  return output.trimEnd().split('\n').slice(-40).join('\n');
}

/** Installs the system's packages that are missing; says what to do where that is not possible. */
export async function installTools(level) {
  const missing = missingPackages(level);
  if (missing.length === 0) return;

  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  const prefix = rootPrefix();
  if (!which('apt-get') || !prefix) {
    throw new Stop(
      [
        `Missing: ${missing.join(', ')}`,
        which('apt-get')
          ? `They cannot be installed from here: this user is not root, and sudo wants a password or is absent.`
          : `They cannot be installed from here: there is no apt-get on this machine.`,
        `Install them (Debian, Ubuntu: "sudo ${command}") and start again.`,
      ].join('\n'),
    );
  }

  const hadKamailio = !missing.includes('kamailio');
  await aptGet(prefix, 'Reading the package lists', ['update']);
  await aptGet(prefix, `Installing ${missing.join(', ')}`, [
    'install',
    '-y',
    '--no-install-recommends',
    ...missing,
  ]);
  if (!hadKamailio && existsSync('/run/systemd/system')) {
    // The package starts a SIP server on port 5060; the tests start their own, on loopback.
    const [program, ...args] = [...prefix, 'systemctl', 'disable', '--now', 'kamailio'];
    await run(program, args);
  }
  const still = missingPackages(level);
  if (still.length > 0) {
    throw new Stop(
      `Installed, but still not usable: ${still.join(', ')}. Is another version first on PATH?`,
    );
  }
}
