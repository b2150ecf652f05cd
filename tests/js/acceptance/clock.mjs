// A platform whose time only the test moves. No real timer is ever armed.

/** 2030-01-01T00:00:00Z: far from zero, so that absolute and relative times cannot be mixed up unseen. */
export const start = Date.UTC(2030, 0, 1);

/** Turns of the event loop in which everything that is due has run; a message to a worker or from it takes some. */
const turns = globalThis.place === 'worker' ? 24 : 3;

/** Lets everything that is due now run: promise jobs and the microtasks they start. */
export async function settle() {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** xorshift32, so that a run can be repeated; the seed differs from clock to clock. */
function randomSource(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  };
}

let clocks = 0;

export class FakeClock {
  wall = start;
  mono = 5000;
  timers = new Map();
  /** Delays that setTimeout() of a browser would not keep. */
  badDelays = [];
  #next = 1;

  /** `seed` of its random bytes; default: another one for each clock. */
  constructor(seed = (clocks += 1)) {
    const random = randomSource(0x9e3779b9 ^ (seed * 2654435761));
    this.platform = {
      now: () => this.wall,
      monotonic: () => this.mono,
      setTimeout: (callback, ms) => {
        if (!(ms >= 0 && ms < 2 ** 31)) this.badDelays.push(ms);
        const handle = this.#next++;
        this.timers.set(handle, { at: this.mono + Math.max(0, ms || 0), callback });
        return handle;
      },
      clearTimeout: (handle) => {
        this.timers.delete(handle);
      },
      getRandomValues: (bytes) => {
        for (let index = 0; index < bytes.length; index += 1) bytes[index] = random();
        return bytes;
      },
    };
  }

  /** Timers that are armed now. */
  get armed() {
    return this.timers.size;
  }

  #earliest(limit) {
    let found = null;
    for (const [handle, timer] of this.timers) {
      if (timer.at <= limit && (found === null || timer.at < found.timer.at))
        found = { handle, timer };
    }
    return found;
  }

  /** Time passes; timers fire when they are due. */
  async advance(ms) {
    const end = this.mono + ms;
    await settle();
    for (let fired = 0; ; fired += 1) {
      if (fired > 5000) throw new Error('more than 5000 timers fired: a storm');
      const due = this.#earliest(end);
      if (!due) break;
      this.timers.delete(due.handle);
      const step = Math.max(0, due.timer.at - this.mono);
      this.mono += step;
      this.wall += step;
      due.timer.callback();
      await settle();
    }
    this.wall += end - this.mono;
    this.mono = end;
    await settle();
  }

  /** Both clocks go on and no timer fires: a frozen page. Follow it with advance(0), which fires all that is late. */
  freeze(ms) {
    this.mono += ms;
    this.wall += ms;
  }

  /** Only the wall clock goes on: a machine asleep, or a clock that was set. */
  jump(ms) {
    this.wall += ms;
  }
}
