// A digest server for tests: makes challenges and checks answers with node:crypto (RFC 7616 §3.4).
import { createHash } from 'node:crypto';
import { answer, digestParameters } from './messages.mjs';

const hashes = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

export function hash(algorithm, text) {
  return createHash(hashes[algorithm.replace(/-sess$/i, '').toUpperCase()])
    .update(text)
    .digest('hex');
}

/** H(username:realm:password) */
export const ha1 = (algorithm, username, realm, password) =>
  hash(algorithm, `${username}:${realm}:${password}`);

/** The `response` that belongs to the parameters of an answer. */
export function expectedResponse(parameters, secret, method = 'REGISTER') {
  const { algorithm = 'MD5', nonce, uri, qop, nc, cnonce } = parameters;
  const first = /-sess$/i.test(algorithm)
    ? hash(algorithm, `${secret}:${nonce}:${cnonce}`)
    : secret;
  const second = hash(
    algorithm,
    `${method}:${uri}${qop === 'auth-int' ? `:${hash(algorithm, '')}` : ''}`,
  );
  return hash(
    algorithm,
    qop ? `${first}:${nonce}:${nc}:${cnonce}:${qop}:${second}` : `${first}:${nonce}:${second}`,
  );
}

/** The value of a challenge header; values are put in quotes but for algorithm and stale. */
export function challenge(parameters) {
  const rows = Object.entries({ realm: 'example.com', nonce: 'n1', ...parameters })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      ['algorithm', 'stale', 'userhash', 'charset'].includes(name)
        ? `${name}=${value}`
        : `${name}="${String(value).replace(/["\\]/g, '\\$&')}"`,
    );
  return `Digest ${rows.join(', ')}`;
}

/** 401 with these challenges, or 407 where `proxy` is said. */
export const challenged = (request, challenges, { proxy = false, headers = [] } = {}) =>
  answer(request, proxy ? 407 : 401, proxy ? 'Proxy Authentication Required' : 'Unauthorized', [
    ...[challenges]
      .flat()
      .map((value) => [
        proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate',
        typeof value === 'string' ? value : challenge(value),
      ]),
    ...headers,
  ]);

/** All answers to challenges in a request, taken apart. */
export const answers = (request, proxy = false) =>
  request.all(proxy ? 'Proxy-Authorization' : 'Authorization').map(digestParameters);

/** True when the request's one answer is the right one for that password. */
export function isRight(request, { username = 'alice', password = 'secret', proxy = false } = {}) {
  const [first] = answers(request, proxy);
  if (!first) return false;
  const { parameters } = first;
  const secret = ha1(parameters.algorithm ?? 'MD5', username, parameters.realm, password);
  return (
    parameters.username === username && parameters.response === expectedResponse(parameters, secret)
  );
}

/** A handler that challenges whatever is not answered rightly, and lets `grant` answer the rest. */
export function guarded(grant, parameters = { algorithm: 'MD5', qop: 'auth' }, options = {}) {
  return (request, socket) =>
    isRight(request, options) ? grant(request, socket) : challenged(request, parameters, options);
}
