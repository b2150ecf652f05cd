// One registration over several flows (RFC 5626), through the package.
import { accept, alice, createWorld, header } from './world.mjs';

const server = ['wss://a.example.com/ws', 'wss://b.example.com/ws'];

async function start(outbound = { flows: 2 }) {
  const world = await createWorld({ server });
  const registration = world.client.createRegistration({ ...alice, outbound });
  const done = registration.register();
  return { ...world, sockets: world.sockets, registration, done };
}

test('OB-07 two flows: two sockets, two reg-ids, one account', async () => {
  const { client, sockets, registration, done } = await start();
  expect(sockets.map(({ url }) => url)).toEqual(server);
  expect(registration.flows).toEqual([
    { regId: 1, url: server[0], connected: false, expiresAt: null },
    { regId: 2, url: server[1], connected: false, expiresAt: null },
  ]);
  for (const [i, socket] of sockets.entries()) {
    socket.open();
    expect(header(socket.last, 'Contact')).toContain(`;reg-id=${i + 1};`);
    socket.receive(accept(socket.last));
  }
  await done;
  expect(registration.state).toBe('registered');
  expect(registration.flows.map(({ connected }) => connected)).toEqual([true, true]);
  expect(registration.flows.map(({ expiresAt }) => expiresAt)).toEqual(
    Array(2).fill(registration.expiresAt),
  );
  await client.close();
});

test('OB-07 one lost flow leaves the account registered, and comes back by itself', async () => {
  const { client, clock, sockets, registration, done } = await start();
  for (const socket of sockets) {
    socket.open();
    socket.receive(accept(socket.last));
  }
  await done;
  await clock.advance(60_000);
  sockets[1].finish(1006);
  expect(registration.state).toBe('registered');
  expect(client.connectionState).toBe('connected');
  expect(registration.flows[1].connected).toBe(false);
  await clock.advance(2_000);
  expect(sockets).toHaveLength(3);
  sockets[2].open();
  expect(header(sockets[2].last, 'Contact')).toContain(';reg-id=2;');
  sockets[2].receive(accept(sockets[2].last));
  expect(registration.flows[1].connected).toBe(true);
  await client.close();
});

test('OB-07 a registration with one flow tells of its own, whatever the others do', async () => {
  const { client, clock, sockets, done } = await start();
  const single = client.createRegistration({ ...alice, aor: 'sip:bob@example.com' });
  const registered = single.register();
  for (const socket of sockets) {
    socket.open();
    for (const frame of socket.sent) socket.receive(accept(frame));
  }
  await Promise.all([done, registered]);
  const [expected] = single.flows;
  expect(expected).toMatchObject({ url: server[0], connected: true });
  await clock.advance(60_000);
  const seen = [];
  client.addEventListener('connectionchange', ({ detail }) => seen.push(detail.state));
  sockets[0].finish(1006);
  expect(client.connectionState).toBe('connected');
  expect(seen).toEqual([]);
  expect(single.flows).toEqual([{ ...expected, connected: false }]);
  sockets[1].finish(1006);
  expect(single.flows[0].url).toBe(server[0]);
  // Its connection takes the other server when its own fails.
  await clock.advance(2_000);
  const own = sockets.slice(2).find(({ url }) => url === server[0]);
  own.finish(1006);
  expect(sockets.at(-1).url).toBe(server[1]);
  sockets.at(-1).open();
  expect(single.flows[0]).toMatchObject({ url: server[1], connected: true });
  await client.close();
  expect(single.flows[0].connected).toBe(false);
});

test('OB-02 registrations of one account take reg-ids that are free', async () => {
  const { client } = await createWorld();
  const [first, second] = [1, 2].map(() => client.createRegistration(alice));
  const other = client.createRegistration({ ...alice, aor: 'sip:bob@example.com' });
  expect([first, second, other].map(({ flows }) => flows[0].regId)).toEqual([1, 2, 1]);
  await client.close();
});
