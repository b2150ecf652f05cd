// A network with a registrar behind it, on a clock that is given: what a fault does to it is data (transport.mjs,
// answers.mjs, time.mjs), and the same data meets sipreg, JsSIP and SIP.js.
import { answer, asked, parse, withExpires } from '../js/acceptance/messages.mjs';
import { challenged, isRight } from '../js/acceptance/digest.mjs';
import { FaultSocket } from './socket.mjs';

export const password = 'violet-marker-7493016528';
export const realm = 'example.com';
export const aor = 'sip:alice@example.com';

/** One way over the network. */
const latencyMs = 20;

const instanceOf = (contact) => /\+sip\.instance="([^"]*)"/i.exec(contact)?.[1];
const uriOf = (contact) => /<([^>]*)>/.exec(contact)?.[1] ?? contact.split(';')[0];

/** RFC 5626 §6: the instance and the reg-id, if there are both; else the address. */
function keyOf(contact) {
  const instance = instanceOf(contact);
  const regId = /;reg-id=(\d+)/i.exec(contact)?.[1];
  return instance !== undefined && regId !== undefined ? `${instance} ${regId}` : uriOf(contact);
}

export class World {
  sockets = [];
  /** Every request, with the time at which it arrived. */
  requests = [];
  /** REGISTERs that carried an answer to a challenge of another realm than ours. */
  leaks = 0;
  /** CPU time in ms of the delivery that held the client up longest. */
  longestMs = 0;
  /** And of all deliveries together. */
  busyMs = 0;
  /** What the registrar holds: key → { row, until, socket }. */
  bindings = new Map();
  nonce = 'nonce-1';
  /** What the client threw at the host. */
  thrown = [];
  fault = null;
  #time;
  #faulty = 0;

  /** `time`: { now(): wall clock, setTimeout(callback, ms) }, the server's own. */
  constructor(time) {
    this.#time = time;
    this.WebSocket = worldSocket(this);
  }

  get now() {
    return this.#time.now();
  }

  get socket() {
    return this.sockets.at(-1);
  }

  get registers() {
    return this.requests.filter(({ method }) => method === 'REGISTER');
  }

  later(task, ms = latencyMs) {
    this.#time.setTimeout(task, ms);
  }

  begin(fault) {
    this.fault = fault;
    this.#faulty = 0;
    fault.begin?.(this);
  }

  end() {
    const { fault } = this;
    this.fault = null;
    fault.end?.(this);
  }

  connected(socket) {
    this.sockets.push(socket);
    const connect = this.fault?.connect ?? ((each) => each.open());
    this.later(() => connect(socket, this));
  }

  receive(text, socket) {
    if (text === '\r\n\r\n') {
      if (!(this.fault?.mute ?? false)) this.send('\r\n', socket);
      return;
    }
    if (text.trim() === '') return;
    const request = parse(text);
    request.at = this.now;
    request.socket = socket;
    if (request.status !== undefined) {
      this.responses.push(request);
      return;
    }
    this.requests.push(request);
    const answers = request.all('Authorization').concat(request.all('Proxy-Authorization'));
    const foreign = (value) => value.includes('realm="') && !value.includes(`realm="${realm}"`);
    if (answers.some(foreign)) this.leaks += 1;
    const serve = () => this.serve(request, socket);
    const frames = this.fault?.answer
      ? this.fault.answer(request, { world: this, socket, number: ++this.#faulty, serve })
      : serve();
    for (const frame of [frames].flat()) if (frame !== undefined) this.send(frame, socket);
  }

  responses = [];

  send(frame, socket = this.socket) {
    this.later(() => {
      if (!socket.alive) return;
      const before = process.cpuUsage();
      try {
        socket.deliver(frame);
      } catch (error) {
        this.thrown.push(error);
      }
      const { user, system } = process.cpuUsage(before);
      const ms = (user + system) / 1000;
      this.longestMs = Math.max(this.longestMs, ms);
      this.busyMs += ms;
    });
  }

  /** What a registrar in good health does (RFC 3261 §10.3). */
  serve(request, socket) {
    if (request.method !== 'REGISTER') return answer(request, 200, 'OK');
    if (!this.isAuthentic(request)) return this.challenge(request);
    return this.grant(request, socket);
  }

  isAuthentic(request) {
    const right = isRight(request, { username: 'alice', password });
    return right && request.one('Authorization').includes(`nonce="${this.nonce}"`);
  }

  challenge(request, parameters = {}) {
    const stale = isRight(request, { username: 'alice', password }) ? 'true' : undefined;
    return challenged(request, {
      realm,
      nonce: this.nonce,
      algorithm: 'MD5',
      qop: 'auth',
      stale,
      ...parameters,
    });
  }

  /** Binds what is asked for; the 200. */
  grant(request, socket, { expires = asked(request) || 600, headers = [], rows } = {}) {
    this.bind(request, socket, expires);
    const listed =
      rows ??
      [...this.held()].map(([, { row, until }]) =>
        withExpires(row, Math.max(0, Math.round((until - this.now) / 1000))),
      );
    return answer(request, 200, 'OK', [...listed.map((row) => ['Contact', row]), ...headers]);
  }

  bind(request, socket, expires) {
    const contact = request.one('Contact');
    if (contact === undefined) return;
    if (contact.startsWith('*')) this.bindings.clear();
    else if (isRemoval(request)) this.bindings.delete(keyOf(contact));
    else
      this.bindings.set(keyOf(contact), { row: contact, until: this.now + expires * 1000, socket });
  }

  held() {
    for (const [key, { until }] of this.bindings) if (until <= this.now) this.bindings.delete(key);
    return this.bindings;
  }

  /** Whether a call would get through: a binding that holds, over a connection that is there. */
  get reachable() {
    return [...this.held().values()].some(({ socket }) => socket.alive);
  }

  /** Loses all connections, as a server does that restarts: the table is gone with them, where `table` says so. */
  drop({ code = 1006, table = false } = {}) {
    if (table) this.bindings.clear();
    for (const socket of this.sockets) if (socket.alive) socket.finish(code);
  }
}

export const isRemoval = (request) =>
  /;expires=0\b/i.test(request.one('Contact') ?? '') || request.one('Expires')?.trim() === '0';

/** The class that a library makes its sockets of. */
function worldSocket(world) {
  return class WebSocket extends FaultSocket {
    constructor(url, protocols = []) {
      super(world, url, protocols);
      world.connected(this);
    }
  };
}
