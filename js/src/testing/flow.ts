/** One client's connection as the registrar sees it, whatever carries it. */
export interface Flow {
  /** Sends one frame; nothing happens when the connection is gone. */
  send(frame: string): void;
  /** Closes with that code; 1006: without a closing handshake. */
  drop(code: number): void;
}

/** What carries connections tells the registrar about them. */
export interface FlowListener {
  opened(flow: Flow): void;
  received(flow: Flow, frame: string): void;
  /** May come more than once for a flow. */
  closed(flow: Flow): void;
}

/** The WebSocket subprotocol of RFC 7118 §4. */
export const subprotocol = 'sip';

/** The longest frame that is taken, in bytes (in memory: UTF-16 units of text). */
export const maxFrameLength = 65_536;
