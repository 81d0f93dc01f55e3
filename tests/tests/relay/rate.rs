//! A client that tries a token over and over is told to come back later; nobody else notices.

use std::time::Duration;

use iot_tunnel::relay::{ATTEMPT_EVERY, ATTEMPTS};
use iot_tunnel_core::handshake::Rejection;
use iot_tunnel_core::{Refusal, Side};

use super::http::Handshake;
use super::rig::{Rig, client_token};

/// What clients in the field do after a drop (data-plane.md §6, class 8).
const ATTEMPTS_A_SECOND: u32 = 35;

fn limited() -> (u16, String) {
    (503, Rejection::RATE_LIMITED.text.to_owned())
}

/// A second of attempts with a token that is refused: how many got through to be judged.
async fn a_second_of(rig: &Rig, handshake: &Handshake, refusal: Refusal) -> u32 {
    let mut judged = 0;
    for _ in 0..ATTEMPTS_A_SECOND {
        let refused = rig.refusal(handshake.clone()).await;
        match refused.0 {
            503 => assert_eq!(refused, limited()),
            _ => {
                assert_eq!(refused, (400, refusal.text().to_owned()));
                judged += 1;
            }
        }
        rig.clock.advance(Duration::from_secs(1) / ATTEMPTS_A_SECOND);
    }
    judged
}

#[tokio::test]
async fn a_token_that_is_tried_35_times_a_second_is_judged_20_times_and_then_once_a_second() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let _peer = rig.connect(Side::Source, &tunnel.source).await;
    let spent = Handshake::new(Side::Source, &tunnel.source);
    // One attempt was the one that succeeded.
    assert_eq!(
        a_second_of(&rig, &spent, Refusal::AccessTokenUsed).await,
        ATTEMPTS - 1
    );
    for _ in 0..3 {
        assert_eq!(a_second_of(&rig, &spent, Refusal::AccessTokenUsed).await, 1);
    }
    // A token that nobody knows is limited too, and each for itself.
    let unknown = Handshake::new(Side::Source, "unknown");
    assert_eq!(
        a_second_of(&rig, &unknown, Refusal::UnknownAccessToken).await,
        ATTEMPTS
    );
    // The other side's token, and another tunnel's, are free.
    rig.connect(Side::Destination, &tunnel.destination).await;
    let other = rig.open(&[]).await;
    rig.connect(Side::Source, &other.source).await;
    // After a pause it has all of its attempts again.
    rig.clock
        .advance(Duration::from_millis(ATTEMPT_EVERY * u64::from(ATTEMPTS)));
    assert_eq!(
        a_second_of(&rig, &spent, Refusal::AccessTokenUsed).await,
        ATTEMPTS
    );
    assert!(
        rig.metric("iot_tunnel_refusals_total{reason=\"RateLimited\"}")
            .await
            > 100.0
    );
}

#[tokio::test]
async fn a_limited_client_gets_retry_after() {
    let rig = Rig::start().await;
    let unknown = Handshake::new(Side::Source, "unknown");
    for _ in 0..ATTEMPTS {
        let answer = rig.ask(unknown.clone().bytes()).await;
        assert_eq!((answer.status, answer.headers.get("retry-after")), (400, None));
    }
    let answer = rig.ask(unknown.clone().bytes()).await;
    let after = answer.headers.get("retry-after").expect("when");
    assert_eq!((answer.status, after.as_bytes()), (503, b"1".as_slice()));
    rig.clock.advance(Duration::from_secs(1));
    assert_eq!(rig.ask(unknown.bytes()).await.status, 400);
}

#[tokio::test]
async fn a_limited_token_is_not_spent() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let mine = Handshake::new(Side::Source, &tunnel.source).and("client-token", client_token(1));
    for _ in 0..ATTEMPTS {
        rig.accepted(mine.clone()).await;
    }
    assert_eq!(rig.refusal(mine.clone()).await, limited());
    rig.clock.advance(Duration::from_millis(ATTEMPT_EVERY));
    rig.accepted(mine).await;
}

#[tokio::test]
async fn what_breaks_the_form_of_a_handshake_is_no_attempt() {
    let rig = Rig::start().await;
    let tunnel = rig.open(&[]).await;
    let good = Handshake::new(Side::Source, &tunnel.source);
    for _ in 0..2 * ATTEMPTS {
        assert_eq!(rig.refusal(good.clone().without("upgrade")).await.0, 400);
    }
    rig.accepted(good).await;
}
