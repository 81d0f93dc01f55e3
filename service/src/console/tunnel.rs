//! The data plane for a browser: a page cannot set the header `access-token`, so the token comes as a subprotocol.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use iot_tunnel_core::handshake::header;
use tower::ServiceExt as _;
use zeroize::Zeroizing;

use super::refusal::{Hearer, REFUSAL};

/// What stands before the access token, in base64url without padding: a subprotocol has fewer characters than a token.
const ACCESS_TOKEN: &str = "iot-tunnel.token.";
/// What stands before the client token.
const CLIENT_TOKEN: &str = "iot-tunnel.client-token.";

/// Puts the tokens where the relay looks for them and hands the request to it. The answer names one of AWS's subprotocols,
/// which the browser offered too.
pub(super) async fn upgrade(State(relay): State<Router>, mut request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let Ok(uri) = format!("/tunnel?{query}").parse::<Uri>() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *request.uri_mut() = uri;
    let hearer = match move_tokens(request.headers_mut()) {
        Ok(hears_refusal) => Hearer::of(&request).filter(|_| hears_refusal),
        Err(why) => return (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
    };
    let response = match relay.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match hearer {
        Some(hearer) if response.status() != StatusCode::SWITCHING_PROTOCOLS => {
            hearer.tell(&response).unwrap_or(response)
        }
        _ => response,
    }
}

/// Whether the page hears of a refusal by a close frame.
fn move_tokens(headers: &mut HeaderMap) -> Result<bool, &'static str> {
    let protocol = HeaderName::from_static(header::WEBSOCKET_PROTOCOL);
    let mut offered = Vec::new();
    let (mut access_token, mut client_token) = (None, None);
    let mut hears_refusal = false;
    for value in headers.get_all(&protocol) {
        let value = value.to_str().map_err(|_| "a subprotocol is visible ASCII")?;
        for name in value.split(',').map(str::trim) {
            if let Some(encoded) = name.strip_prefix(ACCESS_TOKEN) {
                let decoded = Base64UrlUnpadded::decode_vec(encoded).map(Zeroizing::new);
                let decoded = decoded.map_err(|_| "the access token must be base64url without padding")?;
                access_token = Some(secret(&decoded).ok_or("the access token is visible ASCII")?);
            } else if let Some(token) = name.strip_prefix(CLIENT_TOKEN) {
                client_token = Some(secret(token.as_bytes()).ok_or("the client token is visible ASCII")?);
            } else if name == REFUSAL {
                hears_refusal = true;
            } else {
                offered.push(name);
            }
        }
    }
    let access_token =
        access_token.ok_or("one subprotocol must be iot-tunnel.token. and the token in base64url")?;
    let offered = HeaderValue::from_str(&offered.join(", ")).map_err(|_| "a subprotocol is visible ASCII")?;
    headers.insert(protocol, offered);
    headers.insert(HeaderName::from_static(header::ACCESS_TOKEN), access_token);
    match client_token {
        Some(token) => headers.insert(HeaderName::from_static(header::CLIENT_TOKEN), token),
        None => headers.remove(header::CLIENT_TOKEN),
    };
    // The console's own cookie is of no concern to the relay.
    headers.remove(header::COOKIE);
    Ok(hears_refusal)
}

/// A header's value that no log shows.
fn secret(bytes: &[u8]) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(bytes).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(protocols: &str) -> Result<HeaderMap, &'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        move_tokens(&mut headers).map(|_| headers)
    }

    #[test]
    fn tokens_go_into_their_headers_and_out_of_the_list() {
        let headers =
            moved("aws.iot.securetunneling-3.0, iot-tunnel.token.c2VjcmV0, iot-tunnel.client-token.c-1")
                .unwrap();
        assert_eq!(headers[header::WEBSOCKET_PROTOCOL], "aws.iot.securetunneling-3.0");
        assert_eq!(headers[header::ACCESS_TOKEN], "secret");
        assert_eq!(headers[header::CLIENT_TOKEN], "c-1");
        assert!(!format!("{headers:?}").contains("secret"));
    }

    #[test]
    fn a_list_without_a_token_or_with_a_broken_one_is_refused() {
        assert!(
            moved("aws.iot.securetunneling-3.0")
                .unwrap_err()
                .contains("iot-tunnel.token.")
        );
        assert!(
            moved("a, iot-tunnel.token.###")
                .unwrap_err()
                .contains("base64url")
        );
        assert!(
            moved("a, iot-tunnel.token.AAo")
                .unwrap_err()
                .contains("visible ASCII")
        );
    }
}
