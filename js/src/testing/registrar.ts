import type { Binding } from '../types.js';
import { checkFault, type Fault } from './fault.js';
import { checkCloseCode, type Flow, type FlowListener } from './flow.js';
import { listen, type Listener } from './listener.js';
import { secondsLeft, type StoredBinding } from './location.js';
import { memoryWebSocket } from './memory-socket.js';
import { NetworkState } from './network.js';
import type { ServerRequest, TestRegistrar, TestRegistrarOptions } from './options.js';
import { parseRequest, type ParsedResponse } from './parsed.js';
import { plainDisplayName } from './register.js';
import { Server } from './server.js';
import { ServerRequests, type Target } from './server-requests.js';
import { readOptions, type Settings } from './settings.js';
import { Uniques } from './uniques.js';
import { isSip, readUri, sameUri, type Uri } from './uri.js';

/** Parameters of a Contact that a Binding has properties for. */
const namedParams = new Set(['q', '+sip.instance', 'reg-id']);

function publicBinding(binding: StoredBinding, now: number): Binding {
  const { instanceId, regId } = binding;
  const displayName = plainDisplayName(binding);
  return {
    uri: binding.uri.text,
    ...(displayName === undefined ? {} : { displayName }),
    expires: secondsLeft(binding, now),
    q: binding.q,
    ...(instanceId === null ? {} : { instanceId }),
    ...(regId === null ? {} : { regId }),
    params: Object.fromEntries(binding.params.filter(([name]) => !namedParams.has(name))),
    own: false,
  };
}

function readSipUri(text: string, place: string): Uri {
  try {
    const uri = readUri(text);
    if (isSip(uri)) return uri;
  } catch {
    // said below, in the words of the method that was called
  }
  throw new TypeError(`${place} must be a SIP URI, such as "sip:alice@example.com"`);
}

/** One connection, with what the trace and the network make of it. */
class Connection implements Flow {
  readonly #carrier: Flow;
  readonly #number: number;
  readonly #network: NetworkState;
  readonly #trace: Settings['trace'];

  constructor(carrier: Flow, number: number, network: NetworkState, trace: Settings['trace']) {
    this.#carrier = carrier;
    this.#number = number;
    this.#network = network;
    this.#trace = trace;
  }

  /** False: the frame gets lost on its way. */
  receives(data: string): boolean {
    if (this.#network.state === 'frozen') return false;
    this.#trace({ direction: 'out', data, connection: this.#number });
    return true;
  }

  send(data: string): void {
    if (this.#network.state === 'frozen') return;
    this.#trace({ direction: 'in', data, connection: this.#number });
    this.#carrier.send(data);
  }

  drop(code: number): void {
    this.#carrier.drop(code);
  }
}

class Registrar implements TestRegistrar {
  readonly requests: string[] = [];
  readonly #settings: Settings;
  readonly #server: Server;
  readonly #serverRequests: ServerRequests;
  readonly #connections = new Map<Flow, Connection>();
  readonly #network = new NetworkState(() => {
    this.disconnect();
  });
  #opened = 0;

  readonly #listener: FlowListener = {
    admit: () => this.#network.admit(),
    opened: (carrier) => {
      const { trace } = this.#settings;
      this.#opened += 1;
      const connection = new Connection(carrier, this.#opened, this.#network, trace);
      this.#connections.set(carrier, connection);
    },
    closed: (carrier) => {
      const connection = this.#connections.get(carrier);
      this.#connections.delete(carrier);
      if (connection) this.#serverRequests.closed(connection);
    },
    received: (carrier, frame) => {
      const connection = this.#connections.get(carrier);
      if (connection?.receives(frame)) this.#take(connection, frame);
    },
  };

  constructor(settings: Settings) {
    const uniques = new Uniques(settings.random);
    this.#settings = settings;
    this.#server = new Server(settings, uniques);
    this.#serverRequests = new ServerRequests(settings, uniques);
  }

  readonly webSocket = memoryWebSocket(this.#listener);

  get parsedRequests() {
    return this.requests.map(parseRequest);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get network() {
    return this.#network.state;
  }

  set network(state) {
    this.#network.state = state;
  }

  // Functions of the object itself, so that they can be taken out of it.

  readonly forgetRequests = (): void => {
    this.requests.length = 0;
  };

  readonly bindings = (aor: string): Binding[] => {
    const now = this.#settings.now();
    return this.#bindings(aor, 'bindings(): aor').map((each) => publicBinding(each, now));
  };

  readonly next = (...faults: Fault[]): void => {
    for (const fault of faults) checkFault(fault, 'next()');
    this.#server.faults.push(...faults);
  };

  readonly sendRequest = async (aor: string, request: ServerRequest): Promise<ParsedResponse> =>
    this.#serverRequests.send(this.#target(aor, request.contact), request);

  readonly send = (frame: string): void => {
    for (const connection of this.#connections.values()) connection.send(frame);
  };

  readonly disconnect = (code = 1006): void => {
    checkCloseCode(code, 'disconnect(): code');
    for (const connection of [...this.#connections.values()]) connection.drop(code);
  };

  readonly listen = (port = 0): Promise<Listener> => listen(port, this.#listener);

  #bindings(aor: string, place: string): readonly StoredBinding[] {
    return this.#server.location.bindings(readSipUri(aor, place), this.#settings.now());
  }

  /** The connection that a binding was made over, if it is still there. */
  #target(aor: string, contact: string | undefined): Target {
    const wanted = contact === undefined ? null : readSipUri(contact, 'sendRequest(): contact');
    const binding = this.#bindings(aor, 'sendRequest(): aor').findLast(
      ({ uri }) => wanted === null || sameUri(uri, wanted),
    );
    if (!binding) throw new Error(`sendRequest(): nothing is registered for ${contact ?? aor}`);
    const { uri, flow } = binding;
    if (![...this.#connections.values()].some((each) => each === flow)) {
      throw new Error(`sendRequest(): the connection of ${uri.text} is gone`);
    }
    return { aor, uri: uri.text, flow };
  }

  #take(connection: Connection, frame: string): void {
    // RFC 5626 §3.5.1: a double CRLF is a ping, and its pong a single one, which nobody answers.
    if (frame === '\r\n\r\n') {
      if (this.#settings.pong) connection.send('\r\n');
    } else if (frame.startsWith('SIP/2.0 ')) {
      this.#serverRequests.received(connection, frame);
    } else if (frame.trim() !== '') {
      this.requests.push(frame);
      const { answer, fault } = this.#server.treat(frame, connection);
      const { delayMs, disconnect } = fault;
      const finish = () => {
        if (answer !== '') connection.send(answer);
        if (disconnect !== undefined) connection.drop(disconnect);
      };
      if (delayMs === undefined) finish();
      else this.#settings.after(delayMs, finish);
    }
  }
}

/**
 * Makes a registrar for tests, with nothing registered. It keeps to RFC 3261 §10.3, RFC 7616, RFC 8898, RFC 5626 §6 and
 * RFC 5627 §5, and needs no network: give its `webSocket` to createClient(). Throws a TypeError that names the option.
 *
 * @example
 * const registrar = createTestRegistrar({ users: { alice: 'secret' } });
 * const client = await createClient({ server: 'ws://localhost', webSocket: registrar.webSocket });
 */
export function createTestRegistrar(options: TestRegistrarOptions = {}): TestRegistrar {
  return new Registrar(readOptions(options));
}
