// A library's life with a fault, seen from the server and from the app, second by second.
import { settle } from '../js/acceptance/clock.mjs';
import { HostClock } from '../faults/clock.mjs';
import { password, World } from '../faults/world.mjs';
import { installBrowser } from './browser.mjs';

const seed = 20_300_101;
const minute = 60;

/** How long a library has to come back once all is well, in seconds. */
const patience = 45 * minute;

/** This many REGISTERs within two minutes are a storm, and the rest is not waited for. */
const storm = 300;

export async function live(library, row) {
  const clock = new HostClock(seed);
  const world = new World(clock.server);
  const { written, uncaught } = installBrowser(world, clock, seed);
  const life = { row, world, clock, told: [], spans: [], second: 0, uncaught, written };
  const { create } = await import(`./subjects/${library}.mjs`);
  life.subject = await create({
    server: 'wss://edge.example.com/ws',
    expires: row.expires ?? 600,
    credentials: row.options?.credentials,
    tell: (what) => life.told.push({ second: (clock.wall - life.began) / 1000, what }),
  });
  life.began = clock.wall;
  await play(life);
  return figuresOf(life);
}

async function play(life) {
  const { row, world, subject } = life;
  const { when = 'register', lasts = 60 } = row;
  if (when === 'register') world.begin(row);
  attempt(life, () => subject.start());
  if (when !== 'register') {
    await pass(life, minute);
    life.healthy = subject.claims() && world.reachable;
    life.told.length = 0;
    life.began = life.clock.wall;
    life.spans.length = 0;
    life.before = world.registers.length;
    world.begin(row);
    if (when === 'refresh') attempt(life, () => subject.refresh());
  }
  await pass(life, lasts);
  life.faultRegisters = world.registers.length - (life.before ?? 0);
  life.endedAt = life.second;
  if (world.fault !== null) world.end();
  await pass(life, patience, () => life.world.reachable && life.subject.claims());
  life.backAfter = life.world.reachable ? life.second - life.endedAt : null;
}

/** A call whose rejection the app is told. */
function attempt(life, call) {
  const fail = (error) =>
    life.told.push({ second: life.second, what: error.code ?? error.message });
  try {
    Promise.resolve(call()).catch(fail);
  } catch (error) {
    fail(error);
  }
}

/** A library that has worked for that long on what it received is not waited for any more: CPU time. */
const longestWorkMs = 15_000;

const isExhausted = ({ world }) => world.busyMs > longestWorkMs;

/** Seconds for the last of them; null without one. */
function stormSeconds({ world, before = 0 }) {
  const { registers } = world;
  if (registers.length - before <= storm) return null;
  const ms = registers.at(-1).at - registers.at(-storm).at;
  return ms < 120_000 ? Math.round(ms / 1000) : null;
}

/** Lets seconds pass, until `done` says so, and notes how things stand in each. */
async function pass(life, seconds, done = () => false) {
  const end = life.second + seconds;
  await settle();
  while (life.second < end && !done() && stormSeconds(life) === null && !isExhausted(life)) {
    await life.clock.advance(1000);
    life.second += 1;
    note(life);
  }
}

/** 'up': claimed and true; 'lie': claimed and not true; 'down': neither; 'unknown': true and not claimed. */
function note({ subject, world, spans, clock }) {
  const claimed = subject.claims();
  const kind = world.reachable ? (claimed ? 'up' : 'unknown') : claimed ? 'lie' : 'down';
  const last = spans.at(-1);
  // By the wall clock, which goes on in sleep.
  if (last?.kind === kind) last.until = clock.wall;
  else spans.push({ kind, from: last?.until ?? clock.wall - 1000, until: clock.wall });
}

const seconds = (spans, kind) =>
  Math.round(
    spans
      .filter((span) => span.kind === kind)
      .reduce((sum, { from, until }) => sum + until - from, 0) / 1000,
  );

const relative = ({ kind, from, until }, began) => [
  kind,
  Math.round((from - began) / 1000),
  Math.round((until - began) / 1000),
];

/** Secrets on the console. */
function written(lines) {
  if (lines.some((line) => line.includes(password))) return 'password';
  return lines.some((line) => line.includes('response="')) ? 'digest' : '';
}

function figuresOf(life) {
  const { row, world, told, spans, before = 0 } = life;
  const times = world.registers.slice(before).map(({ at }) => at);
  const busiest = times.map((at, n) => times.findLastIndex((each) => each < at + 60_000) - n + 1);
  return {
    fault: row.fault,
    what: row.what,
    healthy: life.healthy ?? true,
    first: told[0] ?? null,
    told: told.length,
    claims: life.subject.claims(),
    registers: life.faultRegisters ?? times.length,
    perMinute: Math.max(0, ...busiest),
    isExhausted: isExhausted(life),
    storm,
    stormSeconds: stormSeconds(life),
    lasted: life.second,
    lie: seconds(spans, 'lie'),
    unreachable: seconds(spans, 'lie') + seconds(spans, 'down'),
    up: seconds(spans, 'up') + seconds(spans, 'unknown'),
    backAfter: life.backAfter ?? null,
    leaks: world.leaks,
    written: written(life.written),
    longestMs: Math.round(world.longestMs),
    uncaught: [...new Set([...life.uncaught, ...world.thrown.map(({ message }) => message)])],
    attempts: world.sockets.length,
    spans: row.keepsSpans ? spans.map((span) => relative(span, life.began)) : undefined,
  };
}
