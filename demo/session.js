import { createClient } from '/sipreg/index.js';

/** States in which nothing is wanted and nothing runs: the account may be edited. */
const idle = ['unregistered', 'failed', 'removed'];

/**
 * The page's one account: one client per server URL, one registration on it.
 *
 * Dispatches 'change' (something to draw), 'message' (of the client), 'log' ({name, text, tone}),
 * 'bindings' (what the registrar now holds, as far as is known) and 'problem' (an error).
 */
export class Session extends EventTarget {
  registration = null;
  /** How the last binding ended: the detail of the 'unregistered' event. */
  ended = null;
  #bindings = [];
  #client = null;
  #server = null;
  #identity = null;
  #starting = false;

  get state() {
    if (this.#starting) return 'connecting';
    return this.registration?.state ?? 'none';
  }

  get bound() {
    return this.registration?.bound ?? false;
  }

  get connectionState() {
    return this.#client?.connectionState ?? 'disconnected';
  }

  /** What makes sense now, by button. */
  get can() {
    const { state, bound } = this;
    const known = this.registration !== null && state !== 'removed' && !this.#starting;
    const leaving = state === 'unregistering';
    return {
      edit: !this.#starting && !bound && (!known || idle.includes(state)),
      register:
        !this.#starting && !bound && (!known || idle.includes(state) || state === 'waiting'),
      refresh: known && bound && (state === 'registered' || state === 'waiting'),
      query: known && !leaving,
      unregister: known && !leaving && (bound || !idle.includes(state)),
      unregisterAll: known && !leaving,
      remove: known,
    };
  }

  /**
   * Registers `account`: again with the same registration when only the credentials or the lifetime
   * changed, else with a new one. Rejects with the library's error.
   */
  async register({ server, credentials, expires, ...identity }) {
    this.#starting = true;
    this.#changed();
    try {
      await this.#connectTo(server);
      const key = JSON.stringify(identity);
      if (this.registration && this.registration.state !== 'removed' && key === this.#identity) {
        this.registration.setCredentials(credentials);
      } else {
        this.remove();
        this.registration = this.#client.createRegistration({ ...identity, credentials, expires });
        this.#identity = key;
        this.ended = null;
        this.#watch(this.registration);
      }
    } finally {
      this.#starting = false;
      this.#changed();
    }
    return this.registration.register(expires === undefined ? {} : { expires });
  }

  /** Sends the same registration again; `expires` asks for a new lifetime. */
  async refresh(expires) {
    await this.registration.refresh(expires === undefined ? {} : { expires });
  }

  /** Asks the registrar for all bindings of the address. */
  async query() {
    this.#hold(await this.registration.query());
  }

  /** Removes another binding of the address. */
  async removeBinding(uri) {
    this.#hold(await this.registration.removeBinding(uri));
  }

  /** Removes this page's binding. */
  async unregister() {
    await this.registration.unregister();
  }

  /** Removes all bindings of the address. */
  async unregisterAll() {
    const { confirmed } = await this.registration.unregister({ all: true });
    if (confirmed) this.#hold([]);
  }

  /** Forgets the registration; the registrar is not told. */
  remove() {
    this.registration?.remove();
    this.registration = null;
    this.#changed();
  }

  /** The page goes away: unregisters as well as a closing page can. */
  leave() {
    this.#client?.close({ unregister: true, timeoutMs: 1000 }).catch(() => {});
  }

  async #connectTo(server) {
    if (this.#client && this.#client.connectionState !== 'closed' && this.#server === server)
      return;
    const client = await createClient({ server });
    this.remove();
    await this.#client?.close();
    this.#client = client;
    this.#server = server;
    client.addEventListener('connectionchange', ({ detail }) => {
      const { state, url, code, reason } = detail;
      const why = [code && `code ${code}`, reason].filter(Boolean).join(' ');
      this.#tell('log', { name: state, text: why ? `${url} (${why})` : url, tone: 'idle' });
      this.#changed();
    });
    client.addEventListener('message', ({ detail }) => this.#tell('message', detail));
    client.addEventListener('request', ({ detail }) => {
      this.#tell('log', { name: 'request', text: `${detail.method} ${detail.uri}`, tone: 'idle' });
    });
  }

  #watch(registration) {
    const log = (name, text, tone) => this.#tell('log', { name, text, tone });
    const on = (name, listener) =>
      registration.addEventListener(name, ({ detail }) => {
        listener(detail);
        this.#changed();
      });
    on('statechange', ({ state, previous }) => log('state', `${previous} → ${state}`, 'busy'));
    for (const name of ['registered', 'refreshed']) {
      on(name, ({ expires, bindings }) => {
        log(name, `for ${expires} s`, 'good');
        this.#hold(bindings);
      });
    }
    on('unregistered', (detail) => {
      this.ended = detail;
      log(
        'unregistered',
        detail.confirmed ? detail.reason : `${detail.reason}, unconfirmed`,
        'idle',
      );
      if (detail.confirmed || detail.reason !== 'user')
        this.#hold(this.#bindings.filter(({ own }) => !own));
    });
    on('failed', (error) => {
      log('failed', `${error.code}: ${error.message}`, 'bad');
      this.#tell('problem', error);
    });
    on('retry', ({ attempt, error }) => {
      log('retry', `attempt ${attempt} is scheduled (${error.code})`, 'warn');
      this.#tell('problem', error);
    });
    on('warning', ({ code, message }) => log('warning', `${code}: ${message}`, 'warn'));
  }

  #hold(bindings) {
    this.#bindings = bindings;
    this.#tell('bindings', bindings);
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
