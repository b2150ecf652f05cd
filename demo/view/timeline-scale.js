const second = 1000;
const minute = 60 * second;

/** Windows that a person reads without counting. */
const spans = [1, 2, 3, 5, 10, 20, 30, 60, 120, 240, 720, 1440].map((each) => each * minute);
const steps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200].map(
  (each) => each * second,
);

/** Of a window that fits by itself, this much may be what has been. */
const shortestPast = 45 * second;

/**
 * Which time to show.
 *
 * @param {{start: number | null, until: number | null, now: number, span: number}} what since when there is something to
 *   show and until when something is known, null for nothing; `span` in ms, 0 for what fits
 * @returns {{from: number, to: number}}
 */
export function windowOf({ start, until, now, span }) {
  const past = start === null ? 0 : now - start;
  const ahead = Math.max(0, (until ?? now) - now) * 1.06;
  const wanted = ahead + Math.min(past, Math.max(ahead * 1.5, shortestPast));
  const length = span || (spans.find((each) => each >= wanted) ?? wanted);
  // What lies ahead matters as much as what has been.
  const shownAhead = Math.max(Math.min(ahead, length * 0.6), length * 0.03);
  const from = Math.max(start ?? now, now - (length - shownAhead));
  return { from, to: from + length };
}

/** Points in time for the axis, at whole minutes or seconds, no closer than `room` of the window's share. */
export function ticksOf({ from, to }, room) {
  const step = steps.find((each) => each >= (to - from) * room) ?? to - from;
  // Whole hours of the person's own day.
  const offset = new Date(from).getTimezoneOffset() * minute;
  const ticks = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at < to; at += step) {
    ticks.push(at);
  }
  return ticks;
}
