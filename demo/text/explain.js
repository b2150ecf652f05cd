/**
 * What went wrong, in words for the person at the page: a title, what to do about it, possible
 * causes where they cannot be told apart, and the library's own message as the detail; for a TypeError
 * that names an option also the field of the form that it concerns.
 *
 * @param {Error} error a TypeError with `option`, a RegistrationError, or anything that was thrown
 * @param {string} server the URL in use; null for the registrar in the page
 */
export function explain(error, server) {
  if (error instanceof TypeError && typeof error.option === 'string') {
    const detail = sentence(error.message.replace(`${error.option}: `, ''));
    return { title: 'Nothing was sent', advice: [detail], field: fieldOf(error.option), detail };
  }
  const words = byCode[error.code]?.(error, server) ?? {
    title: 'Something unexpected happened',
    advice: ['Reload the page and try again.'],
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
      'Choose Edit and check the password, and that it belongs to this address.',
      'If the account signs in with another name, put it into “Auth user name”.',
    ],
  }),
  transport: (_error, server) => ({
    title: `No connection to ${hostOf(server)}`,
    ...(server === null ? cutHere : cutElsewhere),
  }),
  timeout: (_error, server) => ({
    title: `No answer from ${hostOf(server)}`,
    advice: ['The server may be overloaded, or it drops SIP messages.'],
  }),
  interval: () => ({
    title: 'The registrar does not accept this lifetime',
    advice: ['Ask for a longer one in “Expires”.'],
  }),
  rejected,
  protocol: () => ({
    title: 'The server’s answer breaks the SIP rules',
    advice: ['The messages below show what came. Tell the people who run the server.'],
  }),
  unsupported: () => ({
    title: 'This browser or page cannot run the library',
    advice: [
      'WebAssembly must be allowed: the content security policy needs',
      "script-src 'self' 'wasm-unsafe-eval'",
    ],
  }),
  internal: () => ({
    title: 'The library stopped',
    advice: ['Reload the page to start again with a new client, and please report this.'],
  }),
};

const cutHere = {
  advice: ['The switches under “Break it” decide whether connections come through.'],
};

const cutElsewhere = {
  advice: ['Browsers hide why a WebSocket fails. Possible causes:'],
  causes: [
    'the server is not running, or the port or path is wrong',
    'its certificate is not trusted (open the https:// address once to see)',
    'it does not speak SIP over WebSocket (subprotocol “sip”)',
    'a firewall, a proxy, this page’s content security policy or the browser’s rules for local networks',
  ],
};

function rejected({ status, retryAfter }) {
  const later = retryAfter ? `It asks to wait ${retryAfter} s.` : 'Try again later.';
  if (status === 403) {
    const advice = ['The account may be blocked, or may not register from here. Ask its provider.'];
    return { title: 'The server forbids this registration', advice };
  }
  if (status === 404 || status === 604) {
    const advice = ['Check the address of record, both the name and the host.'];
    return { title: 'The server does not know this address', advice };
  }
  if (status === 420) {
    const advice = ['Take the tags it names out of “Supported tags”.'];
    return { title: 'The server lacks an extension', advice };
  }
  if (status < 400) {
    const advice = ['Use the server that its answer names in Contact.'];
    return { title: 'The server sends us elsewhere', advice };
  }
  if (status >= 500) return { title: 'The server cannot do it now', advice: [later] };
  return {
    title: 'The server refused',
    advice: ['Its answer is among the messages.'],
  };
}

/** The library's messages go on from the option's name, which here stands above the field. */
function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

function hostOf(url) {
  if (url === null) return 'the registrar in this page';
  return URL.canParse(url) ? new URL(url).host : 'the server';
}
