// JsSIP and SIP.js on the connection of a sipreg registration, with what a test asks of either.
import JsSIP from 'jssip';
import { Inviter, Messager, SessionState, UserAgent } from 'sip.js';
import { createJsSipSocket } from '../../dist/jssip.js';
import { createSipJsTransport } from '../../dist/sipjs.js';
import { installMedia, sessionDescriptionHandlerFactory } from './media.mjs';

installMedia();

const userOf = (uri) => /^sips?:([^@]*)@/.exec(uri)[1];
const noMedia = { mediaConstraints: { audio: false, video: false } };

/** Gives what `listen` is told from now on, in order: `log` has all of it, once() waits for a word. */
class Log {
  words = [];
  #waiting = [];

  add(word) {
    this.words.push(word);
    this.#waiting = this.#waiting.filter(({ wanted, resolve }) => {
      if (wanted !== word) return true;
      resolve();
      return false;
    });
  }

  once(wanted) {
    if (this.words.includes(wanted)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ wanted, resolve }));
  }
}

/** A call of either stack: ringing, answered, ended. */
class JsSipCall {
  log = new Log();
  #session;

  constructor(session) {
    this.#session = session;
    session.on('progress', () => this.log.add('ringing'));
    session.on('confirmed', () => this.log.add('answered'));
    session.on('ended', () => this.log.add('ended'));
    session.on('failed', ({ cause }) => this.log.add(`failed: ${cause}`));
  }

  answer() {
    this.#session.answer(noMedia);
  }

  hangUp() {
    this.#session.terminate();
  }
}

class SipJsCall {
  log = new Log();
  #session;

  constructor(session) {
    this.#session = session;
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established) this.log.add('answered');
      if (state === SessionState.Terminated) {
        this.log.add(this.log.words.includes('answered') ? 'ended' : 'failed');
      }
    });
  }

  async call() {
    await this.#session.invite({
      requestDelegate: {
        onProgress: () => this.log.add('ringing'),
        onReject: ({ message }) => this.log.add(`rejected: ${message.statusCode}`),
      },
    });
  }

  async answer() {
    await this.#session.accept();
  }

  async hangUp() {
    if (this.#session.state === SessionState.Established) await this.#session.bye();
    else await this.#session.cancel();
  }
}

/** JsSIP on a registration that is registered. */
export class JsSipPhone {
  log = new Log();
  calls = [];
  socket;
  ua;

  constructor(registration, { password = 'secret', ...options } = {}) {
    this.socket = createJsSipSocket(registration);
    this.ua = new JsSIP.UA({
      sockets: [this.socket],
      uri: registration.aor,
      password,
      register: false,
      contact_uri: registration.info.contact,
      session_timers: false,
      ...options,
    });
    this.ua.contact.pub_gruu = registration.info.pubGruu ?? null;
    this.ua.on('connected', () => this.log.add('connected'));
    this.ua.on('disconnected', ({ error }) => this.log.add(`disconnected ${error}`));
    this.ua.on('registrationFailed', ({ cause }) => this.log.add(`not registered: ${cause}`));
    this.ua.on('newRTCSession', ({ session, originator }) => {
      if (originator === 'remote') this.#came(session);
    });
    this.ua.on('newMessage', ({ request, originator }) => {
      if (originator === 'remote') this.log.add(`message: ${request.body}`);
    });
  }

  #came(session) {
    this.calls.push(new JsSipCall(session));
    this.log.add(`call ${this.calls.length}`);
  }

  async start() {
    this.ua.start();
    await this.log.once('connected');
  }

  stop() {
    this.ua.stop();
  }

  call(uri) {
    return new JsSipCall(this.ua.call(uri, noMedia));
  }

  message(uri, text) {
    return new Promise((resolve) => {
      this.ua.sendMessage(uri, text, {
        eventHandlers: {
          succeeded: ({ response }) => resolve(response.status_code),
          failed: ({ cause, response }) => resolve(response?.status_code ?? cause),
        },
      });
    });
  }
}

/** SIP.js on a registration that is registered. */
export class SipJsPhone {
  log = new Log();
  calls = [];
  ua;

  constructor(registration, { password = 'secret', ...options } = {}) {
    this.ua = new UserAgent({
      uri: UserAgent.makeURI(registration.aor),
      contactName: userOf(registration.info.contact),
      viaHost: /@([^;]*)/.exec(registration.info.contact)[1],
      contactParams: { transport: 'ws' },
      transportConstructor: createSipJsTransport(registration),
      transportOptions: {},
      authorizationUsername: userOf(registration.aor),
      authorizationPassword: password,
      sessionDescriptionHandlerFactory,
      logBuiltinEnabled: false,
      delegate: {
        onConnect: () => this.log.add('connected'),
        onDisconnect: (error) => this.log.add(`disconnected ${error !== undefined}`),
        onInvite: (invitation) => {
          this.calls.push(new SipJsCall(invitation));
          this.log.add(`call ${this.calls.length}`);
        },
        onMessage: (message) => {
          this.log.add(`message: ${message.request.body}`);
          message.accept();
        },
      },
      ...options,
    });
    const { pubGruu } = registration.info;
    if (pubGruu !== undefined) this.ua.contact.pubGruu = UserAgent.makeURI(pubGruu);
  }

  async start() {
    await this.ua.start();
  }

  async stop() {
    await this.ua.stop();
  }

  async call(uri) {
    const call = new SipJsCall(new Inviter(this.ua, UserAgent.makeURI(uri)));
    await call.call();
    return call;
  }

  async message(uri, text) {
    return new Promise((resolve, reject) => {
      const take = ({ message }) => resolve(message.statusCode);
      new Messager(this.ua, UserAgent.makeURI(uri), text)
        .message({ requestDelegate: { onAccept: take, onReject: take } })
        .catch(reject);
    });
  }
}

/** The whole of a call between the two, and what each was told. */
export async function talk(caller, callee, uri) {
  const rings = callee.log.once(`call ${callee.calls.length + 1}`);
  const call = await caller.call(uri);
  await rings;
  const answer = callee.calls.at(-1);
  await call.log.once('ringing');
  await answer.answer();
  await Promise.all([call.log.once('answered'), answer.log.once('answered')]);
  return [call, answer];
}
