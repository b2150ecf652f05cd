// One of two servers dies; a server stands still with its connections open.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Device } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;

async function start(t) {
  const kamailio = await startKamailio();
  t.after(() => kamailio.stop());
  return kamailio;
}

// The frozen ones mostly wait.
describe('outages', { concurrency: true }, () => {
  test('WS-19: the second server takes over when the first dies', { timeout }, async (t) => {
    const [first, second] = [await start(t), await start(t)];
    const device = await Device.create(t, first, { server: [first.url, second.url] });
    const registration = await device.client.register(alice);
    assert.deepEqual(await first.contacts('alice'), [registration.info.contact]);

    const registeredAgain = once(registration, 'registered');
    await first.kill();
    await registeredAgain;
    assert.deepEqual(await second.contacts('alice'), [registration.info.contact]);
    assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
    assert.deepEqual(await second.contacts('alice'), []);
  });

  test('WS-19: a server that is down at first is passed over', { timeout }, async (t) => {
    const [first, second] = [await start(t), await start(t)];
    await first.kill();
    const device = await Device.create(t, first, { server: [first.url, second.url] });
    const registration = await device.client.register(alice);
    assert.deepEqual(await second.contacts('alice'), [registration.info.contact]);
  });

  test('Q-22: an answer that comes after Timer F changes nothing', { timeout }, async (t) => {
    const kamailio = await start(t);
    const device = await Device.create(t, kamailio, { transactionTimeoutMs: 1_000 });
    const registration = await device.client.register(alice);
    kamailio.freeze();
    await assert.rejects(registration.refresh({ expires: 120 }), {
      code: 'timeout',
      retryable: true,
    });
    assert.equal(registration.bound, true);
    assert.equal(registration.state, 'waiting');
    const { dropped } = device.client.stats;

    kamailio.thaw();
    while (device.statuses.length < 3) await once(device.webSockets[0], 'message');
    assert.equal(device.client.stats.dropped, dropped + 1);
    assert.equal(registration.state, 'waiting');
    // The user need not wait for the retry.
    assert.equal((await registration.refresh({ expires: 180 })).expires, 180);
    assert.equal(device.client.stats.connects, 1);
    const bindings = await kamailio.bindings('alice');
    assert.equal(bindings.length, 1);
    assert.ok(bindings[0].Expires > 170 && bindings[0].Expires <= 180);
  });

  test('TSX-11: a server that stays silent is left and found again', { timeout }, async (t) => {
    const kamailio = await start(t);
    const device = await Device.create(t, kamailio, {
      transactionTimeoutMs: 1_000,
      connectTimeoutMs: 1_000,
    });
    const registration = await device.client.register(alice);
    kamailio.freeze();
    await assert.rejects(registration.refresh(), { code: 'timeout' });
    await once(device.webSockets[0], 'close');
    assert.equal(registration.bound, true);
    while (device.webSockets.length < 2) await once(device.client, 'connectionchange');

    kamailio.thaw();
    await registration.register();
    assert.equal(registration.state, 'registered');
    assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
    await registration.refresh();
    assert.equal((await kamailio.bindings('alice')).length, 1);
  });
});
