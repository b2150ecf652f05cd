import { emptyValues } from '../model/account-options.js';
import { fieldOf } from '../text/explain.js';
import { byId } from './dom.js';
import { clearFieldErrors, prepareFields, showFieldError } from './fields.js';

const dialog = byId('account-dialog');
const form = byId('account');
const fields = [...form.querySelectorAll('input, textarea')];

prepareFields(fields);

function typedValues() {
  const typed = fields.map((field) => [
    field.name,
    field.name === 'password' ? field.value : field.value.trim(),
  ]);
  return { ...emptyValues, ...Object.fromEntries(typed) };
}

let save = null;

/**
 * Opens the form of an account.
 *
 * @param {{title: string, note?: string, values: object, onSave(values: object, register: boolean): void}} options
 *   what onSave() throws with an `option` is shown at its field, and the dialog stays open
 */
export function openAccountDialog({ title, note = '', values, onSave }) {
  byId('dialog-title').textContent = title;
  byId('dialog-note').textContent = note;
  byId('dialog-note').hidden = note === '';
  clearFieldErrors(fields);
  for (const field of fields) field.value = values[field.name] ?? '';
  const folded = [...byId('extras').querySelectorAll('input, textarea')];
  byId('extras').open = folded.some((field) => field.value !== '');
  save = onSave;
  dialog.showModal();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  clearFieldErrors(fields);
  try {
    save(typedValues(), event.submitter !== byId('save'));
    dialog.close();
  } catch (error) {
    // What concerns no field is said at the first.
    const field = fields.find(({ name }) => error.option && name === fieldOf(error.option));
    showFieldError(field ?? fields[0], error);
  }
});

byId('cancel').addEventListener('click', () => dialog.close());
