// The names of all tests as their sources give them, each with the file it stands in.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { groups } from '../../tests/faults/index.mjs';
import { cases } from '../../tests/sockets/cases.mjs';
import { root } from './processes.mjs';

/** `TEST(Suite, name)` and its kin. A name may stand on the next line. */
function fromGoogleTest(text) {
  const tests = text.matchAll(/^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)/gm);
  return [...tests].map(([, suite, name]) => `${suite}.${name}`);
}

/** The headings of conformance cases. */
function fromMarkdown(text) {
  return [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
}

/** What `test.each(rows)('…')` or `describe('…')` calls: test and its path of properties. */
function callee(expression) {
  const path = [];
  let at = expression;
  while (!ts.isIdentifier(at)) {
    if (ts.isPropertyAccessExpression(at)) path.unshift(at.name.text);
    else if (!ts.isCallExpression(at)) return undefined;
    at = at.expression;
  }
  return [at.text, ...path];
}

function title(node) {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.getText() : undefined;
}

/** Titles in Jest, node:test and Playwright, behind those of the groups around them. */
function fromJavaScript(text, file) {
  const names = [];
  const visit = (node, groups) => {
    let inside = groups;
    if (ts.isCallExpression(node)) {
      const path = callee(node.expression) ?? [];
      const name = title(node.arguments[0]);
      if (name !== undefined && /^(describe|suite)$/.test(path.at(0))) inside = [...groups, name];
      else if (name !== undefined && path.includes('describe')) inside = [...groups, name];
      else if (name !== undefined && /^(test|it)$/.test(path.at(0)) && !path.includes('step')) {
        names.push([...groups, name].join(' › '));
      }
    }
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), []);
  return names;
}

function readerOf(file) {
  if (/^(core|chaos)\/.*\.cpp$/.test(file)) return fromGoogleTest;
  if (/^conformance\/.*\.md$/.test(file) && !file.endsWith('README.md')) return fromMarkdown;
  if (/\.(test|spec)\.[cm]?[jt]s$/.test(file)) return fromJavaScript;
  return undefined;
}

/** tests/js/chaos has a test for each row of its tables. */
function fromFaults() {
  return Object.entries(groups).flatMap(([group, rows]) =>
    rows.map(({ fault, what }) => ({
      file: `tests/js/chaos/${group}.test.mjs`,
      name: `fault ${fault}: ${what}`,
    })),
  );
}

/** So has tests/sockets. */
const fromSockets = () =>
  cases.map(({ name }) => ({ file: 'tests/sockets/sockets.test.mjs', name }));

/** { file, name } of every test below tests/. */
export function testNames() {
  const folder = join(root, 'tests');
  const written = readdirSync(folder, { recursive: true })
    .sort()
    .flatMap((file) => {
      const read = readerOf(file);
      if (read === undefined) return [];
      const names = read(readFileSync(join(folder, file), 'utf8'), file);
      return names.map((name) => ({ file: `tests/${file}`, name }));
    });
  return [...written, ...fromFaults(), ...fromSockets()];
}
