// Clients in a worker: how they begin and end. What they do in between, the acceptance tests show.
import { jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createTestRegistrar } from '../../dist/testing.js';
import { createWorkerClient, host, RegistrationError } from '../../dist/worker.js';
import { FakeClock, listen, turn } from './world.mjs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));
const server = 'wss://edge.example.com/ws?token=query-marker';
const alice = { aor: 'sip:alice@example.com', credentials: { password: 'secret-marker' } };

const open = [];
afterEach(async () => {
  jest.useRealTimers();
  for (const end of open.splice(0).reverse()) await end();
});

/** Both ends of a channel that the test closes. */
function channel() {
  const { port1, port2 } = new MessageChannel();
  open.push(() => port1.close());
  return [port1, port2];
}

function assertNever() {
  throw new Error('read in vain');
}

/** Enough turns for messages to go there and back a few times. */
async function settle() {
  for (let i = 0; i < 30; i += 1) await turn();
}

/** A worker in this thread, and what makes clients in it. */
function makeHost(options = {}) {
  const registrar = createTestRegistrar({ users: { alice: 'secret-marker' } });
  const sockets = [];
  const webSocket = (...given) => {
    sockets.push(registrar.webSocket(...given));
    return sockets.at(-1);
  };
  const [worker, port] = channel();
  host({ port, webSocket, ...options });
  const create = async (more = {}) => {
    const client = await createWorkerClient({ worker, server, ...more });
    open.push(() => client.close());
    return client;
  };
  return { registrar, sockets, worker, create };
}

/** For what another thread does: the test's own time limit ends it. */
async function until(isSo) {
  while (!isSo()) await turn();
}

function startThread(workerData) {
  const worker = new Worker(new URL('worker-script.mjs', import.meta.url), { workerData });
  open.push(() => worker.terminate());
  return worker;
}

/** Everything that is posted to a port from now on. */
function spyOnPorts() {
  const sent = [];
  const { prototype } = MessagePort;
  const { postMessage } = prototype;
  prototype.postMessage = function (message, ...more) {
    sent.push(message);
    return postMessage.call(this, message, ...more);
  };
  open.push(() => (prototype.postMessage = postMessage));
  return sent;
}

/** A worker of the test's own: answers the greeting, then what `answer(message, port)` does. */
function fakeHost(answer, welcome = {}) {
  const [worker, port] = channel();
  const wasm = readFileSync(new URL('../../dist/sipreg.wasm', import.meta.url));
  port.onmessage = ({ data }) => {
    data.port.onmessage = (event) => answer(event.data, data.port);
    data.port.postMessage({ type: 'welcome', version, lock: null, wasm, ...welcome });
  };
  return worker;
}

const errorOf = (promise) =>
  promise.then(
    () => {
      throw new Error('was fulfilled');
    },
    (error) => error,
  );

