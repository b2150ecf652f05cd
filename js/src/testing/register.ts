import type { Flow } from './flow.js';
import { param, quoted, readNameAddr, unquote, type NameAddr } from './fields.js';
import { secondsLeft, type LocationService, type StoredBinding } from './location.js';
import { list, optionTags, row, type Request } from './message.js';
import { badRequest, Refusal, type HeaderRow } from './refusal.js';
import { aorText, readUri, sameUri, type Uri } from './uri.js';

export interface RegisterSettings {
  /** Seconds. */
  minExpires: number;
  /** Seconds. */
  maxExpires: number;
  location: LocationService;
  /** Whether RFC 5626 is known here. */
  outbound: boolean;
  /** Flow-Timer of a 2xx, in seconds. */
  flowTimer: number | undefined;
  uniqueToken: () => string;
}

/** When and over which connection a request came. */
export interface Arrival {
  now: number;
  flow: Flow;
}

/** One element of Contact, checked. */
interface Contact {
  address: NameAddr;
  uri: Uri;
  q: number | null;
  instanceId: string | null;
  regId: number | null;
  /** The lifetime asked for, in seconds. */
  expires: number;
}

const maxContacts = 64;
/** What a request gets that asks for no lifetime, and what a malformed one stands for (RFC 3261 §10.2.1.1). */
const defaultExpires = 3600;
const longestExpires = 2 ** 32 - 1;
/** Parameters of ours, which a client cannot set. */
const registrarParams = new Set(['expires', 'pub-gruu', 'temp-gruu']);

function readExpires(value: string | true | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value === true || !/^\d+$/.test(value)) return defaultExpires;
  return Math.min(Number(value), longestExpires);
}

function readQ(value: string | true | undefined): number | null {
  if (value === undefined) return null;
  if (value === true || !/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value)) {
    throw badRequest('Malformed q');
  }
  return Number(value);
}

/** RFC 5626 §4.1: +sip.instance="<urn:…>", of the characters that a URI can have. */
function readInstance(value: string | true | undefined): string | null {
  if (value === undefined) return null;
  const match = value === true ? null : /^"<([!#-;=?-[\]-~]+)>"$/.exec(value);
  if (!match?.[1]) throw badRequest('Malformed +sip.instance');
  return match[1];
}

function readRegId(value: string | true | undefined): number | null {
  if (value === undefined) return null;
  const regId = value !== true && /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (regId < 1 || regId >= 2 ** 31) throw badRequest('Malformed reg-id');
  return regId;
}

function readContact(element: string, headerExpires: number | undefined): Contact {
  const address = readNameAddr(element);
  const uri = readUri(address.uri);
  // A GRUU cannot be registered as a contact: it would lead back to itself (RFC 5627 §5.1).
  if (uri.params.has('gr')) throw new Refusal(403, 'Contact Is a GRUU');
  const of = (name: string) => param(address.params, name);
  return {
    address,
    uri,
    q: readQ(of('q')),
    instanceId: readInstance(of('+sip.instance')),
    regId: readRegId(of('reg-id')),
    expires: readExpires(of('expires')) ?? headerExpires ?? defaultExpires,
  };
}

/** An update counts only if its CSeq is higher than that of the same Call-ID's last one (§10.3 steps 6 and 7). */
function checkOrder(binding: StoredBinding, request: Request): void {
  if (binding.callId === request.callId && request.cseq <= binding.cseq) {
    throw new Refusal(500, 'CSeq Is Not Higher Than the Last One');
  }
}

/** `Contact: *` removes all bindings, and is legal only alone and with Expires: 0 (§10.3 step 6). */
function clear(request: Request, contacts: string[], current: readonly StoredBinding[]): void {
  const expires = row(request, 'expires');
  if (contacts.length > 1 || expires === undefined || !/^0+$/.test(expires)) {
    throw badRequest('Contact * Needs Expires 0 and No Other Contact');
  }
  for (const binding of current) checkOrder(binding, request);
}

function grantedSeconds(asked: number, settings: RegisterSettings): number {
  const { minExpires, maxExpires } = settings;
  if (asked > 0 && asked < minExpires) {
    throw new Refusal(423, 'Interval Too Brief', [['Min-Expires', String(minExpires)]]);
  }
  return Math.min(asked, maxExpires);
}

/** With outbound, +sip.instance and reg-id name the binding (RFC 5626 §6), otherwise the URI does (RFC 3261 §10.3). */
function isBindingOf(binding: StoredBinding, contact: Contact, outbound: boolean): boolean {
  if (outbound && binding.outbound) {
    return (
      binding.regId === contact.regId &&
      binding.instanceId?.toLowerCase() === contact.instanceId?.toLowerCase()
    );
  }
  return sameUri(binding.uri, contact.uri);
}

