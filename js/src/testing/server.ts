import { Authenticator } from './authenticator.js';
import { param } from './fields.js';
import { LocationService } from './location.js';
import { optionTags, readMessage, readRequest, writeReply, type Request } from './message.js';
import type { Settings } from './options.js';
import { badRequest, Refusal, type HeaderRow } from './refusal.js';
import { register, type RegisterSettings } from './register.js';
import { Uniques } from './uniques.js';
import { isSip, readUri, userOf, type Uri } from './uri.js';

const allow: HeaderRow = ['Allow', 'REGISTER, OPTIONS'];
const extensions = ['path', 'outbound', 'gruu'];

/** RFC 3261 §20.17; made anew once a second. */
class DateHeader {
  #second = NaN;
  #row: HeaderRow = ['Date', ''];

  at(now: number): HeaderRow {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#row = ['Date', new Date(second * 1000).toUTCString()];
    }
    return this.#row;
  }
}

interface Outcome {
  status: number;
  reason: string;
  rows: HeaderRow[];
}

function ok(rows: HeaderRow[]): Outcome {
  return { status: 200, reason: 'OK', rows };
}

/** Checks that a server makes of every request before its method counts (RFC 3261 §8.2), and reads the Request-URI. */
function inspect(request: Request): Uri {
  if (param(request.to.params, 'tag') !== undefined) {
    throw new Refusal(481, 'Call/Transaction Does Not Exist');
  }
  const unknown = optionTags(request, 'require').filter((tag) => !extensions.includes(tag));
  if (unknown.length > 0) {
    throw new Refusal(420, 'Bad Extension', [['Unsupported', unknown.join(', ')]]);
  }
  const uri = readUri(request.uri);
  if (!isSip(uri)) throw new Refusal(416, 'Unsupported URI Scheme');
  return uri;
}

/** The SIP server: takes one request frame, gives one response frame. */
export class Server {
  readonly location = new LocationService();
  readonly #settings: Settings;
  readonly #registerSettings: RegisterSettings;
  readonly #authenticator: Authenticator | null;
  readonly #uniques: Uniques;
  readonly #date = new DateHeader();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#uniques = new Uniques(settings.random);
    const { realm, users, algorithms, minExpires, maxExpires, nonceLifetimeMs, now } = settings;
    const uniqueToken = () => this.#uniques.token();
    this.#registerSettings = { minExpires, maxExpires, location: this.location, uniqueToken };
    this.#authenticator = users
      ? new Authenticator({ realm, users, algorithms, nonceLifetimeMs, now, uniqueToken })
      : null;
  }

  /** The response to a request frame; '' where there is none. Never throws. */
  answer(frame: string): string {
    return this.#scripted(frame) ?? this.#served(frame);
  }

  /** What the test's respond() says. Its mistakes must be seen where a test looks: in the response. */
  #scripted(frame: string): string | undefined {
    let problem: string;
    try {
      const answer: unknown = this.#settings.respond(frame);
      if (answer === undefined || typeof answer === 'string') return answer;
      problem = 'respond() gave neither a string nor undefined';
    } catch (error) {
      problem = `respond() threw ${String(error).replace(/[^\x20-\x7e]/g, ' ')}`;
    }
    return writeReply(readMessage(frame), 500, problem, this.#uniques.tag(), []);
  }

  #served(frame: string): string {
    const message = readMessage(frame);
    // ACK is never answered (RFC 3261 §17.1.1.3).
    if (message.startLine.startsWith('ACK ')) return '';
    const tag = this.#uniques.tag();
    try {
      const { status, reason, rows } = this.#serve(readRequest(message));
      return writeReply(message, status, reason, tag, rows);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return writeReply(message, error.status, error.message, tag, error.rows);
    }
  }

  #serve(request: Request): Outcome {
    if (request.method === 'REGISTER') return this.#register(request);
    if (request.method !== 'OPTIONS') throw new Refusal(405, 'Method Not Allowed', [allow]);
    inspect(request);
    return ok([allow, ['Supported', extensions.join(', ')]]);
  }

  #register(request: Request): Outcome {
    const target = inspect(request);
    if (target.userinfo !== '') throw badRequest('Request-URI With a User Part'); // §10.2
    const aor = readUri(request.to.uri);
    if (!isSip(aor)) throw badRequest('To Is Not a SIP URI');
    if (this.#authenticator) {
      const proof = this.#authenticator.authenticate(request);
      // Not a Refusal: being challenged is as common as being served.
      if ('challenges' in proof) {
        return { status: 401, reason: 'Unauthorized', rows: proof.challenges };
      }
      this.#authorize(proof.username, aor);
    }
    const now = this.#settings.now();
    return ok([...register(request, aor, this.#registerSettings, now), this.#date.at(now)]);
  }

  /** §10.3 step 4: nobody changes the bindings of another user. */
  #authorize(username: string, aor: Uri): void {
    const owner = userOf(aor);
    if (username !== owner && Object.hasOwn(this.#settings.users ?? {}, owner)) {
      throw new Refusal(403, 'Forbidden');
    }
  }
}
