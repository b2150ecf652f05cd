import { nameOf } from '../text/states.js';
import { duration, timeOfDay } from '../text/time.js';
import { byId, setAttribute, shape } from './dom.js';
import { glyph } from './timeline-glyphs.js';
import { box, caption, lane, laneHeight } from './timeline-lane.js';
import { ticksOf, windowOf } from './timeline-scale.js';

const svg = byId('timeline');
const top = 18;
const axisHeight = 22;

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
