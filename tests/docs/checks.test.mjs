// The checks themselves: what they let pass, and that they catch what is wrong.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { blocksOf } from './blocks.mjs';
import { checkBlock } from './checks.mjs';
import { createWorkspace } from './workspace.mjs';

let workspace;
before(async () => {
  workspace = await createWorkspace();
});
after(() => workspace.remove());

const fence = (info, ...lines) => `\`\`\`${info}\n${lines.join('\n')}\n\`\`\`\n`;
const check = async (...fences) => {
  for (const block of blocksOf('page.md', fences.join('\n'))) await checkBlock(block, workspace);
};

describe('a block that is right passes', () => {
  for (const [name, ...fences] of [
    ['a module', fence('js', "import 'sipreg';")],
    ['a second half', fence('js', 'const a = 1;'), fence('js continues', 'if (!a) throw a;')],
    ['given variables', fence('js given="client registration"', 'await registration.query();')],
    ['types', fence('ts given=client', "const state: 'closed' | string = client.connectionState;")],
    ['the output', fence('sh', 'echo one two three'), fence('text output', 'one … three')],
    ['a crontab', fence('crontab', 'A=b', '# note', '*/5 * * * * test $A = b')],
    ['an npm script that exists', fence('sh', 'npm run build')],
    ['a reason', fence('js not-run="it needs a phone"', 'phone.ring();')],
    ['an excerpt', fence('cpp from=examples/native/main.cpp', 'Now now() {')],
    ['a configuration', fence('nginx', 'proxy_read_timeout 1h;')],
  ]) {
    test(name, () => check(...fences));
  }
});

describe('a block that is wrong fails', () => {
  const jsTest = (tool, body) => fence(`js test=${tool}`, body);
  const vitest = "import { expect, test } from 'vitest'; test('x', () => { expect(1).toBe(2); });";
  const playwright = "import { test } from '@playwright/test'; test('x', () => { throw 1; });";
  for (const [name, pattern, ...fences] of [
    ['that throws', /wrong-marker/, fence('js', "throw new Error('wrong-marker');")],
    ['that never ends', /ended with 13/, fence('js', 'await new Promise(() => undefined);')],
    ['that rejects late', /late-marker/, fence('js', "Promise.reject(new Error('late-marker'));")],
    ['of no member', /Property 'nope'/, fence('ts given=client', 'client.nope();')],
    ['of a failing command', /ended with 1/, fence('sh', 'false', 'true')],
    ['of a failing pipe', /ended with 1/, fence('sh', 'false | cat')],
    ['of a failing cron job', /ended with 1/, fence('crontab', '0 0 * * * false')],
    ['of a missing script', /no script "nope"/, fence('sh', 'npm run nope')],
    ['of other output', /not printed/, fence('sh', 'echo one'), fence('text output', 'two')],
    [
      'of another shape',
      /no line is like/,
      fence('sh', `echo '{"a":1}'`),
      fence('jsonl output', '{"a":"1"}'),
    ],
    ['of no file', /needs from=/, fence('cpp', 'Now now() {')],
    [
      'of lines that the file lacks',
      /do not stand in/,
      fence('cpp from=examples/native/main.cpp', 'int later() {'),
    ],
    ['of broken JSON', /JSON/, fence('json', '{')],
    [
      'of a failing Jest test',
      /"numFailedTests":1/,
      jsTest('jest', "test('x', () => { throw 1; });"),
    ],
    ['of a failing Vitest test', /"numFailedTests":1/, jsTest('vitest', vitest)],
    ['of a failing Playwright test', /"unexpected": 1/, jsTest('playwright', playwright)],
    ['without a test', /No test suite found/, jsTest('vitest', '')],
    ['of an unknown tool', /test=mocha/, jsTest('mocha', '')],
    ['of an unknown tag', /no such tag/, fence('js tset=jest', '')],
    ['of an unknown language', /nothing tries/, fence('cobol', '')],
    ['without a reason', /must say why/, fence('js not-run', '')],
    ['of a test that is not there', /there is no/, fence('js not-run="tests/no.mjs runs it"', '')],
    ['with a syntax error', /Transform failed/, fence('js not-run="it needs a phone"', '(')],
  ]) {
    test(name, () => assert.rejects(check(...fences), pattern));
  }
});
