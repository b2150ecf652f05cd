// A day of a softphone: what goes wrong in an office, at home and on the way, one thing after the other. A row like those of
// tests/faults, with faults that begin and end in its course.
import { answer } from '../js/acceptance/messages.mjs';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** [hour of the day, what happens, how long in ms, the fault]. */
const course = [
  [
    1,
    'the server is started again, its table and nonces are lost',
    second,
    {
      begin: (world) => {
        world.nonce = 'nonce-after-restart';
        world.drop({ code: 1001, table: true });
      },
    },
  ],
  [
    3,
    'the network changes, the old connection is dead',
    second,
    {
      begin: (world) => world.sockets.forEach((socket) => socket.vanish()),
    },
  ],
  [
    5,
    'the server is down for 20 minutes',
    20 * minute,
    {
      begin: (world) => world.drop({ table: true }),
      connect: (socket) => socket.refuse(),
    },
  ],
  [
    7,
    'the laptop sleeps for 45 minutes',
    second,
    {
      begin: (world) => {
        world.sockets.forEach((socket) => socket.vanish());
        world.clock.sleep(45 * minute);
        world.wake();
      },
    },
  ],
  [
    9,
    'the registrar is too busy for 10 minutes, and says so',
    10 * minute,
    {
      answer: (request) => answer(request, 503, 'Busy', [['Retry-After', '120']]),
    },
  ],
  [11, 'the registrar does not answer for 10 minutes', 10 * minute, { answer: () => undefined }],
  [
    13,
    'the edge closes every connection after a second, for 10 minutes',
    10 * minute,
    {
      begin: (world) => world.drop({ code: 1011 }),
      connect: (socket, world) => {
        socket.open();
        world.later(() => socket.finish(1011), second);
      },
      answer: () => undefined,
    },
  ],
  [15, 'the nonces expire', second, { begin: (world) => (world.nonce = 'nonce-of-the-afternoon') }],
  [
    17,
    'a proxy answers 200 without a Contact, for 10 minutes',
    10 * minute,
    {
      answer: (request, { world, socket, serve }) => {
        if (!world.isAuthentic(request)) return serve();
        return world.grant(request, socket, { rows: [] });
      },
    },
  ],
  [
    19,
    'the network changes again, in the middle of nothing',
    second,
    {
      begin: (world) => world.sockets.forEach((socket) => socket.vanish()),
    },
  ],
  [
    21,
    'the account is refused for 10 minutes: 480',
    10 * minute,
    {
      begin: (world) => world.bindings.clear(),
      answer: (request) => answer(request, 480, 'Temporarily Unavailable'),
    },
  ],
];

export const events = course.map(([at, what]) => ({ at, what }));

export const day = {
  fault: 0,
  what: 'a day',
  when: 'registered',
  keepsSpans: true,
  lasts: 24 * 3600,
  begin(world) {
    const { now } = world;
    for (const [at, , ms, fault] of course) {
      // By the wall clock: sleep takes its time of the day.
      const start = () => {
        const wait = now + at * hour - world.now;
        if (wait > 0) return world.later(start, Math.min(wait, 5 * minute));
        world.begin(fault);
        return world.later(() => world.end(), ms);
      };
      start();
    }
  },
};
