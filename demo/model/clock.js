const longestDelay = 2 ** 31 - 1;

/**
 * The time that the client, the registrar in the page and the page itself live by: the host's, which can jump ahead and
 * run faster. A jump is what a laptop's lid or a frozen tab does: time passes, and timers that were due fire late.
 *
 * Dispatches 'change' when time jumped or changed its pace.
 */
export class Clock extends EventTarget {
  #ahead = 0;
  #speed = 1;
  #since = performance.now();
  #timers = new Map();
  #lastHandle = 0;

  /** For createClient() and createTestRegistrar(). */
  platform = {
    now: () => this.now(),
    monotonic: () => this.#monotonic(),
    setTimeout: (callback, ms) => this.#set(callback, ms),
    clearTimeout: (handle) => this.#clear(handle),
  };

  /** Milliseconds since the epoch. */
  now() {
    return Date.now() + this.#lead();
  }

  get speed() {
    return this.#speed;
  }

  /** How many times as fast as the host's; 1 is real time. What is ahead already stays ahead. */
  set speed(factor) {
    this.#ahead = this.#lead();
    this.#since = performance.now();
    this.#speed = factor;
    this.#changed();
  }

  /** Moves ahead at once. */
  jump(ms) {
    this.#ahead += ms;
    this.#changed();
  }

  #lead() {
    return this.#ahead + (performance.now() - this.#since) * (this.#speed - 1);
  }

  #monotonic() {
    return performance.now() + this.#lead();
  }

  #set(callback, ms) {
    this.#lastHandle += 1;
    const timer = { callback, due: this.#monotonic() + ms };
    this.#timers.set(this.#lastHandle, timer);
    this.#arm(this.#lastHandle, timer);
    return this.#lastHandle;
  }

  #clear(handle) {
    clearTimeout(this.#timers.get(handle)?.host);
    this.#timers.delete(handle);
  }

  #arm(handle, timer) {
    clearTimeout(timer.host);
    const delay = Math.max(0, (timer.due - this.#monotonic()) / this.#speed);
    timer.host = setTimeout(() => this.#ring(handle, timer), Math.min(delay, longestDelay));
  }

  #ring(handle, timer) {
    // Hosts round delays down, and cap long ones.
    if (timer.due - this.#monotonic() > 1) return this.#arm(handle, timer);
    this.#timers.delete(handle);
    timer.callback();
  }

  #changed() {
    for (const [handle, timer] of this.#timers) this.#arm(handle, timer);
    this.dispatchEvent(new Event('change'));
  }
}
