/**
 * Clients in a Worker or a SharedWorker: createWorkerClient() in the page, host() in the worker's script.
 * @module
 */
export { RegistrationError } from '../errors.js';
export type * from '../types.js';
export { host, type HostOptions } from './host.js';
export { createWorkerClient, type WorkerClientOptions } from './page.js';
export type { SharedWorkerLike, WorkerLike } from './ports.js';
