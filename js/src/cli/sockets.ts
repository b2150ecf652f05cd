/**
 * The sockets of a command, and why they failed: browsers and Node's own WebSocket hide that.
 */
import WebSocket from 'ws';

/** The largest frame taken from a server. The library has limits of its own; this one spares the memory. */
const MAX_FRAME_BYTES = 1024 * 1024;

/** Host and port only: a URL may carry secrets in its user info and its query. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'server';
}

/** As the library has it in what it tells. */
const withoutQuery = (url: string): string => url.replace(/\?.*/s, '');

export class Sockets {
  /** Where it was connected to last. */
  host: string;
  /** Why the last attempts failed, by URL. */
  readonly #failures = new Map<string, string>();
  #isFailing = false;

  constructor(url: string) {
    this.host = hostOf(url);
  }

  readonly open = (url: string, protocols: string[]): WebSocket => {
    this.host = hostOf(url);
    const socket = new WebSocket(url, protocols, {
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
    });
    const key = withoutQuery(url);
    socket.on('open', () => {
      this.#failures.delete(key);
      this.#isFailing = false;
    });
    socket.on('error', ({ message, code }: NodeJS.ErrnoException) => {
      const cause = message === '' ? (code ?? 'it failed') : message;
      this.#failures.set(key, `connection to ${hostOf(url)}: ${cause}`);
      this.#isFailing = true;
    });
    return socket;
  };

  /** Why that server could not be reached; undefined where it could, or was not tried. */
  failure(url: string): string | undefined {
    return this.#failures.get(withoutQuery(url));
  }

  /** The same of all servers, unless one was reached since. */
  get failures(): string {
    return this.#isFailing ? [...this.#failures.values()].join('; ') : '';
  }
}
