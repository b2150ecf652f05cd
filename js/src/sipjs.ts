/**
 * SIP.js over the connection of a sipreg registration.
 *
 * @module sipreg/sipjs
 */
import { look, report, type Facts } from './adapter.js';
import type { Channel, Registration } from './types.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- SIP.js's enumeration and logger, which are not imported for their types alone */

/** What SIP.js's Emitter has. */
export interface SipJsEmitter {
  /** Calls it with every state from now on, or with the next one only. */
  addListener(listener: (state: any) => void, options?: { once?: boolean }): void;
  /** Calls it no more. */
  removeListener(listener: (state: any) => void): void;
  /** As addListener(). */
  on(listener: (state: any) => void): void;
  /** As removeListener(). */
  off(listener: (state: any) => void): void;
  /** For the next change only. */
  once(listener: (state: any) => void): void;
}

/** What SIP.js's UserAgent makes of `transportConstructor`: the shape of its interface `Transport`. */
export interface SipJsTransport {
  /** WS or WSS, as it stands in a Via. */
  readonly protocol: string;
  /** The server's URL, with its query and userinfo cut. */
  readonly server: string;
  /** SIP.js's TransportState: 'Disconnected' at first, 'Connecting', 'Connected', 'Disconnecting'. */
  readonly state: any;
  /** Tells every change of the state. */
  readonly stateChange: SipJsEmitter;
  /** Set by SIP.js: called when it is Connected. */
  onConnect: (() => void) | undefined;
  /** Set by SIP.js: called when it is Connected no more, with an Error where nobody asked for that. */
  onDisconnect: ((error?: Error) => void) | undefined;
  /** Set by SIP.js: called with each SIP message for this account. */
  onMessage: ((message: string) => void) | undefined;
  /** Waits for the registration's flow for up to `connectionTimeout` seconds, and rejects then. */
  connect(): Promise<void>;
  /** Detaches from the registration and leaves its connection alone. */
  disconnect(): Promise<void>;
  /** As disconnect(); it may connect again. */
  dispose(): Promise<void>;
  /** The state is Connected. */
  isConnected(): boolean;
  /** Rejects with an Error while not connected, for what is not one SIP message, and for a REGISTER. */
  send(message: string): Promise<void>;
}

/** What SIP.js takes as `transportConstructor`. */
export interface SipJsTransportConstructor {
  /** Called by SIP.js with its logger and its `transportOptions`, see SipJsTransportOptions. */
  // eslint-disable-next-line @typescript-eslint/prefer-function-type -- a function type has no place for a word of its own
  new (logger?: any, options?: any): SipJsTransport;
}

/** What `transportOptions` may hold; the rest is ignored. */
export interface SipJsTransportOptions {
  /** Seconds. Default 5, as with SIP.js's own transport. */
  connectionTimeout?: number;
}

/**
 * A `transportConstructor` for SIP.js: `new UserAgent({ transportConstructor: createSipJsTransport(registration), … })`, without
 * a Registerer. It is connected from connect() until the registration's flow is lost, and never reconnects by itself: SIP.js
 * leaves that to `userAgent.reconnect()` or its option `reconnectionAttempts`. It never closes the connection.
 *
 * Give the UserAgent the user part of `registration.info.contact` as `contactName`: SIP.js answers requests for others with 404.
 * @throws RegistrationError when the registration has ended.
 */
export function createSipJsTransport(registration: Registration): SipJsTransportConstructor {
  const facts = look(registration);
  return class extends Transport {
    constructor(_logger?: unknown, options?: SipJsTransportOptions) {
      super(registration, facts, options?.connectionTimeout ?? 5);
    }
  };
}

type State = 'Disconnected' | 'Connecting' | 'Connected' | 'Disconnecting';
type StateListener = (state: State) => void;

/** A promise with what settles it. */
interface Deferred {
  promise: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

function defer(): Deferred {
  const deferred: Partial<Deferred> = {};
  deferred.promise = new Promise((resolve, reject) => {
    Object.assign(deferred, { resolve, reject });
  });
  return deferred as Deferred;
}

/** SIP.js's own name for it: connect() or disconnect() was called from within a change of the state. */
class StateTransitionError extends Error {
  override readonly name = 'StateTransitionError';
}

/** What is thrown is reported, and keeps nobody else from hearing. */
function call(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    report(error);
  }
}

class StateEmitter implements SipJsEmitter {
  #listeners: { listener: StateListener; once: boolean }[] = [];

  addListener(listener: StateListener, options?: { once?: boolean }): void {
    this.#listeners.push({ listener, once: options?.once === true });
  }

  removeListener(listener: StateListener): void {
    this.#listeners = this.#listeners.filter((each) => each.listener !== listener);
  }

