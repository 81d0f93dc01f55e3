//! The page and its files, as `make console` built them.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;

/// In a release build they are part of the program; in a debug build they are read where they were built.
#[derive(Embed)]
#[folder = "../wasm/console/dist"]
#[allow_missing = true]
struct Files;

/// Shown in place of a page that was not built.
const NOT_BUILT: &str =
    "this program was built without the console: run `make console`, then build the program again\n";

pub(super) async fn page() -> Response {
    answer("index.html").unwrap_or_else(|| {
        let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        (StatusCode::NOT_FOUND, plain, NOT_BUILT).into_response()
    })
}

pub(super) async fn file(Path(name): Path<String>) -> Response {
    answer(&name).unwrap_or_else(|| (StatusCode::NOT_FOUND, "there is no such file\n").into_response())
}

fn answer(name: &str) -> Option<Response> {
    let file = Files::get(name)?;
    let kind = [(header::CONTENT_TYPE, content_type(name))];
    Some((kind, file.data.into_owned()).into_response())
}

/// The kinds of file that the page is made of.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    }
}
