// A day of three libraries as a time line, in SVG.
import { events } from './day.mjs';
import { libraries } from './measure.mjs';

const width = 900;
const left = 110;
const lane = 34;
const top = 20;
const daySeconds = 24 * 3600;
const x = (seconds) => Math.round((left + ((width - left - 10) * seconds) / daySeconds) * 10) / 10;

const colours = { up: '#2e7d32', unknown: '#2e7d32', down: '#f9a825', lie: '#c62828' };

/** Spans that touch and look alike are one; what is shorter than a pixel is drawn as wide as one. */
function bars(spans, y) {
  const seen = [];
  for (const [kind, from, until] of spans) {
    if (from >= daySeconds) break;
    const last = seen.at(-1);
    if (last && colours[last.kind] === colours[kind]) last.until = until;
    else seen.push({ kind, from, until });
  }
  // The good times first, so that short bad ones are seen.
  return seen
    .toSorted((a, b) => Number(b.kind === 'up') - Number(a.kind === 'up'))
    .map(({ kind, from, until }) => {
      const end = Math.min(until, daySeconds);
      const wide = Math.max(1, Math.round((x(end) - x(from)) * 10) / 10);
      return `<rect x="${x(from)}" y="${y}" width="${wide}" height="20" fill="${colours[kind]}"/>`;
    });
}

export function picture(figures) {
  const names = Object.keys(libraries);
  const bottom = top + names.length * lane;
  const height = bottom + 40 + 18 * (1 + Math.ceil(events.length / 2));
  const lanes = names.flatMap((name, n) => [
    `<text x="8" y="${top + n * lane + 15}">${libraries[name]}</text>`,
    ...bars(figures[name].day[0].spans, top + n * lane),
  ]);
  const marks = events.flatMap(({ at }, n) => [
    `<path d="M${x(at * 3600)} ${top - 6}V${bottom - 8}" stroke="#777" stroke-dasharray="2 2"/>`,
    `<text x="${x(at * 3600)}" y="${bottom + 6}" text-anchor="middle">${n + 1}</text>`,
  ]);
  const legend = [
    ['up', 'a call gets through'],
    ['down', 'not reachable, and the app knows'],
    ['lie', 'not reachable, and the app is told “registered”'],
  ].flatMap(([kind, text], n) => [
    `<rect x="${8 + n * 250}" y="${bottom + 20}" width="12" height="12" fill="${colours[kind]}"/>`,
    `<text x="${26 + n * 250}" y="${bottom + 30}">${text}</text>`,
  ]);
  const list = events.map(({ at, what }, n) => {
    const column = n % 2;
    return `<text x="${8 + column * 450}" y="${bottom + 56 + 18 * Math.floor(n / 2)}">${n + 1}  ${at}:00 ${what}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>A registration through a day of faults</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...lanes,
    ...marks,
    ...legend,
    ...list,
    '</svg>',
    '',
  ].join('\n');
}
