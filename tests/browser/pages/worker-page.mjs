const output = document.querySelector('output');
const worker = new Worker('worker.mjs', { type: 'module' });
worker.onmessage = ({ data }) => (output.textContent = data);
worker.onerror = ({ message }) => (output.textContent = `the worker does not load: ${message}`);
worker.postMessage(Object.fromEntries(new URLSearchParams(location.search)));
