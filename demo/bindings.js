import { byId, element, setText } from './dom.js';
import { timeOfDay } from './time.js';

/**
 * Shows the bindings of the registrar’s last answer.
 *
 * @param {import('../dist/index.js').Binding[] | null} bindings null: no answer yet
 * @param {(uri: string) => void} onRemove asked to remove another's binding
 */
export function drawBindings(bindings, onRemove) {
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
  setText(byId('bindings-note'), bindings === null ? '' : `as of ${timeOfDay(Date.now())}`);
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

/** The buttons in the table work only while there is a registration to ask with. */
export function enableBindings(enabled) {
  for (const button of byId('bindings').querySelectorAll('button')) button.disabled = !enabled;
}
