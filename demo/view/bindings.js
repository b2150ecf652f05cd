import { byId, element, setText } from './dom.js';

/** What the table shows, so that it is drawn only when that changes. */
let shown;

/**
 * Shows the bindings of the registrar’s last answer about an account; null: there is none.
 *
 * @param {(uri: string) => void} onRemove asked to remove another's binding
 */
export function drawBindings(account, onRemove) {
  byId('bindings-card').hidden = account === null;
  const bindings = account?.bindings ?? null;
  if (bindings !== shown) draw(bindings, onRemove);
  shown = bindings;
  for (const button of byId('bindings').querySelectorAll('button')) {
    button.disabled = !account?.can.query;
  }
}

function draw(bindings, onRemove) {
  const none = bindings === null || bindings.length === 0;
  byId('bindings-table').hidden = none;
  byId('bindings-empty').hidden = !none;
  if (none) {
    setText(
      byId('bindings-empty'),
      bindings === null
        ? 'The registrar’s next answer fills this table.'
        : 'The registrar holds no binding for this address.',
    );
  }
  byId('bindings').replaceChildren(...(bindings ?? []).map((each) => row(each, onRemove)));
}

function row({ uri, displayName, expires, q, instanceId, regId, own }, onRemove) {
  const contact = element('td', { class: 'contact' }, element('code', {}, uri));
  const name = own ? element('span', { class: 'chip' }, 'This page') : displayName;
  if (name) contact.prepend(element('span', { class: 'name' }, name));
  const flow = [
    regId !== undefined && `reg-id ${regId}`,
    instanceId && `…${instanceId.slice(-12)}`,
  ];
  const actions = element('td', { class: 'row-action' });
  if (!own) {
    const remove = element('button', { class: 'small', type: 'button' }, 'Remove');
    remove.setAttribute('aria-label', `Remove the binding ${uri}`);
    remove.addEventListener('click', () => onRemove(uri));
    actions.append(remove);
  }
  return element(
    'tr',
    { 'data-own': own },
    contact,
    element(
      'td',
      { 'data-label': 'Expires', class: 'short' },
      expires === null ? '–' : `${expires} s`,
    ),
    element('td', { 'data-label': 'q', class: 'short' }, q ?? '–'),
    element(
      'td',
      { 'data-label': 'Flow', class: 'flow', title: instanceId },
      flow.filter(Boolean).join(' · ') || '–',
    ),
    actions,
  );
}
