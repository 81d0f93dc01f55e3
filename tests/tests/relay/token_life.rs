//! A token's life (control-plane.md) as handshakes: every row, every refusal before a 101 and with its reason.

use std::time::Duration;

use iot_tunnel_core::{Refusal, Side};

use super::http::Handshake;
use super::rig::{Rig, Tunnel, client_token};

const HOUR: Duration = Duration::from_secs(3600);

/// Fails unless the handshake is refused for that reason.
async fn is_refused(rig: &Rig, handshake: Handshake, refusal: Refusal) {
    let refused = rig.refusal(handshake).await;
    assert_eq!(refused, (400, refusal.text().to_owned()), "{refusal:?}");
}

fn source(tunnel: &Tunnel) -> Handshake {
    Handshake::new(Side::Source, &tunnel.source)
}

/// The source's token with the client token of that number.
fn bound(tunnel: &Tunnel, n: u32) -> Handshake {
    source(tunnel).and("client-token", client_token(n))
}

#[tokio::test]
async fn a_token_without_a_client_token_admits_once() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let first = rig.accepted(source(&tunnel)).await;
    is_refused(&rig, source(&tunnel), Refusal::AccessTokenUsed).await;
    is_refused(&rig, bound(&tunnel, 1), Refusal::AccessTokenUsed).await;
    rig.is(&tunnel, "CONNECTED", "DISCONNECTED").await;
    // Nor when the first has gone.
    drop(first);
    rig.until_state(&tunnel, Side::Source, "DISCONNECTED").await;
    is_refused(&rig, source(&tunnel), Refusal::AccessTokenUsed).await;
    is_refused(&rig, bound(&tunnel, 1), Refusal::AccessTokenUsed).await;
}

#[tokio::test]
async fn a_token_bound_to_a_client_token_admits_whoever_brings_it() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    for _ in 0..3 {
        let peer = rig.accepted(bound(&tunnel, 1)).await;
        is_refused(&rig, source(&tunnel), Refusal::ClientTokenMismatch).await;
        is_refused(&rig, bound(&tunnel, 2), Refusal::ClientTokenMismatch).await;
        rig.is(&tunnel, "CONNECTED", "DISCONNECTED").await;
        drop(peer);
        rig.until_state(&tunnel, Side::Source, "DISCONNECTED").await;
    }
    is_refused(&rig, source(&tunnel), Refusal::ClientTokenMismatch).await;
}

#[tokio::test]
async fn a_client_token_belongs_to_one_access_token_of_the_open_tunnels() {
    let rig = Rig::start().await;
    let (one, other) = (rig.open(&[]).await, rig.open(&[]).await);
    let _peer = rig.accepted(bound(&one, 1)).await;
    is_refused(&rig, bound(&other, 1), Refusal::ClientTokenInUse).await;
    let across = Handshake::new(Side::Destination, &one.destination).and("client-token", client_token(1));
    is_refused(&rig, across, Refusal::ClientTokenInUse).await;
    // It is free once its tunnel is closed, and the other token is still fresh.
    rig.close(&one, false).await;
    rig.accepted(bound(&other, 1)).await;
}

#[tokio::test]
async fn a_rotated_token_is_revoked_whatever_comes_with_it() {
    let rig = Rig::start().await;
    let mut tunnel = rig.open(&[]).await;
    let old = tunnel.clone();
    drop(rig.accepted(bound(&tunnel, 1)).await);
    rig.rotate(&mut tunnel, "SOURCE").await;
    is_refused(&rig, bound(&old, 1), Refusal::AccessTokenRevoked).await;
    is_refused(&rig, source(&old), Refusal::AccessTokenRevoked).await;
    // The client token is free for the new one.
    rig.accepted(bound(&tunnel, 1)).await;
}

#[tokio::test]
async fn an_unknown_token_is_refused_and_says_nothing_of_tunnels() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let mut forged = tunnel.source.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    let long = "x".repeat(3_000);
    let tokens = ["x", long.as_str(), &tunnel.source[1..], &forged];
    for token in tokens {
        let handshake = Handshake::new(Side::Source, token);
        is_refused(&rig, handshake, Refusal::UnknownAccessToken).await;
    }
    rig.accepted(source(&tunnel)).await;
}

#[tokio::test]
async fn a_token_of_a_deleted_tunnel_is_refused_with_that_reason() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    rig.close(&tunnel, true).await;
    is_refused(&rig, source(&tunnel), Refusal::TunnelNotFound).await;
}

#[tokio::test]
async fn a_token_of_the_other_side_is_refused_and_stays_fresh() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    for side in Side::BOTH {
        let handshake = Handshake::new(side.other(), tunnel.token(side));
        is_refused(&rig, handshake, Refusal::ModeMismatch).await;
        rig.connect(side, tunnel.token(side)).await;
    }
}

#[tokio::test]
async fn a_closed_tunnel_admits_nobody_and_says_how_it_ended() {
    let rig = Rig::start().await;
    let (closed, expired) = (rig.open(&[]).await, rig.open(&[]).await);
    for tunnel in [&closed, &expired] {
        drop(
            rig.accepted(bound(tunnel, if tunnel.id == closed.id { 1 } else { 2 }))
                .await,
        );
    }
    rig.clock.advance(11 * HOUR);
    rig.close(&closed, false).await;
    // To the millisecond, whether or not anything has swept it.
    rig.clock.advance(HOUR);
    for (tunnel, n, refusal) in [
        (&closed, 1, Refusal::TunnelClosed),
        (&expired, 2, Refusal::TunnelExpired),
    ] {
        is_refused(&rig, bound(tunnel, n), refusal).await;
        is_refused(&rig, source(tunnel), refusal).await;
        let fresh = Handshake::new(Side::Destination, &tunnel.destination);
        is_refused(&rig, fresh, refusal).await;
    }
}

#[tokio::test]
async fn the_first_rule_that_says_no_is_the_one_named() {
    let rig = Rig::start().await;
    let mut tunnel = rig.open(&[]).await;
    let old = tunnel.clone();
    let as_destination = |token: &str| Handshake::new(Side::Destination, token);
    drop(rig.accepted(source(&tunnel)).await);
    // The other side before used.
    is_refused(&rig, as_destination(&tunnel.source), Refusal::ModeMismatch).await;
    rig.rotate(&mut tunnel, "SOURCE").await;
    // Revoked before the other side.
    is_refused(&rig, as_destination(&old.source), Refusal::AccessTokenRevoked).await;
    rig.close(&tunnel, false).await;
    // Closed before revoked.
    is_refused(&rig, as_destination(&old.source), Refusal::TunnelClosed).await;
    rig.close(&tunnel, true).await;
    is_refused(&rig, as_destination(&old.source), Refusal::TunnelNotFound).await;
}
