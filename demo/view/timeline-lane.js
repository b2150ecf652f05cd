import { nameOf, toneOf } from '../text/states.js';
import { countdown, duration, timeOfDay } from '../text/time.js';
import { shape } from './dom.js';
import { glyph } from './timeline-glyphs.js';

export const laneHeight = 62;
const charWidth = 6.6;

/** A box of the chart between two times, cut to the window; null when nothing of it is in there. */
export function box(name, { from, to, y, height, ...attributes }, chart, title) {
  const left = Math.max(0, chart.scale(from));
  const right = Math.min(chart.width, chart.scale(to));
  if (right < 0 || left > chart.width || right < left) return null;
  const made = shape('rect', {
    class: name,
    x: left.toFixed(1),
    y,
    width: Math.max(1, right - left).toFixed(1),
    height,
    ...attributes,
  });
  if (title) made.append(shape('title', {}, title));
  return made;
}

/** Words inside a box, when there is room for them. */
export function caption(words, { from, to, y }, chart) {
  const left = Math.max(0, chart.scale(from));
  const right = Math.min(chart.width, chart.scale(to));
  if (right - left < words.length * charWidth + 10) return null;
  return shape('text', { class: 'caption', x: left + 6, y }, words);
}

/**
 * One account: its name and state, a band of states, and below it the granted lifetimes with what happened in them.
 *
 * @param {{from: number, to: number, now: number, width: number, scale(at: number): number}} chart
 */
export function lane(account, y, chart, isSelected) {
  const { history, registration, bound, values, state } = account;
  const { width, now, scale } = chart;
  const bandY = y + 24;
  const barY = y + 42;
  const name = values.aor.replace(/^sips?:/, '');
  const left = bound ? `, ${countdown(registration.expiresAt, now)} left` : '';
  const bands = history.bands.flatMap(({ state: was, from, to }) => {
    const until = to ?? now;
    const words = nameOf(was);
    const place = { from, to: until, y: bandY, height: 14, rx: 3, 'data-tone': toneOf(was) };
    return [
      box('band', place, chart, `${words}, ${duration(until - from)}`),
      caption(was, { from, to: until, y: bandY + 11 }, chart),
    ];
  });
  const grants = history.grants.flatMap(({ from, until, to }) => {
    const end = to ?? until;
    const words = `Granted ${duration(until - from)} at ${timeOfDay(from)}`;
    const at = { y: barY, height: 9, rx: 2 };
    return [
      box('grant ahead', { from: Math.min(now, end), to: end, ...at }, chart, words),
      box('grant', { from, to: Math.min(now, end), ...at }, chart, words),
    ];
  });
  const waits = history.waits.map(({ from, at, to }) =>
    box(
      'wait',
      { from, to: to ?? at, y: barY, height: 9 },
      chart,
      `Waits ${duration(at - from)} for the next try`,
    ),
  );
  const marks = history.marks
    .filter(({ at }) => at >= chart.from && at <= chart.to)
    .map(({ kind, text, at }) => glyph(kind, scale(at), barY + 4.5, `${kind} ${text}`));
  const due = [registration?.refreshAt, registration?.retryAt]
    .filter((at) => at !== null && at !== undefined && at > now && at <= chart.to)
    .map((at) => glyph('due', scale(at), barY + 4.5, `Due at ${timeOfDay(at)}`));
  return [
    shape('line', { class: 'lane', x1: 0, x2: width, y1: y + 0.5, y2: y + 0.5 }),
    shape('text', { class: isSelected ? 'name selected' : 'name', x: 2, y: y + 16 }, name),
    shape(
      'text',
      { class: 'lane-state', x: width - 2, y: y + 16, 'text-anchor': 'end' },
      `${nameOf(state)}${left}`,
    ),
    ...[...bands, ...grants, ...waits, ...marks, ...due].filter(Boolean),
  ];
}
