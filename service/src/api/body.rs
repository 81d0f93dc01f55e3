//! The bodies of the requests other than RotateTunnelAccessToken, as JSON. Types only: constraints come after.

use iot_tunnel_core::json;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::exception::{Exception, ExceptionKind};

/// OpenTunnel.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenTunnelBody {
    pub(super) description: Option<String>,
    pub(super) tags: Option<Vec<Option<TagBody>>>,
    pub(super) destination_config: Option<DestinationConfigBody>,
    pub(super) timeout_config: Option<TimeoutConfigBody>,
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
    pub(super) tags: Option<Vec<Option<TagBody>>>,
    pub(super) tag_keys: Option<Vec<Option<String>>>,
}

/// Reads a body. Unknown members are ignored; `null` is the same as absent; a known member twice is refused.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Exception> {
    // Core's check comes first, as in a rotation: it bounds the nesting, and knows bad text from bad types.
    let text = json::check(body).map_err(|fault| ExceptionKind::Serialization.because(fault.to_string()))?;
    if !text.trim_start().starts_with('{') {
        return Err(ExceptionKind::Serialization.because("the body must be a JSON object"));
    }
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
        let place = error.path().to_string();
        // serde_json's own text may repeat the value, and a value may be a token.
        let why = error.inner().to_string();
        let message = match why.split_once(" at line ").map_or(why.as_str(), |(what, _)| what) {
            duplicate if duplicate.starts_with("duplicate field") => format!("{duplicate} in the body"),
            wrong => match wrong.rsplit_once(", expected ") {
                Some((_, expected)) => format!("{place} must be {expected}"),
                None => format!("{place} does not have the type that the API gives it"),
            },
        };
        ExceptionKind::Serialization.because(message)
    })
}
