// createClient() of the place under test: here, or by way of a worker's port (see jest.config.mjs).
import * as here from '../../../dist/index.js';
import * as worker from '../../../dist/worker.js';

export const inWorker = globalThis.place === 'worker';

const doors = [];

/** The page asks the worker for a sign of life in real time, not in the test's. */
const watchMs = 25_000;

/** The test's platform for the page; its timers keep their own object and handles. */
function forPage(platform) {
  const { setTimeout, clearTimeout } = platform ?? {};
  if (typeof setTimeout !== 'function' || typeof clearTimeout !== 'function') return platform;
  return {
    ...platform,
    setTimeout: (callback, ms) => (ms === watchMs ? null : platform.setTimeout(callback, ms)),
    clearTimeout: (handle) => handle !== null && platform.clearTimeout(handle),
  };
}

async function createInWorker(options) {
  const { webSocket, platform, ...others } = options ?? {};
  const { port1, port2 } = new MessageChannel();
  doors.push(port1, port2);
  worker.host({ port: port2, webSocket, platform });
  return worker.createWorkerClient({ worker: port1, ...others, platform: forPage(platform) });
}

export const createClient = inWorker ? createInWorker : here.createClient;
export const { RegistrationError } = inWorker ? worker : here;

// An open channel would keep the process alive.
if (inWorker) {
  afterAll(() => {
    for (const each of doors) each.close();
  });
}
