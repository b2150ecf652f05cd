import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Sends requests to users of a server, as their callers do. */
export class Caller {
  #webSocket;
  #id = randomUUID();
  #count = 0;

  /** `t`: the test at whose end the connection is closed. */
  static async connect(t, kamailio) {
    const caller = new Caller();
    caller.#webSocket = new WebSocket(kamailio.url, 'sip');
    t.after(() => caller.#webSocket.terminate());
    await once(caller.#webSocket, 'open');
    return caller;
  }

  /** The status code of the final answer. */
  async ask(method, uri) {
    const number = ++this.#count;
    const final = new Promise((resolve) => {
      this.#webSocket.on('message', function listener(data) {
        const [, status, answered] =
          /^SIP\/2\.0 (\d+)[^]*^CSeq: (\d+) /m.exec(data.toString()) ?? [];
        if (Number(answered) !== number || status < 200) return;
        this.off('message', listener);
        resolve(Number(status));
      });
    });
    this.#webSocket.send(
      [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/WS caller.invalid;branch=z9hG4bK${this.#id}-${number}`,
        'Max-Forwards: 70',
        `From: <sip:caller@example.com>;tag=${number}`,
        `To: <${uri}>`,
        `Call-ID: ${this.#id}`,
        `CSeq: ${number} ${method}`,
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    );
    return final;
  }
}
