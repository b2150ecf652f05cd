import { quoted } from './fields.js';
import { rowsOf, type Request } from './message.js';
import type { HeaderRow } from './refusal.js';

export interface BearerSettings {
  realm: string;
  /** Tokens by username, read at every request. */
  tokens: Readonly<Record<string, string | readonly string[]>>;
  scope: string | undefined;
  authzServer: string | undefined;
}

/** The b64token of RFC 6750 §2.1. */
const credentials = /^bearer[ \t]+([\w\-.~+/]+=*)[ \t]*$/i;

/** Authentication by a token that somebody else has given out (RFC 8898). */
export class BearerAuthenticator {
  readonly #settings: BearerSettings;

  constructor(settings: BearerSettings) {
    this.#settings = settings;
  }

  /** The username that the request's token stands for, otherwise the challenge (RFC 8898 §2.1.1, RFC 6750 §3.1). */
  authenticate(request: Request): { username: string } | { challenges: HeaderRow[] } {
    const tokens = rowsOf(request, 'authorization').flatMap(
      (value) => credentials.exec(value)?.[1] ?? [],
    );
    for (const [username, valid] of Object.entries(this.#settings.tokens)) {
      if ([valid].flat().some((token) => tokens.includes(token))) return { username };
    }
    return { challenges: [this.#challenge(tokens.length > 0)] };
  }

  #challenge(refused: boolean): HeaderRow {
    const { realm, scope, authzServer } = this.#settings;
    let value = `Bearer realm=${quoted(realm)}`;
    if (scope !== undefined) value += `, scope=${quoted(scope)}`;
    if (authzServer !== undefined) value += `, authz_server=${quoted(authzServer)}`;
    return ['WWW-Authenticate', refused ? `${value}, error="invalid_token"` : value];
  }
}
