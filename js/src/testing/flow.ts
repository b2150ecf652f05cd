/** One client's connection as the registrar sees it, whatever carries it. */
export interface Flow {
  /** Sends one frame; nothing happens when the connection is gone. */
  send(frame: string): void;
  /** Closes with that code; 1006: without a closing handshake. */
  drop(code: number): void;
}

/** What carries connections tells the registrar about them. */
export interface FlowListener {
  /** Whether a connection that is being opened may open. */
  admit(): Promise<boolean>;
  opened(flow: Flow): void;
  received(flow: Flow, frame: string): void;
  /** May come more than once for a flow. */
  closed(flow: Flow): void;
}

/** The WebSocket subprotocol of RFC 7118 §4. */
export const subprotocol = 'sip';

/** The longest frame that is taken, in bytes (in memory: UTF-16 units of text). */
export const maxFrameLength = 65_536;

/** Codes that a server can close with (RFC 6455 §7.4), and 1006, which stands for no closing handshake at all. */
export function checkCloseCode(code: number, name: string): void {
  const named = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005;
  if (!Number.isInteger(code) || !(named || (code >= 3000 && code <= 4999))) {
    throw new TypeError(`${name} must be 1000 to 1014 or 3000 to 4999, not 1004 or 1005`);
  }
}
