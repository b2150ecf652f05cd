// A server that means harm: bounded work, bounded lists, every call settles.
import { challenged } from './digest.mjs';
import {
  answer,
  checkInvariants,
  granted,
  makeRegistered,
  makeRegistration,
  settle,
  watch,
} from './harness.mjs';

checkInvariants({ afterEach, expect });

const repeat = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** CPU time of handing a frame in, in milliseconds: the best of seven, since what else runs on the machine only adds to it. */
function cost(socket, frame) {
  const times = repeat(7, () => {
    const before = process.cpuUsage();
    socket.receive(frame);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

const bombs = {
  '10 000 Contact rows': (request) =>
    answer(
      request,
      200,
      'OK',
      repeat(10_000, () => ['m', '<a:b>']),
    ),
  '5 000 Contacts in one row': (request) =>
    answer(request, 200, 'OK', [['Contact', repeat(5000, (n) => `<sip:${n}@x>`).join(',')]]),
  '10 000 challenge parameters': (request) =>
    challenged(request, [`Digest ${repeat(10_000, (n) => `a=${n % 10}`).join(',')}`]),
  '5 000 challenges': (request) =>
    answer(
      request,
      401,
      'U',
      repeat(2000, () => ['WWW-Authenticate', 'Digest realm="r",nonce="n"']),
    ),
  '20 000 headers': (request) =>
    answer(
      request,
      200,
      'OK',
      repeat(20_000, () => ['x', '']),
    ),
  'a reason of 60 kB': (request) => answer(request, 500, 'r'.repeat(60_000)),
  '1 000 Service-Routes': (request) =>
    granted(request, { headers: repeat(1000, (n) => ['Service-Route', `<sip:p${n}.x;lr>`]) }),
  '30 000 quotes': (request) => answer(request, 200, 'OK', [['Contact', '"'.repeat(30_000)]]),
  '30 000 angle brackets': (request) =>
    answer(request, 200, 'OK', [['Contact', '<'.repeat(30_000)]]),
  '30 000 semicolons': (request) =>
    answer(request, 200, 'OK', [['Contact', `<sip:a@b>${';'.repeat(30_000)}`]]),
  '20 000 folds': (request) => answer(request, 200, 'OK', [['X', `a${'\r\n b'.repeat(12_000)}`]]),
};

test.each(Object.entries(bombs))(
  '%s cost less than 50 ms, and the call settles',
  async (_, make) => {
    const { registration, network, clock } = await makeRegistration(
      { credentials: { password: 'secret' } },
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    await settle();
    const frame = make(network.last);
    expect(cost(network.socket, frame)).toBeLessThan(50);
    await clock.advance(33_000);
    expect(done.state).not.toBe('pending');
    expect(network.requests.length).toBeLessThanOrEqual(3);
    if (done.value) {
      expect(done.value.bindings.length).toBeLessThanOrEqual(64);
      expect(done.value.serviceRoute.length).toBeLessThanOrEqual(256);
    }
  },
);

test('fault 67 a reason phrase with markup is text, and bounded', async () => {
  const { registration } = await makeRegistration(
    {},
    { handler: (request) => answer(request, 403, '<img src=x onerror=alert(1)>') },
  );
  const done = watch(registration.register());
  await settle();
  expect(done.error.reason).toBe('<img src=x onerror=alert(1)>');
  expect(done.error.message.length).toBeLessThan(2000);
});

test('RSP-21 endless redirection, brief intervals, stale nonces and silence in turn: bounded, and it settles', async () => {
  let count = 0;
  const { registration, network, clock } = await makeRegistration(
    { credentials: { password: 'secret' }, expires: 60 },
    {
      handler: (request) => {
        count += 1;
        const kinds = [
          () =>
            challenged(request, {
              algorithm: 'MD5',
              qop: 'auth',
              nonce: `n${count}`,
              stale: 'true',
            }),
          () => answer(request, 423, 'Brief', [['Min-Expires', String(60 + 60 * count)]]),
          () =>
            challenged(
              request,
              { algorithm: 'MD5', qop: 'auth', nonce: `p${count}` },
              { proxy: true },
            ),
          () =>
            answer(request, 420, 'Bad Extension', [
              ['Unsupported', ['path', 'gruu', 'outbound'][count % 3]],
            ]),
        ];
        return kinds[count % kinds.length]();
      },
    },
  );
  const done = watch(registration.register());
  await settle();
  expect(done.state).toBe('rejected');
  expect(network.requests.length).toBeLessThanOrEqual(8);
  await clock.advance(60_000);
  expect(network.requests.length).toBeLessThanOrEqual(18);
});

test('a flood of pings is answered in bounds and delays nothing', async () => {
  const { registration, network } = await makeRegistered();
  for (let count = 0; count < 1000; count += 1) network.socket.receive('\r\n\r\n');
  expect(network.socket.frames.length).toBeLessThanOrEqual(1001);
  await registration.refresh();
  expect(registration.state).toBe('registered');
});
