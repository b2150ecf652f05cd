// The script of a worker that is nothing but a host, dedicated or shared.
import { host } from '/sipreg/worker.js';

host();
