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
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'js/src');
const dist = join(root, 'dist');
const types = join(root, 'build/types');
const stamp = join(root, 'build/js.stamp');
const glue = join(root, 'build/wasm/bindings/core.mjs');
const wasm = join(root, 'build/wasm/bindings/core.wasm');
const toolchain = join(root, 'build/wasm/bindings/toolchain.json');
const manifest = join(dist, 'build.json');

/**
 * The entries of the package are those of package.json's `exports`: `./dist/<name>.js` is made of js/src/<name>.ts or
 * js/src/<name>/index.ts, as an ES module and as CommonJS, with declarations for both.
 */
const { version, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
export const entries = Object.values(exports)
  .filter((target) => typeof target === 'object')
  .map((target) => basename(target.import.default, '.js'));

const isFile = (name) => existsSync(join(sources, name));
export const sourceOf = (entry) => [`${entry}.ts`, `${entry}/index.ts`].find(isFile);

/**
 * What our own classes call each other by, where a #private name will not do: written short in what browsers load. An option,
 * a member of an event or of an enumeration, the type of a message, a call of the bridge or whatever else others see must
 * not be among them. The short names are the same in every file, since a page and its worker may have one each.
 */
const shortNames = Object.fromEntries(
  [
    'abandonSockets account connector dependants dismiss disown dispatcher ended entrance',
    'flowChanged flowLost flowOpened flowReceived forWorker givesBindings hangs happen isAsking',
    'isNew isOpen isOwnDoing isTransport listenTo lostUrl mayBeBound mayHang outputs poison',
    'properties publicUrl refusal retire secrets settle settled stopCalls succeed takeCause tellEnd',
    'urlOf workerLock writing',
  ]
    .join(' ')
    .split(' ')
    .map((name, i) => [name, String.fromCharCode((i < 26 ? 97 : 39) + i)]),
);
const shortens = ['index', 'external', 'worker/index'];

/** The files of JavaScript. The command-line tool's are no entries: users run them. */
const bundles = [
  ...entries.flatMap((entry) => [
    { source: sourceOf(entry), output: `${entry}.js`, format: 'esm' },
    { source: sourceOf(entry), output: `${entry}.cjs`, format: 'cjs' },
  ]),
  { source: 'cli/main.ts', output: 'cli.js', format: 'esm', program: true },
  { source: 'cli/ladder.ts', output: 'ladder.js', format: 'esm' },
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
  const files = [...inputs, glue, wasm, dist].filter(existsSync).flatMap(filesUnder);
  for (const file of files.filter((each) => each !== manifest)) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** core.wasm with the version in a custom section: the JavaScript takes its own version and no other. */
function stampedWasm() {
  const name = Buffer.from('sipreg');
  const content = Buffer.concat([Buffer.from([name.length]), name, Buffer.from(version)]);
  return Buffer.concat([readFileSync(wasm), Buffer.from([0, content.length]), content]);
}

/** Printable ASCII from # on without what HTML and string literals give a meaning: 90 characters. */
const alphabet = Array.from({ length: 92 }, (_, i) => String.fromCharCode(35 + i)).filter(
  (character) => !'<\\'.includes(character),
);

/**
 * Bytes as text: one character for those below 90, a space before it for the next 90, an exclamation mark for the rest.
 * It stays aligned to bytes, so that it compresses nearly as well as the bytes themselves (2 % more with brotli, where
 * base64 takes 28 % more), and survives every encoding of a page.
 */
function textOf(bytes) {
  const codes = Array.from(bytes, (byte) => [byte % 90, Math.floor(byte / 90)]);
  return codes.map(([code, block]) => ['', ' ', '!'][block] + alphabet[code]).join('');
}

/**
 * `sipreg:core` is Emscripten's glue, which is always given a compiled module and never loads the file that it looks for
 * beside itself; import.meta goes, as CommonJS cannot have it. `sipreg:wasm` is the module's bytes as text,
 * `sipreg:location` where its file is, in the form that bundlers know.
 */
const coreModules = (format) => ({
  name: 'core-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sipreg:/ }, ({ path }) => ({ path, namespace: 'sipreg' }));
    onLoad({ filter: /^sipreg:core$/, namespace: 'sipreg' }, async () => {
      const { code } = await transform(readFileSync(glue, 'utf8'), {
        minify: true,
        format: 'esm',
        define: { 'import.meta.url': '"file:///"' },
      });
      // Views of the heap that it makes and, with our few calls, never reads.
      const unread = /,\w+=new (?:Int8|Int16|Int32|Uint16|Float32|Float64)Array\(\w+\)/g;
      return { contents: code.replace(unread, '') };
    });
    onLoad({ filter: /^sipreg:wasm$/, namespace: 'sipreg' }, () => ({
      contents: `export default ${JSON.stringify(textOf(stampedWasm()))}`,
    }));
    onLoad({ filter: /^sipreg:location$/, namespace: 'sipreg' }, () => ({
      contents:
        format === 'esm'
          ? "export default () => new URL('./sipreg.wasm', import.meta.url);"
          : "export default () => require('url').pathToFileURL(`${__dirname}/sipreg.wasm`);",
    }));
  },
});

/** Other files import the package's main entry from beside them instead of carrying a second copy of the core. */
const sharedLibrary = (format) => ({
  name: 'shared-library',
  setup({ onResolve }) {
    onResolve({ filter: /\/index\.js$/ }, ({ path, resolveDir }) =>
      resolve(resolveDir, path) === join(sources, 'index.js')
        ? { path: format === 'esm' ? './index.js' : './index.cjs', external: true }
        : undefined,
    );
  },
});

/** `ws` is CommonJS and asks for Node's modules by require(), which an ES module does not have by itself. */
const programRequire =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n";

async function bundle({ source, output, format, program = false }) {
  const path = join(sources, source);
  const shebang =
    program && !readFileSync(path, 'utf8').startsWith('#!') ? '#!/usr/bin/env node\n' : '';
  const outfile = join(dist, output);
  const { metafile } = await build({
    absWorkingDir: root, // esbuild names modules by their paths from here
    entryPoints: [path],
    outfile,
    bundle: true,
    format,
    // `node` marks the names of a CommonJS file for those who import it; the code itself is the same for every host.
    platform: format === 'cjs' || program ? 'node' : 'neutral',
    target: 'es2022',
    // CommonJS gets require('ws'), because import() fails in some of its hosts (Jest).
    supported: format === 'cjs' ? { 'dynamic-import': false } : {},
    // The test registrar and `ws` are part of the program, so that `npx sipreg` works where `ws` is not installed.
    external: program ? ['node:*'] : ['ws', 'fs/promises', 'url', 'node:*'],
    define: { SIPREG_VERSION: JSON.stringify(version) },
    plugins: [sharedLibrary(format), coreModules(format)],
    minifySyntax: true,
    minifyWhitespace: true,
    ...(shortens.some((each) => source === `${each}.ts`) && {
      mangleProps: new RegExp(`^(?:${Object.keys(shortNames).join('|')})$`),
      mangleCache: { ...shortNames },
    }),
    legalComments: 'none',
    banner: { js: `${shebang}/*! sipreg ${version} | MIT */\n${program ? programRequire : ''}` },
    logLevel: 'warning',
    metafile: true,
  });
  if (program) chmodSync(outfile, 0o755);
  return Object.keys(metafile.inputs);
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;

/** The npm packages among these modules' paths, with their versions. */
function packagesOf(paths) {
  const names = paths.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  const packages = [...new Set(names.filter(Boolean))].sort();
  return Object.fromEntries(packages.map((name) => [name, versionOf(name)]));
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

  const queue = entries.map((entry) => sourceOf(entry).replace(/\.ts$/, '.d.ts'));
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
  for (const entry of entries.filter((each) => sourceOf(each) !== `${each}.ts`)) {
    const module = `./${sourceOf(entry).replace(/\.ts$/, '')}`;
    writeFileSync(join(dist, `${entry}.d.ts`), `export * from '${module}.js';\n`);
    writeFileSync(join(dist, `${entry}.d.cts`), `export * from '${module}.cjs';\n`);
  }
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** What dist/ was built from and with, and what is bundled into it; outside a clone there is no commit. */
function writeManifest(bundled) {
  const changes = git('status', '--porcelain');
  const content = {
    version,
    commit: git('rev-parse', 'HEAD'),
    modified: changes === undefined ? undefined : changes !== '',
    wasm: { sha256: createHash('sha256').update(stampedWasm()).digest('hex') },
    tools: {
      ...JSON.parse(readFileSync(toolchain, 'utf8')),
      node: process.versions.node,
      esbuild: versionOf('esbuild'),
      typescript: versionOf('typescript'),
    },
    bundled,
  };
  writeFileSync(manifest, `${JSON.stringify(content, null, 2)}\n`);
}

/** Resolves with false when dist/ was up to date. */
export async function buildPackage() {
  for (const file of [glue, wasm, toolchain]) {
    if (!existsSync(file))
      throw new Error(`${relative(root, file)} is missing; "npm run build" makes it.`);
  }
  const isUpToDate =
    [stamp, manifest].every(existsSync) && readFileSync(stamp, 'utf8') === fingerprint();
  if (isUpToDate) {
    writeManifest(JSON.parse(readFileSync(manifest, 'utf8')).bundled);
    return false;
  }

  rmSync(stamp, { force: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  writeFileSync(join(dist, 'sipreg.wasm'), stampedWasm());
  const modules = [];
  for (const each of bundles) modules.push(...(await bundle(each)));
  publishDeclarations();
  writeManifest(packagesOf(modules));
  writeFileSync(stamp, fingerprint());
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log((await buildPackage()) ? 'dist/ built' : 'dist/ is up to date');
}