  on(listener: StateListener): void {
    this.addListener(listener);
  }

  off(listener: StateListener): void {
    this.removeListener(listener);
  }

  once(listener: StateListener): void {
    this.addListener(listener, { once: true });
  }

  emit(state: State): void {
    const listeners = this.#listeners;
    this.#listeners = listeners.filter(({ once }) => !once);
    for (const { listener } of listeners) {
      call(() => {
        listener(state);
      });
    }
  }
}

class Transport implements SipJsTransport {
  onConnect: (() => void) | undefined;
  onDisconnect: ((error?: Error) => void) | undefined;
  onMessage: ((message: string) => void) | undefined;
  readonly stateChange = new StateEmitter();
  readonly #registration: Registration;
  readonly #timeout: number;
  #facts: Facts;
  #state: State = 'Disconnected';
  #changing = false;
  #channel: Channel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connecting: Deferred | null = null;
  #disconnecting: Deferred | null = null;

  constructor(registration: Registration, facts: Facts, timeout: number) {
    this.#registration = registration;
    this.#facts = facts;
    this.#timeout = timeout;
  }

  get protocol(): string {
    return this.#facts.viaTransport;
  }

  get server(): string {
    return this.#facts.url;
  }

  get state(): State {
    return this.#state;
  }

  isConnected(): boolean {
    return this.#state === 'Connected';
  }

  connect(): Promise<void> {
    if (this.#changing) return Promise.reject(this.#loop());
    if (this.isConnected()) return Promise.resolve();
    if (this.#connecting !== null) return this.#connecting.promise;
    const connecting = (this.#connecting = defer());
    this.#enter('Connecting');
    this.#open();
    return connecting.promise;
  }

  disconnect(): Promise<void> {
    if (this.#changing) return Promise.reject(this.#loop());
    if (this.#state === 'Disconnected') return Promise.resolve();
    if (this.#disconnecting !== null) return this.#disconnecting.promise;
    const disconnecting = (this.#disconnecting = defer());
    this.#close();
    this.#enter('Disconnecting');
    queueMicrotask(() => {
      if (this.#disconnecting === disconnecting) this.#enter('Disconnected');
    });
    return disconnecting.promise;
  }

  dispose(): Promise<void> {
    return this.disconnect();
  }

  send(message: string): Promise<void> {
    const channel = this.#channel;
    if (channel === null || !this.isConnected()) {
      return Promise.reject(new Error('The transport is not connected.'));
    }
    return new Promise((resolve) => {
      channel.send(message); // what it throws rejects
      resolve();
    });
  }

  #loop(): Error {
    return new StateTransitionError(
      'connect() and disconnect() must not be called from within a change of the state; call them later.',
    );
  }

  #open(): void {
    let channel: Channel;
    try {
      channel = this.#registration.openChannel();
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#channel = channel;
    this.#timer = setTimeout(() => {
      this.#fail(new Error(`The registration had no connection within ${this.#timeout} s.`));
    }, this.#timeout * 1000);
    channel.onopen = () => {
      this.#opened(channel);
    };
    channel.onclose = (error) => {
      this.#fail(error ?? new Error('The connection was lost.'));
    };
    channel.onmessage = (message) => {
      if (this.isConnected()) this.onMessage?.(message);
    };
    queueMicrotask(() => {
      this.#opened(channel);
    });
  }

  #opened(channel: Channel): void {
    if (channel !== this.#channel || !channel.open || this.#state !== 'Connecting') return;
    clearTimeout(this.#timer);
    this.#facts = channel;
    this.#enter('Connected');
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#channel?.detach();
    this.#channel = null;
  }

  /** The flow is lost, or was not to be had. */
  #fail(error: Error): void {
    this.#close();
    this.#enter('Disconnected', error);
  }

  /** In SIP.js's order: the state, its listeners, the callback, the promises of what is over. */
  #enter(state: State, error?: Error): void {
    const previous = this.#state;
    this.#state = state;
    this.#changing = true;
    this.stateChange.emit(state);
    if (state === 'Connected') call(() => this.onConnect?.());
    if (previous === 'Connected') call(() => this.onDisconnect?.(error));
    this.#changing = false;
    if (previous === 'Connecting') {
      const connecting = this.#connecting;
      this.#connecting = null;
      if (state === 'Connected') connecting?.resolve();
      else connecting?.reject(error ?? new Error('Connecting was given up for disconnect().'));
    }
    if (previous === 'Disconnecting') {
      const disconnecting = this.#disconnecting;
      this.#disconnecting = null;
      if (state === 'Disconnected') disconnecting?.resolve();
      else disconnecting?.reject(new Error('Disconnecting was given up for connect().'));
    }
  }
}
