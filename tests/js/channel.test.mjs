// registration.openChannel(): other SIP traffic of an account over the client's own connection.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { accept, alice, createWorld, header } from './world.mjs';

const contactOf = (frame) => /<([^>]*)>/.exec(header(frame, 'Contact'))[1];

function message(
  start,
  { branch = 'c1', cseq = '1 INVITE', rows = '', body = '', call = 'x' } = {},
) {
  return (
    `${start}\r\nVia: SIP/2.0/WSS h.invalid;branch=z9hG4bK${branch}\r\nFrom: <sip:alice@example.com>;tag=a\r\n` +
    `To: <sip:bob@example.com>\r\nCall-ID: ${call}\r\nCSeq: ${cseq}\r\n${rows}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

const invite = message('INVITE sip:bob@example.com SIP/2.0');

/** A channel that writes down what its handlers are told. */
function watch(channel, log = []) {
  channel.onopen = () => log.push('open');
  channel.onclose = (error) => log.push(`close ${error?.code}`);
  channel.onmessage = (text) => log.push(text);
  return log;
}

async function opened(options) {
  const world = await createWorld(options);
  const registration = await world.registered();
  const channel = registration.openChannel();
  return { ...world, world, registration, channel, log: watch(channel) };
}

test('OB-06 GRU-02 a channel says what a call stack needs', async () => {
  const { world, registration, channel, client } = await opened();
  const contact = contactOf(world.socket.sent[0]);
  expect(channel.open).toBe(true);
  expect(channel.url).toBe('wss://edge.example.com/ws');
  expect(channel.viaTransport).toBe('WSS');
  expect(header(world.socket.sent[0], 'Via')).toContain(`WSS ${channel.viaHost};`);
  expect(channel.contactUri).toBe(contact);
  expect(channel.serviceRoute).toEqual([]);

  const refreshed = registration.refresh();
  const seen = [];
  registration.addEventListener('refreshed', () => seen.push(channel.contactUri));
  world.socket.receive(accept(world.socket.last, { Require: 'outbound' }));
  await refreshed;
  expect(channel.contactUri).toBe(`${contact};ob`);
  expect(seen).toEqual([`${contact};ob`]);
  expect(contactOf(world.socket.last)).toBe(contact);
  await client.close();
});

test('SRV-01 the service route is that of the last answer', async () => {
  const { world, registration, channel, client } = await opened();
  const grant = async (headers) => {
    const done = registration.refresh();
    world.socket.receive(accept(world.socket.last, headers));
    await done;
  };
  const route = '<sip:p1.example.com;lr>, <sip:p2.example.com;lr>';
  await grant({ 'Service-Route': route });
  expect(channel.serviceRoute).toEqual(['<sip:p1.example.com;lr>', '<sip:p2.example.com;lr>']);
  await grant({});
  expect(channel.serviceRoute).toEqual([]);
  await grant({ 'Service-Route': route });
  expect(channel.serviceRoute).toHaveLength(2);
  const gone = registration.unregister();
  world.socket.receive(accept(world.socket.last, { expires: 0 }));
  await gone;
  expect(channel.serviceRoute).toEqual([]);
  expect(world.socket.sent.some((frame) => frame.includes('p1.example.com'))).toBe(false);
  await client.close();
});

test('messages go out and come in as they are, and events are redacted', async () => {
  const { world, channel, client, log } = await opened();
  const traced = [];
  client.addEventListener('message', ({ detail }) => traced.push(detail.data));
  const rows = 'Proxy-Authorization: Digest username="a", response="0123456789abcdef"\r\n';
  const text = message('INVITE sip:bob@example.com SIP/2.0', { rows, body: 'Grüße' });
  channel.send(text);
  expect(world.socket.last).toBe(text);
  const answer = message('SIP/2.0 180 Ringing', { body: 'ä' });
  world.socket.receive(answer);
  world.socket.receive(new TextEncoder().encode(answer));
  expect(log).toEqual([answer, answer]);
  expect(traced).toHaveLength(3);
  expect(traced[0]).not.toContain('0123456789abcdef');
  expect(traced[0]).toContain('Grüße');
  await client.close();
});

test('what is not one message is refused with the reason', async () => {
  const { world, channel, client } = await opened();
  const before = world.socket.sent.length;
  for (const [text, why] of [
    [undefined, /must be a string/],
    [new Uint8Array(4), /must be a string/],
    ['\ud800', /well-formed/],
    ['', /start line/],
    ['\r\n\r\n', /start line/],
    ['hello', /start line/],
    [`${invite}${invite}`, /one SIP message/],
    [`\r\n${invite}`, /one SIP message/],
    [invite.slice(0, -2), /header row/],
    [message('INVITE sip:b@c SIP/2.0', { rows: 'no colon\r\n' }), /header row/],
    [message('INVITE sip:b@c SIP/2.0', { cseq: '1 BYE' }), /CSeq/],
    [invite.replace('Content-Length: 0', 'Content-Length: 5'), /Content-Length/],
    [invite.replace(/Via: .*\r\n/, ''), /Via/],
    [message('INVITE sip:b@c SIP/2.0', { body: 'x'.repeat(70_000) }), /65536/],
    [message('REGISTER sip:b SIP/2.0', { cseq: '1 REGISTER' }), /register: false/],
  ]) {
    expect(() => channel.send(text)).toThrow(TypeError);
    expect(() => channel.send(text)).toThrow(why);
    expect(() => channel.send(text)).toThrow(expect.objectContaining({ option: 'message' }));
  }
  expect(world.socket.sent).toHaveLength(before);
  await client.close();
});

test('it closes with its connection and opens on the next', async () => {
  const { world, clock, channel, client, log, registration } = await opened();
  const order = [];
  registration.addEventListener('statechange', ({ detail }) => order.push(detail.state));
  channel.onclose = (error) => {
    order.push('close');
    log.push(error);
  };
  world.socket.finish(1006, 'gone');
  expect(order).toEqual(['waiting', 'close']);
  expect(channel.open).toBe(false);
  const [error] = log;
  expect(error).toMatchObject({ name: 'RegistrationError', code: 'transport', retryable: true });
  expect(error.message).toContain('wss://edge.example.com/ws: gone');
  expect(() => channel.send(invite)).toThrow(expect.objectContaining({ code: 'transport' }));
  await clock.advance(5_000);
  world.socket.open();
  expect(log.slice(1)).toEqual(['open']);
  expect(channel.open).toBe(true);
  channel.send(invite);
  expect(world.socket.last).toBe(invite);
  await client.close();
});

test('opened before its connection', async () => {
  const world = await createWorld();
  const registration = world.client.createRegistration(alice);
  const channel = registration.openChannel();
  const log = watch(channel);
  expect(channel.open).toBe(false);
  expect(channel.viaTransport).toBe('WSS');
  expect(channel.url).toBe('wss://edge.example.com/ws');
  expect(channel.viaHost).toMatch(/\.invalid$/);
  expect(channel.contactUri).toContain(channel.viaHost);
  expect(world.sockets).toHaveLength(0);
  const done = registration.register().catch(({ code }) => code);
  world.socket.open();
  expect(log).toEqual(['open']);
  await world.client.close();
  expect(log).toEqual(['open', 'close closed']);
  expect(await done).toBe('closed');
});

test('within a listener a channel is as open as it is', async () => {
  const world = await createWorld();
  const registration = world.client.createRegistration(alice);
  const seen = [];
  registration.addEventListener('registered', () => {
    const channel = registration.openChannel();
    watch(channel, seen);
    seen.push(channel.open);
    channel.send(invite);
  });
  const done = registration.register();
  world.socket.open();
  world.socket.receive(accept(world.socket.last));
  await done;
  expect(seen).toEqual([true]);
  expect(world.socket.last).toBe(invite);
  await world.client.close();
});

test('insecure servers', async () => {
  const { channel, world, client } = await opened({ server: 'ws://127.0.0.1:5080' });
  expect(channel.viaTransport).toBe('WS');
  expect(header(world.socket.sent[0], 'Via')).toContain(`WS ${channel.viaHost};`);
  await client.close();
});

test('fault 95 removing the registration and closing the client end it', async () => {
  for (const [end, code] of [
    [({ registration }) => registration.remove(), 'removed'],
    [({ client }) => client.close(), 'closed'],
  ]) {
    const it = await opened();
    await end(it);
    expect(it.log).toEqual([`close ${code}`]);
    expect(it.channel.open).toBe(false);
    expect(() => it.channel.send(invite)).toThrow(expect.objectContaining({ code }));
    it.channel.detach();
    it.channel.detach();
    expect(it.log).toHaveLength(1);
    await it.client.close();
  }
});

test('detaching leaves the connection', async () => {
  const { world, channel, client, log, registration } = await opened();
  const before = world.socket.sent.length;
  channel.detach();
  channel.detach();
  expect(channel.open).toBe(false);
  expect(() => channel.send(invite)).toThrow(/detached/);
  world.socket.receive(message(`INVITE ${channel.contactUri} SIP/2.0`));
  expect(world.socket.last).toMatch(/^SIP\/2\.0 480 /);
  expect(world.socket.sent).toHaveLength(before + 1);
  expect(world.socket.closes).toEqual([]);
  expect(registration.state).toBe('registered');
  expect(log).toEqual([]);
  await client.close();
  expect(log).toEqual([]);
});

test('UAS-02 with a channel there are no request events but for pings and strangers', async () => {
  const { world, channel, client, log } = await opened();
  const events = [];
  client.addEventListener('request', ({ detail }) => events.push(detail.method));
  world.socket.receive(message(`INVITE ${channel.contactUri} SIP/2.0`, { branch: '1' }));
  expect(log).toHaveLength(1);
  expect(events).toEqual([]);
  const before = world.socket.sent.length;
  const ping = { branch: '2', cseq: '1 OPTIONS' };
  world.socket.receive(message(`OPTIONS ${channel.contactUri} SIP/2.0`, ping));
  const other = { branch: '3', cseq: '1 MESSAGE', call: 'y' };
  world.socket.receive(message('MESSAGE sip:carol@example.com SIP/2.0', other));
  world.socket.receive('\r\n\r\n');
  expect(events).toEqual(['OPTIONS', 'MESSAGE']);
  expect(log).toHaveLength(1);
  expect(world.socket.sent.slice(before).map((frame) => frame.slice(0, 11))).toEqual([
    'SIP/2.0 200',
    'SIP/2.0 405',
    '\r\n',
  ]);
  await client.close();
});

test('handlers and listeners that throw harm nobody', () => {
  const script = fileURLToPath(new URL('throwing-handlers.mjs', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    uncaught: ['onclose', 'onmessage', 'onopen', 'request'],
    heard: ['MESSAGE', 'close', 'open'],
    answer: ['SIP/2.0 405', '1 MESSAGE'],
    state: 'registered',
  });
});

test('a handler may send, detach and remove', async () => {
  const { world, channel, client, registration } = await opened();
  const bye = message('BYE sip:bob@example.com SIP/2.0', { branch: 'b', cseq: '2 BYE' });
  channel.onmessage = () => {
    channel.send(bye);
    channel.detach();
    registration.remove();
  };
  channel.send(invite);
  world.socket.receive(message('SIP/2.0 200 OK'));
  expect(world.socket.last).toBe(bye);
  expect(registration.state).toBe('removed');
  await client.close();
});
