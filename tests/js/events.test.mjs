// Listeners: re-entrance, throwing ones, and what is told to nobody.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { reply } from '../../dist/testing.js';
import { accept, alice, challenge, createWorld, header, listen, turn } from './world.mjs';

describe('re-entrant calls', () => {
  test('fault 100 register() from a listener is safe, and its news come after', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const log = listen(registration);
    let again;
    registration.addEventListener('registered', () => {
      again = registration.refresh();
      log.push('called');
    });
    const first = registration.register();
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    expect(log).toEqual([
      'state connecting',
      'state registering',
      'state registered',
      'registered',
      'called',
      'state refreshing',
    ]);
    expect(world.socket.sent).toHaveLength(2);
    await first;
    world.socket.receive(accept(world.socket.last));
    expect((await again).expires).toBe(600);
    await world.client.close();
  });

  test.each(['statechange', 'registered'])(
    'fault 100 remove() from a listener of %s ends everything at once, and tells it in its turn',
    async (type) => {
      const world = await createWorld();
      const registration = world.client.createRegistration(alice);
      registration.addEventListener(type, ({ detail }) => {
        if (detail.state === 'removed' || registration.state !== 'registered') return;
        registration.remove();
        expect(registration.state).toBe('removed');
        expect(() => registration.openChannel()).toThrow('removed');
      });
      const channel = registration.openChannel();
      const log = listen(registration); // after the one that removes
      channel.onclose = ({ code }) => log.push(`channel ${code}`);
      channel.onopen = () => log.push('channel open');
      const done = registration.register();
      const waiting = registration.whenRegistered();
      world.socket.open();
      world.socket.receive(accept(world.socket.last));
      expect(log.filter((each) => each !== 'channel open')).toEqual([
        'state connecting',
        'state registering',
        'state registered',
        ...(type === 'registered' ? ['registered'] : []),
        'state removed',
        'channel removed',
      ]);
      await expect(done).rejects.toMatchObject({ code: 'removed' });
      await expect(waiting).rejects.toMatchObject({ code: 'removed' });
      await world.client.close();
    },
  );

  test('fault 100 client.register() rejects when a listener has removed the registration', async () => {
    const world = await createWorld();
    const done = world.client.register(alice);
    const [registration] = world.client.registrations;
    registration.addEventListener('registered', () => registration.remove());
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    await expect(done).rejects.toMatchObject({ code: 'removed' });
    expect(world.client.registrations).toHaveLength(0);
    await world.client.close();
  });

  test('fault 100 close() from a listener', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    let closed;
    registration.addEventListener('registered', () => {
      closed = world.client.close();
    });
    const done = registration.register();
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    await done;
    await closed;
    expect(registration.state).toBe('removed');
    expect(world.clock.timers.size).toBe(0);
  });

  test('a socket that answers inside send() is handled in order', async () => {
    const sent = [];
    class Immediate {
      readyState = 0;
      protocol = 'sip';
      bufferedAmount = 0;
      constructor() {
        queueMicrotask(() => {
          this.readyState = 1;
          this.onopen({});
        });
      }
      send(frame) {
        sent.push(frame);
        const answer = frame.includes('Authorization') ? accept(frame) : challenge(frame);
        this.onmessage({ data: answer });
      }
      close() {
        this.readyState = 3;
        this.onclose({ code: 1000 });
      }
    }
    const { client } = await createWorld({ webSocket: () => new Immediate() });
    const registration = client.createRegistration(alice);
    const log = listen(registration);
    await registration.register();
    expect(sent).toHaveLength(2);
    expect(log).toEqual([
      'state connecting',
      'state registering',
      'state registered',
      'registered',
      'warning',
    ]);
    await client.close();
  });
});

