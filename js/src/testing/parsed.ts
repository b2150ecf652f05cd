import { list, longName, readMessage, row, rowsOf, type Message } from './message.js';

/** What a request and a response have in common. Header names are asked for in any case, in long or compact form. */
export interface ParsedMessage {
  /** The frame as it came. */
  readonly text: string;
  /** All header fields in order, unfolded; names in lower case and in their long form. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What follows the header; mostly empty. */
  readonly body: string;
  /** The value of the first header field of that name. */
  header(name: string): string | undefined;
  /** The values of all header fields of that name. */
  all(name: string): string[];
  /** The same with comma-separated values taken apart, as in Contact, Supported and Route. */
  list(name: string): string[];
}

/** A request, read. Nothing is checked: of a broken one, what can be read is there and the rest is ''. */
export interface ParsedRequest extends ParsedMessage {
  /** "REGISTER" */
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
}

/** A response, read. */
export interface ParsedResponse extends ParsedMessage {
  /** 100 … 699; 0: it cannot be read. */
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
}

function view(text: string, message: Message): ParsedMessage {
  return {
    text,
    headers: message.rows,
    body: message.body,
    header: (name) => row(message, longName(name)),
    all: (name) => rowsOf(message, longName(name)),
    list: (name) => list(message, longName(name)),
  };
}

/** Reads a request as far as it can be read. */
export function parseRequest(text: string): ParsedRequest {
  const message = readMessage(text);
  const [method = '', uri = ''] = message.startLine.split(' ');
  return { ...view(text, message), method, uri };
}

/** Reads a response as far as it can be read. */
export function parseResponse(text: string): ParsedResponse {
  const message = readMessage(text);
  const [, status, reason = ''] = /^SIP\/2\.0 (\d{3})(?: (.*))?$/.exec(message.startLine) ?? [];
  return { ...view(text, message), status: Number(status ?? 0), reason };
}
