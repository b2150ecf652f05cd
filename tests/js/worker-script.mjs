// A worker whose registrar is in it. `workerData.silent`: it never calls host(); `throws`: it does not load; `answers`: how
// many REGISTERs are answered.
import { workerData } from 'node:worker_threads';
import { createTestRegistrar } from '../../dist/testing.js';
import { host } from '../../dist/worker.js';

if (workerData?.throws) throw new Error('this script is broken');
let answers = workerData?.answers ?? Infinity;
const { webSocket } = createTestRegistrar({
  users: { alice: 'secret-marker' },
  respond: () => ((answers -= 1) < 0 ? { lose: 'request' } : undefined),
});
if (workerData?.silent) setInterval(() => undefined, 1000);
else host({ webSocket });
