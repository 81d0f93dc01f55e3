/** Counts what JavaScript copies: every way in which bytes become other bytes. */

const TypedArray = Object.getPrototypeOf(Uint8Array);

/**
 * Counts while `work` runs.
 * @param {() => ArrayBufferLike} memory the WebAssembly's memory at the moment
 * @param {() => unknown} work
 * @returns {Promise<{ in: number, out: number, beside: number }>} bytes that were copied into that memory, out of it, and
 *   from elsewhere to elsewhere
 */
export async function counted(memory, work) {
  const copied = { in: 0, out: 0, beside: 0 };
  const count = (from, to, bytes) => {
    if (to === memory()) copied.in += bytes;
    else if (from === memory()) copied.out += bytes;
    else copied.beside += bytes;
  };
  const restore = [];
  const replace = (object, name, make) => {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { ...descriptor, value: make(descriptor.value) });
    restore.push(() => Object.defineProperty(object, name, descriptor));
  };
  /** What makes a new array or buffer of an old one. */
  const making = (original) =>
    function (...args) {
      const made = original.apply(this, args);
      const [from, to] = [bufferOf(this) ?? bufferOf(args[0]), bufferOf(made)];
      if (from !== to) count(from, to, made.byteLength);
      return made;
    };
  replace(TypedArray.prototype, "set", (set) => function (source, offset) {
    count(bufferOf(source), this.buffer, source.byteLength ?? source.length);
    return set.call(this, source, offset);
  });
  replace(TypedArray.prototype, "copyWithin", (copyWithin) => function (to, from, end) {
    count(this.buffer, this.buffer, (end ?? this.length) - from);
    return copyWithin.call(this, to, from, end);
  });
  for (const object of [TypedArray.prototype, ArrayBuffer.prototype]) replace(object, "slice", making);
  for (const name of ["from", "of"]) replace(TypedArray, name, making);
  for (const name of ["from", "concat", "copyBytesFrom"]) replace(Buffer, name, making);
  replace(Buffer.prototype, "copy", (copy) => function (target, ...range) {
    const bytes = copy.call(this, target, ...range);
    count(this.buffer, target.buffer, bytes);
    return bytes;
  });
  replace(globalThis, "Uint8Array", (Original) => new Proxy(Original, {
    construct(target, args, newTarget) {
      const made = Reflect.construct(target, args, newTarget);
      // A view of a buffer copies nothing, and a number asks for zeroes.
      if (typeof args[0] === "object" && bufferOf(args[0]) !== made.buffer) count(bufferOf(args[0]), made.buffer, made.length);
      return made;
    },
  }));
  try {
    await work();
  } finally {
    for (const undo of restore.reverse()) undo();
  }
  return copied;
}

function bufferOf(value) {
  return value instanceof ArrayBuffer ? value : value?.buffer;
}
