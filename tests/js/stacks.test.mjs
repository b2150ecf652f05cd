// Calls of JsSIP and SIP.js over connections of sipreg, through a proxy in this process.
import { createClient } from '../../dist/index.js';
import { createFakeClock, createTestRegistrar } from '../../dist/testing.js';
import { Exchange } from '../stacks/exchange.mjs';
import { JsSipPhone, SipJsPhone, talk } from '../stacks/stacks.mjs';

const users = { alice: 'secret', bob: 'secret' };
const ended = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

/** The registrar with the proxy in front of it, and clients of it. */
function createNetwork() {
  const clock = createFakeClock();
  const { platform } = clock;
  const registrar = createTestRegistrar({ users, platform });
  const exchange = new Exchange(registrar);
  const { webSocket } = exchange;
  const connect = async () => {
    const client = await createClient({
      server: 'wss://edge.example.com',
      storage: null,
      webSocket,
      platform,
    });
    ended.push(() => client.close());
    return client;
  };
  const register = (client, user) =>
    clock.until(
      client.register({
        aor: `sip:${user}@example.com`,
        credentials: { password: users[user] },
      }),
    );
  return { clock, registrar, exchange, connect, register };
}

async function start(Phone, registration, options) {
  const phone = new Phone(registration, options);
  ended.push(() => phone.stop());
  await phone.start();
  return phone;
}

/** alice with JsSIP and bob with SIP.js, each in a client of their own or both in one. */
async function createPhones({ together = false } = {}) {
  const network = createNetwork();
  const clients = [await network.connect()];
  clients.push(together ? clients[0] : await network.connect());
  const alice = await network.register(clients[0], 'alice');
  const bob = await network.register(clients[1], 'bob');
  network.exchange.log.length = 0;
  const phones = [await start(JsSipPhone, alice), await start(SipJsPhone, bob)];
  return { ...network, clients, registrations: [alice, bob], phones };
}

const uris = ['sip:alice@example.com', 'sip:bob@example.com'];

describe.each([
  ['two clients', false],
  ['two accounts on one connection', true],
])('%s', (_, together) => {
  test.each([
    ['JsSIP calls SIP.js', 0],
    ['SIP.js calls JsSIP', 1],
  ])('API-12 %s, whichever hangs up', async (_name, caller) => {
    const { phones, exchange, registrations } = await createPhones({ together });
    const callee = 1 - caller;
    for (const who of [0, 1]) {
      exchange.log.length = 0;
      const call = await talk(phones[caller], phones[callee], uris[callee]);
      await call[who].hangUp();
      await Promise.all(call.map(({ log }) => log.once('ended')));
      const words = exchange.words.filter((word) => word !== '100'); // which one sends and the other does not
      expect(words).toEqual(['INVITE', '180', '200', 'ACK', 'BYE', '200']);
    }
    expect(phones.map(({ calls }) => calls.length)).toEqual(caller === 0 ? [0, 2] : [2, 0]);
    expect(registrations.map(({ state }) => state)).toEqual(['registered', 'registered']);
  });

  test('API-12 messages both ways', async () => {
    const { phones } = await createPhones({ together });
    expect(await phones[0].message(uris[1], 'to bob')).toBe(200);
    expect(await phones[1].message(uris[0], 'to alice')).toBe(200);
    expect(phones[0].log.words).toContain('message: to alice');
    expect(phones[1].log.words).toContain('message: to bob');
    expect(
      phones.flatMap(({ log }) => log.words.filter((word) => /^message/.test(word))),
    ).toHaveLength(2);
  });
});

test('a call that is given up before it is answered', async () => {
  const { phones, exchange } = await createPhones();
  const call = phones[0].call(uris[1]);
  await phones[1].log.once('call 1');
  await call.log.once('ringing');
  call.hangUp();
  await phones[1].calls[0].log.once('failed');
  await call.log.once('failed: Canceled');
  expect(exchange.words).toContain('CANCEL');
  expect(exchange.words).toContain('487');
});

test('while calls go on registrations are refreshed, and by sipreg alone', async () => {
  const { phones, exchange, clock, registrations } = await createPhones();
  const call = await talk(phones[0], phones[1], uris[1]);
  await clock.advance(1_200_000);
  await call[0].hangUp();
  await call[1].log.once('ended');
  const registers = exchange.log.filter((text) => text.startsWith('REGISTER '));
  expect(registers.length).toBeGreaterThanOrEqual(4);
  const callIds = registers.map((text) => /^Call-ID: (.*)\r$/m.exec(text)[1]);
  expect(new Set(callIds).size).toBe(2);
  expect(registrations.map(({ state }) => state)).toEqual(['registered', 'registered']);
});

test('the connection is lost: both are told, and call again over the next', async () => {
  const { phones, registrar, clock, registrations } = await createPhones();
  const sockets = () => registrations.map(({ flows }) => flows[0].connected);
  registrar.disconnect(1006);
  await clock.advance(0);
  expect(phones[0].log.words.at(-1)).toBe('disconnected true');
  expect(phones[1].log.words.at(-1)).toBe('disconnected true');
  await clock.advance(5_000);
  await Promise.all(registrations.map((each) => clock.until(each.whenRegistered())));
  expect(sockets()).toEqual([true, true]);
  expect(phones[0].log.words.at(-1)).toBe('connected');
  expect(phones[1].ua.isConnected()).toBe(false); // SIP.js waits to be asked
  await phones[1].ua.reconnect();
  expect(phones[1].log.words.at(-1)).toBe('connected');
  for (const [caller, callee] of [phones, phones.toReversed?.() ?? [...phones].reverse()]) {
    const call = await talk(caller, callee, uris[phones.indexOf(callee)]);
    await call[0].hangUp();
    await call[1].log.once('ended');
  }
});

test('who stops leaves the connection and the registration', async () => {
  const { phones, exchange, registrations, clients } = await createPhones();
  phones[0].stop();
  await phones[1].stop();
  expect(registrations.map(({ state }) => state)).toEqual(['registered', 'registered']);
  expect(clients.map(({ connectionState }) => connectionState)).toEqual(['connected', 'connected']);
  expect(clients.map(({ stats }) => stats.connects)).toEqual([1, 1]);
  expect(exchange.words).toEqual([]);
  // And may begin again.
  phones[0].log.words.length = 0;
  await phones[0].start();
  await phones[1].start();
  const call = await talk(phones[1], phones[0], uris[0]);
  await call[1].hangUp();
  await call[0].log.once('ended');
});

test('a stack that is not told to leave registration alone cannot register', async () => {
  const network = createNetwork();
  const client = await network.connect();
  const alice = await network.register(client, 'alice');
  network.exchange.log.length = 0;
  const phone = await start(JsSipPhone, alice, { register: true });
  await phone.log.once('not registered: Connection Error');
  expect(network.exchange.words).toEqual([]);
  expect(alice.state).toBe('registered');
});
