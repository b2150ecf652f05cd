/**
 * The words after the command: parsed by node:util's parseArgs, checked here so that every mistake is one line that names
 * the option.
 */
import { parseArgs } from 'node:util';
import { UsageError } from './failure.js';

export interface OptionSpec {
  /** Stands for the value in the help; absent: a switch. */
  value?: string;
  /** May be given more than once. */
  repeatable?: true;
  help: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** Every command has them. */
const helpOption: OptionTable = { help: { help: 'show this help' } };

const HELP_COLUMN = 30;

/** A command's options and its URL. No error quotes what was given: it may be a secret in the wrong place. */
export class Arguments {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #urls: readonly string[];

  constructor(values: ReadonlyMap<string, readonly string[]>, urls: readonly string[]) {
    this.#values = values;
    this.#urls = urls;
  }

  /** The WebSocket URLs in order of preference; commands that take none do not ask. */
  get urls(): [string, ...string[]] {
    const [first, ...others] = this.#urls;
    if (first === undefined) {
      throw new UsageError('<ws-url> is missing, for example wss://sip.example.com');
    }
    return [first, ...others];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  required(name: string, example: string): string {
    const value = this.text(name);
    if (value === undefined)
      throw new UsageError(`--${name} is missing, for example --${name} ${example}`);
    return value;
  }

  /** A whole number; the library knows what range it must be in. */
  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,15}$/.test(value)) throw new UsageError(`--${name} must be a whole number`);
    return Number(value);
  }

  /** A time of up to `most` seconds, in milliseconds. */
  milliseconds(name: string, most: number): number | undefined {
    const seconds = this.integer(name);
    if (seconds === undefined) return undefined;
    if (seconds < 1 || seconds > most) {
      throw new UsageError(`--${name} must be from 1 to ${most} seconds`);
    }
    return seconds * 1000;
  }

  /** `name=value` or a bare `name`, as a record; a name that comes twice keeps its last value. */
  parameters(name: string): Record<string, string | true> {
    const entries = this.list(name).map((text): [string, string | true] => {
      const [, key = '', value] = /^([^=]*)(?:=([^]*))?$/.exec(text) ?? [];
      if (key === '') throw new UsageError(`--${name} must be name=value or a name`);
      return [key, value ?? true];
    });
    return Object.fromEntries(entries);
  }

  /** `Name: value`, as a record that keeps repeated headers. */
  headers(name: string): Record<string, string[]> {
    const headers = new Map<string, string[]>();
    for (const text of this.list(name)) {
      const colon = text.indexOf(':');
      if (colon < 1) throw new UsageError(`--${name} must be 'Name: value'`);
      const key = text.slice(0, colon).trim();
      headers.set(key, [...(headers.get(key) ?? []), text.slice(colon + 1).trim()]);
    }
    return Object.fromEntries(headers);
  }
}

function checkedValue(
  name: string,
  spec: OptionSpec,
  value: string | undefined,
  inline: boolean,
): string {
  if (spec.value === undefined) {
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    return '';
  }
  if (value === undefined)
    throw new UsageError(`--${name} needs a value: --${name} <${spec.value}>`);
  if (!inline && value.length > 1 && value.startsWith('-')) {
    throw new UsageError(
      `--${name} needs a value; one that starts with a dash is written --${name}=<value>`,
    );
  }
  return value;
}

function unknownOption(rawName: string, table: OptionTable): string {
  const file = `${rawName.replace(/^-+/, '')}-file`;
  return Object.hasOwn(table, file)
    ? `${rawName} would show in the process list; use --${file} or its environment variable`
    : `unknown option ${rawName}`;
}

/** True where the words ask for help; nothing else in them counts then. */
export function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === '--help' || word === '-h');
}

/** Parses a command's words; `takesUrl`: <ws-url>s may stand among them. Throws UsageError. */
export function parseArguments(
  words: readonly string[],
  table: OptionTable,
  takesUrl: boolean,
): Arguments {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true });
  const values = new Map<string, string[]>();
  const urls: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'option') {
      const spec = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
      if (!spec) throw new UsageError(unknownOption(token.rawName, table));
      const value = checkedValue(token.name, spec, token.value, token.inlineValue ?? false);
      const earlier = values.get(token.name) ?? [];
      if (earlier.length > 0 && spec.repeatable !== true) {
        throw new UsageError(`--${token.name} is given twice`);
      }
      values.set(token.name, [...earlier, value]);
    } else if (token.kind === 'positional') {
      if (!takesUrl)
        throw new UsageError('this command takes options only; quote values that have blanks');
      // A word that is no URL is most likely part of a value with a blank in it.
      if (urls.length > 0 && !/^wss?:/i.test(token.value))
        throw new UsageError('more than one <ws-url>; quote values that have blanks');
      urls.push(token.value);
    }
  }
  return new Arguments(values, urls);
}

/** The options as lines of the help. */
export function describeOptions(table: OptionTable): string {
  return Object.entries({ ...table, ...helpOption })
    .map(([name, { value, help, repeatable }]) => {
      const left = `  --${name}${value === undefined ? '' : ` <${value}>`}`;
      const text = repeatable === true ? `${help}; may be repeated` : help;
      const lines = text.split('\n').join(`\n${' '.repeat(HELP_COLUMN)}`);
      return left.length < HELP_COLUMN - 1
        ? left.padEnd(HELP_COLUMN) + lines
        : `${left}\n${' '.repeat(HELP_COLUMN)}${lines}`;
    })
    .join('\n');
}
