import { aor, password } from '../../faults/world.mjs';

/**
 * SIP.js leaves recovery to the app. Its SessionManager is such an app, and part of the package: it is measured with all
 * that it has to stay registered switched on, for ever where it would give up after three attempts.
 */
export async function create({ server, expires, tell }) {
  const { RegistererState, SessionManager } = await importWeb();
  const manager = new SessionManager(server, {
    aor,
    reconnectionAttempts: Infinity,
    registrationRetry: true,
    registererOptions: { expires },
    userAgentOptions: { authorizationUsername: 'alice', authorizationPassword: password },
    delegate: {
      onRegistered: () => tell('registered'),
      onUnregistered: () => tell('unregistered'),
      onServerDisconnect: () => tell('disconnected'),
    },
  });
  return {
    start: () => manager.connect().then(() => manager.register()),
    refresh: () => manager.register(),
    claims: () => manager.registerer?.state === RegistererState.Registered,
  };
}

async function importWeb() {
  const { RegistererState, Web } = await import('sip.js');
  return { RegistererState, SessionManager: Web.SessionManager };
}
