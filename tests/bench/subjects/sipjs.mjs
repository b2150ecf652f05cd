import { Registerer, UserAgent } from 'sip.js';
import { MemoryWebSocket } from '../memory_socket.mjs';

globalThis.WebSocket = MemoryWebSocket;

/** Nothing is shared: an account is a user agent with a socket of its own. */
export async function open() {
  return null;
}

/** All that precedes an account's REGISTER. */
export async function build(_, number) {
  const userAgent = new UserAgent({
    uri: UserAgent.makeURI(`sip:user${number}@example.com`),
    transportOptions: { server: 'wss://edge.example.com', traceSip: false },
    authorizationUsername: `user${number}`,
    authorizationPassword: 'wonderland',
    logBuiltinEnabled: false,
  });
  await userAgent.start();
  return { userAgent, registerer: new Registerer(userAgent) };
}

export function register({ registerer }) {
  return new Promise((resolve, reject) => {
    registerer
      .register({
        requestDelegate: {
          onAccept: resolve,
          onReject: ({ message }) => reject(new Error(`${message.statusCode}`)),
        },
      })
      .catch(reject);
  });
}

export const refresh = register;

export async function drop({ userAgent }) {
  await userAgent.stop();
}

export async function close() {}
