import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A TCP path to a server, which a test can cut. */
export class Relay {
  #server;
  #sockets = new Set();

  /** `t`: the test at whose end the path is gone. */
  static async open(t, kamailio) {
    const relay = new Relay();
    relay.#server = createServer((client) =>
      relay.#join(client, connect(kamailio.port, '127.0.0.1')),
    );
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    relay.url = `ws://127.0.0.1:${relay.#server.address().port}/`;
    t.after(() => {
      relay.#server.close();
      relay.cut();
    });
    return relay;
  }

  #join(client, server) {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }

  /** Resets every connection: no close frame, no FIN. */
  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
