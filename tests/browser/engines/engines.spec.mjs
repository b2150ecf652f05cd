import { expect, test } from './fixtures.mjs';
import { strictPolicy } from './stage.mjs';

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

  test(`a ${place} that may not use WebAssembly is told so (fault 103)`, async ({ play }) => {
    const report = await play('unsupported', place, "default-src 'self'; script-src 'self'");
    const refused = { name: 'RegistrationError', code: 'unsupported', says: true };
    expect(report.saw).toEqual([refused, refused]);
  });
}

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
