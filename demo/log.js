import { byId, element, followsEnd } from './dom.js';
import { timeOfDay } from './time.js';

const log = byId('log');
const most = 300;

/** Adds a line to the event log and keeps the end in view if it was. */
export function addEvent({ name, text, tone }) {
  const follow = followsEnd(log);
  log.append(
    element(
      'li',
      { 'data-tone': tone },
      element('span', { class: 'time' }, timeOfDay(Date.now())),
      element('span', { class: 'event' }, name),
      element('span', { class: 'what' }, text),
    ),
  );
  if (log.childElementCount > most) log.firstElementChild.remove();
  if (follow) log.scrollTop = log.scrollHeight;
}
