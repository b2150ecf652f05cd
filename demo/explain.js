/**
 * What went wrong, in words for the person at the page: a title, what to do about it, possible
 * causes where they cannot be told apart, the field it concerns (or null), and the library's own
 * message as the detail.
 *
 * @param {Error} error a TypeError with `option`, a RegistrationError, or anything that was thrown
 * @param {{server: string}} account the values of the form
 */
export function explain(error, account) {
  if (error instanceof TypeError && typeof error.option === 'string') {
    const detail = sentence(error.message.replace(`${error.option}: `, ''));
    return { title: 'Nothing was sent', advice: [detail], field: fieldOf(error.option), detail };
  }
  const words = byCode[error.code]?.(error, account) ?? {
    title: 'Something unexpected happened',
    advice: ['Reload the page and try again.'],
    field: null,
  };
  return { ...words, detail: error.code ? `${error.code}: ${error.message}` : error.message };
}

/** "credentials.password" and "headers.X-A" name the field of the form that they come from. */
export function fieldOf(option) {
  const parts = option.split(/[.[\]]+/);
  if (parts[0] !== 'credentials') return parts[0];
  return parts.includes('username') ? 'username' : 'password';
}

const byCode = {
  'auth-failed': () => ({
    title: 'User name or password refused',
    advice: [
      'Check the password, and that it belongs to this address.',
      'If the account signs in with another name, put it into “Auth user name”.',
    ],
    field: 'password',
  }),
  transport: (_error, { server }) => ({
    title: `No connection to ${hostOf(server)}`,
    advice: ['Browsers hide why a WebSocket fails. Possible causes:'],
    causes: [
      'the server is not running, or the port or path is wrong',
      'its certificate is not trusted (open the https:// address once to see)',
      'it does not speak SIP over WebSocket (subprotocol “sip”)',
      'a firewall, a proxy, this page’s content security policy or the browser’s rules for local networks',
    ],
    field: 'server',
  }),
  timeout: (_error, { server }) => ({
    title: `No answer from ${hostOf(server)}`,
    advice: [
      'The server may be overloaded, or it drops SIP messages. Check the URL and try again.',
    ],
    field: 'server',
  }),
  interval: () => ({
    title: 'The registrar does not accept this lifetime',
    advice: ['Ask for a longer one in “Expires”.'],
    field: 'expires',
  }),
  rejected,
  protocol: () => ({
    title: 'The server’s answer breaks the SIP rules',
    advice: ['The messages below show what came. Tell the people who run the server.'],
    field: null,
  }),
  unsupported: () => ({
    title: 'This browser or page cannot run the library',
    advice: [
      'WebAssembly must be allowed: the content security policy needs',
      "script-src 'self' 'wasm-unsafe-eval'",
    ],
    field: null,
  }),
  internal: () => ({
    title: 'The library stopped',
    advice: ['Press Register to start again with a new client, and please report this.'],
    field: null,
  }),
};

function rejected({ status, retryAfter }) {
  const later = retryAfter ? `It asks to wait ${retryAfter} s.` : 'Try again later.';
  if (status === 403) {
    const advice = ['The account may be blocked, or may not register from here. Ask its provider.'];
    return { title: 'The server forbids this registration', advice, field: null };
  }
  if (status === 404 || status === 604) {
    const advice = ['Check the address of record, both the name and the host.'];
    return { title: 'The server does not know this address', advice, field: 'aor' };
  }
  if (status === 420) {
    const advice = ['Take the tags it names out of “Supported tags”.'];
    return { title: 'The server lacks an extension', advice, field: 'supported' };
  }
  if (status < 400) {
    const advice = ['Use the server that its answer names in Contact.'];
    return { title: 'The server sends us elsewhere', advice, field: 'server' };
  }
  if (status >= 500) return { title: 'The server cannot do it now', advice: [later], field: null };
  return {
    title: 'The server refused',
    advice: ['Its answer is among the messages.'],
    field: null,
  };
}

/** The library's messages go on from the option's name, which here stands above the field. */
function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

function hostOf(url) {
  return URL.canParse(url) ? new URL(url).host : 'the server';
}
