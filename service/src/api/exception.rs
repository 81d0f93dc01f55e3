//! The errors of the API, as AWS clients know them.

use axum::body::Bytes;
use axum::http::StatusCode;
use iot_tunnel_core::json::ErrorBody;

use super::answer::write_json;
use crate::auth::{AccessDenied, AuthenticationError};
use crate::tunnels::TunnelsError;

/// Defines the exceptions: variant, name on the wire, HTTP status.
macro_rules! exceptions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:ident;)+) => {
        /// Which error it is. The names are those of AWS's own services.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ExceptionKind {
            $($(#[$doc])* $variant,)+
        }

        impl ExceptionKind {
            /// The `__type`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }
        }
    };
}

exceptions! {
    /// No signature.
    MissingAuthenticationToken = "MissingAuthenticationTokenException", FORBIDDEN;
    /// An unknown access key.
    UnrecognizedClient = "UnrecognizedClientException", FORBIDDEN;
    /// A signature that does not match.
    InvalidSignature = "InvalidSignatureException", FORBIDDEN;
    /// A signature of another time.
    RequestExpired = "RequestExpired", FORBIDDEN;
    /// The key may not do this.
    AccessDenied = "AccessDeniedException", FORBIDDEN;
    /// `X-Amz-Target` names no operation.
    UnknownOperation = "UnknownOperationException", BAD_REQUEST;
    /// The path is none of this service's.
    UnknownPath = "UnknownOperationException", NOT_FOUND;
    /// The API takes POST only.
    MethodNotAllowed = "MethodNotAllowedException", METHOD_NOT_ALLOWED;
    /// The body is not JSON of the right types.
    Serialization = "SerializationException", BAD_REQUEST;
    /// Members break their constraints.
    Validation = "ValidationException", BAD_REQUEST;
    /// No such tunnel, or it is not open.
    ResourceNotFound = "ResourceNotFoundException", BAD_REQUEST;
    /// A quota is used up.
    LimitExceeded = "LimitExceededException", BAD_REQUEST;
    /// Too much at once.
    Throttling = "ThrottlingException", BAD_REQUEST;
    /// The body is too long.
    RequestEntityTooLarge = "RequestEntityTooLargeException", PAYLOAD_TOO_LARGE;
    /// The body came too slowly.
    RequestTimeout = "RequestTimeoutException", REQUEST_TIMEOUT;
    /// A fault of this service.
    InternalServer = "InternalServerError", INTERNAL_SERVER_ERROR;
}

impl ExceptionKind {
    /// Whether the API declares it for its operations. Such an error comes after the permission (control-plane.md,
    /// "Errors outside the declared ones").
    pub(super) const fn is_declared(self) -> bool {
        matches!(self, Self::ResourceNotFound | Self::LimitExceeded)
    }

    /// This error, for that reason. The reason goes to the caller: no token and no secret belongs in it.
    pub fn because(self, message: impl Into<String>) -> Exception {
        Exception {
            kind: self,
            message: message.into(),
            internal: None,
        }
    }
}

/// A refusal or failure of one request.
#[derive(Debug)]
pub struct Exception {
    /// Which error.
    pub kind: ExceptionKind,
    /// Why, for the caller.
    pub message: String,
    /// Why, for the log, where the caller is told no detail.
    pub internal: Option<String>,
}

impl Exception {
    /// A fault of ours: the log says what, the caller only that.
    pub fn internal(why: &impl ToString) -> Self {
        let message = "this service failed; its log says why, under the request's id".to_owned();
        Self {
            kind: ExceptionKind::InternalServer,
            message,
            internal: Some(why.to_string()),
        }
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> Bytes {
        let error = ErrorBody {
            exception: self.kind.name().into(),
            message: &self.message,
        };
        write_json(|buffer| error.write(buffer)).unwrap_or_default()
    }
}

impl From<AuthenticationError> for Exception {
    fn from(error: AuthenticationError) -> Self {
        let kinds = [
            ExceptionKind::MissingAuthenticationToken,
            ExceptionKind::UnrecognizedClient,
            ExceptionKind::RequestExpired,
        ];
        let named = kinds.into_iter().find(|kind| kind.name() == error.exception());
        named
            .unwrap_or(ExceptionKind::InvalidSignature)
            .because(error.to_string())
    }
}

impl From<AccessDenied> for Exception {
    fn from(denied: AccessDenied) -> Self {
        ExceptionKind::AccessDenied.because(denied.to_string())
    }
}

impl From<TunnelsError> for Exception {
    fn from(error: TunnelsError) -> Self {
        match error {
            TunnelsError::Denied(denied) => denied.into(),
            TunnelsError::NotFound { .. } => ExceptionKind::ResourceNotFound.because(error.to_string()),
            TunnelsError::TooManyOpen(_) | TunnelsError::TooManyTags { .. } => {
                ExceptionKind::LimitExceeded.because(error.to_string())
            }
            TunnelsError::Contention => ExceptionKind::Throttling.because(error.to_string()),
            TunnelsError::Rule(_)
            | TunnelsError::Entropy(_)
            | TunnelsError::Store(_)
            | TunnelsError::Internal(_) => Self::internal(&error),
        }
    }
}
