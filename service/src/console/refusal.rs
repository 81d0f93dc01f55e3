//! A refused handshake, told to a page: a browser hides the answer to a handshake that failed.
//!
//! A page that offers the subprotocol [`SUBPROTOCOL`] gets a WebSocket that names it, and in it nothing but a close frame
//! with the status and the reason. The npm package's bridge does the same.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use iot_tunnel_core::handshake::{UpgradeKey, header};
use iot_tunnel_core::websocket::{Close, CloseCode, Frame, MAX_CONTROL_PAYLOAD, Sender};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// Offered by a page that wants to be told.
const SUBPROTOCOL: &str = "iot-tunnel.refusal";
/// The close code of a refusal is this and the HTTP status: 4400 to 4599, which are for applications to give out.
const CODE: u16 = 4000;
/// How long the page has to answer the close frame (ours).
const PATIENCE: Duration = Duration::from_secs(10);

/// A request whose page wants to be told of a refusal, and can be.
pub(super) struct Told {
    key: UpgradeKey,
    on_upgrade: OnUpgrade,
}

impl Told {
    /// Looks whether the page offers it. `on_upgrade` is the request's.
    pub(super) fn of(headers: &HeaderMap, on_upgrade: Option<OnUpgrade>) -> Option<Self> {
        let mut offers = headers.get_all(header::WEBSOCKET_PROTOCOL).iter();
        let offered = offers.any(|offer| {
            let names = offer.to_str().unwrap_or_default().split(',');
            names.map(str::trim).any(|name| name == SUBPROTOCOL)
        });
        let key = headers
            .get(header::WEBSOCKET_KEY)
            .filter(|_| offered)
            .and_then(|value| UpgradeKey::parse(value.as_bytes()))?;
        Some(Self {
            key,
            on_upgrade: on_upgrade?,
        })
    }

    /// The WebSocket in place of a refusal.
    pub(super) fn tell(self, refused: &Response<Body>) -> Response<Body> {
        let reason = refused.headers().get(header::STATUS_REASON);
        let reason = reason
            .and_then(|reason| reason.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        tokio::spawn(close(
            self.on_upgrade,
            CODE.saturating_add(refused.status().as_u16()),
            reason,
        ));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        for (name, value) in [
            (header::UPGRADE, "websocket"),
            (header::CONNECTION, "upgrade"),
            (header::WEBSOCKET_ACCEPT, self.key.accept().as_str()),
            (header::WEBSOCKET_PROTOCOL, SUBPROTOCOL),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// Sends the close frame, and waits for the page to end the connection. Whatever fails meanwhile ends it too.
async fn close(on_upgrade: OnUpgrade, code: u16, reason: String) {
    let close = CloseCode::from_number(code).map(|code| Close {
        code,
        reason: &reason,
    });
    let mut buffer = [0; 2 + MAX_CONTROL_PAYLOAD as usize];
    let Ok(length) = Sender::new().write_unmasked(Frame::Close(close), &mut buffer) else {
        return;
    };
    let Ok(upgraded) = on_upgrade.await else { return };
    let mut socket = TokioIo::new(upgraded);
    let ended = async {
        socket.write_all(&buffer[..length]).await?;
        // What a page still says is of no interest.
        while socket.read(&mut [0; 256]).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whether it ended in order or not makes no difference to anybody.
    let _ = timeout(PATIENCE, ended).await;
}
