// Lives through the cases that it is given, all at once, on whatever WebSocket this Node has; prints what became of each.
//   node client.mjs '[{"name": …, "url": …, "options": {…}, "do": "recover"}]'
import { createClient } from '../../dist/index.js';

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));
process.on('unhandledRejection', (error) => uncaught.push(String(error)));

/** No case takes longer. */
const deadlineMs = 20_000;
const holdMs = 2_500;

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Timers of the client that are armed. */
function countingPlatform() {
  const armed = new Set();
  return {
    armed,
    platform: {
      setTimeout(callback, ms) {
        const handle = setTimeout(() => {
          armed.delete(handle);
          callback();
        }, ms);
        armed.add(handle);
        return handle;
      },
      clearTimeout(handle) {
        armed.delete(handle);
        clearTimeout(handle);
      },
    },
  };
}

async function until(holds) {
  const end = performance.now() + deadlineMs;
  while (!holds() && performance.now() < end) await wait(20);
}

/** What becomes of a socket that is open. */
const spoilers = {
  throws(socket) {
    socket.send = () => {
      throw new Error('no');
    };
  },
  full: (socket) => socket.send('x'.repeat(16_000_000)),
};

const { WebSocket = (await import('ws')).WebSocket } = globalThis;

async function live({ name, url, options, do: what, spoil, rest = 0, flows: wantedFlows = 1 }) {
  const sockets = [];
  const webSocket = (...given) => {
    sockets.push(new WebSocket(...given));
    return sockets.at(-1);
  };
  const { armed, platform } = countingPlatform();
  const client = await createClient({
    server: url,
    storage: null,
    reconnect: { baseMs: 100, maxMs: 400 },
    connectTimeoutMs: 5_000,
    ...options,
    ...(spoil && { webSocket }),
    platform,
  });
  const closeCodes = [];
  let flows = 0;
  client.addEventListener('connectionchange', ({ detail }) => {
    if (detail.code !== undefined) closeCodes.push(detail.code);
    if (detail.state === 'connected') flows += 1;
  });
  const warnings = [];
  const registration = client.createRegistration({
    aor: 'sip:alice@example.com',
    credentials: { password: 'marker-7493016528' },
  });
  registration.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
  const end = (promise) =>
    promise.then(
      () => null,
      (error) => error,
    );
  const error = await end(registration.register());
  const failedState = registration.state;
  if (what === 'hold') await wait(holdMs);
  if (what === 'refresh') await wait(600);
  if (spoil) spoilers[spoil](sockets[0]);
  const refreshAt = performance.now();
  const refreshed = what === 'refresh' ? await end(registration.refresh()) : null;
  const refreshMs = performance.now() - refreshAt;
  if (what === 'recover') {
    await until(() => flows >= wantedFlows && registration.state === 'registered');
  }
  await wait(rest);
  const { state } = registration;
  const { stats } = client;
  const before = performance.now();
  await client.close();
  return {
    name,
    code: error?.code,
    message: error?.message ?? '',
    retryable: error?.retryable,
    failedState,
    refreshed: refreshed?.code ?? null,
    refreshMs,
    warnings,
    state,
    flows,
    stats,
    closeCodes,
    closeMs: performance.now() - before,
    timersLeft: armed.size,
    ended: registration.state,
  };
}

const cases = JSON.parse(process.argv[2]);
// What holds the process up must not hold up the others.
const alone = cases.filter((each) => each.alone);
const together = cases.filter((each) => !each.alone);
const outcomes = await Promise.all(together.map((each) => live(each)));
for (const each of alone) outcomes.push(await live(each));
const { heapUsed, external, arrayBuffers } = process.memoryUsage();
process.stdout.write(
  JSON.stringify({ outcomes, uncaught, memory: heapUsed + external + arrayBuffers }),
  () => process.exit(0),
);