describe('a thread of Node', () => {
  test('registers, refreshes and unregisters', async () => {
    const worker = startThread();
    const client = await createWorkerClient({ worker, server });
    const registration = await client.register(alice);
    expect(registration).toMatchObject({ state: 'registered', bound: true, aor: alice.aor });
    expect(registration.info).toBe(await registration.whenRegistered());
    expect(await registration.query()).toMatchObject([{ own: true }]);
    expect(client.stats).toMatchObject({ connects: 1, registers: 3 });
    expect(await registration.unregister()).toEqual({ sent: true, confirmed: true });
    await client.close();
    expect([registration.state, client.connectionState]).toEqual(['removed', 'closed']);
  });

  test('that is terminated ends everything that is pending', async () => {
    const worker = startThread({ answers: 2 }); // the challenge and the success
    const client = await createWorkerClient({ worker, server });
    const registration = await client.register(alice);
    const log = listen(registration);
    const states = [];
    client.addEventListener('connectionchange', ({ detail }) => states.push(detail.state));
    const failed = new Promise((resolve) => registration.addEventListener('failed', resolve));
    const pending = [registration.query(), registration.refresh({ expires: 60 })];
    await worker.terminate();
    for (const each of pending) {
      const error = await errorOf(each);
      expect(error).toBeInstanceOf(RegistrationError);
      expect(error).toMatchObject({ code: 'internal', retryable: false });
    }
    const { detail } = await failed;
    expect(detail.cause.message).toContain('Start a new one');
    expect(log.slice(-2)).toEqual(['state failed', 'failed']);
    expect(states).toEqual(['closed']);
    expect(client.connectionState).toBe('closed');
    expect(registration.bound).toBe(false);
    expect((await errorOf(registration.register())).code).toBe('internal');
    expect(() => client.createRegistration(alice)).toThrow(RegistrationError);
    client.wake();
    await client.close();
    expect(registration.state).toBe('removed');
    expect(client.registrations).toEqual([]);
  });

  test('that is terminated fails no registration that a listener removes', async () => {
    const worker = startThread({ answers: 2 });
    const client = await createWorkerClient({ worker, server });
    const registration = await client.register(alice);
    const log = listen(registration);
    const closed = new Promise((resolve) => {
      client.addEventListener('connectionchange', () => {
        for (const each of client.registrations) each.remove();
        resolve();
      });
    });
    await worker.terminate();
    await closed;
    await settle();
    expect(log).toEqual(['state removed']);
    expect(registration.state).toBe('removed');
    expect((await errorOf(registration.register())).code).toBe('removed');
  });

  test('that does not load is told of at once', async () => {
    const worker = startThread({ throws: true });
    const error = await errorOf(createWorkerClient({ worker, server }));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toContain('this script is broken');
  });

  test('that does not call host() is told of after 15 s', async () => {
    const worker = startThread({ silent: true });
    const clock = new FakeClock();
    const { platform } = clock;
    const creating = errorOf(createWorkerClient({ worker, server, platform }));
    await turn();
    await clock.advance(14_999);
    expect(clock.timers.size).toBe(1);
    await clock.advance(1);
    expect(await creating).toMatchObject({ code: 'timeout' });
    expect((await creating).message).toContain('host()');
    expect(clock.timers.size).toBe(0);
  });
});

describe('createWorkerClient', () => {
  test.each([undefined, null, 7, {}, { port: 7 }, { postMessage: 'x' }])(
    'refuses %p as its worker',
    async (worker) => {
      const error = await errorOf(createWorkerClient({ worker, server }));
      expect(error).toMatchObject({
        name: 'TypeError',
        code: 'invalid-argument',
        option: 'worker',
      });
    },
  );

  test('refuses webSocket, which is for host()', async () => {
    const { create } = makeHost();
    const error = await errorOf(create({ webSocket: () => undefined }));
    expect(error).toMatchObject({ name: 'TypeError', option: 'webSocket' });
    expect(error.message).toContain('host()');
  });

  test('refuses what the core refuses, before anything is asked of the worker', async () => {
    const { create, sockets } = makeHost();
    const error = await errorOf(create({ instanceId: 'no URN' }));
    expect(error).toMatchObject({ name: 'TypeError', option: 'instanceId' });
    expect(sockets).toEqual([]);
  });

  test.each([
    ['its bytes', (bytes) => bytes],
    ['a module', (bytes) => WebAssembly.compile(bytes)],
    ['a response', (bytes) => new Response(bytes)],
    ['a promise of its bytes', (bytes) => Promise.resolve(bytes)],
    ['a URL', () => new URL('../../dist/sipreg.wasm', import.meta.url)],
  ])('takes as wasm %s', async (_, make) => {
    const { create } = makeHost();
    const bytes = Uint8Array.from(readFileSync(new URL('../../dist/sipreg.wasm', import.meta.url)));
    const client = await create({ wasm: await make(bytes) });
    expect((await client.register(alice)).state).toBe('registered');
  });

  test('says that the worker has another version', async () => {
    const worker = fakeHost(() => undefined, { version: '0.0.1' });
    const error = await errorOf(createWorkerClient({ worker, server }));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toContain(version);
    expect(error.message).toContain('0.0.1');
  });

  test('says that what wasm names cannot be read', async () => {
    const { create } = makeHost();
    const error = await errorOf(create({ wasm: 'sipreg.wasm' }));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toContain('sipreg.wasm could not be read');
  });

  test("tells of the worker's own refusal", async () => {
    const { create } = makeHost({
      platform: {
        getRandomValues() {
          throw new Error('none here');
        },
      },
    });
    expect(await errorOf(create())).toMatchObject({ code: 'unsupported' });
  });

  test.each([
    ['throws on being read', { toString: () => assertNever() }],
    ['has no text at all', Object.create(null)],
    ['has a message that is no text', Object.assign(new Error('x'), { message: Symbol('x') })],
  ])('tells of a failure that %s', async (_, thrown) => {
    const { create } = makeHost({
      platform: {
        getRandomValues() {
          throw thrown;
        },
      },
    });
    expect(await errorOf(create())).toMatchObject({ code: 'unsupported' });
  });
});

