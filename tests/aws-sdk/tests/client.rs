//! aws-sdk-iotsecuretunneling against a running service: every operation, every declared error.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use aws_sdk_iotsecuretunneling::Client;
use aws_sdk_iotsecuretunneling::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_iotsecuretunneling::operation::RequestId as _;
use aws_sdk_iotsecuretunneling::operation::open_tunnel::OpenTunnelOutput;
use aws_sdk_iotsecuretunneling::types::{
    ClientMode, ConnectionStatus, DestinationConfig, Tag, TimeoutConfig, Tunnel, TunnelStatus,
};
use iot_tunnel_aws_sdk_tests::{ACCOUNT, REGION, Service};

type HttpResponse = aws_sdk_iotsecuretunneling::config::http::HttpResponse;

async fn started(flags: &[&str]) -> (Service, Client) {
    let service = Service::start(flags).await;
    let client = service.client("AKIDANYBODY", "any secret");
    (service, client)
}

fn destination(thing: Option<&str>, services: &[&str]) -> DestinationConfig {
    let services = services.iter().map(|service| (*service).to_owned()).collect();
    DestinationConfig::builder()
        .set_thing_name(thing.map(str::to_owned))
        .set_services(Some(services))
        .build()
        .expect("services are given")
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder()
        .key(key)
        .value(value)
        .build()
        .expect("key and value are given")
}

async fn open(client: &Client) -> OpenTunnelOutput {
    let config = destination(Some("pump-7"), &["SSH"]);
    client
        .open_tunnel()
        .destination_config(config)
        .send()
        .await
        .expect("a tunnel is opened")
}

async fn describe(client: &Client, id: &str) -> Tunnel {
    let answer = client.describe_tunnel().tunnel_id(id).send().await;
    answer
        .expect("the tunnel is described")
        .tunnel
        .expect("the answer holds it")
}

/// The service's error, after a look at what every refusal has: its name, its HTTP code, a message, a request id.
#[track_caller]
fn refused<T: Debug, E>(answer: Result<T, SdkError<E, HttpResponse>>, name: &str, status: u16) -> E
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let error = answer.expect_err(name);
    let raw = error.raw_response().expect("the service answered");
    assert_eq!(raw.status().as_u16(), status);
    assert_eq!(raw.headers().get("x-amzn-errortype"), Some(name));
    assert_eq!(error.code(), Some(name), "{}", DisplayErrorContext(&error));
    assert!(error.message().is_some_and(|message| !message.is_empty()));
    assert!(error.meta().request_id().is_some());
    match error {
        SdkError::ServiceError(answered) => answered.into_err(),
        other => panic!("not an answer of the service: {}", DisplayErrorContext(&other)),
    }
}

#[tokio::test]
async fn an_opened_tunnel_is_described_as_it_was_asked_for() {
    let (service, client) = started(&[]).await;
    let opened = client
        .open_tunnel()
        .description("pump room, süd")
        .tags(tag("team", "water"))
        .destination_config(destination(Some("pump-7"), &["SSH", "HTTP"]))
        .timeout_config(TimeoutConfig::builder().max_lifetime_timeout_minutes(90).build())
        .send()
        .await
        .unwrap();
    let id = opened.tunnel_id().unwrap();
    let arn = format!("arn:aws:iot:{REGION}:{ACCOUNT}:tunnel/{id}");
    assert_eq!(opened.tunnel_arn(), Some(arn.as_str()));
    assert!(opened.source_access_token().is_some());
    assert!(opened.destination_access_token().is_some());
    assert_ne!(opened.source_access_token(), opened.destination_access_token());

    let tunnel = describe(&client, id).await;
    assert_eq!(tunnel.tunnel_arn(), Some(arn.as_str()));
    assert_eq!(tunnel.status(), Some(&TunnelStatus::Open));
    assert_eq!(tunnel.description(), Some("pump room, süd"));
    assert_eq!(tunnel.tags(), [tag("team", "water")]);
    assert_eq!(
        tunnel.destination_config(),
        Some(&destination(Some("pump-7"), &["SSH", "HTTP"]))
    );
    assert_eq!(
        tunnel.timeout_config().unwrap().max_lifetime_timeout_minutes(),
        Some(90)
    );
    for state in [
        tunnel.source_connection_state(),
        tunnel.destination_connection_state(),
    ] {
        assert_eq!(state.unwrap().status(), Some(&ConnectionStatus::Disconnected));
    }
    let created = SystemTime::try_from(*tunnel.created_at().unwrap()).unwrap();
    let age = SystemTime::now()
        .duration_since(created)
        .unwrap_or_else(|ahead| ahead.duration());
    assert!(age < Duration::from_secs(60));
    assert!(tunnel.last_updated_at() >= tunnel.created_at());
    service.stop().await;
}

