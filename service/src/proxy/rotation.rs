//! RotateTunnelAccessToken: how a proxy gets its own token.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use http::header::{CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use iot_tunnel_core::json::{ErrorBody, MessageFault, RotateRequest, RotateResponse};
use iot_tunnel_core::{AccessToken, ClientMode, Region, TunnelId};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::chain::ChainError;
use super::credentials::Source;
use crate::client::{DialError, Dialer};
use crate::program::Exit;

/// The service's name in a signature (control-plane.md, "The wire").
const SIGNING_NAME: &str = "IoTSecuredTunneling";
const OPERATION: &str = "IoTSecuredTunneling.RotateTunnelAccessToken";
const CONTENT: &str = "application/x-amz-json-1.1";
/// Longest wait for an answer (ours).
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer, in bytes (ours).
const MAX_ANSWER: usize = 64 * 1024;
/// Longest request: a tunnel id and a mode.
const MAX_REQUEST: usize = 512;

/// Rotates the source token of one tunnel.
pub(super) struct Rotator {
    dialer: Dialer,
    credentials: Source,
    region: Region,
    tunnel_id: TunnelId,
}

/// Why there is no new token. It shows no secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum RotateError {
    /// The API said no.
    #[error("{status} {exception}: {message}")]
    Refused {
        status: u16,
        exception: String,
        message: String,
    },
    /// There is no connection to the API.
    #[error("{}", of_the_api(.0))]
    Dial(#[from] DialError),
    /// The connection broke.
    #[error("the API does not answer: {0}")]
    Http(#[from] hyper::Error),
    /// It took too long.
    #[error("the API did not answer within {} seconds", TIMEOUT.as_secs())]
    Timeout,
    /// The answer cannot be read.
    #[error("the API's answer cannot be read: {0}")]
    Answer(String),
    /// There are no credentials now, such as those of a role between two hours.
    #[error(transparent)]
    Credentials(#[from] ChainError),
    /// The request cannot be made.
    #[error("the request cannot be signed: {0}")]
    Sign(String),
}

/// What names the root certificates of a tunnel's service, in an error, and what names those of the API.
const TUNNEL_ROOTS: &str = "--capath (-c)";
const API_ROOTS: &str = "AWS_CA_BUNDLE";

fn of_the_api(error: &DialError) -> String {
    error.to_string().replace(TUNNEL_ROOTS, API_ROOTS)
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again, later each time.
    Retry,
    /// There is no way on.
    End(Exit),
}

/// What the exceptions mean that a rotation can end with; any other is [`Exit::Failed`].
const VERDICTS: [(&str, Verdict); 13] = [
    ("ResourceNotFoundException", Verdict::End(Exit::TunnelClosed)),
    ("AccessDeniedException", Verdict::End(Exit::TokenRefused)),
    ("UnrecognizedClientException", Verdict::End(Exit::TokenRefused)),
    ("InvalidClientTokenId", Verdict::End(Exit::TokenRefused)),
    ("InvalidSignatureException", Verdict::End(Exit::TokenRefused)),
    ("SignatureDoesNotMatch", Verdict::End(Exit::TokenRefused)),
    ("IncompleteSignatureException", Verdict::End(Exit::TokenRefused)),
    (
        "MissingAuthenticationTokenException",
        Verdict::End(Exit::TokenRefused),
    ),
    ("ExpiredTokenException", Verdict::End(Exit::TokenRefused)),
    ("RequestExpired", Verdict::End(Exit::TokenRefused)),
    ("OptInRequired", Verdict::End(Exit::TokenRefused)),
    ("ThrottlingException", Verdict::Retry),
    ("LimitExceededException", Verdict::Retry),
];

impl RotateError {
    /// What follows.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Refused {
                status: 429 | 500.., ..
            }
            | Self::Dial(_)
            | Self::Http(_)
            | Self::Timeout
            | Self::Credentials(_)
            | Self::Answer(_) => Verdict::Retry,
            Self::Refused {
                exception, status, ..
            } => {
                let known = VERDICTS.iter().find(|(name, _)| name == exception);
                match (known, status) {
                    (Some((_, verdict)), _) => *verdict,
                    (None, 401 | 403) => Verdict::End(Exit::TokenRefused),
                    (None, _) => Verdict::End(Exit::Failed),
                }
            }
            Self::Sign(_) => Verdict::End(Exit::Failed),
        }
    }
}

impl From<MessageFault> for RotateError {
    fn from(fault: MessageFault) -> Self {
        Self::Answer(fault.to_string())
    }
}

impl Rotator {
    pub(super) const fn new(
        dialer: Dialer,
        credentials: Source,
        region: Region,
        tunnel_id: TunnelId,
    ) -> Self {
        Self {
            dialer,
            credentials,
            region,
            tunnel_id,
        }
    }

