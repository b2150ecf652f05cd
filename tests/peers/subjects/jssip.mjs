import { aor, password } from '../../faults/world.mjs';

export async function create({ server, expires, tell }) {
  const { default: JsSIP } = await import('jssip');
  const ua = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(server)],
    uri: aor,
    password,
    register_expires: expires,
  });
  ua.on('registered', () => tell('registered'));
  ua.on('unregistered', () => tell('unregistered'));
  ua.on('registrationFailed', ({ cause }) => tell(cause));
  ua.on('disconnected', () => tell('disconnected'));
  return {
    start: () => ua.start(),
    refresh: () => ua.registrator().register(),
    claims: () => ua.isRegistered(),
  };
}
