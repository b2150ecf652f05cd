// The clock of a host that faults happen to. No real timer is ever armed.
import { FakeClock } from '../js/acceptance/clock.mjs';

/** The client's timers may come late, up to the next multiple of what throttle() says; the server's do not. */
export class HostClock extends FakeClock {
  /** The client's timers. */
  own = new Set();
  #grain = 0;

  constructor(seed) {
    super(seed);
    const { platform } = this;
    const { setTimeout, clearTimeout } = platform;
    this.server = { now: () => this.wall, setTimeout };
    this.platform = {
      ...platform,
      setTimeout: (callback, ms) => {
        const due = this.mono + ms;
        const late = this.#grain > 0 ? Math.ceil(due / this.#grain) * this.#grain - due : 0;
        const handle = setTimeout(() => {
          this.own.delete(handle);
          callback();
        }, ms + late);
        this.own.add(handle);
        return handle;
      },
      clearTimeout: (handle) => {
        this.own.delete(handle);
        clearTimeout(handle);
      },
    };
  }

  /** The wall clock goes on alone: a machine asleep, or a clock that is set. */
  sleep(ms) {
    this.jump(ms);
  }

  throttle(ms) {
    this.#grain = ms;
  }
}
