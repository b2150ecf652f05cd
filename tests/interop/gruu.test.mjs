// Globally routable user agent URIs (RFC 5627), and where requests to them arrive.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { Caller } from './caller.mjs';
import { Device, header } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;
const instanceId = 'urn:uuid:0d4ab5a6-7b57-4a0a-8d3c-6c1d9a5f2e10';
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

const optionsIn = (device) => device.received.filter((message) => message.startsWith('OPTIONS '));

test('GRU-01: requests to both GRUUs reach the client that learnt them', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { instanceId });
  const other = await Device.create(t, kamailio);
  await other.client.register(alice);
  const { info } = await device.client.register(alice);
  assert.equal(info.pubGruu, `sip:alice@example.com;gr=${instanceId}`);
  assert.match(info.tempGruu, /^sip:[^@]+@example\.com;gr$/);

  const caller = await Caller.connect(t, kamailio);
  assert.equal(await caller.ask('OPTIONS', info.pubGruu), 200);
  assert.equal(await caller.ask('OPTIONS', info.tempGruu), 200);
  assert.equal(optionsIn(device).length, 2);
  assert.equal(optionsIn(other).length, 0);
});

test('GRU-01: each of two clients knows its own', { timeout }, async (t) => {
  const [first, second] = [await Device.create(t, kamailio), await Device.create(t, kamailio)];
  const one = await first.client.register(alice);
  const two = await second.client.register(alice);
  await one.refresh(); // its answer lists both
  assert.equal(one.info.bindings.length, 2);
  for (const registration of [one, two]) {
    const own = registration.info.bindings.find(({ own }) => own);
    assert.equal(registration.info.pubGruu, own.params['pub-gruu']);
    assert.equal(registration.info.tempGruu, own.params['temp-gruu']);
  }
  assert.notEqual(one.info.pubGruu, two.info.pubGruu);
});

test('GRU-02, GRU-03: they stay, and none is ever registered', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { reconnect: { baseMs: 20, maxMs: 200 } });
  const registration = await device.client.register(alice);
  const { pubGruu, tempGruu } = registration.info;

  await registration.refresh();
  const registeredAgain = once(registration, 'registered');
  await kamailio.closeSockets();
  await registeredAgain;
  assert.equal(registration.info.pubGruu, pubGruu);
  assert.equal(registration.info.tempGruu, tempGruu);
  const caller = await Caller.connect(t, kamailio);
  assert.equal(await caller.ask('OPTIONS', tempGruu), 200);

  await registration.unregister();
  await registration.register();
  assert.equal(registration.info.pubGruu, pubGruu);
  assert.notEqual(registration.info.tempGruu, tempGruu);

  const contacts = new Set(
    device.registers.map((message) => /<(.*?)>/.exec(header(message, 'Contact'))[1]),
  );
  assert.deepEqual([...contacts], [registration.info.contact]);
  assert.doesNotMatch(registration.info.contact, /;gr\b/);
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
});

test('GRU-01: a client that wants none gets none', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const { info } = await device.client.register({ ...alice, gruu: false });
  assert.equal(info.pubGruu, undefined);
  assert.equal(info.tempGruu, undefined);
  assert.doesNotMatch(header(device.registers[0], 'Supported'), /gruu/);
});
