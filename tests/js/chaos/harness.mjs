// Lets one client live through a fault of tests/faults and says what did not come out as it must: the row's own outcome, and
// what holds on every case.
import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { createClient } from '../../../dist/index.js';
import { HostClock } from '../../faults/clock.mjs';
import { aor, password, realm, World } from '../../faults/world.mjs';
import { settle } from '../acceptance/clock.mjs';
import { record, watch } from '../acceptance/harness.mjs';
import { asked, cseq } from '../acceptance/messages.mjs';
import { Watch } from './watch.mjs';

const minute = 60_000;

let memory;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...given) => {
  const instance = await instantiate(...given);
  const { exports } = instance.instance ?? instance;
  memory = Object.values(exports).find((each) => each instanceof WebAssembly.Memory);
  return instance;
};

/** How large the memory of the WebAssembly is. It never shrinks. */
export const wasmBytes = () => memory.buffer.byteLength;

/** Nothing that a server or a host does may end a call later than this: connect timeout and eight times Timer F. */
const longestCallMs = 10_000 + 8 * 32_000;

/** What a client says of itself, all of it, for a search for secrets. */
class Hearing {
  heard = [];
  #restore = [];

  constructor() {
    for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
      const original = console[name];
      console[name] = (...words) => this.add(...words);
      this.#restore.push(() => (console[name] = original));
    }
    for (const stream of [process.stdout, process.stderr]) {
      const { write } = stream;
      stream.write = (text, ...rest) => {
        this.add(String(text));
        return write.call(stream, text, ...rest);
      };
      this.#restore.push(() => (stream.write = write));
    }
  }

  add(...things) {
    for (const each of things) {
      this.heard.push(
        typeof each === 'string' ? each : inspect(each, { depth: 8, showHidden: true }),
      );
      if (each instanceof Error) this.heard.push(each.message, each.stack);
      else if (typeof each === 'object') this.heard.push(JSON.stringify(each) ?? '');
    }
  }

  end() {
    for (const restore of this.#restore) restore();
  }
}

const ha1 = createHash('md5').update(`alice:${realm}:${password}`).digest('hex');

/** The password, HA1, and every digest that went over the wire: none of them is for anybody else. */
function secretsOf(world) {
  const digests = world.requests.flatMap(({ text }) =>
    [...text.matchAll(/response="(\w+)"/g)].map(([, response]) => response),
  );
  return [password, ha1, ...digests];
}

function credentialsOf({ options = {} }) {
  return { password, ...options.credentials };
}

/** A life with that fault, to its end. */
export async function live(row, seed = 1) {
  const hearing = new Hearing();
  const clock = new HostClock(seed);
  const world = new World(clock.server);
  world.clock = clock;
  const always = new Watch(clock);
  const client = await createClient({
    server: 'wss://edge.example.com/ws',
    storage: null,
    webSocket: (url, protocols) => always.socket(new world.WebSocket(url, protocols)),
    platform: clock.platform,
  });
  world.wake = () => client.wake();
  const registration = client.createRegistration({
    aor,
    credentials: credentialsOf(row),
    expires: row.expires ?? 600,
  });
  registration.addEventListener('statechange', () => always.state(registration));
  const life = {
    row,
    world,
    clock,
    always,
    client,
    registration,
    hearing,
    gapSeconds: 0,
    lapses: 0,
  };
  life.log = record(registration);
  life.connections = [];
  for (const type of ['connectionchange', 'message', 'request'])
    client.addEventListener(type, ({ detail }) => hearing.add(detail));
  client.addEventListener('connectionchange', ({ detail }) => life.connections.push(detail));
  try {
    await play(life);
  } finally {
    await leave(life);
    hearing.end();
  }
  return life;
}

async function play(life) {
  const { row, world, clock, registration } = life;
  const { when = 'register', lasts = 60 } = row;
  if (when === 'register') world.begin(row);
  life.call = watch(registration.register());
  if (when !== 'register') {
    await clock.advance(minute);
    life.first = life.call;
    life.before = { registers: world.registers.length, sockets: world.sockets.length };
    life.logAt = life.log.length;
    world.begin(row);
    life.call = when === 'refresh' ? watch(registration.refresh()) : null;
  } else {
    life.before = { registers: 0, sockets: 0 };
    life.logAt = 0;
  }
  life.faultAt = clock.mono;
  await pass(life, lasts * 1000, true);
  life.atEnd = { registers: world.registers.length, sockets: world.sockets.length };
  world.end();
  await pass(life, ((row.gap ?? 0) + 120) * 1000, false);
  if (life.call?.state === 'pending') await clock.advance(longestCallMs);
}

