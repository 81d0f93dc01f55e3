//! RotateTunnelAccessToken over HTTP (control-plane.md, "RotateTunnelAccessToken, exactly").

use std::collections::HashSet;
use std::time::Duration;

use iot_tunnel_core::{DisconnectReason, Effect, Refusal, Side};
use serde_json::{Value, json};

use crate::rig::{HOUR, Rig, START_SECONDS, client_token, members};

const SIDES: [(&str, Side); 2] = [
    ("sourceAccessToken", Side::Source),
    ("destinationAccessToken", Side::Destination),
];

fn first_config() -> Value {
    json!({ "thingName": "pump-1", "services": ["SSH"] })
}

fn other_config() -> Value {
    json!({ "thingName": "pump-2", "services": ["VNC", "HTTP"] })
}

#[tokio::test]
async fn the_answer_holds_the_arn_and_the_token_of_each_rotated_side_and_nothing_else() {
    let rig = Rig::start().await;
    for (client_mode, config, expected) in [
        ("SOURCE", None, vec!["sourceAccessToken", "tunnelArn"]),
        ("DESTINATION", None, vec!["destinationAccessToken", "tunnelArn"]),
        (
            "ALL",
            None,
            vec!["destinationAccessToken", "sourceAccessToken", "tunnelArn"],
        ),
        (
            "DESTINATION",
            Some(other_config()),
            vec!["destinationAccessToken", "tunnelArn"],
        ),
        (
            "ALL",
            Some(other_config()),
            vec!["destinationAccessToken", "sourceAccessToken", "tunnelArn"],
        ),
    ] {
        let tunnel = rig.open(json!({ "destinationConfig": first_config() })).await;
        let body = json!({ "tunnelId": tunnel.id, "clientMode": client_mode, "destinationConfig": config });
        let answer = rig.done("RotateTunnelAccessToken", body).await;
        assert_eq!(members(&answer), expected, "{client_mode}");
        assert_eq!(answer["tunnelArn"], tunnel.arn.as_str());

        for ((member, side), old) in SIDES.into_iter().zip([&tunnel.source, &tunnel.destination]) {
            match answer.get(member) {
                Some(new) => {
                    assert_eq!(
                        rig.refusal(old, side, None).await,
                        Some(Refusal::AccessTokenRevoked)
                    );
                    assert_eq!(
                        rig.refusal(new.as_str().expect("a token"), side, None).await,
                        None
                    );
                }
                None => assert_eq!(
                    rig.refusal(old, side, None).await,
                    None,
                    "{client_mode} left {side:?}"
                ),
            }
        }
        let now = rig.describe(&tunnel.id).await;
        assert_eq!(
            now["destinationConfig"],
            config.unwrap_or_else(first_config),
            "{client_mode}"
        );
    }
}

#[tokio::test]
async fn a_rotation_changes_nothing_of_the_tunnel_but_its_config_and_when_it_was_updated() {
    let rig = Rig::start().await;
    let tags = json!([{ "key": "site", "value": "north" }]);
    let body = json!({ "description": "kept", "tags": tags, "destinationConfig": first_config() });
    let tunnel = rig.open(body).await;
    let mut expected = rig.describe(&tunnel.id).await;
    for (client_mode, config) in [
        ("SOURCE", None),
        ("DESTINATION", None),
        ("ALL", Some(other_config())),
    ] {
        rig.clock.advance(HOUR);
        let body = json!({ "tunnelId": tunnel.id, "clientMode": client_mode, "destinationConfig": config });
        let _ = rig.done("RotateTunnelAccessToken", body).await;
        let updated = expected["lastUpdatedAt"].as_f64().expect("a time") + 3600.0;
        expected["lastUpdatedAt"] = json!(updated);
        if let Some(config) = config {
            expected["destinationConfig"] = config;
        }
        assert_eq!(rig.describe(&tunnel.id).await, expected, "{client_mode}");
    }
}

