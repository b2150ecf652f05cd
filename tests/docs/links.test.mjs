// Links between the documents lead somewhere, and a link leads to every page.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import MarkdownIt from 'markdown-it';
import { documents, root } from './blocks.mjs';

const pages = [...documents(), 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const tokensOf = (page) => new MarkdownIt().parse(readFileSync(join(root, page), 'utf8'), {});

/** The names that a page's headings have in links, as GitHub makes them. */
function anchorsOf(page) {
  const tokens = tokensOf(page);
  const headings = tokens.filter((_, i) => tokens[i - 1]?.type === 'heading_open');
  return headings.map(({ children }) =>
    children
      .map(({ content }) => content)
      .join('')
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The targets of a page's links and pictures. */
function targetsOf(page) {
  return tokensOf(page)
    .flatMap(({ children }) => children ?? [])
    .map((token) => token.attrGet('href') ?? token.attrGet('src'))
    .filter((target) => target !== null);
}

for (const page of pages) {
  test(`the links of ${page} lead somewhere`, () => {
    for (const target of targetsOf(page).filter((each) => !/^https?:/.test(each))) {
      const [path, anchor] = decodeURI(target).split('#');
      const file = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(root, file)), `${target}: there is no ${file}`);
      if (anchor === undefined) continue;
      assert.ok(anchorsOf(file).includes(anchor), `${target}: ${file} has no such heading`);
    }
  });
}

test('every page can be found from another one', () => {
  const found = new Set(
    pages.flatMap((page) =>
      targetsOf(page).map((target) => join(dirname(page), target.split('#')[0])),
    ),
  );
  const lost = documents().filter((page) => page !== 'README.md' && !found.has(page));
  assert.deepEqual(lost, []);
});

test('docs/README.md lists every page', () => {
  const listed = targetsOf('docs/README.md').map((target) => join('docs', target));
  const pages = documents().filter((page) => dirname(page) === 'docs' && page !== 'docs/README.md');
  assert.deepEqual([...new Set(listed)].sort(), pages);
});

test('the README names every entry of the package', () => {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.keys(exports)
    .filter((each) => each !== './package.json')
    .map((each) => `${name}${each.slice(1)}`);
  const code = tokensOf('README.md').flatMap(({ type, content, children }) =>
    type === 'fence' ? content : (children ?? []).map((token) => token.content),
  );
  const named = code.flatMap((text) => [...text.matchAll(/[\w./-]+/g)].map(([word]) => word));
  assert.deepEqual(
    entries.filter((entry) => !named.includes(entry)),
    [],
  );
});
