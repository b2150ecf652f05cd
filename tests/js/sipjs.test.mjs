// sipreg/sipjs alone: the state machine that SIP.js asks of a transport, against a channel that the test moves.
import { jest } from '@jest/globals';
import { TransportState, UserAgent } from 'sip.js';
import { RegistrationError } from '../../dist/index.js';
import { createSipJsTransport } from '../../dist/sipjs.js';

const { Connected, Connecting, Disconnected, Disconnecting } = TransportState;

/** A registration whose channels the test opens and closes. */
class StubRegistration {
  channels = [];
  open = true;
  ended = null;

  openChannel() {
    if (this.ended) throw this.ended;
    const channel = {
      url: 'wss://edge.example.com/ws',
      viaTransport: 'WSS',
      open: this.open,
      sent: [],
      detached: false,
      send(message) {
        if (message === 'bad') throw new TypeError('message: no');
        this.sent.push(message);
      },
      detach() {
        this.detached = true;
      },
    };
    this.channels.push(channel);
    return channel;
  }

  get channel() {
    return this.channels.at(-1);
  }

  opened() {
    this.open = this.channel.open = true;
    this.channel.onopen();
  }

  lost(error = new RegistrationError('gone', { code: 'transport' })) {
    this.open = this.channel.open = false;
    this.channel.onclose(error);
  }
}

/** A transport with everything that it tells, in order. */
function create(registration = new StubRegistration(), options = {}) {
  const Transport = createSipJsTransport(registration);
  const transport = new Transport({ log: () => undefined }, options);
  const log = [];
  transport.stateChange.addListener((state) => log.push(state));
  transport.onConnect = () => log.push(`onConnect in ${transport.state}`);
  transport.onDisconnect = (error) =>
    log.push(`onDisconnect in ${transport.state} ${error?.message ?? 'without error'}`);
  transport.onMessage = (message) => log.push(message);
  const settled = (promise) => {
    promise.then(
      () => log.push('resolved'),
      (error) => log.push(`rejected ${error instanceof Error} ${error.message}`),
    );
    return promise.catch(() => undefined);
  };
  return { registration, transport, log, settled };
}

/** A transport in that state, and nothing in its log. */
async function inState(state) {
  const it = create();
  if (state !== Disconnected) {
    it.registration.open = state !== Connecting;
    const connecting = it.transport.connect();
    connecting.catch(() => undefined);
    if (state !== Connecting) await connecting;
    if (state === Disconnecting) it.transport.disconnect().catch(() => undefined);
  }
  expect(it.transport.state).toBe(state);
  it.log.length = 0;
  return it;
}

test('a new one is disconnected, and nothing is taken over', () => {
  const { transport, registration } = create();
  expect(transport.state).toBe(Disconnected);
  expect(transport.isConnected()).toBe(false);
  expect(transport.protocol).toBe('WSS');
  expect(transport.server).toBe('wss://edge.example.com/ws');
  expect(registration.channels.every(({ detached }) => detached)).toBe(true);
});

test('connect() on an open flow: Connecting before it returns, Connected before it resolves', async () => {
  const { transport, log, settled } = await inState(Disconnected);
  const done = settled(transport.connect());
  expect(transport.state).toBe(Connecting);
  expect(log).toEqual([Connecting]);
  await done;
  expect(log).toEqual([Connecting, Connected, `onConnect in ${Connected}`, 'resolved']);
  expect(transport.isConnected()).toBe(true);
});

test('connect() waits for a flow that is not open yet', async () => {
  const { transport, registration, log, settled } = await inState(Disconnected);
  registration.open = false;
  const done = settled(transport.connect());
  await Promise.resolve();
  expect(log).toEqual([Connecting]);
  registration.opened();
  await done;
  expect(log.at(-1)).toBe('resolved');
});

test('connect() while Connecting or Connected changes nothing', async () => {
  const connecting = await inState(Connecting);
  const done = connecting.settled(connecting.transport.connect());
  expect(connecting.log).toEqual([]);
  connecting.registration.opened();
  await done;
  expect(connecting.log).toEqual([Connected, `onConnect in ${Connected}`, 'resolved']);
  const connected = await inState(Connected);
  await connected.settled(connected.transport.connect());
  expect(connected.log).toEqual(['resolved']);
});

test('connect() while Disconnecting: Connecting before it returns, and the disconnect() is given up', async () => {
  const { transport, log, settled } = await inState(Connected);
  const disconnected = settled(transport.disconnect());
  log.length = 0;
  const connected = settled(transport.connect());
  expect(transport.state).toBe(Connecting);
  await Promise.all([disconnected, connected]);
  expect(log[0]).toBe(Connecting);
  expect(log).toContain('rejected true Disconnecting was given up for connect().');
  expect(log.at(-1)).toBe('resolved');
  expect(transport.state).toBe(Connected);
});

test.each([Connecting, Connected])(
  'disconnect() while %s: Disconnecting before it returns',
  async (state) => {
    const { transport, registration, log, settled } = await inState(state);
    const done = settled(transport.disconnect());
    expect(transport.state).toBe(Disconnecting);
    expect(registration.channel.detached).toBe(true);
    await done;
    const told = state === Connected ? [`onDisconnect in ${Disconnecting} without error`] : [];
    expect(log).toEqual([Disconnecting, ...told, Disconnected, 'resolved']);
  },
);

