import JsSIP from 'jssip';
import { MemoryWebSocket, server } from '../memory_socket.mjs';

globalThis.WebSocket = MemoryWebSocket;

/** Nothing is shared: an account is a user agent with a socket of its own. */
export async function open() {
  return null;
}

/** All that precedes an account's REGISTER. */
export async function build(_, number) {
  const ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface('wss://edge.example.com')],
    uri: `sip:user${number}@example.com`,
    password: 'wonderland',
    register: false,
  });
  await new Promise((resolve) => {
    ua.once('connected', resolve);
    ua.start();
  });
  return ua;
}

export function register(ua) {
  return new Promise((resolve, reject) => {
    ua.once('registered', resolve);
    ua.once('registrationFailed', ({ cause }) => reject(new Error(cause)));
    ua.register();
  });
}

/** JsSIP reports no refresh: the end is when it has taken the 2xx. */
export function refresh(ua) {
  return new Promise((resolve) => {
    server.onsuccess = () => {
      server.onsuccess = null;
      resolve();
    };
    ua.registrator().register();
  });
}

export async function drop(ua) {
  ua.stop();
}

export async function close() {}