    pub(super) const fn tunnel_id(&self) -> &TunnelId {
        &self.tunnel_id
    }

    /// Rotates, which revokes the source token that there was, and returns the new one.
    pub(super) async fn rotate(&self) -> Result<AccessToken, RotateError> {
        let credentials = self.credentials.credentials().await?;
        match timeout(TIMEOUT, self.call(credentials)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(RotateError::Timeout),
        }
    }

    async fn call(&self, credentials: Credentials) -> Result<AccessToken, RotateError> {
        let request = self.request(credentials)?;
        let socket = TokioIo::new(self.dialer.dial().await?);
        let (mut sender, connection) = http1::handshake(socket).await?;
        let asking = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
            let body = body.map_err(|error| RotateError::Answer(error.to_string()))?;
            Ok::<_, RotateError>((status, Zeroizing::new(body.to_bytes().to_vec())))
        };
        let (status, body) = tokio::select! {
            answered = asking => answered?,
            // It ends by itself only if it breaks, and the answer then is that it did.
            Err(error) = connection => return Err(error.into()),
        };
        read(status, &body)
    }

    fn request(&self, credentials: Credentials) -> Result<Request<Full<Bytes>>, RotateError> {
        let mut body = vec![0; MAX_REQUEST];
        let rotation = RotateRequest {
            tunnel_id: self.tunnel_id.clone(),
            client_mode: ClientMode::Source,
            destination_config: None,
        };
        let length = rotation.write(&mut body).map_err(unsignable)?;
        body.truncate(length);
        let authority = self.dialer.target().endpoint().authority();
        let host = HeaderValue::from_str(authority).map_err(unsignable)?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(HOST, host);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(CONTENT));
        headers.insert("x-amz-target", HeaderValue::from_static(OPERATION));
        self.sign(&mut request, credentials)?;
        Ok(request.map(Full::new))
    }

    /// Signs as AWS's SDKs do.
    fn sign(&self, request: &mut Request<Bytes>, credentials: Credentials) -> Result<(), RotateError> {
        let identity = credentials.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_str())
            .name(SIGNING_NAME)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unsignable)?
            .into();
        let scheme = if self.dialer.target().tls() {
            "https"
        } else {
            "http"
        };
        let uri = format!("{scheme}://{}/", self.dialer.target().endpoint().authority());
        let headers = request.headers().iter();
        // All of them were made here, of text.
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
        let body = SignableBody::Bytes(request.body());
        let signable = SignableRequest::new(request.method().as_str(), uri, headers, body);
        let signable = signable.map_err(unsignable)?;
        let (instructions, _) = sign(signable, &params).map_err(unsignable)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

fn unsignable(error: impl Display) -> RotateError {
    RotateError::Sign(error.to_string())
}

/// Reads an answer.
fn read(status: StatusCode, body: &[u8]) -> Result<AccessToken, RotateError> {
    if status.is_success() {
        let response = RotateResponse::parse(body)?;
        return response
            .source_access_token
            .ok_or_else(|| RotateError::Answer("it has no sourceAccessToken".to_owned()));
    }
    // A proxy or a load balancer answers in words of its own.
    let (exception, message) = ErrorBody::parse(body).map_or_else(
        |_| (String::new(), "the answer is not the API's".to_owned()),
        |body| (body.exception.to_string(), body.message.to_string()),
    );
    Err(RotateError::Refused {
        status: status.as_u16(),
        exception,
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, exception: &str) -> Verdict {
        let status = StatusCode::from_u16(status).expect("a status");
        let body = format!(r#"{{"__type":"{exception}","message":"why"}}"#);
        let error = read(status, body.as_bytes()).expect_err("a failure");
        error.verdict()
    }

    #[test]
    fn every_known_exception_has_its_verdict_and_the_others_end_or_retry_by_their_status() {
        for (name, expected) in VERDICTS {
            assert_eq!(verdict(400, name), expected, "{name}");
        }
        assert_eq!(verdict(400, "ValidationException"), Verdict::End(Exit::Failed));
        assert_eq!(verdict(403, "Unheard"), Verdict::End(Exit::TokenRefused));
        assert_eq!(verdict(429, "AccessDeniedException"), Verdict::Retry);
        assert_eq!(verdict(500, "InternalServerError"), Verdict::Retry);
        let html = read(StatusCode::BAD_GATEWAY, b"<html>").expect_err("a failure");
        assert_eq!(html.verdict(), Verdict::Retry);
    }

    #[test]
    fn an_answer_without_the_token_is_none_and_shows_no_other() {
        let body = br#"{"tunnelArn":"arn","destinationAccessToken":"secret"}"#;
        let error = read(StatusCode::OK, body).expect_err("no source token");
        assert!(!error.to_string().contains("secret"));
    }
}
