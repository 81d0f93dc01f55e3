/** Types of the engine that TypeScript has in its library of the DOM only. A project for Node need not have that one. */

/** Bytes, as the engine's own functions take them. */
export type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;

/** A `WebAssembly.Module`, which TypeScript cannot tell from other objects anyway. */
export type WasmModule = object;

/** What an `EventTarget` calls. */
export type Listener = Parameters<EventTarget["addEventListener"]>[1];

/** How an `EventTarget` is listened to. */
export type ListenerOptions = Parameters<EventTarget["addEventListener"]>[2];