function isFlow(contact: Contact, supported: readonly string[]): boolean {
  return supported.includes('outbound') && contact.instanceId !== null && contact.regId !== null;
}

/** The bindings after the request; throws, and changes nothing, when one of its Contacts cannot be served. */
function update(
  request: Request,
  contacts: readonly Contact[],
  current: readonly StoredBinding[],
  supported: readonly string[],
  settings: RegisterSettings,
  { now, flow }: Arrival,
): StoredBinding[] {
  const next = [...current];
  for (const contact of contacts) {
    const outbound = isFlow(contact, supported);
    const granted = grantedSeconds(contact.expires, settings);
    const index = next.findIndex((binding) => isBindingOf(binding, contact, outbound));
    const existing = next[index];
    if (existing && current.includes(existing)) checkOrder(existing, request);
    if (granted === 0) {
      if (existing) next.splice(index, 1);
      continue;
    }
    const { uri, q, instanceId, regId, address } = contact;
    const gruu = supported.includes('gruu') && instanceId !== null;
    next.splice(existing ? index : next.length, 1, {
      uri,
      displayName: address.displayName,
      params: address.params.filter(([name]) => !registrarParams.has(name)),
      q,
      instanceId,
      regId,
      outbound,
      tempGruu: gruu ? settings.uniqueToken() : (existing?.tempGruu ?? null),
      callId: request.callId,
      cseq: request.cseq,
      expiresAt: now + granted * 1000,
      flow,
    });
  }
  return next;
}

/** RFC 5627 §5.3: both GRUUs of a binding, for a client that supports them. */
function gruuParams(binding: StoredBinding, aor: Uri): string {
  if (binding.instanceId === null || binding.tempGruu === null) return '';
  const instance = encodeURIComponent(binding.instanceId).replaceAll('%3A', ':');
  const pub = `${aorText(aor)};gr=${instance}`;
  const host = aor.port === '' ? aor.host : `${aor.host}:${aor.port}`;
  const temp = `${aor.scheme}:tgruu.${binding.tempGruu}@${host};gr`;
  return `;pub-gruu=${quoted(pub)};temp-gruu=${quoted(temp)}`;
}

function contactRow(binding: StoredBinding, aor: Uri, gruu: boolean, now: number): HeaderRow {
  let value = binding.displayName === '' ? '' : `${binding.displayName} `;
  value += `<${binding.uri.text}>;expires=${secondsLeft(binding, now)}`;
  if (gruu) value += gruuParams(binding, aor);
  for (const [name, raw] of binding.params) value += raw === true ? `;${name}` : `;${name}=${raw}`;
  return ['Contact', value];
}

/**
 * Serves a REGISTER for `aor` (RFC 3261 §10.3, RFC 5626 §6, RFC 5627 §5) and gives the rows of its 200: all bindings the
 * AOR has then. Throws a Refusal and changes nothing where the request cannot be served whole.
 */
export function register(
  request: Request,
  aor: Uri,
  settings: RegisterSettings,
  arrival: Arrival,
): HeaderRow[] {
  const supported = optionTags(request, 'supported').filter(
    (tag) => settings.outbound || tag !== 'outbound',
  );
  const elements = list(request, 'contact');
  if (elements.length > maxContacts) throw badRequest('Too many Contacts');
  const { now } = arrival;
  const current = settings.location.bindings(aor, now);
  let next = current;
  let contacts: Contact[] = [];
  if (elements.includes('*')) {
    clear(request, elements, current);
    next = [];
  } else if (elements.length > 0) {
    const headerExpires = readExpires(row(request, 'expires'));
    contacts = elements.map((element) => readContact(element, headerExpires));
    next = update(request, contacts, current, supported, settings, arrival);
  }
  settings.location.replace(aor, next);

  const rows: HeaderRow[] = [];
  // RFC 5626 §6: says that the registrar did what reg-id asks for.
  if (contacts.some((contact) => isFlow(contact, supported))) {
    rows.push(['Require', 'outbound']);
    if (settings.flowTimer !== undefined) rows.push(['Flow-Timer', String(settings.flowTimer)]);
  }
  const gruu = supported.includes('gruu');
  for (const binding of next) rows.push(contactRow(binding, aor, gruu, now));
  return rows;
}

/** The display name without its quotes; undefined when there is none. */
export function plainDisplayName(binding: StoredBinding): string | undefined {
  return binding.displayName === '' ? undefined : unquote(binding.displayName);
}
