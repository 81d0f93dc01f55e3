/** `messages.json`: a message is read or refused as Google's protobuf does it, and written byte for byte the same. */

import { fromHex, run, same, thrown, toHex } from "./check.js";

export function messages(file, { decodeMessage, encodeMessage }) {
  const decodes = (one) => {
    const { payload, ...fields } = decodeMessage(fromHex(one.hex));
    same("fields", { ...fields, payload_hex: toHex(payload) }, one.fields);
  };
  return [
    run("messages.json canonical", file.canonical, (one) => {
      decodes(one);
      const { payload_hex, ...fields } = one.fields;
      same("bytes", toHex(encodeMessage({ ...fields, payload: fromHex(payload_hex) })), one.hex);
    }),
    run("messages.json accepted", file.accepted, decodes),
    run("messages.json refused", file.refused, (one) => {
      const { code, party } = thrown(() => decodeMessage(fromHex(one.hex)));
      same("error", [code, party], ["MalformedMessage", "peer"]);
    }),
  ];
}
