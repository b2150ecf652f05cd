// A random life of an agent, drawn from a seed: registrations and calls, sockets that open and fail, a server that mostly
// answers to the point, clocks that leap, options that are malformed.
import { CallKind, OutputKind, RecordingBridge } from './bridge.mjs';

/** mulberry32: small, and the same everywhere. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

const algorithms = [
  'MD5',
  'MD5-sess',
  'SHA-256',
  'SHA-256-sess',
  'SHA-512-256',
  'SHA-512-256-sess',
  'AKAv1-MD5',
];

const header = (request, name) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(request)?.[1] ?? '';

class Trace {
  /** The names of the outputs that were seen. */
  seen = new Set();
  #random;
  #bridge;
  #monotonic = 5_000;
  #wall = 1_700_000_000_000;
  #registrations = [];
  #lastOperation = 0;
  /** Flow to whether it is open. */
  #flows = new Map();
  /** REGISTERs without an answer: {flow, request}. */
  #unanswered = [];
  /** Challenges without credentials: {registration, challenge}. */
  #wanted = [];
  #responses = [];

  constructor(bridge, seed) {
    this.#bridge = bridge;
    this.#random = generator(seed);
  }

  run() {
    this.#configure();
    do this.#create();
    while (this.#registrations.length === 0 || this.#oneIn(2));
    for (let i = 60 + this.#below(180); i > 0; i--) this.#act();
    this.#call('advance', '', NaN, this.#wall);
    this.#call('close', '', this.#monotonic, this.#wall);
    this.#call('advance', '', Infinity, Infinity);
    this.#call('create', [['aor', 'sip:late@example.com']]);
  }

  // ------------------------------------------------------------------------------------------------------- chance

  #below(bound) {
    return Math.floor(this.#random() * bound);
  }

  #oneIn(count) {
    return this.#below(count) === 0;
  }

  #pick(list) {
    return list[this.#below(list.length)];
  }

  // -------------------------------------------------------------------------------------------------------- calls

  #call(method, input, ...numbers) {
    const { result, outputs } = this.#bridge.call(method, input, ...numbers);
    for (const output of outputs) this.#take(output);
    return result;
  }

  /** A call that takes both clocks first. */
  #timed(method, input, ...rest) {
    return this.#call(method, input, this.#monotonic, this.#wall, ...rest);
  }

  #take({ kind, registration, reference, flow, bytes }) {
    this.seen.add(Object.keys(OutputKind).find((name) => OutputKind[name] === kind));
    if (kind === OutputKind.connect) this.#flows.set(flow, false);
    if (kind === OutputKind.disconnect) this.#forget(flow);
    if (kind === OutputKind.credentials_wanted)
      this.#wanted.push({ registration, challenge: reference });
    if (kind === OutputKind.transmit && bytes.toString().startsWith('REGISTER')) {
      this.#unanswered.push({ flow, request: bytes.toString() });
    }
  }

  #forget(flow) {
    this.#flows.delete(flow);
    this.#unanswered = this.#unanswered.filter((each) => each.flow !== flow);
  }

  #configure() {
    const entropy = String.fromCharCode(...Array.from({ length: 40 }, () => 32 + this.#below(90)));
    const options = [
      ['servers', 1 + this.#below(3)],
      ['user_agent', this.#pick(['parity/1', '', 'ünïcode'])],
      ['instance_id', 'urn:uuid:00000000-0000-4000-8000-000000000001'],
      ['reconnect_policy', this.#below(3)],
      ['credentials_timeout', this.#pick([1, 30_000, 120_000])],
      ['keep_alive', !this.#oneIn(4)],
      ['keep_alive_method', this.#below(3)],
    ];
    if (this.#oneIn(3))
      options.push(['keep_alive_interval', 5_000], ['pong_timeout', 1_000 + this.#below(9_000)]);
    if (this.#oneIn(3))
      options.push(['reconnect_base', 1 + this.#below(5_000)], ['reconnect_max', 60_000]);
    if (this.#oneIn(5)) options.push(['transaction_timeout', 4_000 + this.#below(40_000)]);
    if (this.#oneIn(4))
      this.#call('configure', [...options, ['user_agent', 'a\r\nb'], ['entropy', entropy]]);
    if (this.#oneIn(4)) this.#call('configure', [...options, ['entropy', 'short']]);
    this.#call('configure', [...options, ['entropy', entropy]]);
    this.#call('setTrace', '', this.#below(2));
  }

  #create() {
    const user = `user${this.#registrations.length}`;
    const fields = [
      [
        'aor',
        this.#pick([
          `sip:${user}@example.com`,
          `sip:${user}@example.com`,
          `sips:${user}@[2001:db8::1]:5061`,
        ]),
      ],
      ['expires', this.#pick([600, 600, 3600, 60, 1, 2 ** 32 - 1, 1 + this.#below(900)])],
      ['has_credentials', !this.#oneIn(6)],
      ['outbound', !this.#oneIn(3)],
      ['gruu', !this.#oneIn(3)],
      ['retry', !this.#oneIn(5)],
      ['refresh_policy', this.#below(4)],
      ['refresh_value', this.#pick([90, 33.3, 5, 12.75, 0.5])],
      ['digest_policy', this.#below(2)],
      ['digest_require_mutual', this.#oneIn(4)],
      ...this.#extras(),
    ];
    if (this.#oneIn(3)) fields.push(['digest_algorithms', this.#below(64)]);
    if (this.#oneIn(4)) fields.push(['display_name', 'A "quoted" näme\\']);
    if (this.#oneIn(4))
      fields.push(['contact_user', this.#pick(['fixed', 'a%20b', "o'neil", 'a b'])]);
    if (this.#oneIn(4))
      fields.push(['contact_q', this.#pick([0, 0.1, 0.7, 0.123, 0.999, 1, 0.1234, NaN])]);
    if (this.#oneIn(4))
      fields.push(
        ['contact_uri_parameter', 'ob'],
        ['contact_parameter', 'x'],
        ['value', 'two words'],
      );
    if (this.#oneIn(4))
      fields.push([
        'route',
        this.#pick(['<sip:edge.example.com;lr>', '"E" <sips:e;lr>', 'sip:no-brackets']),
      ]);
    if (this.#oneIn(4))
      fields.push(['push_provider', 'webpush'], ['push_prid', 'https://push.example/é?x']);
    if (this.#oneIn(5)) fields.push(['from', 'sip:boss@example.com']);
    const id = this.#call('create', fields);
    if (id !== 0) this.#registrations.push(id);
  }

  #extras() {
    const fields = [];
    if (this.#oneIn(4))
      fields.push(
        ['header', 'X-Extra'],
        ['value', this.#pick(['1', 'two words', 'ä', '', 'a\nb'])],
      );
    if (this.#oneIn(4))
      fields.push(['supported', this.#pick(['100rel', 'timer', 'x', 'no token'])]);
    return fields;
  }

  // ------------------------------------------------------------------------------------------------------ actions

  #act() {
    const open = [...this.#flows.values()].some(Boolean);
    const actions = [
      [4, () => this.#begin()],
      [open ? 1 : 6, () => this.#socket()],
      [8, () => this.#answer()],
      [3, () => this.#provide()],
      [6, () => this.#wait()],
      [1, () => this.#change()],
      [2, () => this.#timed(this.#pick(['wake', 'wake', 'offline']), '')],
    ];
    let left = this.#below(actions.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, action] of actions) {
      left -= weight;
      if (left < 0) return action();
    }
  }

  #begin() {
    const kind = this.#pick([
      ...Array(5).fill(CallKind.register_),
      ...Array(3).fill(CallKind.refresh),
      ...Object.values(CallKind),
    ]);
    const fields = this.#extras();
    if (this.#oneIn(3)) fields.push(['expires', this.#pick([30, 60, 300, 7200, 2 ** 31, 0])]);
    if (this.#oneIn(5)) fields.push(['force', true]);
    if (kind === CallKind.remove_binding)
      fields.push(['uri', this.#pick(['sip:other@192.0.2.1', 'nonsense'])]);
    this.#timed('call', fields, this.#pick(this.#registrations) ?? 1, ++this.#lastOperation, kind);
  }

  #socket() {
    const flow = this.#pick([...this.#flows.keys()]);
    if (flow === undefined) return this.#timed('lost', '', this.#below(9), 1006);
    if (this.#flows.get(flow) || this.#oneIn(4)) {
      this.#forget(flow);
      return this.#timed('lost', '', flow, this.#pick([1000, 1001, 1006, 1011, 4001]));
    }
    this.#flows.set(flow, true);
    const subprotocol = Number(!this.#oneIn(9));
    if (!subprotocol) this.#forget(flow);
    this.#timed('opened', '', flow, Number(!this.#oneIn(3)), this.#below(2), subprotocol);
  }

  #wait() {
    const { deadline } = this.#bridge;
    const due = deadline < 0 ? 60_000 : Math.max(deadline - this.#monotonic, 0);
    const steps = [
      [due, due],
      [due, due],
      [due, due],
      [this.#below(3_000), 0],
      [this.#below(700_000), 0],
      [0, this.#below(4_000_000)],
      [10, -this.#below(100_000)],
    ];
    const [monotonic, wall] = this.#pick(steps);
    this.#monotonic += monotonic;
    this.#wall += wall || monotonic;
    this.#timed('advance', '');
  }

  #change() {
    const id = this.#pick(this.#registrations) ?? 1;
    switch (this.#below(6)) {
      case 0:
        return this.#call('resetCredentials', '', id, this.#below(2));
      case 1:
        return this.#call('checkCredentials', this.#credentials());
      case 2:
        return (
          this.#responses.length > 0 && this.#call('readResponse', this.#pick(this.#responses))
        );
      case 3:
        return this.#create();
      case 4:
        return this.#oneIn(4) && this.#timed('remove', '', id);
      default:
        return this.#call(
          'update',
          [
            ['display_name', this.#pick(['New', 'bad\0name'])],
            ['replace_headers', true],
            ...this.#extras(),
            ['refresh_policy', this.#below(4)],
            ['refresh_value', this.#pick([1, 50, 99, 100, -1])],
          ],
          id,
        );
    }
  }

  #credentials() {
    const fields = [];
    for (let i = this.#below(3); i >= 0; i--) {
      fields.push(['credentials', true]);
      if (this.#oneIn(2)) fields.push(['username', this.#pick(['alice', 'bob', 'größe', 'a\0'])]);
      if (!this.#oneIn(4)) fields.push(['password', this.#pick(['secret', '', 'x'.repeat(300)])]);
      if (this.#oneIn(3)) fields.push(['realm', this.#pick(['example.com', 'other', '*'])]);
      if (this.#oneIn(6))
        fields.push(['ha1_md5', this.#pick(['0123456789abcdef'.repeat(2), 'XYZ'])]);
      if (this.#oneIn(6)) fields.push(['ha1_sha256', '0123456789abcdef'.repeat(4)]);
      if (this.#oneIn(4)) {
        fields.push(['token', this.#pick(['token-a', 'token-b'])]);
        fields.push(['token_expires_at', this.#pick([0, this.#wall + 60_000, this.#wall - 1])]);
      }
    }
    return fields;
  }

  #provide() {
    const wanted = this.#oneIn(9) ? { registration: 1, challenge: 1 } : this.#wanted.shift();
    if (wanted === undefined) return this.#answer();
    const fields = this.#oneIn(6) ? [] : this.#credentials();
    const result = this.#timed('provideCredentials', fields, wanted.registration, wanted.challenge);
    if (result !== 0 && !this.#oneIn(3)) {
      this.#timed(
        'provideCredentials',
        [
          ['credentials', true],
          ['password', 'secret'],
        ],
        wanted.registration,
        wanted.challenge,
      );
    }
  }

  // --------------------------------------------------------------------------------------------------- the server

  #answer() {
    const index = this.#below(this.#unanswered.length);
    const { flow, request } = this.#unanswered[index] ?? {};
    if (flow === undefined) return this.#unasked();
    let response = Buffer.from(this.#compose(request));
    this.#responses.push(response);
    if (!response.toString().startsWith('SIP/2.0 1')) this.#unanswered.splice(index, 1);
    if (this.#oneIn(12)) {
      const place = this.#below(response.length);
      response[place] ^= 1 << this.#below(8);
    }
    if (this.#oneIn(20)) response = Buffer.concat([response, response]);
    this.#timed('receive', response, flow);
  }

  /** What a server sends by itself. */
  #unasked() {
    const flow = this.#pick([...this.#flows.keys()]) ?? 1;
    const method = this.#pick(['OPTIONS', 'NOTIFY', 'INVITE', 'ACK', 'BYE']);
    const request =
      `${method} sip:user0@x.invalid SIP/2.0\r\nVia: SIP/2.0/WSS h;branch=z9hG4bK${this.#below(99)}\r\n` +
      `From: <sip:s@h>;tag=1\r\nTo: <sip:x@y>\r\nCall-ID: c\r\nCSeq: 1 ${method}\r\n\r\n`;
    this.#timed(
      'receive',
      this.#pick(['\r\n\r\n', '\r\n', '', '\0', 'x'.repeat(70_000), request]),
      flow,
    );
  }

  #compose(request) {
    const grant = (expires) =>
      header(request, 'Contact').replace(/;expires=\d+/, `;expires=${expires}`);
    const own = grant(this.#pick([this.#below(900), 60, 600, 3600, 2 ** 32 - 1]));
    const accept = (...rows) =>
      this.#respond(
        request,
        200,
        /;expires=0/.test(header(request, 'Contact')) ? [] : [`Contact: ${own}`, ...rows],
      );
    const nonce = `n${this.#below(1000)}`;
    switch (this.#below(24)) {
      case 0:
      case 1:
      case 2:
        return this.#respond(request, 401, this.#challenges('WWW-Authenticate', nonce));
      case 3:
        return this.#respond(request, 407, this.#challenges('Proxy-Authenticate', nonce));
      case 4:
        return this.#respond(request, 423, [`Min-Expires: ${this.#below(3000)}`]);
      case 5:
        return this.#respond(request, 503, [`Retry-After: ${this.#below(200)} (busy)`]);
      case 6:
        return this.#respond(request, 100, []);
      case 7:
        return this.#respond(
          request,
          this.#pick([302, 400, 403, 404, 408, 415, 439, 430, 480, 491, 494, 500, 600, 699]),
          [],
        );
      case 8:
        return this.#respond(request, 420, [
          `Unsupported: ${this.#pick(['gruu', 'path, outbound', '100rel'])}`,
        ]);
      case 9:
        return this.#respond(request, 421, [`Require: ${this.#pick(['path', 'sec-agree'])}`]);
      case 10:
        return this.#respond(request, 200, ['Contact: <sip:other@host>;expires=90']);
      case 11:
        return this.#respond(request, 200, [
          `Expires: ${this.#below(500)}`,
          `Contact: ${own.replace(/;expires=\d+/, '')}`,
        ]);
      case 12:
        return accept(
          `Authentication-Info: nextnonce="${nonce}", qop=auth, rspauth="${this.#pick(['00', 'f'.repeat(32)])}"`,
          'Service-Route: <sip:a;lr>,\r\n <sip:b;lr>',
          'Path: <sip:p;lr>',
          'P-Associated-URI: <sip:alias@example.com>',
          'Require: outbound',
        );
      case 13:
        return accept(
          `Contact: "Ä" <sip:x@[::1]:5060;transport=ws>;q=0.5;expires=7;+sip.instance="<urn:uuid:1>"`,
          'Contact: broken <',
          'Date: Tue, 14 Nov 2023 22:13:20 GMT',
          'Feature-Caps: *;+sip.pns="webpush";+sip.vapid="k"',
        );
      case 14:
        return accept(
          `${header(request, 'Contact')};pub-gruu="sip:alice@example.com;gr=1";temp-gruu="sip:t@example.com;gr"`,
        );
      default:
        return accept();
    }
  }

  #challenges(name, nonce) {
    return Array.from({ length: 1 + this.#below(3) }, () => {
      if (this.#oneIn(6))
        return `${name}: Bearer realm="example.com", scope="sip", authz_server="https://as"`;
      const realm = this.#pick(['example.com', 'example.com', 'other', 'quoted \\" realm']);
      const more = [
        this.#oneIn(2) && `algorithm=${this.#pick(algorithms)}`,
        this.#oneIn(2) && `qop="${this.#pick(['auth', 'auth-int', 'auth,auth-int'])}"`,
        this.#oneIn(3) && `opaque="${nonce}"`,
        this.#oneIn(3) && 'stale=true',
        this.#oneIn(4) && 'userhash=true',
      ];
      return `${name}: ${[`Digest realm="${realm}"`, `nonce="${nonce}"`, ...more.filter(Boolean)].join(', ')}`;
    });
  }

  #respond(request, status, rows) {
    const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(
      (name) => `${name}: ${header(request, name)}`,
    );
    const to = `To: ${header(request, 'To')};tag=s${this.#below(9)}`;
    return [`SIP/2.0 ${status} Reason`, ...copied, to, ...rows, 'Content-Length: 0', '', ''].join(
      '\r\n',
    );
  }
}

/** The calls of one life, what came of each in WebAssembly, and the names of the outputs that were seen. */
export async function trace(seed) {
  const bridge = await RecordingBridge.create();
  const life = new Trace(bridge, seed);
  life.run();
  bridge.free();
  const { calls, outcomes, methods } = bridge;
  return { calls, outcomes, methods, seen: life.seen };
}
