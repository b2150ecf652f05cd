import { createWorkerClient } from 'sipreg/worker';

const worker = new Worker(new URL('./host.mjs', import.meta.url), { type: 'module' });
const client = await createWorkerClient({ worker, server: 'wss://sip.example.com' });
try {
  await client.register({
    aor: 'sip:alice@example.com',
    credentials: { password: 'wonderland' },
  });
  console.log('registered');
} catch (error) {
  console.log(error.message);
}
