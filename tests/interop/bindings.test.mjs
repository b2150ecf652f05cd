// Several bindings of one address of record: who sees and who removes which.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { Device, header } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;
const instanceId = 'urn:uuid:0d4ab5a6-7b57-4a0a-8d3c-6c1d9a5f2e10';
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(async () => {
  await kamailio.clear();
  await kamailio.set('max_contacts', 0);
});
after(() => kamailio?.stop());

/** Two clients, each registered: [client, registration] each. */
async function twoDevices(t) {
  const [desk, mobile] = [await Device.create(t, kamailio), await Device.create(t, kamailio)];
  return [
    [desk, await desk.client.register(alice)],
    [mobile, await mobile.client.register(alice)],
  ];
}

const contacts = async () => (await kamailio.contacts('alice')).sort();
const uris = (...registrations) => registrations.map(({ info }) => info.contact).sort();
const own = (bindings) => bindings.filter((binding) => binding.own).map(({ uri }) => uri);

test('BND-01, BND-08: each of two devices knows its own binding', { timeout }, async (t) => {
  const [[, atDesk], [, onMobile]] = await twoDevices(t);
  assert.equal(onMobile.info.bindings.length, 2);
  assert.deepEqual(own(onMobile.info.bindings), [onMobile.info.contact]);
  const bindings = await atDesk.query();
  assert.equal(bindings.length, 2);
  assert.deepEqual(own(bindings), [atDesk.info.contact]);
  assert.deepEqual(await contacts(), uris(atDesk, onMobile));

  await atDesk.unregister();
  assert.deepEqual(await contacts(), uris(onMobile));
});

test('BND-08: q and parameters of the Contact are what is listed', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register({
    ...alice,
    contact: { user: 'desk', q: 0.5, uriParams: { floor: '2' } },
  });
  const [binding] = await registration.query();
  assert.match(binding.uri, /^sip:desk@.+\.invalid;transport=ws;floor=2$/);
  assert.equal(binding.q, 0.5);
  assert.equal(binding.own, true);
  const [{ Address, Q }] = await kamailio.bindings('alice');
  assert.equal(Address, binding.uri);
  assert.equal(Number(Q), 0.5);
});

test('UNR-05: a query changes nothing, and needs no registration', { timeout }, async (t) => {
  const holder = await Device.create(t, kamailio, { instanceId });
  const observer = await Device.create(t, kamailio);
  const query = () => observer.client.createRegistration(alice).query();
  assert.deepEqual(await query(), []);

  const { info } = await holder.client.register(alice);
  const bindings = await query();
  assert.deepEqual(
    bindings.map(({ uri, instanceId, regId, own }) => ({ uri, instanceId, regId, own })),
    [{ uri: info.contact, instanceId, regId: 1, own: false }],
  );
  assert.deepEqual(await contacts(), [info.contact]);
});

test('UNR-05: a query that misses our binding registers it again', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  await kamailio.clear();
  const unregistered = once(registration, 'unregistered');
  const registered = once(registration, 'registered');
  assert.deepEqual(await registration.query(), []);
  assert.equal((await unregistered)[0].detail.reason, 'cleared');
  await registered;
  assert.equal(registration.state, 'registered');
  assert.deepEqual(await contacts(), uris(registration));
});

test(
  'REG-14: a refresh leaves the other device alone and restores our own',
  { timeout },
  async (t) => {
    const [[desk, atDesk], [, onMobile]] = await twoDevices(t);
    await kamailio.clear();
    await atDesk.refresh();
    assert.equal(desk.statuses.at(-1), 200);
    assert.deepEqual(await contacts(), uris(atDesk));
    assert.equal(onMobile.bound, true); // it cannot know yet
    await onMobile.refresh();
    assert.deepEqual(await contacts(), uris(atDesk, onMobile));
  },
);

test('removeBinding: one device removes the other, which comes back', { timeout }, async (t) => {
  const [[desk, atDesk], [, onMobile]] = await twoDevices(t);
  const left = await atDesk.removeBinding(onMobile.info.contact);
  assert.deepEqual(
    left.map(({ uri }) => uri),
    [atDesk.info.contact],
  );
  assert.equal(header(desk.registers.at(-1), 'Contact'), `<${onMobile.info.contact}>;expires=0`);
  assert.deepEqual(await contacts(), uris(atDesk));
  assert.equal(atDesk.state, 'registered');

  const registered = once(onMobile, 'registered');
  await onMobile.query();
  await registered;
  assert.deepEqual(await contacts(), uris(atDesk, onMobile));
});

test('UNR-02: unregister({ all }) leaves no device', { timeout }, async (t) => {
  const [[desk, atDesk], [mobile, onMobile]] = await twoDevices(t);
  const neighbour = await mobile.client.register({ ...alice, outbound: { regId: 2 } });
  assert.equal((await contacts()).length, 3);
  const cleared = once(neighbour, 'unregistered');
  assert.deepEqual(await onMobile.unregister({ all: true }), { sent: true, confirmed: true });
  assert.equal(header(mobile.registers.at(-1), 'Contact'), '*');
  assert.equal(header(mobile.registers.at(-1), 'Expires'), '0');
  assert.equal(onMobile.state, 'unregistered');
  assert.deepEqual(await contacts(), []);

  // The registration beside it in the same client knows, the other client cannot.
  assert.equal((await cleared)[0].detail.reason, 'cleared');
  assert.equal(neighbour.state, 'unregistered');
  assert.equal(neighbour.refreshAt, null);
  assert.equal(atDesk.bound, true);
  assert.deepEqual(await atDesk.unregister(), { sent: true, confirmed: true });
  assert.equal(desk.statuses.at(-1), 200);
});

test('unregister({ all }) needs no registration first', { timeout }, async (t) => {
  const lost = await Device.create(t, kamailio);
  (await lost.client.register(alice)).remove();
  assert.equal((await contacts()).length, 1);

  const device = await Device.create(t, kamailio);
  const registration = device.client.createRegistration(alice);
  assert.deepEqual(await registration.unregister({ all: true }), { sent: true, confirmed: true });
  assert.deepEqual(await contacts(), []);
});

test('RSP-09: one device too many waits as long as Kamailio says', { timeout }, async (t) => {
  await kamailio.set('max_contacts', 1);
  await kamailio.set('retry_after', 20);
  const [first, second] = [await Device.create(t, kamailio), await Device.create(t, kamailio)];
  const holder = await first.client.register(alice);
  const registration = second.client.createRegistration(alice);
  const sentAt = Date.now();
  await assert.rejects(registration.register(), {
    code: 'rejected',
    status: 503,
    retryAfter: 20,
    retryable: true,
  });
  assert.equal(registration.state, 'waiting');
  assert.ok(registration.retryAt >= sentAt + 20_000);
  assert.deepEqual(await contacts(), uris(holder));
  // The device that is in may stay in.
  await holder.refresh();
  assert.deepEqual(await contacts(), uris(holder));
});
