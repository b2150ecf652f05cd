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
  #waiting: (() => void)[] = [];

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
    for (const goOn of this.#waiting.splice(0)) goOn();
  }

  /** Whether a new connection opens; waits while the network is frozen. */
  async admit(): Promise<boolean> {
    while (this.#state === 'frozen') {
      await new Promise<void>((goOn) => {
        this.#waiting.push(goOn);
      });
    }
    return this.#state === 'up';
  }
}
