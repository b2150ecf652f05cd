// What goes wrong with time. Rows as in transport.mjs. world.clock is the client's: sleep() lets the wall clock alone go on,
// as in a machine asleep or where the clock is set; freeze() lets time pass without a timer; throttle() makes timers late.
// world.wake() is what a host says when it is back: visible, resumed, online.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const asleep = (ms, rest) => ({
  fault: 73,
  when: 'registered',
  lasts: 1,
  begin: (world) => {
    if (rest.dead) for (const socket of world.sockets) socket.vanish();
    world.clock.sleep(ms);
    world.wake();
  },
  gap: 5,
  ...rest,
});

export const time = [
  asleep(11 * minute, { what: 'asleep for 11 minutes, the connection survives', expired: true }),
  // The pong that does not come in time is what shows it.
  asleep(11 * minute, {
    what: 'asleep for 11 minutes, the connection is dead',
    dead: true,
    expired: true,
    gap: 40,
  }),
  asleep(8 * hour, {
    what: 'asleep for a night, the connection is dead',
    dead: true,
    expired: true,
    gap: 40,
  }),
  asleep(11 * minute, { fault: 74, what: 'the wall clock goes past the end', expired: true }),
  asleep(3 * minute, { fault: 74, what: 'the wall clock goes short of the end', gap: 0 }),
  asleep(-5 * minute, { fault: 74, what: 'the wall clock goes back', gap: 5, lasts: 1200 }),
  asleep(10 * 365 * day, { fault: 74, what: 'the wall clock goes ten years ahead', expired: true }),
  {
    fault: 75,
    what: 'timers up to a minute late, for a day',
    when: 'registered',
    expires: 120,
    lasts: 86_400,
    begin: (world) => world.clock.throttle(minute),
    end: (world) => world.clock.throttle(0),
    gap: 0,
    lapse: 0,
  },
  {
    fault: 76,
    what: 'frozen for two hours',
    when: 'registered',
    lasts: 30,
    begin: (world) => world.clock.freeze(2 * hour),
    expired: true,
    attempts: 0,
    recovery: 1,
    gap: 5,
  },
  {
    fault: 77,
    what: 'the refresh and the end of the binding are due at once',
    when: 'registered',
    lasts: 30,
    begin: (world) => {
      const [{ until }] = [...world.held().values()];
      world.clock.freeze(until - world.now);
    },
    gap: 5,
  },
  {
    fault: 78,
    what: 'every 200 comes eight seconds after Timer F',
    lasts: 60,
    answer: (request, { world, socket, serve }) => {
      if (!world.isAuthentic(request)) return serve();
      const late = serve();
      world.later(() => world.send(late, socket), 40 * second);
      return undefined;
    },
    ends: { code: 'timeout', retryable: true },
    gap: 200,
  },
  {
    fault: 80,
    what: 'a host that says a hundred times a second that it is online',
    when: 'registered',
    lasts: 10,
    begin: (world) => {
      world.drop();
      for (let n = 0; n < 1000; n += 1) world.later(() => world.wake(), 10 * n);
    },
    connect: (socket, world) => world.later(() => socket.refuse(), second),
    attempts: 12,
    gap: 31,
  },
];