describe('host()', () => {
  test('says which version it has to a page of another one, and serves it no further', async () => {
    const { worker } = makeHost();
    const [mine, theirs] = channel();
    const answers = [];
    mine.onmessage = ({ data }) => answers.push(data);
    const hello = { sipreg: 'connect', version: '0.0.1', port: theirs, needsWasm: true };
    worker.postMessage(hello, [theirs]);
    await settle();
    expect(answers).toEqual([{ type: 'welcome', version, wasm: null, lock: null }]);
  });

  test('ignores messages that are not for it', async () => {
    const { worker, create } = makeHost();
    for (const each of [
      null,
      7,
      'connect',
      [],
      { sipreg: 'connect' },
      { sipreg: 'connect', port: 1 },
    ]) {
      worker.postMessage(each);
    }
    expect((await (await create()).register(alice)).state).toBe('registered');
  });

  test('refuses options that are none, and says where it hears nobody', () => {
    expect(() => host({ webSocket: 7 })).toThrow(expect.objectContaining({ option: 'webSocket' }));
    expect(() => host({ platform: { now: 7 } })).toThrow(
      expect.objectContaining({ option: 'platform.now' }),
    );
    expect(() => host({ platform: 7 })).toThrow(expect.objectContaining({ option: 'platform' }));
    expect(() => host({ port: 7 })).toThrow(expect.objectContaining({ option: 'port' }));
    expect(() => host(null)).toThrow(expect.objectContaining({ option: 'options' }));
  });
});

describe('on the port of a client', () => {
  /** A client that is registered, and the ports of both its ends: the page's, then the worker's. */
  async function connected() {
    const { create } = makeHost();
    const ports = new Map();
    const { prototype } = MessagePort;
    const { postMessage } = prototype;
    prototype.postMessage = function (message, ...more) {
      ports.set(message?.type, this);
      return postMessage.call(this, message, ...more);
    };
    const client = await create();
    const registration = await client.register(alice);
    prototype.postMessage = postMessage;
    return { client, registration, page: ports.get('open'), worker: ports.get('opened') };
  }

  test('what comes too late, or twice, is ignored', async () => {
    const { registration, page, worker } = await connected();
    page.postMessage({ type: 'open', servers: [], fields: [] });
    page.postMessage({ type: 'address', question: 99, url: 'x', failed: false });
    worker.postMessage({ type: 'question', question: 99, server: 99 });
    worker.postMessage({ type: 'welcome', version });
    worker.postMessage({ type: 'opened' });
    await settle();
    expect((await registration.refresh()).expires).toBe(600);
  });

  test.each([
    ['page', null],
    ['page', 7],
    ['page', []],
    ['page', { type: 7 }],
    ['page', { type: 'nothing' }],
    ['page', { type: 'open' }],
    ['page', { type: 'call', call: 'close', input: [], rest: [], value: 0 }],
    ['page', { type: 'call', call: '__proto__', input: [], rest: [], value: 0 }],
    ['page', { type: 'call', call: 'wake', input: 7, rest: [], value: 0 }],
    ['page', { type: 'call', call: 'wake', input: [], rest: null, value: 0 }],
    ['page', { type: 'call', call: 'wake', input: [], rest: [], value: undefined }],
    ['worker', null],
    ['worker', 'call'],
    ['worker', {}],
    ['worker', { type: 'welcome' }],
    ['worker', { type: 'news' }],
    ['worker', { type: 'news', statistics: {}, urls: [], items: [null] }],
    ['worker', { type: 'refused' }],
  ])('what is no message of the %s ends the client and says so: %j', async (sender, message) => {
    const { client, registration, [sender]: port } = await connected();
    port.postMessage(message);
    await settle();
    expect(registration.lastError).toMatchObject({ code: 'internal' });
    expect(registration.lastError.cause.message).toContain('does not understand');
    expect(client.connectionState).toBe('closed');
  });
});

