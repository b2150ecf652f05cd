import { element, shape } from './dom.js';

const cross = 'M-4-4 4 4M4-4-4 4';
const diamond = 'M0-5 5 0 0 5-5 0Z';
const square = 'M-4-4H4V4H-4Z';
const triangle = 'M0-5 5 4H-5Z';
const disc = 'M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z';

/** By kind of mark: its outline, its tone, and what the legend says; shapes differ, for who sees no colours. */
const glyphs = {
  registered: [disc, 'good', 'registered'],
  refreshed: [diamond, 'good', 'refreshed'],
  unregistered: [square, 'idle', 'unregistered'],
  retry: [triangle, 'warn', 'a try failed'],
  failed: [square, 'bad', 'given up'],
  warning: [triangle, 'idle', null],
  lost: [cross, 'lost', 'connection lost'],
  due: [disc, 'due', 'next refresh or try'],
};

/** One mark, or null for kinds that are lines. */
export function glyph(kind, x, y, title) {
  if (!(kind in glyphs)) return null;
  const [path, tone] = glyphs[kind];
  const made = shape('path', {
    class: 'glyph',
    d: path,
    'data-tone': tone,
    transform: `translate(${x.toFixed(1)} ${y})`,
  });
  if (title) made.append(shape('title', {}, title));
  return made;
}

/** What the shapes mean, as items of a list. */
export function legend() {
  const named = Object.entries(glyphs).filter(([, [, , words]]) => words !== null);
  return named.map(([kind, [, , words]]) => {
    const picture = shape('svg', { viewBox: '0 0 14 14', width: 14, height: 14 });
    picture.append(glyph(kind, 7, 7));
    return element('li', {}, picture, words);
  });
}
