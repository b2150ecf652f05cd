// The scenarios' server: the pages under a policy of the caller's, SIP over WebSocket at /sip, and /control/ by which a
// scenario breaks the connection it is on.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { WebSocketServer } from 'ws';
import { createTestRegistrar } from '../../../dist/testing.js';

const site = new URL('site/', import.meta.url);
const built = new URL('../../../dist/', import.meta.url);
const aor = 'sip:alice@example.com';
const types = {
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What a page that uses sipreg needs, and Trusted Types besides. */
export const strictPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "require-trusted-types-for 'script'",
  "frame-src 'self'",
  'trusted-types worker host',
].join('; ');

/** Passes a connection on to the registrar. */
function relay(socket, registrar, state) {
  const inner = registrar.webSocket('ws://stage', ['sip']);
  const early = [];
  inner.onopen = () => early.splice(0).forEach((frame) => inner.send(frame));
  inner.onmessage = ({ data }) => socket.send(data, { binary: state.answerInBinary });
  socket.on('message', (data, isBinary) => {
    if (isBinary) state.binaryIn += 1;
    if (inner.readyState === 1) inner.send(data.toString());
    else early.push(data.toString());
  });
  socket.on('error', () => undefined);
  socket.on('close', () => inner.close());
}

function faults(sockets, state) {
  return {
    terminate: () => sockets.clients.forEach((socket) => socket.terminate()),
    close: () => sockets.clients.forEach((socket) => socket.close(1001)),
    refuse: () => (state.refuse = true),
    accept: () => (state.refuse = false),
    'answer-in-binary': () => (state.answerInBinary = true),
  };
}

/** Serves the scenarios under `policy` (none when it is ''): `{ url, close() }`. */
export async function openStage(policy) {
  const registrar = createTestRegistrar({ users: { alice: 'secret' } });
  const state = { refuse: false, answerInBinary: false, binaryIn: 0 };
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'sip' });
  const control = faults(sockets, state);

  const report = () => ({
    requests: registrar.requests.length,
    bindings: registrar.bindings(aor),
    connections: sockets.clients.size,
    binaryIn: state.binaryIn,
  });

  const bodyOf = async (path) => {
    if (path.startsWith('/control/')) {
      control[path.slice('/control/'.length)]?.();
      return { type: 'application/json', body: JSON.stringify(report()) };
    }
    const name = path === '/' ? 'index.html' : path.slice(1);
    const file = name.startsWith('sipreg/') ? new URL(name.slice(7), built) : new URL(name, site);
    return { type: types[extname(name)], body: await readFile(file) };
  };

  const server = createServer((request, response) => {
    bodyOf(request.url).then(
      ({ type, body }) => {
        const headers = { 'Content-Type': type };
        if (policy) headers['Content-Security-Policy'] = policy;
        response.writeHead(200, headers).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  server.on('upgrade', (request, stream, head) => {
    if (state.refuse) stream.destroy();
    else sockets.handleUpgrade(request, stream, head, (socket) => relay(socket, registrar, state));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: async () => {
      control.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
