// What one library did with one fault, in a few words.

/** Below this the state that a library tells may lag behind: a ping a minute or two apart has to find out. */
const lagSeconds = 130;

const duration = (seconds) => {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
};

/** More REGISTERs a minute than anybody needs. */
const isFlood = ({ perMinute }) => perMinute > 15;

/** Whether somebody who wants to be registered has to be in the end: where the refusal is not for good. */
const mustReturn = ({ then = 'registered' }) => [then].flat().length === 1 && then === 'registered';

const isLost = (figures, row) =>
  mustReturn(row) &&
  figures.backAfter === null &&
  figures.stormSeconds === null &&
  !figures.isExhausted;

export function isBad(figures, row) {
  return parts(figures, row).some(({ bad }) => bad);
}

export function cellOf(figures, row, strong = (text) => text) {
  return parts(figures, row)
    .map(({ text, bad }) => (bad ? strong(text) : text))
    .join('; ');
}

function parts(figures, row) {
  const { registers, perMinute, storm, stormSeconds } = figures;
  const { lie, backAfter, leaks, longestMs, uncaught, first } = figures;
  const said = [];
  const say = (text, bad = false) => said.push({ text, bad });
  if (stormSeconds !== null)
    say(`${storm} REGISTERs in ${duration(stormSeconds)}, and no end`, true);
  else if (isFlood(figures)) say(`${perMinute} REGISTERs a minute`, true);
  else if (registers > 0) say(registers === 1 ? '1 REGISTER' : `${registers} REGISTERs`);
  if (row.when === undefined || row.when === 'register') {
    if (first === null) say('nothing told', true);
    else if (first.what !== 'registered') say(`failure told after ${duration(first.second)}`);
  }
  if (lie > 0) say(`says registered and is not: ${duration(lie)}`, lie > lagSeconds);
  if (isLost(figures, row)) say('does not come back', true);
  else if (mustReturn(row) && backAfter > 0) say(`back ${duration(backAfter)} later`);
  if (leaks > 0) say('answers a stranger’s challenge', true);
  if (longestMs >= 50) say(`blocks for ${longestMs < 1000 ? 'more than 50 ms' : 'seconds'}`, true);
  if (uncaught.length > 0) say('throws where nobody can catch it', true);
  if (said.length === 0) say('nothing happens');
  return said;
}
