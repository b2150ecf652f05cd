// JsSIP and SIP.js on the same server for the same user. They are the control as
// well: where they fail too, the server's side is wrong.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import JsSIP from 'jssip';
import { Registerer, RegistererState, UserAgent } from 'sip.js';
import { WebSocket } from 'ws';
import { Device } from './device.mjs';
import { alice, startKamailio, users } from './kamailio.mjs';

// What a browser has; both make their sockets of it.
globalThis.WebSocket = WebSocket;

const timeout = 30_000;
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
beforeEach(() => kamailio.clear());
after(() => kamailio?.stop());

/** JsSIP's events with arguments; rejects when it reports a failure instead. */
function outcome(ua, event) {
  const failure = once(ua, 'registrationFailed').then(([{ cause }]) => {
    throw new Error(`JsSIP: ${cause}`);
  });
  return Promise.race([once(ua, event), failure]);
}

/** Each of these resolves when its client is registered. */
const start = {
  async sipreg(t) {
    const { client } = await Device.create(t, kamailio);
    const registration = await client.register(alice);
    return {
      contact: () => registration.info.contact,
      isRegistered: () => registration.state === 'registered',
      leave: () => registration.unregister(),
      query: () => registration.query(),
    };
  },

  async JsSIP(t) {
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(kamailio.url)],
      uri: alice.aor,
      password: users.alice,
      register_expires: 300,
    });
    t.after(() => ua.stop());
    const registered = outcome(ua, 'registered');
    ua.start();
    const [{ response }] = await registered;
    assert.match(response.getHeader('Require'), /outbound/);
    assert.match(ua.contact.pub_gruu, /^sip:alice@example\.com;gr=/);
    return {
      contact: () => ua.contact.uri.toString(),
      isRegistered: () => ua.isRegistered(),
      leave() {
        const unregistered = outcome(ua, 'unregistered');
        ua.unregister();
        return unregistered;
      },
    };
  },

  async 'SIP.js'(t) {
    const userAgent = new UserAgent({
      uri: UserAgent.makeURI(alice.aor),
      transportOptions: { server: kamailio.url, traceSip: false },
      authorizationUsername: 'alice',
      authorizationPassword: users.alice,
      logBuiltinEnabled: false,
    });
    t.after(() => userAgent.stop());
    await userAgent.start();
    const registerer = new Registerer(userAgent);
    const done = (method) =>
      new Promise((resolve, reject) => {
        const requestDelegate = {
          onAccept: resolve,
          onReject: ({ message }) => reject(new Error(`SIP.js: ${message.statusCode}`)),
        };
        registerer[method]({ requestDelegate }).catch(reject);
      });
    await done('register');
    return {
      contact: () => userAgent.contact.uri.toString(),
      isRegistered: () => registerer.state === RegistererState.Registered,
      leave: () => done('unregister'),
    };
  },
};

const uris = (clients) => clients.map((client) => client.contact()).sort();

for (const order of [
  ['sipreg', 'JsSIP', 'SIP.js'],
  ['JsSIP', 'SIP.js', 'sipreg'],
  ['SIP.js', 'sipreg', 'JsSIP'],
]) {
  test(`BND-01, UNR-01: ${order.join(', ')} come and go`, { timeout }, async (t) => {
    const clients = {};
    for (const name of order) clients[name] = await start[name](t);
    const { sipreg } = clients;
    const bindings = await sipreg.query();
    assert.deepEqual(bindings.map(({ uri }) => uri).sort(), uris(Object.values(clients)));
    assert.deepEqual(
      bindings.filter(({ own }) => own).map(({ uri }) => uri),
      [sipreg.contact()],
    );
    assert.deepEqual((await kamailio.contacts('alice')).sort(), uris(Object.values(clients)));

    for (const name of order) {
      await clients[name].leave();
      assert.equal(clients[name].isRegistered(), false);
      delete clients[name];
      const others = Object.values(clients);
      assert.deepEqual((await kamailio.contacts('alice')).sort(), uris(others));
      assert.ok(others.every((client) => client.isRegistered()));
      // Who has left still may ask.
      assert.deepEqual((await sipreg.query()).map(({ uri }) => uri).sort(), uris(others));
    }
  });
}
