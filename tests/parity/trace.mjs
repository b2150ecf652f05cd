// A random life of an agent, drawn from a seed: registrations and calls, sockets that open and fail, a server that mostly
// answers to the point, clocks that leap, options that are malformed.
import { CallKind, OutputKind, RecordingBridge } from './bridge.mjs';
import { Chance } from './chance.mjs';
import { compose } from './server.mjs';

class Trace {
  /** The names of the outputs that were seen. */
  seen = new Set();
  #chance;
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
  /** Requests of the server that were told. */
  #requests = [];
  #channels = [];
  #contact = 'sip:user0@x.invalid';
  #snapshots = ['malformed'];

  constructor(bridge, seed) {
    this.#bridge = bridge;
    this.#chance = new Chance(seed);
  }

  run() {
    this.#configure();
    do this.#create();
    while (this.#registrations.length === 0 || this.#chance.oneIn(2));
    for (let i = 60 + this.#chance.below(180); i > 0; i--) this.#act();
    this.#call('advance', '', NaN, this.#wall);
    this.#call('close', '', this.#monotonic, this.#wall);
    this.#call('advance', '', Infinity, Infinity);
    this.#call('create', [['aor', 'sip:late@example.com']]);
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
    if (kind === OutputKind.snapshot) this.#snapshots.push(bytes.toString());
    if (kind === OutputKind.credentials_wanted)
      this.#wanted.push({ registration, challenge: reference });
    if (kind === OutputKind.transmit && bytes.toString().startsWith('REGISTER')) {
      this.#unanswered.push({ flow, request: bytes.toString() });
    }
    if (kind === OutputKind.request) this.#requests.push(reference);
    if (kind === OutputKind.channel) this.#contact = bytes.toString().split('\n')[1];
  }

  #forget(flow) {
    this.#flows.delete(flow);
    this.#unanswered = this.#unanswered.filter((each) => each.flow !== flow);
  }

  #configure() {
    const entropy = String.fromCharCode(
      ...Array.from({ length: 40 }, () => 32 + this.#chance.below(90)),
    );
    const options = [
      ['servers', 1 + this.#chance.below(3)],
      ['user_agent', this.#chance.pick(['parity/1', '', 'ünïcode'])],
      ['instance_id', 'urn:uuid:00000000-0000-4000-8000-000000000001'],
      ['reconnect_policy', this.#chance.below(3)],
      ['credentials_timeout', this.#chance.pick([1, 30_000, 120_000])],
      ['keep_alive', !this.#chance.oneIn(4)],
      ['keep_alive_method', this.#chance.below(3)],
      ['snapshots', this.#chance.oneIn(2)],
    ];
    if (this.#chance.oneIn(3))
      options.push(
        ['keep_alive_interval', 5_000],
        ['pong_timeout', 1_000 + this.#chance.below(9_000)],
      );
    if (this.#chance.oneIn(3))
      options.push(['reconnect_base', 1 + this.#chance.below(5_000)], ['reconnect_max', 60_000]);
    if (this.#chance.oneIn(5))
      options.push(['transaction_timeout', 4_000 + this.#chance.below(40_000)]);
    if (this.#chance.oneIn(4))
      this.#call('configure', [...options, ['user_agent', 'a\r\nb'], ['entropy', entropy]]);
    if (this.#chance.oneIn(4)) this.#call('configure', [...options, ['entropy', 'short']]);
    this.#call('configure', [...options, ['entropy', entropy]]);
    this.#call('setTrace', '', this.#chance.below(2));
    this.#call('setRequests', '', this.#chance.below(2));
  }

  #create() {
    const user = `user${this.#registrations.length}`;
    const fields = [
      [
        'aor',
        this.#chance.pick([
          `sip:${user}@example.com`,
          `sip:${user}@example.com`,
          `sips:${user}@[2001:db8::1]:5061`,
        ]),
      ],
      [
        'expires',
        this.#chance.pick([600, 600, 3600, 60, 1, 2 ** 32 - 1, 1 + this.#chance.below(900)]),
      ],
      ['has_credentials', !this.#chance.oneIn(6)],
      ['outbound', !this.#chance.oneIn(3)],
      ['gruu', !this.#chance.oneIn(3)],
      ['retry', !this.#chance.oneIn(5)],
      ['refresh_policy', this.#chance.below(4)],
      ['refresh_value', this.#chance.pick([90, 33.3, 5, 12.75, 0.5])],
      ['digest_policy', this.#chance.below(2)],
      ['digest_require_mutual', this.#chance.oneIn(4)],
      ...this.#extras(),
    ];
    if (this.#chance.oneIn(3)) fields.push(['digest_algorithms', this.#chance.below(64)]);
    if (this.#chance.oneIn(4)) fields.push(['display_name', 'A "quoted" näme\\']);
    if (this.#chance.oneIn(4))
      fields.push(['contact_user', this.#chance.pick(['fixed', 'a%20b', "o'neil", 'a b'])]);
    if (this.#chance.oneIn(4))
      fields.push(['contact_q', this.#chance.pick([0, 0.1, 0.7, 0.123, 0.999, 1, 0.1234, NaN])]);
    if (this.#chance.oneIn(4))
      fields.push(
        ['contact_uri_parameter', 'ob'],
        ['contact_parameter', 'x'],
        ['value', 'two words'],
      );
    if (this.#chance.oneIn(4))
      fields.push([
        'route',
        this.#chance.pick(['<sip:edge.example.com;lr>', '"E" <sips:e;lr>', 'sip:no-brackets']),
      ]);
    if (this.#chance.oneIn(4))
      fields.push(['push_provider', 'webpush'], ['push_prid', 'https://push.example/é?x']);
    if (this.#chance.oneIn(3)) fields.push(['snapshot', this.#chance.pick(this.#snapshots)]);
    if (this.#chance.oneIn(3)) fields.push(['flows', 1 + this.#chance.below(3)]);
    if (this.#chance.oneIn(4)) fields.push(['reg_id', 1 + this.#chance.below(4)]);
    if (this.#chance.oneIn(5)) fields.push(['from', 'sip:boss@example.com']);
    const id = this.#call('create', fields);
    if (id !== 0) this.#registrations.push(id);
    this.#call('regId', '', id);
  }

  #extras() {
    const fields = [];
    if (this.#chance.oneIn(4))
      fields.push(
        ['header', 'X-Extra'],
        ['value', this.#chance.pick(['1', 'two words', 'ä', '', 'a\nb'])],
      );
    if (this.#chance.oneIn(4))
      fields.push(['supported', this.#chance.pick(['100rel', 'timer', 'x', 'no token'])]);
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
      [3, () => this.#unasked()],
      [2, () => this.#traffic()],
      [2, () => this.#timed(this.#chance.pick(['wake', 'wake', 'offline']), '')],
    ];
    let left = this.#chance.below(actions.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, action] of actions) {
      left -= weight;
      if (left < 0) return action();
    }
  }

  #begin() {
    const kind = this.#chance.pick([
      ...Array(5).fill(CallKind.register_),
      ...Array(3).fill(CallKind.refresh),
      ...Object.values(CallKind),
    ]);
    const fields = this.#extras();
    if (this.#chance.oneIn(3))
      fields.push(['expires', this.#chance.pick([30, 60, 300, 7200, 2 ** 31, 0])]);
    if (this.#chance.oneIn(5)) fields.push(['force', true]);
    if (kind === CallKind.remove_binding)
      fields.push(['uri', this.#chance.pick(['sip:other@192.0.2.1', 'nonsense'])]);
    this.#timed(
      'call',
      fields,
      this.#chance.pick(this.#registrations) ?? 1,
      ++this.#lastOperation,
      kind,
    );
  }

  #socket() {
    const flow = this.#chance.pick([...this.#flows.keys()]);
    if (flow === undefined) return this.#timed('lost', '', this.#chance.below(9), 1006);
    if (this.#flows.get(flow) || this.#chance.oneIn(4)) {
      this.#forget(flow);
      return this.#timed('lost', '', flow, this.#chance.pick([1000, 1001, 1006, 1011, 4001]));
    }
    this.#flows.set(flow, true);
    const subprotocol = Number(!this.#chance.oneIn(9));
    if (!subprotocol) this.#forget(flow);
    this.#timed(
      'opened',
      '',
      flow,
      Number(!this.#chance.oneIn(3)),
      this.#chance.below(2),
      subprotocol,
    );
  }

  #wait() {
    const { deadline } = this.#bridge;
    const due = deadline < 0 ? 60_000 : Math.max(deadline - this.#monotonic, 0);
    const steps = [
      [due, due],
      [due, due],
      [due, due],
      [this.#chance.below(3_000), 0],
      [this.#chance.below(700_000), 0],
      [0, this.#chance.below(4_000_000)],
      [10, -this.#chance.below(100_000)],
    ];
    const [monotonic, wall] = this.#chance.pick(steps);
    this.#monotonic += monotonic;
    this.#wall += wall || monotonic;
    this.#timed('advance', '');
  }

  #change() {
    const id = this.#chance.pick(this.#registrations) ?? 1;
    switch (this.#chance.below(6)) {
      case 0:
        return this.#timed('resetCredentials', '', id, this.#chance.below(2));
      case 1:
        return this.#call('checkCredentials', this.#credentials());
      case 2:
        return (
          this.#responses.length > 0 &&
          this.#call('readResponse', this.#chance.pick(this.#responses))
        );
      case 3:
        return this.#create();
      case 4:
        return this.#chance.oneIn(4) && this.#timed('remove', '', id);
      default:
        return this.#call(
          'update',
          [
            ['display_name', this.#chance.pick(['New', 'bad\0name'])],
            ['replace_headers', true],
            ...this.#extras(),
            ['refresh_policy', this.#chance.below(4)],
            ['refresh_value', this.#chance.pick([1, 50, 99, 100, -1])],
          ],
          id,
        );
    }
  }

  /** Other SIP traffic: the host answers requests, and has calls of its own. */
  #traffic() {
    const channel = this.#chance.pick(this.#channels) ?? 1;
    switch (this.#chance.below(8)) {
      case 0:
        this.#channels.push(this.#channels.length + 1);
        this.#call(
          'openChannel',
          '',
          this.#chance.pick(this.#registrations) ?? 1,
          this.#channels.length,
        );
        return;
      case 1:
        if (this.#chance.oneIn(3)) this.#call('closeChannel', '', channel);
        return;
      case 2:
      case 3:
        this.#timed('send', this.#message(), channel);
        return;
      default:
        this.#timed(
          'respond',
          this.#answerFields(),
          this.#requests.shift() ?? this.#chance.below(9),
        );
    }
  }

  #answerFields() {
    if (this.#chance.oneIn(3)) return [];
    const fields = [
      ['status', this.#chance.pick([100, 180, 200, 404, 486, 603, 99, NaN])],
      ...this.#extras(),
    ];
    if (this.#chance.oneIn(3)) fields.push(['reason', this.#chance.pick(['Whÿ', '', 'a\nb'])]);
    if (this.#chance.oneIn(3)) fields.push(['header', 'c'], ['value', 'a/b'], ['body', 'bödy']);
    return fields;
  }

  /** A request or a response of a call stack. */
  #message() {
    const method = this.#chance.pick(['INVITE', 'MESSAGE', 'ACK', 'BYE', 'REGISTER']);
    const start = this.#chance.oneIn(3)
      ? `SIP/2.0 ${this.#chance.pick([100, 200, 486])} Reason`
      : `${method} sip:bob@example.com SIP/2.0`;
    return this.#chance.oneIn(9) ? 'nonsense' : this.#written(start, method);
  }

  #written(start, method) {
    return (
      `${start}\r\nVia: SIP/2.0/WSS h;branch=z9hG4bK${this.#chance.below(9)}\r\nFrom: <sip:s@h>;tag=1\r\n` +
      `To: <sip:x@y>${this.#chance.pick(['', ';tag=2'])}\r\nCall-ID: ${this.#chance.below(4)}\r\n` +
      `CSeq: 1 ${method}\r\nSubject: two\r\n lines\r\n\r\nbödy`
    );
  }

  #credentials() {
    const fields = [];
    for (let i = this.#chance.below(3); i >= 0; i--) {
      fields.push(['credentials', true]);
      if (this.#chance.oneIn(2))
        fields.push(['username', this.#chance.pick(['alice', 'bob', 'größe', 'a\0'])]);
      if (!this.#chance.oneIn(4))
        fields.push(['password', this.#chance.pick(['secret', '', 'x'.repeat(300)])]);
      if (this.#chance.oneIn(3))
        fields.push(['realm', this.#chance.pick(['example.com', 'other', '*'])]);
      if (this.#chance.oneIn(6))
        fields.push(['ha1_md5', this.#chance.pick(['0123456789abcdef'.repeat(2), 'XYZ'])]);
      if (this.#chance.oneIn(6)) fields.push(['ha1_sha256', '0123456789abcdef'.repeat(4)]);
      if (this.#chance.oneIn(4)) {
        fields.push(['token', this.#chance.pick(['token-a', 'token-b'])]);
        fields.push([
          'token_expires_at',
          this.#chance.pick([0, this.#wall + 60_000, this.#wall - 1]),
        ]);
      }
    }
    return fields;
  }

  #provide() {
    const wanted = this.#chance.oneIn(9) ? { registration: 1, challenge: 1 } : this.#wanted.shift();
    if (wanted === undefined) return this.#answer();
    const fields = this.#chance.oneIn(6) ? [] : this.#credentials();
    const result = this.#timed('provideCredentials', fields, wanted.registration, wanted.challenge);
    if (result !== 0 && !this.#chance.oneIn(3)) {
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
    const index = this.#chance.below(this.#unanswered.length);
    const { flow, request } = this.#unanswered[index] ?? {};
    if (flow === undefined) return this.#unasked();
    let response = Buffer.from(compose(request, this.#chance));
    this.#responses.push(response);
    if (!response.toString().startsWith('SIP/2.0 1')) this.#unanswered.splice(index, 1);
    if (this.#chance.oneIn(12)) {
      const place = this.#chance.below(response.length);
      response[place] ^= 1 << this.#chance.below(8);
    }
    if (this.#chance.oneIn(20)) response = Buffer.concat([response, response]);
    this.#timed('receive', response, flow);
  }

  /** What a server sends by itself. */
  #unasked() {
    const flow = this.#chance.pick([...this.#flows.keys()]) ?? 1;
    const method = this.#chance.pick([
      'OPTIONS',
      'NOTIFY',
      'INVITE',
      'INVITE',
      'ACK',
      'CANCEL',
      'BYE',
    ]);
    const uri = this.#chance.pick([this.#contact, 'sip:user0@example.com', 'sip:nobody@x.invalid']);
    const message = this.#chance.oneIn(4)
      ? this.#written(`SIP/2.0 ${this.#chance.pick([180, 200])} Reason`, method)
      : this.#written(`${method} ${uri} SIP/2.0`, method);
    const frame = this.#chance.oneIn(3)
      ? this.#chance.pick(['\r\n\r\n', '\r\n', '', '\0', 'x'.repeat(70_000)])
      : message;
    this.#timed('receive', frame, flow);
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
