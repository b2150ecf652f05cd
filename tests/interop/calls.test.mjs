// Calls of JsSIP and SIP.js over the connections of sipreg, through Kamailio.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { JsSipPhone, SipJsPhone, talk } from '../stacks/stacks.mjs';
import { Device } from './device.mjs';
import { startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;
const uris = ['sip:alice@example.com', 'sip:bob@example.com'];
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

async function start(t, Phone, registration, user) {
  const phone = new Phone(registration, { password: users[user] });
  t.after(() => phone.stop());
  await phone.start();
  return phone;
}

/** alice with JsSIP and bob with SIP.js, each on a connection of their own or both on one. */
async function createPhones(t, { together = false } = {}) {
  const devices = [await Device.create(t, kamailio, { reconnect: { baseMs: 100 } })];
  devices.push(
    together ? devices[0] : await Device.create(t, kamailio, { reconnect: { baseMs: 100 } }),
  );
  const register = (device, user) =>
    device.client.register({
      aor: `sip:${user}@example.com`,
      credentials: { password: users[user] },
    });
  const registrations = [await register(devices[0], 'alice'), await register(devices[1], 'bob')];
  const [alice, bob] = registrations;
  const phones = [
    await start(t, JsSipPhone, alice, 'alice'),
    await start(t, SipJsPhone, bob, 'bob'),
  ];
  return { devices, registrations, phones };
}

const callIds = (device) =>
  new Set(device.registers.map((message) => /^Call-ID: (.*)\r$/m.exec(message)[1]));

for (const together of [false, true]) {
  const how = together ? 'over one connection' : 'over two connections';
  for (const [name, caller] of [
    ['JsSIP calls SIP.js', 0],
    ['SIP.js calls JsSIP', 1],
  ]) {
    test(`API-12 ${name} ${how}`, { timeout }, async (t) => {
      const { devices, registrations, phones } = await createPhones(t, { together });
      const callee = 1 - caller;
      for (const who of [0, 1]) {
        const call = await talk(phones[caller], phones[callee], uris[callee]);
        await call[who].hangUp();
        await Promise.all(call.map(({ log }) => log.once('ended')));
        assert.deepEqual(call[0].log.words, ['ringing', 'answered', 'ended']);
      }
      // Nobody but sipreg has registered, with one Call-ID for each account.
      for (const device of devices) assert.equal(callIds(device).size, together ? 2 : 1);
      for (const user of ['alice', 'bob']) {
        assert.equal((await kamailio.contacts(user)).length, 1);
      }
      assert.deepEqual(
        registrations.map(({ state }) => state),
        ['registered', 'registered'],
      );
    });
  }
}

test('a call outlives the connections that it was made over', { timeout }, async (t) => {
  const { devices, registrations, phones } = await createPhones(t);
  const call = await talk(phones[0], phones[1], uris[1]);
  for (const device of devices) device.webSockets.at(-1).terminate();
  await Promise.all(phones.map(({ log }) => log.once('disconnected true')));
  await Promise.all(registrations.map((each) => each.whenRegistered()));
  await phones[1].ua.reconnect();
  assert.equal(phones[0].ua.isConnected(), true);
  await call[0].hangUp();
  await Promise.all(call.map(({ log }) => log.once('ended')));
  assert.deepEqual(
    devices.map(({ webSockets }) => webSockets.length),
    [2, 2],
  );

  const next = await talk(phones[1], phones[0], uris[0]);
  await next[1].hangUp();
  await next[0].log.once('ended');
});

test('who stops leaves the shared connection to the other', { timeout }, async (t) => {
  const { devices, registrations, phones } = await createPhones(t, { together: true });
  phones[0].stop();
  const status = await phones[1].message(uris[0], 'Are you there?');
  assert.equal(status, 405); // sipreg answers for whom nobody does
  await phones[1].stop();
  assert.equal(devices[0].webSockets.length, 1);
  assert.equal(devices[0].webSockets[0].readyState, 1);
  assert.deepEqual(
    registrations.map(({ state }) => state),
    ['registered', 'registered'],
  );
});
