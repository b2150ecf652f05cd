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

  test('the server proves that it knows the password', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const warnings = [];
    const registration = device.client.createRegistration({
      ...alice,
      digest: { requireMutual: true },
    });
    registration.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
    await registration.register();
    assert.equal(registration.info.auth.mutual, true);

    // Kamailio gives the nonce in use as nextnonce: its count goes on.
    assert.equal(nextNonce(device.received.at(-1)), authorization(device.registers[1], 'nonce'));
    await registration.refresh();
    assert.equal(device.registers.length, 3);
    assert.equal(authorization(device.registers[2], 'nc'), '00000002');
    assert.deepEqual(warnings, []);
  });
});

describe('Kamailio that takes each nonce once', () => {
  for (const [name, definitions, requests] of [
    ['a refresh is challenged again and succeeds', {}, 2],
    ['nextnonce saves that', { AUTHENTICATION_INFO: true }, 1],
  ]) {
    test(name, { timeout }, async (t) => {
      const kamailio = await startKamailio({ ONE_TIME_NONCE: true, ...definitions });
      t.after(() => kamailio.stop());
      const device = await Device.create(t, kamailio);
      const registration = await device.client.register(alice);
      const next = nextNonce(device.received.at(-1));
      await registration.refresh();
      const refreshes = device.registers.slice(2);
      assert.equal(refreshes.length, requests);
      const last = refreshes.at(-1);
      assert.notEqual(authorization(last, 'nonce'), authorization(device.registers[1], 'nonce'));
      if (next !== undefined) assert.equal(authorization(last, 'nonce'), next);
      assert.equal(authorization(last, 'nc'), '00000001');
      await registration.unregister();
      assert.deepEqual(await kamailio.contacts('alice'), []);
    });
  }
});

function nextNonce(response) {
  return /nextnonce="([^"]+)"/.exec(header(response, 'Authentication-Info') ?? '')?.[1];
}
