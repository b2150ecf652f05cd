// The versions of Node that there are to test on: the one that runs this, and those of package.json beside this file.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('./', import.meta.url);
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', here), 'utf8'));
const isTheirs = process.platform === 'linux' && process.arch === 'x64';

/** [version, path of the program] each; the versions differ in their first number. */
export const nodes = [
  [process.versions.node, process.execPath],
  ...Object.entries(isTheirs ? dependencies : {})
    .map(([name, specifier]) => [
      specifier.slice(specifier.lastIndexOf('@') + 1),
      fileURLToPath(new URL(`node_modules/${name}/bin/node`, here)),
    ])
    .filter(([version]) => parseInt(version) !== parseInt(process.versions.node)),
];
