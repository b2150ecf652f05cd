import { Agent, readResponse, type Call } from '../agent.js';
import { RegistrationError } from '../errors.js';
import { OutputKind } from '../fields.js';
import type { Core } from '../load.js';
import type { ClientSettings } from '../options.js';
import { isThenable, within } from '../promises.js';
import type { Result } from '../results.js';
import type { FieldList, Frame, Output } from '../session.js';
import type { Backend, Listener } from '../station.js';
import type { ClientStats, Platform } from '../types.js';
import { awaitRelease } from './locks.js';
import { listen, type Port } from './ports.js';
import {
  firstLook,
  isFromWorker,
  Refusal,
  unpackError,
  unpackResult,
  type FromPage,
  type FromWorker,
  type Item,
  type News,
  type PackedResult,
} from './protocol.js';

/** Time between two questions whether the worker is alive, and how many of them may stay without any word from it. */
const pingMs = 25_000;
const patience = 2;
/** The worker gives its sockets 5 s to close. */
const closingMs = 8000;

/** These change what the core knows of registrations, or are judged by that: the page's core does them as well. */
const mirrored: readonly Call[] = [
  'create',
  'regId',
  'remove',
  'update',
  'checkCredentials',
  'openChannel',
  'closeChannel',
  'send',
  'respond',
];
/** As many as the core keeps open. */
const mostRequests = 64;
/** These only ask. */
const local: readonly Call[] = ['regId', 'checkCredentials'];

/** An output that says nothing; a refusal is told with it. */
const blank: Output = {
  kind: OutputKind.operationFailed,
  registration: 0,
  reference: 0,
  flow: 0,
  code: 0,
  flag: false,
  x: 0,
  y: 0,
  z: 0,
  start: 0,
  length: 0,
};

/** What a worker's client needs of its page. */
export interface Page {
  core: Core;
  platform: Platform;
  settings: ClientSettings;
  port: Port;
  /** The lock that the worker holds while it lives. */
  workerLock: string | null;
  /** Gives up the page's own. */
  release: () => void;
}

/**
 * A Station in a worker. Options are judged here, by a core of the page's own that has the same registrations and never
 * sends anything, so that a refusal is thrown at once and tells what it would tell without a worker.
 */
export class RemoteStation implements Backend {
  readonly agent = this;
  readonly connector = this;
  statistics: ClientStats = { framesIn: 0, framesOut: 0, dropped: 0, connects: 0, registers: 0 };
  reason = '';
  lostUrl = '';
  cause: unknown;
  readonly #page: Page;
  readonly #listener: Listener;
  readonly #mirror: Agent;
  readonly #unwatch: (() => void)[] = [];
  /** What functions among the servers threw, by question. */
  readonly #thrown = new Map<number, unknown>();
  readonly #channels = new Set<number>();
  readonly #requests = new Set<number>();
  readonly #looks = new Map<number, Item>();
  #urls: string[];
  #flowUrl = '';
  #timer: unknown;
  #unanswered = 0;
  #ended = false;
  #closed: (() => void) | null = null;

