import { byId, element, followsEnd, setText } from './dom.js';
import { timeOfDay } from './time.js';

const ladder = byId('ladder');
const most = 200;
const messages = [];
let keepAlives = null;

/** Adds one message of the client's 'message' event; `data` has its secrets redacted by the library. */
export function addMessage({ direction, data, url }) {
  const follow = followsEnd(ladder);
  setText(byId('ladder-server'), new URL(url).host);
  if (data.trim() === '') addKeepAlive(direction);
  else addSip(direction, data);
  while (ladder.childElementCount > most) ladder.firstElementChild.remove();
  drawFrame();
  if (follow) ladder.scrollTop = ladder.scrollHeight;
}

drawFrame();

/** Empties the ladder. */
export function clearMessages() {
  messages.length = 0;
  keepAlives = null;
  ladder.replaceChildren();
  drawFrame();
}

/** All messages as text, oldest first. */
export function messagesAsText() {
  return messages.join('\n');
}

function drawFrame() {
  const empty = ladder.childElementCount === 0;
  byId('ladder-empty').hidden = !empty;
  byId('ladder-ends').hidden = empty;
  ladder.hidden = empty;
  byId('copy').disabled = messages.length === 0;
  byId('clear').disabled = empty;
  const count = messages.length;
  setText(
    byId('messages-note'),
    count === 0 ? '' : `${count} ${count === 1 ? 'message' : 'messages'}`,
  );
}

function addSip(direction, data) {
  const now = Date.now();
  const arrow = direction === 'out' ? '→' : '←';
  messages.push(`${arrow} ${new Date(now).toISOString()}\n${data}`);
  if (messages.length > most) messages.shift();
  keepAlives = null;
  const { title, tone, note } = describe(data);
  const summary = element(
    'summary',
    {},
    element('span', { class: 'time' }, timeOfDay(now)),
    element(
      'span',
      { class: 'arrow', 'data-direction': direction },
      element('span', { class: 'hidden' }, direction === 'out' ? 'Sent: ' : 'Received: '),
      element('span', { class: 'title' }, title),
      element('span', { class: 'note' }, note),
    ),
  );
  const text = element('pre', { tabindex: '0' }, data.trimEnd());
  ladder.append(element('li', { 'data-tone': tone }, element('details', {}, summary, text)));
}

/** Keep-alives in a row share a line. */
function addKeepAlive(direction) {
  if (keepAlives === null) {
    keepAlives = { out: 0, in: 0, line: element('li', { class: 'keep-alive' }) };
    ladder.append(keepAlives.line);
  }
  keepAlives[direction] += 1;
  setText(keepAlives.line, `keep-alive: ${keepAlives.out} sent, ${keepAlives.in} received`);
}

function describe(data) {
  const [start, ...lines] = data.split(/\r?\n/);
  const header = (name) =>
    lines
      .find((line) => line.toLowerCase().startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const granted = lines
    .filter((line) => /^contact:/i.test(line))
    .flatMap((line) => [...line.matchAll(/;expires=(\d+)/g)].map(([, seconds]) => seconds));
  const lifetime = header('expires') ?? (granted.length === 1 ? granted[0] : undefined);
  const notes = [
    header('cseq') && `CSeq ${header('cseq').split(' ')[0]}`,
    lifetime && `expires ${lifetime}`,
    !lifetime && granted.length > 1 && `${granted.length} bindings`,
    (header('authorization') ?? header('proxy-authorization')) && 'with credentials',
    (header('www-authenticate') ?? header('proxy-authenticate')) && 'challenge',
  ];
  const note = notes.filter(Boolean).join(' · ');
  const response = start.match(/^SIP\/2\.0 (\d{3}) ?(.*)$/);
  if (!response) return { title: start.split(' ')[0], tone: 'busy', note };
  return { title: `${response[1]} ${response[2]}`, tone: toneOf(Number(response[1])), note };
}

function toneOf(status) {
  if (status < 200) return 'idle';
  if (status < 300) return 'good';
  return status === 401 || status === 407 ? 'warn' : 'bad';
}
