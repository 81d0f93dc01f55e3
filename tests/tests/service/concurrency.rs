//! Many callers at once, through one service and through two on the same store: each outcome is one that some order
//! of the calls would give.

use std::collections::HashSet;
use std::sync::Arc;

use iot_tunnel::store::{MemoryStore, Store};
use iot_tunnel_core::{ClientToken, Refusal, Side};
use iot_tunnel_tests::api;
use serde_json::json;
use tokio::task::JoinSet;

use crate::rig::{Rig, client_token};

/// Two services on one store.
async fn pair(max_open_tunnels: u64) -> [Rig; 2] {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let rig = async || {
        let store = store.clone();
        Rig::with(|builder| builder.store(store).max_open_tunnels(max_open_tunnels)).await
    };
    [rig().await, rig().await]
}

/// Rotates `count` times at once, by turns through each service; the source tokens that came of it.
async fn rotate_at_once(rigs: &[Rig], id: &str, count: usize) -> Vec<String> {
    let mut rotations = JoinSet::new();
    for rig in rigs.iter().cycle().take(count) {
        let url = rig.url().to_owned();
        let body = json!({ "tunnelId": id, "clientMode": "SOURCE" });
        rotations.spawn(async move { api::call(&url, "RotateTunnelAccessToken", &body).await.success() });
    }
    let answers = rotations.join_all().await;
    answers
        .iter()
        .map(|answer| answer["sourceAccessToken"].as_str().expect("a token").to_owned())
        .collect()
}

#[tokio::test]
async fn of_many_rotations_at_once_each_gives_its_own_token_and_exactly_one_of_them_admits() {
    for services in 1..=2 {
        let rigs = pair(100).await;
        let tunnel = rigs[0].open(json!({})).await;
        let tokens = rotate_at_once(&rigs[..services], &tunnel.id, 40).await;
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 40);
        let mut admitted = 0;
        for token in tokens.iter().chain([&tunnel.source]) {
            match rigs[1].refusal(token, Side::Source, None).await {
                None => admitted += 1,
                refusal => assert_eq!(refusal, Some(Refusal::AccessTokenRevoked)),
            }
        }
        assert_eq!(admitted, 1, "with {services} services");
    }
}

#[tokio::test]
async fn a_fresh_token_presented_many_times_at_once_admits_once() {
    let rigs = pair(100).await;
    let tunnel = rigs[0].open(json!({})).await;
    let mut handshakes = JoinSet::new();
    for rig in rigs.iter().cycle().take(20) {
        let (tunnels, token) = (rig.service.tunnels().clone(), tunnel.source.clone());
        handshakes.spawn(async move { tunnels.connect(&token, Side::Source, None).await.is_ok() });
    }
    let admitted = handshakes
        .join_all()
        .await
        .into_iter()
        .filter(|admitted| *admitted)
        .count();
    assert_eq!(admitted, 1);
}

#[tokio::test]
async fn a_client_token_presented_with_many_access_tokens_at_once_binds_to_one() {
    let rigs = pair(100).await;
    let client = client_token(1);
    let mut handshakes = JoinSet::new();
    for rig in rigs.iter().cycle().take(20) {
        let tunnel = rig.open(json!({})).await;
        let client = ClientToken::parse(&client).expect("a client token");
        let tunnels = rig.service.tunnels().clone();
        handshakes.spawn(async move {
            tunnels
                .connect(&tunnel.source, Side::Source, Some(&client))
                .await
                .is_ok()
        });
    }
    let admitted = handshakes
        .join_all()
        .await
        .into_iter()
        .filter(|admitted| *admitted)
        .count();
    assert_eq!(admitted, 1);
}

#[tokio::test]
async fn what_one_service_has_done_the_other_sees_at_once() {
    let [one, other] = pair(2).await;
    let tunnel = one.open(json!({})).await;
    assert_eq!(other.describe(&tunnel.id).await, one.describe(&tunnel.id).await);
    let rotated = one.rotate(&tunnel.id, "SOURCE").await.success();
    assert_eq!(
        other.refusal(&tunnel.source, Side::Source, None).await,
        Some(Refusal::AccessTokenRevoked)
    );
    let new = rotated["sourceAccessToken"].as_str().expect("a token");
    assert_eq!(other.refusal(new, Side::Source, None).await, None);
    assert_eq!(
        one.describe(&tunnel.id).await["sourceConnectionState"]["status"],
        "CONNECTED"
    );

    let _ = other.open(json!({})).await;
    one.call("OpenTunnel", json!({}))
        .await
        .is_refused_as(400, "LimitExceededException");
    let _ = other.done("CloseTunnel", json!({ "tunnelId": tunnel.id })).await;
    one.rotate(&tunnel.id, "SOURCE")
        .await
        .is_refused_as(400, "ResourceNotFoundException");
}

#[tokio::test]
async fn a_rotation_and_a_handshake_at_once_never_leave_the_old_token_connected() {
    let rig = Rig::start().await;
    for _ in 0..50 {
        let tunnel = rig.open(json!({})).await;
        let connecting = rig.refusal(&tunnel.source, Side::Source, None);
        let (rotated, refusal) = tokio::join!(rig.rotate(&tunnel.id, "SOURCE"), connecting);
        let _ = rotated.success();
        assert!(matches!(refusal, None | Some(Refusal::AccessTokenRevoked)));
        assert_eq!(
            rig.describe(&tunnel.id).await["sourceConnectionState"]["status"],
            "DISCONNECTED"
        );
        assert_eq!(
            rig.refusal(&tunnel.source, Side::Source, None).await,
            Some(Refusal::AccessTokenRevoked)
        );
    }
}
