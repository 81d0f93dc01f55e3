//! A restart finds what was acknowledged: tunnels, digests, uses of tokens, tags. And the file holds no token.

use std::path::Path;

use iot_tunnel_core::{Refusal, Side};
use serde_json::json;

use crate::rig::{HOUR, Rig, START_SECONDS, client_token};

async fn start(store: &Path) -> Rig {
    Rig::with(|builder| builder.store_file(store)).await
}

/// Stops it and starts another on the same file, an hour later.
async fn restart(rig: Rig, store: &Path) -> Rig {
    let Rig { service, clock } = rig;
    service.stop().await;
    clock.advance(HOUR);
    let on = clock.clone();
    Rig {
        service: Rig::with(|builder| builder.store_file(store).clock(on))
            .await
            .service,
        clock,
    }
}

#[tokio::test]
async fn a_restart_finds_tunnels_tags_and_what_every_token_may_still_do() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    let rig = start(&store).await;

    let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
    let fresh = rig
        .open(json!({ "description": "kept", "destinationConfig": config }))
        .await;
    let used = rig.open(json!({ "tags": [{ "key": "a", "value": "1" }] })).await;
    let closed = rig.open(json!({})).await;
    let deleted = rig.open(json!({})).await;

    let bound = client_token(1);
    rig.connect(&used.source, Side::Source, Some(&bound))
        .await
        .expect("accepted");
    rig.connect(&used.destination, Side::Destination, None)
        .await
        .expect("accepted");
    let rotated = rig.rotate(&fresh.id, "SOURCE").await.success();
    let _ = rig.done("CloseTunnel", json!({ "tunnelId": closed.id })).await;
    let _ = rig
        .done("CloseTunnel", json!({ "tunnelId": deleted.id, "delete": true }))
        .await;
    let tags = json!({ "resourceArn": used.arn, "tags": [{ "key": "b", "value": "2" }] });
    let _ = rig.done("TagResource", tags).await;
    assert_eq!(
        rig.describe(&used.id).await["sourceConnectionState"]["status"],
        "CONNECTED"
    );
    let (before, listed) = (rig.describe(&fresh.id).await, rig.list().await);

    let rig = restart(rig, &store).await;

    assert_eq!(rig.list().await, listed);
    assert_eq!(rig.describe(&fresh.id).await, before);
    assert_eq!(rig.describe(&closed.id).await["status"], "CLOSED");
    assert_eq!(
        rig.done("ListTagsForResource", json!({ "resourceArn": used.arn }))
            .await,
        json!({ "tags": [{ "key": "a", "value": "1" }, { "key": "b", "value": "2" }] })
    );
    let ended = json!({ "status": "DISCONNECTED", "lastUpdatedAt": START_SECONDS + 3600.0 });
    let described = rig.describe(&used.id).await;
    assert_eq!(
        described["sourceConnectionState"], ended,
        "no connection outlives the service"
    );
    assert_eq!(described["destinationConnectionState"], ended);

    let new = rotated["sourceAccessToken"].as_str().expect("a token");
    for (what, token, side, client, outcome) in [
        (
            "revoked",
            &*fresh.source,
            Side::Source,
            None,
            Some(Refusal::AccessTokenRevoked),
        ),
        (
            "used, bound to none",
            &*used.destination,
            Side::Destination,
            None,
            Some(Refusal::AccessTokenUsed),
        ),
        (
            "bound, no client token",
            &*used.source,
            Side::Source,
            None,
            Some(Refusal::ClientTokenMismatch),
        ),
        (
            "bound elsewhere",
            new,
            Side::Source,
            Some(&*bound),
            Some(Refusal::ClientTokenInUse),
        ),
        (
            "bound, same client token",
            &*used.source,
            Side::Source,
            Some(&*bound),
            None,
        ),
        ("rotated in before the restart", new, Side::Source, None, None),
        (
            "fresh before the restart",
            &*fresh.destination,
            Side::Destination,
            None,
            None,
        ),
        (
            "closed",
            &*closed.source,
            Side::Source,
            None,
            Some(Refusal::TunnelClosed),
        ),
        (
            "deleted",
            &*deleted.source,
            Side::Source,
            None,
            Some(Refusal::TunnelNotFound),
        ),
    ] {
        assert_eq!(rig.refusal(token, side, client).await, outcome, "{what}");
    }
    rig.service.stop().await;
}

#[tokio::test]
async fn no_token_that_a_restart_has_seen_is_issued_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    let rig = start(&store).await;
    let tunnel = rig.open(json!({})).await;
    let first = rig.rotate(&tunnel.id, "ALL").await.success();
    let rig = restart(rig, &store).await;
    let second = rig.rotate(&tunnel.id, "ALL").await.success();
    for member in ["sourceAccessToken", "destinationAccessToken"] {
        let old = first[member].as_str().expect("a token");
        assert_ne!(second[member], old);
        let side = if member == "sourceAccessToken" {
            Side::Source
        } else {
            Side::Destination
        };
        assert_eq!(
            rig.refusal(old, side, None).await,
            Some(Refusal::AccessTokenRevoked)
        );
    }
    rig.service.stop().await;
}

#[tokio::test]
async fn a_tunnel_that_ended_while_the_service_was_down_is_closed_and_then_gone() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    let rig = start(&store).await;
    let hour = json!({ "timeoutConfig": { "maxLifetimeTimeoutMinutes": 60 } });
    let tunnel = rig.open(hour).await;
    let rig = restart(rig, &store).await;
    let described = rig.describe(&tunnel.id).await;
    assert_eq!(described["status"], "CLOSED");
    assert_eq!(described["lastUpdatedAt"], START_SECONDS + 3600.0);
    assert_eq!(
        rig.refusal(&tunnel.source, Side::Source, None).await,
        Some(Refusal::TunnelExpired)
    );
    rig.clock.advance(3 * HOUR);
    rig.service.tunnels().sweep().await.expect("a sweep");
    assert!(rig.list().await.is_empty());
    rig.service.stop().await;
}

#[tokio::test]
async fn the_store_file_holds_no_token_and_no_client_token() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = directory.path().join("tunnels.redb");
    let rig = start(&store).await;
    let mut secrets = Vec::new();
    let config = json!({ "thingName": "pump-1", "services": ["SSH"] });
    for n in 0..5 {
        let tunnel = rig
            .open(json!({ "description": "findable", "destinationConfig": config }))
            .await;
        let client = client_token(n);
        rig.connect(&tunnel.source, Side::Source, Some(&client))
            .await
            .expect("accepted");
        rig.connect(&tunnel.destination, Side::Destination, None)
            .await
            .expect("accepted");
        let rotated = rig.rotate(&tunnel.id, "ALL").await.success();
        for member in ["sourceAccessToken", "destinationAccessToken"] {
            secrets.push(rotated[member].as_str().expect("a token").to_owned());
        }
        secrets.extend([tunnel.source, tunnel.destination, client]);
    }
    rig.service.stop().await;

    let holds = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    let mut found = false;
    for entry in std::fs::read_dir(directory.path()).expect("the directory") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        found |= holds(&bytes, b"findable");
        for (n, secret) in secrets.iter().enumerate() {
            assert!(!holds(&bytes, secret.as_bytes()), "token {n} is in the file");
            // The last half is random: a token in another coding of the rest would still show it.
            assert!(
                !holds(&bytes, &secret.as_bytes()[secret.len() - 20..]),
                "the end of token {n} is in the file"
            );
        }
    }
    assert!(
        found,
        "text that must be in the file was found by the same search"
    );
}
