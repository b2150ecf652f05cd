import type { Call } from '../agent.js';
import { createPlatform } from '../clock.js';
import { Dispatcher } from '../dispatcher.js';
import { optionError } from '../errors.js';
import { Field, OutputKind } from '../fields.js';
import { decode } from '../inlined.js';
import { loadCore } from '../load.js';
import type { Result } from '../results.js';
import type { Server } from '../server.js';
import type { Frame, Output } from '../session.js';
import { Station, type Listener } from '../station.js';
import type * as types from '../types.js';
import { defaultFactory, type SocketFactory } from '../websocket.js';
import { awaitRelease, holdLock } from './locks.js';
import { listen, type Port, type WorkerLike } from './ports.js';
import {
  AddressError,
  firstLook,
  isFromPage,
  packError,
  packResult,
  type Connect,
  type FromPage,
  type FromWorker,
  type Item,
  type Lost,
  type PackedResult,
} from './protocol.js';

/** What host() takes; nothing is needed. */
export interface HostOptions {
  /** Where pages call. Default: the worker itself, a SharedWorker's pages, on Node the parentPort. */
  port?: WorkerLike;
  /** Makes the sockets, as option `webSocket` of createClient(). */
  webSocket?: types.ClientOptions['webSocket'];
  /** For tests: the worker's clocks, timers and entropy. */
  platform?: Partial<types.Platform>;
}

/** How often a page without Web Locks is looked after, and how many times it may have said nothing since. */
const lookMs = 20_000;
const patience = 9;

/** What a page may have its core do. */
const allowed: readonly Call[] = [
  'create',
  'call',
  'remove',
  'update',
  'resetCredentials',
  'provideCredentials',
  'respond',
  'openChannel',
  'closeChannel',
  'send',
  'setTrace',
  'setRequests',
  'wake',
  'offline',
];

/**
 * Lets pages make clients in this worker with createWorkerClient(). To be called once, at the top level of the worker's
 * script and before it awaits anything, or the first pages are not heard. Messages of the application's own pass beside it.
 *
 * Throws a TypeError for a malformed option, and where there is nobody to listen to.
 */
export function host(options: HostOptions = {}): void {
  const { webSocket, port, platform: given } = readOptions(options);
  if (webSocket !== undefined && typeof webSocket !== 'function') {
    throw optionError('webSocket', 'must be a function that makes a WebSocket');
  }
  const platform = createPlatform(given);
  const house: House = {
    platform,
    factory: () => (webSocket ? Promise.resolve(webSocket) : defaultFactory()),
    lock: holdLock(platform),
  };
  const welcome = (data: unknown): void => {
    const hello = data as Partial<Connect> | null | undefined;
    if (hello?.sipreg === 'connect' && typeof hello.port?.postMessage === 'function') {
      void greet(hello as Connect, house);
    }
  };
  if (port === undefined && 'onconnect' in globalThis) {
    listen(globalThis, 'connect', (event) => {
      for (const each of (event as MessageEvent).ports) attend(each, welcome);
    });
    return;
  }
  attend(port ?? ownPort(), welcome);
}

function readOptions(value: unknown): HostOptions {
  if (typeof value !== 'object' || value === null) {
    throw optionError('options', 'must be an object, or left out');
  }
  const options: HostOptions = value;
  const port = options.port as Partial<WorkerLike> | null | undefined;
  if (port !== undefined && typeof port?.postMessage !== 'function') {
    throw optionError('port', 'must be a MessagePort, or left out in a worker');
  }
  return options;
}

interface House {
  platform: types.Platform;
  factory: () => Promise<SocketFactory>;
  lock: ReturnType<typeof holdLock>;
}

function ownPort(): object {
  if ('WorkerGlobalScope' in globalThis) return globalThis;
  const { process } = globalThis as { process?: Partial<NodeJS.Process> };
  const parent = process?.getBuiltinModule?.('node:worker_threads').parentPort;
  if (!parent) {
    throw optionError('port', 'is needed here: this is no worker, or a Node before 20.16');
  }
  return parent;
}

