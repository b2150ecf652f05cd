import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { authorization, Device, header } from './device.mjs';
import { alice, startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;

describe('Kamailio that challenges with MD5', () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio();
  });
  after(() => kamailio?.stop());

  for (const [name, options] of [
    ['DIG-15: a wrong password', { ...alice, credentials: { password: 'looking-glass' } }],
    ['DIG-15: an unknown user', { ...alice, aor: 'sip:mallory@example.com' }],
  ]) {
    test(`${name}: auth-failed after two REGISTERs`, { timeout }, async (t) => {
      const device = await Device.create(t, kamailio);
      const registration = device.client.createRegistration(options);
      await assert.rejects(registration.register(), (error) => {
        assert.equal(error.name, 'RegistrationError');
        assert.equal(error.code, 'auth-failed');
        assert.equal(error.status, 401);
        assert.equal(error.retryable, false);
        assert.ok(!error.message.includes(options.credentials.password));
        return true;
      });
      assert.equal(device.registers.length, 2);
      assert.equal(header(device.registers[0], 'Authorization'), undefined);
      assert.ok(header(device.registers[1], 'Authorization'));
      assert.equal(registration.state, 'failed');
      assert.equal(registration.retryAt, null);
      assert.deepEqual(await kamailio.contacts('alice'), []);
    });
  }

  test('SEC-04: an answer with MD5 is warned of', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const warnings = [];
    const registration = device.client.createRegistration(alice);
    registration.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
    await registration.register();
    await registration.refresh();
    assert.deepEqual(warnings, ['weak-digest']);
    await registration.unregister();
  });

  test('a password that is set right afterwards', { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const registration = device.client.createRegistration({
      ...alice,
      credentials: { password: 'looking-glass' },
    });
    await assert.rejects(registration.register(), { code: 'auth-failed' });
    registration.setCredentials(alice.credentials);
    await registration.register();
    assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
    await registration.unregister();
  });

  test("RSP-06: another user's credentials are refused with 403", { timeout }, async (t) => {
    const device = await Device.create(t, kamailio);
    const registration = device.client.createRegistration({
      ...alice,
      credentials: { username: 'bob', password: users.bob },
    });
    await assert.rejects(registration.register(), { code: 'rejected', status: 403 });
    assert.deepEqual(device.statuses, [401, 403]);
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });
});

describe('Kamailio that challenges with SHA-256', () => {
  let kamailio;
  before(async () => {
    kamailio = await startKamailio({ ALGORITHM: '"SHA-256"' });
  });
  after(() => kamailio?.stop());

  test('DIG-04, DIG-19: register and refresh with SHA-256', { timeout }, async (t) => {
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

  test('DIG-28: H(A1) in place of the password', { timeout }, async (t) => {
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
    kamailio = await startKamailio({ AUTHENTICATION_INFO: true, ALGORITHM: '"SHA-256"' });
  });
  after(() => kamailio?.stop());

  test('DIG-20, DIG-21: the server proves that it knows the password', { timeout }, async (t) => {
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
    ['DIG-17, Q-06: a refresh is challenged again and succeeds', {}, 2],
    ['DIG-20, Q-06: nextnonce saves that', { AUTHENTICATION_INFO: true }, 1],
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

const isChallenge = (message) => message.startsWith('SIP/2.0 401 ');

for (const [name, definitions] of [
  ['DIG-16: stale=true', { SAYS_STALE: true }],
  ['DIG-17: another nonce without stale', {}],
]) {
  test(`${name}, after 255 uses`, { timeout }, async (t) => {
    const kamailio = await startKamailio(definitions);
    t.after(() => kamailio.stop());
    const device = await Device.create(t, kamailio);
    const registration = await device.client.register(alice);
    for (let count = 2; count <= 260; count++) await registration.refresh();
    const challenges = device.received.filter(isChallenge);
    assert.equal(challenges.length, 2);
    assert.equal(/stale=true/.test(challenges[1]), 'SAYS_STALE' in definitions);
    // 255 uses, the one that was refused, and five of the next nonce.
    const counts = device.registers.map((message) => authorization(message, 'nc'));
    assert.deepEqual(counts.slice(-7), [
      ...['000000ff', '00000100', '00000001', '00000002', '00000003', '00000004', '00000005'],
    ]);
    await registration.unregister();
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });

  test(`${name}, because the old one has ended`, { timeout }, async (t) => {
    const kamailio = await startKamailio({ ...definitions, NONCE_EXPIRE: 1, MIN_EXPIRES: 1 });
    t.after(() => kamailio.stop());
    const device = await Device.create(t, kamailio);
    const registration = await device.client.register({ ...alice, expires: 5 });
    const [{ detail: info }] = await once(registration, 'refreshed');
    assert.equal(info.expires, 5);
    assert.deepEqual(device.statuses, [401, 200, 401, 200]);
    const challenge = device.received.filter(isChallenge)[1];
    assert.equal(/stale=true/.test(challenge), 'SAYS_STALE' in definitions);
    assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
  });
}

function nextNonce(response) {
  return /nextnonce="([^"]+)"/.exec(header(response, 'Authentication-Info') ?? '')?.[1];
}
