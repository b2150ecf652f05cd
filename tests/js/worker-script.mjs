// A worker whose registrar is in it. `workerData.silent`: it never calls host(); `throws`: it does not load.
import { workerData } from 'node:worker_threads';
import { createTestRegistrar } from '../../dist/testing.js';
import { host } from '../../dist/worker.js';

if (workerData?.throws) throw new Error('this script is broken');
const { webSocket } = createTestRegistrar({ users: { alice: 'secret-marker' } });
if (workerData?.silent) setInterval(() => undefined, 1000);
else host({ webSocket });
