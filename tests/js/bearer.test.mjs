// Bearer tokens (RFC 8898) and push (RFC 8599), as the application sees them.
import { jest } from '@jest/globals';
import { reply } from '../../dist/testing.js';
import { accept, createWorld, header, turn } from './world.mjs';

const row =
  'Bearer realm="example.com", scope="sip register", authz_server="https://login.example.com", error="invalid_token"';

const ask = (frame) => reply(frame, 401, 'Unauthorized', { 'WWW-Authenticate': row });

async function start(credentials, options) {
  const world = await createWorld(options);
  const registration = world.client.createRegistration({
    aor: 'sip:alice@example.com',
    credentials,
  });
  const done = registration.register();
  done.catch(() => {});
  world.socket.open();
  world.socket.receive(ask(world.socket.last));
  await turn();
  return { ...world, socket: world.socket, registration, done };
}

test('TOK-01 TOK-02 a function is told who asks, and its token is sent', async () => {
  const credentials = jest.fn(() => ({ token: 'token-marker' }));
  const { client, socket, done } = await start(credentials);
  expect(credentials).toHaveBeenCalledTimes(1);
  expect(credentials.mock.calls[0][0]).toEqual({
    scheme: 'Bearer',
    realm: 'example.com',
    proxy: false,
    scope: 'sip register',
    authzServer: 'https://login.example.com',
    error: 'invalid_token',
  });
  expect(header(socket.last, 'Authorization')).toBe('Bearer token-marker');
  socket.receive(accept(socket.last));
  expect((await done).auth).toEqual({ scheme: 'Bearer', realm: 'example.com', mutual: false });
  await client.close();
});

test('TOK-06 a token that ends is asked for again before the refresh', async () => {
  let count = 0;
  const asked = [];
  const credentials = (info) => {
    asked.push(info.previous);
    count += 1;
    return { token: `token-${count}`, ...(count === 1 && { expiresAt: 1_700_000_100_000 }) };
  };
  const { client, clock, socket, registration, done } = await start(credentials);
  socket.receive(accept(socket.last));
  await done;
  await clock.advance(95_000);
  const refreshed = registration.refresh();
  await turn();
  expect(asked).toEqual([undefined, 'expired']);
  expect(socket.sent).toHaveLength(3);
  expect(header(socket.last, 'Authorization')).toBe('Bearer token-2');
  socket.receive(accept(socket.last));
  await refreshed;
  await client.close();
});

test('TOK-04 a token given for ws: to another host stays here', async () => {
  const { client, socket, done } = await start(
    { token: 'token-marker' },
    { server: 'ws://edge.example.com/ws', allowInsecure: true },
  );
  await expect(done).rejects.toMatchObject({ code: 'auth-failed', status: 401 });
  await expect(done).rejects.toThrow(/wss:/);
  expect(socket.sent).toHaveLength(1);
  await client.close();
});

test.each([
  [
    '*;+sip.pns="webpush";+sip.vapid="BAbc";+sip.pnsreg="130"',
    { accepted: true, vapid: 'BAbc', pnsreg: 130 },
  ],
  ['*;+sip.pns="fcm"', { accepted: false }],
])('PN-03 PN-04 FC-01 info.push says what %s promises', async (caps, push) => {
  const world = await createWorld();
  const registration = world.client.createRegistration({
    aor: 'sip:alice@example.com',
    push: { provider: 'webpush', prid: 'https://push.example.net/1' },
  });
  const done = registration.register();
  world.socket.open();
  world.socket.receive(accept(world.socket.last, { 'Feature-Caps': caps }));
  expect((await done).push).toEqual(push);
  await world.client.close();
});

test('PN-03 without push there is no info.push', async () => {
  const world = await createWorld();
  const registration = await world.registered();
  expect(registration.info).not.toHaveProperty('push');
  await world.client.close();
});
