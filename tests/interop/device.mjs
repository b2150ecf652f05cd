import { WebSocket } from 'ws';
import { createClient } from '../../dist/index.js';

/** One client of the packaged library, and every message on its wire, unredacted. */
export class Device {
  sent = [];
  received = [];
  /** Of each message that was received: whether it came in a binary frame. */
  binary = [];
  /** The codes of the errors on its sockets. */
  errors = [];
  /** The sockets of the `ws` package, oldest first. */
  webSockets = [];

  /**
   * `t`: the test at whose end the client is closed; `options`: the client's, and in `socket`
   * those of the `ws` package.
   */
  static async create(t, kamailio, { socket, ...options } = {}) {
    const device = new Device();
    device.client = await createClient({
      server: kamailio.url,
      storage: null,
      transactionTimeoutMs: 5_000,
      webSocket: (url, protocols) => device.#record(new WebSocket(url, protocols, socket)),
      ...options,
    });
    t.after(() => device.client.close());
    return device;
  }

  #record(webSocket) {
    const { send } = webSocket;
    webSocket.send = (data) => {
      this.sent.push(Buffer.from(data).toString());
      send.call(webSocket, data);
    };
    webSocket.on('message', (data, isBinary) => {
      this.received.push(data.toString());
      this.binary.push(isBinary);
    });
    webSocket.on('error', ({ code }) => this.errors.push(code));
    this.webSockets.push(webSocket);
    return webSocket;
  }

  /** The REGISTER requests that went out, oldest first. */
  get registers() {
    return this.sent.filter((message) => message.startsWith('REGISTER '));
  }

  /** The status codes of the answers that came in, oldest first. */
  get statuses() {
    return this.received
      .filter((message) => message.startsWith('SIP/2.0 '))
      .map((message) => Number(message.slice(8, 11)));
  }
}

/** The value of a message's first header of that name. */
export function header(message, name) {
  return new RegExp(`^${name}: *(.*)\r$`, 'im').exec(message)?.[1];
}

/** A parameter of the Authorization header that answered a challenge. */
export function authorization(message, parameter) {
  return new RegExp(`[ ,]${parameter}="?([^",]*)`).exec(
    header(message, 'Authorization') ?? '',
  )?.[1];
}
