// Keep-alives and the host's events, through the package.
import { reply } from '../../dist/testing.js';
import { accept, createWorld, turn } from './world.mjs';

const ping = '\r\n\r\n';

afterEach(() => {
  for (const each of watched.splice(0)) each();
});
const watched = [];

/** Gives the global scope events, as pages and workers have them, until the test is over. */
function giveEvents() {
  const target = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener']) {
    globalThis[name] = target[name].bind(target);
    watched.push(() => delete globalThis[name]);
  }
  return (type, init = {}) => target.dispatchEvent(Object.assign(new Event(type), init));
}

test('OB-10 a ping goes out after 95 to 120 s, and its answer is no frame to the application', async () => {
  const world = await createWorld();
  const registration = await world.registered({ expires: 3600 });
  await world.clock.advance(94_999);
  expect(world.socket.pings).toBe(0);
  await world.clock.advance(25_001);
  expect(world.socket.pings).toBe(1);
  expect(registration.state).toBe('registered');
  await world.client.close();
});

test('OB-10 keepAlive: false sends none, intervalMs sets the time', async () => {
  for (const [keepAlive, pings] of [
    [false, 0],
    [{ intervalMs: 20_000 }, 5],
  ]) {
    const world = await createWorld({ keepAlive });
    await world.registered({ expires: 3600 });
    await world.clock.advance(109_000);
    expect(world.socket.pings).toBe(pings);
    await world.client.close();
  }
});

test('OB-11 fault 14 a server that answered before and is silent loses its socket', async () => {
  const world = await createWorld({ keepAlive: { intervalMs: 20_000, pongTimeoutMs: 3_000 } });
  const registration = await world.registered({ expires: 3600 });
  await world.clock.advance(21_000);
  const { socket } = world;
  socket.answersPings = false;
  await world.clock.advance(21_999);
  expect(registration.state).toBe('registered');
  await world.clock.advance(2_001);
  expect(socket.closes).toEqual([1000]);
  expect(world.sockets).toHaveLength(2);
  world.socket.open();
  world.socket.receive(accept(world.socket.last));
  expect(registration.state).toBe('registered');
  await world.client.close();
});

test('OB-11 the method options asks by OPTIONS', async () => {
  const world = await createWorld({ keepAlive: { intervalMs: 20_000, method: 'options' } });
  await world.registered({ expires: 3600 });
  await world.clock.advance(20_000);
  expect(world.socket.last).toMatch(/^OPTIONS sip:example\.com SIP\/2\.0\r\n/);
  const { dropped } = world.client.stats;
  world.socket.receive(reply(world.socket.last, 200));
  expect(world.client.stats.dropped).toBe(dropped);
  await world.client.close();
});

test('API-03 wake() proves an open socket within 5 s, or replaces it', async () => {
  const world = await createWorld();
  const registration = await world.registered({ expires: 3600 });
  const { socket } = world;
  world.client.wake();
  expect(registration.state).toBe('refreshing');
  await world.clock.advance(5_000);
  expect(socket.closes).toEqual([1000]);
  await world.client.close();
});

test('API-03 offline delays the next attempt to the cap, online ends the wait', async () => {
  const tell = giveEvents();
  const world = await createWorld();
  const registration = await world.registered({ expires: 3600 });
  await world.clock.advance(60_000);
  tell('offline');
  world.socket.finish(1006);
  expect(registration.state).toBe('waiting');
  expect(registration.retryAt).toBe(world.clock.wall + 30_000);
  await world.clock.advance(29_999);
  expect(world.sockets).toHaveLength(1);
  tell('online');
  expect(world.sockets).toHaveLength(2);
  await world.client.close();
});

test('fault 79 a page out of the back/forward cache takes its sockets for lost', async () => {
  const tell = giveEvents();
  const world = await createWorld();
  const registration = await world.registered({ expires: 3600 });
  await world.clock.advance(60_000);
  const { socket } = world;
  tell('pageshow', { persisted: true });
  await turn();
  expect(socket.closes).toEqual([1000]);
  expect(world.sockets).toHaveLength(2);
  world.socket.open();
  world.socket.receive(accept(world.socket.last));
  expect(registration.state).toBe('registered');
  expect(world.socket.sent).not.toContain(ping);
  await world.client.close();
});

test('fault 79 fault 80 a socket that is being opened is left alone', async () => {
  const tell = giveEvents();
  const world = await createWorld();
  const registration = await world.registered({ expires: 3600 });
  await world.clock.advance(60_000);
  for (let i = 0; i < 100; i += 1) tell('pageshow', { persisted: true });
  expect(world.sockets).toHaveLength(2);
  expect(registration.state).toBe('connecting');
  await world.client.close();
});
