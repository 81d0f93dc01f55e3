//! The bodies of the answers.

use axum::body::Bytes;
use iot_tunnel_core::json::{BufferTooSmall, RotateResponse};
use iot_tunnel_core::{ConnectionState, DestinationConfig, Millis, ServiceId, TunnelArn, TunnelId};
use serde_json::{Map, Value, json};

use super::call::write_next_token;
use super::exception::{Exception, ExceptionKind};
use crate::record::{Record, Tag};
use crate::tunnels::{NewTokens, Page, Tunnels};

/// `{}`
pub(super) fn empty() -> Bytes {
    Bytes::from_static(b"{}")
}

/// RotateTunnelAccessToken: the ARN and the token of each rotated side, by core's writer.
pub(super) fn rotated(new: &NewTokens) -> Result<Bytes, Exception> {
    let response = RotateResponse {
        tunnel_arn: new.tunnel_arn.clone(),
        source_access_token: new.source.clone(),
        destination_access_token: new.destination.clone(),
    };
    write_json(|buffer| response.write(buffer))
        .ok_or_else(|| Exception::internal(&"writing the answer failed"))
}

/// Writes JSON by one of core's writers.
pub(super) fn write_json(mut write: impl FnMut(&mut [u8]) -> Result<usize, BufferTooSmall>) -> Option<Bytes> {
    let mut buffer = vec![0; 1024];
    let len = match write(&mut buffer) {
        Ok(len) => len,
        Err(BufferTooSmall { needed }) => {
            buffer.resize(needed, 0);
            write(&mut buffer).ok()?
        }
    };
    buffer.truncate(len);
    Some(buffer.into())
}

/// OpenTunnel.
pub(super) fn opened(new: &NewTokens) -> Result<Bytes, Exception> {
    let mut answer = Map::new();
    answer.insert("tunnelId".into(), new.tunnel_id.as_str().into());
    answer.insert("tunnelArn".into(), new.tunnel_arn.as_str().into());
    for (member, token) in [
        ("sourceAccessToken", &new.source),
        ("destinationAccessToken", &new.destination),
    ] {
        if let Some(token) = token {
            answer.insert(member.into(), token.expose().into());
        }
    }
    write(&Value::Object(answer))
}

/// DescribeTunnel.
pub(super) fn described(record: &Record, tunnels: &Tunnels) -> Result<Bytes, Exception> {
    let tunnel = &record.tunnel;
    let description = tunnel.describe(tunnels.now());
    let mut members = summary(record, tunnels)?;
    members.insert(
        "sourceConnectionState".into(),
        connection_state(description.source, tunnel.created_at()),
    );
    members.insert(
        "destinationConnectionState".into(),
        connection_state(description.destination, tunnel.created_at()),
    );
    members.insert(
        "timeoutConfig".into(),
        json!({ "maxLifetimeTimeoutMinutes": tunnel.lifetime().minutes() }),
    );
    if let Some(config) = tunnel.destination_config() {
        members.insert("destinationConfig".into(), destination_config(config));
    }
    if !record.tags.is_empty() {
        members.insert("tags".into(), tag_list(&record.tags));
    }
    write(&json!({ "tunnel": members }))
}

/// ListTunnels.
pub(super) fn listed(page: &Page, tunnels: &Tunnels) -> Result<Bytes, Exception> {
    let summaries = page
        .records
        .iter()
        .map(|record| summary(record, tunnels))
        .collect::<Result<Vec<_>, _>>()?;
    let mut answer = json!({ "tunnelSummaries": summaries });
    if let (true, Some(last)) = (page.more, page.records.last()) {
        answer["nextToken"] = write_next_token(last.tunnel.created_at(), last.tunnel.id()).into();
    }
    write(&answer)
}

/// ListTagsForResource.
pub(super) fn tags(record: &Record) -> Result<Bytes, Exception> {
    write(&json!({ "tags": tag_list(&record.tags) }))
}

/// What DescribeTunnel and ListTunnels have in common.
fn summary(record: &Record, tunnels: &Tunnels) -> Result<Map<String, Value>, Exception> {
    let tunnel = &record.tunnel;
    let description = tunnel.describe(tunnels.now());
    let mut members = Map::new();
    members.insert("tunnelId".into(), tunnel.id().as_str().into());
    members.insert("tunnelArn".into(), tunnels.arn(tunnel.id())?.as_str().into());
    members.insert("status".into(), description.status.as_str().into());
    if let Some(text) = &record.description {
        members.insert("description".into(), text.as_str().into());
    }
    members.insert("createdAt".into(), seconds(tunnel.created_at()));
    members.insert("lastUpdatedAt".into(), seconds(description.last_updated_at));
    Ok(members)
}

/// In AWS's API model `lastUpdatedAt` is "the last time the connection status was updated", and optional: a side that never
/// connected has none. Its record says the tunnel's creation there, and nothing connects and leaves in that millisecond.
fn connection_state(state: ConnectionState, created_at: Millis) -> Value {
    match state.connected || state.last_updated_at > created_at {
        true => json!({ "status": state.as_str(), "lastUpdatedAt": seconds(state.last_updated_at) }),
        false => json!({ "status": state.as_str() }),
    }
}

fn destination_config(config: &DestinationConfig) -> Value {
    let services: Vec<_> = config.services().iter().map(ServiceId::as_str).collect();
    match config.thing_name() {
        Some(thing_name) => json!({ "thingName": thing_name.as_str(), "services": services }),
        None => json!({ "services": services }),
    }
}

fn tag_list(tags: &[Tag]) -> Value {
    tags.iter()
        .map(|tag| json!({ "key": tag.key, "value": tag.value }))
        .collect()
}

/// Epoch seconds with milliseconds as the fraction. Exact: such numbers have far fewer digits than a double holds.
fn seconds(at: Millis) -> Value {
    (at.0 as f64 / 1000.0).into()
}

fn write(answer: &Value) -> Result<Bytes, Exception> {
    serde_json::to_vec(answer)
        .map(Bytes::from)
        .map_err(|error| Exception::internal(&error))
}

/// The tunnel that a `resourceArn` names, if it can be one of this account's.
pub(super) fn resource(arn: &str, tunnels: &Tunnels) -> Result<TunnelId, Exception> {
    let id = TunnelArn::parse(arn).ok().and_then(|arn| arn.tunnel_id());
    let ours = id.filter(|id| tunnels.arn(id).is_ok_and(|ours| ours.as_str() == arn));
    ours.ok_or_else(|| {
        ExceptionKind::ResourceNotFound
            .because("resourceArn is not the ARN of a tunnel of this account and region")
    })
}
