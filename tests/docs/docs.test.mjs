// Tries every code block of the README and of docs/, so that no reader finds one that does not work.
import { after, before, describe, test } from 'node:test';
import { blocksOf, documents } from './blocks.mjs';
import { checkBlock } from './checks.mjs';
import { createWorkspace } from './workspace.mjs';

for (const document of documents()) {
  describe(document, () => {
    let workspace;
    before(async () => {
      workspace = await createWorkspace();
    });
    after(() => workspace.remove());

    // What is a file of the example comes first: a test may stand before the page that it tests.
    const blocks = blocksOf(document);
    const files = blocks.filter(({ tags }) => 'file' in tags && !('test' in tags));
    for (const block of [...files, ...blocks.filter((each) => !files.includes(each))]) {
      const { place, language, tags } = block;
      const kind = [language, ...Object.keys(tags)].filter((word) => word !== '').join(' ');
      test(`${place} ${kind}`, () => checkBlock(block, workspace));
    }
  });
}
