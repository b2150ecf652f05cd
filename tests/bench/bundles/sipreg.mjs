import { createClient } from 'sipreg';

const client = await createClient({ server: 'wss://sip.example.com' });
try {
  await client.register({
    aor: 'sip:alice@example.com',
    credentials: { password: 'wonderland' },
  });
  console.log('registered');
} catch (error) {
  console.log(error.message);
}