test('disconnect() while Disconnecting or Disconnected changes nothing', async () => {
  const disconnecting = await inState(Disconnecting);
  await disconnecting.settled(disconnecting.transport.disconnect());
  expect(disconnecting.log).toEqual([Disconnected, 'resolved']);
  const disconnected = await inState(Disconnected);
  await disconnected.settled(disconnected.transport.disconnect());
  expect(disconnected.log).toEqual(['resolved']);
});

test('a connect() that disconnect() gives up rejects', async () => {
  const { transport, registration, log, settled } = await inState(Disconnected);
  registration.open = false;
  const connecting = settled(transport.connect());
  await settled(transport.disconnect());
  await connecting;
  expect(log).toContain('rejected true Connecting was given up for disconnect().');
  expect(transport.state).toBe(Disconnected);
});

test('dispose() disconnects, and may be called in every state', async () => {
  for (const state of [Disconnected, Connecting, Connected, Disconnecting]) {
    const { transport, registration, log, settled } = await inState(state);
    await settled(transport.dispose());
    expect(log.at(-1)).toBe('resolved');
    expect(transport.state).toBe(Disconnected);
    expect(registration.channel.detached).toBe(true);
  }
});

test('a lost flow: Disconnected with an error, and no recovery by itself', async () => {
  const { transport, registration, log, settled } = await inState(Connected);
  const { channel, channels } = registration;
  registration.lost();
  expect(log).toEqual([Disconnected, `onDisconnect in ${Disconnected} gone`]);
  expect(channel.detached).toBe(true);
  registration.open = true;
  await Promise.resolve();
  expect(channels.at(-1)).toBe(channel);
  expect(transport.state).toBe(Disconnected);
  await settled(transport.connect());
  expect(transport.state).toBe(Connected);
});

test('connect() rejects when no flow opens in time, and when the registration has ended', async () => {
  jest.useFakeTimers();
  try {
    const slow = create(new StubRegistration(), { connectionTimeout: 2 });
    slow.registration.open = false;
    const late = slow.settled(slow.transport.connect());
    jest.advanceTimersByTime(1_999);
    expect(slow.transport.state).toBe(Connecting);
    jest.advanceTimersByTime(1);
    expect(slow.transport.state).toBe(Disconnected);
    expect(slow.registration.channel.detached).toBe(true);
    await late;
    expect(slow.log).toEqual([
      Connecting,
      Disconnected,
      'rejected true The registration had no connection within 2 s.',
    ]);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
  const { transport, registration, log, settled } = create();
  registration.ended = new RegistrationError('over', { code: 'removed' });
  await settled(transport.connect());
  expect(log).toEqual([Connecting, Disconnected, 'rejected true over']);
});

test('the end of the registration while connecting', async () => {
  const { transport, registration, log, settled } = await inState(Disconnected);
  registration.open = false;
  const done = settled(transport.connect());
  registration.lost(new RegistrationError('removed', { code: 'removed' }));
  await done;
  expect(log).toEqual([Connecting, Disconnected, 'rejected true removed']);
});

test('messages come and go while Connected, and at no other time', async () => {
  for (const state of [Disconnected, Connecting, Disconnecting]) {
    const { transport, log, settled } = await inState(state);
    await settled(transport.send('x'));
    expect(log.filter((word) => word.startsWith('rejected true'))).toHaveLength(1);
    await transport.disconnect();
  }
  const { transport, registration, log, settled } = await inState(Connected);
  await settled(transport.send('out'));
  expect(registration.channel.sent).toEqual(['out']);
  await settled(transport.send('bad'));
  registration.channel.onmessage('in');
  expect(log).toEqual(['resolved', 'rejected true message: no', 'in']);
});

test('connect() and disconnect() from within a change are refused', async () => {
  const { transport, registration, log } = await inState(Disconnected);
  const refused = [];
  const refuse = (call) => transport[call]().catch(({ name }) => refused.push(`${call} ${name}`));
  transport.stateChange.addListener(() => {
    refuse('connect');
    refuse('disconnect');
  });
  transport.onConnect = () => refuse('disconnect');
  transport.onDisconnect = () => refuse('connect');
  await transport.connect();
  registration.lost();
  await Promise.resolve();
  expect(new Set(refused)).toEqual(
    new Set(['connect StateTransitionError', 'disconnect StateTransitionError']),
  );
  expect(refused).toHaveLength(8);
  expect(log).toEqual([Connecting, Connected, Disconnected]);
});

test('listeners come and go', async () => {
  const { transport } = create();
  const heard = [];
  const listener = (state) => heard.push(state);
  const { stateChange } = transport;
  stateChange.addListener((state) => heard.push(`once ${state}`), { once: true });
  stateChange.once((state) => heard.push(`once more ${state}`));
  stateChange.on(listener);
  await transport.connect();
  stateChange.off(listener);
  stateChange.addListener(listener);
  stateChange.removeListener(listener);
  await transport.disconnect();
  expect(heard).toEqual([`once ${Connecting}`, `once more ${Connecting}`, Connecting, Connected]);
});

test('SIP.js takes it', async () => {
  const registration = new StubRegistration();
  const userAgent = new UserAgent({
    uri: UserAgent.makeURI('sip:alice@example.com'),
    transportConstructor: createSipJsTransport(registration),
    transportOptions: {},
    logBuiltinEnabled: false,
  });
  await userAgent.start();
  expect(userAgent.isConnected()).toBe(true);
  await userAgent.stop();
  expect(registration.channel.detached).toBe(true);
});
