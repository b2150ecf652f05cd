import { optionsOf } from '../model/account-options.js';

/** What stands in the code where the secret was typed. */
export const placeholder = 'your password';

function quote(text) {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner}'`;
}

const isName = /^[A-Za-z_$][\w$]*$/;

/** A value as JavaScript, with two more spaces at each level. */
function write(value, indent = '') {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map((each) => write(each)).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const rows = Object.entries(value).map(
    ([name, each]) => `${isName.test(name) ? name : quote(name)}: ${write(each, `${indent}  `)}`,
  );
  const line = `{ ${rows.join(', ')} }`;
  if (indent !== '' && indent.length + line.length < 70 && !line.includes('\n')) return line;
  return `{\n${rows.map((row) => `${indent}  ${row},\n`).join('')}${indent}}`;
}

function safeOptions(values) {
  let options;
  try {
    options = optionsOf(values);
  } catch {
    // Header lines that cannot be read are told in the form.
    options = optionsOf({ ...values, headers: '' });
  }
  return { ...options, credentials: { ...options.credentials, password: placeholder } };
}

function clientCode(server) {
  if (server !== null) return [`const client = await createClient({ server: ${quote(server)} });`];
  return [
    `const registrar = createTestRegistrar({ users }); // { name: password, … }`,
    `const client = await createClient({`,
    `  server: 'wss://registrar.invalid', // not looked at: no network is used`,
    `  webSocket: registrar.webSocket,`,
    `});`,
  ];
}

/** Secrets never get here: neither those typed nor the registrar's. */
function usersCode(accounts) {
  const names = accounts.map(({ credentials, aor }) => {
    return credentials.username ?? aor.replace(/^sips?:/, '').split('@')[0];
  });
  const users = Object.fromEntries(names.map((name) => [name, placeholder]));
  return [`const users = ${write(users)};`];
}

/**
 * The code that does what the page does with these options, ready to be copied, with a placeholder for passwords.
 *
 * @param {string} server null for the registrar in the page
 * @param {object[]} accounts the values of the accounts' forms
 */
export function codeFor(server, accounts) {
  const all = accounts.map(safeOptions);
  const imports = ["import { createClient } from 'sipreg';"];
  if (server === null) imports.push("import { createTestRegistrar } from 'sipreg/testing';");
  return [
    ...imports,
    '',
    ...(server === null ? usersCode(all) : []),
    ...clientCode(server),
    '',
    ...all.map((options) => `client.createRegistration(${write(options)});\n`),
    ...(all.length > 0 ? lifeCode : []),
    '',
  ].join('\n');
}

const lifeCode = [
  'for (const registration of client.registrations) {',
  "  registration.addEventListener('statechange', ({ detail }) => {",
  '    console.log(registration.aor, detail.state);',
  '  });',
  "  registration.addEventListener('retry', ({ detail }) => {",
  '    console.log(registration.aor, detail.error.message, new Date(detail.retryAt));',
  '  });',
  '  const { expires } = await registration.register();',
  '  console.log(registration.aor, `for ${expires} s, refreshed by itself`);',
  '}',
];
