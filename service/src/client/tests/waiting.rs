//! How long a client waits before it tries again, and what it says of that. Time stands still until everything waits.

use std::time::Duration;

use tokio::time::Instant;

use super::peer::Peer;
use super::rig::{Rig, token};
use crate::client::{Event, Loss};

/// The next loss of a connection that the service refused for now: the status and the wait.
async fn unavailable(rig: &mut Rig) -> (u16, Duration) {
    let lost = |event| match event {
        Event::Lost {
            why: Loss::Unavailable { status, .. },
            retry_in: Some(wait),
        } => Some((status, wait)),
        _ => None,
    };
    rig.event("a refusal for now", lost).await
}

#[tokio::test(start_paused = true)]
async fn a_service_that_says_later_is_asked_again_with_the_same_token_and_not_before_it_said() {
    for status in [408, 429, 500, 503] {
        let (mut rig, _address) = Rig::source().await;
        let headers = "retry-after: 7\r\n";
        let first = Peer::answer(rig.dialled().await, status, headers, "later").await;
        let (told, wait) = unavailable(&mut rig).await;
        assert_eq!(told, status);
        assert!(wait >= Duration::from_secs(7), "{status}: {wait:?}");
        let begin = Instant::now();
        let second = Peer::open(rig.dialled().await, &["SSH"]).await;
        assert_eq!(second.access_token, first.access_token);
        assert!(begin.elapsed() >= Duration::from_secs(6), "{:?}", begin.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_attempt_after_a_drop_is_at_once() {
    let (mut rig, _address) = Rig::source().await;
    let peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    rig.opened().await;
    drop(peer);
    let begin = Instant::now();
    let _again = rig.dialled().await;
    assert!(
        begin.elapsed() < Duration::from_millis(100),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn connections_that_are_lost_as_soon_as_they_are_made_are_told_of_once() {
    let (mut rig, _address) = Rig::source().await;
    for _ in 0..6 {
        drop(Peer::open(rig.dialled().await, &["SSH"]).await);
    }
    let mut contested = 0;
    rig.tunnel
        .replace_token(token("another"), None)
        .await
        .expect("a token");
    let _peer = Peer::open(rig.dialled().await, &["SSH"]).await;
    loop {
        match rig.events.next().await.expect("an event") {
            Event::Contested => contested += 1,
            Event::Open(_) if contested > 0 => break,
            _ => {}
        }
    }
    assert_eq!(contested, 1);
}
