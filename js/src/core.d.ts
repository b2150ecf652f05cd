/** What the build puts in: modules made out of the WebAssembly build, and package.json's version. */

declare module 'sipreg:core' {
  /** The bridge (bindings/bridge.h). Numbers only; addresses are byte offsets in the heap, times ms. */
  export interface Bridge {
    input(size: number): number;
    outbox(): number;
    configure(size: number): number;
    create(size: number): number;
    regId(registration: number): number;
    call(
      size: number,
      monotonic: number,
      wall: number,
      registration: number,
      operation: number,
      kind: number,
    ): number;
    remove(monotonic: number, wall: number, registration: number): number;
    update(size: number, registration: number): number;
    resetCredentials(
      monotonic: number,
      wall: number,
      registration: number,
      available: number,
    ): number;
    provideCredentials(
      size: number,
      monotonic: number,
      wall: number,
      registration: number,
      challenge: number,
    ): number;
    checkCredentials(size: number): number;
    respond(size: number, monotonic: number, wall: number, request: number): number;
    openChannel(registration: number, channel: number): number;
    closeChannel(channel: number): void;
    send(size: number, monotonic: number, wall: number, channel: number): number;
    opened(
      monotonic: number,
      wall: number,
      flow: number,
      secure: number,
      loopback: number,
      subprotocol: number,
    ): void;
    lost(monotonic: number, wall: number, flow: number, code: number): void;
    receive(size: number, monotonic: number, wall: number, flow: number): void;
    readResponse(size: number): number;
    advance(monotonic: number, wall: number): void;
    wake(monotonic: number, wall: number): void;
    offline(monotonic: number, wall: number): void;
    close(monotonic: number, wall: number): void;
    setTrace(on: number): void;
    setRequests(on: number): void;
    delete(): void;
  }

  /** An instance of the core: the bound class, and the heap as it is now (a new view after every growth). */
  export interface CoreModule {
    readonly HEAPU8: Uint8Array;
    readonly Bridge: new () => Bridge;
  }

  export interface CoreOptions {
    /** Instantiates with these imports and hands the instance to `done`. A failure must be reported otherwise. */
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ): object;
  }

  export default function createCore(options: CoreOptions): Promise<CoreModule>;
}

declare module 'sipreg:wasm' {
  /** sipreg.wasm as text. */
  const text: string;
  export default text;
}

declare module 'sipreg:location' {
  /** Where sipreg.wasm is: beside the file that asks. */
  export default function locate(): URL;
}

/** The package's version. */
declare const SIPREG_VERSION: string;
