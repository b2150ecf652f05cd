// What must hold at every moment of a life, seen from the host: on the sockets and in what the registration says.

/** RFC 3261 §17.1.2.2: after that a request is not in flight any more, whatever comes. */
const timerFMs = 32_000;

const decoder = new TextDecoder();
const branchOf = (text) => /;branch=([^;,\s]+)/.exec(text)?.[1];
const callIdOf = (text) => /^Call-ID: (.*)/m.exec(text)[1];

/** The connection is up as far as the client can know: a host tells of a closing handshake only when it is over. */
const isUp = (socket) =>
  socket.readyState === socket.OPEN ||
  (socket.readyState === socket.CLOSING && socket.closes.length === 0);

export class Watch {
  problems = new Set();
  #clock;
  #sockets = [];
  /** REGISTERs without a final response: { branch, callId, socket, until }. */
  #inFlight = [];

  constructor(clock) {
    this.#clock = clock;
  }

  /** Sees what goes through that socket before the other end does. */
  socket(socket) {
    const send = socket.send.bind(socket);
    const deliver = socket.deliver.bind(socket);
    socket.send = (data) => {
      this.#sent(data, socket);
      send(data);
    };
    socket.deliver = (data) => {
      this.#delivered(data);
      deliver(data);
    };
    this.#sockets.push(socket);
    return socket;
  }

  #sent(data, socket) {
    const text = typeof data === 'string' ? data : decoder.decode(data);
    if (!text.startsWith('REGISTER ')) return;
    const { mono } = this.#clock;
    const callId = callIdOf(text);
    this.#inFlight = this.#inFlight.filter((each) => isUp(each.socket) && each.until > mono);
    if (this.#inFlight.some((each) => each.callId === callId))
      this.problems.add('two REGISTERs in flight');
    this.#inFlight.push({ branch: branchOf(text), callId, socket, until: mono + timerFMs });
  }

  /** However the answer is spelt: no two requests share a branch. */
  #delivered(data) {
    const text = typeof data === 'string' ? data : decoder.decode(data);
    if (!/^SIP\/2\.0 [2-6]\d\d /im.test(text)) return;
    this.#inFlight = this.#inFlight.filter(({ branch }) => !text.includes(branch));
  }

  /** Registered means: an unexpired 2xx, and a flow that is up. */
  state({ state, expiresAt }) {
    if (state !== 'registered') return;
    if (!this.#sockets.some(isUp)) this.problems.add('registered without a connection');
    if (!(expiresAt > this.#clock.wall)) this.problems.add('registered beyond the lifetime');
  }
}
