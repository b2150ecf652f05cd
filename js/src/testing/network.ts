/**
 * 'up': all is well. 'frozen': connections stay open and nothing comes through either way, new ones wait. 'down': all
 * connections are dropped (1006) and new ones are refused.
 */
export type Network = 'up' | 'frozen' | 'down';

const states: readonly Network[] = ['up', 'frozen', 'down'];

/** What lies between the clients and the registrar. */
export class NetworkState {
  readonly #dropAll: () => void;
  #state: Network = 'up';
  #waiting: ((open: boolean) => void)[] = [];

  constructor(dropAll: () => void) {
    this.#dropAll = dropAll;
  }

  get state(): Network {
    return this.#state;
  }

  set state(state: Network) {
    if (!states.includes(state)) throw new TypeError(`network must be ${states.join(', ')}`);
    this.#state = state;
    if (state === 'down') this.#dropAll();
    if (state === 'frozen') return;
    for (const admit of this.#waiting.splice(0)) admit(state === 'up');
  }

  /** Whether a new connection opens; waits while the network is frozen. */
  admit(): Promise<boolean> {
    if (this.#state !== 'frozen') return Promise.resolve(this.#state === 'up');
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
