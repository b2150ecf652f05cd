// The Kamailio configuration of docs/servers.md, as its readers start it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { blocksOf } from '../docs/blocks.mjs';
import { Caller } from './caller.mjs';
import { Device } from './device.mjs';
import { startKamailio } from './kamailio.mjs';

const timeout = 30_000;
const account = { aor: 'sip:alice@example.com', credentials: { password: 'secret' } };

let directory;
let kamailio;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sipreg-page-'));
  const { text } = blocksOf('docs/servers.md').find(({ language }) => language === 'kamailio');
  const cfg = join(directory, 'kamailio.cfg');
  assert.ok(text.includes('\nlisten=tcp:127.0.0.1:5066\n'));
  await writeFile(cfg, text.replace(':5066', ':PORT'));
  kamailio = await startKamailio({}, { cfg });
});
after(async () => {
  await kamailio?.stop();
  await rm(directory, { recursive: true, force: true });
});

test('a device registers, refreshes in one round trip and unregisters', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const registration = device.client.createRegistration({
    ...account,
    digest: { algorithms: ['SHA-256'], requireMutual: true },
  });
  const warnings = [];
  registration.addEventListener('warning', ({ detail }) => warnings.push(detail.code));
  const info = await registration.register();
  assert.equal(info.auth.mutual, true);
  assert.equal(info.outbound, true);
  assert.ok(info.pubGruu);
  assert.equal(info.expires, 600);
  await registration.refresh();
  assert.deepEqual(device.statuses, [401, 200, 200]);
  assert.deepEqual(await registration.unregister(), { sent: true, confirmed: true });
  assert.deepEqual(await registration.query(), []);
  assert.deepEqual(warnings, []);
});

test('requests reach who is registered, and nobody else', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  await device.client.register(account);
  const caller = await Caller.connect(t, kamailio);
  assert.equal(await caller.ask('OPTIONS', account.aor), 200);
  assert.equal(await caller.ask('OPTIONS', 'sip:bob@example.com'), 404);
});

test('a wrong password and an unknown user are refused', { timeout }, async (t) => {
  const device = await Device.create(t, kamailio);
  const wrong = device.client.register({ ...account, credentials: { password: 'wrong' } });
  await assert.rejects(wrong, { code: 'auth-failed', status: 401 });
  const unknown = device.client.register({ ...account, aor: 'sip:mallory@example.com' });
  await assert.rejects(unknown, { code: 'auth-failed', status: 401 });
});
