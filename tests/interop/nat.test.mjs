// Kamailio that writes the source address into the Contact URI (nathelper).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { Caller } from './caller.mjs';
import { Device } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;
let kamailio;

before(async () => {
  kamailio = await startKamailio({ CONTACT_ALIAS: true, ALGORITHM: '"SHA-256"' });
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

for (const [name, options] of [
  ['by instance and reg-id', {}],
  ['by URI equality', { outbound: false, gruu: false }],
]) {
  test(
    `Q-02, BND-01: our Contact comes back with an alias, known ${name}`,
    { timeout },
    async (t) => {
      const device = await Device.create(t, kamailio);
      const warnings = [];
      const registration = device.client.createRegistration({ ...alice, ...options });
      registration.addEventListener('warning', ({ detail }) => warnings.push(detail));
      await registration.register();
      const [contact] = await kamailio.contacts('alice');
      assert.match(contact, /;transport=ws;alias=127\.0\.0\.1~\d+~5$/);
      const [binding] = registration.info.bindings;
      assert.equal(binding.uri, contact);
      assert.equal(binding.own, true);

      const caller = await Caller.connect(t, kamailio);
      assert.equal(await caller.ask('OPTIONS', alice.aor), 200);
      await registration.refresh();
      assert.deepEqual(await kamailio.contacts('alice'), [contact]);
      assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
      assert.deepEqual(await kamailio.contacts('alice'), []);
      assert.deepEqual(warnings, []);
    },
  );
}

test('Q-02, OB-05: the alias of a new flow replaces the old one', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio, { reconnect: { baseMs: 20, maxMs: 200 } });
  const registration = await device.client.register(alice);
  const [before] = await kamailio.contacts('alice');
  const registeredAgain = once(registration, 'registered');
  await kamailio.closeSockets();
  await registeredAgain;
  const contacts = await kamailio.contacts('alice');
  assert.equal(contacts.length, 1);
  assert.notEqual(contacts[0], before);
  const caller = await Caller.connect(t, kamailio);
  assert.equal(await caller.ask('OPTIONS', alice.aor), 200);
});
