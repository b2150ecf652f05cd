/**
 * `sipreg/worker`: clients in a Worker or a SharedWorker. {@link createWorkerClient} in the page, {@link host} in the
 * worker's script.
 *
 * @module sipreg/worker
 */
export { RegistrationError } from '../errors.js';
export type * from '../types.js';
export { host, type HostOptions } from './host.js';
export { createWorkerClient, type WorkerClientOptions } from './page.js';
export type { SharedWorkerLike, WorkerLike } from './ports.js';