/** Hears what comes without taking it from the application. */
function attend(port: object, hear: (data: unknown) => void): void {
  listen(port, 'message', (event) => {
    hear((event as MessageEvent).data);
  });
  (port as { start?: () => void }).start?.(); // as onmessage would
}

async function greet({ port, version, needsWasm }: Connect, house: House): Promise<void> {
  const lock = await house.lock;
  const isSame = version === SIPREG_VERSION;
  if (isSame) new Guest(port, house);
  const welcome: FromWorker = {
    type: 'welcome',
    version: SIPREG_VERSION,
    wasm: isSame && needsWasm ? decode() : null,
    lock: lock?.name ?? null,
  };
  port.postMessage(welcome);
  if (!isSame) port.close();
}

/** One page's client: its core, and what passes between the two. */
class Guest implements Listener {
  readonly dispatcher = new Dispatcher();
  readonly #port: Port;
  readonly #house: House;
  readonly #unwatch: (() => void)[] = [];
  readonly #questions = new Map<
    number,
    { resolve: (url: unknown) => void; reject: (error: Error) => void }
  >();
  #lastQuestion = 0;
  #station: Station | null = null;
  #servers = 0;
  #isOpening = false;
  #ended = false;
  #items: Item[] = [];
  /** The results of the batch: what was one object stays one. */
  readonly #packed = new Map<Result, PackedResult>();
  readonly #registrations = new Set<number>();
  /** Those that the batch is about. */
  readonly #changed = new Set<number>();
  #statistics = '';
  #timer: unknown;
  #silence = 0;

