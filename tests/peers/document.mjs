// The measured parts of docs/reliability.md, between markers.
import { groups } from '../faults/index.mjs';
import { cellOf } from './cells.mjs';
import { libraries } from './measure.mjs';

const strong = (text) => `**${text}**`;
const marker = (name, end = '') => `<!-- ${end}measured: ${name} -->`;

/** The text between the markers of that name. */
export function between(text, name) {
  const start = text.indexOf(marker(name));
  const end = text.indexOf(marker(name, 'end of '));
  if (start < 0 || end < 0) throw new Error(`docs/reliability.md has no markers for ${name}`);
  return text.slice(start + marker(name).length, end);
}

function replaceBetween(text, name, content) {
  const old = between(text, name);
  return text.replace(`${marker(name)}${old}`, () => `${marker(name)}\n\n${content}\n\n`);
}

const row = (cells) => `| ${cells.join(' | ')} |`;

/** The rows of a group: [fault, what, figures by library …]. */
export function tableOf(group, figures) {
  const names = Object.keys(libraries);
  const lines = groups[group].flatMap((each, index) => {
    if (each.peers === false) return [];
    const cells = names.map((name) => cellOf(figures[name][group][index], each, strong));
    return [row([each.fault, each.what.replaceAll('|', '\\|'), ...cells])];
  });
  const head = row(['', 'what goes wrong', ...Object.values(libraries)]);
  return [head, row(['---', '---', ...names.map(() => '---')]), ...lines].join('\n');
}

export function withTables(text, figures) {
  return Object.keys(groups).reduce(
    (whole, group) => replaceBetween(whole, group, tableOf(group, figures)),
    text,
  );
}

const minutes = (seconds) => `${Math.round(seconds / 60)} min`;

export function dayOf(figures) {
  const names = Object.keys(libraries);
  const line = (what, value) => row([what, ...names.map((name) => value(figures[name].day[0]))]);
  return [
    row(['of 24 hours', ...Object.values(libraries)]),
    row(['---', ...names.map(() => '---:')]),
    line('a call would get through', ({ up }) => minutes(up)),
    line('not reachable, and the app knows', ({ unreachable, lie }) => minutes(unreachable - lie)),
    line('**not reachable, and the app is told “registered”**', ({ lie }) => minutes(lie)),
    line('REGISTERs', ({ registers }) => registers),
    line('most in a minute', ({ perMinute }) => perMinute),
    line('connections', ({ attempts }) => attempts),
    line('registered at the end', ({ claims, backAfter }) =>
      claims && backAfter !== null ? 'yes' : 'no',
    ),
  ].join('\n');
}

export const withDay = (text, figures) => replaceBetween(text, 'day', dayOf(figures));
