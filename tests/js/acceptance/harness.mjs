// One client on a fake clock and a scripted network, and the checks that every test ends with.
import { createClient } from './client.mjs';
import { FakeClock, settle } from './clock.mjs';
import { granted } from './messages.mjs';
import { Network } from './network.mjs';

export { settle, start } from './clock.mjs';
export * from './messages.mjs';

export const aor = 'sip:alice@example.com';
export const server = 'wss://edge.example.com/ws';
export const instanceId = 'urn:uuid:6ba7b810-9dad-41d1-80b4-00c04fd430c8';

const worlds = [];

/**
 * A world: clock, network, client. `handler` is what the server does with a request; default: it grants what is asked.
 */
export async function makeWorld({ handler = granted, connect, seed, ...options } = {}) {
  const clock = new FakeClock(seed);
  const network = new Network();
  network.handler = handler;
  if (connect) network.connect = connect;
  const client = await createClient({
    server,
    instanceId,
    storage: null,
    webSocket: network.webSocket,
    platform: clock.platform,
    ...options,
  });
  const world = { clock, network, client };
  worlds.push(world);
  return world;
}

/** A world with one registration, nothing sent. */
export async function makeRegistration(options = {}, worldOptions = {}) {
  const world = await makeWorld(worldOptions);
  const registration = world.client.createRegistration({ aor, ...options });
  return { ...world, registration, log: record(registration) };
}

/** A world with one registration that is registered. */
export async function makeRegistered(options = {}, worldOptions = {}) {
  const world = await makeRegistration(options, worldOptions);
  const info = await world.registration.register();
  return { ...world, info };
}

const registrationEvents = [
  'statechange',
  'registered',
  'refreshed',
  'unregistered',
  'failed',
  'retry',
  'warning',
];

/** Every event of a registration, with its detail and the state that it was seen in. */
export function record(registration) {
  const log = [];
  for (const type of registrationEvents) {
    registration.addEventListener(type, (event) => {
      const { state, bound, expiresAt, refreshAt, retryAt } = registration;
      log.push({ type, detail: event.detail, state, bound, expiresAt, refreshAt, retryAt });
    });
  }
  const queries = {
    types: () => log.map(({ type }) => type),
    states: () => log.filter(({ type }) => type === 'statechange').map(({ state }) => state),
    of: (type) => log.filter((entry) => entry.type === type).map(({ detail }) => detail),
  };
  // Not enumerable, so that a log can be compared with a plain array.
  for (const [name, value] of Object.entries(queries)) Object.defineProperty(log, name, { value });
  return log;
}

/** What has become of a promise: 'pending', or its value or error. Never leaves a rejection unhandled. */
export function watch(promise) {
  const watched = { state: 'pending', value: undefined, error: undefined };
  promise.then(
    (value) => Object.assign(watched, { state: 'fulfilled', value }),
    (error) => Object.assign(watched, { state: 'rejected', error }),
  );
  return watched;
}

/** The error that a promise rejects with; fails when it does not. */
export async function errorOf(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`the promise was fulfilled with ${JSON.stringify(value)}`);
}

/** The error that a function throws; fails when it does not. */
export function thrownBy(action) {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** A handler that takes its answers from a list, one a request; when the list is used up, requests are granted. */
export function script(...answers) {
  return (request, socket) => {
    const next = answers.length > 0 ? answers.shift() : granted;
    return typeof next === 'function' ? next(request, socket) : next;
  };
}

/** Installs the checks that hold after every test of a file. (Unhandled rejections fail a test by Jest's own doing.) */
export function checkInvariants({ afterEach, expect }) {
  afterEach(async () => {
    const finished = worlds.splice(0);
    for (const { client, clock } of finished) {
      const closed = watch(client.close());
      await settle();
      if (closed.state === 'pending') await clock.advance(10_000);
      expect(closed).toMatchObject({ state: 'fulfilled' });
    }
    await settle();
    for (const { clock } of finished) {
      expect(clock.armed).toBe(0);
      expect(clock.badDelays).toEqual([]);
    }
  });
}
