// The sizes of a register-only app beside its limits, its budgets and what the peers need.
import { readFile } from 'node:fs/promises';
import { brotliSizes } from '../bench/bundles.mjs';

/** What may not be exceeded, in bytes; see `npm run size`. */
export const limitsFile = new URL('sizes.json', import.meta.url);

/** What we hold ourselves to. */
const budgets = { inline: 46_000, external: 40_000 };

/** Measures. Resolves with a row for each entry, and the peers' sizes. */
export async function measureSizes() {
  const limits = JSON.parse(await readFile(limitsFile, 'utf8'));
  const sizes = await brotliSizes();
  const { jssip, sipjs, sipregInline, sipregExternal, sipregWasm } = sizes;
  const row = (name, entry, bytes) => ({
    name,
    entry,
    bytes,
    limit: limits[name],
    budget: budgets[name],
  });
  return {
    rows: [
      row('inline', 'sipreg', sipregInline),
      row('external', 'sipreg/external', sipregExternal),
      row('workerPage', 'sipreg/worker, what the page has of it', sizes.sipregWorkerPage),
    ],
    wasm: sipregWasm,
    peers: { JsSIP: jssip, 'SIP.js': sipjs },
  };
}

/** The same as lines of text. */
export function describeSizes({ rows, wasm, peers }) {
  const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
  return [
    'A bundle that only registers, minified, after brotli:',
    ...Object.entries(peers).map(([name, bytes]) => `  ${name}: ${kilobytes(bytes)}`),
    ...rows.map(({ entry, bytes, limit, budget }) => {
      if (budget === undefined)
        return `  ${entry}: ${kilobytes(bytes)} (limit ${kilobytes(limit)})`;
      const verdict = bytes < budget ? 'met' : `NOT MET, ${kilobytes(bytes - budget)} too much`;
      const budgeted = `budget ${kilobytes(budget)}: ${verdict}`;
      return `  ${entry}: ${kilobytes(bytes)} (limit ${kilobytes(limit)}; ${budgeted})`;
    }),
    `  of that, in the first two, the WebAssembly: ${kilobytes(wasm)}`,
  ];
}
