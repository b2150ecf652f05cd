// Programs of the consumer. Each prints one line of JSON and must end by itself: nothing may keep Node alive.

const register = `
async function register({ createClient, createTestRegistrar }, socketOf) {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const listener = await socketOf.listen?.(registrar);
  const client = await createClient({
    server: listener?.url ?? 'wss://sip.example.com',
    webSocket: listener ? undefined : registrar.webSocket,
    storage: null,
  });
  const registration = client.createRegistration({
    aor: 'sip:alice@example.com',
    credentials: { password: 'wonderland' },
    expires: 300,
  });
  const { expires, auth } = await registration.register();
  const held = registrar.bindings('sip:alice@example.com').length;
  const { confirmed } = await registration.unregister();
  const left = registrar.bindings('sip:alice@example.com').length;
  const [, userAgent] = /^User-Agent: (.*)$/m.exec(registrar.requests[0].replaceAll('\\r', ''));
  await client.close();
  await listener?.close();
  console.log(JSON.stringify({ expires, algorithm: auth.algorithm, held, confirmed, left, userAgent }));
}
`;

const overNetwork = '{ listen: (registrar) => registrar.listen() }';
const inMemory = '{}';

function esm(sockets) {
  return `
import { createClient } from 'sipreg';
import { createTestRegistrar } from 'sipreg/testing';
${register}
await register({ createClient, createTestRegistrar }, ${sockets});
`;
}

function commonJs(sockets) {
  return `
const { createClient } = require('sipreg');
const { createTestRegistrar } = require('sipreg/testing');
${register}
register({ createClient, createTestRegistrar }, ${sockets});
`;
}

export const programs = {
  'ESM, over a real socket': { file: 'network.mjs', source: esm(overNetwork), ws: true },
  'CommonJS, over a real socket': { file: 'network.cjs', source: commonJs(overNetwork), ws: true },
  'ESM, without ws, on a socket of its own': {
    file: 'memory.mjs',
    source: esm(inMemory),
    ws: false,
  },
  'CommonJS, without ws, on a socket of its own': {
    file: 'memory.cjs',
    source: commonJs(inMemory),
    ws: false,
  },
};

/** A program that only has to compile, without skipLibCheck and without Node's types. */
export const typed = `
import { createClient, RegistrationError, type Client, type RegistrationInfo } from 'sipreg';
import { createTestRegistrar } from 'sipreg/testing';

export async function register(): Promise<RegistrationInfo> {
  const registrar = createTestRegistrar({ users: { alice: 'wonderland' } });
  const client: Client = await createClient({
    server: 'wss://sip.example.com',
    webSocket: registrar.webSocket,
  });
  try {
    const registration = await client.register({ aor: 'sip:alice@example.com' });
    registration.addEventListener('refreshed', (event) => event.detail.expires.toFixed());
    return await registration.refresh({ expires: 60 });
  } catch (error) {
    if (error instanceof RegistrationError && error.code === 'auth-failed') throw error;
    throw new Error('not registered', { cause: error });
  } finally {
    await client.close();
  }
}
`;
