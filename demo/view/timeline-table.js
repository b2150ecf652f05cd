import { nameOf } from '../text/states.js';
import { timeOfDay } from '../text/time.js';
import { byId, element } from './dom.js';

const most = 100;
let drawn = '';

/** The same as the picture, for who reads: newest first. Drawn only while it is open, and when something has happened. */
export function drawTimelineTable({ accounts, history }, server) {
  if (!byId('timeline-table').open) return;
  const rows = [
    ...rowsOf(history, server),
    ...accounts.flatMap(({ history: own, values }) =>
      rowsOf(own, values.aor.replace(/^sips?:/, '')),
    ),
  ];
  rows.sort((a, b) => b.from - a.from);
  const shown = rows.slice(0, most);
  const key = JSON.stringify(shown);
  if (key === drawn) return;
  drawn = key;
  byId('timeline-rows').replaceChildren(
    ...shown.map(({ from, to, whose, what }) =>
      element(
        'tr',
        {},
        element('td', { class: 'short', 'data-label': 'From' }, timeOfDay(from)),
        element('td', { class: 'short', 'data-label': 'Until' }, to === null ? '–' : timeOfDay(to)),
        element('td', { class: 'short' }, whose),
        element('td', {}, what),
      ),
    ),
  );
}

const conditions = {
  up: 'The server answers',
  busy: 'The server answers 503',
  silent: 'The server is silent',
  frozen: 'The server is frozen',
  down: 'The server refuses connections',
};

function rowsOf({ bands, grants, waits, marks }, whose) {
  return [
    ...bands.map(({ state, from, to }) => ({
      from,
      to,
      what: conditions[state] ?? `State: ${nameOf(state)}`,
    })),
    ...grants.map(({ from, until }) => ({ from, to: until, what: 'Granted lifetime' })),
    ...waits.map(({ from, at }) => ({ from, to: at, what: 'Wait for the next try' })),
    ...marks
      .filter(({ kind }) => kind !== 'server')
      .map(({ at, kind, text }) => ({
        from: at,
        to: null,
        what: kind in plain ? plain[kind] : `${kind}: ${text}`,
      })),
  ].map((each) => ({ whose, ...each }));
}

const plain = {
  cut: 'The socket was cut',
  restart: 'The registrar was restarted',
  nonces: 'The registrar’s nonces became stale',
};
