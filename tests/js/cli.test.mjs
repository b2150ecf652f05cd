// The command line, as a process of its own, against the embedded registrar.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { reply } from '../../dist/testing.js';
import {
  aor,
  endPrograms,
  header,
  listen,
  onTerminal,
  password,
  sipreg,
  start,
} from './cli-process.mjs';

// Every test starts processes, on machines that may be busy; what they wait for has a shorter deadline of its own.
jest.setTimeout(60_000);

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));
const credentials = { env: { SIPREG_PASSWORD: password } };
const instanceId = 'urn:uuid:00000000-0000-4000-8000-00000000abcd';

/** What a server may ask at any time; the trace then has something to write. */
const optionsRequest = [
  'OPTIONS sip:alice@client.invalid SIP/2.0',
  'Via: SIP/2.0/WS server.invalid;branch=z9hG4bKoptions',
  'Max-Forwards: 70',
  'From: <sip:server.invalid>;tag=1',
  'To: <sip:alice@client.invalid>',
  'Call-ID: options',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

let server;
let registrar;
let url;

/** A registrar with these options in place of the usual one. */
async function listenAgain(options) {
  await server.close();
  server = await listen(options);
  ({ registrar, url } = server);
}

beforeEach(async () => {
  server = await listen();
  ({ registrar, url } = server);
});

afterEach(async () => {
  endPrograms();
  await server.close();
});

const register = (...words) => sipreg(['register', url, '--aor', aor, ...words], credentials);
const query = (...words) => sipreg(['query', url, '--aor', aor, ...words], credentials);
const unregister = (...words) => sipreg(['unregister', url, '--aor', aor, ...words], credentials);
const watch = (...words) =>
  start(['register', url, '--aor', aor, '--watch', ...words], credentials);

/** Everything that the command wrote. */
const all = ({ stdout, stderr }) => stdout + stderr;

const jsonLines = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('register', () => {
  test('says what was granted, leaves the binding and ends with 0', async () => {
    const result = await register();
    expect(result).toMatchObject({ status: 0, signal: null });
    const [binding] = registrar.bindings(aor);
    expect(binding.expires).toBeGreaterThan(590);
    expect(result.stdout).toMatch(/^Registered sip:alice@example\.com\n {2}lifetime +600 s/);
    expect(result.stdout).toContain(binding.uri);
    expect(result.stdout).toContain('Digest MD5, realm "sipreg.test"');
    expect(result.stdout).toMatch(/GRUU +sip:alice@example\.com;gr=urn:uuid:/);
    expect(result.stderr).toMatch(
      /^Warning \(weak-digest\): .*\nThe binding is left at the registrar until \d\d:\d\d:\d\d/,
    );
    expect(registrar.connections).toBe(0);
  });

  test('--trace draws the ladder before the result, without secrets and without colours', async () => {
    const { status, stdout, stderr } = await register('--trace');
    expect(status).toBe(0);
    const order = [
      'REGISTER sip:example.com',
      '401 Unauthorized',
      'nc=00000001',
      '200 OK',
      'Registered',
    ];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(stdout).toContain(`127.0.0.1:${new URL(url).port}`);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stdout + stderr).not.toContain(password);
  });

  test('--trace-full shows whole messages with the answer to the challenge masked', async () => {
    const { stdout } = await register('--trace-full');
    const response = /response="([0-9a-f]{32})"/.exec(registrar.requests[1])[1];
    expect(stdout).toContain('│   Via: SIP/2.0/WS ');
    expect(stdout).toMatch(/│ {3}Authorization: Digest /);
    expect(stdout).not.toContain(response);
  });

  test('--json prints one object; the trace goes to stderr', async () => {
    const { status, stdout, stderr } = await register('--json', '--trace');
    expect(status).toBe(0);
    const [record, ...more] = jsonLines(stdout);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ aor, expires: 600, status: 200, auth: { algorithm: 'MD5' } });
    expect(record.bindings).toHaveLength(1);
    expect(stderr).toContain('200 OK');
  });

  test('every option reaches the request', async () => {
    const result = await register(
      ...[
        '--expires',
        '120',
        '--header',
        'X-One: 1',
        '--header',
        'X-Two: a: b',
        '--header',
        'X-One: 2',
      ],
      ...['--supported', '100rel', '--supported', 'timer', '--display-name', 'Alice "A"'],
      ...[
        '--contact-user',
        'desk',
        '--contact-param',
        'x-tag=1',
        '--contact-uri-param',
        'x-place=home',
      ],
      ...['--instance-id', instanceId, '--registrar', 'sip:edge.example.com', '--insecure'],
    );
    expect(all(result)).toContain('Registered');
    const request = registrar.requests.at(-1);
    expect(request).toMatch(/^REGISTER sip:edge\.example\.com SIP\/2\.0\r\n/);
    expect(request).toContain('\r\nX-One: 1\r\nX-One: 2\r\n');
    expect(header(request, 'X-Two')).toBe('a: b');
    expect(header(request, 'Supported')).toMatch(/\b100rel, ?timer\b/);
    expect(header(request, 'From')).toMatch(/^"Alice \\"A\\"" <sip:alice@example\.com>/);
    const contact = header(request, 'Contact');
    expect(contact).toMatch(/^<sip:desk@[\w.]+\.invalid;transport=ws;x-place=home>/);
    expect(contact).toContain(';x-tag=1');
    expect(contact).toContain(`+sip.instance="<${instanceId}>"`);
    expect(request).toMatch(/expires(=|: )120/i);
  });

  test('--no-outbound and --no-gruu leave the extensions out', async () => {
    expect(await register('--no-outbound', '--no-gruu')).toMatchObject({ status: 0 });
    const request = registrar.requests.at(-1);
    expect(header(request, 'Contact')).not.toMatch(/reg-id/);
    expect(header(request, 'Supported') ?? '').not.toMatch(/outbound|gruu/);
  });

  test('--username, --realm and an HA1 authenticate', async () => {
    await listenAgain({ users: { bob: 'secret' }, realm: 'r' });
    const ha1 = '0181b5217e7f655f3667f550be559609'; // MD5 of "bob:r:secret"
    const words = ['register', url, '--aor', aor, '--username', 'bob'];
    const env = { SIPREG_HA1: ha1 };
    const result = await sipreg([...words, '--realm', 'r'], { env });
    expect(all(result)).toContain('Registered');
    expect(all(result)).not.toContain(ha1);
    const named = [...words, '--realm', 'r', '--ha1-stdin'];
    expect(await sipreg(named, { input: `MD5:${ha1}\n` })).toMatchObject({ status: 0 });
    const password = { env: { SIPREG_PASSWORD: 'secret' } };
    const foreign = await sipreg([...words, '--realm', 'other'], password);
    expect(foreign.status).toBe(1);
    expect(foreign.stderr).toContain('auth-failed');
  });

  test('without credentials it registers where none are asked for, else fails', async () => {
    const refused = await sipreg(['register', url, '--aor', aor]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/^sipreg register: failed \(auth-failed\): /);
    await listenAgain({ users: undefined });
    const open = await sipreg(['register', url, '--aor', aor]);
    expect(open.status).toBe(0);
    expect(open.stdout).toMatch(/authentication +none was asked for/);
  });
});

