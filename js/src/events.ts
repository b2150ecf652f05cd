import type { ClientEventMap, RegistrationEventMap } from './types.js';

type Maps = ClientEventMap & RegistrationEventMap;
type Type = keyof Maps;

const types: readonly Type[] = [
  'statechange',
  'registered',
  'refreshed',
  'unregistered',
  'failed',
  'retry',
  'warning',
  'connectionchange',
  'message',
  'request',
];

const bitOf = (type: string): number => 1 << (types as readonly string[]).indexOf(type);

let heard: (target: Emitter) => number;

/** An event target that remembers which types somebody listened to: no event is made for the others. */
export class Emitter extends EventTarget {
  #heard = 0;

  static {
    heard = (target) => target.#heard;
  }

  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.#heard |= bitOf(type);
    super.addEventListener(type, listener, options);
  }
}

/**
 * Calls the listeners now, with the detail that is made for them. One that throws does not keep the others from running.
 * Returns true when one of them took a cancelable event.
 */
export function emit<K extends Type>(
  target: Emitter,
  type: K,
  detail: () => Maps[K]['detail'],
  cancelable = false,
): boolean {
  if ((heard(target) & bitOf(type)) === 0) return false;
  return !target.dispatchEvent(new CustomEvent(type, { detail: detail(), cancelable }));
}
