import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { createClient } from '../../dist/index.js';
import { authorization, Device, header } from './device.mjs';
import { startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;
const instanceId = 'urn:uuid:0d4ab5a6-7b57-4a0a-8d3c-6c1d9a5f2e10';
const alice = {
  aor: 'sip:alice@example.com',
  credentials: { password: users.alice },
  expires: 300,
};
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

test('register: the binding is held as the information says', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { instanceId });
  const sentAt = Date.now();
  const registration = await device.client.register(alice);
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
  assert.equal(device.registers.length, 2);

  assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
  assert.equal(info.bindings.length, 1);
  const [binding] = info.bindings;
  assert.equal(binding.own, true);
  assert.equal(binding.uri, info.contact);
  assert.equal(binding.expires, 300);
  assert.equal(binding.instanceId, instanceId);
  assert.equal(binding.regId, 1);
});

test('register: GRUUs and outbound are confirmed', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { instanceId });
  const { info } = await device.client.register(alice);
  assert.equal(info.outbound, true);
  assert.equal(info.pubGruu, `sip:alice@example.com;gr=${instanceId}`);
  assert.match(info.tempGruu, /^sip:.+@example\.com;gr$/);
});

test('query: another client sees the binding, not as its own', { timeout }, async (t) => {
  const holder = await Device.create(t, kamailio, { instanceId });
  const { info } = await holder.client.register(alice);

  const observer = await Device.create(t, kamailio);
  const bindings = await observer.client.createRegistration(alice).query();
  assert.deepEqual(
    bindings.map(({ uri, instanceId, regId, own }) => ({ uri, instanceId, regId, own })),
    [{ uri: info.contact, instanceId, regId: 1, own: false }],
  );
  assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
});

test('query: nothing is bound', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  assert.deepEqual(await device.client.createRegistration(alice).query(), []);
});

test('refresh: one round trip, the nonce count rises', { timeout }, async (t) => {
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

test('a second device has a binding of its own beside the first', { timeout }, async (t) => {
  const [desk, mobile] = [await Device.create(t, kamailio), await Device.create(t, kamailio)];
  const atDesk = await desk.client.register(alice);
  const onMobile = await mobile.client.register(alice);

  const own = (bindings) => bindings.filter((binding) => binding.own).map(({ uri }) => uri);
  assert.equal(onMobile.info.bindings.length, 2);
  assert.deepEqual(own(onMobile.info.bindings), [onMobile.info.contact]);
  const bindings = await atDesk.query();
  assert.equal(bindings.length, 2);
  assert.deepEqual(own(bindings), [atDesk.info.contact]);
  assert.deepEqual(
    (await kamailio.contacts('alice')).sort(),
    [atDesk.info.contact, onMobile.info.contact].sort(),
  );

  await atDesk.unregister();
  assert.deepEqual(await kamailio.contacts('alice'), [onMobile.info.contact]);
});

test('unregister: the binding is gone', { timeout }, async (t) => {
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

test('unregister({ all }): no device is left', { timeout }, async (t) => {
  const [desk, mobile] = [await Device.create(t, kamailio), await Device.create(t, kamailio)];
  await desk.client.register(alice);
  const onMobile = await mobile.client.register(alice);
  assert.deepEqual(await onMobile.unregister({ all: true }), { sent: true, confirmed: true });
  assert.equal(header(mobile.registers.at(-1), 'Contact'), '*');
  assert.equal(onMobile.state, 'unregistered');
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('unregister({ all }) needs no registration first', { timeout }, async (t) => {
  const lost = await Device.create(t, kamailio);
  (await lost.client.register(alice)).remove();
  assert.equal((await kamailio.contacts('alice')).length, 1);

  const device = await Device.create(t, kamailio);
  const registration = device.client.createRegistration(alice);
  assert.deepEqual(await registration.unregister({ all: true }), { sent: true, confirmed: true });
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

for (const [name, options] of [
  ['a wrong password', { ...alice, credentials: { password: 'looking-glass' } }],
  ['an unknown user', { ...alice, aor: 'sip:mallory@example.com' }],
]) {
  test(`${name}: auth-failed after two REGISTERs`, { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const registration = device.client.createRegistration(options);
    await assert.rejects(registration.register(), (error) => {
      assert.equal(error.name, 'RegistrationError');
      assert.equal(error.code, 'auth-failed');
      assert.equal(error.status, 401);
      assert.equal(error.retryable, false);
      assert.ok(!error.message.includes(options.credentials.password));
      return true;
    });
    assert.equal(device.registers.length, 2);
    assert.equal(header(device.registers[0], 'Authorization'), undefined);
    assert.ok(header(device.registers[1], 'Authorization'));
    assert.equal(registration.state, 'failed');
    assert.equal(registration.retryAt, null);
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });
}

test('client.register() leaves nothing behind after a failure', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  await assert.rejects(
    device.client.register({ ...alice, credentials: { password: 'looking-glass' } }),
    { code: 'auth-failed' },
  );
  assert.deepEqual(device.client.registrations, []);
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test("another user's credentials: rejected with 403", { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = device.client.createRegistration({
    ...alice,
    credentials: { username: 'bob', password: users.bob },
  });
  await assert.rejects(registration.register(), { code: 'rejected', status: 403 });
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('too short a lifetime: 423 is answered with Min-Expires', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const { info } = await device.client.register({ ...alice, expires: 30 });
  assert.equal(info.expires, 60);
  assert.ok(device.received.some((message) => message.startsWith('SIP/2.0 423 ')));
  assert.equal(device.registers.length, 3);
});

test('too long a lifetime: what is granted counts', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const { info } = await device.client.register({ ...alice, expires: 86_400 });
  assert.equal(info.expires, 1800);
});

test('two accounts share one connection', { timeout }, async (t) => {
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

test('a socket that the server closes: the same binding on a new flow', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { reconnect: { baseMs: 20, maxMs: 200 } });
  const registration = await device.client.register(alice);
  const [contact] = await kamailio.contacts('alice');

  const registeredAgain = once(registration, 'registered');
  assert.equal(await kamailio.closeSockets(), 1);
  await registeredAgain;
  assert.equal(device.client.stats.connects, 2);
  assert.equal(registration.info.contact, contact);
  assert.deepEqual(await kamailio.contacts('alice'), [contact]);
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
