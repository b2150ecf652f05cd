import { byId, element, setText } from './dom.js';

const form = byId('account');
const fields = [...form.querySelectorAll('input, textarea')];
const kept = 'sipreg-demo-account';

/** The values as typed, by field name. */
export function typedValues() {
  return Object.fromEntries(fields.map((field) => [field.name, field.value.trim()]));
}

/**
 * The form as options of createClient and createRegistration. What was left empty is left to the
 * library's defaults, and so is every check but the one of the header lines' shape.
 *
 * @throws {TypeError} with `option`, as the library does
 */
export function readAccount() {
  const { server, aor, expires, registrar, displayName, supported, headers } = typedValues();
  const username = byId('username').value.trim() || undefined;
  const password = byId('password').value;
  return {
    server,
    aor,
    credentials: { username, password },
    expires: expires === '' ? undefined : Number(expires),
    registrar: registrar || undefined,
    displayName: displayName || undefined,
    supported: supported === '' ? undefined : supported.split(/[\s,]+/).filter(Boolean),
    headers: headers === '' ? undefined : readHeaders(headers),
  };
}

function readHeaders(text) {
  const headers = new Map();
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const colon = line.indexOf(':');
    if (colon < 1) {
      const error = new TypeError(`Write each header as “Name: value”, not “${line.trim()}”.`);
      throw Object.assign(error, { option: 'headers' });
    }
    const name = line.slice(0, colon).trim();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return Object.fromEntries(headers);
}

/** Puts values into the fields: the demo account, then what was typed before a reload. */
export function fillAccount(values) {
  const typed = JSON.parse(sessionStorage.getItem(kept) ?? '{}');
  for (const field of fields) field.value = typed[field.name] ?? values[field.name] ?? '';
  const folded = [...byId('extras').querySelectorAll('input, textarea')];
  byId('extras').open = folded.some((field) => field.value !== '');
}

/** Keeps the form across a reload, without the password. */
export function keepAccount() {
  const { password, ...rest } = typedValues();
  if (password !== undefined) sessionStorage.setItem(kept, JSON.stringify(rest));
}

/** While a registration is wanted only its lifetime can change. */
export function lockAccount(locked) {
  for (const field of fields) field.readOnly = locked && field.name !== 'expires';
  byId('lock-note').hidden = !locked;
}

/** Shows an error at its field; the field itself gets the focus when `focus` is set. */
export function showFieldError(name, message, focus) {
  const field = fields.find((each) => each.name === name);
  if (!field) return false;
  const id = `${name}-error`;
  const note = document.getElementById(id) ?? element('p', { class: 'field-error', id });
  setText(note, message);
  field.after(note);
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', id);
  const folded = field.closest('details');
  if (folded) folded.open = true;
  if (focus) field.focus();
  return true;
}

/** Takes every field's error away. */
export function clearFieldErrors() {
  for (const field of fields) clearFieldError(field);
}

function clearFieldError(field) {
  document.getElementById(`${field.name}-error`)?.remove();
  field.removeAttribute('aria-invalid');
  field.removeAttribute('aria-describedby');
}

for (const field of fields) {
  field.spellcheck = false;
  field.setAttribute('autocapitalize', 'off');
  field.addEventListener('input', () => clearFieldError(field));
}
