import { nameOf, toneOf } from '../text/states.js';
import { countdown, duration, timeOfDay } from '../text/time.js';
import { byId, setAttribute, shape } from './dom.js';
import { glyph } from './timeline-glyphs.js';
import { ticksOf, windowOf } from './timeline-scale.js';

const svg = byId('timeline');
const laneHeight = 62;
const top = 18;
const axisHeight = 22;
const charWidth = 6.6;

/** Lines through all lanes: what befell everybody. */
const lines = { cut: 'cut', restart: 'restart', nonces: 'nonces', jump: 'jump', lost: 'lost' };

const conditionNames = {
  busy: '503',
  silent: 'silent',
  frozen: 'frozen',
  down: 'down',
};

/** Draws what happened and what is due, a lane for each account; `span` in ms, 0 for what fits. */
export function drawTimeline({ accounts, history, selected }, now, span) {
  const width = Math.max(280, svg.clientWidth);
  const histories = [history, ...accounts.map((each) => each.history)];
  const starts = histories.map(({ start }) => start).filter((each) => each !== null);
  const shown = windowOf({
    start: starts.length === 0 ? null : Math.min(...starts),
    until: latest(accounts),
    now,
    span,
  });
  const scale = (at) => ((at - shown.from) / (shown.to - shown.from)) * (width - 2) + 1;
  const chart = { ...shown, width, now, scale, bottom: top + accounts.length * laneHeight };
  const height = chart.bottom + axisHeight;
  setAttribute(svg, 'viewBox', `0 0 ${width} ${height}`);
  setAttribute(svg, 'height', String(height));
  setAttribute(svg, 'aria-label', summaryOf(accounts));
  svg.replaceChildren(
    ...axis(chart),
    ...conditions(history, chart),
    ...accounts.flatMap((each, i) => lane(each, top + i * laneHeight, chart, each === selected)),
    ...happenings(history, chart),
    ...nowLine(chart),
  );
}

function latest(accounts) {
  const times = accounts.flatMap(({ registration, bound }) => [
    bound ? registration.expiresAt : null,
    registration?.retryAt ?? null,
  ]);
  const known = times.filter((each) => each !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** The picture in words: what does not change by the second. */
function summaryOf(accounts) {
  const words = accounts.map((account) => {
    const { history, values, bound, registration, state } = account;
    const count = (kind) => history.marks.filter((mark) => mark.kind === kind).length;
    const until = bound ? ` until ${timeOfDay(registration.expiresAt)}` : '';
    const counts = [
      [count('refreshed'), 'refreshes'],
      [count('retry'), 'failed tries'],
    ].filter(([number]) => number > 0);
    const tail = counts.map(([number, what]) => `, ${number} ${what}`).join('');
    return `${values.aor}: ${nameOf(state)}${until}${tail}.`;
  });
  return `Time line. ${words.join(' ')}`;
}

function axis(chart) {
  const { width, bottom, scale } = chart;
  return ticksOf(chart, 84 / width).flatMap((at) => {
    const x = scale(at);
    const anchor = x < 30 ? 'start' : x > width - 30 ? 'end' : 'middle';
    return [
      shape('line', { class: 'grid', x1: x, x2: x, y1: top, y2: bottom }),
      shape('text', { class: 'tick', x, y: bottom + 15, 'text-anchor': anchor }, timeOfDay(at)),
    ];
  });
}

/** A box of the chart between two times, cut to the window; null when nothing of it is in there. */
function box(name, { from, to, y, height, ...attributes }, chart, title) {
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
function caption(words, { from, to, y }, chart) {
  const left = Math.max(0, chart.scale(from));
  const right = Math.min(chart.width, chart.scale(to));
  if (right - left < words.length * charWidth + 10) return null;
  return shape('text', { class: 'caption', x: left + 6, y }, words);
}

/** What was the matter with the server, behind everything. */
function conditions({ bands }, chart) {
  return bands
    .filter(({ state }) => state !== 'up')
    .flatMap(({ state, from, to }) => {
      const until = to ?? chart.now;
      const words = conditionNames[state];
      const place = { from, to: until, y: 0, height: chart.bottom };
      return [
        box('condition', place, chart, `The server: ${words}, ${duration(until - from)}`),
        caption(words, { from, to: until, y: 12 }, chart),
      ];
    })
    .filter(Boolean);
}

function lane(account, y, chart, isSelected) {
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

function happenings({ marks }, chart) {
  return marks
    .filter(({ kind, at }) => kind in lines && at >= chart.from && at <= chart.to)
    .map(({ kind, text, at }) => {
      const x = chart.scale(at);
      const line = shape('line', {
        class: `happening ${lines[kind]}`,
        x1: x,
        x2: x,
        y1: top - 4,
        y2: chart.bottom,
      });
      line.append(shape('title', {}, `${timeOfDay(at)}: ${text}`));
      return [line, glyph(kind === 'lost' ? 'lost' : '', x, top - 6, text)].filter(Boolean);
    })
    .flat();
}

function nowLine({ now, scale, bottom }) {
  const x = scale(now);
  return [
    shape('line', { class: 'now', x1: x, x2: x, y1: top - 2, y2: bottom + 3 }),
    shape('path', { class: 'now-head', d: `M${x - 4} ${bottom + 6}h8l-4-6Z` }),
  ];
}
