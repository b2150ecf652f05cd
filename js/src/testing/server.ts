import { Authenticator, type Proof } from './authenticator.js';
import { BearerAuthenticator } from './bearer.js';
import type { Fault } from './fault.js';
import type { Flow } from './flow.js';
import { param } from './fields.js';
import { LocationService } from './location.js';
import { optionTags, readMessage, readRequest, writeReply, type Request } from './message.js';
import { badRequest, Refusal, type HeaderRow } from './refusal.js';
import { register, type RegisterSettings } from './register.js';
import { reply } from './reply.js';
import type { Settings } from './settings.js';
import type { Uniques } from './uniques.js';
import { isSip, readUri, userOf, type Uri } from './uri.js';

const allow: HeaderRow = ['Allow', 'REGISTER, OPTIONS'];

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

/** What becomes of a request: the answer, '' for none, and what goes wrong after it. */
export interface Treatment {
  answer: string;
  fault: Fault;
}

interface Outcome {
  status: number;
  reason: string;
  rows: HeaderRow[];
}

function ok(rows: HeaderRow[]): Outcome {
  return { status: 200, reason: 'OK', rows };
}

/** The SIP server: takes one request frame, gives one response frame. */
export class Server {
  readonly location = new LocationService();
  /** Faults of the coming REGISTERs. */
  readonly faults: Fault[] = [];
  readonly #settings: Settings;
  readonly #registerSettings: RegisterSettings;
  readonly #digest: Authenticator | null;
  readonly #bearer: BearerAuthenticator | null;
  readonly #extensions: readonly string[];
  readonly #uniques: Uniques;
  readonly #date = new DateHeader();

  constructor(settings: Settings, uniques: Uniques) {
    this.#settings = settings;
    this.#uniques = uniques;
    const { minExpires, maxExpires, outbound, flowTimer, users, tokens } = settings;
    const uniqueToken = () => uniques.token();
    const { location } = this;
    this.#registerSettings = {
      minExpires,
      maxExpires,
      location,
      outbound,
      flowTimer,
      uniqueToken,
    };
    this.#digest = users ? new Authenticator({ ...settings, users, uniqueToken }) : null;
    this.#bearer = tokens ? new BearerAuthenticator({ ...settings, tokens }) : null;
    this.#extensions = outbound ? ['path', 'outbound', 'gruu'] : ['path', 'gruu'];
  }

  /** What becomes of a request frame that came over `flow`. Never throws. */
  treat(frame: string, flow: Flow): Treatment {
    let script: string | Fault | undefined;
    try {
      script = this.#settings.respond(frame);
    } catch (error) {
      // A mistake in the test must be seen where a test looks: in the response.
      const problem = `respond() threw ${String(error).replace(/[^\x20-\x7e]/g, ' ')}`;
      return { answer: this.#refuse(frame, 500, problem), fault: {} };
    }
    if (typeof script === 'string') return { answer: script, fault: {} };
    const isRegister = /^(?:\r\n)*REGISTER /.test(frame);
    return this.#spoilt(frame, flow, script ?? (isRegister ? this.faults.shift() : null) ?? {});
  }

  #spoilt(frame: string, flow: Flow, fault: Fault): Treatment {
    const { status, reason, headers, lose, stale } = fault;
    if (stale === true) this.#digest?.makeNoncesStale();
    if (lose === 'request') return { answer: '', fault };
    const answer =
      status === undefined
        ? this.#served(frame, flow)
        : reply(frame, status, reason ?? '', headers);
    return { answer: lose === 'answer' ? '' : answer, fault };
  }

  #refuse(frame: string, status: number, reason: string): string {
    return writeReply(readMessage(frame), status, reason, this.#uniques.tag(), []);
  }

  #served(frame: string, flow: Flow): string {
    const message = readMessage(frame);
    // ACK is never answered (RFC 3261 §17.1.1.3).
    if (message.startLine.startsWith('ACK ')) return '';
    const tag = this.#uniques.tag();
    try {
      const { status, reason, rows } = this.#serve(readRequest(message), flow);
      return writeReply(message, status, reason, tag, rows);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return writeReply(message, error.status, error.message, tag, error.rows);
    }
  }

  #serve(request: Request, flow: Flow): Outcome {
    if (request.method === 'REGISTER') return this.#register(request, flow);
    if (request.method !== 'OPTIONS') throw new Refusal(405, 'Method Not Allowed', [allow]);
    this.#inspect(request);
    return ok([allow, ['Supported', this.#extensions.join(', ')]]);
  }

  /** Checks that a server makes of every request before its method counts (RFC 3261 §8.2), and reads the Request-URI. */
  #inspect(request: Request): Uri {
    if (param(request.to.params, 'tag') !== undefined) {
      throw new Refusal(481, 'Call/Transaction Does Not Exist');
    }
    const known = this.#extensions;
    const unknown = optionTags(request, 'require').filter((tag) => !known.includes(tag));
    if (unknown.length > 0) {
      throw new Refusal(420, 'Bad Extension', [['Unsupported', unknown.join(', ')]]);
    }
    const uri = readUri(request.uri);
    if (!isSip(uri)) throw new Refusal(416, 'Unsupported URI Scheme');
    return uri;
  }

  #register(request: Request, flow: Flow): Outcome {
    const target = this.#inspect(request);
    if (target.userinfo !== '') throw badRequest('Request-URI With a User Part'); // §10.2
    const aor = readUri(request.to.uri);
    if (!isSip(aor)) throw badRequest('To Is Not a SIP URI');
    const proof = this.#authenticate(request);
    // Not a Refusal: being challenged is as common as being served.
    if ('challenges' in proof) {
      return { status: 401, reason: 'Unauthorized', rows: proof.challenges };
    }
    this.#authorize(proof.username, aor);
    const now = this.#settings.now();
    const rows = register(request, aor, this.#registerSettings, { now, flow });
    return ok([...rows, ...proof.rows, this.#date.at(now)]);
  }

  /** Either way in is good enough (RFC 8898 §2.1.1: both may be asked for). */
  #authenticate(request: Request): Proof | { challenges: HeaderRow[] } {
    if (!this.#digest && !this.#bearer) return { username: '', rows: [] };
    const bearer = this.#bearer?.authenticate(request);
    if (bearer && 'username' in bearer) return { ...bearer, rows: [] };
    const digest = this.#digest?.authenticate(request);
    if (digest && 'username' in digest) return digest;
    return { challenges: [...(digest?.challenges ?? []), ...(bearer?.challenges ?? [])] };
  }

  /** §10.3 step 4: nobody changes the bindings of another user. */
  #authorize(username: string, aor: Uri): void {
    const owner = userOf(aor);
    const { users = {}, tokens = {} } = this.#settings;
    const isOthers = Object.hasOwn(users, owner) || Object.hasOwn(tokens, owner);
    const isOpen = !this.#digest && !this.#bearer;
    if (!isOpen && username !== owner && isOthers) throw new Refusal(403, 'Forbidden');
  }
}
