/** The messages that run through a tunnel, for who looks into the stream. */

import { bindings } from "./local-module.js";

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

/**
 * Decodes a message by the rules of proto3.
 * @throws {@link PeerFaultError} `MalformedMessage`.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const availableServiceIds: string[] = [];
  const message = { availableServiceIds };
  bindings().decodeMessage(bytes, message, availableServiceIds);
  return message as unknown as Message;
}

/**
 * Encodes a message. Fields that are left out have their default.
 * @throws {@link MisuseError} `PayloadTooLong`, `MessageTooLong`.
 */
export function encodeMessage(message: Partial<Message>): Uint8Array {
  return bindings().encodeMessage(
    message.type ?? 0,
    message.streamId ?? 0,
    message.ignorable ?? false,
    message.payload ?? new Uint8Array(),
    message.serviceId ?? "",
    message.availableServiceIds ?? [],
    message.connectionId ?? 0,
  );
}
