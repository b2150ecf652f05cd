// Runs a scenario here, in a module Worker, or here with clients in a worker: runScenario(name, place) resolves with its
// report.
import { hosted } from './hosted.mjs';
import { run } from './scenarios.mjs';

// Where Trusted Types are required, a worker's URL needs a policy of the page's own.
const worker = globalThis.trustedTypes?.createPolicy('worker', { createScriptURL: (url) => url });

function runInWorker(name) {
  const url = new URL('worker.mjs', import.meta.url).href;
  const running = new Worker(worker?.createScriptURL(url) ?? url, { type: 'module' });
  return new Promise((resolve) => {
    running.onmessage = ({ data }) => resolve(data);
    running.onerror = ({ message }) => resolve({ failure: `the worker does not load: ${message}` });
    running.postMessage(name);
  }).finally(() => running.terminate());
}

const places = { page: run, worker: runInWorker, hosted: (name) => run(name, hosted) };
globalThis.runScenario = (name, place) => places[place](name);
