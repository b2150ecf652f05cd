// Makes of Emscripten's smallest runtime what its usual one is to the loader: `instantiateWasm` in the options, and HEAPU8
// in the result as a view of the memory that there is.
Module['wasm'] = Module;
var WebAssembly = {
  instantiate: function (_, imports) {
    return {
      then: function (done) {
        Module['instantiateWasm'](imports, function (instance) {
          done({ instance: instance });
        });
      },
    };
  },
};
Object.defineProperty(Module, 'HEAPU8', {
  get: function () {
    return HEAPU8.length > 0 ? HEAPU8 : (HEAPU8 = new Uint8Array(wasmMemory.buffer));
  },
});
