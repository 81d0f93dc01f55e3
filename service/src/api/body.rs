//! The bodies of the requests other than RotateTunnelAccessToken, as JSON. Types only: constraints come after.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use iot_tunnel_core::json;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_path_to_error::Segment;

use super::exception::{Exception, ExceptionKind};

/// OpenTunnel.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenTunnelBody {
    pub(super) description: Option<String>,
    pub(super) tags: Option<Vec<Option<Object<TagBody>>>>,
    pub(super) destination_config: Option<Object<DestinationConfigBody>>,
    pub(super) timeout_config: Option<Object<TimeoutConfigBody>>,
}

/// `destinationConfig`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DestinationConfigBody {
    pub(super) thing_name: Option<String>,
    pub(super) services: Option<Vec<Option<String>>>,
}

/// `timeoutConfig`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimeoutConfigBody {
    pub(super) max_lifetime_timeout_minutes: Option<i64>,
}

/// A tag.
#[derive(Deserialize)]
pub(super) struct TagBody {
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

/// DescribeTunnel and CloseTunnel.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TunnelBody {
    pub(super) tunnel_id: Option<String>,
    pub(super) delete: Option<bool>,
}

/// ListTunnels.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListTunnelsBody {
    pub(super) thing_name: Option<String>,
    pub(super) max_results: Option<i64>,
    pub(super) next_token: Option<String>,
}

/// TagResource, UntagResource and ListTagsForResource.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResourceBody {
    pub(super) resource_arn: Option<String>,
    pub(super) tags: Option<Vec<Option<Object<TagBody>>>>,
    pub(super) tag_keys: Option<Vec<Option<String>>>,
}

/// A member that is an object. serde's structs alone would take an array of their members' values as well.
pub(super) struct Object<T>(T);

impl<T> Deref for Object<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// Where a member stands, in the words of a ValidationException: `tags.1.member.key`.
fn place(path: &serde_path_to_error::Path) -> String {
    let names: Vec<_> = path
        .iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("{}.member", index + 1),
            other => other.to_string(),
        })
        .collect();
    names.join(".")
}

/// What JSON calls it, where serde speaks of Rust's types.
fn in_json(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "i64" => "an integer",
        other => other,
    }
}

/// Reads a body. Unknown members are ignored; `null` is the same as absent; a known member twice is refused.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Exception> {
    // Core's check comes first, as in a rotation: it bounds the nesting, and knows bad text from bad types.
    let text = json::check(body).map_err(|fault| ExceptionKind::Serialization.because(fault.to_string()))?;
    if !text.trim_start().starts_with('{') {
        return Err(ExceptionKind::Serialization.because("the body must be a JSON object"));
    }
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
        // serde_json's own text may repeat the value, and a value may be a token.
        let why = error.inner().to_string();
        let why = why.split_once(" at line ").map_or(why.as_str(), |(what, _)| what);
        let message = match (
            why.strip_prefix("duplicate field "),
            why.rsplit_once(", expected "),
        ) {
            (Some(name), _) => format!("{} is given twice", name.trim_matches('`')),
            (None, Some((_, expected))) => format!("{} must be {}", place(error.path()), in_json(expected)),
            (None, None) => format!(
                "{} does not have the type that the API gives it",
                place(error.path())
            ),
        };
        ExceptionKind::Serialization.because(message)
    })
}
