// Client-initiated connections (RFC 5626): what the registrar confirms, what it
// keeps when a flow is lost, and what becomes of servers that know nothing of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Caller } from './caller.mjs';
import { Device, header } from './device.mjs';
import { alice, startEdge, startKamailio } from './kamailio.mjs';
import { Relay } from './relay.mjs';

const timeout = 30_000;
const instanceId = 'urn:uuid:0d4ab5a6-7b57-4a0a-8d3c-6c1d9a5f2e10';
const reconnect = { baseMs: 20, maxMs: 200 };

describe('Kamailio that supports outbound', () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio();
  });
  beforeEach(() => kamailio.clear());
  after(() => kamailio?.stop());

  test(
    'OB-01, OB-02, OB-04: the flow is confirmed and kept with its names',
    { timeout },
    async (t) => {
      const device = await Device.create(t, kamailio, { instanceId });
      const { info } = await device.client.register({ ...alice, outbound: { regId: 7 } });
      assert.equal(info.outbound, true);
      const answer = device.received.at(-1);
      assert.match(header(answer, 'Require'), /\boutbound\b/);
      assert.equal(header(answer, 'Flow-Timer'), '25');
      const [binding] = await kamailio.bindings('alice');
      assert.equal(binding.Instance, `<${instanceId}>`);
      assert.equal(binding['Reg-Id'], 7);
    },
  );

  test('OB-04: a client that does not ask for it registers without', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const { info } = await device.client.register({ ...alice, outbound: false });
    assert.equal(info.outbound, false);
    assert.deepEqual(await kamailio.contacts('alice'), [info.contact]);
    const [binding] = await kamailio.bindings('alice');
    assert.equal(binding['Reg-Id'], 0);
  });

  for (const [name, options] of [
    ['OB-05: one binding after five lost connections, reached on the last flow', {}],
    ['REG-14: the same without outbound and GRUU', { outbound: false, gruu: false }],
  ]) {
    test(name, { timeout }, async (t) => {
      const relay = await Relay.open(t, kamailio);
      const device = await Device.create(t, kamailio, { server: relay.url, reconnect });
      const registration = await device.client.register({ ...alice, ...options });
      const [first] = await kamailio.bindings('alice');
      const caller = await Caller.connect(t, kamailio);

      for (let lost = 1; lost <= 5; lost++) {
        const registeredAgain = once(registration, 'registered');
        relay.cut();
        await registeredAgain;
        assert.equal(device.client.stats.connects, lost + 1);
        const bindings = await kamailio.bindings('alice');
        assert.equal(bindings.length, 1);
        const [binding] = bindings;
        for (const name of ['Address', 'Call-ID', 'Instance', 'Reg-Id']) {
          assert.equal(binding[name], first[name], name);
        }
        assert.notEqual(binding.Received, first.Received);
        assert.equal(await caller.ask('OPTIONS', alice.aor), 200);
      }
      assert.equal(registration.state, 'registered');
      // Cached credentials go ahead: one REGISTER for each flow.
      assert.deepEqual(
        device.statuses.filter((status) => status === 401),
        [401],
      );
    });
  }

  test('OB-05: a WebSocket that the server closes is a lost flow too', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio, { reconnect });
    const registration = await device.client.register(alice);
    const [contact] = await kamailio.contacts('alice');
    const registeredAgain = once(registration, 'registered');
    assert.equal(await kamailio.closeSockets(), 1);
    await registeredAgain;
    assert.equal(device.client.stats.connects, 2);
    assert.equal(registration.info.contact, contact);
    assert.deepEqual(await kamailio.contacts('alice'), [contact]);
  });
});

test('OB-04: Kamailio without outbound', { timeout }, async (t) => {
  const kamailio = await startKamailio({ OUTBOUND_MODE: 0, FLOW_TIMER: 0 });
  t.after(() => kamailio.stop());
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  assert.equal(registration.info.outbound, false);
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
  await registration.refresh();
  assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('OB-03, RSP-12: Kamailio that requires outbound', { timeout }, async (t) => {
  const kamailio = await startKamailio({ OUTBOUND_MODE: 2 });
  t.after(() => kamailio.stop());
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  assert.equal(registration.info.outbound, true);
  assert.deepEqual((await registration.query()).length, 1);
  await registration.unregister();

  // Switched off by the application, so it is not to be switched on for it.
  const without = device.client.createRegistration({ ...alice, outbound: false });
  await assert.rejects(without.register(), { code: 'rejected', status: 421, retryable: false });
  assert.equal(without.state, 'failed');
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('RSP-11: 420 to outbound registers without it', { timeout }, async (t) => {
  const kamailio = await startKamailio({ UNSUPPORTED: '"outbound"' });
  t.after(() => kamailio.stop());
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  assert.deepEqual(device.statuses, [420, 401, 200]);
  assert.equal(registration.info.outbound, false);
  await registration.refresh();
  assert.deepEqual(device.statuses.slice(3), [200]);
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
});

describe('Kamailio behind an edge proxy', () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio();
  });
  beforeEach(() => kamailio.clear());
  after(() => kamailio?.stop());

  /** A client of an edge with these definitions. */
  async function deviceBehindEdge(t, definitions) {
    const edge = await startEdge(kamailio, definitions);
    t.after(() => edge.stop());
    return Device.create(t, edge, { reconnect });
  }

  test('PTH-01, OB-04: the Path is told, and requests come down it', { timeout }, async (t) => {
    const device = await deviceBehindEdge(t, { OUTBOUND: true });
    const registration = await device.client.register(alice);
    const { info } = registration;
    assert.equal(info.outbound, true);
    assert.equal(info.path.length, 1);
    assert.match(info.path[0], /^<sip:[^>]+;lr;ob>$/);
    const [binding] = await kamailio.bindings('alice');
    assert.equal(binding.Path, info.path[0]);

    const caller = await Caller.connect(t, kamailio);
    assert.equal(await caller.ask('OPTIONS', alice.aor), 200);
    assert.equal(await caller.ask('OPTIONS', info.pubGruu), 200);
    await registration.refresh();
    assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });

  test('RSP-15: 439 registers without a flow, and goes on so', { timeout }, async (t) => {
    const device = await deviceBehindEdge(t, {});
    const registration = await device.client.register(alice);
    assert.deepEqual(device.statuses, [401, 439, 200]);
    assert.equal(registration.info.outbound, false);
    assert.equal(registration.info.path.length, 1);
    assert.equal(header(device.registers.at(-1), 'Supported'), 'path, gruu');
    const [binding] = await kamailio.bindings('alice');
    assert.equal(binding['Reg-Id'], 0);

    await registration.refresh();
    assert.deepEqual(device.statuses.slice(3), [200]);
    assert.equal((await kamailio.bindings('alice')).length, 1);
  });

  test('RSP-11: a 420 that no repair mends ends after one more try', { timeout }, async (t) => {
    const device = await deviceBehindEdge(t, { HIDES_PATH: true });
    const registration = device.client.createRegistration(alice);
    await assert.rejects(registration.register(), { code: 'rejected', status: 420 });
    assert.deepEqual(device.statuses, [401, 420, 420]);
    assert.equal(registration.state, 'failed');
  });
});
