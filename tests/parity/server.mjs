// The answers of a server that a random life meets.

const algorithms = [
  'MD5',
  'MD5-sess',
  'SHA-256',
  'SHA-256-sess',
  'SHA-512-256',
  'SHA-512-256-sess',
  'AKAv1-MD5',
];

const header = (request, name) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(request)?.[1] ?? '';

/** What a server may answer to a REGISTER: mostly what it should. */
export function compose(request, chance) {
  const grant = (expires) =>
    header(request, 'Contact').replace(/;expires=\d+/, `;expires=${expires}`);
  const own = grant(chance.pick([chance.below(900), 60, 600, 3600, 2 ** 32 - 1]));
  const accept = (...rows) =>
    respond(
      chance,
      request,
      200,
      /;expires=0/.test(header(request, 'Contact')) ? [] : [`Contact: ${own}`, ...rows],
    );
  const nonce = `n${chance.below(1000)}`;
  switch (chance.below(24)) {
    case 0:
    case 1:
    case 2:
      return respond(chance, request, 401, challenges(chance, 'WWW-Authenticate', nonce));
    case 3:
      return respond(chance, request, 407, challenges(chance, 'Proxy-Authenticate', nonce));
    case 4:
      return respond(chance, request, 423, [`Min-Expires: ${chance.below(3000)}`]);
    case 5:
      return respond(chance, request, 503, [`Retry-After: ${chance.below(200)} (busy)`]);
    case 6:
      return respond(chance, request, 100, []);
    case 7:
      return respond(
        chance,
        request,
        chance.pick([302, 400, 403, 404, 408, 415, 439, 430, 480, 491, 494, 500, 600, 699]),
        [],
      );
    case 8:
      return respond(chance, request, 420, [
        `Unsupported: ${chance.pick(['gruu', 'path, outbound', '100rel'])}`,
      ]);
    case 9:
      return respond(chance, request, 421, [`Require: ${chance.pick(['path', 'sec-agree'])}`]);
    case 10:
      return respond(chance, request, 200, ['Contact: <sip:other@host>;expires=90']);
    case 11:
      return respond(chance, request, 200, [
        `Expires: ${chance.below(500)}`,
        `Contact: ${own.replace(/;expires=\d+/, '')}`,
      ]);
    case 12:
      return accept(
        `Authentication-Info: nextnonce="${nonce}", qop=auth, rspauth="${chance.pick(['00', 'f'.repeat(32)])}"`,
        'Service-Route: <sip:a;lr>,\r\n <sip:b;lr>',
        'Path: <sip:p;lr>',
        'P-Associated-URI: <sip:alias@example.com>',
        'Require: outbound',
      );
    case 13:
      return accept(
        `Contact: "Ä" <sip:x@[::1]:5060;transport=ws>;q=0.5;expires=7;+sip.instance="<urn:uuid:1>"`,
        'Contact: broken <',
        'Date: Tue, 14 Nov 2023 22:13:20 GMT',
        'Feature-Caps: *;+sip.pns="webpush";+sip.vapid="k"',
      );
    case 14:
      return accept(
        `${header(request, 'Contact')};pub-gruu="sip:alice@example.com;gr=1";temp-gruu="sip:t@example.com;gr"`,
      );
    default:
      return accept();
  }
}

function challenges(chance, name, nonce) {
  return Array.from({ length: 1 + chance.below(3) }, () => {
    if (chance.oneIn(6))
      return `${name}: Bearer realm="example.com", scope="sip", authz_server="https://as"`;
    const realm = chance.pick(['example.com', 'example.com', 'other', 'quoted \\" realm']);
    const more = [
      chance.oneIn(2) && `algorithm=${chance.pick(algorithms)}`,
      chance.oneIn(2) && `qop="${chance.pick(['auth', 'auth-int', 'auth,auth-int'])}"`,
      chance.oneIn(3) && `opaque="${nonce}"`,
      chance.oneIn(3) && 'stale=true',
      chance.oneIn(4) && 'userhash=true',
    ];
    return `${name}: ${[`Digest realm="${realm}"`, `nonce="${nonce}"`, ...more.filter(Boolean)].join(', ')}`;
  });
}

function respond(chance, request, status, rows) {
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(
    (name) => `${name}: ${header(request, name)}`,
  );
  const to = `To: ${header(request, 'To')};tag=s${chance.below(9)}`;
  return [`SIP/2.0 ${status} Reason`, ...copied, to, ...rows, 'Content-Length: 0', '', ''].join(
    '\r\n',
  );
}
