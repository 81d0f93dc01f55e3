//! ListTunnels: newest first, page by page, while tunnels come and go.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::rig::{Rig, ids};

/// Opens tunnels a second apart; the ids newest first.
async fn open(rig: &Rig, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(rig.open(json!({})).await.id);
        rig.clock.advance(Duration::from_secs(1));
    }
    ids.reverse();
    ids
}

async fn page(rig: &Rig, max_results: u32, next_token: &Value) -> (Vec<String>, Value) {
    let mut page = rig
        .done(
            "ListTunnels",
            json!({ "maxResults": max_results, "nextToken": next_token }),
        )
        .await;
    (ids(&page), page["nextToken"].take())
}

#[tokio::test]
async fn pages_give_every_tunnel_once_newest_first_and_the_last_page_has_no_token() {
    let rig = Rig::start().await;
    let opened = open(&rig, 10).await;
    for max_results in [1, 3, 5, 10, 100] {
        let (mut seen, mut next, mut pages) = (Vec::new(), Value::Null, 0);
        loop {
            let (ids, token) = page(&rig, max_results, &next).await;
            assert!(ids.len() <= max_results as usize && !ids.is_empty());
            seen.extend(ids);
            pages += 1;
            if token.is_null() {
                break;
            }
            next = token;
        }
        assert_eq!(seen, opened, "{max_results} a page");
        assert_eq!(pages, 10_u32.div_ceil(max_results), "no empty page at the end");
    }
}

#[tokio::test]
async fn tunnels_of_the_same_millisecond_are_each_listed_once() {
    let rig = Rig::start().await;
    let mut opened = HashSet::new();
    for _ in 0..9 {
        opened.insert(rig.open(json!({})).await.id);
    }
    let (mut seen, mut next) = (Vec::new(), Value::Null);
    for _ in 0..3 {
        let (ids, token) = page(&rig, 3, &next).await;
        seen.extend(ids);
        next = token;
    }
    assert!(next.is_null());
    assert_eq!(seen.len(), 9);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>(), opened);
}

#[tokio::test]
async fn paging_survives_tunnels_that_come_and_go() {
    let rig = Rig::start().await;
    let opened = open(&rig, 6).await;
    let (first, next) = page(&rig, 2, &Value::Null).await;
    assert_eq!(first, opened[..2]);
    // The very tunnel that the token names goes, one behind it too, and a new one comes in front.
    for id in [&opened[1], &opened[3]] {
        let _ = rig
            .done("CloseTunnel", json!({ "tunnelId": id, "delete": true }))
            .await;
    }
    let newest = open(&rig, 1).await;
    let (second, next) = page(&rig, 2, &next).await;
    assert_eq!(second, [opened[2].as_str(), &opened[4]]);
    let (third, next) = page(&rig, 2, &next).await;
    assert_eq!(third, opened[5..]);
    assert!(next.is_null());
    assert_eq!(rig.list().await[0], newest[0]);
}

#[tokio::test]
async fn thing_name_filters_by_the_destination_config_that_the_tunnel_has_now() {
    let rig = Rig::start().await;
    let config = |thing: &str| json!({ "thingName": thing, "services": ["SSH"] });
    let mut pumps = Vec::new();
    for thing in ["pump-1", "valve-1", "pump-1", "pump-10", "pump-1"] {
        let id = rig.open(json!({ "destinationConfig": config(thing) })).await.id;
        if thing == "pump-1" {
            pumps.insert(0, id);
        }
        rig.clock.advance(Duration::from_secs(1));
    }
    let _ = rig.open(json!({})).await;
    let of = |thing: &'static str| {
        let rig = &rig;
        async move { ids(&rig.done("ListTunnels", json!({ "thingName": thing })).await) }
    };
    assert_eq!(of("pump-1").await, pumps);
    assert_eq!(of("pump").await, Vec::<String>::new(), "a name is the whole name");

    let body = json!({ "tunnelId": pumps[1], "clientMode": "ALL", "destinationConfig": config("pump-9") });
    let _ = rig.done("RotateTunnelAccessToken", body).await;
    assert_eq!(of("pump-9").await, [pumps[1].as_str()]);
    assert_eq!(of("pump-1").await, [pumps[0].as_str(), &pumps[2]]);

    let filtered = json!({ "thingName": "pump-1", "maxResults": 1 });
    let first = rig.done("ListTunnels", filtered).await;
    assert_eq!(ids(&first), pumps[..1]);
    let rest = json!({ "thingName": "pump-1", "maxResults": 1, "nextToken": first["nextToken"] });
    let rest = rig.done("ListTunnels", rest).await;
    assert_eq!(ids(&rest), pumps[2..]);
    assert!(rest.get("nextToken").is_none());
}

#[tokio::test]
async fn max_results_and_next_token_are_held_to_their_constraints() {
    let rig = Rig::start().await;
    for (body, message) in [
        (
            json!({ "maxResults": 0 }),
            "1 validation error detected: Value '0' at 'maxResults' failed to satisfy constraint: Member must have \
             value greater than or equal to 1",
        ),
        (
            json!({ "maxResults": 101 }),
            "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have \
             value less than or equal to 100",
        ),
        (
            json!({ "nextToken": "not/base64" }),
            "1 validation error detected: Value 'not/base64' at 'nextToken' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_=-]{1,4096}",
        ),
        (
            json!({ "nextToken": "made-up" }),
            "nextToken is none of this service; pass on the one that ListTunnels gave",
        ),
    ] {
        rig.call("ListTunnels", body)
            .await
            .is_refused(400, "ValidationException", message);
    }
}

#[tokio::test]
async fn a_hundred_tunnels_are_on_a_page_unless_told_otherwise() {
    let rig = Rig::start().await;
    let opened = open(&rig, 101).await;
    let first = rig.done("ListTunnels", json!({})).await;
    assert_eq!(ids(&first), opened[..100]);
    let rest = rig
        .done("ListTunnels", json!({ "nextToken": first["nextToken"] }))
        .await;
    assert_eq!(ids(&rest), opened[100..]);
}
