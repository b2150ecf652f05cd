// The registrar's own time: recorded messages are sent again with nobody behind
// the socket. As a worker it does so once and posts the CPU time in µs.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { spentUs } from './cpu.mjs';
import { MemoryWebSocket } from './memory_socket.mjs';

export async function send(socket, messages) {
  for (const message of messages) {
    socket.send(message);
    await null;
  }
}

if (!isMainThread) {
  const socket = new MemoryWebSocket('wss://edge.example.com');
  socket.onmessage = () => {};
  await null;
  const start = process.cpuUsage();
  await send(socket, workerData);
  parentPort.postMessage(spentUs(start));
}
