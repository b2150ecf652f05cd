import { emptyValues } from './model/account-options.js';
import { addresses, passwordOf } from './model/demo-accounts.js';
import { keep } from './model/kept.js';
import { openAccountDialog } from './view/account-dialog.js';
import { copyFrom, download } from './view/clipboard.js';
import { byId } from './view/dom.js';
import { clearLadder } from './view/ladder.js';

/** Short enough to see a refresh come by itself. */
export const demoExpires = '120';

const operations = {
  register: (account) => account.register(),
  refresh: (account) => account.refresh(),
  query: (account) => account.query(),
  unregister: (account) => account.unregister(),
  'unregister-all': (account) => account.unregisterAll(),
};

/** A disabled button loses the focus; who works with the keyboard goes on at the next sensible one. */
export function focusAction() {
  const next = ['register', 'refresh', 'unregister', 'edit'].map(byId);
  next.find((button) => !button.disabled)?.focus({ preventScroll: true });
}

/** The first of the accounts that the registrar in the page knows and the page does not show. */
function nextValues({ server, accounts }) {
  if (server !== null) return emptyValues;
  const used = accounts.map((each) => each.values.aor);
  const aor = addresses.find((each) => !used.includes(each)) ?? '';
  return { ...emptyValues, aor, password: passwordOf(aor), expires: demoExpires };
}

/**
 * The buttons for accounts.
 *
 * @param {(account: object, operation: () => Promise<void>) => void} run what they ask for
 */
export function watchAccounts(phone, run) {
  const saved = (account, register) => {
    keep(phone);
    if (register) run(account, () => account.register());
  };
  for (const [id, operation] of Object.entries(operations)) {
    byId(id).addEventListener('click', () => {
      const { selected } = phone;
      run(selected, () => operation(selected));
    });
  }
  byId('remove').addEventListener('click', () => {
    phone.remove(phone.selected);
    keep(phone);
    byId(phone.selected ? 'remove' : 'add-account').focus();
  });
  byId('add-account').addEventListener('click', () => {
    openAccountDialog({
      title: 'Add an account',
      note: phone.server === null ? 'The registrar in this page knows this one.' : '',
      values: nextValues(phone),
      onSave: (values, register) => saved(phone.add(values), register),
    });
  });
  byId('edit').addEventListener('click', () => {
    const account = phone.selected;
    openAccountDialog({
      title: 'Edit the account',
      values: account.values,
      onSave(values, register) {
        account.edit(values);
        saved(account, register);
      },
    });
  });
}

/**
 * The buttons that take text out of the page.
 *
 * @param {() => string} ladderText the messages as text
 */
export function watchExports(transcript, ladderText, draw) {
  byId('copy').addEventListener('click', ({ target }) => copyFrom(target, ladderText()));
  byId('download').addEventListener('click', () => download('sip-messages.txt', ladderText()));
  byId('clear').addEventListener('click', () => {
    transcript.clear();
    clearLadder();
    draw();
  });
  byId('copy-code').addEventListener('click', ({ target }) => {
    copyFrom(target, byId('code').textContent);
  });
}
