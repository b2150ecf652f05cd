// Runs a JavaScript block: node example-world.mjs <file> <url> [names]. Every WebSocket to example.com leads to the
// registrar at that URL; `names` are the variables that the block expects to have (its tag `given`).
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { createClient } from '../../dist/index.js';
import { createTestRegistrar } from '../../dist/testing.js';
import { users } from './accounts.mjs';

const [file, url, names = ''] = process.argv.slice(2);
const wanted = new Set(names.split(' '));
let server = url;
if (wanted.has('registrar')) {
  const registrar = createTestRegistrar({ users });
  server = (await registrar.listen()).url;
  Object.assign(globalThis, { registrar });
}

globalThis.WebSocket = class extends WebSocket {
  constructor(address, protocols) {
    const { hostname, pathname, search } = new URL(address);
    const isExample = hostname.endsWith('example.com');
    super(isExample ? new URL(pathname + search, server).href : address, protocols);
  }
};

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
