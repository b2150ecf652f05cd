import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const configuration = fileURLToPath(new URL('kamailio.cfg', import.meta.url));
const startDeadlineMs = 15_000;
const stopDeadlineMs = 5_000;

/** The users that kamailio.cfg knows. */
export const users = { alice: 'wonderland', bob: 'builder' };

/**
 * Starts Kamailio on a free loopback port; resolves when it answers.
 * Definitions become `-A` arguments: { ALGORITHM: '"MD5"' }.
 */
export async function startKamailio(definitions = {}) {
  // Another process may take the port between our look and Kamailio's bind.
  for (let attempt = 1; ; attempt++) {
    const kamailio = await Kamailio.start(await freePort(), definitions);
    if (kamailio.running) return kamailio;
    await kamailio.stop();
    if (attempt === 3 || !/bind|address already in use/i.test(kamailio.log)) {
      throw new Error(`Kamailio did not start:\n${kamailio.log}`);
    }
  }
}

class Kamailio {
  #process;
  #directory;
  log = '';
  running = false;

  constructor(port, directory, child) {
    this.port = port;
    this.url = `ws://127.0.0.1:${port}/`;
    this.#directory = directory;
    this.#process = child;
  }

  static async start(port, definitions) {
    const directory = await mkdtemp(join(tmpdir(), 'sipreg-kamailio-'));
    const defined = Object.entries({
      ...{ ALGORITHM: '"MD5"', FLOW_TIMER: 25 },
      ...definitions,
      PORT: port,
    });
    const child = spawn(
      // setpriv: Kamailio ends with this process, even if that is killed.
      'setpriv',
      [
        ...['--pdeathsig', 'TERM', 'kamailio', '-f', configuration, '-DD', '-E', '-m', '64'],
        ...['-M', '8', '-Y', directory, '-P', join(directory, 'pid')],
        ...defined.flatMap(([name, value]) => ['-A', value === true ? name : `${name}=${value}`]),
      ],
      // A process group of its own, so that stop() can end the children too.
      { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const kamailio = new Kamailio(port, directory, child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (kamailio.log += text));
    }
    child.on('error', (error) => (kamailio.log += `${error.message}\n`));
    await kamailio.#untilReady();
    return kamailio;
  }

  async #untilReady() {
    const deadline = Date.now() + startDeadlineMs;
    while (!this.#ended && Date.now() < deadline) {
      try {
        await this.rpc('core.version');
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

  /** The Contact URIs that usrloc holds for a user; none: an empty array. */
  async contacts(user) {
    try {
      const { Contacts } = await this.rpc('ul.lookup', 'location', `${user}@example.com`);
      return Contacts.map(({ Contact }) => Contact.Address);
    } catch (error) {
      if (error.message.includes('not found')) return [];
      throw error;
    }
  }

  /** Forgets every binding. */
  async clear() {
    for (const user of Object.keys(users)) {
      const { length } = await this.contacts(user);
      if (length > 0) await this.rpc('ul.rm', 'location', `${user}@example.com`);
    }
  }

  /** Closes every WebSocket from the server's side. */
  async closeSockets() {
    const { connections } = await this.rpc('ws.dump');
    for (const connection of connections) await this.rpc('ws.close', Number.parseInt(connection));
    return connections.length;
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
