const worker = new Worker('worker.mjs', { type: 'module' });
worker.onmessage = ({ data }) => (document.querySelector('output').textContent = data);
worker.postMessage(Object.fromEntries(new URLSearchParams(location.search)));
