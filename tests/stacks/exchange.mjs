// A proxy in front of the test registrar: REGISTER and OPTIONS are its, other requests go to the socket over which whom they
// are for registered, and their answers back (RFC 3261 §16.11: it keeps no state but where requests came from).

const cookie = 'z9hG4bKx';
const userOf = (uri) => /<?sips?:([^@;>]*)@/.exec(uri)?.[1];
const row = (text, name) => new RegExp(`^${name}: *(.*)\r$`, 'im').exec(text)?.[1] ?? '';

/** Not from within a send(), which no network does. */
function deliver(socket, data) {
  setImmediate(() => socket?.onmessage?.({ data }));
}

export class Exchange {
  /** Every message of the clients but keep-alives, by socket: { from, text }. */
  log = [];
  #registrar;
  /** Whom a user part stands for: the Contact's and the address of record's. */
  #sockets = new Map();
  #contacts = new Map();
  #origins = new Map();

  constructor(registrar) {
    this.#registrar = registrar;
  }

  /** For ClientOptions. */
  webSocket = (url, protocols) => {
    const socket = this.#registrar.webSocket(url, protocols);
    const { send } = socket;
    socket.send = (data) => {
      const text = String(data);
      if (text.trim() !== '') this.log.push(text);
      if (!this.#route(socket, text)) send.call(socket, data);
    };
    return socket;
  };

  /** The start lines' first words of what was sent, such as "INVITE" and "200". */
  get words() {
    return this.log.map((text) => text.replace(/^SIP\/2\.0 /, '').split(' ', 1)[0]);
  }

  #route(socket, text) {
    if (text.startsWith('SIP/2.0 ')) return this.#answer(text);
    const method = text.split(' ', 1)[0];
    if (method === 'REGISTER') this.#learn(socket, text);
    if (!/^[A-Z]+$/.test(method) || method === 'REGISTER' || method === 'OPTIONS') return false;
    const branch = /;branch=([^;,\r]*)/.exec(row(text, 'Via'))[1];
    this.#origins.set(branch, socket);
    this.#forward(text, `${cookie}${branch}`);
    return true;
  }

  #learn(socket, text) {
    if (!text.includes('\r\nContact: <')) return;
    const contact = /<([^>]*)>/.exec(row(text, 'Contact'))[1];
    const user = userOf(contact);
    const aor = userOf(row(text, 'To'));
    this.#sockets.set(user, socket);
    this.#sockets.set(aor, socket);
    this.#contacts.set(aor, contact);
  }

  #forward(text, branch) {
    const [method, uri] = text.split(' ', 2);
    const target = this.#sockets.get(userOf(uri));
    if (target === undefined) throw new Error(`nobody is ${uri}`);
    const to = this.#contacts.get(userOf(uri)) ?? uri;
    const via = `Via: SIP/2.0/WS exchange.invalid;branch=${branch}\r\n`;
    const rest = text.slice(text.indexOf('\r\n') + 2);
    deliver(target, `${method} ${to} SIP/2.0\r\n${via}${rest}`);
  }

  #answer(text) {
    const via = /^Via: [^\r]*;branch=z9hG4bKx([^;,\r]*)\r\n/im.exec(text);
    if (via === null) return false; // an OPTIONS of the registrar
    deliver(this.#origins.get(via[1]), text.replace(via[0], ''));
    return true;
  }
}
