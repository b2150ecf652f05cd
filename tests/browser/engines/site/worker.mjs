import { run } from './scenarios.mjs';

onmessage = async ({ data }) => postMessage(await run(data));
