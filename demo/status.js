import { byId, element, setText } from './dom.js';
import { countdown, timeOfDay } from './time.js';

/** For each state of the registration: its name, its tone, and what it means to the person. */
const states = {
  none: ['Not registered', 'idle', () => 'Fill in the account and press Register.'],
  unregistered: ['Not registered', 'idle', endedSentence],
  connecting: [
    'Connecting',
    'busy',
    ({ bound }) => (bound ? lost : 'Opening a WebSocket to the server.'),
  ],
  registering: ['Registering', 'busy', () => 'REGISTER is on its way.'],
  registered: [
    'Registered',
    'good',
    ({ registration }) => `Calls for ${registration.aor} reach this page.`,
  ],
  refreshing: ['Refreshing', 'good', () => 'The binding stays while REGISTER is on its way.'],
  unregistering: ['Unregistering', 'busy', () => 'The registrar is asked to remove the binding.'],
  waiting: [
    'Waiting to retry',
    'warn',
    ({ bound }) => (bound ? lost : 'The next attempt starts by itself.'),
  ],
  failed: ['Failed', 'bad', () => 'The library has given up. Register starts again.'],
  removed: ['Not registered', 'idle', () => 'The registration was removed here.'],
};

const lost = 'The connection is lost. The registrar still holds the binding.';

function endedSentence({ ended }) {
  if (ended === null) return 'Nothing is registered yet.';
  if (ended.reason === 'expired') return 'The binding has expired.';
  if (ended.reason === 'rejected') return 'The registrar has dropped the binding.';
  if (ended.reason === 'cleared') return 'The binding was removed from elsewhere.';
  return ended.confirmed
    ? 'The registrar has removed the binding.'
    : 'Unregistered here; the registrar did not confirm it.';
}

const connections = {
  disconnected: ['Not connected', 'idle'],
  connecting: ['Connecting', 'busy'],
  connected: ['Connected', 'good'],
  waiting: ['Reconnecting', 'warn'],
  closed: ['Not connected', 'idle'],
};

/** Draws everything that changes with the registration's state. */
export function drawState(session) {
  const [name, tone, sentence] = states[session.state];
  byId('status').dataset.tone = tone;
  byId('status').dataset.state = session.state;
  setText(byId('state'), name);
  setText(byId('sentence'), sentence(session));
  const [connection, connectionTone] = connections[session.connectionState];
  byId('connection').dataset.tone = connectionTone;
  setText(byId('connection-text'), connection);
  drawFacts(session);
  drawTime(session);
}

/** The retry that the gauge counts down, and since when. */
const retry = { at: null, since: 0 };

/** Draws the gauge and the countdowns; called once a second as well. */
export function drawTime({ registration, bound }) {
  const now = Date.now();
  const expiresAt = bound ? registration.expiresAt : null;
  const retryAt = registration?.retryAt ?? null;
  if (expiresAt !== null) {
    const lifetime = registration.info.expires * 1000;
    drawGauge((expiresAt - now) / lifetime, countdown(expiresAt, now), 'until expiry');
    drawMark(registration.refreshAt && (expiresAt - registration.refreshAt) / lifetime);
  } else {
    if (retryAt !== retry.at) Object.assign(retry, { at: retryAt, since: now });
    if (retryAt === null) drawGauge(0, '–', 'no binding');
    else
      drawGauge((retryAt - now) / (retryAt - retry.since), countdown(retryAt, now), 'until retry');
    drawMark(null);
  }
  for (const timer of document.querySelectorAll('[data-until]')) {
    setText(timer, countdown(Number(timer.dataset.until), now));
  }
}

function drawGauge(fraction, text, label) {
  const share = Math.min(1, Math.max(0, fraction)) * 100;
  byId('gauge').style.strokeDashoffset = String(100 - share);
  byId('gauge').classList.toggle('empty', share === 0);
  setText(byId('gauge-number'), text);
  setText(byId('gauge-label'), label);
}

/** A notch where the ring will stand at the next refresh. */
function drawMark(fraction) {
  const mark = byId('gauge-mark');
  mark.toggleAttribute('hidden', !(fraction > 0 && fraction < 1));
  mark.setAttribute('transform', `rotate(${360 * (fraction || 0)} 60 60)`);
}

function drawFacts({ registration, bound }) {
  const info = bound ? registration.info : null;
  const facts = [
    ['Next attempt', bound && registration.retryAt && until(registration.retryAt)],
    ['Next refresh', bound && registration.refreshAt && until(registration.refreshAt)],
    ['Granted', info && `${info.expires} s`],
    ['Expires at', info && registration.expiresAt && timeOfDay(registration.expiresAt)],
    ['Signed in with', info?.auth && authentication(info.auth)],
    ['Contact', info?.contact && element('code', {}, info.contact)],
    ['Public GRUU', info?.pubGruu && element('code', {}, info.pubGruu)],
    [
      'Service route',
      info && info.serviceRoute.length > 0 && element('code', {}, info.serviceRoute.join(', ')),
    ],
  ];
  byId('facts').replaceChildren(
    ...facts
      .filter(([, value]) => value)
      .map(([name, value]) => {
        const long = value instanceof Node && value.localName === 'code';
        return element(
          'div',
          { class: long && 'long' },
          element('dt', {}, name),
          element('dd', {}, value),
        );
      }),
  );
}

function until(at) {
  return element('span', { 'data-until': at, title: timeOfDay(at) }, countdown(at));
}

function authentication({ scheme, algorithm, realm }) {
  const how = [scheme, algorithm].filter(Boolean).join(' ');
  return element('span', { title: realm && `for “${realm}”` }, how);
}

/** Shows what went wrong beneath the state; null takes it away. */
export function drawProblem(problem) {
  const box = byId('problem');
  box.hidden = problem === null;
  if (problem === null) return box.replaceChildren();
  box.replaceChildren(
    element('h3', {}, problem.title),
    ...problem.advice.map((each) => element('p', {}, each)),
    ...(problem.causes
      ? [element('ul', {}, ...problem.causes.map((each) => element('li', {}, each)))]
      : []),
    element(
      'details',
      {},
      element('summary', {}, 'What the library says'),
      element('code', {}, problem.detail),
    ),
  );
}
