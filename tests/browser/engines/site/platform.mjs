/**
 * A `platform` whose time runs `factor` times as fast as the host's timers, so that a scenario of minutes takes seconds.
 * sleep() moves the wall clock ahead and leaves the monotonic one and the timers behind, as a laptop's lid does.
 */
export function fastPlatform(factor) {
  const start = performance.now();
  let slept = 0;
  const monotonic = () => (performance.now() - start) * factor;
  return {
    monotonic,
    now: () => 1_700_000_000_000 + slept + monotonic(),
    setTimeout: (callback, ms) => setTimeout(callback, ms / factor),
    clearTimeout: (handle) => clearTimeout(handle),
    sleep: (ms) => (slept += ms),
  };
}
