// Sets up and builds what is missing, starts the demo's registrar, registers with it, and serves the demo page until
// it is interrupted; then it unregisters and ends everything.
import { startDemo } from '../demo/server.mjs';
import { buildAll } from './build.mjs';
import { endChildrenOnSignals } from './lib/processes.mjs';
import { main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

/** Resolves at the first request to end. */
function interruption() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
  });
}

function clock(time) {
  return new Date(time).toLocaleTimeString();
}

/** Registers the demo's account and prints every message of it from now on. Resolves with the client. */
async function register({ registrarUrl, account }) {
  const { createClient } = await import('../dist/index.js');
  const { createLadder } = await import('../dist/ladder.js');
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const ladder = createLadder({ left: 'sipreg', right: 'registrar', colour });

  const client = await createClient({ server: registrarUrl, storage: null });
  console.log(`\nRegistering ${account.aor} at ${registrarUrl}\n\n${ladder.header()}`);
  client.addEventListener('message', ({ detail }) => {
    console.log(ladder.add({ ...detail, time: Date.now() }));
  });
  try {
    const registration = await client.register({
      aor: account.aor,
      credentials: { password: account.password },
    });
    const { expires, expiresAt } = registration.info;
    console.log(`\nRegistered for ${expires} s, until ${clock(expiresAt)};`);
    console.log(`refreshed by itself at ${clock(registration.refreshAt)}.`);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

const ignoreSignals = endChildrenOnSignals();
await main(async () => {
  await setUp('start');
  await buildAll();
  ignoreSignals();

  const interrupted = interruption();
  const demo = await startDemo();
  try {
    const client = await register(demo);
    console.log(`\nDemo page: ${demo.url}\nCtrl-C unregisters and ends it.\n`);
    await interrupted;
    await client.close({ unregister: true });
    console.log('\nUnregistered.');
  } finally {
    await demo.close();
  }
});
