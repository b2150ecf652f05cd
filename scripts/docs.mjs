// Writes the API reference to build/docs: every entry of the package, from its docstrings. What is exported without a
// docstring, and every other warning of TypeDoc, is an error.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/processes.mjs';
import { Stop, main } from './lib/progress.mjs';
import { setUp } from './setup.mjs';

/**
 * Writes a reference of these files and resolves with TypeDoc's complaints; where there are any, nothing is written.
 * `options` go before those of typedoc.json.
 */
export async function writeReference(entryPoints, options = {}) {
  const { Application, LogLevel, Logger } = await import('typedoc');
  const complaints = [];
  class Collector extends Logger {
    log(message, level) {
      if (level >= LogLevel.Warn) complaints.push(message);
      super.log(message, level);
    }
  }
  const app = await Application.bootstrap({
    options: join(root, 'typedoc.json'),
    tsconfig: join(root, 'tsconfig.json'),
    entryPoints,
    ...options,
  });
  app.logger = new Collector();
  const project = await app.convert();
  if (project) app.validate(project);
  if (complaints.length === 0) await app.generateOutputs(project);
  return complaints;
}

/** The entries' sources. Needs setUp() to have run. */
export async function entryPoints() {
  const { entries, sourceOf } = await import('../js/build.mjs');
  return entries.map((entry) => join(root, 'js/src', sourceOf(entry)));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setUp('start');
    const complaints = await writeReference(await entryPoints());
    if (complaints.length > 0) {
      throw new Stop(`The API reference is incomplete:\n\n${complaints.join('\n')}`);
    }
    console.log(`The API reference is ${join('build', 'docs', 'index.html')}.`);
  });
}
