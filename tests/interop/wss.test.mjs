// Over TLS, with a certificate of the test's own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { sipreg } from '../js/cli-process.mjs';
import { createCertificate } from './certificate.mjs';
import { Device, header } from './device.mjs';
import { alice, startKamailio } from './kamailio.mjs';

const timeout = 30_000;
let certificate;
let kamailio;

before(async () => {
  certificate = await createCertificate();
  kamailio = await startKamailio({}, { certificate });
});
after(async () => {
  await kamailio?.stop();
  await certificate?.remove();
});

/** A client of the TLS port; `socket`: what it trusts. */
const create = (t, socket = { ca: certificate.pem }) =>
  Device.create(t, kamailio, {
    server: kamailio.secureUrl,
    socket,
    reconnect: { baseMs: 20, maxMs: 200 },
  });

test('WS-07, WS-08: a life over wss', { timeout }, async (t) => {
  const device = await create(t);
  const registration = await device.client.register(alice);
  assert.match(header(device.registers[0], 'Via'), /^SIP\/2\.0\/WSS [0-9a-z]+\.invalid;/);
  assert.match(registration.info.contact, /;transport=ws$/);
  const [binding] = await kamailio.bindings('alice');
  assert.equal(binding.Address, registration.info.contact);
  assert.match(binding.Socket, /^tls:/);
  assert.equal(registration.info.outbound, true);

  await registration.refresh();
  const registeredAgain = once(registration, 'registered');
  assert.equal(await kamailio.closeSockets(), 1);
  await registeredAgain;
  assert.equal((await registration.query()).length, 1);
  assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

test('REG-16: a sips address registers a sips Contact', { timeout }, async (t) => {
  const device = await create(t);
  const registration = await device.client.register({ ...alice, aor: 'sips:alice@example.com' });
  assert.match(device.registers[0], /^REGISTER sips:example\.com SIP/);
  assert.match(registration.info.contact, /^sips:/);
  assert.deepEqual(await kamailio.contacts('alice'), [registration.info.contact]);
  await registration.unregister();
  assert.deepEqual(await kamailio.contacts('alice'), []);
});

for (const [name, socket, code] of [
  ['nobody trusts', () => ({}), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [
    'is for another name',
    () => ({ ca: certificate.pem, servername: 'elsewhere.example.com' }),
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
]) {
  test(`SEC-01: a certificate that ${name} is refused`, { timeout }, async (t) => {
    const device = await create(t, socket());
    const registration = device.client.createRegistration(alice);
    await assert.rejects(registration.register(), { code: 'transport', retryable: true });
    assert.deepEqual([...new Set(device.errors)], [code]);
    assert.equal(device.registers.length, 0);
    assert.deepEqual(await kamailio.contacts('alice'), []);
  });
}

test(
  'the command line trusts the authority whose file NODE_EXTRA_CA_CERTS names, and no other',
  { timeout },
  async () => {
    const env = { SIPREG_PASSWORD: alice.credentials.password };
    const trusting = { ...env, NODE_EXTRA_CA_CERTS: certificate.certificate };
    const where = [kamailio.secureUrl, '--aor', alice.aor, '--timeout', '10'];
    const refused = await sipreg(['register', ...where], { env });
    assert.equal(refused.status, 1);
    assert.equal(refused.stdout, '');
    assert.deepEqual(await kamailio.contacts('alice'), []);

    const registered = await sipreg(['register', ...where], { env: trusting });
    assert.equal(registered.status, 0, registered.stderr);
    assert.match(registered.stdout, /^Registered sip:alice@/);
    assert.equal((await kamailio.contacts('alice')).length, 1);
    const ended = await sipreg(['unregister', ...where, '--all'], { env: trusting });
    assert.equal(ended.status, 0, ended.stderr);
    assert.deepEqual(await kamailio.contacts('alice'), []);
  },
);
