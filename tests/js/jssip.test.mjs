// sipreg/jssip alone: the socket that JsSIP asks for, against a channel that the test moves.
import JsSIP from 'jssip';
import { RegistrationError } from '../../dist/index.js';
import { createJsSipSocket } from '../../dist/jssip.js';

const isSocket = (socket) => {
  const uri = 'sip:alice@example.com';
  return new JsSIP.UA({ sockets: [socket], uri, register: false }).transport === null;
};

class StubRegistration {
  channels = [];
  open = true;
  ended = null;
  url = 'wss://edge.example.com:8443/ws';

  openChannel() {
    if (this.ended) throw this.ended;
    const { open, url } = this;
    const sent = [];
    const channel = {
      url,
      viaTransport: url.startsWith('ws:') ? 'WS' : 'WSS',
      open,
      sent,
      detached: false,
      send(message) {
        if (message === 'bad') throw new TypeError('message: no');
        sent.push(message);
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
}

function create(registration = new StubRegistration()) {
  const socket = createJsSipSocket(registration);
  const log = [];
  socket.onconnect = () => log.push('connect');
  socket.ondisconnect = (...given) => log.push(['disconnect', ...given]);
  socket.ondata = (data) => log.push(data);
  return { registration, socket, log };
}

test('it is what JsSIP checks, and takes nothing over before it is asked to', () => {
  const { socket, registration } = create();
  expect(socket.url).toBe('wss://edge.example.com:8443/ws');
  expect(socket.via_transport).toBe('WSS');
  expect(socket.sip_uri).toBe('sip:edge.example.com:8443;transport=ws');
  expect(() => isSocket(socket)).not.toThrow();
  expect(() => isSocket({ ...socket })).toThrow(/sockets/);
  expect(registration.channels.every(({ detached }) => detached)).toBe(true);
  socket.via_transport = 'ws';
  expect(socket.via_transport).toBe('WS');
});

test('a server whose address is not known yet', () => {
  const registration = new StubRegistration();
  registration.url = '';
  const { socket } = create(registration);
  expect(() => isSocket(socket)).not.toThrow();
});

test('connect() tells later, when the flow is open', async () => {
  const { socket, registration, log } = create();
  socket.connect();
  expect(log).toEqual([]);
  expect(socket.isConnecting()).toBe(true);
  await Promise.resolve();
  expect(log).toEqual(['connect']);
  expect(socket.isConnected()).toBe(true);
  socket.connect();
  await Promise.resolve();
  expect(log).toEqual(['connect']);
  expect(registration.channels.filter(({ detached }) => !detached)).toHaveLength(1);

  const waiting = create();
  waiting.registration.open = false;
  waiting.socket.connect();
  await Promise.resolve();
  expect(waiting.log).toEqual([]);
  waiting.registration.channel.open = true;
  waiting.registration.channel.onopen();
  expect(waiting.log).toEqual(['connect']);
});

test('a lost flow and the next one', async () => {
  const { socket, registration, log } = create();
  socket.connect();
  await Promise.resolve();
  const { channel } = registration;
  channel.open = false;
  channel.onclose(new RegistrationError('gone', { code: 'transport' }));
  expect(log.at(-1)).toEqual(['disconnect', true, 1006, 'gone']);
  expect(socket.send('x')).toBe(false);
  socket.connect(); // JsSIP's own attempt
  await Promise.resolve();
  expect(log).toHaveLength(2);
  channel.open = true;
  channel.onopen();
  expect(log.at(-1)).toBe('connect');
  expect(socket.send('x')).toBe(true);
  expect(channel.sent).toEqual(['x']);
});

test('messages', async () => {
  const { socket, registration, log } = create();
  expect(socket.send('early')).toBe(false);
  socket.connect();
  await Promise.resolve();
  expect(socket.send('out')).toBe(true);
  expect(socket.send('bad')).toBe(false);
  expect(socket.send(new ArrayBuffer(4))).toBe(false);
  expect(registration.channel.sent).toEqual(['out']);
  registration.channel.onmessage('in');
  expect(log).toEqual(['connect', 'in']);
});

test('disconnect() detaches and says nothing; it may connect again', async () => {
  const { socket, registration, log } = create();
  socket.disconnect();
  socket.connect();
  socket.disconnect();
  await Promise.resolve();
  expect(log).toEqual([]);
  socket.connect();
  await Promise.resolve();
  socket.disconnect();
  expect(registration.channels.every(({ detached }) => detached)).toBe(true);
  expect(socket.isConnected()).toBe(false);
  expect(socket.isConnecting()).toBe(false);
  expect(log).toEqual(['connect']);
});

test.each([{}, null, undefined])(
  'what is no registration is refused by name: %j',
  (registration) => {
    expect(() => createJsSipSocket(registration)).toThrow(
      expect.objectContaining({ name: 'TypeError', option: 'registration' }),
    );
  },
);

test('a registration that has ended', async () => {
  const { socket, registration, log } = create();
  registration.ended = new RegistrationError('over', { code: 'removed' });
  expect(() => createJsSipSocket(registration)).toThrow('over');
  socket.connect();
  expect(log).toEqual([]);
  await Promise.resolve();
  expect(log).toEqual([['disconnect', true, 1006, 'over']]);
});
