import { createTestRegistrar } from 'sipreg/testing';
import { algorithms, realm, users } from './demo-accounts.js';

export const retryAfterSeconds = 20;

/** A registrar in the page's memory, by the page's clock. It outlives the clients that use it. */
export class PageRegistrar {
  /** Every REGISTER is answered 503 with Retry-After while this is set. */
  busy = false;
  #platform;
  #registrar;

  constructor(platform) {
    this.#platform = platform;
    this.#start();
  }

  /** For createClient(); always to the registrar that runs now. */
  webSocket = (url, protocols) => this.#registrar.webSocket(url, protocols);

  /** Forgets bindings and nonces; its connections end. */
  restart() {
    this.#registrar.network = 'down';
    this.#start();
  }

  /** The next REGISTER with credentials is asked for new ones. */
  expireNonces() {
    this.#registrar.next({ stale: true });
  }

  #start() {
    const registrar = createTestRegistrar({
      realm,
      users,
      algorithms,
      maxExpires: 3600,
      platform: this.#platform,
      respond: (_, { method }) => {
        // A page may stay open for days.
        registrar.forgetRequests();
        return this.busy && method === 'REGISTER' ? busyAnswer : undefined;
      },
    });
    this.#registrar = registrar;
  }
}

const busyAnswer = {
  status: 503,
  reason: 'Service Unavailable',
  headers: { 'Retry-After': String(retryAfterSeconds) },
};