  constructor(port: Port, house: House) {
    this.#port = port;
    this.#house = house;
    port.onmessage = ({ data }) => {
      this.#silence = 0;
      if (isFromPage(data)) this.#receive(data);
      else this.#misunderstood();
    };
    port.onmessageerror = () => {
      this.#post({
        type: 'failed',
        error: packError(optionError('wasm', 'cannot cross to this worker; give bytes or a URL')),
      });
    };
    this.#unwatch.push(
      listen(port, 'close', () => {
        this.#leave();
      }),
    );
  }

  // ------------------------------------------------------------------------------------------------- from the station

  handle(output: Output, content: Frame | Result): void {
    const connector = this.#station?.connector;
    if (connector === undefined) return;
    const { kind, registration } = output;
    if (registration !== 0) this.#changed.add(registration);
    else if (kind === OutputKind.connection || kind === OutputKind.flow) {
      for (const each of this.#registrations) this.#changed.add(each);
    }
    const { reason, lostUrl, cause } = connector;
    const lost: Lost = {
      reason,
      url: lostUrl,
      cause: cause === undefined ? null : packError(cause),
    };
    this.#items.push({
      output,
      content:
        typeof content === 'string' || ArrayBuffer.isView(content) ? content : this.#pack(content),
      url: connector.urlOf(output.flow),
      lost,
    });
  }

  settled(): void {
    const station = this.#station;
    if (station === null) return;
    for (const registration of this.#changed) {
      station.agent.run('openChannel', [], registration, firstLook + registration);
      station.agent.run('closeChannel', [], firstLook + registration);
    }
    this.#changed.clear();
    const { statistics } = station.agent;
    const counts = Object.values(statistics).join();
    if (this.#items.length === 0 && counts === this.#statistics) return;
    this.#statistics = counts;
    const items = this.#items;
    this.#items = [];
    this.#packed.clear();
    this.#post({ type: 'news', statistics, urls: this.#urls(station), items });
  }

  trapped(error: unknown): void {
    this.#post({ type: 'trapped', error: packError(error) });
  }

  /** Only its page can post here, and to pass over what it wants done would leave the two at odds. */
  #misunderstood(): void {
    this.trapped(new Error('The worker does not understand its page.'));
  }

  #pack(result: Result): PackedResult {
    let packed = this.#packed.get(result);
    if (packed === undefined) {
      packed = packResult(result);
      this.#packed.set(result, packed);
    }
    return packed;
  }

  #urls({ connector }: Station): string[] {
    return Array.from({ length: this.#servers }, (_, i) => connector.url(i));
  }

  // --------------------------------------------------------------------------------------------------- from the page

  #receive(message: FromPage): void {
    switch (message.type) {
      case 'open':
        if (!this.#isOpening) void this.#open(message);
        break;
      case 'call':
        this.#call(message);
        break;
      case 'abandon':
        this.#station?.connector.abandon(message.reason);
        break;
      case 'address':
        this.#answered(message);
        break;
      case 'ping':
        this.#post({ type: 'pong' });
        break;
      case 'close':
        this.#leave();
        break;
    }
  }

  async #open(request: FromPage & { type: 'open' }): Promise<void> {
    this.#isOpening = true;
    const { platform, factory } = this.#house;
    try {
      const [core, makeSocket] = await Promise.all([loadCore(request.wasm, decode), factory()]);
      if (this.#ended) return;
      const { allowInsecure } = request;
      const entropy = platform.getRandomValues(new Uint8Array(32));
      const fields = [...request.fields, Field.entropy, entropy];
      const servers = request.servers.map((each, i): Server => each ?? (() => this.#ask(i)));
      this.#servers = servers.length;
      const settings = { servers, allowInsecure, fields };
      this.#station = new Station(core, platform, settings, makeSocket, this);
      entropy.fill(0);
      this.#watch(request.lock);
      this.#post({ type: 'opened' });
    } catch (error) {
      this.#post({ type: 'failed', error: packError(error) });
    }
  }

  #call({ call, input, rest, value }: FromPage & { type: 'call' }): void {
    const station = this.#station;
    if (station === null) return;
    if (!allowed.includes(call)) {
      this.#misunderstood();
      return;
    }
    try {
      const own = station.agent.command(call, input, ...rest);
      if (call === 'create') {
        this.#registrations.add(own);
        this.#changed.add(own);
      }
      if (call === 'remove') this.#registrations.delete(rest[0] ?? 0);
      if (call === 'create' && own !== value) throw new Error('The two cores differ.');
    } catch (error) {
      // The page's core has let everything else pass, or it is about a registration that is gone.
      if (call === 'call') {
        this.#post({ type: 'refused', operation: rest[1] ?? 0, error: packError(error) });
      } else if (call === 'create') {
        this.trapped(error);
      }
    }
    station.settle();
  }

  /** Asks the page's function for an address. */
  #ask(server: number): Promise<unknown> {
    const question = ++this.#lastQuestion;
    return new Promise((resolve, reject) => {
      this.#questions.set(question, { resolve, reject });
      this.#post({ type: 'question', question, server });
    });
  }

  #answered({ question, url, failed }: FromPage & { type: 'address' }): void {
    const asked = this.#questions.get(question);
    this.#questions.delete(question);
    if (failed) asked?.reject(new AddressError(question));
    else asked?.resolve(url);
  }

  /** A page may go without a word: it is closed, or it crashes. */
  #watch(lock: string | null): void {
    const leave = (): void => {
      this.#leave();
    };
    if (lock !== null) this.#unwatch.push(awaitRelease(lock, leave));
    else this.#look();
  }

  #look(): void {
    this.#timer = globalThis.setTimeout(() => {
      if (++this.#silence > patience) this.#leave();
      else this.#look();
    }, lookMs);
    (this.#timer as { unref?: () => void } | null)?.unref?.();
  }

  /** Nothing is sent to the registrar: a page that is loaded anew has the same binding, and may hold it already. */
  #leave(): void {
    if (this.#ended) return;
    this.#ended = true;
    globalThis.clearTimeout(this.#timer as number);
    for (const each of this.#unwatch) each();
    const closed = this.#station?.close() ?? Promise.resolve();
    this.#questions.clear();
    void closed.then(() => {
      this.#port.postMessage({ type: 'closed' } satisfies FromWorker);
      this.#port.onmessage = null;
      this.#port.close();
    });
  }

  #post(message: FromWorker): void {
    if (!this.#ended) this.#port.postMessage(message);
  }
}
