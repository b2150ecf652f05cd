// Reads and writes SIP messages the way a registrar's author would; shares nothing with the product.

/** A request or response as text, taken apart. Header names are compared without regard to case. */
export function parse(text) {
  const [head, ...rest] = text.split('\r\n\r\n');
  const [startLine, ...rows] = head.split('\r\n');
  const headers = rows.map((row) => {
    const colon = row.indexOf(':');
    return [row.slice(0, colon).trim(), row.slice(colon + 1).trim()];
  });
  const all = (name) =>
    headers
      .filter(([field]) => field.toLowerCase() === name.toLowerCase())
      .map(([, value]) => value);
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(startLine);
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(startLine);
  return {
    text,
    startLine,
    headers,
    body: rest.join('\r\n\r\n'),
    all,
    one: (name) => all(name)[0],
    status: response ? Number(response[1]) : undefined,
    method: request?.[1],
    uri: request?.[2],
  };
}

/** A response to `request`: what RFC 3261 §8.2.6.2 copies, then `headers` as [name, value] rows. */
export function answer(request, status, reason = 'Reason', headers = [], body = '') {
  const to = request.one('To');
  return [
    `SIP/2.0 ${status} ${reason}`,
    ...request.all('Via').map((via) => `Via: ${via}`),
    `From: ${request.one('From')}`,
    `To: ${to.includes(';tag=') ? to : `${to};tag=server`}`,
    `Call-ID: ${request.one('Call-ID')}`,
    `CSeq: ${request.one('CSeq')}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

export const cseq = (request) => Number(request.one('CSeq').split(' ')[0]);

/** The lifetime that a REGISTER asks for. */
export function asked(request) {
  const inContact = /;expires=(\d+)/i.exec(request.one('Contact') ?? '');
  return Number(inContact?.[1] ?? request.one('Expires'));
}

/** A Contact row with another lifetime. */
export const withExpires = (contact, expires) =>
  `${contact.replace(/;expires=\d+/i, '')};expires=${expires}`;

/**
 * 200 as a registrar gives it: our Contact with `expires` (default: as asked), other rows of `others`. A removal or a
 * query lists only the others.
 */
export function granted(request, { expires = asked(request), others = [], headers = [] } = {}) {
  const contact = request.one('Contact');
  const own = contact && contact !== '*' && expires > 0 ? [withExpires(contact, expires)] : [];
  return answer(request, 200, 'OK', [
    ...[...own, ...others].map((row) => ['Contact', row]),
    ...headers,
  ]);
}

/** The parameters of a Digest challenge or answer: values unquoted, `quoted` says which were in quotes. */
export function digestParameters(value) {
  const [scheme] = value.split(' ', 1);
  const parameters = {};
  const quoted = new Set();
  const pattern = /([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;
  for (const [, name, inQuotes, token] of value.slice(scheme.length).matchAll(pattern)) {
    parameters[name] = inQuotes === undefined ? token : inQuotes.replace(/\\(.)/g, '$1');
    if (inQuotes !== undefined) quoted.add(name);
  }
  return { scheme, parameters, quoted };
}

/**
 * A handler that keeps bindings as a registrar does, by AOR and Contact URI: it grants what is asked, lists all that it holds
 * for the AOR, and removes one or all. `bindings` maps "AOR URI" to row; a test may change it.
 */
export function keeping(bindings = new Map()) {
  const handler = (request) => {
    const aor = /<([^>]*)>/.exec(request.one('To'))[1];
    const held = () => [...bindings].filter(([key]) => key.startsWith(`${aor} `));
    const contact = request.one('Contact');
    if (contact === '*') for (const [key] of held()) bindings.delete(key);
    else if (contact !== undefined) {
      const key = `${aor} ${/<([^>]*)>/.exec(contact)[1]}`;
      if (asked(request) > 0) bindings.set(key, withExpires(contact, asked(request)));
      else bindings.delete(key);
    }
    return answer(
      request,
      200,
      'OK',
      held().map(([, row]) => ['Contact', row]),
    );
  };
  handler.bindings = bindings;
  return handler;
}
