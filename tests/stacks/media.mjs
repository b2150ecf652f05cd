// Stand-ins for a browser's media: a call needs a session description, and here nobody speaks.

export const description = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  '',
].join('\r\n');

class PeerConnection extends EventTarget {
  iceConnectionState = 'connected';
  iceGatheringState = 'complete';
  signalingState = 'stable';
  localDescription = null;

  createOffer() {
    return Promise.resolve({ type: 'offer', sdp: description });
  }

  createAnswer() {
    return Promise.resolve({ type: 'answer', sdp: description });
  }

  setLocalDescription(local) {
    this.localDescription = local;
    return Promise.resolve();
  }

  setRemoteDescription() {
    return Promise.resolve();
  }

  getSenders() {
    return [];
  }

  close() {
    this.signalingState = 'closed';
  }
}

class SessionDescription {
  constructor(given) {
    Object.assign(this, given);
  }
}

/** What JsSIP looks for in the page; and the stacks' timers, of up to 32 s after a call, keep no process from its end. */
export function installMedia() {
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (...given) => {
    const timer = setTimeout(...given);
    timer.unref?.();
    return timer;
  };
  globalThis.RTCPeerConnection = PeerConnection;
  globalThis.RTCSessionDescription = SessionDescription;
  globalThis.window = { RTCPeerConnection: PeerConnection };
}

/** SIP.js takes its media layer as an option. */
export const sessionDescriptionHandlerFactory = () => ({
  close: () => undefined,
  getDescription: () => Promise.resolve({ body: description, contentType: 'application/sdp' }),
  hasDescription: (type) => type === 'application/sdp',
  setDescription: () => Promise.resolve(),
  sendDtmf: () => false,
});
