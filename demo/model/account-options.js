/** The fields of an account's form, all strings as typed. */
export const emptyValues = {
  aor: '',
  password: '',
  username: '',
  expires: '',
  registrar: '',
  displayName: '',
  supported: '',
  headers: '',
};

/**
 * What was typed as options of createRegistration(). What was left empty is left to the library's defaults, and so is
 * every check but the one of the header lines' shape.
 *
 * @throws {TypeError} with `option`, as the library does
 */
export function optionsOf(values) {
  const { aor, password, username, expires, registrar, displayName, supported, headers } = values;
  return {
    aor,
    ...(displayName && { displayName }),
    ...(registrar && { registrar }),
    credentials: { ...(username && { username }), password },
    ...(expires && { expires: Number(expires) }),
    ...(supported && { supported: supported.split(/[\s,]+/).filter(Boolean) }),
    ...(headers && { headers: headersOf(headers) }),
  };
}

function headersOf(text) {
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
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** True when the two differ in nothing but what a registration can change while it lives. */
export function sameIdentity(one, other) {
  const identity = (values) =>
    JSON.stringify({ ...emptyValues, ...values, password: '', username: '', expires: '' });
  return identity(one) === identity(other);
}
