/**
 * `sipreg/testing`: a SIP registrar inside the process, for the tests of web softphones. It shares no code with sipreg
 * itself, so that the two cannot be wrong in the same way.
 */
export { digestResponse, type DigestInput } from './digest.js';
export type { Listener } from './listener.js';
export type { TestRegistrar, TestRegistrarOptions } from './options.js';
export { createTestRegistrar } from './registrar.js';
export { reply } from './reply.js';
