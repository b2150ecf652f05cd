// The errors that TypeScript finds in a block, with the compiler's strict settings.
import { writeFile } from 'node:fs/promises';
import ts from 'typescript';

const options = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  skipLibCheck: true,
};

const givenTypes = {
  registrar: "import('sipreg/testing').TestRegistrar",
  client: "import('sipreg').Client",
  registration: "import('sipreg').Registration",
};

/** `names`: variables that the block expects to have. */
export async function typeErrors(file, names, workspace) {
  const declarations = names.map((name) => `declare const ${name}: ${givenTypes[name]};\n`);
  const ambient = workspace.path('given.d.ts');
  await writeFile(ambient, declarations.join(''));
  const program = ts.createProgram([file, ambient], options);
  return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
    getCurrentDirectory: () => workspace.directory,
    getCanonicalFileName: (name) => name,
    getNewLine: () => '\n',
  });
}
