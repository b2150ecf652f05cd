/** What both ends do with a MessagePort, be it the DOM's or Node's. */
export interface Port extends WorkerLike {
  onmessage: ((event: MessageEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  close(): void;
}

/** A Worker or a MessagePort, of the DOM or of Node's worker_threads. */
export interface WorkerLike {
  /** Sends a message. */
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
}

/** A SharedWorker. */
export interface SharedWorkerLike {
  /** The page's end of its channel. */
  readonly port: WorkerLike;
}

type Listener = (event: object) => void;

interface Emitting {
  on(type: string, listener: Listener): unknown;
  off(type: string, listener: Listener): unknown;
}

/** Listens on an EventTarget, or on a Worker of Node's, which is none. Returns what ends that. */
export function listen(target: object, type: string, listener: Listener): () => void {
  if ('addEventListener' in target) {
    const events = target as EventTarget;
    events.addEventListener(type, listener);
    return () => {
      events.removeEventListener(type, listener);
    };
  }
  if (!('on' in target)) return () => undefined;
  const emitter = target as Emitting;
  emitter.on(type, listener);
  return () => {
    emitter.off(type, listener);
  };
}