describe('pages of one worker', () => {
  test('have clients of their own', async () => {
    const { create, sockets, registrar } = makeHost();
    const [one, two] = [await create(), await create()];
    const first = await one.register(alice);
    const second = await two.register(alice);
    expect([one.registrations, two.registrations]).toEqual([[first], [second]]);
    expect(first.info.contact).not.toBe(second.info.contact);
    expect(registrar.bindings(alice.aor)).toHaveLength(2);
    await one.close();
    expect(sockets.map(({ readyState }) => readyState)).toEqual([3, 1]);
    expect((await second.refresh()).expires).toBe(600);
  });

  test('that end without a word leave no socket and no timer in the worker', async () => {
    const clock = new FakeClock();
    const { worker, sockets } = makeHost({ platform: clock.platform });
    const [near, far] = channel();
    // The page is a thread that gets the door from us.
    near.on('message', (hello) => worker.postMessage(hello, [hello.port]));
    const page = new Worker(new URL('worker-page.mjs', import.meta.url), {
      workerData: far,
      transferList: [far],
    });
    open.push(() => page.terminate());
    page.once('error', (error) => {
      throw error;
    });
    await new Promise((resolve) => page.once('exit', resolve).once('message', resolve));
    expect(sockets.map(({ readyState }) => readyState)).toEqual([1]);
    expect(clock.timers.size).toBeGreaterThan(0);
    await page.terminate();
    await until(() => sockets[0].readyState === 3);
    await settle();
    expect(sockets).toHaveLength(1);
    expect(clock.timers.size).toBe(0);
  });

  test('that have no Web Locks and say nothing for three minutes are taken for gone', async () => {
    jest.useFakeTimers({
      doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'],
    });
    const { create, sockets } = makeHost();
    // A page that is frozen: its timers do not run.
    const client = await create({
      platform: { setTimeout: () => 1, clearTimeout: () => undefined },
    });
    const registration = await client.register(alice);
    const log = listen(registration);
    for (let i = 0; i < 9; i += 1) {
      jest.advanceTimersByTime(20_000);
      await settle();
    }
    expect(registration.state).toBe('registered');
    jest.advanceTimersByTime(20_000);
    await settle();
    expect(sockets.at(-1).readyState).toBe(3);
    expect(log).toEqual(['state failed', 'failed']);
    expect(registration.lastError).toMatchObject({ code: 'internal' });
  });
});

test('a worker that hangs is noticed, and everything pending ends', async () => {
  const clock = new FakeClock();
  const worker = fakeHost((message, port) => {
    if (message.type === 'open') port.postMessage({ type: 'opened' });
  });
  const client = await createWorkerClient({ worker, server, platform: clock.platform });
  const registration = client.createRegistration(alice);
  const calls = [registration.register(), registration.whenRegistered(), client.register(alice)];
  for (let i = 0; i < 3; i += 1) await clock.advance(25_000);
  for (const each of calls) expect(await errorOf(each)).toMatchObject({ code: 'internal' });
  expect(registration.lastError.cause.message).toContain('not answered');
  expect(client.connectionState).toBe('closed');
  expect(clock.timers.size).toBe(0);
});

