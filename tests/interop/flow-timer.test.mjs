// Defects of Kamailio itself that a client meets in the field.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Device } from './device.mjs';
import { startKamailio, users } from './kamailio.mjs';

test('a Flow-Timer of three digits, whose line ends in CR NUL', { timeout: 30_000 }, async (t) => {
  const kamailio = await startKamailio({ FLOW_TIMER: 120 });
  t.after(() => kamailio.stop());
  const device = await Device.create(t, kamailio);
  const registration = await device.client.register({
    aor: 'sip:alice@example.com',
    credentials: { password: users.alice },
  });
  // This is about the defect only as long as Kamailio has it.
  assert.ok(device.received.some((message) => message.includes('Flow-Timer: 120\r\0')));
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
  assert.equal(registration.info.expires, 600);
});
