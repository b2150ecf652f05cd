// Run by register.test.mjs: a registration whose first listener throws. Prints what came of it.
import { makeRegistration, settle } from './harness.mjs';

const uncaught = [];
process.on('uncaughtException', (error) => uncaught.push(error.message));

const { client, registration, network } = await makeRegistration();
const seen = [];
registration.addEventListener('statechange', () => {
  throw new Error('mine');
});
registration.addEventListener('statechange', (event) => seen.push(event.detail.state));
await registration.register();
await settle();
const result = { seen: [...seen], uncaught: [...uncaught], state: registration.state };
console.log(JSON.stringify({ ...result, requests: network.requests.length }));
await client.close();
