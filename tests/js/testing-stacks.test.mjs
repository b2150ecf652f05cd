// JsSIP and SIP.js as they come, registering at the embedded registrar: its webSocket stands in for the class WebSocket.
import { once } from 'node:events';
import JsSIP from 'jssip';
import { Registerer, RegistererState, UserAgent } from 'sip.js';
import { createTestRegistrar } from '../../dist/testing.js';

const aor = 'sip:alice@example.com';
const server = 'wss://edge.example.com/ws';
const { WebSocket } = globalThis;
let registrar;

beforeEach(() => {
  registrar = createTestRegistrar({ users: { alice: 'secret' } });
  globalThis.WebSocket = registrar.webSocket;
});

afterEach(() => {
  globalThis.WebSocket = WebSocket;
});

const methods = () => registrar.parsedRequests.map(({ method }) => method);

function jsSip() {
  return new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(server)],
    uri: aor,
    password: 'secret',
  });
}

const stop = (ua) => {
  const disconnected = once(ua, 'disconnected');
  ua.stop();
  return disconnected;
};

test('JsSIP registers, is dropped, comes back and leaves', async () => {
  const ua = jsSip();
  ua.start();
  await once(ua, 'registered');
  expect(registrar.bindings(aor)).toHaveLength(1);
  expect(ua.contact.pub_gruu).toMatch(/^sip:alice@example\.com;gr=/);
  registrar.disconnect();
  await once(ua, 'disconnected');
  ua.stop();
  ua.start();
  await once(ua, 'registered');
  ua.unregister();
  await once(ua, 'unregistered');
  expect(registrar.bindings(aor)).toEqual([]);
  await stop(ua);
  expect(registrar.connections).toBe(0);
});

test('JsSIP is told that its password is wrong', async () => {
  registrar = createTestRegistrar({ users: { alice: 'other' } });
  globalThis.WebSocket = registrar.webSocket;
  const ua = jsSip();
  ua.start();
  const [{ cause }] = await once(ua, 'registrationFailed');
  expect(cause).toBe('Authentication Error');
  expect(methods()).toEqual(['REGISTER', 'REGISTER']);
  await stop(ua);
});

test('JsSIP answers a request of the registrar', async () => {
  const ua = jsSip();
  ua.start();
  await once(ua, 'registered');
  const { status } = await registrar.sendRequest(aor, { method: 'OPTIONS' });
  expect(status).toBe(200);
  await stop(ua);
});

test('SIP.js registers, is dropped, comes back and leaves', async () => {
  const ua = new UserAgent({
    uri: UserAgent.makeURI(aor),
    transportOptions: { server, traceSip: false },
    authorizationUsername: 'alice',
    authorizationPassword: 'secret',
    logBuiltinEnabled: false,
  });
  await ua.start();
  const registerer = new Registerer(ua);
  const becomes = (wanted) =>
    new Promise((resolve) => {
      registerer.stateChange.addListener((state) => {
        if (state === wanted) resolve();
      });
    });
  const registered = becomes(RegistererState.Registered);
  await registerer.register();
  await registered;
  expect(registrar.bindings(aor)).toHaveLength(1);
  const dropped = new Promise((resolve) => {
    ua.transport.onDisconnect = resolve;
  });
  registrar.disconnect(1001);
  expect((await dropped).message).toContain('code: 1001');
  await ua.reconnect();
  const left = becomes(RegistererState.Unregistered);
  await registerer.unregister();
  await left;
  expect(registrar.bindings(aor)).toEqual([]);
  await ua.stop();
  expect(registrar.connections).toBe(0);
});
