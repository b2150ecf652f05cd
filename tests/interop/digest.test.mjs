import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { authorization, Device, header } from './device.mjs';
import { startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;
const alice = { aor: 'sip:alice@example.com', credentials: { password: users.alice } };

describe('Kamailio that challenges with SHA-256', () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio({ ALGORITHM: '"SHA-256"' });
  });
  after(() => kamailio?.stop());

  test('register and refresh with SHA-256', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const registration = await device.client.register(alice);
    assert.equal(registration.info.auth.algorithm, 'SHA-256');
    assert.match(authorization(device.registers[1], 'response'), /^[0-9a-f]{64}$/);

    await registration.refresh();
    assert.equal(device.registers.length, 3);
    assert.equal(authorization(device.registers[2], 'nc'), '00000002');
    await registration.unregister();
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });

  test('H(A1) in place of the password', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const ha1 = createHash('sha256').update(`alice:example.com:${users.alice}`).digest('hex');
    const registration = await device.client.register({
      ...alice,
      credentials: { realm: 'example.com', ha1: { 'SHA-256': ha1 } },
    });
    assert.equal(registration.info.auth.algorithm, 'SHA-256');
    await registration.unregister();
  });

  test('a client that allows only MD5 fails and sends no credentials', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const registration = device.client.createRegistration({
      ...alice,
      digest: { algorithms: ['MD5'] },
    });
    await assert.rejects(registration.register(), { code: 'auth-failed', status: 401 });
    assert.equal(registration.state, 'failed');
    assert.equal(device.registers.length, 1);
    for (const message of device.sent) assert.equal(header(message, 'Authorization'), undefined);
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });
});

describe('Kamailio that sends Authentication-Info', () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio({ AUTHENTICATION_INFO: true });
  });
  after(() => kamailio?.stop());

  test('the server proves itself, nextnonce saves a round trip', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const warnings = [];
    const registration = device.client.createRegistration({
      ...alice,
      digest: { requireMutual: true },
    });
    registration.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
    await registration.register();
    assert.equal(registration.info.auth.mutual, true);

    const next = /nextnonce="([^"]+)"/.exec(
      header(device.received.at(-1), 'Authentication-Info'),
    )[1];
    await registration.refresh();
    assert.equal(device.registers.length, 3);
    assert.equal(authorization(device.registers[2], 'nonce'), next);
    assert.equal(authorization(device.registers[2], 'nc'), '00000001');
    assert.deepEqual(warnings, []);
  });
});
