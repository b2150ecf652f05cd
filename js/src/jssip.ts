/**
 * JsSIP over the connection of a sipreg registration.
 *
 * @module sipreg/jssip
 */
import { look, type Facts } from './adapter.js';
import type { Channel, Registration } from './types.js';

/** What JsSIP's UA takes as an element of `sockets`: the shape of its class `Socket`. */
export interface JsSipSocket {
  /** WS or WSS, as it stands in a Via. */
  via_transport: string;
  /** The server's, with its query and userinfo cut. */
  readonly url: string;
  /** The server as a SIP URI, for JsSIP's `use_preloaded_route`. */
  readonly sip_uri: string;
  /** JsSIP's; calls onconnect() when the registration's flow is open, never before it returns. */
  connect(): void;
  /** Detaches from the registration and leaves its connection alone. */
  disconnect(): void;
  /** One SIP message. False: it was not sent, because there is no flow, or it is no message or a REGISTER. */
  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean;
  /** JsSIP was told of a flow that is open. */
  isConnected(): boolean;
  /** connect() was called, and no flow has been open since. */
  isConnecting(): boolean;
  /** Set by JsSIP: a flow is open. */
  onconnect(): void;
  /** Set by JsSIP: the flow is lost. The next one is told by onconnect(). */
  ondisconnect(error: boolean, code?: number, reason?: string): void;
  /** Set by JsSIP: one SIP message for this account. */
  ondata(event: unknown): void;
}

/**
 * The socket for `new JsSIP.UA({ sockets: [createJsSipSocket(registration)], register: false, … })`: the only one of that UA,
 * and of no other. It is connected while the registration's flow is open, as long as JsSIP is started; sipreg reconnects. It
 * never closes the connection.
 *
 * Give the UA a `contact_uri` with the user part of `registration.info.contact`: JsSIP answers requests for others with 404.
 * @throws RegistrationError when the registration has ended.
 */
export function createJsSipSocket(registration: Registration): JsSipSocket {
  return new Socket(registration);
}

const abnormalClosure = 1006; // RFC 6455 §7.4.1

const nothing = (): void => undefined;

class Socket implements JsSipSocket {
  onconnect: JsSipSocket['onconnect'] = nothing;
  ondisconnect: JsSipSocket['ondisconnect'] = nothing;
  ondata: JsSipSocket['ondata'] = nothing;
  readonly #registration: Registration;
  #facts: Facts;
  #viaTransport: string | null = null;
  #channel: Channel | null = null;
  /** JsSIP was told so. */
  #connected = false;

  constructor(registration: Registration) {
    this.#registration = registration;
    this.#facts = look(registration);
  }

  get via_transport(): string {
    return this.#viaTransport ?? this.#facts.viaTransport;
  }

  set via_transport(value: string) {
    this.#viaTransport = value.toUpperCase();
  }

  get url(): string {
    return this.#facts.url;
  }

  get sip_uri(): string {
    const [, host = 'server.invalid'] = /^wss?:\/\/([^/?#]+)/.exec(this.url) ?? [];
    return `sip:${host};transport=ws`;
  }

  connect(): void {
    if (this.#channel === null && !this.#open()) return;
    queueMicrotask(() => {
      this.#opened();
    });
  }

  disconnect(): void {
    this.#channel?.detach();
    this.#channel = null;
    this.#connected = false;
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (typeof message !== 'string' || !this.#connected) return false;
    try {
      this.#channel?.send(message);
      return true;
    } catch {
      return false; // JsSIP takes it for an error of the transport and tells whoever asked
    }
  }

  isConnected(): boolean {
    return this.#connected;
  }

  isConnecting(): boolean {
    return this.#channel !== null && !this.#connected;
  }

  /** False when the registration has ended: then there is nothing to wait for. */
  #open(): boolean {
    let channel: Channel;
    try {
      channel = this.#registration.openChannel();
    } catch (error) {
      queueMicrotask(() => {
        this.ondisconnect(true, abnormalClosure, (error as Error).message);
      });
      return false;
    }
    channel.onopen = () => {
      this.#opened();
    };
    channel.onclose = (error) => {
      this.#closed(error?.message);
    };
    channel.onmessage = (message) => {
      if (this.#connected) this.ondata(message);
    };
    this.#channel = channel;
    return true;
  }

  #opened(): void {
    const channel = this.#channel;
    if (channel === null || !channel.open || this.#connected) return;
    this.#facts = channel;
    this.#connected = true;
    this.onconnect();
  }

  #closed(reason?: string): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.ondisconnect(true, abnormalClosure, reason);
  }
}
