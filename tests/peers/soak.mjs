// Thirty days of one registration: a refresh every five minutes, with losses, refusals, new nonces and servers that start again
// with nothing. The registrar's own table says whether anybody could have called.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const minute = 60_000;
const stepMs = minute;
const aor = 'sip:alice@example.com';

/** mulberry32. */
function randomSource(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each thing happens, per five minutes, and what it is. */
const mishaps = [
  [0.03, 'request lost', (registrar) => registrar.next({ lose: 'request' })],
  [0.03, 'answer lost', (registrar) => registrar.next({ lose: 'answer' })],
  [0.02, 'busy', (registrar) => registrar.next({ status: 503, headers: { 'Retry-After': '30' } })],
  [0.03, 'nonces stale', (registrar) => registrar.next({ stale: true })],
  [0.01, 'connection lost', (registrar) => registrar.disconnect()],
  [
    0.003,
    'half open',
    (registrar, later) => {
      registrar.network = 'frozen';
      later(() => (registrar.network = 'up'));
    },
  ],
];

/** The memory of the WebAssembly that is started next. */
function watchMemory() {
  const { instantiate } = WebAssembly;
  const watched = { memory: null, restore: () => (WebAssembly.instantiate = instantiate) };
  WebAssembly.instantiate = async (...given) => {
    const instance = await instantiate(...given);
    const all = Object.values((instance.instance ?? instance).exports);
    watched.memory = all.find((each) => each instanceof WebAssembly.Memory);
    return instance;
  };
  return watched;
}

/** Lives for `days`; figures, with every lapse and what went before it. */
export async function soak({ days = 30, seed = 1 } = {}) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const watched = watchMemory();
  const { createClient } = await import('../../dist/index.js');
  const { createFakeClock, createTestRegistrar } = await import('../../dist/testing.js');
  const clock = createFakeClock({ seed });
  const random = randomSource(seed);
  const counts = {};
  let registers = 0;
  let registrar;
  const start = () => {
    registrar = createTestRegistrar({
      realm: 'example.com',
      users: { alice: 'secret' },
      platform: clock.platform,
      respond: () => void (registers += 1),
    });
  };
  start();
  const client = await createClient({
    server: 'wss://edge.example.com/ws',
    storage: null,
    webSocket: (...given) => registrar.webSocket(...given),
    platform: clock.platform,
  });
  watched.restore();
  const registration = client.createRegistration({
    aor,
    credentials: { password: 'secret' },
    expires: 600,
    refresh: { policy: 'percent', value: 50 },
  });
  const states = { failed: 0, unregistered: 0 };
  for (const type of Object.keys(states))
    registration.addEventListener(type, () => (states[type] += 1));
  await registration.register();

  const begun = clock.now;
  const lapses = [];
  let lapse = null;
  /** Minutes without a binding and without a network to make one over. */
  let forced = 0;
  let last = 'nothing';
  let restore = null;
  let heap = 0;
  let wasm = 0;
  const happen = () => {
    restore?.();
    restore = null;
    for (const [chance, what, act] of mishaps) {
      if (random() >= chance) continue;
      counts[what] = (counts[what] ?? 0) + 1;
      last = what;
      act(registrar, (task) => (restore = task));
    }
    if (random() >= 1 / 600) return;
    counts['server started again'] = (counts['server started again'] ?? 0) + 1;
    last = 'server started again';
    restore?.();
    restore = null;
    const old = registrar;
    start();
    old.disconnect(1001);
  };
  const steps = (days * 1440 * minute) / stepMs;
  for (let step = 1; step <= steps; step += 1) {
    if (step % 5 === 0) happen();
    await clock.advance(stepMs);
    registrar.forgetRequests();
    if (registrar.bindings(aor).length > 0) lapse = null;
    else if (registrar.network !== 'up') forced += 1;
    else if (lapse) lapse.minutes += 1;
    else
      lapses.push(
        (lapse = { after: last, minutes: 1, at: Math.round((clock.now - begun) / minute) }),
      );
    if (step === Math.round(steps / 10)) {
      collect();
      heap = process.memoryUsage().heapUsed;
      wasm = watched.memory.buffer.byteLength;
    }
  }
  restore?.();
  await clock.advance(30 * minute);
  collect();
  const figures = {
    days,
    seed,
    registers,
    mishaps: counts,
    lapses,
    forced,
    events: states,
    state: registration.state,
    bindings: registrar.bindings(aor).length,
    heapGrowth: process.memoryUsage().heapUsed - heap,
    wasmGrowth: watched.memory.buffer.byteLength - wasm,
  };
  await client.close();
  figures.timersLeft = clock.timers;
  return figures;
}
