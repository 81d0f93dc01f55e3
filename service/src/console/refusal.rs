//! [`Hearer`]: a page that is told why its handshake was refused.
//!
//! A browser tells its page no status of a handshake that failed, so a page would try a refused token for ever. One that
//! offers a subprotocol of its own for this is answered by that one, and told status and reason by a close frame.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use iot_tunnel_core::handshake::{UpgradeKey, header};
use iot_tunnel_core::websocket::{
    Close, CloseCode, Frame, FrameHeader, MAX_CLOSE_REASON, MAX_CONTROL_PAYLOAD, Sender,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// What such a page offers.
pub(super) const REFUSAL: &str = "iot-tunnel.refusal";
/// The close code of a refusal is this and the HTTP status.
const REFUSAL_CODE: u16 = 4000;
/// How long the page's browser has for the close frame and its own (ours).
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// What is needed to answer a handshake that the relay has refused.
pub(super) struct Hearer {
    on_upgrade: OnUpgrade,
    key: UpgradeKey,
}

impl Hearer {
    /// Of a request that the relay is about to take. `None`: it is no upgrade.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let key = request.headers().get(header::WEBSOCKET_KEY)?;
        Some(Self {
            on_upgrade: request.extensions().get::<OnUpgrade>()?.clone(),
            key: UpgradeKey::parse(key.as_bytes())?,
        })
    }

    /// Says it by a close frame instead of by that answer.
    pub(super) fn tell(self, refused: &Response<Body>) -> Option<Response<Body>> {
        let reason = refused.headers().get(header::STATUS_REASON);
        let reason = reason.and_then(|reason| reason.to_str().ok()).unwrap_or_default();
        let close = Close {
            code: CloseCode::from_number(REFUSAL_CODE + refused.status().as_u16())?,
            // A header's text has one byte for each character.
            reason: reason.get(..MAX_CLOSE_REASON.into()).unwrap_or(reason),
        };
        let mut frame = [0; FrameHeader::MAX_LENGTH + MAX_CONTROL_PAYLOAD as usize];
        let length = Sender::new()
            .write_unmasked(Frame::Close(Some(close)), &mut frame)
            .ok()?;
        let accept = HeaderValue::from_str(self.key.accept().as_str()).ok()?;
        tokio::spawn(tokio::time::timeout(CLOSE_TIMEOUT, async move {
            let mut socket = TokioIo::new(self.on_upgrade.await.ok()?);
            socket.write_all(frame.get(..length)?).await.ok()?;
            // Closed before its own close frame was read, the socket might take ours with it.
            let mut theirs = [0; 64];
            while socket.read(&mut theirs).await.ok()? > 0 {}
            Some(())
        }));
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        for (name, value) in [
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::WEBSOCKET_ACCEPT, accept),
            (header::WEBSOCKET_PROTOCOL, HeaderValue::from_static(REFUSAL)),
        ] {
            response.headers_mut().insert(name, value);
        }
        Some(response)
    }
}
