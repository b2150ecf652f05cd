// What a page has, made of the world and the clock: JsSIP and SIP.js know no other timers, sockets and entropy than the
// global ones, so sipreg gets these too. Installed once in a process of its own.

/** Longer delays, and what is no number, are due at once (HTML §8.6, and Node). */
const longestDelay = 2 ** 31 - 1;

/** mulberry32: the same run every time. */
function randomSource(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function installTimers(clock, thrown) {
  const intervals = new Map();
  const delayOf = (ms) => (ms >= 1 && ms <= longestDelay ? ms : 1);
  const { setTimeout, clearTimeout } = clock.platform;
  const guarded = (callback, rest) => {
    try {
      callback(...rest);
    } catch (error) {
      thrown.push(error);
    }
  };
  globalThis.setTimeout = (callback, ms, ...rest) =>
    setTimeout(() => guarded(callback, rest), delayOf(ms));
  globalThis.clearTimeout = (handle) => clearTimeout(handle);
  globalThis.setInterval = (callback, ms) => {
    const key = {};
    const again = () => {
      intervals.set(
        key,
        setTimeout(() => (again(), guarded(callback, [])), delayOf(ms)),
      );
    };
    again();
    return key;
  };
  globalThis.clearInterval = (key) => clearTimeout(intervals.get(key));
  const HostDate = Date;
  globalThis.Date = class extends HostDate {
    constructor(...given) {
      super(...(given.length > 0 ? given : [clock.wall]));
    }

    static now() {
      return clock.wall;
    }
  };
  Object.defineProperty(performance, 'now', { value: () => clock.mono });
}

function installEntropy(seed) {
  const random = randomSource(seed);
  Math.random = random;
  crypto.getRandomValues = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let n = 0; n < bytes.length; n += 1) bytes[n] = random() * 256;
    return array;
  };
}

/** Everything that was written to the console. */
function installConsole() {
  const lines = [];
  for (const name of ['log', 'info', 'warn', 'error', 'debug'])
    console[name] = (...words) => lines.push(words.map(String).join(' '));
  return lines;
}

/** Returns what is written to the console, and what is thrown with nobody to catch it (world.thrown apart). */
export function installBrowser(world, clock, seed) {
  installTimers(clock, world.thrown);
  installEntropy(seed);
  const page = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent'])
    globalThis[name] = page[name].bind(page);
  globalThis.window = globalThis;
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  globalThis.WebSocket = world.WebSocket;
  world.clock = clock;
  world.wake = () => {
    document.dispatchEvent(new Event('visibilitychange'));
    for (const type of ['resume', 'online', 'focus']) page.dispatchEvent(new Event(type));
  };
  const uncaught = [];
  process.on('uncaughtException', (error) => uncaught.push(error.message));
  process.on('unhandledRejection', (error) => uncaught.push(String(error?.message ?? error)));
  return { written: installConsole(), uncaught };
}
