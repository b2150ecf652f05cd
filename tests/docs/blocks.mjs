// The fenced code blocks of the README and of docs/, with the tags that say how each of them is tried.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import MarkdownIt from 'markdown-it';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const knownTags = new Set(['continues', 'file', 'from', 'given', 'not-run', 'output', 'test']);

/** The documents whose blocks are tried, relative to the root. */
export function documents() {
  const folder = join(root, 'docs');
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const pages = names.filter((name) => name.endsWith('.md')).sort();
  return ['README.md', ...pages.map((name) => join('docs', name))];
}

/** `js test=jest file="a b.mjs"`: the language and the tags; a tag without a value is ''. */
function readInfo(info, place) {
  const [, language, rest] = /^(\S*)\s*(.*)$/.exec(info.trim());
  const tags = {};
  for (const [, name, quoted, plain] of rest.matchAll(/([\w-]+)(?:=(?:"([^"]*)"|(\S+)))?/g)) {
    if (!knownTags.has(name)) throw new Error(`${place}: no such tag: ${name}`);
    tags[name] = quoted ?? plain ?? '';
  }
  return { language, tags };
}

/**
 * The blocks of one document, in order. What continues another block begins with that block's text; what is the output of
 * another one hangs on it as `expected`.
 */
export function blocksOf(document, text = readFileSync(join(root, document), 'utf8')) {
  const blocks = [];
  for (const { type, map, info, content } of new MarkdownIt().parse(text, {})) {
    if (type !== 'fence') continue;
    const place = `${document}:${map[0] + 1}`;
    const block = { place, ...readInfo(info, place), text: content };
    if ('output' in block.tags) {
      const source = blocks.at(-1);
      if (!source) throw new Error(`${place}: there is no block that this could be the output of`);
      source.expected = block;
      continue;
    }
    if ('continues' in block.tags) {
      const source = blocks.findLast(({ language }) => language === block.language);
      if (!source) throw new Error(`${place}: there is no block that this could continue`);
      block.text = `${source.text}\n${content}`;
      block.tags = { ...source.tags, ...block.tags };
    }
    blocks.push(block);
  }
  return blocks;
}