/** Second by second: what always holds, whether a call would get through, and when our own call ended. */
async function pass(life, ms, faulty) {
  const { world, clock, call, always, registration } = life;
  const end = clock.mono + ms;
  for (;;) {
    if (call && call.state !== 'pending') noteEnd(life);
    if (clock.mono >= end) return;
    await clock.advance(Math.min(1000, end - clock.mono));
    always.state(registration);
    if (world.reachable) continue;
    if (faulty) life.lapses += 1;
    else life.gapSeconds += 1;
  }
}

function noteEnd(life) {
  life.endedAt ??= { ms: life.clock.mono - life.faultAt, registers: life.world.registers.length };
}

async function leave(life) {
  const { world, clock, client, registration, hearing, log } = life;
  life.final = {
    state: registration.state,
    bound: registration.bound,
    stats: client.stats,
    info: registration.info,
    lastError: registration.lastError,
  };
  hearing.add(client, registration, log, registration.info, registration.lastError);
  hearing.add(...[life.call?.error, life.call?.value, life.first?.value].filter(Boolean));
  registration.remove();
  const { length } = world.registers;
  const told = log.length;
  await clock.advance(10 * minute);
  life.afterRemoval = { registers: world.registers.length - length, events: log.length - told };
  const closed = watch(client.close());
  await settle();
  if (closed.state === 'pending') await clock.advance(10_000);
  life.closed = closed.state;
  life.timersLeft = clock.own.size;
  hearing.add(client, registration);
}

/** All that is wrong with that life, in words. */
export function problemsOf(life) {
  const problems = [];
  const check = (holds, text) => {
    if (!holds) problems.push(text);
  };
  const row = { then: 'registered', gap: 1, ...life.row };
  for (const [name, say] of Object.entries(outcomes)) {
    if (row[name] === undefined) continue;
    const problem = say(row[name], life, row);
    if (problem) problems.push(problem);
  }
  checkAlways(life, check);
  return problems;
}

function endsAs(call, wanted) {
  if (wanted === 'registered') return call.state === 'fulfilled';
  const { error } = call;
  return Object.entries(wanted).every(([name, value]) => error?.[name] === value);
}

const during = ({ world, before, atEnd }) =>
  world.registers.slice(before.registers, atEnd.registers);

