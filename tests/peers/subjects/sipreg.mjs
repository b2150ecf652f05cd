import { createClient } from '../../../dist/index.js';
import { aor, password } from '../../faults/world.mjs';

/** `tell` is called with what the library tells the app. */
export async function create({ server, expires, credentials, tell }) {
  const client = await createClient({ server, storage: null });
  const registration = client.createRegistration({
    aor,
    expires,
    credentials: { password, ...credentials },
  });
  registration.addEventListener('registered', () => tell('registered'));
  registration.addEventListener('unregistered', () => tell('unregistered'));
  registration.addEventListener('retry', ({ detail }) => tell(detail.error.code));
  registration.addEventListener('failed', ({ detail }) => tell(detail.code));
  return {
    start: () => registration.register(),
    refresh: () => registration.refresh(),
    claims: () => registration.state === 'registered' || registration.state === 'refreshing',
  };
}
