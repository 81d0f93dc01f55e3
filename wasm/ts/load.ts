/** Loading a WebAssembly module, once. */

import type { BufferSource, WasmModule } from "./engine-types.js";
import { notInitialised } from "./errors.js";

/**
 * Where a module's WebAssembly comes from: an address to fetch, an answer to a fetch, its bytes, or the compiled module.
 */
export type WasmSource = URL | string | Response | BufferSource | WasmModule;

/** What wasm-bindgen makes of a module. */
interface Raw<Exports> {
  default(options: { module_or_path: Exclude<WasmSource, string> | Promise<Response | BufferSource> }): Promise<Exports>;
  initSync(options: { module: BufferSource | WasmModule }): Exports;
}

/**
 * The life of one module: not loaded, then loaded for good.
 * @internal
 */
export class Module<Exports> {
  readonly #entry: string;
  readonly #raw: Raw<Exports>;
  #exports: Exports | undefined;
  #loading: Promise<void> | undefined;

  constructor(entry: string, raw: Raw<Exports>) {
    this.#entry = entry;
    this.#raw = raw;
  }

  /** Loads it. Whoever calls again gets the same promise; after a failure it is tried again. */
  load(source: WasmSource): Promise<void> {
    this.#loading ??= this.#raw.default({ module_or_path: typeof source === "string" || source instanceof URL ? read(source) : source }).then(
      (exports) => {
        this.#exports = exports;
      },
      (error: unknown) => {
        this.#loading = undefined;
        throw error;
      },
    );
    return this.#loading;
  }

  /** Loads it from what is there. */
  loadSync(module: BufferSource | WasmModule): void {
    this.#exports ??= this.#raw.initSync({ module });
    this.#loading ??= Promise.resolve();
  }

  /** What it exports. Throws until it is loaded. */
  get exports(): Exports {
    if (this.#exports === undefined) throw notInitialised(this.#entry);
    return this.#exports;
  }
}

/** Fetches an address; Node's fetch knows no files. */
async function read(address: URL | string): Promise<Response | BufferSource> {
  if (String(address).startsWith("file:") && typeof process === "object" && process.getBuiltinModule) {
    return process.getBuiltinModule("node:fs/promises").readFile(new URL(address));
  }
  return fetch(address);
}
