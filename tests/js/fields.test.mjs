// Names that cross between the bridge and js/src: both sides must have the same numbers.
import { readFileSync } from 'node:fs';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const headers = ['bindings/fields.h', 'output.h', 'options.h', 'status.h']
  .map((name) => read(name.includes('/') ? name : `core/include/sipreg/${name}`))
  .join('\n')
  .replace(/\/\/.*/g, '');
const source = read('js/src/fields.ts').replace(/\/\*[^]*?\*\//g, '');
const session = read('js/src/session.ts');

const camelCase = (name) =>
  name.replace(/_$/, '').replace(/_([a-z\d])/g, (_, letter) => letter.toUpperCase());

/** Names and numbers of an enumeration in either language. */
function enumeration(text, pattern) {
  const [, body] = pattern.exec(text);
  let next = 0;
  return body
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean)
    .map((each) => {
      const [name, value] = each.split(/\s*=\s*/);
      const number = value === undefined ? next : Number(value);
      next = number + 1;
      return [camelCase(name), number];
    });
}
const inHeaders = (name) =>
  enumeration(headers, new RegExp(`enum class ${name}\\b[^{]*\\{([^}]*)\\}`));
const inSource = (name) => enumeration(source, new RegExp(`const enum ${name} \\{([^}]*)\\}`));

test.each([
  ['Field', 'Field'],
  ['OutputKind', 'OutputKind'],
  ['CallKind', 'CallKind'],
  ['CommandError', 'Error'],
  ['FailureCode', 'FailureCode'],
])('enum %s is the core’s %s', (ours, theirs) => {
  expect(inSource(ours)).toEqual(inHeaders(theirs));
  expect(inSource(ours).length).toBeGreaterThan(4);
});

test.each([
  ['registrationStates', 'RegistrationState'],
  ['connectionStates', 'ConnectionState'],
  ['refreshPolicies', 'RefreshPolicy'],
  ['reconnectPolicies', 'ReconnectPolicy'],
  ['keepAliveMethods', 'KeepAliveMethod'],
  ['challengePolicies', 'ChallengePolicy'],
])('the list %s is the core’s %s', (ours, theirs) => {
  const [, body] = new RegExp(`${ours}[^=]*= \\[([^\\]]*)\\]`).exec(source);
  const names = [...body.matchAll(/'([^']*)'/g)].map(([, name]) => name);
  expect(names.map((name) => camelCase(name.replaceAll('-', '_')))).toEqual(
    inHeaders(theirs).map(([name]) => name),
  );
  expect(names.length).toBeGreaterThan(1);
});

test('the algorithms are the core’s, in its order', () => {
  const text = read('core/src/auth/challenge.cpp');
  const [, body] = /algorithms: readonly DigestAlgorithm\[\] = \[([^\]]*)\]/.exec(source);
  const names = [...body.matchAll(/'([^']*)'/g)].map(([, name]) => name);
  const places = names.map((name) => text.indexOf(`"${name}"`));
  expect(places.every((place) => place >= 0)).toBe(true);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(names).toHaveLength(6);
});

/** Byte offsets of a struct's members where pointers, sizes and u32 are four bytes, double eight. */
function layout(text, name) {
  const [, body] = new RegExp(`struct ${name} \\{([^]*?)\\n\\};`).exec(text.replace(/\/\/.*/g, ''));
  const offsets = new Map();
  let offset = 0;
  for (const [, type, member] of body.matchAll(
    /([\w:*]+(?: ?const)?[\w: *]*?)\s(\w+)(?:\s*=[^;]*)?;/g,
  )) {
    const statistics = type.includes('Statistics');
    const size = type.trim() === 'double' ? 8 : 4;
    offset = Math.ceil(offset / size) * size;
    offsets.set(camelCase(member), offset);
    offset += statistics ? 20 : size;
  }
  return offsets;
}

test.each([
  ['Record', 'bindings/record_writer.h'],
  ['Outbox', 'bindings/bridge.h'],
])('the offsets of %s are those of the struct', (name, file) => {
  const offsets = layout(read(file), name);
  const statistics = ['framesIn', 'framesOut', 'dropped', 'connects', 'registers'];
  const members = enumeration(
    session.replace(/\/\/.*/g, ''),
    new RegExp(`const enum ${name} \\{([^}]*)\\}`),
  ).filter(([member]) => member !== 'size');
  for (const [member, offset] of members) {
    const place = statistics.indexOf(member);
    const expected = place < 0 ? offsets.get(member) : offsets.get('statistics') + 4 * place;
    expect([member, offset]).toEqual([member, expected]);
  }
  expect(members.length).toBeGreaterThan(8);
});
