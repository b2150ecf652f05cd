// What an app may give, and what is refused before anything is sent; tests/js/options.test.mjs has the rest.
import { readCases } from '../../conformance/cases.mjs';
import { ha1 } from '../acceptance/digest.mjs';
import {
  answer,
  checkInvariants,
  granted,
  makeRegistered,
  makeRegistration,
  makeWorld,
  settle,
  thrownBy,
  watch,
} from '../acceptance/harness.mjs';

checkInvariants({ afterEach, expect });

const refused = (option) => ({ name: 'TypeError', code: 'invalid-argument', option });

describe('fault 88 HA1', () => {
  const right = ha1('MD5', 'alice', 'example.com', 'secret');
  const long = ha1('SHA-256', 'alice', 'example.com', 'secret');

  test.each([
    ['one digit short', right.slice(1)],
    ['one digit long', `${right}0`],
    ['empty', ''],
    ['not hexadecimal', right.replace(/^./, 'g')],
    ['with a blank', `${right.slice(1)} `],
    ['of SHA-256 for MD5', { MD5: long }],
    ['of MD5 for SHA-256', { 'SHA-256': right }],
    ['of an algorithm that is none', { 'MD5-sess': right }],
    ['10 KB long', 'a'.repeat(10_000)],
  ])('%s is refused, and nothing is sent', async (_, value) => {
    const { client, network } = await makeWorld();
    const credentials = { ha1: value, realm: 'example.com' };
    const options = { aor: 'sip:alice@example.com', credentials };
    const wanted = refused(expect.stringMatching(/^credentials/));
    expect(thrownBy(() => client.createRegistration(options))).toMatchObject(wanted);
    const registration = client.createRegistration({ aor: options.aor });
    expect(thrownBy(() => registration.setCredentials(credentials))).toMatchObject(wanted);
    expect(client.registrations).toEqual([registration]);
    expect(network.sockets).toEqual([]);
  });
});

describe('fault 89 addresses', () => {
  test.each([
    'sip:alice@[2001:db8::1]:5070',
    'sips:alice@example.com',
    'sip:alice@example.com:65535',
    'sip:al%40ice@example.com',
    'sip:alice;x=1@example.com',
  ])('%s is asked for as it is', async (aor) => {
    const { network, registration } = await makeRegistered({ aor });
    expect(network.last.one('To')).toBe(`<${aor}>`);
    expect(registration.aor).toBe(aor);
  });

  test.each([
    'sip:alice@example.com:0',
    'sip:alice@example.com:65536',
    'sip:alice@[2001:db8::1',
    'sip:alice@[::g]',
    'sip:a%00b@example.com',
    'sip:a%0d%0ab@example.com',
    'sip:alice@',
    'sip:@example.com',
    'sip:example.com',
    'sip:+15551234@example.com;user=phone',
    'tel:+15551234',
    '/',
    '',
  ])('"%s" is refused', async (aor) => {
    const { client, network } = await makeWorld();
    expect(thrownBy(() => client.createRegistration({ aor }))).toMatchObject(refused('aor'));
    expect(network.sockets).toEqual([]);
  });

  test('a registrar and a route with ;lr are taken as they are', async () => {
    const { network } = await makeRegistered({
      registrar: 'sip:example.net:5080;lr',
      route: ['<sip:edge.example.com;lr>'],
    });
    expect(network.last.uri).toBe('sip:example.net:5080;lr');
    expect(network.last.one('Route')).toBe('<sip:edge.example.com;lr>');
  });
});

/** The message as an answer to `request`: its own rows, but for those that say what it answers. */
function transplant(octets, request) {
  const text = octets.toString('latin1');
  const [head, ...body] = text.split('\r\n\r\n');
  const rows = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const own = rows.slice(1).filter((row) => !/^(v|via|f|from|i|call-id|cseq)\s*:/i.test(row));
  const start = rows[0].startsWith('SIP/') ? rows[0] : 'SIP/2.0 200 OK';
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${request.one(name)}`);
  const message = [[start, ...copied, ...own].join('\r\n'), ...body].join('\r\n\r\n');
  return new Uint8Array(Buffer.from(message, 'latin1')).buffer;
}

describe('fault 68 damaged messages as the answer', () => {
  const cases = readCases();

  test.each(cases)('%s', async (_, octets) => {
    const { registration, network, clock, client } = await makeRegistration(
      {},
      { handler: () => undefined },
    );
    const done = watch(registration.register());
    await settle();
    const [first] = network.requests;
    network.socket.receive(new Uint8Array(octets).buffer);
    network.socket.receive(transplant(octets, first));
    network.socket.receive(answer(first, 100, 'Trying'));
    await clock.advance(33_000);
    expect(done.state).not.toBe('pending');
    if (done.error) expect(done.error).toMatchObject({ name: 'RegistrationError' });
    network.handler = granted;
    const again = watch(registration.register());
    await clock.advance(3_700_000);
    expect(again.state).not.toBe('pending');
    expect(registration.state).toBe('registered');
    expect(client.connectionState).toBe('connected');
  });
});
