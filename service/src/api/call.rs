//! A request that has passed every check of its text: which operation, on what.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue};
use base64ct::{Base64UrlUnpadded, Encoding};
use iot_tunnel_core::json::{RotateRequest, RotateRequestError};
use iot_tunnel_core::{Millis, TunnelId};

use super::body::{ListTunnelsBody, OpenTunnelBody, ResourceBody, TunnelBody, read};
use super::exception::{Exception, ExceptionKind};
use super::validate::{Validation, destination_config};
use super::{CONTENT_TYPE, TARGET, answer};
use crate::record::Tag;
use crate::store::Query;
use crate::tunnels::{OpenTunnel, Permit, Tunnels};

/// What stands before the operation's name in `X-Amz-Target`.
const SERVICE: &str = "IoTSecuredTunneling.";

/// Defines the operations and their names in the API.
macro_rules! operations {
    ($($variant:ident = $name:literal,)+) => {
        /// An operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Operation { $($variant,)+ }

        impl Operation {
            const EVERY: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in the API.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

operations! {
    Rotate = "RotateTunnelAccessToken",
    Open = "OpenTunnel",
    Describe = "DescribeTunnel",
    List = "ListTunnels",
    Close = "CloseTunnel",
    Tag = "TagResource",
    Untag = "UntagResource",
    ListTags = "ListTagsForResource",
}

impl Operation {
    /// The operation that `X-Amz-Target` names, which must be given once: of two, each reader could take another.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Exception> {
        let mut targets = headers.get_all(TARGET).iter();
        let target = targets.next().filter(|_| targets.next().is_none());
        let name = target.and_then(|target| target.to_str().ok()?.strip_prefix(SERVICE));
        let known = Self::EVERY
            .iter()
            .find(|operation| Some(operation.name()) == name);
        known.copied().ok_or_else(|| {
            let names: Vec<_> = Self::EVERY.iter().map(|operation| operation.name()).collect();
            ExceptionKind::UnknownOperation.because(format!(
                "X-Amz-Target must be {SERVICE} and one of {}",
                names.join(", ")
            ))
        })
    }
}

/// A valid request.
#[derive(Debug)]
pub(super) enum Call {
    Rotate(RotateRequest),
    Open(OpenTunnel),
    Describe(TunnelId),
    List(Query),
    Close { id: TunnelId, delete: bool },
    Tag { id: TunnelId, tags: Vec<Tag> },
    Untag { id: TunnelId, keys: Vec<String> },
    ListTags(TunnelId),
}

impl Call {
    /// Reads and validates the body of an operation.
    pub(super) fn read(
        operation: Operation,
        content_type: Option<&HeaderValue>,
        body: &[u8],
        tunnels: &Tunnels,
    ) -> Result<Self, Exception> {
        // A browser cannot send this type to another site unasked, so it also keeps foreign pages out.
        let essence = content_type.and_then(|value| value.to_str().ok()?.split(';').next());
        if !essence.is_some_and(|essence| {
            essence
                .trim()
                .eq_ignore_ascii_case(CONTENT_TYPE.to_str().unwrap_or_default())
        }) {
            return Err(
                ExceptionKind::Serialization.because("Content-Type must be application/x-amz-json-1.1")
            );
        }
        match operation {
            Operation::Rotate => rotate(body),
            Operation::Open => open(&read(body)?),
            Operation::Describe => tunnel_id(&read(body)?).map(Self::Describe),
            Operation::List => list(&read(body)?),
            Operation::Close => {
                let body: TunnelBody = read(body)?;
                Ok(Self::Close {
                    id: tunnel_id(&body)?,
                    delete: body.delete.unwrap_or(false),
                })
            }
            Operation::Tag | Operation::Untag | Operation::ListTags => {
                resource(operation, &read(body)?, tunnels)
            }
        }
    }

    /// The operation it is.
    pub(super) const fn operation(&self) -> Operation {
        match self {
            Self::Rotate(_) => Operation::Rotate,
            Self::Open(_) => Operation::Open,
            Self::Describe(_) => Operation::Describe,
            Self::List(_) => Operation::List,
            Self::Close { .. } => Operation::Close,
            Self::Tag { .. } => Operation::Tag,
            Self::Untag { .. } => Operation::Untag,
            Self::ListTags(_) => Operation::ListTags,
        }
    }

    /// The `clientMode` of a rotation.
    pub(super) fn client_mode(&self) -> Option<&'static str> {
        match self {
            Self::Rotate(request) => Some(request.client_mode.as_str()),
            _ => None,
        }
    }

    /// Runs it, if it is permitted.
    pub(super) async fn run(self, tunnels: &Tunnels, permit: Permit<'_>) -> Result<Bytes, Exception> {
        match self {
            Self::Rotate(request) => answer::rotated(&tunnels.rotate(request, permit).await?),
            Self::Open(request) => {
                permit(None)?;
                answer::opened(&tunnels.open(request).await?)
            }
            Self::Describe(id) => answer::described(&tunnels.get(&id, permit).await?, tunnels),
            Self::List(query) => {
                permit(None)?;
                answer::listed(&tunnels.list(query).await?, tunnels)
            }
            Self::Close { id, delete } => tunnels
                .close(&id, delete, permit)
                .await
                .map(|_| answer::empty())
                .map_err(Into::into),
            Self::Tag { id, tags } => tunnels
                .tag(&id, &tags, permit)
                .await
                .map(|()| answer::empty())
                .map_err(Into::into),
            Self::Untag { id, keys } => tunnels
                .untag(&id, &keys, permit)
                .await
                .map(|()| answer::empty())
                .map_err(Into::into),
            Self::ListTags(id) => answer::tags(&tunnels.get(&id, permit).await?),
        }
    }
}

fn rotate(body: &[u8]) -> Result<Call, Exception> {
    RotateRequest::parse(body).map(Call::Rotate).map_err(|error| {
        let kind = match error {
            RotateRequestError::Serialization(_) => ExceptionKind::Serialization,
            RotateRequestError::Validation(_) => ExceptionKind::Validation,
            RotateRequestError::TooManyServices { .. } => ExceptionKind::LimitExceeded,
        };
        kind.because(error.to_string())
    })
}

fn open(body: &OpenTunnelBody) -> Result<Call, Exception> {
    let mut validation = Validation::default();
    let description = validation.description(body.description.as_deref());
    let tags = body
        .tags
        .as_ref()
        .map(|tags| validation.tags(tags))
        .unwrap_or_default();
    let destination = body
        .destination_config
        .as_ref()
        .map(|config| validation.destination(config));
    let lifetime = validation.lifetime(body.timeout_config.as_deref());
    let (description, tags, destination) =
        validation.finish(Some((description, tags, destination.flatten())))?;
    let destination_config = destination.map(destination_config).transpose()?;
    Ok(Call::Open(OpenTunnel {
        description,
        tags,
        destination_config,
        lifetime,
    }))
}

fn tunnel_id(body: &TunnelBody) -> Result<TunnelId, Exception> {
    let mut validation = Validation::default();
    let id = validation.tunnel_id(body.tunnel_id.as_deref());
    validation.finish(id)
}

fn list(body: &ListTunnelsBody) -> Result<Call, Exception> {
    let mut validation = Validation::default();
    let thing_name = validation.thing_name("thingName", body.thing_name.as_deref());
    let limit = validation.max_results(body.max_results);
    let next_token = validation.next_token(body.next_token.as_deref());
    let thing_name = validation.finish(thing_name)?;
    let after = next_token.map(read_next_token).transpose()?;
    Ok(Call::List(Query {
        thing_name: thing_name.map(|name| name.to_string()),
        after,
        limit,
    }))
}

/// A page's end as an opaque token: base64url of the creation and the id of its last tunnel.
pub(super) fn write_next_token(created_at: Millis, id: &TunnelId) -> String {
    Base64UrlUnpadded::encode_string(format!("{}/{id}", created_at.0).as_bytes())
}

fn read_next_token(token: &str) -> Result<(Millis, TunnelId), Exception> {
    let read = || {
        let text = String::from_utf8(Base64UrlUnpadded::decode_vec(token).ok()?).ok()?;
        let (created_at, id) = text.split_once('/')?;
        Some((Millis(created_at.parse().ok()?), TunnelId::parse(id).ok()?))
    };
    read().ok_or_else(|| {
        ExceptionKind::Validation
            .because("nextToken is none of this service; pass on the one that ListTunnels gave")
    })
}

fn resource(operation: Operation, body: &ResourceBody, tunnels: &Tunnels) -> Result<Call, Exception> {
    let mut validation = Validation::default();
    let arn = validation.resource_arn(body.resource_arn.as_deref());
    match operation {
        Operation::Tag => {
            let tags = validation.required_tags(body.tags.as_ref());
            let arn = validation.finish(arn)?;
            Ok(Call::Tag {
                id: answer::resource(arn, tunnels)?,
                tags,
            })
        }
        Operation::Untag => {
            let keys = validation.tag_keys(body.tag_keys.as_ref());
            let arn = validation.finish(arn)?;
            Ok(Call::Untag {
                id: answer::resource(arn, tunnels)?,
                keys,
            })
        }
        _ => {
            let arn = validation.finish(arn)?;
            Ok(Call::ListTags(answer::resource(arn, tunnels)?))
        }
    }
}
