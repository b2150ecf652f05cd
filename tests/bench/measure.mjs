// One task of one library in a process of its own; prints the figures as JSON.
//   node --expose-gc measure.mjs '{"library":"sipreg","task":"refresh","plan":{"seconds":1}}'
import { setImmediate as macrotask, setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { MemoryWebSocket, server } from './memory_socket.mjs';
import { spentUs } from './cpu.mjs';
import { send } from './replay.mjs';

const { library, task, plan } = JSON.parse(process.argv[2]);
const subject = await import(`./subjects/${library}.mjs`);
const rounds = 5;
const batchMs = 20;
const maxBatch = 2_000;
const refreshed = 100;
let number = 0;

const measures = {
  /**
   * The first accounts of a new process: nothing is compiled or optimised in
   * advance, as in an app, which registers once and then every few minutes.
   */
  async first() {
    const scope = await subject.open();
    const accounts = [];
    for (let i = 0; i < plan.first; i++) accounts.push(await subject.build(scope, ++number));
    await macrotask();
    return {
      exchange: await cpuOfFirst(accounts, subject.register),
      refresh: await cpuOfFirst(accounts, subject.refresh),
    };
  },

  /** An account whose objects exist already: REGISTER, 401, REGISTER, 200. */
  async exchange() {
    const scope = await subject.open();
    return cpuWithRegistrar({
      prepare: () => subject.build(scope, ++number),
      operate: (account) => subject.register(account),
      finish: (account) => subject.drop(account),
    });
  },

  /** One more account: its objects are built, then registered. */
  async account() {
    const scope = await subject.open();
    return cpuWithRegistrar({
      prepare: () => ({ account: null }),
      operate: async (slot) => {
        slot.account = await subject.build(scope, ++number);
        await subject.register(slot.account);
      },
      finish: ({ account }) => subject.drop(account),
    });
  },

  /** A client for one account only, built and registered. */
  async alone() {
    return cpuWithRegistrar({
      prepare: () => ({ scope: null }),
      operate: async (slot) => {
        slot.scope = await subject.open();
        await subject.register(await subject.build(slot.scope, ++number));
      },
      finish: ({ scope }) => subject.close(scope),
    });
  },

  /** A registered account registers again. */
  async refresh() {
    const scope = await subject.open();
    const accounts = await registerMany(scope, refreshed);
    let next = 0;
    return cpuWithRegistrar({
      prepare: () => accounts[next++ % refreshed],
      operate: (account) => subject.refresh(account),
      finish: () => {},
    });
  },

  /** What each of many registered accounts keeps allocated, in bytes. */
  async memory() {
    const scope = await subject.open();
    const kept = await registerMany(scope, plan.warmUp);
    const before = await allocated();
    kept.push(...(await registerMany(scope, plan.memory)));
    const after = await allocated();
    return {
      heapBytes: (after.heapUsed - before.heapUsed) / plan.memory,
      // The memory of WebAssembly is among what V8 calls external.
      externalBytes: (after.external - before.external) / plan.memory,
      accounts: kept.length,
    };
  },

  /** Refreshes while few and many registrations are held in one client. */
  async scale() {
    const scope = await subject.open();
    const accounts = [];
    const stages = [];
    for (const count of plan.scale) {
      const missing = count - accounts.length;
      const start = process.cpuUsage();
      for (const account of await registerMany(scope, missing)) accounts.push(account);
      const registerUs = spentUs(start) / missing;
      // Neighbours in memory are not refreshed one after the other.
      const stride = coprimeStride(count);
      let next = 0;
      const { cpuUs } = await cpuWithRegistrar({
        prepare: () => accounts[(next = (next + stride) % count)],
        operate: (account) => subject.refresh(account),
        finish: () => {},
      });
      stages.push({ held: count, cpuUs, registerUs });
    }
    return stages;
  },
};

async function cpuOfFirst(accounts, operate) {
  server.recording = [];
  const start = process.cpuUsage();
  for (const account of accounts) await operate(account);
  await macrotask();
  const totalUs = spentUs(start) / accounts.length;
  const registrarUs = (await replayInNewWorker(server.recording)) / accounts.length;
  const roundTrips = server.recording.length / accounts.length;
  server.recording = null;
  return { totalUs, registrarUs, cpuUs: totalUs - registrarUs, roundTrips };
}

/** A worker has an isolate of its own, so the registrar is as new as it was for the library. */
function replayInNewWorker(messages) {
  return new Promise((resolve, reject) => {
    new Worker(new URL('replay.mjs', import.meta.url), { workerData: messages })
      .once('message', resolve)
      .once('error', reject);
  });
}

/** The CPU time of an operation, and the registrar's share of it. */
async function cpuWithRegistrar(operation) {
  const messages = await recorded(operation);
  const totalUs = await cpu(operation);
  const registrarUs = await cpu(replay(messages));
  return { totalUs, registrarUs, cpuUs: totalUs - registrarUs, roundTrips: messages.length };
}

async function recorded({ prepare, operate, finish }) {
  const account = await prepare();
  server.recording = [];
  await operate(account);
  const messages = server.recording;
  server.recording = null;
  await finish(account);
  return messages;
}

/** The recorded exchange with nobody behind the socket. */
function replay(messages) {
  const socket = new MemoryWebSocket('wss://edge.example.com');
  socket.onmessage = () => {};
  return {
    prepare: () => socket,
    operate: () => send(socket, messages),
    finish: () => {},
  };
}

/** The median over some rounds, in µs an operation, after a warm-up twice as long as they take. */
async function cpu(operation) {
  const batch = { size: 10 };
  const figures = [];
  const warmSince = process.cpuUsage();
  while (spentUs(warmSince) < 2 * plan.seconds * 1e6) await timedBatch(operation, batch);
  for (let round = 0; round < rounds; round++) {
    let [spent, count] = [0, 0];
    while (spent < (plan.seconds * 1e6) / rounds) {
      const done = await timedBatch(operation, batch);
      spent += done.spent;
      count += done.count;
    }
    figures.push(spent / count);
  }
  return figures.sort((a, b) => a - b)[rounds >> 1];
}

async function timedBatch({ prepare, operate, finish }, batch) {
  const count = batch.size;
  const accounts = [];
  for (let i = 0; i < count; i++) accounts.push(await prepare());
  await macrotask();
  const start = process.cpuUsage();
  for (const account of accounts) await operate(account);
  // What the libraries postponed to a timer of 0 ms belongs to the operation.
  await macrotask();
  const spent = spentUs(start);
  for (const account of accounts) await finish(account);
  await macrotask();
  batch.size = Math.min(maxBatch, Math.max(10, Math.round((batchMs * 1e3 * count) / spent)));
  return { spent, count };
}

async function registerMany(scope, count) {
  const accounts = [];
  for (let i = 0; i < count; i++) {
    const account = await subject.build(scope, ++number);
    await subject.register(account);
    accounts.push(account);
    if (i % 100 === 99) await macrotask();
  }
  return accounts;
}

async function allocated() {
  // Timers of finished transactions run out, then two collections settle the figures.
  await delay(20);
  globalThis.gc();
  await macrotask();
  globalThis.gc();
  return process.memoryUsage();
}

function coprimeStride(count) {
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.round(count * 0.618));
  while (divisor(count, stride) !== 1) stride++;
  return stride;
}

const figures = await measures[task]();
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit());
