import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const startDeadlineMs = 15_000;
const stopDeadlineMs = 5_000;

/** The users that kamailio.cfg knows. */
export const users = { alice: 'wonderland', bob: 'builder' };

/** The account that most tests register. */
export const alice = { aor: 'sip:alice@example.com', credentials: { password: users.alice } };

/** As many more accounts as wanted, up to 200. */
export function lines(count) {
  return Array.from({ length: count }, (_, number) => ({
    aor: `sip:line${number}@example.com`,
    credentials: { password: 'lines' },
  }));
}

/**
 * Starts Kamailio on a free loopback port; resolves when it answers.
 * Definitions become `-A` arguments: { ALGORITHM: '"MD5"', ONE_TIME_NONCE: true }.
 * `certificate` ({ certificate, key }: paths) makes it listen for wss: as well. `cfg` is a path, from this folder.
 */
export async function startKamailio(definitions = {}, { cfg = 'kamailio.cfg', certificate } = {}) {
  // Another process may take the port between our look and Kamailio's bind.
  for (let attempt = 1; ; attempt++) {
    const ports = { PORT: await freePort() };
    if (certificate) ports.TLS_PORT = await freePort();
    const kamailio = new Kamailio(cfg, ports, {
      ...definitions,
      ...(certificate && {
        CERTIFICATE: `"${certificate.certificate}"`,
        PRIVATE_KEY: `"${certificate.key}"`,
      }),
    });
    await kamailio.start();
    if (kamailio.running) return kamailio;
    await kamailio.stop();
    if (attempt === 3 || !/bind|address already in use/i.test(kamailio.log)) {
      throw new Error(`Kamailio did not start:\n${kamailio.log}`);
    }
  }
}

/** An edge proxy in front of a registrar that runs already, see edge.cfg. */
export function startEdge(registrar, definitions = {}) {
  return startKamailio({ REGISTRAR: registrar.port, ...definitions }, { cfg: 'edge.cfg' });
}

class Kamailio {
  #process;
  #directory;
  #cfg;
  #definitions;
  log = '';
  running = false;

  constructor(cfg, ports, definitions) {
    this.#cfg = fileURLToPath(new URL(cfg, import.meta.url));
    this.#definitions = { ...definitions, ...ports };
    this.port = ports.PORT;
    this.url = `ws://127.0.0.1:${ports.PORT}/`;
    if (ports.TLS_PORT) this.secureUrl = `wss://127.0.0.1:${ports.TLS_PORT}/`;
  }

  /** Also after kill(): on the same ports, with an empty table. */
  async start() {
    this.#directory = await mkdtemp(join(tmpdir(), 'sipreg-kamailio-'));
    const child = spawn(
      // setpriv: Kamailio ends with this process, even if that is killed.
      'setpriv',
      [
        ...['--pdeathsig', 'TERM', 'kamailio', '-f', this.#cfg, '-DD', '-E', '-m', '64'],
        ...['-M', '8', '-Y', this.#directory, '-P', join(this.#directory, 'pid')],
        ...Object.entries(this.#definitions).flatMap(([name, value]) => [
          '-A',
          value === true ? name : `${name}=${value}`,
        ]),
      ],
      // A process group of its own, so that its end is the children's too.
      { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    }
    child.on('error', (error) => (this.log += `${error.message}\n`));
    await this.#untilReady();
  }

  async #untilReady() {
    const deadline = Date.now() + startDeadlineMs;
    while (!this.#ended && Date.now() < deadline) {
      try {
        await fetch(`http://127.0.0.1:${this.port}/`, { headers: { connection: 'close' } });
        this.running = true;
        return;
      } catch {
        await delay(20);
      }
    }
  }

  get #ended() {
    const { pid, exitCode, signalCode } = this.#process;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** One of Kamailio's own management commands. */
  async rpc(method, ...params) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/rpc`, {
      method: 'POST',
      headers: { connection: 'close' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(5_000),
    });
    const { result, error } = await answer.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** What usrloc holds for a user: { Address, Expires, Instance, 'Reg-Id', Path, ... } each. */
  async bindings(user) {
    try {
      const { Contacts } = await this.rpc('ul.lookup', 'location', `${user}@example.com`);
      return Contacts.map(({ Contact }) => Contact);
    } catch (error) {
      if (/not found|no contacts/.test(error.message)) return [];
      throw error;
    }
  }

  /** The Contact URIs of these. */
  async contacts(user) {
    return (await this.bindings(user)).map(({ Address }) => Address);
  }

  /** All of usrloc: the bindings of each user. */
  async table() {
    const { Domains } = await this.rpc('ul.dump');
    const [{ Domain }] = Domains;
    return new Map(
      Domain.AoRs.map(({ Info }) => [Info.AoR, Info.Contacts.map(({ Contact }) => Contact)]),
    );
  }

  /** Forgets every binding. */
  async clear() {
    for (const user of (await this.table()).keys()) {
      await this.rpc('ul.rm', 'location', `${user}@example.com`);
    }
  }

  /** Changes a registrar setting while it runs: min_expires, max_expires, max_contacts, ... */
  async set(name, value) {
    await this.rpc('cfg.seti', 'registrar', name, value);
  }

  /** A counter, such as 'core:rcv_replies_2xx'. */
  async counter(name) {
    const [line] = await this.rpc('stats.get_statistics', name);
    return Number(line.split(' = ')[1]);
  }

  /** Closes every WebSocket from the server's side. */
  async closeSockets() {
    const { connections } = await this.rpc('ws.dump');
    for (const connection of connections) await this.rpc('ws.close', Number.parseInt(connection));
    return connections.length;
  }

  /** The power fails: all its processes end at once, and its table is gone. */
  async kill() {
    this.running = false;
    const exit = once(this.#process, 'exit');
    process.kill(-this.#process.pid, 'SIGKILL');
    await exit;
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** All its processes stand still; connections stay, and the kernel still accepts new ones. */
  freeze() {
    process.kill(-this.#process.pid, 'SIGSTOP');
  }

  thaw() {
    process.kill(-this.#process.pid, 'SIGCONT');
  }

  async stop() {
    this.running = false;
    const { pid } = this.#process;
    if (!this.#ended) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await Promise.race([exit, delay(stopDeadlineMs, undefined, { ref: false })]);
    }
    if (pid !== undefined) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') throw error;
      }
    }
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
