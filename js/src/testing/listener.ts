import type { Server } from 'node:http';
import type { WebSocket, WebSocketServer } from 'ws';
import { maxFrameLength, subprotocol, type Flow, type FlowListener } from './flow.js';

/** A listening port. */
export interface Listener {
  /** "ws://127.0.0.1:<port>" */
  url: string;
  /** Ends all of this port's connections and resolves when the port is free. Idempotent. */
  close(): Promise<void>;
}

function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError('listen(): port must be an integer from 0 (any free port) to 65535');
  }
}

/** Node's http through a name that bundlers for browsers do not follow. */
async function loadHttp(name = 'node:http'): Promise<typeof import('node:http')> {
  return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as Promise<
    typeof import('node:http')
  >;
}

async function loadWs(): Promise<typeof import('ws')> {
  try {
    return await import('ws');
  } catch (cause) {
    const message = 'listen() needs the npm package ws: npm install --save-dev ws';
    throw new Error(message, { cause });
  }
}

/** Whether a handshake offers the subprotocol, as RFC 7118 §4.1 demands of clients. */
function offersSip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((offer) => offer.trim() === subprotocol);
}

function attach(socket: WebSocket, listener: FlowListener): void {
  const flow: Flow = {
    send: (frame) => {
      if (socket.readyState === socket.OPEN) socket.send(frame);
    },
    drop: (code) => {
      if (code === 1006) socket.terminate();
      else socket.close(code);
    },
  };
  socket.on('message', (data: Buffer) => {
    listener.received(flow, data.toString('utf8'));
  });
  // A frame that is too long or broken: ws closes with the fitting code after this event.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    listener.closed(flow);
  });
  listener.opened(flow);
}

function serveUpgrades(server: Server, sockets: WebSocketServer, listener: FlowListener): void {
  server.on('request', (_request, response) => {
    response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' });
    response.end('This port speaks SIP over WebSocket only (RFC 7118).\n');
  });
  server.on('upgrade', (request, stream, head) => {
    stream.on('error', () => stream.destroy());
    if (!offersSip(request.headers['sec-websocket-protocol'])) {
      stream.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    void listener.admit().then((isOpen) => {
      if (!isOpen) {
        stream.destroy();
        return;
      }
      sockets.handleUpgrade(request, stream, head, (socket) => {
        attach(socket, listener);
      });
    });
  });
}

function opened(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE' ? 'is in use, choose another or 0' : 'cannot be opened';
      reject(new Error(`listen(): port ${port} ${why}`, { cause }));
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Opens a ws:// port on 127.0.0.1 and feeds its connections to `listener`. Node only. */
export async function listen(port: number, listener: FlowListener): Promise<Listener> {
  checkPort(port);
  if (typeof process === 'undefined' || !process.versions.node) {
    throw new Error('listen() needs Node; elsewhere use the `webSocket` of the registrar');
  }
  const [http, ws] = await Promise.all([loadHttp(), loadWs()]);
  const server = http.createServer();
  const sockets = new ws.WebSocketServer({
    noServer: true,
    maxPayload: maxFrameLength,
    handleProtocols: () => subprotocol,
  });
  serveUpgrades(server, sockets, listener);
  const url = `ws://127.0.0.1:${await opened(server, port)}`;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
    }));
  return { url, close };
}
