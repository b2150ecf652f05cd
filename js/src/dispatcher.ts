/**
 * Keeps two queues. Actions are what the core asks for (frames, sockets, stored credentials): they are done first and at
 * once. News concern listeners and callers, who may call anything from where they are: what that leads to is done at once
 * again, and its news wait for their turn.
 */
export class Dispatcher {
  readonly #actions: (() => void)[] = [];
  readonly #news: (() => void)[] = [];
  #acting = false;
  #telling = false;

  act(action: () => void): void {
    this.#actions.push(action);
  }

  tell(news: () => void): void {
    this.#news.push(news);
  }

  /** To be called after everything that may have queued something. True when both queues are empty. */
  run(): boolean {
    if (this.#acting) return false;
    this.#acting = true;
    try {
      drain(this.#actions);
    } finally {
      this.#acting = false;
    }
    if (this.#telling) return false;
    this.#telling = true;
    try {
      drain(this.#news);
    } finally {
      this.#telling = false;
    }
    return true;
  }
}

/** Calls what was queued, and what is queued meanwhile; what throws is not called again. */
function drain(queue: (() => void)[]): void {
  let done = 0;
  try {
    for (const call of queue) {
      done++;
      call();
    }
  } finally {
    queue.splice(0, done);
  }
}