test('fault 99 a listener that throws leaves the others and the library alone', () => {
  const script = `
    import { createClient } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url))};
    import { createTestRegistrar } from ${JSON.stringify(new URL('../../dist/testing.js', import.meta.url))};
    const thrown = [];
    process.on('uncaughtException', (error) => thrown.push(error.message));
    const registrar = createTestRegistrar();
    const client = await createClient({ server: 'ws://localhost', webSocket: registrar.webSocket });
    const registration = client.createRegistration({ aor: 'sip:alice@example.com' });
    const log = [];
    registration.addEventListener('registered', () => { throw new Error('mine'); });
    registration.addEventListener('registered', () => log.push('second'));
    await registration.register();
    await registration.refresh();
    await client.close();
    await new Promise((resolve) => setImmediate(resolve));
    console.log(JSON.stringify({ thrown, log, state: registration.state }));
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ thrown: ['mine'], log: ['second'], state: 'removed' });
});

describe('the client tells', () => {
  test('connectionchange with the address, its query cut, and why it was lost', async () => {
    const world = await createWorld();
    const log = [];
    world.client.addEventListener('connectionchange', ({ detail }) => {
      expect(world.client.connectionState).toBe(detail.state);
      log.push(detail);
    });
    await world.registered();
    world.socket.finish(1012, 'restart');
    const url = 'wss://edge.example.com/ws';
    expect(log).toEqual([
      { state: 'connecting', url },
      { state: 'connected', url },
      { state: 'disconnected', url, code: 1012, reason: 'restart' },
      { state: 'waiting', url, retryAt: expect.any(Number) },
    ]);
    await world.client.close();
    expect(log.at(-1)).toEqual({ state: 'closed', url });
    expect(world.client.connectionState).toBe('closed');
  });

  test('messages both ways while somebody listens, with their secrets redacted', async () => {
    const world = await createWorld();
    const registration = world.client.createRegistration(alice);
    const log = [];
    const listener = ({ detail }) => log.push(detail);
    const other = () => undefined;
    world.client.addEventListener('message', listener);
    world.client.addEventListener('message', other, { capture: true });
    const done = registration.register();
    world.socket.open();
    world.socket.receive(challenge(world.socket.last));
    world.socket.receive(accept(world.socket.last));
    await done;
    expect(log.map(({ direction, data }) => `${direction} ${data.slice(0, 7)}`)).toEqual([
      'out REGISTE',
      'in SIP/2.0',
      'out REGISTE',
      'in SIP/2.0',
    ]);
    expect(log.every(({ url }) => url === 'wss://edge.example.com/ws')).toBe(true);
    const response = /response="(\w+)"/.exec(world.socket.last)[1];
    expect(JSON.stringify(log)).not.toContain(response);
    world.client.removeEventListener('message', listener);
    world.client.removeEventListener('message', other, true);
    registration.refresh();
    world.socket.receive(accept(world.socket.last));
    expect(log).toHaveLength(4);
    await world.client.close();
  });

  test('counts', async () => {
    const world = await createWorld();
    await world.registered();
    world.socket.receive('garbage');
    expect(world.client.stats).toEqual({
      framesIn: 3,
      framesOut: 2,
      dropped: 1,
      connects: 1,
      registers: 2,
    });
    await world.client.close();
    expect(world.client.stats.framesIn).toBe(3);
  });
});

test('warnings name themselves', async () => {
  const world = await createWorld();
  const registration = world.client.createRegistration(alice);
  const log = [];
  registration.addEventListener('warning', ({ detail }) => log.push(detail));
  const done = registration.register();
  world.socket.open();
  world.socket.receive(reply(world.socket.last, 200, 'OK'));
  expect((await done).bindings).toEqual([]);
  expect(log).toEqual([{ code: 'no-own-contact', message: expect.stringMatching(/\w/) }]);
  await world.client.close();
});

test('unregistered says why: expired', async () => {
  const world = await createWorld();
  const registration = await world.registered({ refresh: false });
  const log = [];
  registration.addEventListener('unregistered', ({ detail }) => log.push(detail));
  await world.clock.advance(600_000);
  expect(log).toEqual([{ reason: 'expired', confirmed: false }]);
  expect(registration).toMatchObject({ state: 'unregistered', bound: false });
  await world.client.close();
});

test('an event that nobody hears is not made', async () => {
  const world = await createWorld();
  const made = [];
  const original = globalThis.CustomEvent;
  globalThis.CustomEvent = class extends original {
    constructor(type, init) {
      super(type, init);
      made.push(type);
    }
  };
  try {
    const registration = world.client.createRegistration(alice);
    registration.addEventListener('registered', () => undefined);
    const done = registration.register();
    world.socket.open();
    world.socket.receive(accept(world.socket.last));
    await done;
    await turn();
    expect(header(world.socket.last, 'CSeq')).toBe('1 REGISTER');
    expect(made).toEqual(['registered']);
  } finally {
    globalThis.CustomEvent = original;
  }
  await world.client.close();
});
