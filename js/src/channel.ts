import { RegistrationError } from './errors.js';
import type { Channel } from './types.js';

/** What a channel asks for; both throw what its user is to see. */
export interface ChannelOwner {
  send(link: Link, message: string): void;
  detach(link: Link): void;
}

/** The engine's end of a channel. */
export class Link {
  /** Nobody has seen it yet. */
  isNew = true;
  url = '';
  open = false;
  /** sent-by, Contact URI, and the Service-Route's elements. */
  properties: string[] = [];
  /** Why nothing goes any more. */
  end: RegistrationError | null = null;
  readonly channel: Channel;

  constructor(
    readonly id: number,
    readonly registration: number,
    readonly owner: ChannelOwner,
  ) {
    this.channel = new LinkedChannel(this);
  }

  /** What comes of a flow that opened, or was lost. */
  change(open: boolean, explain: () => RegistrationError): void {
    if (this.end !== null || open === this.open) return;
    this.open = open;
    const { channel } = this;
    call(() => (open ? channel.onopen?.() : channel.onclose?.(explain())));
  }

  receive(message: string): void {
    if (this.end === null) call(() => this.channel.onmessage?.(message));
  }

  /** Nothing comes or goes any more. */
  stop(end: RegistrationError): void {
    this.open = false;
    this.end ??= end;
  }

  /** Tells of that. */
  tellEnd(): void {
    call(() => this.channel.onclose?.(this.end ?? undefined));
  }
}

/** What a handler throws is the host's to report, like what a listener throws, and stops nothing here. */
function call(handler: () => void): void {
  try {
    handler();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** See types.ts. */
class LinkedChannel implements Channel {
  onmessage: Channel['onmessage'] = null;
  onopen: Channel['onopen'] = null;
  onclose: Channel['onclose'] = null;
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  get url(): string {
    return this.#link.url;
  }

  get viaTransport(): 'WS' | 'WSS' {
    return this.url.startsWith('ws:') ? 'WS' : 'WSS';
  }

  get viaHost(): string {
    return this.#link.properties[0] ?? '';
  }

  get contactUri(): string {
    return this.#link.properties[1] ?? '';
  }

  get serviceRoute(): readonly string[] {
    return this.#link.properties.slice(2);
  }

  get open(): boolean {
    return this.#link.open;
  }

  send(message: string): void {
    const { owner, end } = this.#link;
    if (end !== null) throw end;
    owner.send(this.#link, message);
  }

  detach(): void {
    const { owner, end } = this.#link;
    if (end !== null) return;
    this.#link.stop(
      new RegistrationError('The channel was detached; open a new one.', { code: 'closed' }),
    );
    owner.detach(this.#link);
  }
}
