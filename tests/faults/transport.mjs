// What goes wrong with the connection. A row has
//   fault, what   the number in tests/faults.md, and this case of it
//   when          'register' (default): the first call meets it; 'registered': it begins a minute after a registration; with
//                 'refresh' that is followed by a call of refresh()
//   lasts         seconds until all is well again; default 60
//   connect, answer, begin, end, mute    what it does to the world
//   ends          what must become of sipreg's call: a code, a status, 'registered', …
//   then          what must be at the end; default 'registered'
//   gap           seconds for which nobody can be reached once all is well again, at most
//   dropped       frames that count as dropped
//   peers         false: says nothing about other libraries: browsers do not let it come to that, or it is one spelling of many

const fails = { code: 'transport', retryable: true };
const encoder = new TextEncoder();

const closings = [1000, 1001, 1008, 1011, 1012, 1013, 4001].map((code) => ({
  fault: 10,
  what: `closed with ${code}`,
  when: 'registered',
  lasts: 1,
  begin: (world) => world.drop({ code }),
  code,
  // RFC 5626 §4.5 after what sounds like a refusal: 30 s at first.
  gap: code === 1008 || code === 4001 ? 65 : 5,
}));

/** The first answer behind frames that are none. */
const after =
  (...frames) =>
  (_, { serve, number }) =>
    number === 1 ? [...frames, serve()] : serve();

export const transport = [
  {
    fault: 1,
    what: 'refused',
    connect: (socket) => socket.refuse(),
    ends: fails,
    gap: 31,
  },
  {
    fault: 1,
    what: 'refused for five minutes, once registered',
    when: 'registered',
    lasts: 300,
    begin: (world) => world.drop(),
    connect: (socket) => socket.refuse(),
    gap: 31,
  },
  {
    fault: 4,
    what: 'an error and no close, as on Node 22',
    connect: (socket) => socket.refuseSilently(),
    ends: fails,
    gap: 31,
  },
  {
    fault: 5,
    what: 'the handshake hangs',
    connect: () => undefined,
    ends: { code: 'timeout', retryable: true },
    gap: 45,
  },
  {
    fault: 6,
    what: 'no subprotocol',
    peers: false,
    connect: (socket) => socket.open(''),
    ends: { code: 'protocol' },
    unsent: true,
    then: 'failed',
  },
  {
    fault: 7,
    what: 'another subprotocol',
    peers: false,
    connect: (socket) => socket.open('xmpp'),
    ends: { code: 'protocol' },
    unsent: true,
    then: 'failed',
  },
  {
    fault: 8,
    what: 'lost before the answer',
    lasts: 1,
    answer: (_, { socket }) => void socket.finish(),
    ends: fails,
    gap: 5,
  },
  {
    fault: 9,
    what: 'lost between the challenge of a refresh and its answer',
    when: 'refresh',
    lasts: 1,
    begin: (world) => (world.nonce = 'nonce-2'),
    answer: (request, { world, socket, number, serve }) => {
      if (number > 1) return serve();
      world.later(() => socket.finish(), 25);
      return world.challenge(request);
    },
    ends: 'registered',
    gap: 5,
  },
  ...closings,
  {
    fault: 11,
    what: 'a closing handshake that never ends',
    when: 'registered',
    lasts: 1,
    begin: ({ socket }) => {
      socket.alive = false;
      socket.readyState = socket.CLOSING;
    },
    // It is found when the next ping or REGISTER cannot be sent.
    gap: 120,
  },
  {
    fault: 13,
    what: 'accepts and closes again and again',
    lasts: 600,
    connect: (socket, world) => {
      socket.open();
      world.later(() => socket.finish(1001), 100);
    },
    answer: () => undefined,
    ends: fails,
    attempts: 80,
    gap: 1800,
  },
  {
    fault: 14,
    what: 'half open: whatever is sent vanishes',
    when: 'registered',
    lasts: 1,
    begin: ({ socket }) => socket.vanish(),
    gap: 160,
  },
  {
    fault: 14,
    what: 'half open during a refresh',
    when: 'refresh',
    lasts: 1,
    begin: ({ socket }) => socket.vanish(),
    ends: { retryable: true },
    gap: 130,
  },
  {
    fault: 15,
    what: 'send() throws',
    peers: false,
    when: 'refresh',
    lasts: 1,
    begin: ({ socket }) => {
      socket.send = () => {
        throw new Error('the socket is broken');
      };
    },
    ends: 'registered',
    gap: 5,
  },
  {
    fault: 15,
    what: 'the send buffer is full',
    peers: false,
    when: 'refresh',
    lasts: 1,
    begin: ({ socket }) => {
      socket.bufferedAmount = 50_000_000;
      socket.send = () => undefined;
    },
    ends: 'registered',
    gap: 5,
  },
  {
    fault: 16,
    what: 'news of sockets that were given up',
    when: 'registered',
    lasts: 60,
    connect: (socket, world) => {
      socket.open();
      const [old] = world.sockets;
      old.readyState = old.OPEN;
      old.deliver('SIP/2.0 200 OK\r\n\r\n');
      old.readyState = old.CLOSED;
      old.onclose?.({ code: 1006, reason: '' });
      old.onerror?.({});
    },
    begin: (world) => world.drop(),
    attempts: 1,
    gap: 5,
  },
  {
    fault: 17,
    what: 'SIP in binary messages',
    answer: (_, { serve }) => encoder.encode(serve()).buffer,
    ends: 'registered',
  },
  {
    fault: 18,
    what: 'octets that are no UTF-8',
    answer: after(new Uint8Array([0xff, 0xfe, 0xc0, 0x80]).buffer, '\ud800\udfff\udc00'),
    ends: 'registered',
    dropped: 2,
  },
  {
    fault: 19,
    what: 'one message in two',
    lasts: 10,
    answer: (_, { serve, number }) => {
      const whole = serve();
      return number === 1 ? [whole.slice(0, 150), whole.slice(150)] : whole;
    },
    ends: { code: 'timeout' },
    dropped: 2,
    gap: 200,
  },
  {
    fault: 20,
    what: 'two messages in one',
    answer: (_, { serve }) => {
      const final = serve();
      return final.replace(/^SIP\/2\.0 .*/, 'SIP/2.0 100 Trying') + final;
    },
    ends: 'registered',
    warning: 'several-messages',
  },
  {
    fault: 21,
    what: 'pings, pongs and empty messages',
    answer: after('\r\n\r\n', '\r\n', ''),
    ends: 'registered',
  },
  {
    fault: 22,
    what: 'a message of 5 MB',
    answer: (_, { serve, number }) => {
      const filler = `X-Filler: ${'x'.repeat(1000)}\r\n`.repeat(5000);
      const right = serve();
      return number === 1 ? [right.replace('\r\n\r\n', `\r\n${filler}\r\n`), right] : right;
    },
    ends: 'registered',
    dropped: 1,
  },
  {
    fault: 23,
    what: 'a thousand messages of garbage',
    answer: after(...Array.from({ length: 1000 }, (_, n) => `garbage ${n} \0\r\n: ;,<<"\r\n\r\n`)),
    ends: 'registered',
    dropped: 1000,
  },
  {
    fault: 9,
    what: 'the challenge comes over one connection and the next is another server',
    when: 'refresh',
    lasts: 5,
    begin: (world) => {
      world.nonce = 'nonce-3';
      world.drop({ table: true });
    },
    ends: 'registered',
    gap: 10,
  },
];
