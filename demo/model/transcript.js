import { createLadder, describeMessage } from '../../dist/ladder.js';

/** Older messages go when there are more. */
export const mostMessages = 200;

/**
 * The messages of the connection, oldest first, each `{time, direction, data, seen}`; `seen` is what describeMessage()
 * reads in it. Keep-alives in a row share an entry: `{time, pings, pongs}`.
 */
export class Transcript {
  entries = [];

  /** Takes a message of the client's 'message' event. Returns its entry, which may be one that was there already. */
  add({ direction, data }, time) {
    const seen = describeMessage(data);
    const last = this.entries.at(-1);
    if (seen.isKeepAlive && last?.keepAlives) {
      last.keepAlives[direction] += 1;
      return last;
    }
    const entry = seen.isKeepAlive
      ? { time, keepAlives: { out: 0, in: 0, [direction]: 1 } }
      : { time, direction, data, seen };
    this.entries.push(entry);
    if (this.entries.length > mostMessages) this.entries.shift();
    return entry;
  }

  clear() {
    this.entries.length = 0;
  }

  /** SIP messages, without keep-alives. */
  get messages() {
    return this.entries.filter(({ keepAlives }) => !keepAlives);
  }

  /** The ladder as text, every message whole; what is secret was redacted by the library. */
  asText(server) {
    const ladder = createLadder({
      left: 'sipreg',
      right: server,
      width: 100,
      full: true,
      to: true,
    });
    const since = this.messages[0]?.time;
    const title =
      since === undefined ? 'No messages' : `SIP messages since ${new Date(since).toISOString()}`;
    return [title, '', ladder.header(), ...this.messages.map((each) => ladder.add(each)), ''].join(
      '\n',
    );
  }
}