describe('on a terminal', () => {
  const words = () => ['register', url, '--aor', aor, '--trace'];

  test('it has colours and says what it waits for', async () => {
    const { status, stdout } = await onTerminal(words(), credentials);
    expect(status).toBe(0);
    expect(stdout).toContain('\u001b[32m200 OK\u001b[0m');
    expect(stdout).toMatch(/connecting to 127\.0\.0\.1:\d+ … 0 s/);
  });

  test('NO_COLOR takes the colours away', async () => {
    const env = { ...credentials.env, NO_COLOR: '1' };
    const { status, stdout } = await onTerminal(words(), { env });
    expect(status).toBe(0);
    expect(stdout).toContain('200 OK');
    // eslint-disable-next-line no-control-regex -- they must not be there
    expect(stdout).not.toMatch(/\u001b\[\d+m/);
  });
});

describe('the password', () => {
  const words = () => ['register', url, '--aor', aor];

  test.each(['password', 'ha1', 'token'])('is not taken from --%s', async (name) => {
    const result = await sipreg([...words(), `--${name}`, password]);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toContain(`--${name} would show in the process list; use --${name}-file`);
    expect(all(result)).not.toContain(password);
    expect(registrar.requests).toEqual([]);
  });

  test('from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sipreg-cli-'));
    const file = join(folder, 'password');
    writeFileSync(file, `${password}\n# note\n`);
    expect(await sipreg([...words(), '--password-file', file])).toMatchObject({ status: 0 });
    rmSync(folder, { recursive: true });
    const gone = await sipreg([...words(), '--password-file', file]);
    expect(gone.status).toBe(2);
    expect(gone.stderr).toMatch(/--password-file: the file cannot be read \(ENOENT\)/);
  });

  test('or a bearer token, over loopback', async () => {
    await listenAgain({ users: undefined, tokens: { alice: 'token-marker' } });
    const result = await sipreg(words(), { env: { SIPREG_TOKEN: 'token-marker' } });
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(/authentication +Bearer/);
    expect(all(result)).not.toContain('token-marker');
    const wrong = await sipreg([...words(), '--token-stdin'], { input: 'other\n' });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('auth-failed');
  });

  test('from a variable of any name', async () => {
    const env = { MY_SECRET: password, SIPREG_PASSWORD: 'another' };
    const result = await sipreg([...words(), '--password-env', 'MY_SECRET'], { env });
    expect(result.status).toBe(0);
    expect(result.stderr).not.toContain('Note');
  });

  test.each([
    ['with a line break', `${password}\n`],
    ['with a Windows line break and more', `${password}\r\nmore\n`],
    ['without a line break', password],
  ])('from stdin %s', async (_, input) => {
    expect(await sipreg([...words(), '--password-stdin'], { input })).toMatchObject({ status: 0 });
  });

  test('from a stdin that stays open', async () => {
    const program = start([...words(), '--password-stdin'], { input: null });
    program.child.stdin.write(`${password}\n`);
    expect(await program.end()).toMatchObject({ status: 0 });
  });

  test('is not in the process list when it comes from the environment', async () => {
    const program = watch();
    await program.until(/^Registered/);
    const line = readFileSync(`/proc/${program.child.pid}/cmdline`, 'utf8');
    expect(line).toContain('--watch');
    expect(line).not.toContain(password);
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
  });

  test.each([
    [
      ['--password-env', 'NOT_THERE'],
      /--password-env: the environment variable NOT_THERE is not set/,
    ],
    [['--password-stdin'], /--password-stdin: stdin has nothing on its first line/],
    [
      ['--password-env', 'A', '--token-stdin'],
      /--password-env and --token-stdin exclude each other/,
    ],
    [['--ha1-env', 'PATH'], /--realm is missing: the HA1 was made for one/],
    [['--ha1-env', 'PATH', '--realm', 'r'], /the HA1: /],
    [['--username', 'bob'], /--username needs a password/],
  ])('%p is a usage error', async (more, message) => {
    const result = await sipreg([...words(), ...more]);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(registrar.requests).toEqual([]);
  });

  test('that is wrong gives auth-failed and exit status 1', async () => {
    const env = { SIPREG_PASSWORD: 'wrong-marker' };
    const result = await sipreg([...words(), '--json'], { env });
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^sipreg register: failed \(auth-failed\): .*401/);
    expect(jsonLines(result.stdout)).toEqual([
      { error: expect.objectContaining({ code: 'auth-failed', status: 401, retryable: false }) },
    ]);
    expect(all(result)).not.toContain('wrong-marker');
    expect(registrar.bindings(aor)).toEqual([]);
  });
});

