// How a block is tried, by its language.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { createTestRegistrar } from '../../dist/testing.js';
import { users } from './accounts.mjs';
import { root } from './blocks.mjs';
import { compareOutput } from './output.mjs';
import { runCrontab, runShell } from './shell.mjs';
import { runTest } from './test-runners.mjs';
import { typeErrors } from './typescript.mjs';

const exampleWorld = fileURLToPath(new URL('example-world.mjs', import.meta.url));

/** Languages of what is read by somebody else's program; nothing here could try them. */
const otherLanguages = new Set(['', 'text', 'nginx', 'ini', 'kamailio', 'xml']);

/** A module runs in Node, unless another block uses it or it is a test. */
async function checkJavaScript(block, workspace) {
  const { place, tags, text } = block;
  if ('test' in tags) return runTest(block, workspace);
  if ('file' in tags) {
    await transform(text, { loader: 'js' });
    return workspace.write(tags.file, text);
  }
  const file = await workspace.write(`${place.replace(/\W+/g, '-')}.mjs`, text);
  // In this process, for it would keep one alive whose block never ends.
  const { url, close } = await createTestRegistrar({ users }).listen();
  try {
    const args = ['--unhandled-rejections=strict', exampleWorld, file, url, tags.given ?? ''];
    return await workspace.run(process.execPath, args);
  } finally {
    await close();
  }
}

async function checkTypeScript({ place, tags, text }, workspace) {
  const names = (tags.given ?? '').split(' ').filter((name) => name !== '');
  const file = await workspace.write(`${place.replace(/\W+/g, '-')}.ts`, text);
  assert.equal(await typeErrors(file, names, workspace), '');
}

async function checkHtml({ tags, text }, workspace) {
  assert.ok(tags.file, 'an html block is a page of a test: it needs file=');
  await workspace.write(tags.file, text);
}

function checkJson({ language, text }) {
  const documents = language === 'jsonl' ? text.trim().split('\n') : [text];
  for (const document of documents) JSON.parse(document);
}

/** Part of a file that a test builds and runs. */
async function checkExcerpt({ tags, text }) {
  assert.ok(tags.from, 'the block needs from=, the file that it is a part of');
  const file = await readFile(join(root, tags.from), 'utf8');
  assert.ok(file.includes(text), `these lines do not stand in ${tags.from}`);
}

const checks = {
  js: checkJavaScript,
  ts: checkTypeScript,
  html: checkHtml,
  sh: runShell,
  crontab: runCrontab,
  cpp: checkExcerpt,
  cmake: checkExcerpt,
  json: checkJson,
  jsonl: checkJson,
};

/** Fails when the block is not what its reader may take it for. */
export async function checkBlock(block, workspace) {
  const { language, tags, expected } = block;
  if (otherLanguages.has(language)) return;
  const check = checks[language];
  assert.ok(check, `nothing tries blocks of the language "${language}"; CONTRIBUTING.md says how`);
  if ('not-run' in tags) {
    assert.ok(tags['not-run'].length > 9, 'not-run="…" must say why');
    for (const [file] of tags['not-run'].matchAll(/\btests\/\S+/g)) {
      assert.ok(existsSync(join(root, file)), `there is no ${file}`);
    }
    if (language === 'js' || language === 'ts') await transform(block.text, { loader: language });
    return;
  }
  const output = await check(block, workspace);
  if (expected) compareOutput(expected, output);
}
