// Thirty days of one registration: a refresh every five minutes, with losses, refusals, new nonces and servers that start again
// with nothing. The registrar's own table says whether anybody could have called, and each minute without a binding needs a reason.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const minute = 60_000;
const stepMs = minute;
const aor = 'sip:alice@example.com';

/** RFC 3261 §17.1.2.2: a REGISTER without an answer is waited for that long. */
const timerFMs = 32_000;

/** RFC 5626 §4.5: the longest wait after so many failures; a Retry-After of 30 s and its spread are shorter. */
const longestWaitMs = (attempt) => Math.min(1800, 30 * 2 ** attempt) * 1000;

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
  let lastRegisterAt = 0;
  let registrar;
  const start = () => {
    registrar = createTestRegistrar({
      realm: 'example.com',
      users: { alice: 'secret' },
      platform: clock.platform,
      respond: () => {
        registers += 1;
        lastRegisterAt = clock.now;
      },
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
  const longWaits = [];
  registration.addEventListener('retry', ({ detail: { attempt, retryAt } }) => {
    if (retryAt - clock.now > longestWaitMs(attempt)) longWaits.push({ attempt, retryAt });
  });
  await registration.register();

  const begun = clock.now;
  const lapses = [];
  let lapse = null;
  /** Minutes without a binding and without a network to make one over. */
  let forced = 0;
  /** What may keep a client that knows its state from having a binding: a REGISTER under way, or the wait then in force. */
  const reason = () => {
    if (registration.state === 'waiting') return 'waiting';
    const isUnderWay = ['registering', 'refreshing'].includes(registration.state);
    return isUnderWay && clock.now - lastRegisterAt <= timerFMs ? 'under way' : null;
  };
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
    old.network = 'down'; // for sockets that were about to open
  };
  const steps = (days * 1440 * minute) / stepMs;
  for (let step = 1; step <= steps; step += 1) {
    if (step % 5 === 0) happen();
    await clock.advance(stepMs);
    registrar.forgetRequests();
    if (registrar.bindings(aor).length > 0) lapse = null;
    else if (registrar.network !== 'up') forced += 1;
    else {
      if (!lapse)
        lapses.push(
          (lapse = { after: last, at: Math.round((clock.now - begun) / minute), minutes: [] }),
        );
      lapse.minutes.push(reason());
    }
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
    longWaits,
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
