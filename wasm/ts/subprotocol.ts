/** What a browser can say in a handshake: it sets no header, but offers subprotocols. `iot-tunnel/bridge` reads them. */

/** The tunnel's own, which an answer names. */
export const TUNNEL = "aws.iot.securetunneling-3.0";

/** What stands before an access token in base64url without padding: a subprotocol has fewer characters than a token. */
export const ACCESS_TOKEN = "iot-tunnel.token.";

/** What stands before a client token. */
export const CLIENT_TOKEN = "iot-tunnel.client-token.";

/**
 * Offered by who is not told the status of a refused handshake. An answer that names it is a refusal: nothing follows but a
 * close frame with the status above {@link REFUSAL_CODE} and the reason.
 */
export const REFUSAL = "iot-tunnel.refusal";

/** The close code of a refusal is this and the HTTP status: 4400 to 4599. */
export const REFUSAL_CODE = 4000;

/** A page may close a WebSocket with 1000 and with 3000 to 4999 only. The codes 1001 to 1015 are moved by this. */
export const MOVED_CODE = 3000;

/** A token, visible ASCII, as part of a subprotocol. */
export function encodeToken(token: string): string {
  return btoa(token).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The token in a part of a subprotocol; nothing if there is none in it. */
export function decodeToken(encoded: string): string | undefined {
  if (!/^[\w-]+$/.test(encoded)) return undefined;
  try {
    return atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
}
