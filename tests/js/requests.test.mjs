// The client's request event: what a server asks, and who answers it.
import { alice, createWorld, header } from './world.mjs';

const contactOf = (world) => /<([^>]*)>/.exec(header(world.socket.sent[0], 'Contact'))[1];

function request(method, uri, { branch = 'z9hG4bKs1', rows = '', body = '' } = {}) {
  return (
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/WSS edge.example.com;branch=${branch}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:bob@example.com>;tag=b1\r\nTo: <sip:alice@example.com>\r\n` +
    `Call-ID: c-${branch}\r\nCSeq: 1 ${method}\r\n${rows}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}

const statuses = (frames) => frames.map((frame) => Number(/^SIP\/2\.0 (\d+)/.exec(frame)?.[1]));

/** A registered world where requests are asked and the answers are looked at. */
async function asked(listener) {
  const world = await createWorld();
  const registration = await world.registered();
  const uri = contactOf(world);
  const events = [];
  if (listener) {
    world.client.addEventListener('request', (event) => {
      events.push(event);
      listener(event);
    });
  }
  let branch = 0;
  return {
    ...world,
    registration,
    events,
    uri,
    /** What was sent because of it. */
    ask(method, options = {}) {
      const before = world.socket.sent.length;
      world.socket.receive(
        request(method, options.uri ?? uri, { branch: `z9hG4bK${++branch}`, ...options }),
      );
      return world.socket.sent.slice(before);
    },
  };
}

const take = (event) => event.preventDefault();

test('UAS-03 the event says what was asked and of whom', async () => {
  const world = await asked(take);
  const rows = 'Subject: Grüße\r\ns: folded\r\n  here\r\n';
  const text = request('MESSAGE', world.uri, { rows, body: 'Hallo 🌍' });
  expect(world.ask('MESSAGE', { branch: 'z9hG4bKs1', rows, body: 'Hallo 🌍' })).toEqual([]);
  const [event] = world.events;
  expect(event.type).toBe('request');
  expect(event.cancelable).toBe(true);
  const { detail } = event;
  expect(detail.method).toBe('MESSAGE');
  expect(detail.uri).toBe(world.uri);
  expect(detail.body).toBe('Hallo 🌍');
  expect(detail.registration).toBe(world.registration);
  expect(detail.headers).toEqual([
    ['Via', 'SIP/2.0/WSS edge.example.com;branch=z9hG4bKs1'],
    ['Max-Forwards', '70'],
    ['From', '<sip:bob@example.com>;tag=b1'],
    ['To', '<sip:alice@example.com>'],
    ['Call-ID', 'c-z9hG4bKs1'],
    ['CSeq', '1 MESSAGE'],
    ['Subject', 'Grüße'],
    ['s', 'folded here'],
    ['Content-Length', '10'],
  ]);
  expect(detail.text.replace(/\s+/g, ' ')).toBe(text.replace(/\s+/g, ' '));
  await world.client.close();
});

test('UAS-03 whoever takes it answers it, once', async () => {
  const world = await asked(take);
  expect(world.ask('INVITE')).toEqual([]);
  const [{ detail }] = world.events;
  detail.respond(180);
  detail.respond(
    200,
    'Yes',
    { 'Content-Type': 'application/sdp', Contact: '<sip:a@b>' },
    'v=0\r\n',
  );
  const [ringing, accepted] = world.socket.sent.slice(-2);
  expect(ringing).toMatch(/^SIP\/2\.0 180 Ringing\r\n/);
  expect(accepted).toMatch(/^SIP\/2\.0 200 Yes\r\n/);
  expect(accepted).toMatch(/\r\nContact: <sip:a@b>\r\nContent-Length: 5\r\n\r\nv=0\r\n$/);
  expect(header(accepted, 'To')).toBe(header(ringing, 'To'));
  expect(() => detail.respond(486)).toThrow(expect.objectContaining({ code: 'closed' }));
  await world.clock.advance(200_000);
  expect(statuses(world.socket.sent).filter((status) => status >= 200)).toEqual([200]);
  await world.client.close();
});

test('UAS-03 an answer within the listener counts without preventDefault()', async () => {
  const world = await asked(({ detail }) => detail.respond(603));
  expect(statuses(world.ask('INVITE'))).toEqual([603]);
  await world.client.close();
});

test.each([
  ['OPTIONS', 200, 10_000],
  ['INVITE', 480, 180_000],
  ['NOTIFY', 481, 10_000],
  ['MESSAGE', 405, 10_000],
  ['CANCEL', 481, 10_000],
])('UAS-03 %s that nobody answers gets %d', async (method, status, time) => {
  const silent = await asked();
  expect(statuses(silent.ask(method))).toEqual([status]);
  await silent.client.close();

  const heard = await asked(() => undefined);
  expect(statuses(heard.ask(method))).toEqual([status]);
  expect(heard.events).toHaveLength(1);
  await heard.client.close();

  const forgetful = await asked(take);
  expect(forgetful.ask(method)).toEqual([]);
  const before = forgetful.socket.sent.length;
  await forgetful.clock.advance(time - 1);
  const sent = () => statuses(forgetful.socket.sent.slice(before)).filter((each) => each >= 200);
  expect(sent()).toEqual([]);
  await forgetful.clock.advance(1);
  expect(sent()).toEqual([status]);
  const [{ detail }] = forgetful.events;
  expect(() => detail.respond(200)).toThrow(expect.objectContaining({ code: 'closed' }));
  await forgetful.client.close();
});

test('UAS-03 an ACK is told and never answered', async () => {
  const world = await asked(() => undefined);
  expect(world.ask('ACK')).toEqual([]);
  const [{ detail }] = world.events;
  expect(detail.method).toBe('ACK');
  expect(() => detail.respond(200)).toThrow(expect.objectContaining({ code: 'closed' }));
  await world.client.close();
});

test('UAS-03 a call that its caller cancels ends', async () => {
  const world = await asked((event) => event.detail.method === 'INVITE' && take(event));
  expect(world.ask('INVITE', { branch: 'z9hG4bKcall' })).toEqual([]);
  expect(statuses(world.ask('CANCEL', { branch: 'z9hG4bKcall' }))).toEqual([200, 487]);
  const [{ detail }] = world.events;
  expect(() => detail.respond(200)).toThrow(expect.objectContaining({ code: 'closed' }));
  await world.client.close();
});

test('UAS-03 malformed arguments are refused and leave it open', async () => {
  const world = await asked(take);
  expect(world.ask('INVITE')).toEqual([]);
  const [{ detail }] = world.events;
  for (const [option, ...given] of [
    ['status'],
    ['status', '200'],
    ['status', 99],
    ['status', 700],
    ['status', 200.5],
    ['reason', 200, 7],
    ['reason', 200, 'OK\r\nX: y'],
    ['headers', 200, 'OK', 'X: y'],
    ['headers', 200, 'OK', { 'X-A': 'b\r\nX-C: d' }],
    ['headers', 200, 'OK', { 'X A': 'b' }],
    ['headers', 200, 'OK', { Via: 'b' }],
    ['headers', 200, 'OK', { 'content-length': '0' }],
    ['headers', 200, 'OK', { T: '<sip:x@y>' }],
    ['headers', 200, 'OK', {}, 'a body'],
    ['body', 200, 'OK', { 'Content-Type': 'a/b' }, 7],
  ]) {
    const error = expect.objectContaining({ code: 'invalid-argument', option });
    expect(() => detail.respond(...given)).toThrow(TypeError);
    expect(() => detail.respond(...given)).toThrow(error);
  }
  const before = world.socket.sent.length;
  detail.respond(486);
  expect(statuses(world.socket.sent.slice(before))).toEqual([486]);
  await world.client.close();
});

test('UAS-03 a request ends with its connection, and with the client', async () => {
  const world = await asked(take);
  expect(world.ask('INVITE')).toEqual([]);
  expect(world.ask('MESSAGE')).toEqual([]);
  const [{ detail }] = world.events;
  world.socket.finish(1006);
  expect(() => detail.respond(200)).toThrow(expect.objectContaining({ code: 'closed' }));
  await world.clock.advance(5_000);
  world.sockets.at(-1).open();
  const reopened = world.sockets.at(-1);
  const before = reopened.sent.length;
  reopened.receive(request('INVITE', world.uri, { branch: 'z9hG4bKlast' }));
  expect(reopened.sent.slice(before)).toEqual([]);
  const closed = world.client.close();
  expect(statuses(reopened.sent.slice(before))).toEqual([480]);
  await closed;
  const last = world.events.at(-1).detail;
  expect(() => last.respond(200)).toThrow(expect.objectContaining({ code: 'closed' }));
});

test('UAS-03 only while somebody listens', async () => {
  const world = await createWorld();
  await world.registered();
  const sent = world.socket.sent.length;
  const listener = (event) => event.preventDefault();
  world.client.addEventListener('request', listener);
  world.client.addEventListener('request', listener, true);
  world.client.removeEventListener('request', listener);
  world.socket.receive(request('MESSAGE', contactOf(world), { branch: 'z9hG4bK1' }));
  expect(world.socket.sent).toHaveLength(sent);
  world.client.removeEventListener('request', listener, { capture: true });
  world.socket.receive(request('MESSAGE', contactOf(world), { branch: 'z9hG4bK2' }));
  expect(statuses(world.socket.sent.slice(sent))).toEqual([405]);
  await world.client.close();
});

test('who begins or ceases to listen sends nothing again', async () => {
  const world = await createWorld();
  const registration = world.client.createRegistration(alice);
  const done = registration.register().catch(({ code }) => code);
  world.socket.open();
  const listener = () => undefined;
  for (const type of ['message', 'request']) {
    world.client.addEventListener(type, listener);
    world.client.removeEventListener(type, listener);
  }
  expect(world.socket.sent).toHaveLength(1);
  await world.client.close();
  expect(await done).toBe('closed');
});

test('UAS-03 what is nobody’s has no registration', async () => {
  const world = await asked(() => undefined);
  const other = world.client.createRegistration({ ...alice, aor: 'sip:carol@example.com' });
  world.ask('MESSAGE', { uri: 'sip:dave@example.com' });
  world.ask('MESSAGE', { uri: 'sip:carol@example.com' });
  world.ask('MESSAGE', { uri: 'sip:alice@example.com' });
  expect(world.events.map(({ detail }) => detail.registration)).toEqual([
    null,
    other,
    world.registration,
  ]);
  await world.client.close();
});
