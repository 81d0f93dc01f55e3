//! `--max-open-tunnels`: LimitExceededException, and room again once a tunnel has ended.

use std::time::Duration;

use serde_json::json;

use crate::rig::Rig;

const FULL: &str = "2 tunnels are open, as many as this service allows; close one, or wait for one to end";

#[tokio::test]
async fn no_more_tunnels_are_open_than_allowed_and_a_closed_or_expired_one_makes_room() {
    let rig = Rig::with(|builder| builder.max_open_tunnels(2)).await;
    let hour = json!({ "timeoutConfig": { "maxLifetimeTimeoutMinutes": 60 } });
    let first = rig.open(json!({})).await.id;
    let _ = rig.open(hour).await;
    let full = || async {
        rig.call("OpenTunnel", json!({}))
            .await
            .is_refused(400, "LimitExceededException", FULL);
    };
    full().await;
    assert_eq!(rig.list().await.len(), 2, "the refused one left nothing");

    let _ = rig.done("CloseTunnel", json!({ "tunnelId": first })).await;
    let _ = rig.open(json!({})).await;
    full().await;

    rig.clock.advance(Duration::from_millis(3_599_999));
    full().await;
    // The hour is over. No sweep has to have seen it.
    rig.clock.advance(Duration::from_millis(1));
    let _ = rig.open(json!({})).await;
    full().await;
}

#[tokio::test]
async fn rotations_need_no_room() {
    let rig = Rig::with(|builder| builder.max_open_tunnels(1)).await;
    let id = rig.open(json!({})).await.id;
    let _ = rig.rotate(&id, "ALL").await.success();
}

#[tokio::test]
async fn tunnels_opened_at_once_do_not_slip_past_the_limit() {
    let rig = Rig::with(|builder| builder.max_open_tunnels(5)).await;
    let url = rig.url().to_owned();
    let opening: Vec<_> = (0..40)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                iot_tunnel_tests::api::call(&url, "OpenTunnel", &json!({}))
                    .await
                    .status
            })
        })
        .collect();
    let mut opened = 0;
    for answer in opening {
        opened += usize::from(answer.await.expect("an answer").is_success());
    }
    assert_eq!(opened, 5);
    assert_eq!(rig.list().await.len(), 5);
}
