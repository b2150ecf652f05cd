import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { Device, header } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(async () => {
  await kamailio.clear();
  await kamailio.set('min_expires', 60);
  await kamailio.set('max_expires', 1800);
});
after(() => kamailio?.stop());

/** The lifetimes that the REGISTERs asked for, oldest first. */
const asked = (device) => device.registers.map((message) => header(message, 'Expires'));

test('BND-02, BND-04: the refresh follows a grant below what was asked', { timeout }, async (t) => {
  await kamailio.set('min_expires', 1);
  await kamailio.set('max_expires', 6);
  const device = await Device.create(t, kamailio);
  const sentAt = Date.now();
  const registration = await device.client.register({ ...alice, expires: 3600 });
  assert.equal(registration.info.expires, 6);
  assert.ok(registration.expiresAt <= sentAt + 7_000);
  const { refreshAt } = registration;
  assert.ok(refreshAt < registration.expiresAt);

  const [{ detail: info }] = await once(registration, 'refreshed');
  assert.ok(Date.now() >= refreshAt);
  assert.ok(Date.now() < sentAt + 6_000, 'after the binding had ended');
  assert.equal(info.expires, 6);
  assert.deepEqual(device.statuses, [401, 200, 200]);
  // What is granted is no reason to ask for less.
  assert.deepEqual(asked(device), ['3600', '3600', '3600']);
  assert.equal((await kamailio.bindings('alice')).length, 1);
});

test('RSP-13: too short a lifetime goes again with Min-Expires, once', { timeout }, async (t) => {
  await kamailio.set('min_expires', 120);
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register({ ...alice, expires: 30 });
  assert.equal(registration.info.expires, 120);
  assert.deepEqual(device.statuses, [401, 423, 200]);
  assert.deepEqual(asked(device), ['30', '30', '120']);

  const { expires } = await registration.refresh();
  assert.equal(expires, 120);
  assert.deepEqual(device.statuses.slice(3), [200]);
  assert.equal(asked(device).at(-1), '120');
});

test('RSP-13: a minimum that rises costs one round trip more, once', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register({ ...alice, expires: 60 });
  await kamailio.set('min_expires', 200);
  assert.equal((await registration.refresh()).expires, 200);
  assert.equal((await registration.refresh()).expires, 200);
  assert.deepEqual(device.statuses, [401, 200, 423, 200, 200]);
  const [{ Expires }] = await kamailio.bindings('alice');
  assert.ok(Expires > 195 && Expires <= 200, `${Expires} s`);
});

test('RSP-13: a minimum of more than a day is refused', { timeout }, async (t) => {
  await kamailio.set('max_expires', 0);
  await kamailio.set('min_expires', 86_401);
  const device = await Device.create(t, kamailio);
  const registration = device.client.createRegistration(alice);
  await assert.rejects(registration.register(), { code: 'interval', status: 423 });
  assert.deepEqual(device.statuses, [401, 423]);
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('UNR-01: no minimum keeps a client from leaving', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  await kamailio.set('min_expires', 1800);
  assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
  assert.deepEqual(device.statuses, [401, 200, 200]);
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('BND-12: without refreshes both sides see the binding end', { timeout }, async (t) => {
  await kamailio.set('min_expires', 1);
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register({ ...alice, expires: 2, refresh: false });
  assert.equal((await kamailio.bindings('alice')).length, 1);

  const [{ detail }] = await once(registration, 'unregistered');
  assert.deepEqual(detail, { reason: 'expired', confirmed: false });
  assert.equal(registration.bound, false);
  assert.equal(registration.state, 'unregistered');
  assert.deepEqual(device.statuses, [401, 200]);
  // Kamailio counts in whole seconds, and looks once in a second.
  const deadline = Date.now() + 5_000;
  while ((await kamailio.bindings('alice')).length > 0) assert.ok(Date.now() < deadline);
});