#[tokio::test]
async fn a_source_rotation_with_a_destination_config_is_refused_and_changes_nothing() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({ "destinationConfig": first_config() })).await;
    let before = rig.describe(&tunnel.id).await;
    rig.clock.advance(HOUR);
    let body = json!({ "tunnelId": tunnel.id, "clientMode": "SOURCE", "destinationConfig": other_config() });
    rig.call("RotateTunnelAccessToken", body).await.is_refused(
        400,
        "ValidationException",
        "1 validation error detected: Value at 'destinationConfig' failed to satisfy constraint: Member must be \
         null when clientMode is SOURCE",
    );
    assert_eq!(rig.describe(&tunnel.id).await, before);
    assert_eq!(rig.refusal(&tunnel.source, Side::Source, None).await, None);
    assert_eq!(
        rig.refusal(&tunnel.destination, Side::Destination, None).await,
        None
    );
}

#[tokio::test]
async fn a_12_hour_tunnel_rotated_after_4_hours_still_closes_at_hour_12_to_the_millisecond() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    rig.clock.advance(4 * HOUR);
    let _ = rig.rotate(&tunnel.id, "ALL").await.success();

    let described = rig.describe(&tunnel.id).await;
    assert_eq!(described["createdAt"], START_SECONDS);
    assert_eq!(
        described["timeoutConfig"],
        json!({ "maxLifetimeTimeoutMinutes": 720 })
    );
    assert_eq!(described["lastUpdatedAt"], START_SECONDS + 4.0 * 3600.0);

    rig.clock.advance(8 * HOUR - Duration::from_millis(1));
    let last = rig.rotate(&tunnel.id, "SOURCE").await.success();
    assert_eq!(rig.describe(&tunnel.id).await["status"], "OPEN");

    rig.clock.advance(Duration::from_millis(1));
    rig.rotate(&tunnel.id, "SOURCE").await.is_refused(
        400,
        "ResourceNotFoundException",
        &format!("Tunnel {} is closed: its lifetime has ended", tunnel.id),
    );
    let token = last["sourceAccessToken"].as_str().expect("a token");
    assert_eq!(
        rig.refusal(token, Side::Source, None).await,
        Some(Refusal::TunnelExpired)
    );
    let described = rig.describe(&tunnel.id).await;
    assert_eq!(described["status"], "CLOSED");
    assert_eq!(described["lastUpdatedAt"], START_SECONDS + 12.0 * 3600.0);
}

#[tokio::test]
async fn each_kind_of_tunnel_that_cannot_be_rotated_is_said_in_words() {
    let rig = Rig::start().await;
    let closed = rig.open(json!({})).await.id;
    let _ = rig.done("CloseTunnel", json!({ "tunnelId": closed })).await;
    let deleted = rig.open(json!({})).await.id;
    let _ = rig
        .done("CloseTunnel", json!({ "tunnelId": deleted, "delete": true }))
        .await;
    for (id, why) in [
        ("never-opened", "does not exist, or has been deleted"),
        (&deleted, "does not exist, or has been deleted"),
        (&closed, "is closed"),
    ] {
        for client_mode in ["SOURCE", "DESTINATION", "ALL"] {
            rig.rotate(id, client_mode).await.is_refused(
                400,
                "ResourceNotFoundException",
                &format!("Tunnel {id} {why}"),
            );
        }
    }
}

#[tokio::test]
async fn the_old_token_is_refused_at_once_even_with_the_client_token_it_was_bound_to() {
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    let client = client_token(1);
    assert_eq!(
        rig.refusal(&tunnel.source, Side::Source, Some(&client)).await,
        None
    );
    // The same client may come back with it, until the rotation.
    assert_eq!(
        rig.refusal(&tunnel.source, Side::Source, Some(&client)).await,
        None
    );

    let rotated = rig.rotate(&tunnel.id, "SOURCE").await.success();
    let revoked = Some(Refusal::AccessTokenRevoked);
    assert_eq!(
        rig.refusal(&tunnel.source, Side::Source, Some(&client)).await,
        revoked
    );
    assert_eq!(rig.refusal(&tunnel.source, Side::Source, None).await, revoked);

    // The rotation has released the client token too.
    let new = rotated["sourceAccessToken"].as_str().expect("a token");
    assert_eq!(rig.refusal(new, Side::Source, Some(&client)).await, None);
    let again = rig.rotate(&tunnel.id, "ALL").await.success();
    for old in [&tunnel.source, new] {
        assert_eq!(rig.refusal(old, Side::Source, Some(&client)).await, revoked);
    }
    let new = again["sourceAccessToken"].as_str().expect("a token");
    assert_eq!(rig.refusal(new, Side::Source, None).await, None);
}

