import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createClient } from '../../dist/index.js';
import { authorization, Device, header } from './device.mjs';
import { alice, startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;
const instanceId = 'urn:uuid:0d4ab5a6-7b57-4a0a-8d3c-6c1d9a5f2e10';
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

test('BND-01, BND-02: the binding is held as the information says', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { instanceId });
  const sentAt = Date.now();
  const registration = await device.client.register({ ...alice, expires: 300 });
  const { info } = registration;

  assert.equal(registration.state, 'registered');
  assert.equal(registration.bound, true);
  assert.equal(info.expires, 300);
  const lateMs = info.expiresAt - (sentAt + 300_000);
  assert.ok(lateMs >= 0 && lateMs < 10_000, `expiresAt is ${lateMs} ms off`);
  assert.equal(info.response.status, 200);
  assert.deepEqual(info.auth, {
    scheme: 'Digest',
    algorithm: 'MD5',
    realm: 'example.com',
    mutual: false,
  });
  assert.deepEqual(device.statuses, [401, 200]);

  assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
  assert.equal(info.bindings.length, 1);
  const [binding] = info.bindings;
  assert.equal(binding.own, true);
  assert.equal(binding.uri, info.contact);
  assert.equal(binding.expires, 300);
  assert.equal(binding.instanceId, instanceId);
  assert.equal(binding.regId, 1);
});

test('REG-04, REG-05, DIG-19: a refresh takes one round trip', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  const first = device.registers.at(-1);
  assert.equal(authorization(first, 'nc'), '00000001');

  for (const [nc, expires] of [
    ['00000002', 300],
    ['00000003', 200],
  ]) {
    const before = device.registers.length;
    const info = await registration.refresh({ expires });
    assert.equal(device.registers.length, before + 1);
    assert.equal(info.expires, expires);
    const [previous, refresh] = device.registers.slice(-2);
    assert.equal(authorization(refresh, 'nc'), nc);
    assert.equal(authorization(refresh, 'nonce'), authorization(first, 'nonce'));
    assert.equal(header(refresh, 'Call-ID'), header(previous, 'Call-ID'));
    assert.equal(
      Number.parseInt(header(refresh, 'CSeq')),
      Number.parseInt(header(previous, 'CSeq')) + 1,
    );
    assert.equal(info.contact, registration.info.contact);
  }
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
});

test('UNR-01, UNR-03: the binding is gone after unregister', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  const before = device.registers.length;
  assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
  assert.equal(device.registers.length, before + 1);
  assert.equal(registration.state, 'unregistered');
  assert.equal(registration.bound, false);
  assert.deepEqual(await kamailio.contacts('alice'), []);
  assert.deepEqual(await registration.query(), []);

  await registration.register();
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
});

test('client.register() leaves nothing behind after a failure', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  await assert.rejects(
    device.client.register({ ...alice, credentials: { password: 'looking-glass' } }),
    { code: 'auth-failed' },
  );
  assert.deepEqual(device.client.registrations, []);
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('API-12: two accounts share one connection', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const [first, second] = await Promise.all([
    device.client.register(alice),
    device.client.register({
      aor: 'sip:bob@example.com',
      credentials: { password: users.bob },
    }),
  ]);
  assert.deepEqual(await kamailio.contacts('alice'), [first.info.contact]);
  assert.deepEqual(await kamailio.contacts('bob'), [second.info.contact]);
  assert.equal(device.client.stats.connects, 1);
});

test('close({ unregister }) removes the binding', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  await device.client.register(alice);
  await device.client.close({ unregister: true });
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('the default socket of this Node reaches Kamailio', { timeout }, async () => {
  const client = await createClient({ server: kamailio.url, storage: null });
  try {
    const { info } = await client.register(alice);
    assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
  } finally {
    await client.close();
  }
});