/** What a row may ask for: says what is wrong, nothing when nothing is. */
const outcomes = {
  ends(wanted, { call }) {
    if ([wanted].flat().some((each) => endsAs(call, each))) return '';
    return `the call is ${call.state}: ${inspect(call.error ?? call.value)}`;
  },
  then(wanted, { final: { state } }) {
    return [wanted].flat().includes(state) ? '' : `in the end it is ${state}`;
  },
  gap(most, { gapSeconds }, { then }) {
    if (then !== 'registered' || gapSeconds <= most) return '';
    return `nobody could be reached for ${gapSeconds} s after all was well`;
  },
  lapse(most, { lapses }) {
    return lapses <= most ? '' : `nobody could be reached for ${lapses} s`;
  },
  registers(most, { endedAt }) {
    return endedAt?.registers <= most ? '' : `${endedAt?.registers} REGISTERs for one call`;
  },
  quiet(_, life, { registers = 0 }) {
    return during(life).length <= registers ? '' : `${during(life).length} REGISTERs`;
  },
  unsent(_, life) {
    return during(life).length === 0 ? '' : 'it sent something';
  },
  silent(_, life) {
    const sent = [...during(life), ...life.world.responses];
    return sent.some(({ text }) => text.includes('uthorization:')) ? 'it sent credentials' : '';
  },
  dropped(frames, { final: { stats } }) {
    return stats.dropped === frames ? '' : `${stats.dropped} frames count as dropped`;
  },
  warning(code, { log }) {
    const codes = log.of('warning').map((warning) => warning.code);
    return codes.includes(code) ? '' : `the warnings are: ${codes}`;
  },
  grants(seconds, { call }) {
    return call.value?.expires === seconds ? '' : `granted are ${call.value?.expires} s`;
  },
  waits([least, most], { log, world }) {
    const seconds = (log.of('retry')[0]?.retryAt - world.registers[0].at) / 1000;
    return seconds >= least && seconds <= most ? '' : `it waits ${seconds} s`;
  },
  contacts(value, { call }) {
    const rows = call.error.response.headers.filter(([name]) => name === 'Contact');
    return rows.some(([, each]) => each === value) ? '' : `the Contacts are ${rows}`;
  },
  code(code, { connections }) {
    return connections.some((each) => each.code === code) ? '' : 'the close code is not told';
  },
  asks(seconds, { world }) {
    const others = world.registers.map(asked).filter((each) => each !== seconds);
    return others.length === 0 ? '' : `it asks for ${others}`;
  },
  answered(count, { world: { responses } }) {
    return responses.length === count ? '' : `${responses.length} requests were answered`;
  },
  expired(_, { log, logAt }) {
    const first = log.slice(logAt).find(({ type }) => type !== 'statechange');
    if (first?.type === 'unregistered' && first.detail.reason === 'expired') return '';
    return `the first news is ${first?.type}`;
  },
  attempts(most, { before, atEnd }) {
    const made = atEnd.sockets - before.sockets;
    return made <= most ? '' : `${made} connections were tried`;
  },
  recovery(count, life) {
    return during(life).length === count ? '' : `${during(life).length} REGISTERs to recover`;
  },
};

function checkAlways(life, check) {
  const { world, final, call, first, log, hearing, clock, always } = life;
  for (const problem of always.problems) check(false, problem);
  for (const each of [first, call]) check(each?.state !== 'pending', 'a call never ended');
  checkStates(log, final, check);
  checkRate(life, check);
  checkOrder(world.registers, check);
  check(life.afterRemoval.registers === 0, 'REGISTERs after remove()');
  check(life.afterRemoval.events === 0, 'events after remove()');
  check(life.closed === 'fulfilled', 'close() never ended');
  check(life.timersLeft === 0, `${life.timersLeft} timers are left after close()`);
  check(world.thrown.length === 0, `it threw ${world.thrown}`);
  check(clock.badDelays.length === 0, `timers of ${clock.badDelays} ms`);
  const heard = hearing.heard.join('\n');
  for (const secret of secretsOf(world)) check(!heard.includes(secret), `it told ${secret}`);
  check(hearing.heard.length > 3, 'nothing was heard');
}

/** The states that are told follow from each other, and the last is the one that is. */
function checkStates(log, final, check) {
  let state = 'unregistered';
  for (const { detail, state: seen } of log.filter(({ type }) => type === 'statechange')) {
    if (detail.state === 'removed') break;
    check(detail.previous === state, `${detail.state} follows ${detail.previous}, not ${state}`);
    check(detail.state === seen, `${detail.state} is told while it is ${seen}`);
    ({ state } = detail);
  }
  check(state === final.state, `told is ${state}, it is ${final.state}`);
}

/** Ten REGISTERs a minute, those apart that an explicit call took. */
function checkRate({ world, endedAt, before }, check) {
  const automatic = world.registers.slice(Math.max(endedAt?.registers ?? 0, before.registers));
  const times = automatic.map(({ at }) => at);
  for (const [n, at] of times.entries())
    check(n < 10 || at - times[n - 10] >= minute - 50, `more than ten REGISTERs a minute at ${at}`);
}

/** A new branch for each request, a rising CSeq for each Call-ID (RFC 3261 §8.1.1.7, §10.2). */
function checkOrder(registers, check) {
  const branches = registers.map((each) => /branch=([^;]+)/.exec(each.one('Via'))[1]);
  check(new Set(branches).size === branches.length, 'a branch was used twice');
  const last = new Map();
  for (const each of registers) {
    const id = each.one('Call-ID');
    check(cseq(each) > (last.get(id) ?? 0), 'the CSeq did not rise');
    last.set(id, cseq(each));
  }
}
