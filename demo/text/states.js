const lost = 'The connection is lost. The registrar still holds the binding.';
const kept = 'The last refresh failed. The registrar still holds the binding.';

/** For each state of a registration: its name, its tone, and what it means to the person. */
const states = {
  unregistered: ['Not registered', 'idle', endedSentence],
  connecting: ['Connecting', 'busy', ({ bound }) => (bound ? lost : 'Opening a WebSocket.')],
  registering: ['Registering', 'busy', () => 'REGISTER is on its way.'],
  registered: ['Registered', 'good', ({ values }) => `Calls for ${values.aor} reach this page.`],
  refreshing: ['Refreshing', 'good', () => 'The binding stays while REGISTER is on its way.'],
  unregistering: ['Unregistering', 'busy', () => 'The registrar is asked to remove the binding.'],
  waiting: [
    'Waiting to retry',
    'warn',
    ({ bound, registration }) => {
      if (!bound) return 'The next attempt starts by itself.';
      return registration.flows.some(({ connected }) => connected) ? kept : lost;
    },
  ],
  failed: ['Failed', 'bad', () => 'The library has given up. Register starts again.'],
  removed: ['Not registered', 'idle', () => 'The client has ended.'],
};

function endedSentence({ ended }) {
  if (ended === null) return 'Press Register to begin.';
  if (ended.reason === 'expired') return 'The binding has expired.';
  if (ended.reason === 'rejected') return 'The registrar has dropped the binding.';
  if (ended.reason === 'cleared') return 'The binding was removed from elsewhere.';
  return ended.confirmed
    ? 'The registrar has removed the binding.'
    : 'Unregistered here; the registrar did not confirm it.';
}

export const nameOf = (state) => states[state][0];
export const toneOf = (state) => states[state][1];

/** What an account's state means to the person, in a sentence. */
export const sentenceOf = (account) => states[account.state][2](account);

/** For each state of the connection: its name and its tone. */
export const connections = {
  disconnected: ['Not connected', 'idle'],
  connecting: ['Connecting', 'busy'],
  connected: ['Connected', 'good'],
  waiting: ['Reconnecting', 'warn'],
  closed: ['Not connected', 'idle'],
};