describe('a wrong command line ends with 2, one line that names the option, and nothing sent', () => {
  const base = () => [url, '--aor', aor];

  test.each([
    ['register', () => [], /--aor is missing/],
    ['register', () => ['--aor', aor], /<ws-url> is missing/],
    ['register', () => [...base(), 'Mary'], /more than one <ws-url>/],
    ['register', () => [...base(), '--flows', '2'], /--flows: /],
    ['register', () => [...base(), '--keep-alive', 'often'], /--keep-alive must be a whole number/],
    ['register', () => [...base(), '--keep-alive', '0'], /--keep-alive: /],
    ['register', () => [...base(), '--exipres', '60'], /unknown option --exipres/],
    ['register', () => [...base(), '-x'], /unknown option -x/],
    ['register', () => [url, '--aor'], /--aor needs a value/],
    ['register', () => [url, '--aor', '--json'], /--aor needs a value/],
    ['register', () => [...base(), '--aor', aor], /--aor is given twice/],
    ['register', () => [...base(), '--json=yes'], /--json takes no value/],
    ['register', () => [...base(), '--expires', 'soon'], /--expires must be a whole number/],
    ['register', () => [...base(), '--expires', '0'], /--expires: /],
    ['register', () => [...base(), '--expires', '4294967296'], /--expires: /],
    ['register', () => [...base(), '--timeout', '0'], /--timeout must be from 1/],
    ['register', () => [...base(), '--header', 'no-colon'], /--header must be 'Name: value'/],
    ['register', () => [...base(), '--header', 'Via: x'], /--header: /],
    ['register', () => [...base(), '--header', 'X-A: b\r\nX-Evil: 1'], /--header: .*line/],
    ['register', () => [...base(), '--header', 'X-A\r\nX-Evil: 1'], /--header: /],
    ['register', () => [...base(), '--contact-param', '=x'], /--contact-param must be name=value/],
    ['register', () => [...base(), '--contact-param', 'a=b\r\nX-Evil: 1'], /--contact-param: /],
    ['register', () => [...base(), '--contact-uri-param', 'a=b\r\nX: 1'], /--contact-uri-param: /],
    ['register', () => [...base(), '--contact-user', 'a\nb'], /--contact-user: /],
    ['register', () => [...base(), '--display-name', 'a\r\nX: 1'], /--display-name: /],
    ['register', () => [...base(), '--supported', 'a\r\nX: 1'], /--supported: /],
    ['register', () => [...base(), '--username', 'a\r\nX: 1'], /--username: /],
    ['register', () => [...base(), '--instance-id', 'me'], /--instance-id: /],
    ['register', () => [...base(), '--registrar', 'sip:a b'], /--registrar: /],
    ['register', () => [url, '--aor', 'alice'], /--aor: /],
    ['register', () => [url, '--aor', 'sip:a@b>\r\nX: 1'], /--aor: /],
    ['register', () => ['http://127.0.0.1', '--aor', aor], /<ws-url>: .*ws/],
    ['register', () => ['nonsense', '--aor', aor], /<ws-url>: /],
    ['register', () => ['ws://sip.example.com', '--aor', aor], /<ws-url>: .*--insecure/],
    ['unregister', () => base(), /--all, --contact <uri>, --instance-id <urn>/],
    ['unregister', () => [...base(), '--all', '--contact', 'sip:a@b'], /one of --all, --contact/],
    ['unregister', () => [...base(), '--all', '--contact-user', 'a'], /--contact-user goes with/],
    ['query', () => [...base(), '--expires', '60'], /unknown option --expires/],
    ['watch', () => [...base(), '--for', '0'], /--for must be from 1 to/],
    ['registrar', () => ['--port', '65536'], /--port must be an integer/],
    ['registrar', () => ['--user', 'alice'], /--user must be name:password/],
    ['registrar', () => ['--algorithm', 'ROT13'], /--algorithm must be a list of MD5/],
    [
      'registrar',
      () => ['--min-expires', '9', '--max-expires', '8'],
      /--min-expires .*--max-expires/,
    ],
    ['registrar', () => ['8080'], /takes options only/],
    ['registrar', () => ['--answer', '200'], /--answer must be an integer from 300 to 699/],
    ['registrar', () => ['--lose', 'all'], /--lose must be 'request' or 'answer'/],
    ['registrar', () => ['--drop', '5'], /--drop must be 1000 to 1014/],
    ['registrar', () => ['--retry-after', '5'], /--retry-after goes with --answer/],
    ['registrar', () => ['--every', '2'], /--every goes with a fault/],
    ['registrar', () => ['--stale', '--first', '0'], /--first must be 1 or more/],
    ['registrar', () => ['--token', 'alice'], /--token must be name:token/],
    ['registrar', () => ['--flow-timer', '0'], /--flow-timer must be an integer from 1/],
  ])('%s #%#', async (command, words, message) => {
    const result = await sipreg([command, ...words()], credentials);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(
      new RegExp(`^sipreg ${command}: .* See "sipreg ${command} --help"\\.\n$`),
    );
    expect(registrar.requests).toEqual([]);
  });

  test('a secret in the wrong place is not repeated', async () => {
    for (const words of [
      [password],
      ['--nope', password],
      ['--header', password],
      [`--nope=${password}`],
    ]) {
      const result = await register(...words);
      expect(result.status).toBe(2);
      expect(all(result)).not.toContain(password);
    }
  });
});

