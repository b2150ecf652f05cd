/**
 * What passes between a page and its worker: plain data that structured clone takes. Both are of one version, so it is
 * private but for `Connect` and `Welcome`, by which two versions tell that they differ.
 */
import type { Call } from '../agent.js';
import { optionError, RegistrationError, type ErrorDetails } from '../errors.js';
import type { FailureCode } from '../fields.js';
import type { Source } from '../load.js';
import { Failure, Result, Success, type Details } from '../results.js';
import type { Endpoint } from '../server.js';
import type { FieldList, Frame, Output } from '../session.js';
import type { ClientStats } from '../types.js';
import type { Port } from './ports.js';

/** The page's first message, on the channel that the application made; everything else goes over `port`. */
export interface Connect {
  sipreg: 'connect';
  version: string;
  port: Port;
  /** It has no WebAssembly of its own. */
  needsWasm: boolean;
}

/** The worker's first answer. */
export interface Welcome {
  type: 'welcome';
  version: string;
  wasm: Uint8Array | null;
  /** The Web Lock that it holds while it lives, where there are such. */
  lock: string | null;
}

export type FromPage =
  | {
      type: 'open';
      /** null: ask the page for it. */
      servers: (Endpoint | null)[];
      allowInsecure: boolean;
      fields: FieldList;
      wasm: Source | undefined;
      /** The Web Lock that the page holds while it wants this client. */
      lock: string | null;
    }
  /** `value`: what the page's core gave for the same call. */
  | { type: 'call'; call: Call; input: FieldList | Frame; rest: number[]; value: number }
  | { type: 'abandon'; reason: string }
  /** `url` null: the function gave none; its error stays in the page. */
  | { type: 'address'; question: number; url: string | null; failed: boolean }
  | { type: 'ping' }
  | { type: 'close' };

export type FromWorker =
  | Welcome
  | { type: 'opened' }
  /** open was refused. */
  | { type: 'failed'; error: PackedError }
  | News
  /** A call was refused, which only those of operations can be. */
  | { type: 'refused'; operation: number; error: PackedError }
  | { type: 'question'; question: number; server: number }
  | { type: 'pong' }
  | { type: 'trapped'; error: PackedError }
  | { type: 'closed' };

/** A batch of the core's outputs, and what else the page's properties are made of. */
export interface News {
  type: 'news';
  statistics: ClientStats;
  urls: string[];
  items: Item[];
}

/**
 * The worker opens and closes a channel of that number, and the registration's above it, when a registration changes: so
 * the page knows what one that it opens will say.
 */
export const firstLook = 2 ** 31;

export interface Item {
  output: Output;
  content: Frame | PackedResult;
  /** Of the output's flow. */
  url: string;
  lost: Lost;
}

/** Why the last socket was lost. */
export interface Lost {
  reason: string;
  url: string;
  cause: PackedError | null;
}

export interface PackedResult {
  json: string;
  success: { low: number; high: number; frame: Frame } | null;
  failure: FailureCode | null;
}

/** `question`: what a function of the page threw when it was asked that. */
export interface PackedError {
  name: string;
  message: string;
  details: ErrorDetails | null;
  option: string | null;
  question: number | null;
}

// ------------------------------------------------------------------------------------------------------------ shapes

type Shape = Record<string, (value: unknown) => boolean>;

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every(isNumber);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isInput = (value: unknown): boolean =>
  typeof value === 'string' || Array.isArray(value) || ArrayBuffer.isView(value);
const isItems = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((each) => fits(each, { output: isObject, lost: isObject, url: isText }));
const isError = (value: unknown): boolean => fits(value, { name: isText, message: isText });

const fromPage: Record<FromPage['type'], Shape> = {
  open: { servers: Array.isArray, fields: Array.isArray },
  call: { call: isText, input: isInput, rest: isNumbers, value: isNumber },
  abandon: { reason: isText },
  address: { question: isNumber },
  ping: {},
  close: {},
};

const fromWorker: Record<FromWorker['type'], Shape> = {
  welcome: { version: isText },
  opened: {},
  failed: { error: isError },
  news: { statistics: isObject, urls: isTexts, items: isItems },
  refused: { operation: isNumber, error: isError },
  question: { question: isNumber, server: isNumber },
  pong: {},
  trapped: { error: isError },
  closed: {},
};

function fits(value: unknown, shape: Shape): boolean {
  if (!isObject(value)) return false;
  const members = value as Record<string, unknown>;
  return Object.entries(shape).every(([name, isRight]) => isRight(members[name]));
}

function isOneOf(data: unknown, shapes: Record<string, Shape>): boolean {
  if (!isObject(data)) return false;
  const { type } = data as { type?: unknown };
  if (typeof type !== 'string' || !Object.hasOwn(shapes, type)) return false;
  return fits(data, shapes[type] ?? {});
}

/** What is no message of ours must not come: see who asks. */
export const isFromPage = (data: unknown): data is FromPage => isOneOf(data, fromPage);
export const isFromWorker = (data: unknown): data is FromWorker => isOneOf(data, fromWorker);

// ------------------------------------------------------------------------------------------------- results and errors

/** What `question` threw stays where the function is. */
export class AddressError extends Error {
  constructor(readonly question: number) {
    super('the server function failed');
  }
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'an error without a text';
  }
}

export function packError(error: unknown): PackedError {
  const told: Record<'name' | 'message', unknown> =
    error instanceof Error ? error : { name: 'Error', message: error };
  const [name, message] = [textOf(told.name), textOf(told.message)]; // which may hold anything
  const { option } = (error ?? {}) as { option?: unknown };
  const question = error instanceof AddressError ? error.question : null;
  let details: ErrorDetails | null = null;
  if (error instanceof RegistrationError) {
    details = Object.assign({} as ErrorDetails, error);
  }
  return { name, message, details, option: typeof option === 'string' ? option : null, question };
}

export function unpackError({ name, message, details, option }: PackedError): Error {
  if (details !== null) return new RegistrationError(message, details);
  if (option !== null) return optionError(option, message.slice(option.length + 2));
  return Object.assign(new Error(message), { name });
}

/** The core's results are text until somebody looks, and nobody does so in the worker. */
export function packResult(result: Result): PackedResult {
  const json = result.content as string;
  const success =
    result instanceof Success ? { low: result.low, high: result.high, frame: result.frame } : null;
  return { json, success, failure: result instanceof Failure ? result.code : null };
}

export function unpackResult(
  { json, success, failure }: PackedResult,
  readResponse: (frame: Frame) => Details,
): Result {
  if (success !== null) {
    return new Success(json, success.low, success.high, success.frame, readResponse);
  }
  return failure === null ? new Result(json) : new Failure(json, failure);
}

/** What a call that the worker's core refused ends with. */
export class Refusal extends Result {
  readonly #error: Error;

  constructor(error: Error) {
    super('');
    this.#error = error;
  }

  protected override make(): object {
    return this.#error;
  }
}
