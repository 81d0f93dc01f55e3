//! Why a request is not authenticated.

use super::key::AccessKeyId;
use super::sigv4::{CLOCK_WINDOW_SECONDS, SIGNING_NAME};

/// The refusal of a request before anything else of it is looked at: HTTP 403.
///
/// The text says what was wrong and what is allowed. It holds no secret and no signature; of the request it
/// holds at most the access key id, the region, the service, the day, or a header's name, all plain ASCII.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// There is no `Authorization` header.
    #[error("the request is not signed: it needs an Authorization header, AWS4-HMAC-SHA256")]
    NoAuthorization,
    /// The `Authorization` header is of another scheme, such as `Bearer`.
    #[error("the Authorization header is of another scheme; allowed is AWS4-HMAC-SHA256")]
    OtherScheme,
    /// The signature stands in the query string (a presigned URL).
    #[error("the request is signed in its query string; allowed is only the Authorization header")]
    QueryAuthentication,

    /// The credentials file has no such key.
    #[error("the access key id `{access_key_id}` is unknown; allowed are those of the service's credentials")]
    UnknownAccessKey {
        /// The id the request came with.
        access_key_id: AccessKeyId,
    },
    /// The request comes with a session token; this service issues none.
    #[error(
        "the header x-amz-security-token is not allowed: there are no temporary credentials, only access keys"
    )]
    SessionToken,

    /// A header that must stand alone is there more than once.
    #[error("the header {name} is given more than once; it must stand alone")]
    RepeatedHeader {
        /// The header.
        name: http::HeaderName,
    },
    /// The `Authorization` header holds something that is not one of its three parts.
    #[error(
        "the Authorization header is malformed; allowed is \
         `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`"
    )]
    MalformedAuthorization,
    /// The `Authorization` header lacks a part.
    #[error("the Authorization header has no {part}; it must be {}", part.form())]
    MissingPart {
        /// The part.
        part: AuthorizationPart,
    },
    /// The `Authorization` header has a part more than once.
    #[error("the Authorization header has more than one {part}")]
    RepeatedPart {
        /// The part.
        part: AuthorizationPart,
    },
    /// A part of the `Authorization` header is not of its form.
    #[error("the {part} of the Authorization header is malformed; it must be {}", part.form())]
    MalformedPart {
        /// The part.
        part: AuthorizationPart,
    },
    /// The credential is scoped to another region.
    #[error("the Credential is scoped to the region `{region}`; this service is in `{allowed}`")]
    WrongRegion {
        /// What the request was signed for.
        region: String,
        /// The region the service is configured for.
        allowed: String,
    },
    /// The credential is scoped to another service.
    #[error("the Credential is scoped to the service `{service}`; this service is `{SIGNING_NAME}`")]
    WrongService {
        /// What the request was signed for.
        service: String,
    },
    /// The credential is scoped to another day than the one of the request's date.
    #[error("the Credential is scoped to another day than the date of the request, which is {date} in UTC")]
    WrongDay {
        /// The day of the request's date, `YYYYMMDD`.
        date: String,
    },
    /// A signed header is not in the request.
    #[error("the header {name} is in SignedHeaders and not in the request")]
    AbsentHeader {
        /// The header.
        name: http::HeaderName,
    },
    /// A header that decides what the request means, or when, is not signed.
    #[error(
        "the header {name} is not in SignedHeaders; host, the date and every x-amz-* header must be signed"
    )]
    UnsignedHeader {
        /// The header.
        name: http::HeaderName,
    },
    /// There is neither `x-amz-date` nor `date`.
    #[error("the request has no date; it needs the header x-amz-date, `YYYYMMDD'T'HHMMSS'Z'`")]
    NoDate,
    /// The request's date is none.
    #[error(
        "the header {name} is not a date; allowed is x-amz-date, `YYYYMMDD'T'HHMMSS'Z'`, or an HTTP date"
    )]
    MalformedDate {
        /// The header.
        name: http::HeaderName,
    },
    /// `x-amz-content-sha256` is not the digest of the body.
    #[error("the header x-amz-content-sha256 is not the SHA-256 of the body, in lower-case hexadecimal")]
    WrongBodyDigest,
    /// The signature is not the one that the key makes for this request.
    #[error(
        "the signature does not match the one computed for this request; check the secret access key, and \
         that nothing changed the request on its way"
    )]
    WrongSignature,

    /// The request's date is too far from the service's clock, or was changed on its way.
    #[error(
        "the request's date is {seconds} seconds {} the service's clock; allowed are {CLOCK_WINDOW_SECONDS} \
         either way",
        if *.ahead { "ahead of" } else { "behind" }
    )]
    Expired {
        /// How far, in seconds.
        seconds: u64,
        /// Whether the date is in the future.
        ahead: bool,
    },
}

impl AuthenticationError {
    /// The exception's name on the wire: `__type` and `x-amzn-ErrorType`.
    pub fn exception(&self) -> &'static str {
        match self {
            Self::NoAuthorization | Self::OtherScheme | Self::QueryAuthentication => {
                "MissingAuthenticationTokenException"
            }
            Self::UnknownAccessKey { .. } | Self::SessionToken => "UnrecognizedClientException",
            Self::RepeatedHeader { .. }
            | Self::MalformedAuthorization
            | Self::MissingPart { .. }
            | Self::RepeatedPart { .. }
            | Self::MalformedPart { .. }
            | Self::WrongRegion { .. }
            | Self::WrongService { .. }
            | Self::WrongDay { .. }
            | Self::AbsentHeader { .. }
            | Self::UnsignedHeader { .. }
            | Self::NoDate
            | Self::MalformedDate { .. }
            | Self::WrongBodyDigest
            | Self::WrongSignature => "InvalidSignatureException",
            Self::Expired { .. } => "RequestExpired",
        }
    }
}

/// A part of the `Authorization` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationPart {
    /// The access key and what the signature is scoped to.
    Credential,
    /// The names of the headers that are signed.
    SignedHeaders,
    /// The signature.
    Signature,
}

impl AuthorizationPart {
    /// The part with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "Credential" => Some(Self::Credential),
            "SignedHeaders" => Some(Self::SignedHeaders),
            "Signature" => Some(Self::Signature),
            _ => None,
        }
    }

    /// What it must look like.
    fn form(self) -> &'static str {
        match self {
            Self::Credential => "`<access key id>/<YYYYMMDD>/<region>/<service>/aws4_request`",
            Self::SignedHeaders => "lower-case header names, in order, each once, joined by `;`",
            Self::Signature => "64 lower-case hexadecimal digits",
        }
    }
}

impl std::fmt::Display for AuthorizationPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}
