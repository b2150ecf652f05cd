import { mostMessages } from '../model/transcript.js';
import { timeOfDay } from '../text/time.js';
import { byId, element, followsEnd, setText } from './dom.js';

const ladder = byId('ladder');
const tones = { request: 'busy', success: 'good', challenge: 'warn', failure: 'bad' };

/** The last row of keep-alives, with the entry that it shows. */
let keepAlive = { entry: null, row: null };

/** Draws an entry of the transcript at the end; one of keep-alives again when it has grown. */
export function drawEntry(entry, whose) {
  const follow = followsEnd(ladder);
  if (!entry.keepAlives) ladder.append(messageRow(entry, whose));
  else {
    if (keepAlive.entry !== entry) {
      keepAlive = { entry, row: element('li', { class: 'keep-alive' }) };
      ladder.append(keepAlive.row);
    }
    const { out, in: received } = entry.keepAlives;
    setText(keepAlive.row, `keep-alive: ${out} sent, ${received} received`);
  }
  while (ladder.childElementCount > mostMessages) ladder.firstElementChild.remove();
  if (follow) ladder.scrollTop = ladder.scrollHeight;
}

/** Draws what surrounds the messages. `count` of them are kept. */
export function drawLadder(count, server) {
  setText(byId('ladder-server'), server);
  const empty = ladder.childElementCount === 0;
  byId('ladder-empty').hidden = !empty;
  byId('ladder-ends').hidden = empty;
  ladder.hidden = empty;
  for (const id of ['copy', 'download', 'clear']) byId(id).disabled = empty;
  const words = count === 1 ? '1 message' : `${count} messages`;
  const note = count >= mostMessages ? `the last ${words}` : words;
  setText(byId('messages-note'), count === 0 ? '' : note);
}

export function clearLadder() {
  ladder.replaceChildren();
}

function messageRow({ time, direction, data, seen }, whose) {
  const { title, kind, sequence, facts } = seen;
  const note = [sequence && `CSeq ${sequence}`, ...facts].filter(Boolean).join(' · ');
  const summary = element(
    'summary',
    {},
    element('span', { class: 'time' }, timeOfDay(time)),
    element(
      'span',
      { class: 'arrow', 'data-direction': direction },
      element('span', { class: 'hidden' }, direction === 'out' ? 'Sent: ' : 'Received: '),
      element('span', { class: 'title' }, title),
      ...(whose ? [element('span', { class: 'whose' }, whose)] : []),
      element('span', { class: 'note' }, note),
    ),
  );
  const text = element('pre', { tabindex: '0' }, data.trimEnd());
  return element('li', { 'data-tone': tones[kind] }, element('details', {}, summary, text));
}
