// Writes artifacts/sbom.cdx.json: what the built package is made of, as a CycloneDX document. npm makes it; what npm cannot
// know is added: the packages that are bundled, and what is linked into the WebAssembly.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/processes.mjs';
import { Stop, main } from './lib/progress.mjs';

const read = (file) => readFileSync(join(root, file), 'utf8');

/** npm's own account of every package that is installed. */
function npmSbom() {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library'];
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Stop(`npm ${args.join(' ')} failed.\n${stderr}`);
  return JSON.parse(stdout);
}

/** What the linker puts into the WebAssembly besides our own code; LICENSE says the same in words. */
function linked(emscripten) {
  const pinned = read('cmake/tomcrypt/fetch.cmake');
  const [, version] = /set\(TOMCRYPT_VERSION (\S+)\)/.exec(pinned);
  const [, sha256] = /set\(TOMCRYPT_SHA256 (\w+)\)/.exec(pinned);
  const part = (name, license) => ({ type: 'library', name, licenses: [license] });
  const llvm = { expression: 'Apache-2.0 WITH LLVM-exception' };
  return [
    {
      'bom-ref': `libtomcrypt@${version}`,
      type: 'library',
      name: 'libtomcrypt',
      version,
      purl: `pkg:github/libtom/libtomcrypt@v${version}`,
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      licenses: [{ license: { name: 'Public domain' } }],
    },
    {
      'bom-ref': `emscripten@${emscripten}`,
      type: 'library',
      name: 'emscripten',
      version: emscripten,
      purl: `pkg:github/emscripten-core/emscripten@${emscripten}`,
      licenses: [{ expression: 'MIT OR NCSA' }],
      components: [
        part('musl', { license: { id: 'MIT' } }),
        part('libc++', llvm),
        part('libc++abi', llvm),
        part('compiler-rt', llvm),
      ],
    },
  ];
}

/** The document; dist/ must have been built. */
export function sbom() {
  const { name } = JSON.parse(read('package.json'));
  const { wasm, tools, bundled, commit } = JSON.parse(read('dist/build.json'));
  const document = npmSbom();
  const { component } = document.metadata;
  const fromNpm = Object.entries(bundled).map(([package_, version]) => {
    const ref = `${package_}@${version}`;
    const found = document.components.find((each) => each['bom-ref'] === ref);
    if (!found) throw new Stop(`npm knows no ${ref}, which is in dist/.`);
    // npm speaks of how it is installed here, as a development dependency.
    return { ...found, properties: [] };
  });
  const components = [...fromNpm, ...linked(tools.emscripten)];
  return {
    ...document,
    metadata: {
      ...document.metadata,
      component: {
        ...component,
        name,
        properties: [
          { name: 'sipreg:wasm:sha256', value: wasm.sha256 },
          ...(commit ? [{ name: 'sipreg:commit', value: commit }] : []),
        ],
      },
    },
    components,
    dependencies: [
      { ref: component['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) },
      ...components.map((each) => ({ ref: each['bom-ref'], dependsOn: [] })),
    ],
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(() => {
    const file = 'artifacts/sbom.cdx.json';
    mkdirSync(join(root, 'artifacts'), { recursive: true });
    writeFileSync(join(root, file), `${JSON.stringify(sbom(), null, 2)}\n`);
    console.log(`${file} is written.`);
  });
}
