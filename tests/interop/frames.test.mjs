import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Device } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;

test('Q-04, WS-04: an answer that is no UTF-8 comes in a binary frame', { timeout }, async (t) => {
  const kamailio = await startKamailio({ LATIN_1: true });
  t.after(() => kamailio.stop());
  const device = await Device.create(t, kamailio);
  const { info } = await device.client.register(alice);
  assert.deepEqual(device.binary, [false, true]);
  assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
  const [, place] = info.response.headers.find(([name]) => name === 'P-Place');
  assert.match(place, /^Z.+rich$/);
});

test('WS-05: what we send as UTF-8 comes back in text frames', { timeout }, async (t) => {
  const kamailio = await startKamailio();
  t.after(() => kamailio.stop());
  const device = await Device.create(t, kamailio);
  const { info } = await device.client.register({ ...alice, displayName: 'Zoë "Ω" \\' });
  assert.deepEqual(device.binary, [false, false]);
  assert.ok(device.received[1].includes('From: "Zoë \\"Ω\\" \\\\" <sip:alice@example.com>'));
  assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
});
