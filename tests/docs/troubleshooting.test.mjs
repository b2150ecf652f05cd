// The page that explains codes has a section for each that there is, and for no other.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import { root } from './blocks.mjs';

const read = (name) => readFileSync(join(root, name), 'utf8');
const page = read('docs/troubleshooting.md');
const types = read('js/src/types.ts');

/** The codes that head the sections below a heading. */
function sectionsUnder(heading) {
  const [, chapter] = page.split(`\n## ${heading}\n`);
  const [own] = chapter.split('\n## ');
  return [...own.matchAll(/^### `([\w-]+)`$/gm)].map(([, code]) => code).sort();
}

/** The members of a union of strings. */
function membersOf(name) {
  const source = ts.createSourceFile('types.ts', types, ts.ScriptTarget.ES2022);
  const alias = source.statements.find((each) => each.name?.text === name);
  return alias.type.types.map(({ literal }) => literal.text).sort();
}

/** The codes that the core warns with. */
function warnings() {
  const folder = join(root, 'core/src');
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.cpp'));
  const sources = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  return [
    ...new Set([...sources.matchAll(/\bwarn\(\s*"([\w-]+)"/g)].map(([, code]) => code)),
  ].sort();
}

test('every error code has its section', () => {
  assert.deepEqual(sectionsUnder('Errors'), membersOf('RegistrationErrorCode'));
});

test('every warning has its section, and stands in the types', () => {
  const codes = warnings();
  assert.ok(codes.includes('no-own-contact'));
  assert.deepEqual(sectionsUnder('Warnings'), codes);
  const [, words] = /warning: CustomEvent<\{\s*\/\*\*([^]*?)\*\//.exec(types);
  const named = [...words.matchAll(/'([\w-]+)'/g)].map(([, code]) => code).sort();
  assert.deepEqual(named, codes);
});
