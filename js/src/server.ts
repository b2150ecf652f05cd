import { optionError } from './errors.js';

/** A WebSocket address that was found to be good. */
export interface Endpoint {
  /** As it was given. */
  url: string;
  /** Without query and userinfo, for events and errors. */
  publicUrl: string;
  secure: boolean;
  loopback: boolean;
}

/** One of the client's servers: its address, or where to ask for it. */
export type Server = Endpoint | (() => unknown);

// eslint-disable-next-line no-control-regex
const controlCharacters = /[\0-\x1f\x7f]/;

/** Checks option `server`. */
export function readServers(option: unknown, allowInsecure: boolean): Server[] {
  const list: unknown[] = Array.isArray(option) ? option : [option];
  if (list.length === 0) throw optionError('server', 'give at least one WebSocket URL');
  return list.map((each) =>
    typeof each === 'function' ? (each as () => unknown) : toEndpoint(each, allowInsecure),
  );
}

/** Throws a TypeError that names option `server`; its message does not repeat the address, which may hold a token. */
export function toEndpoint(value: unknown, allowInsecure: boolean): Endpoint {
  const given = typeof value === 'string' ? value : value instanceof URL ? value.href : undefined;
  if (given === undefined)
    throw optionError('server', 'must be a WebSocket URL, such as wss://sip.example.com/ws');
  const parsed = controlCharacters.test(given) ? null : parse(given);
  if (parsed === null)
    throw optionError('server', 'is not a URL; give one such as wss://sip.example.com/ws');
  const secure = parsed.protocol === 'wss:';
  if (!secure && parsed.protocol !== 'ws:') {
    throw optionError('server', `must begin with wss: or ws:, not ${parsed.protocol}`);
  }
  if (parsed.username || parsed.password) {
    throw optionError(
      'server',
      'must not hold a user or password; use credentials, or a token in the query',
    );
  }
  if (parsed.hash) throw optionError('server', 'must not have a fragment (#…)');
  const loopback = isLoopback(parsed.hostname);
  if (!secure && !loopback) {
    if ((globalThis as Partial<typeof globalThis>).location?.protocol === 'https:') {
      throw optionError('server', 'browsers refuse ws: on a page that came over https:; use wss:');
    }
    if (!allowInsecure) {
      throw optionError('server', 'ws: is not encrypted; use wss:, or set allowInsecure');
    }
  }
  return { url: given, publicUrl: cut(given), secure, loopback };
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

function isLoopback(host: string): boolean {
  return /^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|\[::1\])$/.test(host);
}

function cut(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
