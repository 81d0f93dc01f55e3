//! The API: AWS JSON 1.1 over HTTP (control-plane.md, "The wire").
//!
//! One request goes through the checks in the order of the spec: authentication, target, a body of the right types,
//! constraints, permission, and then the state of the tunnel.

mod answer;
mod body;
mod call;
mod exception;
mod finished;
mod permission;
mod validate;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use uuid::Uuid;

use self::call::{Call, Operation};
pub use self::exception::{Exception, ExceptionKind};
use self::finished::Finished;
use crate::auth::{Credentials, Key, SignedRequest};
use crate::logging::{Pace, Short};
use crate::metrics::Metrics;
use crate::tunnels::Tunnels;

/// The longest body of a request, in bytes (ours): 1 MiB, many times what any valid request needs.
pub const MAX_BODY: usize = 1 << 20;

/// The time a client has to send a whole body (ours).
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// What every answer of the API is.
const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What the API needs.
pub struct Api {
    /// The tunnels it is about.
    pub tunnels: Arc<Tunnels>,
    /// Who may call; `None` lets everybody, which is for loopback only.
    pub credentials: Option<Credentials>,
    /// Counts what happens.
    pub metrics: Arc<Metrics>,
    /// Which refusals of requests without a good signature or target are logged.
    pub(crate) refusals: Pace,
}

impl Api {
    /// The routes: the API itself, `/healthz` and `/metrics`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/", post(serve).fallback(no_such_method))
            .route("/healthz", get(health))
            .route("/metrics", get(metrics))
            .fallback(no_such_path)
            .with_state(Arc::new(self))
    }

    /// Judges and runs one request, and says what it was.
    async fn answer(self: Arc<Self>, parts: Parts, body: Bytes) -> (Asked, Result<Bytes, Exception>) {
        let mut asked = Asked::default();
        let outcome = self.judge(&mut asked, &parts, &body).await;
        (asked, outcome)
    }

    async fn judge(&self, asked: &mut Asked, parts: &Parts, body: &[u8]) -> Result<Bytes, Exception> {
        let key = self.authenticate(parts, body)?;
        let operation = Operation::of(&parts.headers)?;
        asked.operation = operation.name();
        let call = Call::read(
            operation,
            parts.headers.get(header::CONTENT_TYPE),
            body,
            &self.tunnels,
        );
        if let (Some(key), Err(exception)) = (key, &call)
            && exception.kind.is_declared()
        {
            // What the request names can be no tunnel's, so there is nothing for a condition to hold for.
            key.permits_action(operation.name())?;
        }
        let call = call?;
        asked.client_mode = call.client_mode();
        let permit = permission::of(key, &call);
        call.run(&self.tunnels, &permit).await
    }

    fn authenticate(&self, parts: &Parts, body: &[u8]) -> Result<Option<&Key>, Exception> {
        let Some(credentials) = &self.credentials else {
            // Nobody is asked for a signature, so a page in a browser on this machine must not get through either.
            return match parts.headers.get(header::ORIGIN) {
                None => Ok(None),
                Some(_) => Err(ExceptionKind::AccessDenied.because(
                    "requests from web pages are refused while signatures are not checked; start the service with \
                     --credentials",
                )),
            };
        };
        let request = SignedRequest {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            body,
        };
        let seconds = self.tunnels.now().0 / 1000;
        match credentials.authenticate(&request, self.tunnels.region().as_str(), seconds) {
            Ok(key) => Ok(Some(key)),
            Err(error) => Err(error.into()),
        }
    }
}

/// What is known of a request so far, for the log and the metrics.
struct Asked {
    operation: &'static str,
    client_mode: Option<&'static str>,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            operation: "unknown",
            client_mode: None,
        }
    }
}

async fn serve(State(api): State<Arc<Api>>, request: Request) -> Response {
    let started = Instant::now();
    let id = Uuid::new_v4();
    let (parts, body) = request.into_parts();
    let (asked, outcome) = match read(body).await {
        Ok(body) => Finished::new(api.clone().answer(parts, body)).await,
        Err(exception) => (Asked::default(), Err(exception)),
    };
    let name = outcome
        .as_ref()
        .err()
        .map_or("ok", |exception| exception.kind.name());
    let after = started.elapsed();
    api.metrics.answered(asked.operation, after);
    if asked.operation == Operation::Rotate.name() {
        let outcome = if name == "ok" { "rotated" } else { name };
        api.metrics
            .rotated(asked.client_mode.unwrap_or("unread"), outcome);
    }
    match outcome {
        Ok(body) => {
            tracing::info!(request = %id, operation = asked.operation, microseconds = after.as_micros(), "answered");
            respond(StatusCode::OK, id, body)
        }
        Err(exception) => {
            api.metrics.refused(name);
            match &exception.internal {
                Some(why) => tracing::error!(request = %id, operation = asked.operation, %why, "failed"),
                None => log_refusal(&api.refusals, id, &asked, name, &exception.message),
            }
            refuse(id, &exception)
        }
    }
}

/// Logs a refusal. Those that need no key, nor a valid request, are only logged so often: anybody could fill a disk.
fn log_refusal(pace: &Pace, id: Uuid, asked: &Asked, exception: &str, why: &str) {
    let (operation, why) = (asked.operation, Short(why));
    if operation != Asked::default().operation {
        tracing::info!(request = %id, operation, exception, %why, "refused");
    } else if let Some(left_out) = pace.admits() {
        tracing::info!(request = %id, operation, exception, %why, left_out, "refused");
    }
}

/// Reads a body to its end, within its limits of size and time.
async fn read(body: axum::body::Body) -> Result<Bytes, Exception> {
    let too_long = || {
        ExceptionKind::RequestEntityTooLarge.because(format!(
            "the body is longer than {MAX_BODY} bytes, the most that is read"
        ))
    };
    // By its Content-Length: a client that waits to be asked for such a body is not asked.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_long());
    }
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(ExceptionKind::Serialization.because("the connection ended before the body did")),
        Err(_) => Err(ExceptionKind::RequestTimeout.because(format!(
            "the body did not arrive within {} seconds",
            BODY_TIMEOUT.as_secs()
        ))),
    }
}

fn respond(status: StatusCode, id: Uuid, body: Bytes) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
    // A UUID is always a valid header value.
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

fn refuse(id: Uuid, exception: &Exception) -> Response {
    let mut response = respond(exception.kind.status(), id, exception.body());
    response
        .headers_mut()
        .insert(ERROR_TYPE, HeaderValue::from_static(exception.kind.name()));
    response
}

async fn no_such_method() -> Response {
    let exception = ExceptionKind::MethodNotAllowed.because("the API is called with POST");
    refuse(Uuid::new_v4(), &exception)
}

async fn no_such_path() -> Response {
    let exception =
        ExceptionKind::UnknownPath.because("the API is at the path /; beside it are /healthz and /metrics");
    refuse(Uuid::new_v4(), &exception)
}

async fn health(State(api): State<Arc<Api>>) -> Response {
    match api.tunnels.count_open().await {
        Ok(_) => (StatusCode::OK, "ok\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "not healthy");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read\n").into_response()
        }
    }
}

async fn metrics(State(api): State<Arc<Api>>) -> Response {
    let open = api.tunnels.count_open().await;
    match open.map_err(|error| error.to_string()).and_then(|open| {
        let connected = |side| api.tunnels.lines().connected(side);
        api.metrics.render(open, connected).map_err(|e| e.to_string())
    }) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "no metrics");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
