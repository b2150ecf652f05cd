import { mostAccounts } from '../model/phone.js';
import { nameOf, toneOf } from '../text/states.js';
import { countdown } from '../text/time.js';
import { byId, element, setAttribute, setText } from './dom.js';

/** The rows by account. */
const rows = new Map();

/** Draws the list of accounts with the state and the time left of each. */
export function drawAccounts({ accounts, selected, client }, now, onSelect) {
  for (const [account, row] of rows) {
    if (accounts.includes(account)) continue;
    row.item.remove();
    rows.delete(account);
  }
  for (const account of accounts) {
    if (!rows.has(account)) rows.set(account, addRow(account, onSelect));
    drawRow(rows.get(account), account, account === selected, now);
  }
  byId('accounts-empty').hidden = accounts.length > 0;
  byId('add-account').disabled = client === null || accounts.length >= mostAccounts;
}

function addRow(account, onSelect) {
  const name = element('span', { class: 'who' });
  const state = element('span', { class: 'how' });
  const left = element('span', { class: 'left' });
  const button = element(
    'button',
    { class: 'account', type: 'button' },
    element('span', { class: 'dot', 'aria-hidden': 'true' }),
    name,
    state,
    left,
  );
  button.addEventListener('click', () => onSelect(account));
  const item = element('li', {}, button);
  byId('accounts').append(item);
  return { item, button, name, state, left };
}

function drawRow({ button, name, state, left }, account, isSelected, now) {
  setText(name, account.values.aor.replace(/^sips?:/, ''));
  setText(state, nameOf(account.state));
  setText(left, timeLeft(account, now));
  setAttribute(button, 'data-tone', toneOf(account.state));
  setAttribute(button, 'aria-pressed', String(isSelected));
}

/** Until when the binding lasts, or until the next attempt. */
function timeLeft({ registration, bound }, now) {
  if (bound && registration.expiresAt !== null) return countdown(registration.expiresAt, now);
  return registration?.retryAt ? `in ${countdown(registration.retryAt, now)}` : '';
}
