// What the checks of this folder share: the project's files and what a line of them says.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files below the directories whose names end in one of the endings, relative to the root. */
export function filesBelow(directories, endings) {
  return directories
    .map((directory) => join(root, directory))
    .filter(existsSync)
    .flatMap((directory) =>
      readdirSync(directory, { recursive: true }).map((name) =>
        relative(root, join(directory, name)),
      ),
    )
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .sort();
}

/** "file:line: text" of every line that matches. */
export function linesMatching(files, pattern) {
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((text, index) => ({ text, place: `${file}:${index + 1}` }))
      .filter(({ text }) => pattern.test(text))
      .map(({ text, place }) => `${place}: ${text.trim()}`),
  );
}
