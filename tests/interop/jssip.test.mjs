// The control: another implementation on the same configuration. If this fails
// too, the server's side is wrong.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import JsSIP from 'jssip';
import { WebSocket } from 'ws';
import { startKamailio, users } from './kamailio.mjs';

const timeout = 30_000;
let kamailio;

before(async () => {
  kamailio = await startKamailio();
});
after(() => kamailio?.stop());

/** The event's arguments; rejects when JsSIP reports a failure instead. */
function outcome(ua, event) {
  const failure = once(ua, 'registrationFailed').then(([{ cause }]) => {
    throw new Error(`JsSIP: ${cause}`);
  });
  return Promise.race([once(ua, event), failure]);
}

test('JsSIP registers and unregisters with the Kamailio configuration', { timeout }, async () => {
  const ua = new JsSIP.UA({
    sockets: [new JsSipSocket(kamailio.url)],
    uri: 'sip:alice@example.com',
    password: users.alice,
    register_expires: 300,
  });
  try {
    const registered = outcome(ua, 'registered');
    ua.start();
    const [{ response }] = await registered;
    assert.match(response.getHeader('Require'), /outbound/);
    assert.match(response.getHeader('Contact'), /pub-gruu=.*temp-gruu=.*reg-id=1/);
    assert.equal((await kamailio.contacts('alice')).length, 1);

    const unregistered = outcome(ua, 'unregistered');
    ua.unregister();
    await unregistered;
    assert.deepEqual(await kamailio.contacts('alice'), []);
  } finally {
    ua.stop();
  }
});

/** What JsSIP needs to run over the `ws` package. */
class JsSipSocket {
  via_transport = 'WS';
  sip_uri = 'sip:127.0.0.1;transport=ws';
  #webSocket = null;

  constructor(url) {
    this.url = url;
  }

  connect() {
    this.#webSocket = new WebSocket(this.url, 'sip');
    this.#webSocket.on('open', () => this.onconnect());
    this.#webSocket.on('message', (data) => this.ondata(data.toString()));
    this.#webSocket.on('error', () => {});
    this.#webSocket.on('close', (code, reason) =>
      this.ondisconnect(code !== 1000, code, `${reason}`),
    );
  }

  disconnect() {
    this.#webSocket?.close();
  }

  send(message) {
    if (this.#webSocket?.readyState !== WebSocket.OPEN) return false;
    this.#webSocket.send(message);
    return true;
  }
}