test('close() ends in time when the worker does not answer', async () => {
  const clock = new FakeClock();
  const worker = fakeHost((message, port) => {
    if (message.type === 'open') port.postMessage({ type: 'opened' });
  });
  const client = await createWorkerClient({ worker, server, platform: clock.platform });
  const registration = client.createRegistration(alice);
  const pending = registration.register();
  const closed = client.close();
  expect(await errorOf(pending)).toMatchObject({ code: 'closed' });
  expect(registration.state).toBe('removed');
  await turn();
  await clock.advance(8000);
  await closed;
  expect(clock.timers.size).toBe(0);
});

test('SEC-04 secrets cross only when the core asks for them, and never come back', async () => {
  const sent = spyOnPorts();
  const { create } = makeHost();
  const client = await create();
  const traced = [];
  client.addEventListener('message', ({ detail }) => traced.push(detail));
  const registration = client.createRegistration(alice);
  await registration.register();
  const wrong = { ...alice, credentials: { password: 'wrong-marker' } };
  const error = await errorOf(client.register(wrong));
  expect(error.code).toBe('auth-failed');
  const mention = (marker) =>
    sent.filter((message) => JSON.stringify(message)?.includes(marker)).map(({ call }) => call);
  expect(mention('secret-marker')).toEqual(['provideCredentials']);
  // Asked for once more after the refusal.
  expect(mention('wrong-marker')).toEqual(['provideCredentials', 'provideCredentials']);
  // The address is told to the worker, which opens the socket.
  const tellUrl = sent.filter((message) => JSON.stringify(message)?.includes('query-marker'));
  expect(tellUrl.map(({ type }) => type)).toEqual(['open']);
  expect(JSON.stringify([traced, error, error.cause])).not.toMatch(/marker/);
});

test('functions among the servers are asked in the page', async () => {
  const { create, sockets } = makeHost();
  const cause = new Error('no token');
  const answers = [
    () => {
      throw cause;
    },
    () => Promise.resolve(new URL(server)),
  ];
  const client = await create({ server: () => answers.shift()(), reconnect: false });
  const registration = client.createRegistration(alice);
  const error = await errorOf(registration.register());
  expect(error).toMatchObject({ code: 'transport' });
  expect(error.cause).toBe(cause);
  await registration.register();
  expect(sockets).toHaveLength(1);
  expect(registration.flows[0].url).toBe('wss://edge.example.com/ws');
});

test('a page that is loaded anew has the identity that its storage kept', async () => {
  const { create, registrar } = makeHost();
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  const before = await create({ storage });
  const { contact } = (await before.register(alice)).info;
  await before.close();
  const after = await create({ storage });
  expect((await after.register(alice)).info.contact).toBe(contact);
  expect(registrar.bindings(alice.aor)).toHaveLength(1);
  expect([...kept.values()].join()).not.toContain('marker');
});

test('credentials are asked for in the page, with a signal that ends with the registration', async () => {
  const { create } = makeHost();
  const client = await create();
  let signal;
  const registration = client.createRegistration({
    ...alice,
    credentials: (challenge, options) => {
      signal = options.signal;
      expect(challenge).toMatchObject({ scheme: 'Digest', proxy: false });
      return new Promise(() => undefined);
    },
  });
  const done = errorOf(registration.register());
  await settle();
  expect(signal.aborted).toBe(false);
  registration.remove();
  expect(signal.aborted).toBe(true);
  expect(await done).toMatchObject({ code: 'removed' });
});

