import { optionError } from './errors.js';
import { readCredentials } from './options.js';
import { isThenable } from './promises.js';
import type { FieldList } from './session.js';
import type { ChallengeInfo, CredentialsProvider } from './types.js';

/** Hands the answer to the core; an empty list says that there are none. Throws for malformed ones. */
type Answer = (id: number, challenge: number, fields: FieldList) => void;

/** Asks the application's functions for credentials, one question at a time for each registration. */
export class CredentialsDesk {
  readonly #answer: Answer;
  readonly #questions = new Map<number, AbortController>();
  readonly #causes = new Map<number, unknown>();

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  ask(id: number, challenge: number, info: ChallengeInfo, provider: CredentialsProvider): void {
    this.dismiss(id);
    const question = new AbortController();
    this.#questions.set(id, question);
    const settle = (fields: () => FieldList): void => {
      const open = this.#close(id, question);
      try {
        this.#answer(id, challenge, fields());
      } catch (cause) {
        if (open) this.#causes.set(id, cause);
        this.#answer(id, challenge, []);
      }
    };
    const fail = (cause: unknown): void => {
      settle(() => {
        throw cause;
      });
    };
    let value: unknown;
    try {
      value = provider(info, { signal: question.signal });
    } catch (cause) {
      fail(cause);
      return;
    }
    if (isThenable(value)) {
      value.then((given) => {
        settle(() => toFields(given));
      }, fail);
    } else {
      settle(() => toFields(value));
    }
  }

  /** False when the question was dismissed. The core sorts out late answers. */
  #close(id: number, question: AbortController): boolean {
    return this.#questions.get(id) === question && this.#questions.delete(id);
  }

  /** Whether a question of that registration has no answer yet. */
  isAsking(id: number): boolean {
    return this.#questions.has(id);
  }

  /** The answer is not wanted any more. */
  dismiss(id: number): void {
    this.#questions.get(id)?.abort();
    this.#questions.delete(id);
  }

  /** What the function threw, once. */
  takeCause(id: number): unknown {
    const cause = this.#causes.get(id);
    this.#causes.delete(id);
    return cause;
  }
}

function toFields(value: unknown): FieldList {
  const secrets = readCredentials(value ?? undefined);
  if (typeof secrets === 'function') {
    throw optionError('credentials', 'the function must give credentials or null');
  }
  return secrets ?? [];
}
