import wasm from 'sipreg:wasm';

/** The WebAssembly that is inlined as text; js/build.mjs says how it is written. */
export function decode(): Uint8Array {
  const bytes = new Uint8Array(wasm.length);
  let length = 0;
  let base = 0;
  for (let i = 0; i < wasm.length; i++) {
    const code = wasm.charCodeAt(i);
    if (code < 34) {
      base = 90 * (code - 31);
    } else {
      bytes[length++] = base + code - 35 - Number(code > 60) - Number(code > 92);
      base = 0;
    }
  }
  return bytes.subarray(0, length);
}