test('an abort detaches the caller at once', async () => {
  const { create } = makeHost();
  const client = await create();
  const registration = client.createRegistration(alice);
  const reason = new Error('enough');
  const call = errorOf(registration.register({ signal: AbortSignal.abort(reason) }));
  expect(await call).toBe(reason);
  const controller = new AbortController();
  const other = errorOf(registration.register({ signal: controller.signal }));
  controller.abort(reason);
  expect(await other).toBe(reason);
  expect((await registration.whenRegistered()).expires).toBe(600);
});

test('close() frees what the client had', async () => {
  const clock = new FakeClock();
  const { create, sockets } = makeHost();
  const client = await create({ platform: clock.platform });
  await client.register(alice);
  const closed = client.close();
  expect(client.close()).toBe(closed);
  await closed;
  expect(sockets.map(({ readyState }) => readyState)).toEqual([3]);
  expect(clock.timers.size).toBe(0);
  expect(() => client.createRegistration(alice)).toThrow(
    expect.objectContaining({ code: 'closed' }),
  );
});

describe('what else a connection carries', () => {
  /** A registered client, and the server's end of its connection. */
  async function connected() {
    const { create, sockets } = makeHost();
    const client = await create();
    const registration = await client.register(alice);
    const [socket] = sockets;
    const sent = [];
    const { send } = socket;
    socket.send = (frame) =>
      /^REGISTER|^\r\n/.test(frame) ? send.call(socket, frame) : sent.push(frame);
    const { contact } = registration.info;
    let number = 0;
    const ask = async (method, uri = contact) => {
      number += 1;
      const rows = [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/WSS edge.example.com;branch=z9hG4bK${number}`,
        'From: <sip:bob@example.com>;tag=b',
        'To: <sip:alice@example.com>',
        `Call-ID: call-${number}`,
        `CSeq: 1 ${method}`,
        'Content-Length: 0',
      ];
      socket.onmessage({ data: `${rows.join('\r\n')}\r\n\r\n` });
      await settle();
      return sent.splice(0).map((frame) => Number(/^SIP\/2\.0 (\d+)/.exec(frame)?.[1]));
    };
    return { client, registration, socket, sent, ask };
  }

  test('a request is taken by preventDefault() in the page, which is decided there and then', async () => {
    const { client, registration, ask } = await connected();
    expect(await ask('MESSAGE')).toEqual([405]); // nobody listens
    const events = [];
    let take = true;
    client.addEventListener('request', (event) => {
      events.push(event);
      if (take) event.preventDefault();
    });
    await settle();
    expect(await ask('MESSAGE')).toEqual([]);
    const { detail } = events[0];
    expect(detail).toMatchObject({ method: 'MESSAGE', registration });
    expect(() => detail.respond(200, 'two\r\nlines')).toThrow(
      expect.objectContaining({ code: 'invalid-argument', option: 'reason' }),
    );
    expect(() => detail.respond(200, 'OK', { Via: 'x' })).toThrow(TypeError);
    detail.respond(202);
    expect(() => detail.respond(200)).toThrow(expect.objectContaining({ code: 'closed' }));
    take = false;
    expect(await ask('INFO')).toEqual([202, 405]);
    expect(await ask('OPTIONS')).toEqual([200]);
    expect(events).toHaveLength(3);
  });

  test('a provisional answer leaves a request open', async () => {
    const { client, ask, sent } = await connected();
    const events = [];
    client.addEventListener('request', (event) => {
      event.preventDefault();
      events.push(event);
    });
    await settle();
    await ask('INVITE');
    events[0].detail.respond(180);
    events[0].detail.respond(486);
    await settle();
    expect(sent.map((frame) => frame.split('\r\n')[0])).toEqual([
      'SIP/2.0 180 Ringing',
      'SIP/2.0 486 Busy Here',
    ]);
  });

  test('a channel knows its connection at once, carries messages, and ends with its registration', async () => {
    const { registration, sent, ask } = await connected();
    const channel = registration.openChannel();
    const log = [];
    channel.onopen = () => log.push(`open ${channel.url}`);
    channel.onmessage = (text) => log.push(text.split(' ', 1)[0]);
    channel.onclose = ({ code }) => log.push(`close ${code}`);
    const invite = [
      'INVITE sip:bob@example.com SIP/2.0',
      'Via: SIP/2.0/WSS h.invalid;branch=z9hG4bKc1',
      'From: <sip:alice@example.com>;tag=a',
      'To: <sip:bob@example.com>',
      'Call-ID: x',
      'CSeq: 1 INVITE',
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n');
    const url = 'wss://edge.example.com/ws';
    expect(channel).toMatchObject({ url, open: true, viaTransport: 'WSS', serviceRoute: [] });
    expect(channel.contactUri).toContain('gr=urn:uuid:');
    channel.send(invite);
    await settle();
    expect(log).toEqual([]); // it was open from the start
    expect(sent.splice(0)).toEqual([invite]);
    expect(registration.info.contact).toContain(channel.viaHost);
    expect(() => channel.send('rubbish')).toThrow(
      expect.objectContaining({ code: 'invalid-argument', option: 'message' }),
    );
    expect(() => channel.send(invite.replaceAll('INVITE', 'REGISTER'))).toThrow(TypeError);
    channel.send(invite);
    await settle();
    expect(sent.splice(0)).toEqual([invite]);
    await ask('INVITE');
    expect(log).toEqual(['INVITE']);
    registration.remove();
    expect(log.at(-1)).toBe('close removed');
    expect(() => channel.send(invite)).toThrow(expect.objectContaining({ code: 'removed' }));
  });

  test('a channel of an account that never registered knows the connection too', async () => {
    const { client, socket } = await connected();
    const other = client.createRegistration({ ...alice, aor: 'sip:bob@example.com' });
    await settle();
    expect(other.openChannel().open).toBe(true);
    socket.onclose({ code: 1006 });
    await settle();
    expect(other.openChannel().open).toBe(false);
  });

  test('a channel that is opened while the connection is lost says so, and opens later', async () => {
    const { registration, socket } = await connected();
    socket.onclose({ code: 1006 });
    await settle();
    const channel = registration.openChannel();
    expect(channel).toMatchObject({ url: 'wss://edge.example.com/ws', open: false });
    expect(registration.info.contact).toContain(channel.viaHost);
    const opened = new Promise((resolve) => (channel.onopen = resolve));
    await registration.register();
    await opened;
    expect(channel.open).toBe(true);
  });

  test('a registration that is removed while its success crosses rejects what waits for it', async () => {
    const { registration } = await connected();
    const done = registration.refresh();
    registration.remove();
    expect(registration.state).toBe('removed');
    await expect(done).rejects.toMatchObject({ code: 'removed' });
  });

  test('a channel is told of a lost connection, and detaches', async () => {
    const { registration, socket } = await connected();
    const [one, two] = [registration.openChannel(), registration.openChannel()];
    const closed = [];
    one.onclose = ({ code }) => closed.push(code);
    two.onclose = ({ code }) => closed.push(code);
    await settle();
    two.detach();
    socket.onclose({ code: 1006 });
    await settle();
    expect(closed).toEqual(['transport']);
    expect(one.open).toBe(false);
  });

  test('requests come to the page again once the channel is detached', async () => {
    const { client, registration, ask } = await connected();
    const methods = [];
    client.addEventListener('request', ({ detail }) => methods.push(detail.method));
    const channel = registration.openChannel();
    await settle();
    channel.detach();
    await settle();
    expect(await ask('INVITE')).toEqual([480]);
    expect(await ask('MESSAGE')).toEqual([405]);
    expect(methods).toEqual(['INVITE', 'MESSAGE']);
  });
});

test('close() from within a listener ends everything, once', async () => {
  const { create } = makeHost();
  const client = await create();
  const registration = client.createRegistration(alice);
  const log = listen(registration);
  registration.addEventListener('registered', () => void client.close());
  await registration.register().catch(() => undefined);
  await client.close();
  expect(log.at(-1)).toBe('state removed');
  expect(registration.state).toBe('removed');
});
