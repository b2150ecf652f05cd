// Kamailio loses power under 200 registrations and comes back with an empty table
// and another secret for its nonces.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import { Device } from './device.mjs';
import { alice, lines, startKamailio, users } from './kamailio.mjs';

const timeout = 60_000;
let kamailio;

beforeEach(async () => {
  kamailio = await startKamailio();
});
afterEach(() => kamailio?.stop());

/** Clients that share the 200 lines: [{ client, registrations }]; nothing is sent yet. */
async function createClients(t, count) {
  const accounts = lines(200);
  const share = accounts.length / count;
  const clients = [];
  for (let first = 0; first < accounts.length; first += share) {
    const { client } = await Device.create(t, kamailio);
    const registrations = accounts
      .slice(first, first + share)
      .map((account) => client.createRegistration(account));
    clients.push({ client, registrations });
  }
  return clients;
}

const all = (clients) => clients.flatMap(({ registrations }) => registrations);

/** Everybody has exactly one binding, the one that the client reports. */
async function assertTable(registrations) {
  const table = await kamailio.table();
  const held = [...table].map(([user, bindings]) => [
    `sip:${user}@example.com`,
    bindings.map(({ Address }) => Address),
  ]);
  const expected = registrations.map(({ aor, info }) => [aor, [info.contact]]);
  assert.deepEqual(new Map(held), new Map(expected));
}

/** Resolves when the client has tried to connect that often, in vain. */
function failedRounds(client, rounds) {
  return new Promise((resolve) => {
    client.addEventListener('connectionchange', ({ detail: { state } }) => {
      if (state === 'connecting') rounds--;
      if (state === 'waiting' && rounds <= 0) resolve();
    });
  });
}

/** How many ms each client means to wait once it has lost its connection. */
function firstWaits(clients) {
  const firstWait = ({ client }) =>
    new Promise((resolve) => {
      client.addEventListener('connectionchange', ({ detail: { state, retryAt } }) => {
        if (state === 'waiting') resolve(retryAt - Date.now());
      });
    });
  return Promise.all(clients.map(firstWait));
}

/** Starts Kamailio again; how many ms later each registration was back, by client. */
async function restart(t, clients) {
  const moments = clients.map(({ registrations }) =>
    registrations.map(async (registration) => {
      await once(registration, 'registered');
      return performance.now();
    }),
  );
  await kamailio.start();
  const startedAt = performance.now();
  assert.equal(kamailio.running, true);
  const times = [];
  for (const own of moments) times.push((await Promise.all(own)).map((at) => at - startedAt));
  print(t, times);
  return times;
}

function print(t, times) {
  const row = (name, own) => {
    const sorted = own.toSorted((a, b) => a - b);
    const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    const cells = [0, 0.5, 0.95, 1].map((share) => `${Math.round(at(share))}`.padStart(8));
    t.diagnostic(`${name.padEnd(12)}${cells.join('')}`);
  };
  t.diagnostic('back after       min  median     p95     max  (ms since Kamailio was up again)');
  if (times.length <= 4) times.forEach((own, number) => row(`client ${number + 1}`, own));
  row(`${times.length} clients`, times.flat());
}

/** Between the first client's return and the last one's. */
function spread(times) {
  const firsts = times.map((own) => Math.min(...own));
  return Math.max(...firsts) - Math.min(...firsts);
}

const code = (promise) =>
  promise.then(
    () => 'resolved',
    (error) => error.code,
  );

test('Q-24: all of four clients come back, spread out, none twice', { timeout }, async (t) => {
  const clients = await createClients(t, 4);
  await Promise.all(all(clients).map((registration) => registration.register()));
  await assertTable(all(clients));
  const [{ client, registrations }] = clients;
  const leaving = await client.register(alice);
  const removed = client.createRegistration({
    aor: 'sip:bob@example.com',
    credentials: { password: users.bob },
  });

  const failed = Promise.all(clients.map(({ client }) => failedRounds(client, 2)));
  const lost = once(client, 'connectionchange');
  const waiting = firstWaits(clients);
  await kamailio.kill();
  await lost;
  const waits = await waiting;
  // Flows so young have not proved themselves: from one second to two each, at random.
  assert.ok(Math.max(...waits) - Math.min(...waits) > 50, `all clients at once: ${waits}`);
  assert.ok(Math.max(...waits) <= 2_000, `${waits}`);

  // What is asked for meanwhile has an outcome.
  const [first, second, third, fourth] = registrations;
  const asked = {
    refresh: code(first.refresh()),
    register: code(second.register({ expires: 300 })),
    query: code(third.query()),
    removeBinding: code(fourth.removeBinding('sip:other@192.0.2.1')),
    removed: code(removed.register()),
  };
  const whenRegistered = fourth.whenRegistered();
  assert.deepEqual(await leaving.unregister(), { sent: false, confirmed: false });
  removed.remove();
  await failed;
  for (const { state, bound } of all(clients)) {
    assert.ok(['connecting', 'waiting'].includes(state), state);
    assert.equal(bound, true);
  }

  const before = clients.map(({ client }) => client.stats.registers);
  const times = await restart(t, clients);
  assert.ok(Math.max(...times.flat()) < 20_000);
  assert.ok(all(clients).every(({ state }) => state === 'registered'));
  await assertTable(all(clients));
  assert.equal(await kamailio.counter('accepted_regs'), 200);
  clients.forEach(({ client, registrations }, number) => {
    // Kamailio does not know the old nonce: 401, then the answer to it.
    assert.equal(client.stats.registers - before[number], 2 * registrations.length);
  });

  assert.deepEqual(await whenRegistered, fourth.info);
  const outcomes = {};
  for (const [name, promise] of Object.entries(asked)) outcomes[name] = await promise;
  assert.deepEqual(outcomes, {
    refresh: 'transport',
    register: 'transport',
    query: 'transport',
    removeBinding: 'transport',
    removed: 'removed',
  });
});

test('Q-24: a quick restart meets twenty clients spread out', { timeout }, async (t) => {
  const clients = await createClients(t, 20);
  await Promise.all(all(clients).map((registration) => registration.register()));
  await kamailio.kill();
  const times = await restart(t, clients);
  assert.ok(spread(times) > 400, `${spread(times)} ms`);
  assert.ok(Math.max(...times.flat()) < 5_000);
  await assertTable(all(clients));
  assert.equal(await kamailio.counter('accepted_regs'), 200);
});

test('killed amid the first 200 REGISTERs: all settle, all come back', { timeout }, async (t) => {
  const clients = await createClients(t, 4);
  const registered = clients[0].registrations[0].whenRegistered();
  const register = (some) => all(some).map((registration) => code(registration.register()));
  const outcomes = register(clients.slice(0, 3));
  await registered;
  // However fast it is, it does not answer those that begin in the turn of its end.
  outcomes.push(...register(clients.slice(3)));
  await kamailio.kill();
  const settled = await Promise.all(outcomes);
  t.diagnostic(`${settled.filter((outcome) => outcome === 'resolved').length} were registered`);
  assert.deepEqual(new Set(settled), new Set(['resolved', 'transport']));
  await restart(t, clients);
  await assertTable(all(clients));
  assert.equal(await kamailio.counter('accepted_regs'), 200);
});
