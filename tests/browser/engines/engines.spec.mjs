import { blocksOf } from '../../docs/blocks.mjs';
import { expect, test } from './fixtures.mjs';
import { strictPolicy } from './stage.mjs';

/** The header that docs/security.md gives to be copied. */
const [, documentedPolicy] = blocksOf('docs/security.md')
  .map(({ text }) => /^Content-Security-Policy: (.*)$/m.exec(text))
  .find(Boolean);

const woken = { early: true, attempts: 1 };
const back = { connected: true, sameContact: true, held: 1 };

/** What comes out of each scenario; a function where a page and a worker differ. */
const outcomes = {
  register: { state: 'registered', expires: 300, algorithm: 'MD5', held: [true] },
  external: { state: 'registered' },
  refresh: { byItself: 2, expires: 120, state: 'registered' },
  unregister: { sent: true, confirmed: true, state: 'unregistered', held: 0 },
  reconnect: [back, back],
  binary: { state: 200, dropped: 0, binaryIn: 0 },
  wake: (place) => ({
    ...(place === 'page' && { visible: woken, shown: woken, resumed: woken }),
    online: woken,
    called: woken,
  }),
  storm: woken,
  offline: { hadConnections: 1, connections: 1, state: 'registered' },
  sleep: { reason: 'expired', state: 'registered' },
};

for (const place of ['page', 'worker']) {
  for (const [name, outcome] of Object.entries(outcomes)) {
    test(`${name}, in a ${place} with Trusted Types`, async ({ play }) => {
      const saw = typeof outcome === 'function' ? outcome(place) : outcome;
      expect(await play(name, place, strictPolicy)).toEqual({ saw, violations: [] });
    });
  }

  for (const name of ['register', 'external']) {
    test(`${name}, in a ${place} under the policy of docs/security.md`, async ({ play }) => {
      const saw = outcomes[name];
      expect(await play(name, place, documentedPolicy)).toEqual({ saw, violations: [] });
    });
  }

  test(`a ${place} that may not use WebAssembly is told so (fault 103)`, async ({ play }) => {
    const report = await play('unsupported', place, "default-src 'self'; script-src 'self'");
    const refused = { name: 'RegistrationError', code: 'unsupported', says: true };
    expect(report.saw).toEqual([refused, refused]);
  });
}

test('a page that is frozen sends nothing, and one that thaws asks its server', async ({
  play,
}) => {
  const freeze = { sent: 0, state: 'registered' };
  const resume = { sent: 1, state: 'refreshing' };
  const saw = { freeze, resume, reconnected: false };
  expect(await play('frozen', 'page', strictPolicy)).toEqual({ saw, violations: [] });
});

const life = {
  held: [true],
  own: [true],
  algorithm: 'MD5',
  expires: 300,
  sent: true,
  confirmed: true,
  events: [
    'connecting',
    'registering',
    'registered',
    'registered',
    'refreshing',
    'registered',
    'refreshed',
    'unregistering',
    'unregistered',
    'unregistered',
    'removed',
  ],
  state: 'removed',
  connections: 0,
};

/** What comes out of clients whose core is in a worker. */
const hosted = {
  dedicated: life,
  terminated: { code: 'internal', pending: 'internal', states: ['failed', 'closed'] },
  offline: { early: true },
  identity: { shared: false, survives: true },
  shared: life,
  pages: { before: 2, contacts: 2, connections: 1, expires: 600, left: 0 },
};

for (const [name, saw] of Object.entries(hosted)) {
  test(`${name}: a client in a worker, with Trusted Types`, async ({ play }) => {
    expect(await play(name, 'hosted', strictPolicy)).toEqual({ saw, violations: [] });
  });
}

test('a worker whose script is missing is told of at once', async ({ play }) => {
  const { saw } = await play('missing', 'hosted', strictPolicy);
  expect(saw).toMatchObject({ name: 'RegistrationError', code: 'unsupported' });
  expect(saw.message).toContain('its script is missing');
});
