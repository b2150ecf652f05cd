import { optionsOf, sameIdentity } from './account-options.js';
import { History } from './history.js';

/** States in which nothing is wanted and nothing runs. */
const idle = ['unregistered', 'failed', 'removed'];

/**
 * One account of the page: what was typed, its registration at the present client, and what happened to it.
 *
 * Dispatches 'change' (something to draw), 'log' ({name, text, tone}) and 'problem' (an error that no button awaits).
 */
export class Account extends EventTarget {
  history = new History();
  registration = null;
  /** What the registrar holds, as far as is known; null: it has not answered yet. */
  bindings = null;
  /** How the last binding ended: the detail of the 'unregistered' event. */
  ended = null;
  /** What went wrong last; null: nothing, or it is over. */
  problem = null;
  #clock;
  #client = null;

  /** `values` as in emptyValues. */
  constructor(id, values, clock) {
    super();
    this.id = id;
    this.values = values;
    this.#clock = clock;
  }

  /** The user part, for where the address is too long. */
  get name() {
    return this.values.aor.replace(/^sips?:/, '').split('@')[0];
  }

  get state() {
    return this.registration?.state ?? 'unregistered';
  }

  get bound() {
    return this.registration?.bound ?? false;
  }

  /** What makes sense now, by operation. */
  get can() {
    const { state, bound } = this;
    const leaving = state === 'unregistering';
    return {
      register: !bound && (idle.includes(state) || state === 'waiting'),
      refresh: bound && (state === 'registered' || state === 'waiting'),
      query: !leaving,
      unregister: !leaving && (bound || !idle.includes(state)),
      unregisterAll: !leaving,
    };
  }

  /** Makes the registration at this client; nothing is sent. Throws the library's TypeError. */
  attach(client) {
    const registration = client.createRegistration(optionsOf(this.values));
    this.#client = client;
    this.#bindingsBecome(null);
    this.#watch(registration);
  }

  /** Takes other values; where they say who it is, the old binding is given back. Throws the library's TypeError. */
  edit(values) {
    const options = optionsOf(values);
    const next = this.#client.createRegistration(options);
    const old = this.registration;
    if (sameIdentity(values, this.values) && old.state !== 'removed') {
      next.remove();
      const { credentials } = optionsOf(this.values);
      // Not for nothing: they forget what the server has asked for.
      if (JSON.stringify(credentials) !== JSON.stringify(options.credentials)) {
        old.setCredentials(options.credentials);
      }
    } else {
      this.#watch(next);
      this.bindings = null;
      const forget = () => old.remove();
      old.unregister().then(forget, forget);
    }
    this.values = values;
    this.problem = null;
    this.#changed();
  }

  /** Resolves when it is registered; rejects with the library's error. */
  async register() {
    await this.registration.register(this.#lifetime());
  }

  async refresh() {
    await this.registration.refresh(this.#lifetime());
  }

  async query() {
    this.#bindingsBecome(await this.registration.query());
  }

  /** Removes another binding of the address. */
  async removeBinding(uri) {
    this.#bindingsBecome(await this.registration.removeBinding(uri));
  }

  async unregister() {
    await this.registration.unregister();
  }

  async unregisterAll() {
    const { confirmed } = await this.registration.unregister({ all: true });
    if (confirmed) this.#bindingsBecome([]);
  }

  /** Ends here; the registrar is not told. */
  remove() {
    this.registration?.remove();
  }

  /** What changes without an event of its own: the time of the next attempt. */
  observe() {
    const { retryAt } = this.registration ?? { retryAt: null };
    const now = this.#clock.now();
    if (retryAt === null) this.history.endWait(now);
    else this.history.wait(retryAt, now);
  }

  #lifetime() {
    const { expires } = optionsOf(this.values);
    return expires === undefined ? {} : { expires };
  }

  #watch(registration) {
    this.registration = registration;
    const { history } = this;
    const on = (type, listener) =>
      registration.addEventListener(type, ({ detail }) => {
        if (registration !== this.registration) return;
        listener(detail, this.#clock.now());
        this.observe();
        this.#changed();
      });
    on('statechange', ({ state, previous }, now) => {
      history.enter(state, now);
      this.#log('state', `${previous} → ${state}`, 'busy');
    });
    for (const type of ['registered', 'refreshed']) {
      on(type, ({ expires, expiresAt, bindings }, now) => {
        history.grant(expiresAt - expires * 1000, expiresAt);
        this.#happened(type, `for ${expires} s`, 'good', now);
        this.problem = null;
        this.#bindingsBecome(bindings);
      });
    }
    on('unregistered', (detail, now) => {
      this.ended = detail;
      history.endGrant(now);
      const { reason, confirmed } = detail;
      this.#happened('unregistered', confirmed ? reason : `${reason}, unconfirmed`, 'idle', now);
      if (confirmed || reason !== 'user') {
        this.#bindingsBecome(this.bindings?.filter(({ own }) => !own) ?? null);
      }
    });
    on('failed', (error, now) => {
      this.#happened('failed', `${error.code}: ${error.message}`, 'bad', now);
      this.#complain(error);
    });
    on('retry', ({ attempt, error }, now) => {
      this.#happened('retry', `attempt ${attempt} is scheduled (${error.code})`, 'warn', now);
      this.#complain(error);
    });
    on('warning', ({ code, message }, now) => {
      this.#happened('warning', `${code}: ${message}`, 'warn', now);
    });
  }

  #happened(kind, text, tone, now) {
    this.history.mark(kind, text, now);
    this.#log(kind, text, tone);
  }

  #bindingsBecome(bindings) {
    this.bindings = bindings;
    this.#changed();
  }

  #log(name, text, tone) {
    this.dispatchEvent(new CustomEvent('log', { detail: { name, text, tone } }));
  }

  #complain(error) {
    this.dispatchEvent(new CustomEvent('problem', { detail: error }));
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
