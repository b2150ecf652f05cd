import { createClient } from 'sipreg';
import { Account } from './account.js';
import { History } from './history.js';
import { PageRegistrar } from './page-registrar.js';
import { Wire } from './wire.js';

/** So many lanes can be told apart. */
export const mostAccounts = 8;

/** Looks like a server's; the sockets to the registrar in the page go nowhere. */
const pageUrl = 'wss://registrar.invalid';

const conditions = {
  busy: 'answers 503',
  silent: 'the server is silent',
  frozen: 'the server is frozen',
  down: 'the server is down',
};

/**
 * The page's softphone without the calls: one client, several accounts on it, and what lies between it and the server.
 *
 * Dispatches 'change' (something to draw), 'message' (of the client), 'log' ({name, text, tone, account?}) and 'problem'
 * ({error, account}).
 */
export class Phone extends EventTarget {
  accounts = [];
  selected = null;
  client = null;
  /** Where the accounts register: null is the registrar in the page, else a server's URL; undefined: nowhere yet. */
  server = undefined;
  /** What happened to the connection and the server. */
  history = new History();
  registrar;
  #clock;
  #wire = new Wire();
  #lastId = 0;

  constructor(clock) {
    super();
    this.#clock = clock;
    this.registrar = new PageRegistrar(clock.platform);
  }

  get connectionState() {
    return this.client?.connectionState ?? 'disconnected';
  }

  /** 'up', 'busy', 'silent', 'frozen' or 'down'. */
  get condition() {
    return this.registrar.busy ? 'busy' : this.#wire.condition;
  }

  set condition(condition) {
    if (condition === this.condition) return;
    this.registrar.busy = condition === 'busy';
    this.#wire.condition = condition === 'busy' ? 'up' : condition;
    const now = this.#clock.now();
    this.history.enter(condition, now);
    this.#happened('server', conditions[condition] ?? 'all is well', 'idle');
  }

  /** A new client for that server (see `server`); the accounts unregister at the old one. Rejects with the library's error. */
  async use(server) {
    const inPage = server === null;
    const connect = inPage ? this.registrar.webSocket : (...args) => new WebSocket(...args);
    const options = {
      server: inPage ? pageUrl : server,
      webSocket: this.#wire.through(connect),
      platform: this.#clock.platform,
    };
    // What the library refuses changes nothing.
    await (await createClient({ ...options, storage: null })).close();
    this.condition = 'up';
    // First, so that the next client takes over its identity.
    const old = this.client;
    this.client = null;
    this.#changed();
    await old?.close({ unregister: true, timeoutMs: 1000 });
    const client = await createClient(options);
    this.client = client;
    this.server = server;
    this.#watch(client);
    for (const account of this.accounts) account.attach(client);
    this.#changed();
  }

  /** Adds an account and selects it. Throws the library's TypeError, and then nothing is added. */
  add(values) {
    const account = new Account((this.#lastId += 1), values, this.#clock);
    account.attach(this.client);
    this.accounts.push(account);
    account.addEventListener('change', () => this.#changed());
    account.addEventListener('log', ({ detail }) => this.#log({ ...detail, account }));
    account.addEventListener('problem', ({ detail: error }) => {
      this.dispatchEvent(new CustomEvent('problem', { detail: { error, account } }));
    });
    this.select(account);
    return account;
  }

  select(account) {
    this.selected = account;
    this.#changed();
  }

  /** Forgets an account; the registrar is not told. */
  remove(account) {
    const index = this.accounts.indexOf(account);
    account.remove();
    this.accounts.splice(index, 1);
    if (this.selected === account) this.selected = this.accounts[Math.max(0, index - 1)] ?? null;
    this.#changed();
  }

  /** Cuts the connection. */
  cut() {
    this.#happened('cut', 'the socket was cut', 'warn');
    this.#wire.cut();
  }

  /** The registrar in the page starts anew, with nothing in its memory. */
  restartRegistrar() {
    this.#happened('restart', 'the registrar has forgotten bindings and nonces', 'warn');
    this.#wire.cut();
    this.registrar.restart();
  }

  /** The registrar in the page takes the nonces so far for stale. */
  expireNonces() {
    this.#happened('nonces', 'nonces given so far are stale', 'warn');
    this.registrar.expireNonces();
  }

  /** Time passes at once. */
  jump(ms, words) {
    this.#clock.jump(ms);
    this.#happened('jump', `the clock jumped by ${words}`, 'warn');
  }

  /** The page goes away: unregisters as well as a closing page can. */
  leave() {
    this.client?.close({ unregister: true, timeoutMs: 1000 }).catch(() => {});
  }

  #watch(client) {
    let wasConnected = false;
    client.addEventListener('connectionchange', ({ detail }) => {
      if (client !== this.client) return;
      const { state, url, code, reason } = detail;
      const why = [code && `code ${code}`, reason].filter(Boolean).join(' ');
      const where = this.server === null ? 'registrar in this page' : url;
      this.#log({ name: state, text: why ? `${where} (${why})` : where, tone: 'idle' });
      const isLost = wasConnected && state !== 'connected' && state !== 'closed';
      if (isLost) this.history.mark('lost', why, this.#clock.now());
      wasConnected = state === 'connected';
      for (const account of this.accounts) account.observe();
      this.#changed();
    });
    client.addEventListener('message', ({ detail }) => {
      this.dispatchEvent(new CustomEvent('message', { detail }));
    });
    client.addEventListener('request', ({ detail }) => {
      this.#log({ name: 'request', text: `${detail.method} ${detail.uri}`, tone: 'idle' });
    });
  }

  #happened(kind, text, tone) {
    this.history.mark(kind, text, this.#clock.now());
    this.#log({ name: kind, text, tone });
    this.#changed();
  }

  #log(detail) {
    this.dispatchEvent(new CustomEvent('log', { detail }));
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
