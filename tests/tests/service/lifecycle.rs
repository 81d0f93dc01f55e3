//! OPEN, CLOSED, gone (control-plane.md, "Tunnel lifecycle").

use std::time::Duration;

use iot_tunnel_core::{Refusal, Side};
use serde_json::json;

use crate::rig::{HOUR, Rig, START_SECONDS};

const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn closing_disconnects_both_sides_and_revives_nothing() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    rig.connect(&tunnel.source, Side::Source, None)
        .await
        .expect("accepted");
    rig.clock.advance(HOUR);
    assert_eq!(
        rig.done("CloseTunnel", json!({ "tunnelId": tunnel.id })).await,
        json!({})
    );

    let at = START_SECONDS + 3600.0;
    let closed = rig.describe(&tunnel.id).await;
    assert_eq!(
        (&closed["status"], &closed["lastUpdatedAt"]),
        (&json!("CLOSED"), &json!(at))
    );
    assert_eq!(
        closed["sourceConnectionState"],
        json!({ "status": "DISCONNECTED", "lastUpdatedAt": at })
    );
    for (token, side) in [
        (&tunnel.source, Side::Source),
        (&tunnel.destination, Side::Destination),
    ] {
        assert_eq!(rig.refusal(token, side, None).await, Some(Refusal::TunnelClosed));
    }
}

#[tokio::test]
async fn closing_a_closed_tunnel_succeeds_and_changes_nothing() {
    let rig = Rig::start().await;
    let id = rig.open(json!({})).await.id;
    let _ = rig.done("CloseTunnel", json!({ "tunnelId": id })).await;
    let before = rig.describe(&id).await;
    rig.clock.advance(HOUR);
    assert_eq!(
        rig.done("CloseTunnel", json!({ "tunnelId": id, "delete": false }))
            .await,
        json!({})
    );
    assert_eq!(rig.describe(&id).await, before);
}

#[tokio::test]
async fn closing_with_delete_removes_the_tunnel_at_once() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    let _ = rig
        .done("CloseTunnel", json!({ "tunnelId": tunnel.id, "delete": true }))
        .await;
    let message = format!("Tunnel {} does not exist, or has been deleted", tunnel.id);
    for operation in ["DescribeTunnel", "CloseTunnel"] {
        let answer = rig.call(operation, json!({ "tunnelId": tunnel.id })).await;
        answer.is_refused(400, "ResourceNotFoundException", &message);
    }
    let tags = rig
        .call("ListTagsForResource", json!({ "resourceArn": tunnel.arn }))
        .await;
    tags.is_refused(400, "ResourceNotFoundException", &message);
    assert!(rig.list().await.is_empty());
    assert_eq!(
        rig.refusal(&tunnel.source, Side::Source, None).await,
        Some(Refusal::TunnelNotFound)
    );
}

#[tokio::test]
async fn an_expired_tunnel_is_listed_for_three_hours_and_then_deleted() {
    let rig = Rig::start().await;
    let minute = json!({ "timeoutConfig": { "maxLifetimeTimeoutMinutes": 1 } });
    let id = rig.open(minute).await.id;

    rig.clock.advance(Duration::from_secs(60) - MILLISECOND);
    assert_eq!(rig.describe(&id).await["status"], "OPEN");
    rig.clock.advance(MILLISECOND);
    let closed = rig.describe(&id).await;
    assert_eq!(
        (&closed["status"], &closed["lastUpdatedAt"]),
        (&json!("CLOSED"), &json!(START_SECONDS + 60.0))
    );

    rig.clock.advance(3 * HOUR - MILLISECOND);
    rig.service.tunnels().sweep().await.expect("a sweep");
    assert_eq!(
        rig.describe(&id).await,
        closed,
        "described as it closed until the last millisecond"
    );
    assert_eq!(rig.list().await, [id.as_str()]);

    rig.clock.advance(MILLISECOND);
    rig.service.tunnels().sweep().await.expect("a sweep");
    rig.call("DescribeTunnel", json!({ "tunnelId": id }))
        .await
        .is_refused(
            400,
            "ResourceNotFoundException",
            &format!("Tunnel {id} does not exist, or has been deleted"),
        );
    assert!(rig.list().await.is_empty());
}

#[tokio::test]
async fn a_tunnel_closed_early_is_kept_for_three_hours_from_then() {
    let rig = Rig::start().await;
    let id = rig.open(json!({})).await.id;
    rig.clock.advance(HOUR);
    let _ = rig.done("CloseTunnel", json!({ "tunnelId": id })).await;
    rig.clock.advance(3 * HOUR - MILLISECOND);
    rig.service.tunnels().sweep().await.expect("a sweep");
    assert_eq!(rig.list().await, [id.as_str()]);
    rig.clock.advance(MILLISECOND);
    rig.service.tunnels().sweep().await.expect("a sweep");
    assert!(rig.list().await.is_empty());
}

#[tokio::test]
async fn a_sweep_changes_nothing_that_an_answer_shows() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    rig.connect(&tunnel.source, Side::Source, None)
        .await
        .expect("accepted");
    rig.clock.advance(13 * HOUR);
    let before = rig.describe(&tunnel.id).await;
    rig.service.tunnels().sweep().await.expect("a sweep");
    assert_eq!(rig.describe(&tunnel.id).await, before);
}

#[tokio::test]
async fn tags_can_be_read_and_set_while_a_closed_tunnel_is_kept() {
    let rig = Rig::start().await;
    let tunnel = rig
        .open(json!({ "tags": [{ "key": "a", "value": "1" }, { "key": "b", "value": "2" }] }))
        .await;
    let _ = rig.done("CloseTunnel", json!({ "tunnelId": tunnel.id })).await;
    let arn = &tunnel.arn;
    let _ = rig
        .done(
            "TagResource",
            json!({ "resourceArn": arn, "tags": [{ "key": "b", "value": "3" }, { "key": "c", "value": "" }] }),
        )
        .await;
    let _ = rig
        .done(
            "UntagResource",
            json!({ "resourceArn": arn, "tagKeys": ["a", "absent"] }),
        )
        .await;
    let tags = json!([{ "key": "b", "value": "3" }, { "key": "c", "value": "" }]);
    assert_eq!(
        rig.done("ListTagsForResource", json!({ "resourceArn": arn }))
            .await["tags"],
        tags
    );
    assert_eq!(rig.describe(&tunnel.id).await["tags"], tags);
}

#[tokio::test]
async fn an_arn_of_another_account_region_or_resource_names_no_tunnel_here() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    let id = &tunnel.id;
    for arn in [
        format!("arn:aws:iot:us-east-1:111111111111:tunnel/{id}"),
        format!("arn:aws:iot:eu-west-1:000000000000:tunnel/{id}"),
        format!("arn:aws:iot:us-east-1:000000000000:thing/{id}"),
        format!("arn:aws-cn:iot:us-east-1:000000000000:tunnel/{id}"),
        format!("{}/", tunnel.arn),
        id.clone(),
    ] {
        rig.call("ListTagsForResource", json!({ "resourceArn": arn }))
            .await
            .is_refused(
                400,
                "ResourceNotFoundException",
                "resourceArn is not the ARN of a tunnel of this account and region",
            );
    }
}