describe('help', () => {
  test('of all and of every command is on stdout, and ends with 0', async () => {
    const overview = await sipreg(['--help']);
    expect(overview).toMatchObject({ status: 0, stderr: '' });
    for (const command of ['register', 'watch', 'query', 'unregister', 'registrar']) {
      expect(overview.stdout).toContain(`  ${command} `);
      const help = await sipreg([command, '--nonsense', '--help']);
      expect(help).toMatchObject({ status: 0, stderr: '' });
      expect(help.stdout).toMatch(new RegExp(`^Usage: sipreg ${command} `));
      expect(help.stdout).toContain('Exit status: ');
    }
  });

  test('--version is that of the package', async () => {
    expect(await sipreg(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  test('no command, or one that does not exist, ends with 2', async () => {
    const none = await sipreg([]);
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toMatch(/^Usage: sipreg /);
    for (const word of ['toString', 'regsiter', '--aor']) {
      const wrong = await sipreg([word]);
      expect(wrong).toMatchObject({ status: 2, stdout: '' });
      expect(wrong.stderr).toMatch(/^sipreg: .* See "sipreg --help"\.\n$/);
    }
  });
});

describe('failures end with 1 and say what to do', () => {
  /** A port that takes connections and says nothing, or nothing that is a handshake. */
  async function listenRaw(answer) {
    const raw = createServer((socket) => {
      socket.on('error', () => undefined);
      if (answer !== undefined) socket.end(answer);
    });
    await new Promise((resolve) => {
      raw.listen(0, '127.0.0.1', resolve);
    });
    return { raw, address: `ws://127.0.0.1:${raw.address().port}` };
  }

  test('a refused port', async () => {
    const { raw, address } = await listenRaw();
    await new Promise((resolve) => {
      raw.close(resolve);
    });
    const result = await sipreg(['register', address, '--aor', aor], credentials);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^sipreg register: failed \(transport\): .*ECONNREFUSED.*Check the URL/,
    );
  });

  test('a server that is no WebSocket server', async () => {
    const { raw, address } = await listenRaw('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const result = await sipreg(['query', `${address}/?token=${password}`, '--aor', aor, '--json']);
    raw.close();
    expect(result.status).toBe(1);
    expect(jsonLines(result.stdout)[0].error).toMatchObject({ code: 'transport' });
    expect(result.stderr).toContain('404');
    expect(all(result)).not.toContain(password);
  });

  test('a server that never answers the handshake, with --timeout', async () => {
    const { raw, address } = await listenRaw();
    const result = await sipreg(['register', address, '--aor', aor, '--timeout', '1'], credentials);
    raw.close();
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/gave up after 1\.00 s, as --timeout says/);
  });

  test('a registrar that never answers, with --timeout', async () => {
    await listenAgain({ respond: () => '' });
    const result = await register('--timeout', '1');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('--timeout');
  });

  test('a registrar that refuses, in words that would steer a terminal', async () => {
    await listenAgain({
      respond: (request) => reply(request, 403, '\u001b[2J\u001b]0;x\u0007No \u202e'),
    });
    const result = await register('--trace');
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^sipreg register: failed \(rejected\): .*403/);
    // eslint-disable-next-line no-control-regex -- it must not be there
    expect(all(result)).not.toMatch(/[\u001b\u0007\u202e]/);
    expect(registrar.requests).toHaveLength(1);
  });

  test('one attempt is all: nothing is retried', async () => {
    await listenAgain({
      respond: (request) => reply(request, 503, 'Busy', { 'Retry-After': '1' }),
    });
    expect(await register()).toMatchObject({ status: 1 });
    expect(registrar.requests).toHaveLength(1);
  });

  test('Ctrl-C while it waits ends it', async () => {
    await listenAgain({ respond: () => '' });
    const program = start(['register', url, '--aor', aor, '--trace'], credentials);
    await program.until(/▶│/);
    program.child.kill('SIGINT');
    const result = await program.end();
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.stderr).toContain('interrupted (SIGINT)');
  });
});

describe('query', () => {
  test('lists what there is, and says so when there is nothing', async () => {
    expect(await query()).toMatchObject({ status: 0, stdout: `${aor} has no binding.\n` });
    await register('--contact-user', 'desk', '--instance-id', instanceId);
    const { status, stdout } = await query();
    expect(status).toBe(0);
    const [title, heads, row, ...more] = stdout.trimEnd().split('\n');
    expect(title).toBe(`${aor} has 1 binding:`);
    expect(more).toEqual([]);
    expect(row).toMatch(/^ {2}sip:desk@\S+ +\d+ s +- +1 +urn:uuid:/);
    for (const [head, value] of [
      ['contact', 'sip:desk@'],
      ['instance', instanceId],
    ]) {
      expect(heads.indexOf(head)).toBe(row.indexOf(value));
    }
    expect(registrar.bindings(aor)).toHaveLength(1);
  });

  test('--json has the same as records', async () => {
    await register('--instance-id', instanceId);
    const [record] = jsonLines((await query('--json')).stdout);
    expect(record).toMatchObject({ aor, bindings: [{ instanceId, regId: 1, own: false }] });
  });
});

describe('unregister', () => {
  test('--all removes every binding', async () => {
    await register();
    await register();
    expect(registrar.bindings(aor)).toHaveLength(2);
    const result = await unregister('--all');
    expect(result).toMatchObject({ status: 0, stdout: `Removed every binding of ${aor}.\n` });
    expect(registrar.bindings(aor)).toEqual([]);
    expect(header(registrar.requests.at(-1), 'Contact')).toBe('*');
  });

  test('--contact removes that binding and lists the rest', async () => {
    await register('--contact-user', 'one');
    await register('--contact-user', 'two');
    const [{ uri }, rest] = registrar.bindings(aor);
    const { status, stdout } = await unregister('--contact', uri);
    expect(status).toBe(0);
    expect(stdout).toContain(`Removed ${uri}.\n${aor} has 1 binding:`);
    expect(registrar.bindings(aor).map((binding) => binding.uri)).toEqual([rest.uri]);
  });

  test('--instance-id removes the binding of that device only', async () => {
    await register('--instance-id', instanceId, '--contact-user', 'desk');
    await register();
    const result = await unregister(
      '--instance-id',
      instanceId,
      '--contact-user',
      'desk',
      '--json',
    );
    expect(result.status).toBe(0);
    expect(jsonLines(result.stdout)).toEqual([{ aor, removed: instanceId, confirmed: true }]);
    expect(registrar.bindings(aor)).toHaveLength(1);
    expect(registrar.bindings(aor)[0].instanceId).not.toBe(instanceId);
  });

  test('a refusal ends with 1', async () => {
    await listenAgain({ respond: (request) => reply(request, 403, 'Forbidden') });
    const result = await unregister('--all');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('403');
  });
});

describe('register --watch', () => {
  test.each(['SIGINT', 'SIGTERM'])('%s unregisters and ends with 0', async (signal) => {
    const program = watch();
    await program.until(/^Registered/);
    await program.until(/Ctrl-C unregisters/, 'stderr');
    expect(registrar.bindings(aor)).toHaveLength(1);
    program.child.kill(signal);
    const result = await program.end();
    expect(result).toMatchObject({ status: 0, signal: null });
    expect(result.stdout).toMatch(
      /^\d\d:\d\d:\d\d {2}unregistered +user, confirmed by the registrar$/m,
    );
    expect(registrar.bindings(aor)).toEqual([]);
    expect(registrar.connections).toBe(0);
  });

  test('the command "watch" is the same', async () => {
    const program = start(['watch', url, '--aor', aor], credentials);
    await program.until(/Ctrl-C unregisters/, 'stderr');
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('refreshes in time, one line each, and passes warnings on', async () => {
    await listenAgain({ maxExpires: 2 });
    const program = watch();
    await program.until(/^\d\d:\d\d:\d\d {2}refreshed +2 s, until \d\d:\d\d:\d\d$/m);
    expect(registrar.bindings(aor)).toHaveLength(1);
    program.child.kill('SIGINT');
    const { status, stderr } = await program.end();
    expect(status).toBe(0);
    expect(stderr).toMatch(/^Warning \(short-grant\): /m);
  });

  test('a lost connection comes back and the binding with it', async () => {
    const program = watch('--json');
    await program.until(/Ctrl-C unregisters/, 'stderr');
    registrar.disconnect();
    await program.until(/"event":"registered"[^]*"event":"registered"/);
    program.child.kill('SIGINT');
    const { status, stdout } = await program.end();
    expect(status).toBe(0);
    const all = jsonLines(stdout);
    const start = all.findIndex(({ event }) => event === 'registered');
    expect(all[start]).toMatchObject({ aor, expires: 600 });
    const events = all.slice(start + 1);
    expect(all.slice(0, start).map(({ state }) => state)).toEqual(['connecting', 'connected']);
    for (const event of events) expect(event.time).toBeGreaterThan(Date.now() - 60_000);
    const names = events.map(({ event, state }) => state ?? event);
    expect(names).toContain('waiting');
    expect(names.indexOf('waiting')).toBeLessThan(names.indexOf('registered'));
    expect(names.at(-1)).toBe('unregistered');
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('a first attempt that fails ends it with 1', async () => {
    const result = await sipreg(['watch', url, '--aor', aor], {
      env: { SIPREG_PASSWORD: 'wrong' },
    });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('auth-failed');
  });

  test('a server that refuses the un-REGISTER leaves the command with 1', async () => {
    let isRefusing = false;
    await listenAgain({
      respond: (request) => (isRefusing ? reply(request, 500, 'Broken') : undefined),
    });
    const program = watch();
    await program.until(/Ctrl-C unregisters/, 'stderr');
    isRefusing = true;
    program.child.kill('SIGINT');
    const result = await program.end();
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.stderr).toContain('500');
  });

  test('a binding that may stay leaves the command with 1', async () => {
    let listed;
    await listenAgain({
      respond: (request) =>
        listed === undefined ? undefined : reply(request, 200, 'OK', { Contact: listed }),
    });
    const program = watch();
    await program.until(/Ctrl-C unregisters/, 'stderr');
    listed = `${header(registrar.requests.at(-1), 'Contact')};expires=600`;
    program.child.kill('SIGINT');
    const result = await program.end();
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.stderr).toMatch(
      /failed: not unregistered, the registrar did not confirm it; the binding stays until \d\d:/,
    );
  });

  test('without a connection at its end the command ends with 1', async () => {
    const program = watch();
    await program.until(/Ctrl-C unregisters/, 'stderr');
    registrar.network = 'down';
    registrar.disconnect();
    await program.until(/connection +waiting/);
    program.child.kill('SIGINT');
    const result = await program.end();
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.stderr).toMatch(/not unregistered, there is no connection; the binding stays/);
  });

  test('a reader that goes away unregisters it', async () => {
    const program = watch('--trace');
    await program.until(/Ctrl-C unregisters/, 'stderr');
    program.child.stdout.destroy();
    registrar.send(optionsRequest);
    const result = await program.end();
    expect(result).toMatchObject({ status: 0, signal: null });
    expect(result.stderr).not.toContain('EPIPE');
    expect(registrar.bindings(aor)).toEqual([]);
  });
});

describe('watch', () => {
  test('waits for a server that is not there yet', async () => {
    registrar.network = 'down';
    const program = start(['watch', url, '--aor', aor], credentials);
    await program.until(/^\d\d:\d\d:\d\d {2}retry +attempt 1 at /);
    registrar.network = 'up';
    await program.until(/^Registered/m);
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
  });

  test('--for ends it by itself, with 0 when nothing was lost', async () => {
    const result = await sipreg(['watch', url, '--aor', aor, '--for', '1', '--json'], credentials);
    expect(result.status).toBe(0);
    const names = jsonLines(result.stdout).map(({ event, state, code }) => code ?? state ?? event);
    const events = ['connecting', 'connected', 'registered', 'weak-digest', 'unregistered'];
    expect(names).toEqual(events);
  });

  test('--for ends it with 1 when nothing was registered by then', async () => {
    registrar.network = 'down';
    const words = ['watch', url, '--aor', aor, '--for', '1'];
    const result = await sipreg(words, credentials);
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.stdout).toMatch(/^\d\d:\d\d:\d\d {2}retry +attempt 1 at /);
    expect(result.stderr).toBe(
      'sipreg watch: failed: not registered within 1.00 s, as --for says\n',
    );
  });

  test('a failure ends it at once, whatever the time of --for', async () => {
    const env = { SIPREG_PASSWORD: 'wrong' };
    const result = await sipreg(['watch', url, '--aor', aor, '--for', '600'], { env });
    expect(result).toMatchObject({ status: 1, signal: null });
    expect(result.stderr).toContain('auth-failed');
  });

  test('--json ends with an event that says why it failed', async () => {
    const env = { SIPREG_PASSWORD: 'wrong' };
    const result = await sipreg(['watch', url, '--aor', aor, '--json'], { env });
    expect(result.status).toBe(1);
    expect(jsonLines(result.stdout).at(-1)).toEqual({
      time: expect.any(Number),
      event: 'failed',
      error: expect.objectContaining({ code: 'auth-failed' }),
    });
  });

  test('several servers: the next one is taken when the first fails', async () => {
    const other = await listen();
    registrar.network = 'down';
    const words = ['register', url, other.url, '--aor', aor, '--keep-alive', '30'];
    const program = start([...words, '--watch'], credentials);
    await program.until(/^Registered/m);
    expect(other.registrar.bindings(aor)).toHaveLength(1);
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
    await other.close();
  });

  test('--flows holds one binding at each server', async () => {
    const other = await listen();
    const words = ['watch', url, other.url, '--aor', aor, '--flows', '2', '--json'];
    const program = start(words, credentials);
    await program.until(/"event":"registered"/);
    await program.until(/Ctrl-C unregisters/, 'stderr');
    const held = () => registrar.bindings(aor).length + other.registrar.bindings(aor).length;
    while (held() < 2) await new Promise((resolve) => setImmediate(resolve));
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
    expect(held()).toBe(0);
    await other.close();
  });
});

describe('several servers', () => {
  let other;
  /** A server that is not there, and its name. */
  let gone;
  let goneHost;

  beforeEach(async () => {
    other = await listen();
    const closed = await listen();
    gone = `${closed.url}/?token=${password}`;
    goneHost = new URL(gone).host;
    await closed.close();
  });

  afterEach(async () => {
    await other.close();
  });

  const hostOf = (address) => new URL(address).host;
  const run = (command, urls, ...words) =>
    sipreg([command, ...urls, '--aor', aor, ...words], credentials);
  const bindings = () => [...registrar.bindings(aor), ...other.registrar.bindings(aor)];

  test('the error names every one that could not be reached', async () => {
    const second = await listen();
    await second.close();
    const result = await run('register', [gone, second.url]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(`connection to ${goneHost}: connect ECONNREFUSED`);
    expect(result.stderr).toContain(`connection to ${hostOf(second.url)}: connect ECONNREFUSED`);
    expect(result.stderr).not.toContain(password);
  });

  test('the error names the one that was lost', async () => {
    other.registrar.next({ lose: 'answer', disconnect: 1006 });
    const result = await run('register', [gone, other.url]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(other.url);
    expect(result.stderr).not.toContain(goneHost);
    expect(bindings()).toEqual([]);
  });

  test('--trace has the one that answers over its ladder', async () => {
    const result = await run('register', [gone, other.url], '--trace');
    expect(result.status).toBe(0);
    expect(result.stdout).toContain(`  ${hostOf(other.url)}\n`);
    expect(result.stdout).not.toContain(goneHost);
  });

  test('--flows 2 --trace has a head for each of them', async () => {
    const result = await run('register', [url, other.url], '--flows', '2', '--trace');
    expect(result.status).toBe(0);
    for (const each of [url, other.url]) expect(result.stdout).toContain(`  ${hostOf(each)}\n`);
    expect(bindings()).toHaveLength(2);
  });

  test.each([
    ['register', [], 1],
    ['register', ['--check'], 2],
  ])('%s %j --flows 2 fails when one is not there', async (command, words, status) => {
    const result = await run(command, [url, gone], '--flows', '2', ...words);
    expect(result.status).toBe(status);
    expect(all(result)).toContain(
      `no binding over ${goneHost}: connection to ${goneHost}: connect ECONNREFUSED`,
    );
    expect(all(result)).not.toMatch(/Registered|SIPREG OK/);
    expect(all(result)).not.toContain(password);
    expect(bindings()).toEqual([]);
  });

  test('register --flows 2 tells two servers on one host apart', async () => {
    const { port } = new URL(url);
    const edge = createServer((client) => {
      client.once('data', (start) => {
        if (start.toString().startsWith('GET /two ')) {
          client.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
          return;
        }
        const onward = connect(Number(port), '127.0.0.1');
        onward.write(start);
        onward.on('error', () => client.destroy()).pipe(client);
        client.on('error', () => onward.destroy()).pipe(onward);
      });
    });
    await new Promise((resolve) => edge.listen(0, '127.0.0.1', resolve));
    const host = `ws://127.0.0.1:${edge.address().port}`;
    const result = await run('register', [`${host}/one`, `${host}/two`], '--flows', '2');
    edge.close();
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toMatch(/no binding over .*: .*404/);
  });

  test('register --flows 2 waits for both until --timeout', async () => {
    other.registrar.next({ status: 403 });
    const result = await run('register', [url, other.url], '--flows', '2', '--timeout', '1');
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(`no binding over ${hostOf(other.url)}; gave up after 1.00 s`);
    expect(bindings()).toEqual([]);
  });

  test('register --flows 2 says so when both are held', async () => {
    other.registrar.next({ delayMs: 300 });
    const result = await run('register', [url, other.url], '--flows', '2', '--json');
    expect(result.status).toBe(0);
    expect(bindings()).toHaveLength(2);
  });

  test('watch --flows 2 waits for the one that is not there yet', async () => {
    other.registrar.network = 'down';
    const words = ['watch', url, other.url, '--aor', aor, '--flows', '2'];
    const program = start(words, credentials);
    await program.until(/^Registered/);
    other.registrar.network = 'up';
    await program.until(/Ctrl-C unregisters/, 'stderr');
    expect(bindings()).toHaveLength(2);
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
    expect(bindings()).toEqual([]);
  });

  test('watch --flows 2 --for fails when one never came', async () => {
    const result = await run('watch', [url, gone], '--flows', '2', '--for', '1');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`no binding over ${goneHost}: `);
    expect(result.stderr).toContain('--for says');
    expect(bindings()).toEqual([]);
  });
});

describe('--check', () => {
  test('register: OK with 0, one line, and nothing stays behind', async () => {
    const result = await register('--check');
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(
      /^SIPREG OK - sip:alice@example\.com registers in \d+ ms for 600 s \| time=\d+ms;;;0 expires=600s\n$/,
    );
    expect(registrar.bindings(aor)).toEqual([]);
  });

  test('register: WARNING with 1 when it is slow', async () => {
    registrar.next({ delayMs: 60 });
    const result = await register('--check', '--warn-after', '50');
    expect(result.status).toBe(1);
    expect(result.stdout).toMatch(/^SIPREG WARNING - .* \| time=\d+ms;50;;0 /);
  });

  test('register: WARNING with 1 when the registrar does not confirm the removal', async () => {
    await listenAgain({
      users: undefined,
      respond: (request) =>
        reply(request, 200, 'OK', {
          Contact: header(request, 'Contact').replace(/;expires=\d+|$/, ';expires=600'),
        }),
    });
    const result = await register('--check');
    expect(result.status).toBe(1);
    expect(result.stdout).toMatch(
      /^SIPREG WARNING - .* for 600 s, but the registrar did not confirm the removal \| time=/,
    );
  });

  test('register: CRITICAL with 2 when it fails, on one line', async () => {
    registrar.next({ status: 503, reason: 'a|b' });
    const result = await register('--check');
    expect(result).toMatchObject({ status: 2, stderr: '' });
    expect(result.stdout).toMatch(/^SIPREG CRITICAL - [^|\n]*503[^|\n]*\n$/);
  });

  test('UNKNOWN with 3 when the command line is wrong', async () => {
    for (const words of [['--expires', 'x'], ['--nope'], ['--json']]) {
      const result = await register('--check', ...words);
      expect(result.status).toBe(3);
      expect(result.stdout).toMatch(/^SIPREG UNKNOWN - .*--/);
      expect(registrar.requests).toEqual([]);
    }
  });

  test('query: OK when somebody is registered, else CRITICAL', async () => {
    const nobody = await query('--check');
    expect([nobody.status, nobody.stdout]).toEqual([
      2,
      `SIPREG CRITICAL - ${aor} has no binding\n`,
    ]);
    await register();
    const somebody = await query('--check');
    expect(somebody.status).toBe(0);
    expect(somebody.stdout).toMatch(
      /^SIPREG OK - .* has 1 binding \| time=\d+ms;;;0 bindings=1\n$/,
    );
  });
});

describe('registrar', () => {
  test('prints its URL first, serves, shows requests and ends with 0 at Ctrl-C', async () => {
    const program = start([
      'registrar',
      '--user',
      `alice:${password}`,
      '--algorithm',
      'SHA-256',
      '--trace',
    ]);
    const [, address] = await program.until(/^(ws:\/\/127\.0\.0\.1:\d+)\n/);
    const result = await sipreg(['register', address, '--aor', aor], credentials);
    expect(all(result)).toContain('Digest SHA-256');
    await program.until(/REGISTER sip:example\.com +CSeq 2/);
    program.child.kill('SIGINT');
    const end = await program.end();
    expect(end).toMatchObject({ status: 0, signal: null });
    expect(end.stderr).toContain('Users: alice.');
    expect(all(end)).not.toContain(password);
  });

  test('its limits and its realm are those of the options', async () => {
    const limits = ['--min-expires', '300', '--max-expires', '900'];
    const program = start([
      'registrar',
      ...limits,
      '--realm',
      'here',
      '--user',
      `alice:${password}`,
    ]);
    const [, address] = await program.until(/^(ws:\/\/\S+)\n/);
    const lifetime = async (seconds) => {
      const words = ['register', address, '--aor', aor, '--expires', seconds, '--json'];
      return jsonLines((await sipreg(words, credentials)).stdout)[0];
    };
    expect(await lifetime('60')).toMatchObject({ expires: 300, auth: { realm: 'here' } });
    expect(await lifetime('3600')).toMatchObject({ expires: 900 });
    program.child.kill('SIGTERM');
    expect(await program.end()).toMatchObject({ status: 0 });
  });

  test('without users it lets everybody in', async () => {
    const program = start(['registrar']);
    const [, address] = await program.until(/^(ws:\/\/\S+)\n/);
    expect(await sipreg(['register', address, '--aor', aor])).toMatchObject({ status: 0 });
    program.child.kill('SIGINT');
    expect((await program.end()).stderr).toContain('Everybody may register.');
  });

  test('a port in use ends with 1', async () => {
    const { port } = new URL(url);
    const result = await sipreg(['registrar', '--port', port]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(`port ${port} is in use`);
  });

  test('faults befall the REGISTERs that are chosen', async () => {
    const program = start(['registrar', '--answer', '503', '--retry-after', '7', '--first', '1']);
    const [, address] = await program.until(/^(ws:\/\/\S+)\n/);
    const words = ['register', address, '--aor', aor, '--json'];
    const [{ error }] = jsonLines((await sipreg(words)).stdout);
    expect(error).toMatchObject({ status: 503, retryAfter: 7 });
    expect(await sipreg(words)).toMatchObject({ status: 0 });
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
  });

  test('users come from a file, tokens by option', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sipreg-cli-'));
    const file = join(folder, 'users');
    writeFileSync(file, `alice:${password}\nbob:b:c\n`);
    const program = start(['registrar', '--users-file', file, '--token', 'carol:carols-token']);
    const [, address] = await program.until(/^(ws:\/\/\S+)\n/);
    rmSync(folder, { recursive: true });
    const as = (name, env) =>
      sipreg(['register', address, '--aor', `sip:${name}@example.com`], { env });
    expect(await as('bob', { SIPREG_PASSWORD: 'b:c' })).toMatchObject({ status: 0 });
    expect(await as('carol', { SIPREG_TOKEN: 'carols-token' })).toMatchObject({ status: 0 });
    expect(await as('mallory', { SIPREG_PASSWORD: 'x' })).toMatchObject({ status: 1 });
    program.child.kill('SIGINT');
    expect(await program.end()).toMatchObject({ status: 0 });
  });
});
