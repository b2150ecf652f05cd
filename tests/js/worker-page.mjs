// A page in a thread, which a test can end without a word: registers by the port that it is given, and says so.
import { parentPort, workerData } from 'node:worker_threads';
import { createWorkerClient } from '../../dist/worker.js';

const client = await createWorkerClient({
  worker: workerData,
  server: 'wss://edge.example.com/ws',
});
await client.register({
  aor: 'sip:alice@example.com',
  credentials: { password: 'secret-marker' },
});
parentPort.postMessage('registered');
