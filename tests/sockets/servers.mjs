// Servers on loopback that do one thing wrong each, down to the octets of a frame.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { WebSocketServer } from 'ws';
import { granted, parse } from '../js/acceptance/messages.mjs';

export const opcodes = { text: 1, close: 8 };

/** One WebSocket frame as it goes over the wire (RFC 6455 §5.2). */
export function frame(opcode, payload, { masked = false } = {}) {
  const body = Buffer.from(payload);
  const length =
    body.length < 126
      ? Buffer.from([body.length])
      : Buffer.from([126, body.length >> 8, body.length & 0xff]);
  if (masked) length[0] |= 0x80;
  // A mask of zeros changes nothing and is as wrong from a server as any.
  const mask = masked ? Buffer.alloc(4) : Buffer.alloc(0);
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, body]);
}

/** What a close frame carries. */
export const closing = (code) => {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return payload;
};

/** Everything of one test run; stop() ends it. */
export class Servers {
  #servers = [];
  #sockets = new Set();

  async #listen(server) {
    this.#servers.push(server);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server.address().port;
  }

  /** A port that nobody listens on, nor will: a connection of ours holds its other end. */
  async refused() {
    const holder = connect(await this.#listen(createTcpServer()), '127.0.0.1');
    holder.on('error', () => {});
    await once(holder, 'connect');
    return `ws://127.0.0.1:${holder.localPort}/`;
  }

  /** Takes the connection and says nothing. */
  async silent() {
    return `ws://127.0.0.1:${await this.#listen(createTcpServer(() => {}))}/`;
  }

  /** No TLS where TLS is expected. */
  async withoutTls() {
    const server = createTcpServer((socket) => socket.on('data', () => socket.end('what?\r\n')));
    return `wss://127.0.0.1:${await this.#listen(server)}/`;
  }

  async status(status, headers = {}) {
    const server = createHttpServer((_, response) => response.writeHead(status, headers).end());
    return `ws://127.0.0.1:${await this.#listen(server)}/`;
  }

  /**
   * A registrar that grants everything. `connected(socket, number)` and `received(request, socket, number)` hear of each
   * connection and each request first, pinged() of each ping that was answered, ponged() of each pong; what received()
   * returns is sent in place of the 200, null for nothing.
   */
  async registrar({ connected, received, pinged, ponged, protocol = 'sip', deflate = false } = {}) {
    const http = createHttpServer();
    const server = new WebSocketServer({
      server: http,
      handleProtocols: () => protocol,
      perMessageDeflate: deflate && { threshold: 0 },
    });
    let count = 0;
    server.on('connection', (socket, { socket: tcp }) => {
      const number = (count += 1);
      socket.tcp = tcp;
      socket.on('error', () => {});
      connected?.(socket, number);
      socket.on('message', (data) => {
        const text = data.toString();
        if (text === '\r\n\r\n') {
          if (socket.readyState === socket.OPEN) socket.send('\r\n');
          pinged?.(socket, number);
          return;
        }
        if (text.trim() === '') {
          ponged?.(socket, number);
          return;
        }
        const request = parse(text);
        const given = received?.(request, socket, number);
        if (given === null || socket.readyState !== socket.OPEN) return;
        socket.send(given ?? granted(request));
      });
    });
    return `ws://127.0.0.1:${await this.#listen(http)}/`;
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(
      this.#servers.map((server) => new Promise((resolve) => server.close(resolve))),
    );
  }
}
