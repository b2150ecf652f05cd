// remove() and close(): what is pending ends, and nothing stays behind.
import { createTestRegistrar, reply } from '../../dist/testing.js';
import { accept, alice, challenge, createWorld, header, listen, turn } from './world.mjs';

const calls = {
  register: (registration) => registration.register(),
  refresh: (registration) => registration.refresh(),
  unregister: (registration) => registration.unregister({ all: true }),
  query: (registration) => registration.query(),
  removeBinding: (registration) => registration.removeBinding('sip:a@b.example'),
  whenRegistered: (registration) => registration.whenRegistered(),
};

/** Brings a registration into a state; returns its pending promise. */
const stages = {
  connecting: (registration) => registration.register(),
  'waiting for the answer': (registration, world) => {
    const done = registration.register();
    world.socket.open();
    return done;
  },
  'waiting for the answer to credentials': (registration, world) => {
    const done = registration.register();
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    return done;
  },
  'waiting for a retry': (registration, world) => {
    registration.register();
    world.socket.open();
    world.socket.receive(reply(world.socket.last, 503, 'Busy'));
    return registration.whenRegistered();
  },
};

describe('remove()', () => {
  test.each(Object.keys(stages))('API-07 fault 94 while %s', async (stage) => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const pending = stages[stage](registration, world);
    const log = listen(registration);
    const late = world.socket.last;
    registration.remove();
    expect(log).toEqual(['state removed']);
    expect(world.client.registrations).toEqual([]);
    await expect(pending).rejects.toMatchObject({ code: 'removed', retryable: false });
    const frames = world.socket.sent.length;
    if (late !== undefined) world.socket.receive(accept(late));
    await world.clock.advance(3_600_000);
    expect(log).toEqual(['state removed']);
    expect(registration).toMatchObject({ state: 'removed', bound: false, expiresAt: null });
    expect(world.socket.sent).toHaveLength(frames);
    await world.client.close();
    expect(world.clock.timers.size).toBe(0);
  });

  test('fault 95 every later call says so', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    registration.remove();
    registration.remove();
    for (const [name, call] of Object.entries(calls)) {
      const error = await call(registration).catch((reason) => reason);
      expect([name, error.code]).toEqual([name, 'removed']);
    }
    const code = expect.objectContaining({ code: 'removed' });
    expect(() => registration.setCredentials({ password: 'x' })).toThrow(code);
    expect(() => registration.update({ retry: false })).toThrow(code);
    expect(() => registration.openChannel()).toThrow(code);
    await world.client.close();
  });

  test('a registration can be disposed of', async () => {
    const { client } = await createWorld();
    const registration = client.createRegistration(alice);
    registration[Symbol.dispose]();
    expect(registration.state).toBe('removed');
    await client[Symbol.asyncDispose]();
    expect(client.connectionState).toBe('closed');
  });
});

describe('close()', () => {
  test('ends everything that is pending, closes the socket and leaves no timer', async () => {
    const world = await createWorld();
    const registered = await world.registered();
    const other = world.client.createRegistration({ ...alice, aor: 'sip:bob@example.com' });
    const pending = [other.register(), other.query(), other.whenRegistered(), registered.refresh()];
    const logs = [listen(registered), listen(other)];
    await world.client.close();
    for (const each of pending) await expect(each).rejects.toMatchObject({ code: 'closed' });
    expect(logs).toEqual([['state removed'], ['state removed']]);
    expect(world.client.registrations).toEqual([]);
    expect(world.client.connectionState).toBe('closed');
    expect(world.socket.closes).toEqual([1000]);
    expect(world.clock.timers.size).toBe(0);
  });

  test('is idempotent, and every later call says closed', async () => {
    const world = await createWorld();
    const registration = await world.registered();
    const first = world.client.close();
    expect(world.client.close()).toBe(first);
    await first;
    await world.client.close();
    for (const [name, call] of Object.entries(calls)) {
      const error = await call(registration).catch((reason) => reason);
      expect([name, error.code]).toEqual([name, 'closed']);
    }
    expect(() => world.client.createRegistration(alice)).toThrow(
      expect.objectContaining({ code: 'closed' }),
    );
    await expect(world.client.register(alice)).rejects.toMatchObject({ code: 'closed' });
    world.client.wake();
    registration.remove();
  });

  test('unregisters first when asked', async () => {
    const registrar = createTestRegistrar();
    const { client } = await createWorld({ webSocket: registrar.webSocket });
    await client.register(alice);
    await client.register({ ...alice, aor: 'sip:bob@example.com' });
    const closed = client.close({ unregister: true });
    await expect(client.register(alice)).rejects.toMatchObject({ code: 'closed' });
    await closed;
    expect(registrar.bindings('sip:alice@example.com')).toEqual([]);
    expect(registrar.bindings('sip:bob@example.com')).toEqual([]);
  });

  test('waits for the registrar no longer than timeoutMs', async () => {
    const world = await createWorld();
    await world.registered();
    let done = false;
    const closed = world.client.close({ unregister: true, timeoutMs: 700 }).then(() => {
      done = true;
    });
    expect(header(world.socket.last, 'Expires')).toBe('0');
    await world.clock.advance(699);
    expect(done).toBe(false);
    await world.clock.advance(1);
    await closed;
    expect(world.clock.timers.size).toBe(0);
  });

  test('fault 12 gives up a socket that does not close after 5 s', async () => {
    const world = await createWorld();
    await world.registered();
    world.socket.answersClose = false;
    const terminated = [];
    world.socket.terminate = () => terminated.push(true);
    let done = false;
    const closed = world.client.close().then(() => {
      done = true;
    });
    await world.clock.advance(4_999);
    expect(done).toBe(false);
    await world.clock.advance(1);
    await closed;
    expect(terminated).toEqual([true]);
    expect(world.clock.timers.size).toBe(0);
  });

  test('while a socket opens', async () => {
    const world = await createWorld();
    const pending = world.client.register(alice);
    await world.client.close();
    await expect(pending).rejects.toMatchObject({ code: 'closed' });
    expect(world.socket.closes).toEqual([1000]);
    world.socket.open();
    await turn();
    expect(world.socket.sent).toEqual([]);
  });

  test('refuses malformed options and stays open', async () => {
    const { client } = await createWorld();
    await expect(client.close({ timeoutMs: -1 })).rejects.toMatchObject({ option: 'timeoutMs' });
    await expect(client.close({ unregister: 1 })).rejects.toMatchObject({ option: 'unregister' });
    expect(client.connectionState).toBe('disconnected');
    await client.close();
  });
});
