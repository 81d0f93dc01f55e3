//! What happens, as server-sent events: first what is kept, then whatever comes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use axum::routing::get;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt as _, iter};
use tokio_util::sync::CancellationToken;

use crate::history::{Entry, History};

/// A sign of life that keeps a connection through whatever stands in between (ours).
const KEEP_ALIVE: Duration = Duration::from_secs(15);

type Watched = (Arc<History>, CancellationToken);

pub(super) fn router(history: Arc<History>, ended: CancellationToken) -> Router {
    Router::new()
        .route("/console/events", get(events))
        .with_state((history, ended))
}

/// A browser that comes back says what it has seen last, and gets what follows.
async fn events(
    State((history, ended)): State<Watched>,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let seen = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok()?.parse::<u64>().ok());
    let (past, live) = history.watch(seen.map_or(0, |seen| seen.saturating_add(1)));
    // Who is too slow for what is kept is cut off, comes back, and is told the rest.
    let live = BroadcastStream::new(live).map_while(Result::ok);
    let entries = iter(past).chain(live);
    let until_the_end = futures_util::StreamExt::take_until(entries, ended.cancelled_owned());
    Sse::new(until_the_end.map(|entry| Ok(event(&entry)))).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn event(entry: &Entry) -> Event {
    let event = Event::default().id(entry.number.to_string());
    // Text and numbers are always JSON.
    event.data(serde_json::to_string(entry).unwrap_or_default())
}
