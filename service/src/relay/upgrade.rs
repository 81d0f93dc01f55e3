//! The HTTP of a handshake: the request, and its answer.

use std::sync::{Arc, Weak};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use iot_tunnel_core::handshake::{
    HandshakeFault, HandshakeRequest, Rejection, Subprotocol, UpgradeAccept, header,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{ATTEMPT_EVERY, Relay, Seat};
use crate::transport::Transport;

/// A request that cannot become a WebSocket, whatever its headers say (RFC 6455 §4.1).
const OLD_HTTP: Rejection = Rejection {
    status: 400,
    text: "The request must be HTTP/1.1",
};

/// What a 101 says.
struct Accepted {
    accept: UpgradeAccept,
    subprotocol: Subprotocol,
}

/// Judges a handshake and answers it. An accepted one goes on as a task of its own.
///
/// The judgement is that task's too: a client that goes away meanwhile, which drops this future, must not leave a record
/// that says it is connected.
pub(super) async fn answer(State(relay): State<Weak<Relay>>, mut request: Request) -> Response<Body> {
    let channel_id = Uuid::new_v4();
    let Some(relay) = relay.upgrade() else {
        return refused(Rejection::UNAVAILABLE, channel_id);
    };
    let on_upgrade = hyper::upgrade::on(&mut request);
    let (request, _) = request.into_parts();
    let (decide, decided) = oneshot::channel();
    let ended = relay.ended.clone();
    let peers = relay.peers.clone();
    peers.spawn(async move {
        let work = peer(relay, request, on_upgrade, channel_id, decide);
        tokio::select! {
            () = work => {}
            () = ended.cancelled() => {}
        }
    });
    match decided.await {
        Ok(Ok(yes)) => accepted(&yes, channel_id),
        Ok(Err(rejection)) => refused(rejection, channel_id),
        // The service ends.
        Err(_) => refused(Rejection::UNAVAILABLE, channel_id),
    }
}

/// A peer's whole life: its handshake, and what follows.
async fn peer(
    relay: Arc<Relay>,
    request: Parts,
    on_upgrade: OnUpgrade,
    channel_id: Uuid,
    decide: oneshot::Sender<Result<Accepted, Rejection>>,
) {
    let (seat, subprotocol) = match connect(&relay, &request).await {
        Ok((seat, accepted)) => {
            let (tunnel_id, side) = (&seat.tunnel_id, seat.side.as_str());
            tracing::info!(%tunnel_id, side, subprotocol = %accepted.subprotocol, %channel_id, "connected");
            let subprotocol = accepted.subprotocol;
            // Whether anybody still waits for it shows below.
            let _ = decide.send(Ok(accepted));
            (seat, subprotocol)
        }
        Err(rejection) => {
            if let Some(left_out) = relay.refusals.admits() {
                let (status, why) = (rejection.status, rejection.text);
                tracing::info!(status, why, %channel_id, left_out, "a handshake was refused");
            }
            let _ = decide.send(Err(rejection));
            return;
        }
    };
    // With it go its headers, which hold the tokens.
    drop(request);
    let socket = on_upgrade
        .await
        .ok()
        .and_then(|upgraded| upgraded.downcast::<TokioIo<Transport>>().ok());
    match socket {
        Some(parts) => {
            let (socket, early) = (parts.io.into_inner(), parts.read_buf.to_vec());
            // The buffer that the request was read into.
            drop(parts.read_buf);
            relay.serve(seat, subprotocol, socket, early).await;
        }
        None => {
            tracing::info!(tunnel_id = %seat.tunnel_id, %channel_id, "the client left before its answer");
            relay.leave(&seat).await;
        }
    }
}

async fn connect(relay: &Relay, request: &Parts) -> Result<(Seat, Accepted), Rejection> {
    if request.version != Version::HTTP_11 {
        relay.metrics.refused("HttpVersion");
        return Err(OLD_HTTP);
    }
    let target = request.uri.path_and_query().map_or("", |target| target.as_str());
    let headers = request.headers.iter();
    let headers = headers.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let judged = HandshakeRequest::judge(request.method.as_str(), target, headers).map_err(|fault| {
        relay.metrics.refused(fault.name());
        Rejection::from(fault)
    })?;
    let connected = relay.connect(&judged).await?;
    let accepted = Accepted {
        accept: judged.key.accept(),
        subprotocol: judged.subprotocol,
    };
    Ok((connected.into_seat(), accepted))
}

fn accepted(yes: &Accepted, channel_id: Uuid) -> Response<Body> {
    let mut response = response(StatusCode::SWITCHING_PROTOCOLS, Body::empty(), channel_id);
    for (name, value) in [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "upgrade"),
        (header::WEBSOCKET_ACCEPT, yes.accept.as_str()),
        (header::WEBSOCKET_PROTOCOL, yes.subprotocol.as_str()),
    ] {
        set(&mut response, name, value);
    }
    response
}

/// A refusal says why in the body and in a header (data-plane.md §1).
fn refused(rejection: Rejection, channel_id: Uuid) -> Response<Body> {
    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = response(status, Body::from(rejection.text), channel_id);
    set(&mut response, "content-type", "text/plain; charset=utf-8");
    set(&mut response, header::STATUS_REASON, rejection.text);
    if rejection == Rejection::RATE_LIMITED {
        // By then the token has one attempt again. Of other 503s it is not known when they end.
        set(
            &mut response,
            "retry-after",
            &ATTEMPT_EVERY.div_ceil(1_000).to_string(),
        );
    }
    if rejection == Rejection::from(HandshakeFault::Version) {
        // RFC 6455 §4.4.
        set(&mut response, header::WEBSOCKET_VERSION, header::VERSION);
    }
    response
}

fn response(status: StatusCode, body: Body, channel_id: Uuid) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, header::CHANNEL_ID, &channel_id.to_string());
    response
}

/// Sets a header; the names and values here are all ASCII.
fn set(response: &mut Response<Body>, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response
            .headers_mut()
            .insert(HeaderName::from_static(name), value);
    }
}
