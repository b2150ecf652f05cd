/** The realm, the digest algorithms and the accounts of the registrar that comes with the page, and of the one that demo/server.mjs opens. */
export const realm = 'sipreg demo';
export const algorithms = ['SHA-256', 'MD5'];

const domain = 'example.com';
const names = ['demo', 'alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'];
const password = 'demo-password';

/** Passwords by user name, as createTestRegistrar() takes them. */
export const users = Object.fromEntries(names.map((name) => [name, password]));

export const addresses = names.map((name) => `sip:${name}@${domain}`);

/** The password of one of these accounts; '' for any other address. */
export function passwordOf(aor) {
  return addresses.includes(aor) ? password : '';
}