#[tokio::test]
async fn a_rotation_answers_with_the_tokens_of_the_rotated_sides_and_no_other() {
    let (service, client) = started(&[]).await;
    for (mode, config, source, both) in [
        (ClientMode::Source, None, true, false),
        (ClientMode::Destination, None, false, true),
        (
            ClientMode::Destination,
            Some(destination(Some("pump-8"), &["RDP"])),
            false,
            true,
        ),
        (ClientMode::All, None, true, true),
        (ClientMode::All, Some(destination(None, &["RDP"])), true, true),
    ] {
        let opened = open(&client).await;
        let id = opened.tunnel_id().unwrap();
        let before = describe(&client, id).await;
        let rotated = client
            .rotate_tunnel_access_token()
            .tunnel_id(id)
            .client_mode(mode)
            .set_destination_config(config.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(rotated.tunnel_arn(), opened.tunnel_arn());
        assert_eq!(rotated.source_access_token().is_some(), source);
        assert_eq!(rotated.destination_access_token().is_some(), both);
        assert_ne!(rotated.source_access_token(), opened.source_access_token());
        assert_ne!(
            rotated.destination_access_token(),
            opened.destination_access_token()
        );
        let after = describe(&client, id).await;
        assert_eq!(
            after.destination_config(),
            config.as_ref().or(before.destination_config())
        );
        assert_eq!(
            after.created_at(),
            before.created_at(),
            "the end of the tunnel does not move"
        );
        assert_eq!(after.timeout_config(), before.timeout_config());
    }
    service.stop().await;
}

#[tokio::test]
async fn a_rotation_that_breaks_a_rule_is_refused_and_changes_nothing() {
    let (service, client) = started(&[]).await;
    let opened = open(&client).await;
    let id = opened.tunnel_id().unwrap();
    let before = describe(&client, id).await;
    let rotate = || client.rotate_tunnel_access_token();

    let with_config = rotate().tunnel_id(id).client_mode(ClientMode::Source);
    let answer = with_config
        .destination_config(destination(None, &["SSH"]))
        .send()
        .await;
    let error = refused(answer, "ValidationException", 400);
    assert!(error.message().unwrap().contains("destinationConfig"));

    let answer = rotate()
        .client_mode(ClientMode::from("source"))
        .tunnel_id("a b")
        .send()
        .await;
    let error = refused(answer, "ValidationException", 400);
    let message = error.message().unwrap();
    assert!(message.starts_with("2 validation errors detected: "), "{message}");
    let enumeration = "Value 'source' at 'clientMode' failed to satisfy constraint: \
                       Member must satisfy enum value set: [SOURCE, DESTINATION, ALL]";
    assert!(message.contains(enumeration), "{message}");
    assert!(
        message.contains("at 'tunnelId' failed to satisfy constraint: "),
        "{message}"
    );

    let answer = rotate()
        .client_mode(ClientMode::All)
        .tunnel_id("never-opened")
        .send()
        .await;
    assert!(refused(answer, "ResourceNotFoundException", 400).is_resource_not_found_exception());
    assert_eq!(describe(&client, id).await, before);

    client.close_tunnel().tunnel_id(id).send().await.unwrap();
    let answer = rotate().client_mode(ClientMode::All).tunnel_id(id).send().await;
    assert!(refused(answer, "ResourceNotFoundException", 400).is_resource_not_found_exception());
    assert_eq!(describe(&client, id).await.status(), Some(&TunnelStatus::Closed));
    service.stop().await;
}

#[tokio::test]
async fn pages_hold_every_tunnel_of_a_thing_once_newest_first() {
    let (service, client) = started(&[]).await;
    let mut opened = Vec::new();
    for _ in 0..5 {
        opened.push(open(&client).await.tunnel_id.unwrap());
        client.open_tunnel().send().await.unwrap();
    }
    let (mut seen, mut created) = (Vec::new(), Vec::new());
    let mut pages = client
        .list_tunnels()
        .thing_name("pump-7")
        .max_results(2)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.tunnel_summaries().len() <= 2);
        for summary in page.tunnel_summaries.unwrap_or_default() {
            seen.push(summary.tunnel_id.unwrap());
            created.push(summary.created_at.unwrap());
        }
    }
    assert!(created.is_sorted_by(|newer, older| newer >= older), "{created:?}");
    seen.sort();
    opened.sort();
    assert_eq!(seen, opened);
    let all = client.list_tunnels().send().await.unwrap();
    assert_eq!((all.tunnel_summaries().len(), all.next_token()), (10, None));
    service.stop().await;
}

