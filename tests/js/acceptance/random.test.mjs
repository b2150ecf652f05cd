// Random calls against a random server on a random clock: what holds whatever happens.
import { challenged, isRight } from './digest.mjs';
import {
  answer,
  asked,
  cseq,
  granted,
  keeping,
  makeWorld,
  record,
  settle,
  watch,
} from './harness.mjs';

function randomSource(seed) {
  let state = seed | 1;
  const next = (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return {
    next,
    pick: (list) => list[next(list.length)],
    chance: (percent) => next(100) < percent,
  };
}

const md5 = { algorithm: 'MD5', qop: 'auth' };

/** What a server may do with a request, good and bad. */
function behaviours(random, keeper) {
  return [
    keeper,
    keeper,
    keeper,
    keeper,
    keeper,
    keeper,
    (request) =>
      isRight(request)
        ? keeper(request)
        : challenged(request, { ...md5, nonce: `n${random.next(1e6)}` }),
    (request) => challenged(request, { ...md5, nonce: `n${random.next(1e6)}`, stale: 'true' }),
    (request) => granted(request, { expires: 1 + random.next(900) }),
    (request) =>
      answer(request, 200, 'OK', [
        ['Contact', '<sip:a@b.c>;expires=9'],
        ['Contact', '<sip:b@b.c>;expires=9'],
      ]),
    (request) => answer(request, 200, 'OK'),
    (request) => answer(request, random.pick([400, 403, 404, 420, 439, 480, 500, 503, 600]), 'No'),
    (request) => answer(request, 503, 'Busy', [['Retry-After', String(random.next(200))]]),
    (request) => answer(request, 423, 'Brief', [['Min-Expires', String(random.next(2000))]]),
    (request) => [answer(request, 100, 'Trying'), keeper(request), keeper(request)],
    () => undefined,
    () => 'garbage',
    (request, socket) => {
      socket.closed(random.pick([1000, 1001, 1006]));
      return undefined;
    },
  ];
}

const connects = (random) => {
  const kind = random.next(10);
  if (kind === 0) return () => undefined;
  if (kind === 1) return (socket) => socket.refuse();
  if (kind === 2) return (socket) => socket.refuseSilently();
  return (socket) => socket.open();
};

/** One run; throws what does not hold. */
async function run(seed) {
  const random = randomSource(seed);
  const keeper = keeping();
  const pick = () => random.pick(behaviours(random, keeper));
  const world = await makeWorld({
    seed,
    handler: (request, socket) => pick()(request, socket),
    connect: (socket) => connects(random)(socket),
    server: random.chance(50)
      ? ['wss://a.example.com/', 'wss://b.example.com/']
      : 'wss://a.example.com/',
  });
  const { client, clock, network } = world;
  const make = (name) =>
    client.createRegistration({
      aor: `sip:${name}@example.com`,
      credentials: random.pick([
        undefined,
        { username: 'alice', password: 'secret' },
        () => ({ username: 'alice', password: 'secret' }),
      ]),
      retry: random.chance(80),
      expires: random.pick([60, 120, 600]),
      refresh: random.pick([undefined, undefined, false, { policy: 'percent', value: 80 }]),
    });
  const names = ['alice', 'bob'];
  const all = names.map(make);
  const logs = all.map(record);
  const pending = [];
  const unanswered = new Map();
  const sent = new Map();
  const broken = [];
  const handler = network.handler;
  network.handler = (request, socket) => {
    const id = request.one('Call-ID');
    const before = sent.get(id) ?? 0;
    if (cseq(request) <= before) broken.push(`CSeq ${cseq(request)} after ${before}`);
    sent.set(id, cseq(request));
    const open = unanswered.get(id);
    if (open && open.socket === socket && socket.readyState === 1 && clock.mono < open.until) {
      broken.push(`two REGISTERs in flight: CSeq ${before} and ${cseq(request)}`);
    }
    const reply = handler(request, socket);
    const final = [reply].flat().some((frame) => /^SIP\/2\.0 [2-6]/.test(frame ?? ''));
    if (final || socket.readyState !== 1) unanswered.delete(id);
    else unanswered.set(id, { socket, until: clock.mono + 32_000 });
    return reply;
  };

  const check = () => {
    if (broken.length > 0) throw new Error(broken.join(', '));
    all.forEach((registration, index) => {
      const { state, bound, expiresAt, refreshAt, retryAt, info } = registration;
      const told = { state, bound, expiresAt, refreshAt, retryAt };
      const fail = (what) => {
        throw new Error(`${what}: ${JSON.stringify(told)}`);
      };
      if (bound !== (expiresAt !== null)) fail('bound and expiresAt differ');
      if ((state === 'registered' || state === 'refreshing') && !bound && state === 'registered')
        fail('registered and not bound');
      if (state === 'registered' && info === null) fail('registered without info');
      if ((state === 'waiting') !== (retryAt !== null)) fail('waiting and retryAt differ');
      if ((state === 'unregistered' || state === 'removed') && (bound || refreshAt !== null))
        fail('not at rest');
      if (refreshAt !== null && !bound) fail('a refresh of nothing');
      let previous = 'unregistered';
      for (const { type, detail } of logs[index]) {
        if (type !== 'statechange') continue;
        if (detail.previous !== previous || detail.state === previous)
          fail(`statechange ${detail.previous} to ${detail.state} after ${previous}`);
        previous = detail.state;
      }
      if (previous !== state) fail(`the last statechange said ${previous}`);
    });
  };

  let later = new AbortController();
  const steps = [
    (registration) => registration.register(),
    (registration) => registration.register({ expires: 60 + random.next(600) }),
    (registration) => registration.refresh(),
    (registration) => registration.refresh({ headers: { 'X-A': String(random.next(3)) } }),
    (registration) => registration.unregister(),
    (registration) => registration.unregister({ all: true }),
    (registration) => registration.unregister({ force: true }),
    (registration) => registration.query(),
    (registration) => registration.removeBinding('sip:x@y.invalid'),
    (registration) => registration.whenRegistered({ signal: later.signal }),
    (registration) => registration.register({ signal: later.signal }),
    (registration) => registration.refresh({ signal: later.signal }),
    async (registration) => registration.setCredentials({ username: 'alice', password: 'secret' }),
    async (registration) => registration.update({ headers: { 'X-B': String(random.next(9)) } }),
  ];

  const replace = (index) => {
    const gone = all[index];
    const log = logs[index];
    gone.remove();
    const { length } = log;
    all[index] = make(names[index]);
    logs[index] = record(all[index]);
    return () => {
      if (log.length > length) broken.push('an event after remove()');
      if (gone.state !== 'removed') broken.push('not removed');
    };
  };
  const afterwards = [];

  for (let step = 0; step < 40; step += 1) {
    const kind = random.next(10);
    if (kind < 5) pending.push(watch(random.pick(steps)(random.pick(all))));
    else if (kind === 5) await clock.advance(random.pick([0, 1, 500, 2000]));
    else if (kind === 6) await clock.advance(random.pick([10_000, 40_000, 120_000, 700_000]));
    else if (kind === 7) {
      random.pick([
        () => client.wake(),
        () => clock.jump(random.pick([-3_600_000, 1000, 3_600_000])),
        () => {
          later.abort();
          later = new AbortController();
        },
      ])();
    } else if (kind === 8 && random.chance(40)) network.socket?.closed(1006);
    else if (kind === 8 && random.chance(20)) afterwards.push(replace(random.next(2)));
    else if (kind === 9 && random.chance(30)) {
      await settle();
      clock.freeze(random.pick([1000, 100_000, 1_000_000]));
      await clock.advance(0);
    }
    if (random.chance(70)) await settle();
    check();
  }
  later.abort();
  // The longest that a call can take: two servers, eight transactions, a Retry-After of 200 s and its jitter.
  await clock.advance(2 * 10_000 + 8 * 32_000 + 300_000);
  for (const look of afterwards) look();
  check();
  const open = pending.filter(({ state }) => state === 'pending').length;
  if (open > 0) throw new Error(`${open} calls of ${pending.length} are pending`);
  const last = watch(all[0].register());
  all[0].remove();
  await clock.advance(0);
  const closed = watch(client.close(random.chance(50) ? { unregister: true } : undefined));
  await clock.advance(10_000);
  if (closed.state !== 'fulfilled') throw new Error('close() did not resolve');
  if (last.state === 'pending') throw new Error('a call outlived remove()');
  if (clock.armed > 0) throw new Error('a timer outlived close()');
  if (clock.badDelays.length > 0) throw new Error(`delays ${clock.badDelays}`);
  if (network.requests.some((request) => asked(request) < 0))
    throw new Error('a negative lifetime');
}

test('what holds whatever happens', async () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const runs = Number(process.env.RUNS ?? 40);
  for (let index = 0; index < runs; index += 1) {
    try {
      await run(seed + index * 7919);
    } catch (error) {
      error.message += `\nSEED=${seed + index * 7919} RUNS=1`;
      throw error;
    }
  }
}, 60_000);
