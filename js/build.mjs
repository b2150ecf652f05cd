// Builds dist/ from js/src and from build/wasm. Does nothing when its inputs are those of last time.
import { build, transform } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'js/src');
const dist = join(root, 'dist');
const types = join(root, 'build/types');
const stamp = join(root, 'build/js.stamp');
const glue = join(root, 'build/wasm/bindings/core.mjs');
const wasm = join(root, 'build/wasm/bindings/core.wasm');

/** One line per file of the package: where it comes from and in which module system it goes out. */
const entries = [
  { source: 'index.ts', output: 'index.js', format: 'esm' },
  { source: 'index.ts', output: 'index.cjs', format: 'cjs' },
  { source: 'testing/index.ts', output: 'testing.js', format: 'esm' },
  { source: 'testing/index.ts', output: 'testing.cjs', format: 'cjs' },
  { source: 'cli/main.ts', output: 'cli.js', format: 'esm', program: true },
  { source: 'cli/ladder.ts', output: 'ladder.js', format: 'esm' },
];

/** Entries that users import, with the declaration file that each of them publishes. */
const declarations = [
  { entry: 'index.d.ts', output: 'index' },
  { entry: 'testing/index.d.ts', output: 'testing' },
];

function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .sort();
}

/** Outputs count as inputs too, so that a deleted or edited dist/ is built again. */
function fingerprint() {
  const inputs = [
    'js',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.types.json',
  ].map((name) => join(root, name));
  const hash = createHash('sha256');
  for (const file of [...inputs, glue, wasm, dist].filter(existsSync).flatMap(filesUnder)) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * `sipreg:core` is Emscripten's glue, `sipreg:wasm` the module's bytes as base64. The glue never loads the file that it
 * looks for beside itself, because it is always given the bytes; import.meta goes, as CommonJS cannot have it.
 */
const coreModules = {
  name: 'core-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sipreg:/ }, ({ path }) => ({ path, namespace: 'sipreg' }));
    onLoad({ filter: /^sipreg:core$/, namespace: 'sipreg' }, async () => {
      const { code } = await transform(readFileSync(glue, 'utf8'), {
        minify: true,
        format: 'esm',
        define: { 'import.meta.url': '"file:///"' },
      });
      return { contents: code };
    });
    onLoad({ filter: /^sipreg:wasm$/, namespace: 'sipreg' }, () => ({
      contents: `export default '${readFileSync(wasm).toString('base64')}'`,
    }));
  },
};

/**
 * The command-line tool imports the package's own library instead of carrying a second copy of the core. The test
 * registrar and `ws` are bundled into it, so that `npx sipreg` works where `ws` is not installed.
 */
const sharedLibrary = {
  name: 'shared-library',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/index\.js$/ }, ({ importer }) => {
      if (!importer.startsWith(join(sources, 'cli'))) return undefined;
      return { path: './index.js', external: true };
    });
  },
};

/** `ws` is CommonJS and asks for Node's modules by require(), which an ES module does not have by itself. */
const programRequire =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n";

async function bundle({ source, output, format, program = false }, version) {
  const path = join(sources, source);
  const shebang =
    program && !readFileSync(path, 'utf8').startsWith('#!') ? '#!/usr/bin/env node\n' : '';
  const outfile = join(dist, output);
  await build({
    entryPoints: [path],
    outfile,
    bundle: true,
    format,
    // `node` marks the names of a CommonJS file for those who import it; the code itself is the same for every host.
    platform: format === 'cjs' || program ? 'node' : 'neutral',
    target: 'es2022',
    // CommonJS gets require('ws'), because import() fails in some of its hosts (Jest).
    supported: format === 'cjs' ? { 'dynamic-import': false } : {},
    external: program ? ['node:*'] : ['ws', 'node:*'],
    define: { SIPREG_VERSION: JSON.stringify(version) },
    plugins: [sharedLibrary, coreModules],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    banner: { js: `${shebang}/*! sipreg ${version} | MIT */\n${program ? programRequire : ''}` },
    logLevel: 'warning',
  });
  if (program) chmodSync(outfile, 0o755);
}

/** Calls `visit` with every relative specifier of a declaration file and puts its answer in the specifier's place. */
function mapSpecifiers(text, visit) {
  return text.replace(
    /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(['"])(\.{1,2}\/[^'"]+)\2/g,
    (_, before, quote, specifier) => `${before}${quote}${visit(specifier)}${quote}`,
  );
}

/** Copies the declarations that the entries reach, once for ESM and once for CommonJS. */
function publishDeclarations() {
  rmSync(types, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The TypeScript sources do not compile.');

  const queue = declarations.map(({ entry }) => entry);
  const reached = new Set(queue);
  for (const file of queue) {
    const text = readFileSync(join(types, file), 'utf8');
    const target = join(dist, file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    const commonJs = mapSpecifiers(text, (specifier) => {
      const next = relative(types, resolve(types, dirname(file), specifier)).replace(
        /\.js$/,
        '.d.ts',
      );
      if (!reached.has(next)) {
        reached.add(next);
        queue.push(next);
      }
      return specifier.replace(/\.js$/, '.cjs');
    });
    writeFileSync(target.replace(/\.d\.ts$/, '.d.cts'), commonJs);
  }
  for (const { entry, output } of declarations.filter(
    (each) => each.entry !== `${each.output}.d.ts`,
  )) {
    const module = `./${entry.replace(/\.d\.ts$/, '')}`;
    writeFileSync(join(dist, `${output}.d.ts`), `export * from '${module}.js';\n`);
    writeFileSync(join(dist, `${output}.d.cts`), `export * from '${module}.cjs';\n`);
  }
}

/** Resolves with false when dist/ was up to date. */
export async function buildPackage() {
  for (const file of [glue, wasm]) {
    if (!existsSync(file))
      throw new Error(`${relative(root, file)} is missing; "npm run build" makes it.`);
  }
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()) return false;

  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  rmSync(stamp, { force: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const entry of entries) await bundle(entry, version);
  publishDeclarations();
  writeFileSync(stamp, fingerprint());
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log((await buildPackage()) ? 'dist/ built' : 'dist/ is up to date');
}