#[tokio::test]
async fn tags_are_listed_replaced_and_removed() {
    let (service, client) = started(&[]).await;
    let opened = client
        .open_tunnel()
        .tags(tag("team", "water"))
        .send()
        .await
        .unwrap();
    let arn = opened.tunnel_arn().unwrap();
    let tags = [tag("team", "power"), tag("site", "")];
    client
        .tag_resource()
        .resource_arn(arn)
        .set_tags(Some(tags.into()))
        .send()
        .await
        .unwrap();
    client
        .untag_resource()
        .resource_arn(arn)
        .tag_keys("site")
        .send()
        .await
        .unwrap();
    let listed = client
        .list_tags_for_resource()
        .resource_arn(arn)
        .send()
        .await
        .unwrap();
    assert_eq!(listed.tags(), [tag("team", "power")]);
    service.stop().await;
}

#[tokio::test]
async fn what_does_not_exist_is_a_resource_not_found_exception_of_every_operation() {
    let (service, client) = started(&[]).await;
    let opened = open(&client).await;
    let gone = opened.tunnel_id().unwrap();
    let arn = opened.tunnel_arn().unwrap();
    client
        .close_tunnel()
        .tunnel_id(gone)
        .delete(true)
        .send()
        .await
        .unwrap();
    let name = "ResourceNotFoundException";

    let answer = client.describe_tunnel().tunnel_id(gone).send().await;
    assert!(refused(answer, name, 400).is_resource_not_found_exception());
    let answer = client.close_tunnel().tunnel_id(gone).send().await;
    assert!(refused(answer, name, 400).is_resource_not_found_exception());
    let answer = client.list_tags_for_resource().resource_arn(arn).send().await;
    assert!(refused(answer, name, 400).is_resource_not_found_exception());
    let answer = client
        .tag_resource()
        .resource_arn(arn)
        .tags(tag("k", "v"))
        .send()
        .await;
    assert!(refused(answer, name, 400).is_resource_not_found_exception());
    let answer = client
        .untag_resource()
        .resource_arn(arn)
        .tag_keys("k")
        .send()
        .await;
    assert!(refused(answer, name, 400).is_resource_not_found_exception());
    service.stop().await;
}

#[tokio::test]
async fn a_fourth_service_and_one_tunnel_too_many_are_limit_exceeded_exceptions() {
    let (service, client) = started(&["--max-open-tunnels", "1"]).await;
    let config = destination(None, &["A", "B", "C", "D"]);
    let answer = client.open_tunnel().destination_config(config).send().await;
    assert!(refused(answer, "LimitExceededException", 400).is_limit_exceeded_exception());
    client.open_tunnel().send().await.unwrap();
    let answer = client.open_tunnel().send().await;
    assert!(refused(answer, "LimitExceededException", 400).is_limit_exceeded_exception());
    service.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_key_and_a_missing_permission_are_told_apart() {
    let file = std::env::temp_dir().join(format!("iot-tunnel-aws-sdk-{}.toml", std::process::id()));
    let (secret, other) = ("operator-secret-0123456789", "watcher-secret-0123456789");
    let key = |id, secret, action| {
        format!(
            "[[key]]\naccess_key_id = \"{id}\"\nsecret_access_key = \"{secret}\"\nactions = [\"{action}\"]\n"
        )
    };
    let keys = key("AKIDOPERATOR", secret, "iot:*") + &key("AKIDWATCHER", other, "iot:ListTunnels");
    tokio::fs::write(&file, keys).await.unwrap();
    let service = Service::start(&["--credentials", file.to_str().unwrap()]).await;
    tokio::fs::remove_file(&file).await.unwrap();

    open(&service.client("AKIDOPERATOR", secret)).await;
    let watcher = service.client("AKIDWATCHER", other);
    assert_eq!(
        watcher
            .list_tunnels()
            .send()
            .await
            .unwrap()
            .tunnel_summaries()
            .len(),
        1
    );

    let wrong = service.client("AKIDOPERATOR", other);
    refused(
        wrong.list_tunnels().send().await,
        "InvalidSignatureException",
        403,
    );
    let unknown = service.client("AKIDNOBODY", secret);
    refused(
        unknown.list_tunnels().send().await,
        "UnrecognizedClientException",
        403,
    );
    refused(watcher.open_tunnel().send().await, "AccessDeniedException", 403);
    service.stop().await;
}
