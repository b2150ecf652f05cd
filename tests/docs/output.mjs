// Compares what a block printed with the block after it that shows it.
import assert from 'node:assert/strict';

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The lines that are shown must come in that order; "…" stands for anything. Others may stand between them. */
function compareText(expected, actual) {
  const lines = actual.split('\n');
  let at = 0;
  for (const shown of expected.split('\n').filter((line) => line.trim() !== '')) {
    const pattern = new RegExp(`^${shown.trimEnd().split('…').map(escape).join('.*')}$`);
    const found = lines.slice(at).findIndex((line) => pattern.test(line.trimEnd()));
    assert.ok(found >= 0, `this line is shown, but not printed:\n${shown}\n\nin:\n${actual}`);
    at += found + 1;
  }
}

/** Names and types, all the way down; of an array, those of its first element. */
function shapeOf(value) {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, shapeOf(value[key])]),
  );
}

/** Each line that is shown has the names and types of a line that was printed. */
function compareJson(expected, actual) {
  const shapes = (text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.stringify(shapeOf(JSON.parse(line))));
  const printed = shapes(actual);
  for (const shape of shapes(expected)) {
    assert.ok(printed.includes(shape), `no line is like\n${shape}\n\nin:\n${printed.join('\n')}`);
  }
}

export function compareOutput({ language, text }, actual) {
  if (language === 'json' || language === 'jsonl') compareJson(text, actual);
  else compareText(text, actual);
}
