import { connections, nameOf, sentenceOf, toneOf } from '../text/states.js';
import { countdown, timeOfDay } from '../text/time.js';
import { byId, element, setText } from './dom.js';

/** Draws the connection's state in the masthead. */
export function drawConnection(state) {
  const [name, tone] = connections[state];
  byId('connection').dataset.tone = tone;
  setText(byId('connection-text'), name);
}

/** Draws everything of an account that changes with its state; null: there is none. */
export function drawAccount(account, now) {
  const box = byId('status');
  box.hidden = account === null;
  if (account === null) return;
  box.dataset.tone = toneOf(account.state);
  box.dataset.state = account.state;
  setText(byId('account-name'), account.values.aor);
  setText(byId('state'), nameOf(account.state));
  setText(byId('sentence'), sentenceOf(account));
  const { can } = account;
  byId('register').disabled = !can.register;
  byId('refresh').disabled = !can.refresh;
  byId('query').disabled = !can.query;
  byId('unregister').disabled = !can.unregister;
  byId('unregister-all').disabled = !can.unregisterAll;
  drawFacts(account, now);
  drawTime(account, now);
}

/** The retry that the gauge counts down, and since when. */
const retry = { at: null, since: 0 };

/** Draws the gauge and the countdowns; called as time passes as well. */
export function drawTime(account, now) {
  if (account === null) return;
  const { registration, bound } = account;
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

function drawFacts({ registration, bound }, now) {
  const info = bound ? registration.info : null;
  const until = (at) =>
    element('span', { 'data-until': at, title: timeOfDay(at) }, countdown(at, now));
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

function authentication({ scheme, algorithm, realm }) {
  const how = [scheme, algorithm].filter(Boolean).join(' ');
  return element('span', { title: realm && `for “${realm}”` }, how);
}
