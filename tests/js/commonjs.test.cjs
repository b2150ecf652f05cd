// The CommonJS build, which Jest and old hosts load with require().
const { createClient, RegistrationError } = require('../../dist/index.cjs');
const { createTestRegistrar } = require('../../dist/testing.cjs');

test('registers', async () => {
  const registrar = createTestRegistrar({ users: { alice: 'secret' } });
  const client = await createClient({ server: 'ws://localhost', webSocket: registrar.webSocket });
  const registration = await client.register({
    aor: 'sip:alice@example.com',
    credentials: { password: 'secret' },
  });
  expect(registration.state).toBe('registered');
  await client.close({ unregister: true });
  expect(registrar.bindings('sip:alice@example.com')).toEqual([]);
});

test('finds ws by require() where there is no WebSocket', async () => {
  const registrar = createTestRegistrar();
  const { url, close } = await registrar.listen();
  const client = await createClient({ server: url });
  const registration = await client.register({ aor: 'sip:alice@example.com' });
  expect(registration.flows).toEqual([expect.objectContaining({ url, connected: true })]);
  await client.close();
  await close();
});

test('errors are of its own class', async () => {
  const client = await createClient({ server: 'ws://127.0.0.1:1', reconnect: false });
  const error = await client.register({ aor: 'sip:alice@example.com' }).catch((reason) => reason);
  expect(error).toBeInstanceOf(RegistrationError);
  expect(error.code).toBe('transport');
  await client.close();
});
