// Node's own WebSockets, and a server that says goodbye and leaves the connection below open.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { nodes } from '../../scripts/nodes/index.mjs';
import { accept } from './world.mjs';

const program = `
import { createClient } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
const client = await createClient({ server: process.argv[1], storage: null });
const registration = await client.register({ aor: 'sip:alice@example.com' });
const begin = performance.now();
await new Promise((resolve) => registration.addEventListener('statechange', resolve, { once: true }));
console.log(Math.round(performance.now() - begin));
process.exit(0);
`;

/** Frames of less than 64 KiB: text to a client; what a client's masked one says. */
function textFrame(text) {
  const body = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 126, body.length >> 8, body.length & 255]), body]);
}
function readText(frame) {
  const start = (frame[1] & 127) === 126 ? 4 : 2;
  const mask = frame.subarray(start, start + 4);
  return frame
    .subarray(start + 4)
    .map((byte, i) => byte ^ mask[i % 4])
    .toString();
}

/** Takes one REGISTER, closes with 4001, and does not end the connection. */
function serve() {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const answer = createHash('sha1').update(key).digest('base64');
    socket.on('error', () => undefined);
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${answer}\r\nSec-WebSocket-Protocol: sip\r\n\r\n`,
    );
    socket.once('data', (frame) => {
      socket.write(textFrame(accept(readText(frame))));
      setTimeout(() => socket.write(Buffer.from([0x88, 2, 4001 >> 8, 4001 & 255])), 100);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const withWebSocket = nodes.filter(([version]) => parseInt(version) >= 22);

test.each(withWebSocket)(
  'fault 11 a close that never ends, Node %s',
  async (_, node) => {
    const server = await serve();
    const url = `ws://127.0.0.1:${server.address().port}/`;
    const child = spawn(node, ['--input-type=module', '--eval', program, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => child.kill(), 10_000);
    let output = '';
    for await (const chunk of child.stdout) output += chunk;
    clearTimeout(timer);
    server.closeAllConnections();
    server.close();
    expect(output).toMatch(/^\d+\n$/);
    expect(Number(output)).toBeLessThan(5000);
  },
  15_000,
);