#[tokio::test]
async fn the_side_that_was_not_rotated_stays_connected() {
    let rig = Rig::start().await;
    for (client_mode, rotated, stays) in [
        ("SOURCE", "sourceConnectionState", "destinationConnectionState"),
        (
            "DESTINATION",
            "destinationConnectionState",
            "sourceConnectionState",
        ),
    ] {
        let tunnel = rig.open(json!({})).await;
        rig.connect(&tunnel.source, Side::Source, None)
            .await
            .expect("accepted");
        rig.connect(&tunnel.destination, Side::Destination, None)
            .await
            .expect("accepted");
        let before = rig.describe(&tunnel.id).await;
        assert_eq!(before[stays]["status"], "CONNECTED");

        rig.clock.advance(HOUR);
        let at = rig.describe(&tunnel.id).await["createdAt"]
            .as_f64()
            .expect("a time")
            + 3600.0;
        let _ = rig.rotate(&tunnel.id, client_mode).await.success();
        let after = rig.describe(&tunnel.id).await;
        assert_eq!(after[stays], before[stays], "{client_mode}");
        assert_eq!(
            after[rotated],
            json!({ "status": "DISCONNECTED", "lastUpdatedAt": at }),
            "{client_mode}"
        );
    }
}

#[tokio::test]
async fn a_rotation_asks_to_close_the_rotated_connection_and_to_reset_the_other_sides_streams() {
    use iot_tunnel_core::{ClientMode, TunnelId, json::RotateRequest};
    let rig = Rig::start().await;
    let tunnel = rig.open(json!({})).await;
    let source = rig
        .connect(&tunnel.source, Side::Source, None)
        .await
        .expect("accepted");
    rig.connect(&tunnel.destination, Side::Destination, None)
        .await
        .expect("accepted");
    let request = RotateRequest {
        tunnel_id: TunnelId::parse(&tunnel.id).expect("an id"),
        client_mode: ClientMode::Source,
        destination_config: None,
    };
    let rotated = rig
        .service
        .tunnels()
        .rotate(request, iot_tunnel::tunnels::EVERYBODY)
        .await
        .expect("rotated");
    let effects: Vec<_> = rotated.effects.iter().collect();
    let [Effect::Disconnect(closed), Effect::ResetPeer(Side::Destination)] = effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (closed.side, closed.connection, closed.reason),
        (Side::Source, source.connection, DisconnectReason::Rotated)
    );
    assert_eq!(closed.reason.text(), "access token rotated");
}

#[tokio::test]
async fn no_token_is_ever_issued_twice() {
    let rig = Rig::start().await;
    let mut tunnels = Vec::new();
    let mut issued = HashSet::new();
    for _ in 0..4 {
        let tunnel = rig.open(json!({})).await;
        assert!(issued.insert(tunnel.source) && issued.insert(tunnel.destination));
        tunnels.push(tunnel.id);
    }
    for n in 0..1000 {
        let client_mode = ["ALL", "SOURCE", "DESTINATION"][n % 3];
        let answer = rig
            .rotate(&tunnels[n % tunnels.len()], client_mode)
            .await
            .success();
        for (member, _) in SIDES {
            if let Some(token) = answer.get(member) {
                let token = token.as_str().expect("a token").to_owned();
                assert!(
                    token.len() <= 300,
                    "rotation {n}: a token has at most 300 characters"
                );
                assert!(issued.insert(token), "rotation {n} gave a token again");
            }
        }
    }
    assert_eq!(issued.len(), 8 + 334 * 2 + 333 + 333);
}
