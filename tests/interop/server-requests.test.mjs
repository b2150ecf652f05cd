// What callers get from a client that only registers.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Caller } from './caller.mjs';
import { Device, header } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

test(
  'UAS-01, UAS-02, WS-17: requests that Kamailio forwards are answered',
  { timeout },
  async (t) => {
    const device = await Device.create(t, kamailio);
    const registration = await device.client.register(alice);
    const caller = await Caller.connect(t, kamailio);
    assert.equal(await caller.ask('OPTIONS', alice.aor), 200);
    assert.equal(await caller.ask('INVITE', alice.aor), 480);
    assert.equal(await caller.ask('NOTIFY', alice.aor), 481);
    assert.equal(await caller.ask('MESSAGE', alice.aor), 405);

    const [options] = device.received.filter((message) => message.startsWith('OPTIONS '));
    assert.equal(options.split(' ')[1], registration.info.contact);
    const [answer] = device.sent.filter((message) => message.startsWith('SIP/2.0 200 '));
    assert.match(header(answer, 'To'), /;tag=.+/);
    assert.ok(header(answer, 'Allow'));
    assert.equal(registration.state, 'registered');
  },
);

test('a client that has left is not found', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register(alice);
  const caller = await Caller.connect(t, kamailio);
  assert.equal(await caller.ask('OPTIONS', alice.aor), 200);
  await registration.unregister();
  assert.equal(await caller.ask('OPTIONS', alice.aor), 404);
});
