//! A client that is too slow loses its connection, at the service's limits to the millisecond. Time stands still in
//! these tests but for what they advance, so they are exact and take none.

use std::sync::mpsc;
use std::time::Duration;

use iot_tunnel_tests::raw::{Raw, head, request};
use serde_json::json;
use tokio::time::{advance, pause};

use crate::rig::Rig;

/// The time for a request's head.
const HEAD: Duration = Duration::from_secs(10);

/// The time for a request's body.
const BODY: Duration = iot_tunnel::api::BODY_TIMEOUT;

/// As fine as the runtime's timers are: they never fire early, and at most this late.
const MILLISECOND: Duration = Duration::from_millis(1);

/// Stops the runtime's time while it lives: a runtime with a blocking task does not move paused time on by itself.
pub(crate) struct StandingTime {
    _release: mpsc::Sender<()>,
}

impl StandingTime {
    pub(crate) fn begin() -> Self {
        let (release, released) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || released.recv());
        pause();
        Self { _release: release }
    }
}

/// Does what blocks on another thread, while the service runs on this one.
pub(crate) async fn blocking<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(what).await.expect("no panic")
}

/// A connection that has had one answer: the service now waits for the next head.
pub(crate) async fn connected(rig: &Rig) -> Raw {
    let url = rig.url().to_owned();
    blocking(move || {
        let mut raw = Raw::connect(&url);
        raw.send(request("ListTunnels", &json!({})));
        let _ = raw.answer().success();
        raw
    })
    .await
}

#[tokio::test]
async fn a_head_that_takes_longer_than_its_time_ends_the_connection() {
    let rig = Rig::start().await;
    let _standing = StandingTime::begin();
    for sent in ["", "POST / HTTP/1.1\r\nhost: loc"] {
        let mut raw = connected(&rig).await;
        raw.send(sent);
        advance(HEAD + MILLISECOND).await;
        assert_eq!(blocking(move || raw.rest()).await, b"", "after {sent:?}");
    }
    assert!(rig.list().await.is_empty());
}

#[tokio::test]
async fn a_head_that_just_makes_it_is_served() {
    let rig = Rig::start().await;
    let _standing = StandingTime::begin();
    let mut raw = connected(&rig).await;
    advance(HEAD - MILLISECOND).await;
    let answer = blocking(move || {
        raw.send(request("ListTunnels", &json!({})));
        raw.answer()
    });
    let _ = answer.await.success();
}

#[tokio::test]
async fn a_body_that_takes_longer_than_its_time_is_refused_and_opens_nothing() {
    let rig = Rig::start().await;
    let _standing = StandingTime::begin();
    let mut raw = waiting_for_a_body(&rig).await;
    raw.send("{");
    advance(BODY + MILLISECOND).await;
    let answer = blocking(move || raw.answer()).await;
    answer.is_refused(
        408,
        "RequestTimeoutException",
        "the body did not arrive within 20 seconds",
    );
    assert_eq!(answer.header("content-type"), iot_tunnel_tests::api::JSON);
    let _ = answer.request_id();
    assert!(rig.list().await.is_empty());
}

#[tokio::test]
async fn a_body_that_just_makes_it_is_served() {
    let rig = Rig::start().await;
    let _standing = StandingTime::begin();
    let mut raw = waiting_for_a_body(&rig).await;
    advance(BODY - MILLISECOND).await;
    let answer = blocking(move || {
        raw.send("{}");
        raw.answer()
    });
    let _ = answer.await.success();
    assert_eq!(rig.list().await.len(), 1);
}

/// A connection whose request's head has been read: `100 Continue` says that the service waits for its body.
pub(crate) async fn waiting_for_a_body(rig: &Rig) -> Raw {
    let url = rig.url().to_owned();
    blocking(move || {
        let mut raw = Raw::connect(&url);
        raw.send(format!(
            "{}expect: 100-continue\r\ncontent-length: 2\r\n\r\n",
            head("OpenTunnel")
        ));
        assert_eq!(raw.head(), "HTTP/1.1 100 Continue");
        raw
    })
    .await
}
