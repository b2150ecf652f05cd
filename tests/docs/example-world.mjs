// Runs a JavaScript block: node example-world.mjs <file> [names]. Every WebSocket to example.com leads to an embedded
// registrar; `names` are the variables that the block expects to have (its tag `given`).
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { createClient } from '../../dist/index.js';
import { createTestRegistrar } from '../../dist/testing.js';
import { users } from './accounts.mjs';

const [file, names = ''] = process.argv.slice(2);
const registrar = createTestRegistrar({ users });

const listener = await registrar.listen();

globalThis.WebSocket = class extends WebSocket {
  constructor(url, protocols) {
    const { hostname, pathname, search } = new URL(url);
    const isExample = hostname.endsWith('example.com');
    super(isExample ? new URL(pathname + search, listener.url).href : url, protocols);
  }
};

const wanted = new Set(names.split(' '));
if (wanted.has('registrar')) Object.assign(globalThis, { registrar });
if (wanted.has('client') || wanted.has('registration')) {
  const client = await createClient({ server: 'wss://sip.example.com/ws', storage: null });
  Object.assign(globalThis, { client });
  if (wanted.has('registration')) {
    const account = { aor: 'sip:alice@example.com', credentials: { password: users.alice } };
    Object.assign(globalThis, { registration: await client.register(account) });
  }
}
await import(pathToFileURL(file));
// A promise that nobody handles is told of now.
await new Promise((resolve) => setImmediate(resolve));
// What the block leaves open, such as a client that goes on refreshing, is not waited for.
process.exit();
