import { createClient } from '../../../dist/index.js';
import { MemoryWebSocket } from '../memory_socket.mjs';

/** One client holds all accounts: this is all that happens before the first. */
export async function open() {
  const client = await createClient({
    server: 'wss://edge.example.com',
    storage: null,
    webSocket: (url) => new MemoryWebSocket(url),
  });
  return client;
}

/** All that precedes an account's REGISTER. */
export async function build(client, number) {
  return client.createRegistration(options(number));
}

export async function register(registration) {
  await registration.register();
}

export async function refresh(registration) {
  await registration.refresh();
}

export async function drop(registration) {
  registration.remove();
}

export async function close(client) {
  await client.close();
}

function options(number) {
  return { aor: `sip:user${number}@example.com`, credentials: { password: 'wonderland' } };
}
