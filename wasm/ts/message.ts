/** The messages that run through a tunnel, for who looks into the stream. */

import { bindings } from "./local-module.js";
import { bytes, flag, object, text, texts, wholeNumber } from "./values.js";

/** One message, without the length before it. A field that is absent on the wire has its default: 0, false or empty. */
export interface Message {
  /** DATA 1, STREAM_START 2, STREAM_RESET 3, SESSION_RESET 4, SERVICE_IDS 5, CONNECTION_START 6, CONNECTION_RESET 7. */
  type: number;
  streamId: number;
  ignorable: boolean;
  payload: Uint8Array;
  serviceId: string;
  availableServiceIds: string[];
  connectionId: number;
}

/** The numbers that fit a field `int32`. */
const INT32 = [-(2 ** 31), 2 ** 31 - 1] as const;

/**
 * Decodes a message by the rules of proto3.
 * @throws {@link PeerFaultError} `MalformedMessage`.
 */
export function decodeMessage(encoded: Uint8Array): Message {
  const availableServiceIds: string[] = [];
  const message = { availableServiceIds };
  bindings().decodeMessage(bytes("a message", encoded), message, availableServiceIds);
  return message as unknown as Message;
}

/**
 * Encodes a message. Fields that are left out have their default.
 * @throws {@link MisuseError} `PayloadTooLong`, `MessageTooLong`; `RangeError` for a number that its field cannot hold.
 */
export function encodeMessage(message: Partial<Message>): Uint8Array {
  const { encodeMessage } = bindings();
  const { type = 0, streamId = 0, ignorable = false, payload = new Uint8Array(), serviceId = "" } = object("a message", message);
  const { availableServiceIds = [], connectionId = 0 } = message;
  return encodeMessage(
    wholeNumber("type", type, ...INT32),
    wholeNumber("streamId", streamId, ...INT32),
    flag("ignorable", ignorable),
    bytes("payload", payload),
    text("serviceId", serviceId),
    texts("availableServiceIds", availableServiceIds),
    wholeNumber("connectionId", connectionId, 0, 2 ** 32 - 1),
  );
}
