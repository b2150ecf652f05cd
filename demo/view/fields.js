import { explain } from '../text/explain.js';
import { element, setText } from './dom.js';

/** Shows what the library says about an option at its field, which gets the focus. */
export function showFieldError(field, error) {
  const id = `${field.id}-error`;
  const note = document.getElementById(id) ?? element('p', { class: 'field-error', id });
  setText(note, explain(error, null).detail);
  field.after(note);
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', id);
  const folded = field.closest('details');
  if (folded) folded.open = true;
  field.focus();
}

function clearFieldError(field) {
  document.getElementById(`${field.id}-error`)?.remove();
  field.removeAttribute('aria-invalid');
  field.removeAttribute('aria-describedby');
}

export function clearFieldErrors(fields) {
  for (const field of fields) clearFieldError(field);
}

/** For addresses rather than prose; an error goes when its field is edited. */
export function prepareFields(fields) {
  for (const field of fields) {
    field.spellcheck = false;
    field.setAttribute('autocapitalize', 'off');
    field.addEventListener('input', () => clearFieldError(field));
  }
}
