import type { Binding } from '../types.js';
import type { Flow, FlowListener } from './flow.js';
import { listen } from './listener.js';
import { secondsLeft, type StoredBinding } from './location.js';
import { MemorySocket } from './memory-socket.js';
import { readOptions, type TestRegistrar, type TestRegistrarOptions } from './options.js';
import { plainDisplayName } from './register.js';
import { Server } from './server.js';
import { isSip, readUri, type Uri } from './uri.js';

/** Parameters of a Contact that a Binding has properties for. */
const namedParams = new Set(['q', '+sip.instance', 'reg-id']);

function publicBinding(binding: StoredBinding, now: number): Binding {
  const { instanceId, regId } = binding;
  const displayName = plainDisplayName(binding);
  return {
    uri: binding.uri.text,
    ...(displayName === undefined ? {} : { displayName }),
    expires: secondsLeft(binding, now),
    q: binding.q,
    ...(instanceId === null ? {} : { instanceId }),
    ...(regId === null ? {} : { regId }),
    params: Object.fromEntries(binding.params.filter(([name]) => !namedParams.has(name))),
    own: false,
  };
}

function readAor(aor: string): Uri {
  try {
    const uri = readUri(aor);
    if (isSip(uri)) return uri;
  } catch {
    // said below, in the words of this method
  }
  throw new TypeError('bindings(): aor must be a SIP URI, such as "sip:alice@example.com"');
}

/** Codes that a server can close with (RFC 6455 §7.4), and 1006, which stands for no closing handshake at all. */
function checkCloseCode(code: number): void {
  const named = code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005;
  if (!Number.isInteger(code) || !(named || (code >= 3000 && code <= 4999))) {
    throw new TypeError(
      'disconnect(): code must be 1000 to 1014 or 3000 to 4999, not 1004 or 1005',
    );
  }
}

/**
 * Makes a registrar for tests, with nothing registered. It keeps to RFC 3261 §10.3, RFC 7616, RFC 5626 §6 and RFC 5627
 * §5, and needs no network: give its `webSocket` to createClient(). Throws a TypeError that names the option.
 *
 * @example
 * const registrar = createTestRegistrar({ users: { alice: 'secret' } });
 * const client = await createClient({ server: 'ws://localhost', webSocket: registrar.webSocket });
 */
export function createTestRegistrar(options: TestRegistrarOptions = {}): TestRegistrar {
  const settings = readOptions(options);
  const server = new Server(settings);
  const flows = new Set<Flow>();
  const requests: string[] = [];

  const listener: FlowListener = {
    opened: (flow) => flows.add(flow),
    closed: (flow) => flows.delete(flow),
    received: (flow, frame) => {
      // RFC 5626 §3.5.1: a double CRLF is a ping, and its pong a single one, which nobody answers.
      if (frame === '\r\n\r\n') flow.send('\r\n');
      else if (!frame.startsWith('SIP/2.0 ') && frame.trim() !== '') {
        requests.push(frame);
        const answer = server.answer(frame);
        if (answer !== '') flow.send(answer);
      }
    },
  };

  return {
    webSocket: (url, protocols) => new MemorySocket(url, protocols, listener),
    requests,
    get connections() {
      return flows.size;
    },
    forgetRequests: () => {
      requests.length = 0;
    },
    bindings: (aor) => {
      const now = settings.now();
      return server.location.bindings(readAor(aor), now).map((each) => publicBinding(each, now));
    },
    send: (frame) => {
      for (const flow of flows) flow.send(frame);
    },
    disconnect: (code = 1006) => {
      checkCloseCode(code);
      for (const flow of [...flows]) flow.drop(code);
    },
    listen: (port = 0) => listen(port, listener),
  };
}
