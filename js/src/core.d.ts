/** The two modules that js/build.mjs makes out of the WebAssembly build. */

declare module 'sipreg:core' {
  /** What the core's Emscripten glue gives: the bound class and the heap. */
  export interface CoreModule {
    readonly HEAPU8: Uint8Array;
  }
  /** Starts the module from the bytes given; rejects when they cannot be compiled or instantiated. */
  export default function createCore(options: { wasmBinary: ArrayBuffer | Uint8Array }): Promise<CoreModule>;
}

declare module 'sipreg:wasm' {
  /** core.wasm in base64. */
  const base64: string;
  export default base64;
}
