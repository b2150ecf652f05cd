// How Kamailio finds out that a WebSocket still lives, and what a client makes of its verdict.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Device } from './device.mjs';
import { alice, startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;

// Each mostly waits, for whole seconds of Kamailio's clock.
describe('ping frames', { concurrency: true }, () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio({ WEBSOCKET_IDLE: 1 });
  });
  after(() => kamailio?.stop());

  test('Q-04: answered, the flow stays', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio, { socket: { autoPong: false } });
    const registration = await device.client.register(alice);
    const [webSocket] = device.webSockets;
    for (let pings = 1; pings <= 3; pings++) {
      const [data] = await once(webSocket, 'ping');
      // Kamailio notes that it waits for a pong only when the ping is out: a
      // faster one it misses.
      await delay(50);
      webSocket.pong(data);
    }
    await registration.refresh();
    assert.equal(device.client.stats.connects, 1);
    assert.deepEqual(device.statuses, [401, 200, 200]);
    assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
  });

  test('Q-04, OB-05: unanswered, the flow is cut and replaced', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio, {
      socket: { autoPong: false },
      reconnect: { baseMs: 20, maxMs: 200 },
    });
    const registration = await device.client.register({
      aor: 'sip:bob@example.com',
      credentials: { password: users.bob },
    });
    await once(registration, 'registered');
    assert.equal(device.client.stats.connects, 2);
    assert.deepEqual(device.statuses, [401, 200, 200]);
    assert.deepEqual(await kamailio.contacts('bob'), [registration.info.contact]);
  });
});
