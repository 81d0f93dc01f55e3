/** Values as callers give them. WebAssembly takes each for what it should be, and traps: so they are judged before. */

import type { BufferSource } from "./engine-types.js";

const BYTES = "an ArrayBuffer or a view of one, such as a Uint8Array";

/** Longest time that a timer of an engine takes, in milliseconds: it rings at once for a longer one. */
export const MAX_TIME = 2 ** 31 - 1;

/** A text. */
export function text(name: string, value: unknown): string {
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

/** A text that may be left out. */
export function textIfGiven(name: string, value: unknown): string | undefined {
  return value === undefined ? undefined : text(name, value);
}

/** A list of texts; a copy, without holes. */
export function texts(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw wrongType(name, "an array of strings", value);
  return Array.from(value, (element, index) => text(`${name}[${index}]`, element));
}

/** Yes or no. */
export function flag(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw wrongType(name, "a boolean", value);
  return value;
}

/** A number of any kind. */
export function number(name: string, value: unknown): number {
  if (typeof value !== "number") throw wrongType(name, "a number", value);
  return value;
}

/** A number that is one, and has an end. */
export function finite(name: string, value: unknown): number {
  const given = number(name, value);
  if (Number.isFinite(given)) return given;
  throw new RangeError(`${name} must be a finite number, not ${given}`);
}

/** A whole number from `min` to `max`. What is a number, and not such a one, is a `RangeError`. */
export function wholeNumber(name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const given = number(name, value);
  if (Number.isInteger(given) && given >= min && given <= max) return given;
  throw new RangeError(`${name} must be a whole number, ${min} to ${max}, not ${given}`);
}

/** What has members: of another value they would all be left out, and nobody would know. */
export function object<Type extends object>(name: string, value: Type): Type {
  if (typeof value !== "object" || value === null) throw wrongType(name, "an object", value);
  return value;
}

/** A signal that may be left out. */
export function signalIfGiven(value: AbortSignal | undefined): AbortSignal | undefined {
  if (value !== undefined && typeof value?.addEventListener !== "function") throw wrongType("signal", "an AbortSignal", value);
  return value;
}

/** A function or a class that may be left out. */
export function functionIfGiven(name: string, value: unknown): void {
  if (value !== undefined) method(name, value);
}

/** A function that must be there. */
export function method(name: string, value: unknown): void {
  if (typeof value !== "function") throw wrongType(name, "a function", value);
}

/** The bytes of what has such. */
export function bytes(name: string, value: unknown, allowed = BYTES): Uint8Array<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw wrongType(name, allowed, value);
}

/** The bytes of a text, in UTF-8, or of what has such. */
export function textOrBytes(name: string, value: string | BufferSource): Uint8Array<ArrayBuffer> {
  return typeof value === "string" ? new TextEncoder().encode(value) : bytes(name, value, `a string, or ${BYTES}`);
}

/** It never shows the value, which may be a secret. */
function wrongType(name: string, allowed: string, value: unknown): TypeError {
  return new TypeError(`${name} must be ${allowed}, but is ${value === null ? "null" : `of type ${typeof value}`}`);
}
