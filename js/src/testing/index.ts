/**
 * `sipreg/testing`: a SIP registrar inside the process and a clock that only the test moves, for the tests of web
 * softphones. The registrar shares no code with sipreg itself, so that the two cannot be wrong in the same way.
 *
 * @module sipreg/testing
 */
export { digestResponse, type DigestInput } from './digest.js';
export { createFakeClock, type FakeClock, type FakeClockOptions } from './fake-clock.js';
export type { Fault } from './fault.js';
export type { Listener } from './listener.js';
export type { MemoryWebSocket } from './memory-socket.js';
export type { Network } from './network.js';
export type {
  ServerRequest,
  TestRegistrar,
  TestRegistrarOptions,
  TraceMessage,
} from './options.js';
export type { ParsedMessage, ParsedRequest, ParsedResponse } from './parsed.js';
export { createTestRegistrar } from './registrar.js';
export { reply } from './reply.js';
