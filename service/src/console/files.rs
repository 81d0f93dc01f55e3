//! The page and its files, as `make console` built them.

use std::borrow::Cow;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::Embed;

/// In a release build they are part of the program; in a debug build they are read where they were built.
#[derive(Embed)]
#[folder = "../wasm/console/dist"]
#[allow_missing = true]
struct Built;

/// A file's bytes by its name.
type Files = fn(&str) -> Option<Cow<'static, [u8]>>;

/// Said in place of a page that was not built.
pub(super) const NOT_BUILT: &str =
    "this program was built without the console: run `make console`, then build the program again";

/// The page that the program has.
pub(super) fn router() -> Router {
    routes(built)
}

/// Whether the program has a page.
pub(super) fn are_built() -> bool {
    built("index.html").is_some()
}

fn built(name: &str) -> Option<Cow<'static, [u8]>> {
    Built::get(name).map(|file| file.data)
}

fn routes(files: Files) -> Router {
    Router::new()
        .route("/console/", get(page))
        .route("/console/{*file}", get(file))
        .with_state(files)
}

async fn page(State(files): State<Files>) -> Response {
    answer(files, "index.html").unwrap_or_else(|| none(&format!("{NOT_BUILT}\n")))
}

async fn file(State(files): State<Files>, Path(name): Path<String>) -> Response {
    answer(files, &name).unwrap_or_else(|| none("there is no such file\n"))
}

fn answer(files: Files, name: &str) -> Option<Response> {
    let kind = [(header::CONTENT_TYPE, content_type(name))];
    Some((kind, files(name)?.into_owned()).into_response())
}

fn none(why: &str) -> Response {
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::NOT_FOUND, plain, why.to_owned()).into_response()
}

/// The kinds of file that the page is made of.
fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn asked(files: Files, path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = routes(files).oneshot(request).await.unwrap();
        let status = response.status();
        let kind = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_program_that_was_built_without_the_page_says_how_to_build_it() {
        for path in ["/console/", "/console/console.js"] {
            let (status, kind, body) = asked(|_| None, path).await;
            assert_eq!(
                (status, kind.as_str()),
                (StatusCode::NOT_FOUND, "text/plain; charset=utf-8")
            );
            assert_eq!(body.contains("make console"), path == "/console/", "{body}");
        }
    }

    #[tokio::test]
    async fn each_file_comes_with_its_type() {
        for (path, expected) in [
            ("/console/", "text/html; charset=utf-8"),
            ("/console/index.html", "text/html; charset=utf-8"),
            ("/console/console.js", "text/javascript; charset=utf-8"),
            ("/console/console.css", "text/css; charset=utf-8"),
            ("/console/icon.svg", "image/svg+xml"),
            ("/console/other", "application/octet-stream"),
        ] {
            let (status, kind, body) = asked(|_| Some(Cow::Borrowed(b"bytes")), path).await;
            assert_eq!(
                (status, kind.as_str(), body.as_str()),
                (StatusCode::OK, expected, "bytes")
            );
        }
    }
}
