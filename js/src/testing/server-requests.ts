import type { Flow } from './flow.js';
import { longName } from './message.js';
import type { ServerRequest } from './options.js';
import { parseResponse, type ParsedResponse } from './parsed.js';
import type { Settings } from './settings.js';
import type { Uniques } from './uniques.js';

/** Where a request goes: the binding's Contact and connection, and for whom. */
export interface Target {
  aor: string;
  uri: string;
  flow: Flow;
}

type Rows = readonly (readonly [name: string, value: string])[];

interface Transaction {
  flow: Flow;
  resolve: (response: ParsedResponse) => void;
  reject: (error: Error) => void;
  /** Writes the ACK of a response; null: the method has none. */
  acknowledge: ((response: ParsedResponse) => string) | null;
}

const timerF = 32_000;

function write(startLine: string, rows: Rows, body = ''): string {
  const length = new TextEncoder().encode(body).length;
  const head = rows.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${startLine}\r\n${head}Content-Length: ${length}\r\n\r\n${body}`;
}

/** Throws a TypeError for what would not arrive as it was meant. */
function check({ method, headers = {}, timeoutMs }: ServerRequest): void {
  if (!/^[A-Z]+$/.test(method) || method === 'ACK') {
    throw new TypeError(
      'sendRequest(): method must be in capitals and not ACK, which has no answer',
    );
  }
  for (const [name, values] of Object.entries(headers)) {
    if (['via', 'content-length'].includes(longName(name))) {
      throw new TypeError(`sendRequest(): headers: ${name} is the registrar's own`);
    }
    if ([name, values].flat().some((text) => /[\r\n]/.test(text))) {
      throw new TypeError('sendRequest(): headers must be single lines');
    }
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new TypeError('sendRequest(): timeoutMs must be from 1 to 2^31-1');
  }
}

/** The client side of a server: requests on their way, by branch (RFC 3261 §17.1.3). */
export class ServerRequests {
  readonly #settings: Settings;
  readonly #uniques: Uniques;
  readonly #transactions = new Map<string, Transaction>();

  constructor(settings: Settings, uniques: Uniques) {
    this.#settings = settings;
    this.#uniques = uniques;
  }

  /** Sends the request and resolves with its final response. */
  send(target: Target, request: ServerRequest): Promise<ParsedResponse> {
    check(request);
    const { method, body, timeoutMs = timerF } = request;
    const branch = this.#branch();
    const rows = this.#rows(target, request, branch);
    return new Promise((resolve, reject) => {
      const stop = this.#settings.after(timeoutMs, () => {
        this.#fail(branch, `no final response to ${method} within ${timeoutMs} ms`);
      });
      this.#transactions.set(branch, {
        flow: target.flow,
        resolve: (response) => {
          stop();
          resolve(response);
        },
        reject: (error) => {
          stop();
          reject(error);
        },
        acknowledge:
          method === 'INVITE' ? (response) => this.#ack(target.uri, rows, response) : null,
      });
      target.flow.send(write(`${method} ${target.uri} SIP/2.0`, rows, body));
    });
  }

  /** Takes a response that came over `flow`; one that nobody waits for is ignored. */
  received(flow: Flow, frame: string): void {
    const response = parseResponse(frame);
    const branch = /;\s*branch\s*=\s*([^\s;,]+)/i.exec(response.header('Via') ?? '')?.[1] ?? '';
    const transaction = this.#transactions.get(branch);
    if (transaction?.flow !== flow || response.status < 200) return;
    this.#transactions.delete(branch);
    if (transaction.acknowledge) flow.send(transaction.acknowledge(response));
    transaction.resolve(response);
  }

  /** The connection is gone, and with it every answer that was to come over it. */
  closed(flow: Flow): void {
    for (const [branch, transaction] of this.#transactions) {
      if (transaction.flow === flow) this.#fail(branch, 'the connection was closed');
    }
  }

  #fail(branch: string, why: string): void {
    const transaction = this.#transactions.get(branch);
    this.#transactions.delete(branch);
    transaction?.reject(new Error(`sendRequest(): ${why}`));
  }

  #branch(): string {
    return `z9hG4bK${this.#uniques.token()}`;
  }

  #via(branch: string): string {
    return `SIP/2.0/WS registrar.invalid;branch=${branch}`;
  }

  /** What every request has (RFC 3261 §8.1.1), then what the test wants. */
  #rows({ aor }: Target, { method, headers = {} }: ServerRequest, branch: string): Rows {
    const given = Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, value] as const),
    );
    const usual: Rows = [
      ['Via', this.#via(branch)],
      ['Max-Forwards', '70'],
      ['From', `<sip:registrar.invalid>;tag=${this.#uniques.tag()}`],
      ['To', `<${aor}>`],
      ['Call-ID', this.#uniques.token()],
      ['CSeq', `1 ${method}`],
    ];
    const replaced = new Set(given.map(([name]) => longName(name)));
    return [...usual.filter(([name]) => !replaced.has(longName(name))), ...given];
  }

  /** For a refusal in the same transaction (RFC 3261 §17.1.1.3), for a 2xx in one of its own (§13.2.2.4). */
  #ack(uri: string, rows: Rows, response: ParsedResponse): string {
    const of = (name: string) => rows.find(([each]) => longName(each) === name)?.[1] ?? '';
    return write(`ACK ${uri} SIP/2.0`, [
      ['Via', response.status < 300 ? this.#via(this.#branch()) : of('via')],
      ['Max-Forwards', '70'],
      ['From', of('from')],
      ['To', response.header('To') ?? of('to')],
      ['Call-ID', of('call-id')],
      ['CSeq', of('cseq').replace(/\S+$/, 'ACK')],
    ]);
  }
}
