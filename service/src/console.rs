//! The console: a web page to watch tunnels, rotate their tokens, and use them from the browser.
//!
//! ```text
//!   /console/?key=…   the link that `--ready` prints: sets the cookie
//!   /console/         the page and its files
//!   /console/api      the API, as AWS clients use it, without a signature
//!   /console/events   what happens, as server-sent events
//!   /console/tunnel   the data plane, for a browser, which cannot set the header access-token
//! ```
//!
//! Whoever has the link may do everything; its key is made at each start. A cookie carries it from then on, and every
//! request must be the page's own ([`Gate`]).

mod events;
mod files;
mod gate;
mod refusal;
mod tunnel;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Uri, header};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use tracing::warn;

pub(crate) use self::gate::{ConsoleKey, Gate};
use crate::api::Api;
use crate::history::History;

/// What the console is made of.
pub(crate) struct Console {
    pub(crate) key: ConsoleKey,
    /// The API, which asks nobody who they are.
    pub(crate) api: Api,
    /// The data plane.
    pub(crate) relay: Router,
    pub(crate) history: Arc<History>,
    /// Ends the streams of events: they would go on for ever.
    pub(crate) ended: CancellationToken,
}

impl Console {
    /// Its routes.
    pub(crate) fn router(self) -> Router {
        if !files::are_built() {
            warn!("{}", files::NOT_BUILT);
        }
        let gate = Arc::new(Gate::new(self.key));
        let api = self.api.router();
        let events = events::router(self.history, self.ended);
        let inside = Router::new()
            .merge(files::router())
            .route("/console/api", post(forward).with_state(api))
            .route("/console/tunnel", get(tunnel::upgrade).with_state(self.relay))
            .merge(events)
            .layer(from_fn_with_state(gate.clone(), gate::check));
        Router::new()
            .merge(inside)
            .route("/console", get(gate::to_page))
            .fallback(gate::nothing_here)
    }
}

/// Hands a request of the page to the API, which refuses every page's: this one has passed the gate.
async fn forward(State(api): State<Router>, mut request: Request) -> Response {
    request.headers_mut().remove(header::ORIGIN);
    *request.uri_mut() = Uri::from_static("/");
    match api.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
