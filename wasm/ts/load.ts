/** Loading a WebAssembly module, once. */

import { type Embedded, bytesOf } from "./embedded.js";
import type { BufferSource, WasmModule } from "./engine-types.js";
import { notInitialised } from "./errors.js";

/**
 * Where a module's WebAssembly comes from: an address to fetch, an answer to a fetch, its bytes, or the compiled module.
 */
export type WasmSource = URL | string | Response | BufferSource | WasmModule;

/** What wasm-bindgen makes for its own use. */
interface Glue<Exports> {
  __wbg_set_wasm(exports: Exports): void;
}

/** What every module exports. */
interface Exports extends WebAssembly.Exports {
  memory: WebAssembly.Memory;
  /** To be called once, before anything else. */
  __wbindgen_start(): void;
}

/**
 * The life of one module: not loaded, then loaded for good.
 * @internal
 */
export class Module {
  readonly #entry: string;
  readonly #glue: Glue<Exports>;
  readonly #imports: WebAssembly.Imports;
  #exports: Exports | undefined;
  #loading: Promise<void> | undefined;

  /** `raw` is what wasm-bindgen made: what JavaScript calls, and what the WebAssembly imports by that file's name. */
  constructor(entry: string, raw: object, file: string) {
    this.#entry = entry;
    this.#glue = raw as Glue<Exports>;
    this.#imports = { [file]: raw as WebAssembly.ModuleImports };
  }

  /** Loads what comes with the package. Whoever calls again gets the same promise; after a failure it is tried again. */
  load(embedded: Embedded): Promise<void> {
    return this.#load(() => bytesOf(embedded).then(WebAssembly.compile));
  }

  /** As `load`, from elsewhere. */
  loadFrom(source: WasmSource): Promise<void> {
    return this.#load(() => compile(source));
  }

  #load(compiled: () => Promise<WebAssembly.Module>): Promise<void> {
    this.#loading ??= compiled()
      .then((module) => WebAssembly.instantiate(module, this.#imports))
      .then(
        (instance) => this.#start(instance),
        (error: unknown) => {
          this.#loading = undefined;
          throw error;
        },
      );
    return this.#loading;
  }

  /** Loads it from what is there. */
  loadSync(source: BufferSource | WasmModule): void {
    if (this.#exports !== undefined) return;
    const module = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source as BufferSource);
    this.#start(new WebAssembly.Instance(module, this.#imports));
    this.#loading ??= Promise.resolve();
  }

  /** Whoever comes second changes nothing: the first is in use. */
  #start(instance: WebAssembly.Instance): void {
    if (this.#exports !== undefined) return;
    this.#exports = instance.exports as Exports;
    this.#glue.__wbg_set_wasm(this.#exports);
    this.#exports.__wbindgen_start();
  }

  /** What it exports. Throws until it is loaded. */
  get exports(): Exports {
    if (this.#exports === undefined) throw notInitialised(this.#entry);
    return this.#exports;
  }
}

async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  const found = typeof source === "string" || source instanceof URL ? await read(source) : source;
  if (!(found instanceof Response)) return WebAssembly.compile(found as BufferSource);
  if (!found.ok) throw new Error(`${found.url} was answered with status ${found.status}, and not with WebAssembly`);
  // What comes by another type is compiled too, but not before all of it is there.
  if (found.headers.get("content-type") === "application/wasm") return WebAssembly.compileStreaming(found);
  return WebAssembly.compile(await found.arrayBuffer());
}

/** Fetches an address; Node's fetch knows no files. */
async function read(address: URL | string): Promise<Response | BufferSource> {
  if (String(address).startsWith("file:") && typeof process === "object" && process.getBuiltinModule) {
    return process.getBuiltinModule("node:fs/promises").readFile(new URL(address));
  }
  return fetch(address);
}
