import { timeOfDay } from '../text/time.js';
import { byId, element, followsEnd } from './dom.js';

const log = byId('log');
const most = 300;

/** Adds a line to the event log and keeps the end in view if it was. */
export function addEvent({ name, text, tone, account }, now) {
  const box = log.parentElement;
  const follow = followsEnd(box);
  log.append(
    element(
      'li',
      { 'data-tone': tone },
      element('span', { class: 'time' }, timeOfDay(now)),
      element(
        'span',
        {},
        element('span', { class: 'event' }, name),
        ...(account ? [' ', element('span', { class: 'whose' }, account.name)] : []),
        ' ',
        element('span', { class: 'what' }, text),
      ),
    ),
  );
  if (log.childElementCount > most) log.firstElementChild.remove();
  if (follow) box.scrollTop = box.scrollHeight;
}