  /** Throws a TypeError for an option that the core refuses. */
  constructor(page: Page, listener: Listener) {
    const { core, platform, settings, port, workerLock } = page;
    this.#page = page;
    this.#listener = listener;
    this.#urls = settings.servers.map((each) => (typeof each === 'function' ? '' : each.publicUrl));
    this.#mirror = new Agent(core, platform, {
      handle: () => undefined,
      trapped: (error) => {
        this.#die(error);
      },
    });
    try {
      this.#mirror.command('configure', settings.fields);
    } catch (error) {
      this.#mirror.close();
      throw error;
    }
    port.onmessage = ({ data }) => {
      if (isFromWorker(data)) this.#receive(data);
      else this.#die(workerGone('It said what this page does not understand.'));
    };
    const gone = (): void => {
      this.#die(workerGone('It was terminated, or it ended by itself.'));
    };
    this.#unwatch.push(listen(port, 'close', gone));
    if (workerLock !== null) this.#unwatch.push(awaitRelease(workerLock, gone));
    this.#watch();
  }

  url(server: number): string {
    return this.#urls[server] ?? '';
  }

  urlOf(): string {
    return this.#flowUrl;
  }

  run(call: Call, input: FieldList | Frame, ...rest: number[]): number {
    if (this.#ended) return 0;
    const value = mirrored.includes(call) ? this.#mirror.run(call, input, ...rest) : 0;
    if (call === 'remove') this.#looks.delete(firstLook + (rest[0] ?? 0));
    this.#forward(call, input, rest, value);
    return value;
  }

  command(call: Call, input: FieldList | Frame, ...rest: number[]): number {
    if (call === 'provideCredentials') this.#mirror.command('checkCredentials', input);
    const value = mirrored.includes(call) ? this.#judge(call, input, rest) : 0;
    this.#forward(call, input, rest, value);
    if (call === 'openChannel') this.#showChannel(...rest);
    return value;
  }

  abandon(reason: string): void {
    this.#post({ type: 'abandon', reason });
  }

  settle(): void {
    this.#listener.settled();
    this.#listener.dispatcher.run();
  }

  /** What is pending here ends at once; the promise waits for the worker's word that it has ended too. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const closed = new Promise<void>((resolve) => (this.#closed = resolve));
    this.#post({ type: 'close' });
    this.#end();
    await within(this.#page.platform, closed, closingMs);
    this.#leave();
  }

  /** What it says at once; the worker may correct it. */
  #showChannel(registration = 0, reference = 0): void {
    const look = this.#looks.get(firstLook + registration);
    if (look === undefined) return;
    const output = { ...look.output, reference };
    this.#note({ ...look, output });
    this.#listener.handle(output, look.content as string);
  }

  /** Throws the refusal. The page's core has no connections and no requests; whether one is open, the worker has told. */
  #judge(call: Call, input: FieldList | Frame, rest: number[]): number {
    try {
      return this.#mirror.command(call, input, ...rest);
    } catch (error) {
      const open = call === 'send' ? this.#channels : this.#requests;
      const isKnown = (call === 'send' || call === 'respond') && open.has(rest[0] ?? 0);
      if (error instanceof RegistrationError && isKnown) return 0;
      throw error;
    }
  }

  #forward(call: Call, input: FieldList | Frame, rest: number[], value: number): void {
    const isProvisional = Array.isArray(input) && Number(input[1]) < 200;
    if (call === 'respond' && !isProvisional) this.#requests.delete(rest[0] ?? 0);
    if (!local.includes(call)) this.#post({ type: 'call', call, input, rest, value });
  }

  /** What is open in the worker. */
  #note(item: Item): void {
    const { kind, reference, flow } = item.output;
    if (kind === OutputKind.request) {
      this.#requests.add(reference);
      for (const oldest of this.#requests) {
        if (this.#requests.size <= mostRequests) break;
        this.#requests.delete(oldest);
      }
    } else if (kind === OutputKind.channel) {
      if (reference >= firstLook) this.#looks.set(reference, item);
      if (flow === 0) this.#channels.delete(reference);
      else this.#channels.add(reference);
    }
  }

  #post(message: FromPage): void {
    if (!this.#ended) this.#page.port.postMessage(message);
  }

  #receive(message: FromWorker): void {
    this.#unanswered = 0;
    if (message.type === 'closed' && this.#closed !== null) this.#closed();
    if (this.#ended) return;
    switch (message.type) {
      case 'news':
        this.#tell(message);
        break;
      case 'refused':
        this.#listener.handle(
          { ...blank, reference: message.operation },
          new Refusal(unpackError(message.error)),
        );
        this.settle();
        break;
      case 'question':
        this.#answer(message.question, message.server);
        break;
      case 'failed':
      case 'trapped':
        this.#die(unpackError(message.error));
        break;
      case 'closed':
        this.#die(workerGone('It took the page for gone.'));
        break;
    }
  }

  #tell({ statistics, urls, items }: News): void {
    this.statistics = statistics;
    this.#urls = urls;
    // An event and the call that it completes have one result, and one object comes of it.
    const results = new Map<PackedResult, Result>();
    for (const item of items) this.#handle(item, results);
    this.settle();
  }

  #handle(item: Item, results: Map<PackedResult, Result>): void {
    const { output, content, url, lost } = item;
    this.#note(item);
    this.#flowUrl = url;
    this.reason = lost.reason;
    this.lostUrl = lost.url;
    const question = lost.cause?.question ?? null;
    if (question !== null) this.cause = this.#thrown.get(question);
    else this.cause = lost.cause === null ? undefined : unpackError(lost.cause);
    if (typeof content === 'string' || ArrayBuffer.isView(content)) {
      this.#listener.handle(output, content);
      return;
    }
    let result = results.get(content);
    if (result === undefined) {
      const { core } = this.#page;
      result = unpackResult(content, (frame: Frame) => readResponse(core, frame));
      results.set(content, result);
    }
    this.#listener.handle(output, result);
  }

  /** A function among the servers is asked where it is. */
  #answer(question: number, server: number): void {
    const source = this.#page.settings.servers[server];
    const give = (value: unknown): void => {
      const url = value instanceof URL ? value.href : value;
      const known = typeof url === 'string' ? url : null;
      this.#post({ type: 'address', question, url: known, failed: false });
    };
    const fail = (cause: unknown): void => {
      this.#thrown.clear(); // only the last loss is ever explained
      this.#thrown.set(question, cause);
      this.#post({ type: 'address', question, url: null, failed: true });
    };
    if (typeof source !== 'function') return;
    try {
      const value = source();
      if (isThenable(value)) value.then(give, fail);
      else give(value);
    } catch (cause) {
      fail(cause);
    }
  }

  /** Asks for a sign of life from time to time; a page that was frozen counts the questions, not the time. */
  #watch(): void {
    this.#timer = this.#page.platform.setTimeout(() => {
      if (this.#unanswered >= patience) {
        this.#die(workerGone(`It has not answered for ${(pingMs * patience) / 1000} s.`));
        return;
      }
      this.#unanswered++;
      this.#post({ type: 'ping' });
      this.#watch();
    }, pingMs);
    (this.#timer as { unref?: () => void } | null)?.unref?.(); // Node's would keep the process alive
  }

  #die(cause: unknown): void {
    if (this.#ended) {
      this.#closed?.();
      return;
    }
    this.#post({ type: 'close' });
    this.#end(cause);
    this.#leave();
  }

  #end(cause?: unknown): void {
    this.#ended = true;
    this.#page.platform.clearTimeout(this.#timer);
    this.#mirror.close();
    this.#listener.trapped(cause);
    this.settle();
  }

  #leave(): void {
    for (const each of this.#unwatch) each();
    this.#page.port.onmessage = null;
    this.#page.port.close();
    this.#page.release();
  }
}

function workerGone(how: string): RegistrationError {
  return new RegistrationError(`The worker of this client is gone. ${how} Start a new one.`, {
    code: 'internal',
  });
}
